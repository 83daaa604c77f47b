/**
 * What a plan does to DNS: one RRset, before and after. The RRset is always whole, because most hosts replace RRsets and
 * not single records: members that are somebody else's are carried over in `after`.
 */
import type { DnsName } from '../dns/name.ts';
import { formatRdata } from '../dns/rdata-text.ts';
import { txtText, type Answer, type Rdata, type RrSet, type RrType, type Txt } from '../dns/rrset.ts';

export interface Change {
  readonly name: DnsName;
  readonly type: RrType;
  /** What stands there now; absent: nothing. TTLs may have been shortened by a cache and are never compared. */
  readonly before?: RrSet;
  /** What shall stand there; absent: nothing. */
  readonly after?: RrSet;
  /**
   * The part of the new text that is taken from the clock (the id of an MTA-STS record). A digest of the change leaves
   * it out, so that the same plan a minute later is the same plan.
   */
  readonly stamp?: string;
}

/** What stands at a name, as far as one type is concerned. */
export type Live<T extends RrType = RrType> =
  | { readonly kind: 'absent'; readonly name: DnsName; readonly type: T; readonly negativeTtlSeconds: number }
  | { readonly kind: 'present'; readonly name: DnsName; readonly type: T; readonly set: RrSet<T> }
  /** The name is a CNAME (RFC 1034 §3.6.2). `set` is what is read behind it, if anything is. Never for type CNAME. */
  | {
      readonly kind: 'alias';
      readonly name: DnsName;
      readonly type: T;
      readonly target: DnsName;
      readonly ttlSeconds: number;
      readonly set?: RrSet<T>;
    }
  /** Nobody could tell. It is never `absent`. `detail` is one line for a person. */
  | { readonly kind: 'unknown'; readonly name: DnsName; readonly type: T; readonly detail: string };

/** How what is live compares with what is wanted, by meaning and never by text. */
export type Comparison =
  /** Nothing stands there. */
  | 'absent'
  /** The same RRset. */
  | 'equal'
  /** Another text that every reader treats alike: order, quoting, defaults written out. */
  | 'equivalent'
  /** All that is wanted, and more. */
  | 'superset'
  /** A part of what is wanted: it can be extended and nothing is lost. */
  | 'weaker'
  /** Something else: it has to go, or the wanted record cannot stand. */
  | 'conflicting';

/** What a record home proposes for one RRset. */
export type Proposal =
  /** Nothing to do. */
  | { readonly kind: 'keep'; readonly comparison: 'equal' | 'equivalent' | 'superset'; readonly set: RrSet }
  | {
      readonly kind: 'change';
      readonly comparison: 'absent' | 'weaker' | 'conflicting';
      readonly change: Change;
      /** Texts of live records that go or lose something; empty when the change only adds. A person must agree first. */
      readonly loses: readonly string[];
      /** Sentences for a person: what was kept and why. */
      readonly notes: readonly string[];
    }
  /** It cannot be published as things are. Both are sentences for a person. */
  | {
      readonly kind: 'blocked';
      readonly why: string;
      readonly cure: string;
      /** DNS did not answer a question that the proposal hangs on: nothing is wrong for all that anybody knows. */
      readonly unanswered?: true;
    };

/** Reads an answer to a question for `type` at `name` as what stands at the name itself. */
export function liveOf<T extends RrType>(type: T, answer: Answer<T>): Live<T> {
  const { name } = answer;
  if (answer.kind === 'failed') return { kind: 'unknown', name, type, detail: answer.detail ?? answer.reason };
  const first = answer.chain[0];
  if (first && first.owner === name) {
    const behind = answer.kind === 'found' ? { set: answer.set } : {};
    return { kind: 'alias', name, type, target: first.target, ttlSeconds: first.ttlSeconds, ...behind };
  }
  if (answer.kind === 'found') return { kind: 'present', name, type, set: answer.set };
  return { kind: 'absent', name, type, negativeTtlSeconds: answer.negativeTtlSeconds };
}

/** The set itself where one stands at the name; an alias and an unknown answer have none. */
export function setAt<T extends RrType>(live: Live<T>): RrSet<T> | undefined {
  return live.kind === 'present' ? live.set : undefined;
}

/** Whether two sets hold the same data, whatever the order and the TTL. Absent equals absent. */
export function sameData(a: RrSet | undefined, b: RrSet | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (a.type !== b.type || a.name !== b.name) return false;
  const left = membersOf(a);
  const right = membersOf(b);
  return left.length === right.length && left.every((text, i) => text === right[i]);
}

/** Presentation texts of the members, sorted and without repetition: the canonical form for comparison and digests. */
export function membersOf(set: RrSet): readonly string[] {
  return [...new Set(set.data.map((data) => canonicalText(set.type, data)))].sort();
}

/** TXT strings are joined first: how a text is cut into strings means nothing to its readers (RFC 7208 §3.3). */
function canonicalText(type: RrType, data: Rdata<RrType>): string {
  return type === 'TXT' || type === 'SPF' ? txtText(data as Txt) : formatRdata(type, data as Rdata<typeof type>);
}

/** The change that takes a change back: before and after swapped. The old TTL comes back too. */
export function inverse(change: Change): Change {
  return {
    name: change.name,
    type: change.type,
    ...(change.after ? { before: change.after } : {}),
    ...(change.before ? { after: change.before } : {}),
  };
}
