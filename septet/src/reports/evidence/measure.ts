/** What the reports say about a domain in a window: the numbers that gates look at. Pure. */
import type { AggregateHead } from '../aggregate.ts';
import { addInto, noCounts, sumCounts, type Counts, type ReporterDay, type SourceDay } from './counts.ts';
import { dayMs, dayOf, wholeDays } from './days.ts';
import { judgeSources, type Mark, type SourceHints, type SourceJudgement } from './sources.ts';

export interface MeasureInput {
  /** The window and what came before it: the longer the better, because it tells what is new. */
  readonly days: readonly SourceDay[];
  readonly reporters: readonly ReporterDay[];
  readonly marks: readonly Mark[];
  readonly hints: SourceHints;
  /** The window: from the moment since which a stage stands, in milliseconds since 1970. */
  readonly since: number;
  readonly now: number;
  /** Reports of a day have come so many days after it ended. */
  readonly reportLagDays: number;
}

export interface DmarcEvidence {
  readonly since: number;
  readonly now: number;
  /** The whole days of the window whose reports ought to be here. */
  readonly dueDays: readonly string[];
  /** Those of them for which anybody reported. */
  readonly reportedDays: number;
  /** Organisations that reported in the window, most messages first. */
  readonly reporters: readonly Reporter[];
  /** The two with most messages on a day that they report on, in all that was given; they have to go on reporting. */
  readonly expected: readonly Reporter[];
  /** Standing by everything that was given; counts of the window. Sources without mail in the window have none. */
  readonly sources: readonly SourceJudgement[];
  /** The sources marked or judged mine, together. */
  readonly mine: Counts;
  /** The same by sender: mail of one sender comes under several keys when a proof fails at times. */
  readonly senders: readonly SenderCounts[];
}

export interface Reporter {
  readonly name: string;
  readonly messages: number;
  /** The last day that it reported on. */
  readonly lastDay: string;
}

export interface SenderCounts extends Counts {
  readonly sender: string;
  /** Of all days that were given. */
  readonly firstDay: string;
  /** Messages for which SPF of no organisation passes. */
  readonly withoutSpf: number;
}

/** How many of the largest reporters have to be there (catalogue 5.2). */
const expectedReporters = 2;

export function measureDmarc(input: MeasureInput): DmarcEvidence {
  const { days, since, now, reportLagDays } = input;
  const dueDays = wholeDays(since, now - reportLagDays * dayMs);
  const firstDay = dayOf(Math.ceil(since / dayMs) * dayMs);
  const lastDay = dayOf(now - 1);
  const inWindow = (day: string): boolean => day >= firstDay && day <= lastDay;
  const known = judgeSources(days, input.marks, input.hints);
  const counts = new Map<string, Counts>();
  for (const line of days) {
    if (!inWindow(line.day)) continue;
    let of = counts.get(line.source);
    if (!of) counts.set(line.source, (of = { ...noCounts }));
    addInto(of, line);
  }
  const sources = known.map((source) => recount(source, counts.get(source.key) ?? noCounts));
  const own = sources.filter((source) => source.standing === 'mine');
  const reported = new Set(input.reporters.map(({ day }) => day));
  return {
    since,
    now,
    dueDays,
    reportedDays: dueDays.filter((day) => reported.has(day)).length,
    reporters: reportersOf(input.reporters.filter(({ day }) => inWindow(day))),
    expected: largest(input.reporters).slice(0, expectedReporters),
    sources,
    mine: sumCounts(own),
    senders: sendersOf(own),
  };
}

function recount(source: SourceJudgement, counts: Counts): SourceJudgement {
  const part = (count: number): number => (counts.messages > 0 ? count / counts.messages : 0);
  return {
    ...source,
    ...counts,
    alignedShare: part(counts.aligned),
    dkimShare: part(counts.dkimAligned),
    spfShare: part(counts.spfAligned),
  };
}

function sendersOf(own: readonly SourceJudgement[]): readonly SenderCounts[] {
  const senders = new Map<string, SourceJudgement[]>();
  for (const source of own) senders.set(source.sender, [...(senders.get(source.sender) ?? []), source]);
  return [...senders].map(([sender, sources]) => ({
    sender,
    ...sumCounts(sources),
    firstDay: sources.map(({ firstDay }) => firstDay).sort()[0] ?? '',
    withoutSpf: sumCounts(sources.filter(({ key }) => !key.includes('spf='))).messages,
  }));
}

function reportersOf(days: readonly ReporterDay[]): readonly Reporter[] {
  const found = new Map<string, Reporter>();
  for (const { reporter, day, messages } of days) {
    const name = organisationOf(reporter);
    const before = found.get(name);
    found.set(name, {
      name,
      messages: (before?.messages ?? 0) + messages,
      lastDay: before && before.lastDay > day ? before.lastDay : day,
    });
  }
  return [...found.values()].sort((a, b) => b.messages - a.messages || (a.name < b.name ? -1 : 1));
}

/** By messages a reported day: one that falls silent keeps its place. */
function largest(days: readonly ReporterDay[]): readonly Reporter[] {
  const reported = new Map<string, Set<string>>();
  for (const { reporter, day } of days) {
    const name = organisationOf(reporter);
    const of = reported.get(name);
    if (of) of.add(day);
    else reported.set(name, new Set([day]));
  }
  const rate = ({ name, messages }: Reporter): number => messages / (reported.get(name)?.size ?? 1);
  return [...reportersOf(days)].sort((a, b) => rate(b) - rate(a) || (a.name < b.name ? -1 : 1));
}

/** Reporters that are one organisation, by the names that they give themselves (seen in reports, 2026). */
const families: readonly (readonly [organisation: string, pattern: RegExp])[] = [
  ['Microsoft', /outlook|microsoft|hotmail/],
  ['Google', /google/],
  ['Yahoo', /yahoo|\baol\b/],
  ['GMX and WEB.DE', /gmx|web\.de|1&1|united ?internet/],
];

/** `Enterprise Outlook` and `Outlook.com` are not independent of each other. */
export function organisationOf(reporter: string): string {
  const name = reporter.trim().toLowerCase();
  return families.find(([, pattern]) => pattern.test(name))?.[0] ?? name;
}

/** A report that names a longer range counts for its first days only: nobody reports on more than a month. */
const maxRangeDays = 32; // house

/** The days that the reports of one domain cover; messages stand on the first day of a longer range. */
export function reporterDays(heads: Iterable<Pick<AggregateHead, 'reporter' | 'range' | 'messages'>>): ReporterDay[] {
  const days: ReporterDay[] = [];
  for (const { reporter, range, messages } of heads) {
    const first = Math.floor((range.begin * 1000) / dayMs);
    const last = Math.min(Math.floor((Math.max(range.begin, range.end - 1) * 1000) / dayMs), first + maxRangeDays - 1);
    for (let day = first; day <= last; day++) {
      days.push({ reporter, day: dayOf(day * dayMs), messages: day === first ? messages : 0 });
    }
  }
  return days;
}
