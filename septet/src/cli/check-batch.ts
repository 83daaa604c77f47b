/** A batch of domains checked in one thread: what the main thread and the workers of `check --from` share. */
import { audit } from '../audit/audit.ts';
import type { AuditOptions } from '../audit/gather.ts';
import { exitCodeOf, exitCodes, type Report } from '../audit/report.ts';
import type { DnsName } from '../dns/name.ts';
import type { World } from '../world/world.ts';
import { visibleJson } from './visible.ts';

export interface Tally {
  readonly checked: number;
  readonly failing: number;
  readonly unknown: number;
}

export interface Batch extends Tally {
  /** What is printed, in the order of the domains (or in that of their end). */
  readonly text: string;
}

export interface BatchOptions {
  readonly audit: AuditOptions;
  readonly failOn: 'error' | 'warning';
  /** How many domains are under way at the same time. */
  readonly jobs: number;
  /** The lines in the order of the domains, or as they finish. */
  readonly inOrder: boolean;
}

/** Checks the domains, `jobs` at a time; `print` makes the text of one report. */
export async function checkBatch(
  world: World,
  domains: readonly DnsName[],
  options: BatchOptions,
  print: (report: Report) => string,
): Promise<Batch> {
  const texts: string[] = [];
  let failing = 0;
  let unknown = 0;
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < domains.length) {
      const place = next++;
      // oxlint-disable-next-line no-await-in-loop -- this loop is one of `jobs` that run side by side
      const report = await audit(world, domains[place] as DnsName, options.audit);
      const code = exitCodeOf(report.findings, options.failOn);
      if (code === exitCodes.findings) failing++;
      else if (code === exitCodes.couldNotTell) unknown++;
      const text = print(report);
      if (options.inOrder) texts[place] = text;
      else texts.push(text);
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.jobs, domains.length) }, worker));
  return { text: texts.join(''), checked: domains.length, failing, unknown };
}

export const jsonLine = (report: Report): string => `${visibleJson(report)}\n`;
