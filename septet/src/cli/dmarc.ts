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
import { failOnOf } from './check/file-report.ts';
import { InputError, type Io } from './io.ts';
import { openWorld, type WorldOptions } from './open-world.ts';
import { addWorldOptions, domainOf } from './options.ts';
import { painter, underlined, wrap, type Paint } from './paint.ts';
import { visible, visibleJson } from './visible.ts';
import { findingBlocks } from './check/report-text.ts';

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
    if (options.format === 'json') io.out(`${visibleJson(toJson(domain, seen.discovery, effective, findings), 2)}\n`);
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
  const { columns } = paint;
  const lines = [paint('bold', wrap(domain, columns, '')), ''];
  for (const level of recordsOf(discovery)) {
    lines.push(paint('dim', wrap(`${level.query} TXT`, columns, '  ', '')));
    lines.push(...level.texts.flatMap((text) => underlined(text, [], columns, '  ')), '');
  }
  lines.push(...tableLines(domain, discovery, effective, paint));
  lines.push('', paint('bold', wrap('How new readers find it (tree walk, RFC 9989 §4.10)', columns, '  ', '')));
  lines.push(...levelLines(walk.levels, paint));
  if (walk.skipped.length > 0) lines.push(wrap(`Never asked: ${walk.skipped.join(', ')}`, columns, '    ', '  '));
  if (walk.stoppedBy) lines.push(wrap(`${walk.stoppedBy} in the last record ends the walk.`, columns, '    ', '  '));
  lines.push(
    '',
    paint('bold', wrap('How old readers find it (public suffix list, RFC 7489 §6.6.3)', columns, '  ', '')),
  );
  lines.push(...levelLines(list.levels, paint));
  lines.push('', findingBlocks(findings, paint).trimEnd());
  return `${lines.join('\n')}\n`;
}

/** The records that either reader uses, each once. */
function recordsOf({ walk, list }: Discovery): readonly Level[] {
  const levels = [walk.source, list.source].flatMap((source) => ('level' in source ? [source.level] : []));
  return levels.filter((level, index) => levels.findIndex((other) => other.query === level.query) === index);
}

/** What each reader makes of it: side by side where there is room, one below the other where there is not. */
function tableLines(domain: DnsName, { walk, list }: Discovery, effective: Effective, paint: Paint): readonly string[] {
  const rows: readonly (readonly [title: string, left: string, right: string])[] = [
    [domain, effectText(effective.new.domain), effectText(effective.old.domain)],
    ['its sub-domains', effectText(effective.new.existing), effectText(effective.old.existing)],
    ['names without DNS', effectText(effective.new.ghost), effectText(effective.old.ghost)],
    ['Organisational domain', organisationText(walk.organisation), list.organisation ?? 'none: a public suffix'],
  ];
  const [left, right] = ['New readers (RFC 9989)', 'Old readers (RFC 7489)'];
  const title = 'What happens to mail that fails DMARC';
  const first = 23;
  const width = Math.floor((paint.columns - 2 - first) / 2);
  if (width < 24) {
    const one = (reader: string, column: 1 | 2): readonly string[] => [
      '',
      paint('bold', wrap(reader, paint.columns, '')),
      ...rows.map((row) => wrap(`${row[0]}: ${row[column]}`, paint.columns, '    ', '  ')),
    ];
    return [paint('bold', title), ...one(left, 1), ...one(right, 2)];
  }
  const lines = [paint('bold', title)];
  const put = (...texts: readonly [string, string, string]): void => {
    const [head, a, b] = [wrapTo(texts[0], first - 2), wrapTo(texts[1], width - 2), wrapTo(texts[2], width)];
    for (let i = 0; i < Math.max(head.length, a.length, b.length); i++)
      lines.push(`  ${(head[i] ?? '').padEnd(first)}${(a[i] ?? '').padEnd(width)}${b[i] ?? ''}`.trimEnd());
  };
  put('', left, right);
  for (const [index, row] of rows.entries()) {
    if (index === rows.length - 1) lines.push('');
    put(...row);
  }
  return lines;
}

function levelLines(levels: readonly Level[], paint: Paint): readonly string[] {
  const longest = Math.max(0, ...levels.map((level) => level.query.length));
  const aligned = longest + 44 <= paint.columns;
  return levels.map((level) => {
    const detail = detailText(level);
    if (!aligned) return wrap(`${level.query}: ${detail}`, paint.columns, '    ', '  ');
    return `  ${level.query.padEnd(longest)}  ${level.outcome === 'failed' ? paint('cyan', detail) : detail}`;
  });
}

const detailText = (level: Level): string =>
  level.outcome === 'failed' ? `could not be looked up: ${visible(level.detail)}` : visible(level.detail);

function organisationText(organisation: Organisation): string {
  if (organisation.kind === 'unknown')
    return `unknown: ${organisation.failed.map((level) => level.query).join(', ')} did not answer`;
  return `${organisation.domain} (${organisation.rule})`;
}

const wrapTo = (text: string, width: number): readonly string[] => wrap(text, width, '').split('\n');
