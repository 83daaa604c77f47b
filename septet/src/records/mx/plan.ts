/** MX: the exchanges that are wanted against those that stand. Only the order of preferences has a meaning (RFC 5321 §5.1). */
import type { Live, Proposal } from '../../change/change.ts';
import { aliasAt, unknownAt } from '../../change/propose-blocked.ts';
import { absolute, type DnsName } from '../../dns/name.ts';
import type { RrSet } from '../../dns/rrset.ts';
import { format, isNullMx, type Mx } from './record.ts';

export interface MxWant {
  readonly name: DnsName;
  /** At least one; a domain that takes no mail wants the null MX alone (RFC 7505 §3). */
  readonly exchanges: readonly Mx[];
  /** No other exchange may stand beside them. */
  readonly alone: boolean;
  readonly ttlSeconds: number;
}

/** Exchanges that are not wanted are kept where `alone` allows it and all wanted ones are there; else `loses` names them. */
export function proposeMx(want: MxWant, live: Live<'MX'>): Proposal {
  const fault = faultOf(want);
  if (fault) return fault;
  if (live.kind === 'unknown') return unknownAt(live);
  const { name, exchanges, ttlSeconds } = want;
  const set = live.kind === 'absent' ? undefined : live.set;
  const there = set?.data ?? [];
  const wanted = unique(exchanges);
  const comparison = compareMx(wanted, there);
  if (set && (comparison === 'equal' || comparison === 'equivalent')) return { kind: 'keep', comparison, set };
  if (set && comparison === 'superset' && !want.alone) return { kind: 'keep', comparison, set };
  if (live.kind === 'alias') return aliasAt(live);
  const kept = new Set(wanted.map((mx) => mx.exchange));
  const gone = there.filter((mx) => !kept.has(mx.exchange));
  const reordered = there.length > 0 && !sameOrder(wanted, there);
  const after: RrSet<'MX'> = { name, type: 'MX', ttlSeconds, data: wanted };
  return {
    kind: 'change',
    comparison: comparison === 'absent' || comparison === 'weaker' ? comparison : 'conflicting',
    change: { name, type: 'MX', ...(set ? { before: set } : {}), after },
    loses: (reordered ? there.filter((mx) => !includes(wanted, mx)) : gone).map(format),
    notes: gone.some((mx) => !isNullMx(mx))
      ? ['Hosts that go have to take mail until the old TTL has run out: senders remember them that long.']
      : [],
  };
}

/** How the exchanges that stand compare with the wanted ones, by the order in which senders try them. */
function compareMx(
  wanted: readonly Mx[],
  there: readonly Mx[],
): 'absent' | 'equal' | 'equivalent' | 'superset' | 'weaker' | 'conflicting' {
  if (there.length === 0) return 'absent';
  const want = ranks(wanted);
  const have = ranks(there);
  const missing = [...want.keys()].some((exchange) => !have.has(exchange));
  const extra = [...have.keys()].some((exchange) => !want.has(exchange));
  // A null MX beside others is read as a host by some and as a refusal by others: it goes (RFC 7505 §3).
  if (wanted.some(isNullMx) !== there.some(isNullMx)) return 'conflicting';
  if (!sameOrder(wanted, there)) return 'conflicting';
  if (missing) return extra ? 'conflicting' : 'weaker';
  if (extra) return wanted.some(isNullMx) ? 'conflicting' : 'superset';
  return wanted.every((mx) => includes(there, mx)) && there.every((mx) => includes(wanted, mx))
    ? 'equal'
    : 'equivalent';
}

function faultOf({ name, exchanges }: MxWant): Extract<Proposal, { kind: 'blocked' }> | undefined {
  if (exchanges.length === 0) {
    return {
      kind: 'blocked',
      why: `No exchange is named for ${absolute(name)}.`,
      cure: 'Name a host that takes its mail, or say that the domain takes none (the null MX, RFC 7505).',
    };
  }
  if (exchanges.length > 1 && exchanges.some(isNullMx)) {
    return {
      kind: 'blocked',
      why: 'The null MX says that the domain takes no mail; no exchange can stand beside it (RFC 7505 §3).',
      cure: 'Keep either the exchanges or the null MX.',
    };
  }
  return undefined;
}

/** The lowest preference of each exchange, which is the one that senders use. */
function ranks(records: readonly Mx[]): ReadonlyMap<DnsName, number> {
  const lowest = new Map<DnsName, number>();
  for (const { preference, exchange } of records) {
    lowest.set(exchange, Math.min(preference, lowest.get(exchange) ?? preference));
  }
  return lowest;
}

/** Whether the exchanges that both name are tried in the same order, ties being ties. */
function sameOrder(wanted: readonly Mx[], there: readonly Mx[]): boolean {
  const want = ranks(wanted);
  const have = ranks(there);
  const shared = [...want.keys()].filter((exchange) => have.has(exchange));
  return shared.every((a) =>
    shared.every(
      (b) => Math.sign((want.get(a) ?? 0) - (want.get(b) ?? 0)) === Math.sign((have.get(a) ?? 0) - (have.get(b) ?? 0)),
    ),
  );
}

const includes = (records: readonly Mx[], mx: Mx): boolean =>
  records.some((other) => other.exchange === mx.exchange && other.preference === mx.preference);

/** Each exchange once, at its lowest preference. */
function unique(records: readonly Mx[]): readonly Mx[] {
  return [...ranks(records)].map(([exchange, preference]) => ({ preference, exchange }));
}
