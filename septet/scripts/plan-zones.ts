/**
 * `npm run plan:zones`: configurations and plans of real domains, as Markdown tables. Every apex of the zones of
 * `../shared/data/zones`, every name below that owns MX or TXT, and the domains of `wild` go from what is seen to
 * `septet.yaml` (`septet init`), and from that to a plan (`septet plan`): once as seen, once with two senders more.
 *
 *     node septet/scripts/plan-zones.ts [--wild 19793] [--examples 'more than ten look-ups']
 *
 * What a plan would take away (`septet/test/plan/losses.ts`) is printed below its table. `--examples` prints the domains of
 * a class instead of the tables.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { DnsName } from '../src/dns/name.ts';
import { isPublicSuffix } from '../src/dns/public-suffix.ts';
import { readDomains, readRealZones, realZone, spread, subdomains } from '../test/audit/real-zones.ts';
import { lossesOf } from '../test/plan/losses.ts';
import { moreSenders, planFromSeen, realWorld, sourceOf, wantedOf } from '../test/plan/real-plans.ts';
import {
  addPlan,
  classes,
  conflict,
  count,
  newTally,
  recordOrder,
  type Counts,
  type Merge,
  type Tally,
} from '../test/plan/tally.ts';

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: path.resolve(import.meta.dirname, '../../../shared/data') },
    wild: { type: 'string', default: '19793' },
    examples: { type: 'string' },
  },
});
if (!existsSync(path.join(values.data, 'wild/root.zone'))) {
  process.stderr.write(
    `${values.data} is not here; these figures are made of its files. Name another place with --data.\n`,
  );
  process.exit(2);
}
const say = (text: string): boolean => process.stdout.write(`${text}\n`);
const n = (value: number): string => value.toLocaleString('en');

const zones = readRealZones(path.join(values.data, 'zones'));
const world = realWorld(
  zones.map(({ zone }) => zone),
  realZone(path.join(values.data, 'wild/root.zone')).zone,
);
const listed = readDomains(path.join(values.data, 'wild/domains.txt'));
const wild = spread(listed, Number(values.wild)).filter((name) => !isPublicSuffix(name, { icannOnly: true }));

interface Run {
  readonly tally: Tally;
  readonly losses: ReadonlyMap<string, number>;
  readonly seconds: number;
}

async function run(domains: readonly DnsName[], more: boolean): Promise<Run> {
  const tally = newTally();
  const losses = new Map<string, number>();
  const started = performance.now();
  for (const domain of domains) {
    // oxlint-disable-next-line no-await-in-loop -- the zones answer at once
    const { plan, settings } = await planFromSeen(world, domain, more ? moreSenders : []);
    const before = new Map(tally.stopped);
    addPlan(tally, plan);
    const name = values.examples;
    if (name !== undefined && tally.stopped.get(name) !== before.get(name)) say(`${domain}: ${reasons(plan.steps)}`);
    const kinds = new Set(lossesOf(sourceOf(world), plan, wantedOf(settings)).map(({ kind }) => kind));
    for (const kind of kinds) count(losses, kind);
  }
  return { tally, losses, seconds: (performance.now() - started) / 1000 };
}

const reasons = (steps: readonly { readonly id: string; readonly status: { readonly kind: string } }[]): string =>
  steps.flatMap(({ id, status }) => ('why' in status ? [`${id}: ${String(status.why)}`] : [])).join(' ');

const statusWords: readonly (readonly [string, string])[] = [
  ['done', 'done'],
  ['ready', 'ready'],
  ['waiting', 'waits'],
  ['outside', 'by others'],
  ['blocked', 'not planned'],
];
const comparisonWords: readonly string[] = ['equal', 'equivalent', 'superset', 'absent', 'weaker', 'conflicting'];
const merges: readonly Merge[] = ['kept', 'extended', 'new', 'merged from several', 'mended', 'blocked'];

function table(head: readonly string[], rows: readonly (readonly string[])[]): void {
  say(`| ${head.join(' | ')} |`);
  say(`| ${head.map((word, i) => (i === 0 || word === 'why' ? '---' : '---:')).join(' | ')} |`);
  for (const row of rows) say(`| ${row.join(' | ')} |`);
  say('');
}

const cell = (counts: Counts, row: string, key: string): string => {
  const number = counts.get(row)?.get(key) ?? 0;
  return number === 0 ? '' : n(number);
};

function stepTable({ statuses, comparisons }: Tally, shown: readonly string[]): void {
  const rows = shown.filter((row) => statuses.has(row));
  table(
    ['step', ...statusWords.map(([, word]) => word), ...comparisonWords],
    rows.map((row) => [
      row,
      ...statusWords.map(([key]) => cell(statuses, row, key)),
      ...comparisonWords.map((key) => cell(comparisons, row, key)),
    ]),
  );
}

function share(counts: ReadonlyMap<number, number>, from: number, to: number): string {
  let sum = 0;
  for (const [lookups, number] of counts) if (lookups >= from && lookups <= to) sum += number;
  return sum === 0 ? '' : n(sum);
}

const ranges = [
  [0, 0],
  [1, 2],
  [3, 4],
  [5, 6],
  [7, 8],
  [9, 10],
  [11, Infinity],
] as const;

const runs: (readonly [title: string, asSeen: Run, withMore: Run])[] = [];
for (const [title, domains] of [
  ['Apexes of the zones', zones.map(({ zone }) => zone.origin)],
  ['Names below them that own MX or TXT', subdomains(zones)],
  ['Domains of wild', wild],
] as const) {
  // oxlint-disable-next-line no-await-in-loop -- one after the other, for the time
  runs.push([title, await run(domains, false), await run(domains, true)]);
}
if (values.examples === undefined) {
  for (const [title, seen, more] of runs) {
    say(`### ${title}\n`);
    say(
      `${n(seen.tally.domains)} domains; ${seen.seconds.toFixed(1)} seconds as seen, ${more.seconds.toFixed(1)} with two senders more.\n`,
    );
    // Of the domains of wild only MX and SPF are in the data.
    stepTable(seen.tally, title === 'Domains of wild' ? ['mx', 'spf'] : recordOrder);
  }
  say('### SPF records\n');
  table(
    ['', ...merges],
    runs.flatMap(([title, seen, more]) =>
      [
        [`${title}, as seen`, seen.tally],
        [`${title}, two senders more`, more.tally],
      ].map(([name, tally]) => [name as string, ...merges.map((merge) => n((tally as Tally).merges.get(merge) ?? 0))]),
    ),
  );
  table(
    [
      'look-ups of records that stand or will stand',
      ...ranges.map(([from, to]) => (from === to ? `${from}` : to === Infinity ? `over 10` : `${from}–${to}`)),
    ],
    runs.flatMap(([title, , more]) => [
      [`${title}, before`, ...ranges.map(([from, to]) => share(more.tally.lookups.before, from, to))],
      [`${title}, with two senders more`, ...ranges.map(([from, to]) => share(more.tally.lookups.after, from, to))],
    ]),
  );
  say('### What is not planned\n');
  const rows = [...classes, conflict];
  const sum = (name: string, which: 1 | 2): number =>
    runs.reduce((all, each) => all + (each[which].tally.stopped.get(name) ?? 0), 0);
  table(
    ['steps', 'as seen', 'two more', 'why'],
    rows
      .filter(({ name }) => sum(name, 1) + sum(name, 2) > 0)
      .map(({ name, about }) => [name, n(sum(name, 1)), n(sum(name, 2)), about]),
  );
}
for (const [title, seen, more] of runs) {
  for (const [name, { losses, tally }] of [
    ['as seen', seen],
    ['two senders more', more],
  ] as const) {
    for (const [kind, domains] of losses) process.stderr.write(`${title}, ${name}: ${domains} domains lose: ${kind}\n`);
    for (const [reason, steps] of tally.stopped)
      if (![...classes, conflict].some((each) => each.name === reason))
        process.stderr.write(`no class, ${steps}: ${reason}\n`);
  }
}
