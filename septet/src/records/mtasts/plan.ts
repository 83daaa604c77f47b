/**
 * MTA-STS: the policy that is wanted, how one that is served compares with it, and the record that announces a change.
 *
 * A change is made in two places, the policy first and the id of the record second; until every sender has seen both,
 * the old policy has to work too (RFC 8461 §8.1).
 */
import { createHash } from 'node:crypto';
import type { Comparison, Live, Proposal } from '../../change/change.ts';
import { proposeTxt, type TxtVerdict } from '../../change/propose-txt.ts';
import { root, type DnsName } from '../../dns/name.ts';
import type { Mx } from '../mx/record.ts';
import { matches, patternText, type Mode, type MtaStsPolicy, type MxPattern } from './policy.ts';
import { format, idAt, parse, type MtaStsRecord } from './record.ts';

/** A mistake is forgotten in a week (house); RFC 8461 §3.2 asks for weeks or more once a policy is settled. */
const usualMaxAgeSeconds = 604_800;
/** For a policy that is taken back; RFC 8461 §8.3 asks for a small value, such as a day. */
const lastMaxAgeSeconds = 86_400;

export interface PolicyWant {
  readonly mode: Mode;
  /** The exchanges of the domain; the null MX among them does not count. */
  readonly exchanges: readonly (DnsName | Mx)[];
  /** Default: a week, a day for mode `none`. */
  readonly maxAgeSeconds?: number;
}

/** A policy that names each exchange. Without exchanges there is nothing to protect, so its mode is `none`. */
export function wantedPolicy(want: PolicyWant): MtaStsPolicy {
  const hosts = hostsOf(want.exchanges);
  const mode = hosts.length === 0 ? 'none' : want.mode;
  return {
    mode,
    mx: mode === 'none' ? [] : hosts.map((name): MxPattern => ({ wildcard: false, name })),
    maxAgeSeconds: want.maxAgeSeconds ?? (mode === 'none' ? lastMaxAgeSeconds : usualMaxAgeSeconds),
    extensions: [],
  };
}

/** The exchanges at which senders that keep the policy refuse to deliver. Mode `none` refuses nothing. */
export function uncoveredBy(policy: MtaStsPolicy, exchanges: readonly (DnsName | Mx)[]): readonly DnsName[] {
  if (policy.mode === 'none') return [];
  return hostsOf(exchanges).filter((host) => !policy.mx.some((pattern) => matches(pattern, host)));
}

const strength: Readonly<Record<Mode, number>> = { none: 0, testing: 1, enforce: 2 };

/**
 * How a served policy serves where another is wanted. `superset`: it is stricter, is kept for longer or names more hosts.
 * `weaker`: it can be extended. `conflicting`: it names other hosts, or it protects what shall be given up.
 */
export function comparePolicy(wanted: MtaStsPolicy, live: MtaStsPolicy | undefined): Comparison {
  if (!live) return 'absent';
  if (wanted.mode === 'none') {
    if (live.mode !== 'none') return 'conflicting';
    return live.maxAgeSeconds === wanted.maxAgeSeconds ? sameText(wanted, live) : 'superset';
  }
  const missing = wanted.mx.some((pattern) => !live.mx.some((other) => includes(other, pattern)));
  const extra = live.mx.some((pattern) => !wanted.mx.some((other) => includes(other, pattern)));
  if (missing && extra && live.mode !== 'none') return 'conflicting';
  if (missing || strength[live.mode] < strength[wanted.mode] || live.maxAgeSeconds < wanted.maxAgeSeconds) {
    return 'weaker';
  }
  const more = extra || live.mode !== wanted.mode || live.maxAgeSeconds > wanted.maxAgeSeconds;
  return more ? 'superset' : sameText(wanted, live);
}

export interface RecordWant {
  readonly name: DnsName;
  /** The policy is another one than senders were told of: the record needs a new id (RFC 8461 §3.1). */
  readonly changed?: boolean;
  /**
   * The policy that the record announces. Its fingerprint becomes a part of a new id, so that a plan can tell later, from
   * DNS alone, whether the id stands for this policy. An id of somebody else tells nothing and is taken to be right.
   */
  readonly policy?: MtaStsPolicy;
  /** Milliseconds since 1970; the new id is made from it. */
  readonly now: number;
  readonly ttlSeconds: number;
}

/** The record at `_mta-sts`. A valid id stays while the policy does; fields of extensions stay in any case. */
export function proposeRecord(want: RecordWant, live: Live<'TXT'>): Proposal {
  const { name, policy, now, ttlSeconds } = want;
  const stamp = idAt(now);
  const print = policy ? fingerprint(policy) : undefined;
  const id = print === undefined ? stamp : `${stamp}P${print}`;
  const fresh = (
    extensions: MtaStsRecord['extensions'],
    rest: Omit<Publish, 'kind' | 'text' | 'stamp'>,
  ): TxtVerdict => ({
    kind: 'publish',
    text: format({ id, extensions }),
    stamp,
    ...rest,
  });
  return proposeTxt({ name, ttlSeconds, isSameKind: isMtaSts }, live, (same) => {
    const [only, ...more] = same;
    if (only === undefined) return fresh([], { comparison: 'absent', loses: [], notes: [] });
    if (more.length > 0) {
      const notes = ['Senders take several records for none (RFC 8461 §3.1), so one takes their place.'];
      return fresh([], { comparison: 'conflicting', loses: same, notes });
    }
    const parsed = parse(only);
    if (parsed.kind !== 'good') {
      const notes = ['Senders cannot read the record that stands there.'];
      return fresh([], { comparison: 'conflicting', loses: same, notes });
    }
    const { value } = parsed;
    const printed = /^\d{8}T\d{6}P([0-9a-f]{8})$/.exec(value.id)?.[1];
    const changed = want.changed === true || (print !== undefined && printed !== undefined && printed !== print);
    if (!changed || value.id === id) {
      const comparison = value.extensions.length > 0 ? 'superset' : only === format(value) ? 'equal' : 'equivalent';
      return { kind: 'keep', comparison };
    }
    const notes = [`The id was ${value.id}; a new one tells senders to fetch the policy again.`];
    return fresh(value.extensions, { comparison: 'weaker', loses: [], notes });
  });
}

type Publish = Extract<TxtVerdict, { kind: 'publish' }>;

/** Eight hexadecimal digits that differ, for all practical purposes, between policies that senders treat differently. */
function fingerprint(policy: MtaStsPolicy): string {
  const names = [...new Set(policy.mx.map(patternText))].sort();
  const text = [policy.mode, String(policy.maxAgeSeconds), ...names].join('\n');
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

const isMtaSts = (text: string): boolean => parse(text).kind !== 'other';

/** Every host that `inner` names is named by `outer`. */
function includes(outer: MxPattern, inner: MxPattern): boolean {
  return inner.wildcard ? outer.wildcard && outer.name === inner.name : matches(outer, inner.name);
}

/** Two policies that mean the same; extension fields, repetitions and the order of names mean nothing to senders. */
function sameText(wanted: MtaStsPolicy, live: MtaStsPolicy): 'equal' | 'equivalent' {
  const text = (policy: MtaStsPolicy): string => policy.mx.map(patternText).join(' ');
  return text(wanted) === text(live) && live.extensions.length === 0 ? 'equal' : 'equivalent';
}

function hostsOf(exchanges: readonly (DnsName | Mx)[]): readonly DnsName[] {
  const names = exchanges.map((exchange) => (typeof exchange === 'string' ? exchange : exchange.exchange));
  return [...new Set(names)].filter((name) => name !== root);
}
