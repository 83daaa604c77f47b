/** Proposals for records without a home of their own: aliases, addresses, and TXT members that are compared to the letter. */
import { formatAddress, parseAddress } from '../dns/address.ts';
import { absolute, type DnsName } from '../dns/name.ts';
import { formatRdata } from '../dns/rdata-text.ts';
import type { RrSet, RrType } from '../dns/rrset.ts';
import { sameData, type Live, type Proposal } from './change.ts';
import { aliasAt, unknownAt } from './propose-blocked.ts';
import { proposeTxt, untypable } from './propose-txt.ts';

export interface AliasWant {
  readonly name: DnsName;
  readonly target: DnsName;
  readonly ttlSeconds: number;
}

/** Types that stand beside a CNAME in a signed zone (RFC 2181 §10.1, RFC 4034 §3 and §4). */
const besideCname: readonly RrType[] = ['CNAME', 'RRSIG', 'NSEC'];

/**
 * A CNAME. `others` is other data at the very name, which must go first, because nothing stands beside a CNAME
 * (RFC 1034 §3.6.2): the proposal is then `blocked`, and names it. Another target is `conflicting` and named in `loses`.
 */
export function proposeAlias(want: AliasWant, live: Live<'CNAME'>, others: readonly RrSet[]): Proposal {
  const { name, target, ttlSeconds } = want;
  if (live.kind === 'unknown') return unknownAt(live);
  if (name === target) {
    return {
      kind: 'blocked',
      why: `${absolute(name)} would be an alias of itself.`,
      cure: 'Name the host of the sending service as its target.',
    };
  }
  const after: RrSet<'CNAME'> = { name, type: 'CNAME', ttlSeconds, data: [target] };
  const before: RrSet<'CNAME'> | undefined =
    live.kind === 'present'
      ? live.set
      : live.kind === 'alias'
        ? { name, type: 'CNAME', ttlSeconds: live.ttlSeconds, data: [live.target] }
        : undefined;
  if (before && sameData(before, after)) return { kind: 'keep', comparison: 'equal', set: before };
  const beside = others.filter((set) => set.name === name && !besideCname.includes(set.type) && set.data.length > 0);
  if (beside.length > 0 && !before) return besideAlias(name, beside);
  const loses = (before?.data ?? []).filter((old) => old !== target).map((old) => formatRdata('CNAME', old));
  return {
    kind: 'change',
    comparison: before ? 'conflicting' : 'absent',
    change: { name, type: 'CNAME', ...(before ? { before } : {}), after },
    loses,
    notes: [],
  };
}

function besideAlias(name: DnsName, beside: readonly RrSet[]): Proposal {
  const where = absolute(name);
  if (beside.some((set) => set.type === 'SOA' || set.type === 'NS')) {
    return {
      kind: 'blocked',
      why: `${where} is the top of a zone, and a CNAME cannot stand there (RFC 1034 §3.6.2).`,
      cure: 'Choose a label below the domain.',
    };
  }
  return {
    kind: 'blocked',
    why: `At ${where} stands ${describeSets(beside)}, and nothing can stand beside a CNAME (RFC 1034 §3.6.2).`,
    cure: `Choose another label, or remove what stands at ${where} when nobody needs it, and plan again.`,
  };
}

/** The data of several sets in one line: `A 192.0.2.1, MX 10 mail.example.com.` At most eight members are named. */
export function describeSets(sets: readonly RrSet[]): string {
  const texts = sets.flatMap((set) => set.data.map((data) => `${set.type} ${formatRdata(set.type, data)}`));
  const shown = texts.slice(0, 8).map((text) => (text.length > 80 ? `${text.slice(0, 79)}…` : text));
  return texts.length > 8 ? `${shown.join(', ')} and ${texts.length - 8} more` : shown.join(', ');
}

export interface AddressesWant<T extends 'A' | 'AAAA'> {
  readonly name: DnsName;
  readonly type: T;
  /** At least one, in any spelling. */
  readonly addresses: readonly string[];
  readonly ttlSeconds: number;
}

/** Addresses of a host. Others beside the wanted ones are kept; when some wanted ones are missing, strangers go. */
export function proposeAddresses<T extends 'A' | 'AAAA'>(want: AddressesWant<T>, live: Live<T>): Proposal {
  const { name, type, ttlSeconds } = want;
  const wanted: string[] = [];
  for (const text of want.addresses) {
    const address = parseAddress(text);
    if (!address || address.family !== (type === 'A' ? 4 : 6)) {
      const family = type === 'A' ? 'IPv4' : 'IPv6';
      return { kind: 'blocked', why: `${text} is not an ${family} address.`, cure: `Mend the address of ${name}.` };
    }
    const canonical = formatAddress(address);
    if (!wanted.includes(canonical)) wanted.push(canonical);
  }
  if (wanted.length === 0) {
    return { kind: 'blocked', why: `No address is given for ${name}.`, cure: `Name the address of ${name}.` };
  }
  if (live.kind === 'unknown') return unknownAt(live as Extract<Live, { kind: 'unknown' }>);
  const set = live.kind === 'absent' ? undefined : (live.set as RrSet<'A' | 'AAAA'> | undefined);
  const there = [...new Set(set?.data)];
  const strangers = there.filter((address) => !wanted.includes(address));
  if (set && wanted.every((address) => there.includes(address))) {
    return { kind: 'keep', comparison: strangers.length > 0 ? 'superset' : 'equal', set };
  }
  if (live.kind === 'alias') return aliasAt(live as Extract<Live, { kind: 'alias' }>);
  const after: RrSet<'A' | 'AAAA'> = { name, type, ttlSeconds, data: wanted };
  return {
    kind: 'change',
    comparison: there.length === 0 ? 'absent' : strangers.length > 0 ? 'conflicting' : 'weaker',
    change: { name, type, ...(set ? { before: set } : {}), after },
    loses: strangers,
    notes: [],
  };
}

export interface TxtMemberWant {
  readonly name: DnsName;
  readonly text: string;
  /** Whether another text is an older form of the same, which the new one replaces. */
  readonly isSameKind: (text: string) => boolean;
  readonly ttlSeconds: number;
}

/** A TXT among others, compared to the letter: a proof of ownership. Where it stands already, nothing else is touched. */
export function proposeTxtMember(want: TxtMemberWant, live: Live<'TXT'>): Proposal {
  const { name, text, ttlSeconds } = want;
  const isSameKind = (other: string): boolean => other === text || want.isSameKind(other);
  return proposeTxt({ name, ttlSeconds, isSameKind, single: false }, live, (same) => {
    if (same.includes(text)) return { kind: 'keep', comparison: same.length > 1 ? 'superset' : 'equal' };
    if (!/^[\x20-\x7e]*$/.test(text)) return untypable(name);
    const comparison = same.length > 0 ? 'conflicting' : 'absent';
    return { kind: 'publish', text, comparison, loses: same, notes: [] };
  });
}
