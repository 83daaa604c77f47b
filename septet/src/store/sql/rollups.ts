/**
 * Rollups, kept at write time so that a year shows at once. Pure.
 *
 * A report counts whole on the UTC day of the middle of its range: receivers cut their days in their own time zones, and
 * the middle is on the day that most of the mail came. For each domain there is a line a day in all, by source, by
 * receiver and by disposition; by source and by receiver there is a line a month too, so that a long period reads months
 * where it covers them and days at its edges.
 */
import type { AggregateHead, AggregateRow, Disposition } from '../../reports/aggregate.ts';
import type { Period, Tally } from '../store.ts';
import type { Counters } from './sql-tables.ts';

export const dayMs = 86_400_000;
const lastDay = 2_932_896; // 9999-12-31, the last that ISO 8601 writes with four digits

/** In the order of the numbers that are stored; new ones go to the end. */
export const dispositions = ['none', 'quarantine', 'reject', 'pass'] as const satisfies readonly Disposition[];

/** What `rollup.key` holds: nothing, a word, a word, an index of `dispositions`; months of the middle two. */
export const rollupKinds = {
  day: 0,
  source: 1,
  receiver: 2,
  disposition: 3,
  sourceMonth: 4,
  receiverMonth: 5,
} as const;

/** Milliseconds since 1970, within what calendars know. */
export function middleOf(range: AggregateHead['range']): number {
  const middle = Math.floor(((range.begin + range.end) / 2) * 1000);
  return Number.isFinite(middle) ? Math.min(Math.max(middle, 0), (lastDay + 1) * dayMs - 1) : 0;
}

export const dayOf = (at: number): number => Math.floor(at / dayMs);
/** `2026-11-23`. */
export const dayText = (day: number): string => new Date(day * dayMs).toISOString().slice(0, 10);
/** The first day of the month in which the day is. */
export function monthOf(day: number): number {
  const date = new Date(day * dayMs);
  return dayOf(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1));
}
const nextMonth = (day: number): number => monthOf(monthOf(day) + 31);

/** Whole days: the day of `since` is in, the day of `until` is when `until` is later than its first moment. */
export function daysOf(period: Period): { readonly from: number; readonly to: number } {
  const from = Math.max(0, Math.floor(Math.max(0, period.since) / dayMs));
  const to = Math.min(lastDay + 1, Math.ceil(Math.max(0, period.until) / dayMs));
  return { from, to: Math.max(from, to) };
}

/** Days before, months, and days after; each from its first (inclusive) to its end (exclusive). */
export function splitByMonths(days: { readonly from: number; readonly to: number }): {
  readonly before: readonly [number, number];
  readonly months: readonly [number, number];
  readonly after: readonly [number, number];
} {
  const first = monthOf(days.from) === days.from ? days.from : nextMonth(days.from);
  const end = monthOf(days.to);
  if (first >= end) return { before: [days.from, days.to], months: [0, 0], after: [0, 0] };
  return { before: [days.from, first], months: [first, end], after: [end, days.to] };
}

/** The counters of `counterColumns`, in their order. */
export type Sums = number[];
export const noSums = (): Sums => [0, 0, 0, 0, 0, 0, 0, 0];

/** Adds, and stops at 2^53 - 1. */
export function addTo(sums: Sums, more: readonly number[]): void {
  for (const [i, value] of more.entries()) sums[i] = Math.min((sums[i] ?? 0) + value, Number.MAX_SAFE_INTEGER);
}

/** What the rows of one kind share: whether they were forwarded, and whether a check could not be made. */
export interface ShapeFacts {
  readonly forwarded: boolean;
  readonly errors: boolean;
}

export function shapeFacts(row: Pick<AggregateRow, 'reasons' | 'dkimAuth' | 'spfAuth'>): ShapeFacts {
  return {
    forwarded: row.reasons.some(
      ({ type, comment }) =>
        forwarding.has(type) || (type === 'local_policy' && /\barc\s*=\s*pass\b/i.test(comment ?? '')),
    ),
    errors: [...row.dkimAuth, ...row.spfAuth].some(({ result }) => result === 'temperror' || result === 'permerror'),
  };
}

/** RFC 9990 `PolicyOverrideType` and RFC 7489; Google tells lists with a valid ARC seal by `local_policy`, `arc=pass`. */
const forwarding: ReadonlySet<string> = new Set(['forwarded', 'mailing_list', 'trusted_forwarder']);

/** What one row adds to every line it counts in. */
export function countersOf(row: Pick<AggregateRow, 'count' | 'dkim' | 'spf' | 'disposition'>, facts: ShapeFacts): Sums {
  const n = row.count;
  const dkim = row.dkim === 'pass';
  const spf = row.spf === 'pass';
  return [
    n,
    dkim || spf ? n : 0,
    dkim ? n : 0,
    spf ? n : 0,
    row.disposition === 'quarantine' ? n : 0,
    row.disposition === 'reject' ? n : 0,
    facts.forwarded ? n : 0,
    facts.errors ? n : 0,
  ];
}

export const tallyOf = (line: Counters): Tally => ({
  messages: line.messages,
  aligned: line.aligned,
  dkimAligned: line.dkim_aligned,
  spfAligned: line.spf_aligned,
  quarantined: line.quarantined,
  rejected: line.rejected,
  forwarded: line.forwarded,
  errors: line.errors,
});
