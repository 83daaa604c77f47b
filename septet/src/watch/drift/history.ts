/** What happened to a domain, in order: what was seen to change, what Septet wrote, and how its ramps moved. Pure. */
import type { DnsName } from '../../dns/name.ts';
import type { Change } from '../../change/change.ts';
import type { Journal } from '../../store/journal.ts';
import type { ObservedChange, Period, RampEvent } from '../../store/store.ts';

export type HistoryEntry =
  /** `places`: who shows it, with the time at which each was seen to. `at` is that of the first. */
  | {
      readonly kind: 'change';
      readonly at: number;
      readonly name: DnsName;
      readonly type: string;
      readonly by: ObservedChange['by'];
      readonly before: readonly string[];
      readonly after: readonly string[];
      readonly places: readonly { readonly seenFrom: string; readonly at: number }[];
    }
  /** Records that were seen for the first time. */
  | { readonly kind: 'first-seen'; readonly at: number; readonly records: readonly string[] }
  /** A step that was written, taken back, or stopped in the middle. */
  | {
      readonly kind: 'published';
      readonly at: number;
      readonly step: string;
      readonly outcome: 'written' | 'taken back' | 'stopped';
      readonly host: string;
      readonly changes: readonly Change[];
      readonly detail?: string;
    }
  | {
      readonly kind: 'ramp';
      readonly at: number;
      readonly ramp: string;
      readonly what: RampEvent['kind'];
      readonly from?: string;
      readonly to?: string;
      readonly why: string;
    };

export interface HistorySeen {
  readonly changes: readonly ObservedChange[];
  readonly events: readonly RampEvent[];
  readonly journal: Pick<Journal, 'entries'>;
  readonly period: Period;
}

/** Servers that show the same within so long show one change. */
const togetherMs = 48 * 3_600_000; // house: caches of a day, twice

/** The oldest first. */
export function historyOf({ changes, events, journal, period }: HistorySeen): readonly HistoryEntry[] {
  const entries: HistoryEntry[] = [
    ...changesOf(changes),
    ...publishedOf(journal),
    ...events.map((event): HistoryEntry => {
      const { ramp, at, kind, from, to, why } = event;
      return {
        kind: 'ramp',
        at,
        ramp,
        what: kind,
        why,
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
      };
    }),
  ];
  return entries.filter(({ at }) => at >= period.since && at < period.until).sort((a, b) => a.at - b.at);
}

const dataOf = (one: ObservedChange['after'] | undefined): readonly string[] =>
  one?.state === 'present' ? one.data : [];

function changesOf(changes: readonly ObservedChange[]): readonly HistoryEntry[] {
  const first = new Map<number, string[]>();
  const groups: (Extract<HistoryEntry, { kind: 'change' }> & { readonly key: string })[] = [];
  for (const { before, after, by } of changes.toSorted((a, b) => a.after.at - b.after.at)) {
    const { name, type, seenFrom, at } = after;
    if (before === undefined) {
      const record = `${name || '.'} ${type}`;
      // What is not there at the first look is nothing to tell.
      if (after.state !== 'present') continue;
      const records = first.get(at) ?? [];
      if (!records.includes(record)) records.push(record);
      first.set(at, records);
      continue;
    }
    const key = JSON.stringify([name, type, by, dataOf(before), dataOf(after)]);
    const at0 = groups.findIndex((group) => group.key === key && at - group.at < togetherMs);
    const known = groups[at0];
    if (known) groups[at0] = { ...known, places: [...known.places, { seenFrom, at }] };
    else
      groups.push({
        kind: 'change',
        key,
        at,
        name,
        type,
        by,
        before: dataOf(before),
        after: dataOf(after),
        places: [{ seenFrom, at }],
      });
  }
  return [
    ...[...first].map(([at, records]): HistoryEntry => ({ kind: 'first-seen', at, records })),
    ...groups.map(({ key: _key, ...entry }): HistoryEntry => entry),
  ];
}

function publishedOf({ entries }: Pick<Journal, 'entries'>): readonly HistoryEntry[] {
  const published: HistoryEntry[] = [];
  for (const entry of entries) {
    if (entry.kind !== 'result' || entry.outcome === 'nothing-written') continue;
    const intent = entries.find((one) => one.kind === 'intent' && one.id === entry.id);
    if (intent?.kind !== 'intent') continue;
    const stopped = entry.outcome === 'stopped';
    published.push({
      kind: 'published',
      at: Date.parse(entry.at),
      step: intent.step,
      outcome: stopped ? 'stopped' : intent.undoes === undefined ? 'written' : 'taken back',
      host: intent.host,
      changes: stopped ? (entry.done ?? []) : intent.changes,
      ...(entry.detail === undefined ? {} : { detail: entry.detail }),
    });
  }
  return published;
}
