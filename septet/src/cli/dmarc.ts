/** `septet dmarc`: one policy, two readers; how each finds it; the organisational domain both ways. */
import type { Command } from 'commander';
import { exitCodeOf, reportVersion, worstFirst } from '../audit/report.ts';
import type { DnsName } from '../dns/name.ts';
import type { Finding } from '../finding/finding.ts';
import { check } from '../records/dmarc/check.ts';
import type { Discovery, Level, Organisation, Source } from '../records/dmarc/discover.ts';
import { effectiveOf, type Effective } from '../records/dmarc/effective.ts';
import { lookupDmarc } from '../records/dmarc/lookup.ts';
import { effectText } from '../records/dmarc/readers.ts';
import { failOnOf } from './file-report.ts';
import { InputError, type Io } from './io.ts';
import { openWorld, type WorldOptions } from './open-world.ts';
import { addWorldOptions, domainOf } from './options.ts';
import { painter, wrap, type Paint } from './paint.ts';
import { findingBlocks } from './report-text.ts';

interface DmarcOptions extends WorldOptions {
  readonly format: string;
  readonly failOn: string;
}

export function configure(command: Command, io: Io, done: (code: number) => void): void {
  command
    .argument('<domain>', 'the domain of the From address')
    .option('--format <form>', 'text or json', 'text')
    .option('--fail-on <severity>', 'error or warning', 'error');
  addWorldOptions(command);
  command.action(async (domain: string, options: DmarcOptions) => done(await dmarc(domainOf(domain), options, io)));
}

async function dmarc(domain: DnsName, options: DmarcOptions, io: Io): Promise<number> {
  if (options.format !== 'text' && options.format !== 'json')
    throw new InputError(`--format is text or json here, not ${options.format}.`);
  const failOn = failOnOf(options.failOn);
  const { world, close } = await openWorld(options, io);
  try {
    const seen = await lookupDmarc(world, domain);
    const findings = worstFirst(check(seen, { now: world.now(), domain, sends: undefined }));
    const effective = effectiveOf(seen.discovery);
    if (options.format === 'json')
      io.out(`${JSON.stringify(toJson(domain, seen.discovery, effective, findings), undefined, 2)}\n`);
    else io.out(toText(domain, seen.discovery, effective, findings, painter(io.columns, io.colours)));
    return exitCodeOf(findings, failOn);
  } finally {
    await close();
  }
}

function toJson(domain: DnsName, { walk, list }: Discovery, effective: Effective, findings: readonly Finding[]) {
  const level = ({ query, outcome, detail, texts }: Level) => ({ query, outcome, detail, records: texts });
  const source = (from: Source) =>
    'level' in from
      ? { kind: from.kind, domain: from.level.domain, record: from.level.texts[0] ?? null }
      : { kind: from.kind };
  return {
    version: reportVersion,
    domain,
    organisationalDomain: {
      rfc9989: walk.organisation.kind === 'known' ? walk.organisation.domain : null,
      rfc7489: list.organisation ?? null,
    },
    rfc9989: {
      policy: effective.new,
      source: source(walk.source),
      queries: walk.levels.map(level),
      stoppedBy: walk.stoppedBy ?? null,
    },
    rfc7489: { policy: effective.old, source: source(list.source), queries: list.levels.map(level) },
    findings,
  };
}

function toText(
  domain: DnsName,
  discovery: Discovery,
  effective: Effective,
  findings: readonly Finding[],
  paint: Paint,
): string {
  const { walk, list } = discovery;
  const lines = [paint('bold', domain), ''];
  const record = [walk.source, list.source].find((source) => 'level' in source);
  if (record && 'level' in record)
    lines.push(`Record at ${record.level.query}`, wrap(record.level.texts[0] ?? '', paint.columns, '  '), '');
  const width = Math.max(24, Math.floor((paint.columns - 24) / 2));
  const row = (title: string, left: string, right: string): void => {
    const [a, b] = [wrapTo(left, width - 2), wrapTo(right, width - 2)];
    for (let i = 0; i < Math.max(a.length, b.length); i++) {
      lines.push(`  ${(i === 0 ? title : '').padEnd(20)}${(a[i] ?? '').padEnd(width)}${b[i] ?? ''}`.trimEnd());
    }
  };
  row('Mail that fails from', 'new readers (RFC 9989)', 'old readers (RFC 7489)');
  row('the domain', effectText(effective.new.domain), effectText(effective.old.domain));
  row('a sub-domain', effectText(effective.new.existing), effectText(effective.old.existing));
  row('a name without DNS', effectText(effective.new.ghost), effectText(effective.old.ghost));
  row('Organisation', organisationText(walk.organisation), list.organisation ?? 'none: a public suffix');
  lines.push('', paint('bold', 'How new readers find it (tree walk, RFC 9989 §4.10)'));
  for (const level of walk.levels) lines.push(levelLine(level, paint));
  if (walk.stoppedBy) lines.push(`  stopped by ${walk.stoppedBy}`);
  lines.push('', paint('bold', 'How old readers find it (public suffix list, RFC 7489 §6.6.3)'));
  for (const level of list.levels) lines.push(levelLine(level, paint));
  lines.push('', findingBlocks(findings, paint).trimEnd());
  return `${lines.join('\n')}\n`;
}

const levelLine = (level: Level, paint: Paint): string =>
  `  ${level.query.padEnd(40)} ${level.outcome === 'failed' ? paint('cyan', level.detail) : level.detail}`;

function organisationText(organisation: Organisation): string {
  if (organisation.kind === 'unknown')
    return `unknown: ${organisation.failed.map((level) => level.query).join(', ')} did not answer`;
  return `${organisation.domain} (${organisation.rule})`;
}

const wrapTo = (text: string, width: number): readonly string[] => wrap(text, width, '').split('\n');
