/** Messages of aggregate reports, counted: what gates and tables stand on. Pure. */
import type { AggregateRow } from '../aggregate.ts';

/** Messages; the shape of the store's `Tally`. */
export interface Counts {
  readonly messages: number;
  /** Passed DMARC: an aligned pass of DKIM or SPF. */
  readonly aligned: number;
  readonly dkimAligned: number;
  readonly spfAligned: number;
  readonly quarantined: number;
  readonly rejected: number;
  /** A receiver did otherwise than the policy says, because it saw a forwarder or list. */
  readonly forwarded: number;
  /** temperror and permerror of SPF or DKIM. */
  readonly errors: number;
}

/** What one source did on one day (`2026-11-23`, UTC). */
export interface SourceDay extends Counts {
  readonly day: string;
  /** The key of `sourceKeyOf`. */
  readonly source: string;
}

/** One reporter's messages on one day. */
export interface ReporterDay {
  readonly reporter: string;
  readonly day: string;
  readonly messages: number;
}

export const noCounts: Counts = {
  messages: 0,
  aligned: 0,
  dkimAligned: 0,
  spfAligned: 0,
  quarantined: 0,
  rejected: 0,
  forwarded: 0,
  errors: 0,
};

export function sumCounts(counts: Iterable<Counts>): Counts {
  const sum = { ...noCounts };
  for (const each of counts) addInto(sum, each);
  return sum;
}

/** Adds to `sum` itself: for long lists of lines. */
export function addInto(sum: { -readonly [Key in keyof Counts]: Counts[Key] }, line: Counts): void {
  sum.messages += line.messages;
  sum.aligned += line.aligned;
  sum.dkimAligned += line.dkimAligned;
  sum.spfAligned += line.spfAligned;
  sum.quarantined += line.quarantined;
  sum.rejected += line.rejected;
  sum.forwarded += line.forwarded;
  sum.errors += line.errors;
}

/** RFC 9990 §3.1.1.6 and RFC 7489 appendix C name them alike. */
const forwardedReasons: ReadonlySet<string> = new Set(['forwarded', 'mailing_list', 'trusted_forwarder']);
const isBroken = ({ result }: { readonly result: string }): boolean => result === 'temperror' || result === 'permerror';

/** The counts of one row. What the reporter does not say counts as not passed: silence is not success. */
export function countsOf(row: AggregateRow): Counts {
  const { count } = row;
  const when = (holds: boolean): number => (holds ? count : 0);
  return {
    messages: count,
    aligned: when(row.dkim === 'pass' || row.spf === 'pass'),
    dkimAligned: when(row.dkim === 'pass'),
    spfAligned: when(row.spf === 'pass'),
    quarantined: when(row.disposition === 'quarantine'),
    rejected: when(row.disposition === 'reject'),
    forwarded: when(row.reasons.some(sawForwarder)),
    errors: when(row.dkimAuth.some(isBroken) || row.spfAuth.some(isBroken)),
  };
}

/** Google writes `local_policy` with `arc=pass` where it trusts the chain of a forwarder. */
const sawForwarder = ({ type, comment = '' }: { readonly type: string; readonly comment?: string }): boolean =>
  forwardedReasons.has(type) || (type === 'local_policy' && comment.includes('arc=pass'));

/** 0 to 1; nothing counted gives 0, because nothing was shown. */
export const share = (part: number, whole: number): number => (whole > 0 ? part / whole : 0);
