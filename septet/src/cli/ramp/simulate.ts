/** `septet ramp simulate`: a whole ramp in seconds, by the same evidence and decisions as `watch`. */
import { exitCodes } from '../../audit/report.ts';
import { readScenario } from '../../watch/simulate/read-scenario.ts';
import { runRamp } from '../../watch/simulate/run-ramp.ts';
import { timelineText } from '../../watch/simulate/timeline.ts';
import { InputError, type Io } from '../io.ts';
import { painter, wrap } from '../paint.ts';
import { needValue } from './ramp-json.ts';
import { visibleJson } from '../visible.ts';

export interface SimulateOptions {
  readonly scenario: string;
  readonly days?: string;
  readonly seed?: string;
  readonly json?: boolean;
}

const usualDays = 120;
const mostDays = 1000;
/** A scenario is a page of text. */
const mostOctets = 1024 * 1024;

export async function simulateRamp(options: SimulateOptions, io: Io): Promise<number> {
  const days = wholeOf('--days', options.days ?? String(usualDays), mostDays);
  const seed = wholeOf('--seed', options.seed ?? '1', 1_000_000_000);
  const octets = await io.readFile(options.scenario);
  if (octets.length > mostOctets) throw new InputError(`${options.scenario} is longer than a scenario can be (1 MiB).`);
  const { parseDocument } = await import('yaml');
  const document = parseDocument(octets.toString('utf8'), { prettyErrors: true });
  const [wrong] = document.errors;
  if (wrong) throw new InputError(`${options.scenario} is no YAML: ${wrong.message.split('\n')[0] ?? ''}`);
  const read = readScenario(document.toJS({ maxAliasCount: 100 }));
  if (read.kind === 'bad') {
    const shown = read.faults.slice(0, 10).map((fault) => `  ${fault}`);
    const more = read.faults.length > 10 ? [`  and ${read.faults.length - 10} more`] : [];
    throw new InputError([`${options.scenario} cannot be played:`, ...shown, ...more].join('\n'));
  }
  const { scenario } = read;
  const moments = runRamp(scenario, { days, seed });
  if (!options.json) {
    const { columns } = painter(io.columns, false);
    const lines = timelineText(moments)
      .split('\n')
      .map((line) => {
        const [, head = '', what = ''] = /^(\S+ +\S+ +)(.*)$/.exec(line) ?? [];
        return wrap(what, columns, ' '.repeat(head.length), head);
      });
    await io.out(`${scenario.domain}, ${days} days from ${scenario.start}\n\n${lines.join('\n')}\n`);
    return exitCodes.fine;
  }
  for (const { date, stage, since, decision } of moments) {
    const { kind, ...rest } = decision;
    const needs = 'needs' in rest ? { needs: rest.needs.map(needValue) } : {};
    const line = { version: 1, date, stage, since: new Date(since).toISOString(), decision: kind, ...rest, ...needs };
    // oxlint-disable-next-line no-await-in-loop -- a slow reader holds the program back
    await io.out(`${visibleJson(line)}\n`);
  }
  return exitCodes.fine;
}

function wholeOf(option: string, text: string, most: number): number {
  const number = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= most) return number;
  throw new InputError(`${option} is a whole number from 1 to ${most}, not ${text}.`);
}
