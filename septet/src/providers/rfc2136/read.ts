/**
 * What a name server holds at names, by questions to the server itself.
 *
 * Each name is asked for with ANY over TCP, and for each type besides, because no server has to answer ANY with all
 * (RFC 8482 §4; Knot sends one RRset). Data that a wildcard makes up at a name (RFC 4592 §2.2) looks like data of the
 * name; where the zone has wildcards, prerequisites ask what the name itself has: they are about the zone and not about
 * answers (RFC 2136 §3.2).
 */
import { sameData } from '../../change/change.ts';
import { isAtOrBelow, parent, under, type DnsName } from '../../dns/name.ts';
import { typeOfNumber } from '../../dns/rr-type.ts';
import type { Rdata, RrSet, RrType } from '../../dns/rrset.ts';
import { encodeQuery } from '../../dns/wire-encode.ts';
import { rcodeName, type Message, type WireRecord } from '../../dns/wire-types.ts';
import { encodeUpdate } from '../../dns/wire-update.ts';
import type { HostFault } from '../host.ts';
import { fault, faultOfRcode, talk, type Encode, type Server } from './talk.ts';

const any = typeOfNumber(255);
const typesAsked: readonly RrType[] = [
  any,
  ...(['A', 'AAAA', 'CAA', 'CNAME', 'DNAME', 'DS', 'MX', 'NS', 'PTR', 'SPF', 'SRV', 'TLSA', 'TXT'] as const),
  // HINFO, NAPTR, SSHFP, OPENPGPKEY, SVCB, HTTPS, URI: what else people put at names where a CNAME may be wanted.
  ...[13, 35, 44, 61, 64, 65, 256].map(typeOfNumber),
];

/** Made by the server when it signs: nobody publishes them. NSEC3 is 50, RFC 5155 §3. */
const madeByServer: ReadonlySet<RrType> = new Set<RrType>(['RRSIG', 'NSEC', 'TYPE50']);

export type Held =
  | {
      readonly kind: 'held';
      readonly nameServers: readonly DnsName[];
      readonly sets: readonly RrSet[];
      /** Of those sets, the ones of which it could not be told whether a wildcard makes them, and why not. */
      readonly doubtful: readonly RrSet[];
      readonly doubt?: HostFault;
    }
  | HostFault;

/** Asks for everything at the names. The SOA of the zone is asked for first: whoever does not hold the zone shows it. */
export async function heldAt(
  server: Server,
  zone: DnsName,
  names: readonly DnsName[],
  signal?: AbortSignal,
): Promise<Held> {
  const outside = names.find((name) => !isAtOrBelow(name, zone));
  if (outside !== undefined) {
    const detail = `${outside} is not in the zone ${zone}.`;
    return fault('rejected', detail, 'Ask for it in the zone that holds the name.');
  }
  const all = [...new Set(names)];
  const wildcards = wildcardsAbove(zone, all);
  const everythingAt = (names: readonly DnsName[]) =>
    names.flatMap((name) => typesAsked.map((type) => ({ name, type })));
  const ofWildcards = everythingAt(wildcards);
  const questions: { readonly name: DnsName; readonly type: RrType }[] = [
    { name: zone, type: 'SOA' },
    { name: zone, type: 'NS' },
    ...ofWildcards,
    ...everythingAt(all),
  ];
  const talked = await talk(server, questions.map(queryOf), signal);
  if (talked.kind === 'fault') return talked;
  const { replies } = talked;
  const [soa, ns] = replies as [Message, Message];
  const missing = zoneFault(server, zone, soa);
  if (missing !== undefined) return missing;
  const sets = new Map<string, RrSet>();
  const wild: RrSet[] = [];
  for (const [i, reply] of replies.entries()) {
    const { name, type } = questions[i] as { name: DnsName; type: RrType };
    const wrong = faultOfRcode(server, reply.rcode) ?? delegationFault(zone, name, reply);
    // A server that will not answer ANY (RFC 8482 §4) still answers the others.
    if (wrong !== undefined && type === any && wrong.reason !== 'no-zone') continue;
    if (wrong !== undefined) return wrong;
    const found = setsAt(name, reply);
    if (i >= 2 && i < 2 + ofWildcards.length) wild.push(...found);
    else if (all.includes(name)) for (const set of found) if (!sets.has(keyOf(set))) sets.set(keyOf(set), set);
  }
  const own = await withoutWildcards(server, zone, [...sets.values()], wild, signal);
  const nameServers = (setsAt(zone, ns).find((set) => set.type === 'NS')?.data ?? []) as readonly DnsName[];
  const { doubtful, doubt } = own;
  return { kind: 'held', nameServers, sets: own.sets, doubtful, ...(doubt && { doubt }) };
}

const keyOf = (set: RrSet): string => `${set.name} ${set.type}`;

const queryOf =
  ({ name, type }: { readonly name: DnsName; readonly type: RrType }): Encode =>
  (id) =>
    encodeQuery({ id, name, type, recursion: false, edns: false }).packet;

function zoneFault(server: Server, zone: DnsName, soa: Message): HostFault | undefined {
  const wrong = faultOfRcode(server, soa.rcode);
  const holds = soa.authoritative && soa.answers.some((record) => record.type === 'SOA' && record.name === zone);
  if (wrong === undefined && holds) return undefined;
  // Knot and BIND refuse what they do not hold (REFUSED), as they do what the asker may not see.
  if (wrong !== undefined && !['REFUSED', 'NOTAUTH'].includes(rcodeName(soa.rcode))) return wrong;
  const said = wrong === undefined ? '' : ` (${rcodeName(soa.rcode)})`;
  return fault(
    'no-zone',
    `The name server ${server.text} does not hold the zone ${zone}, or does not show it to us${said}.`,
    'Name the primary server of the zone, the zone by its own name, and a key that may query it.',
  );
}

/** A name that stands in a zone of its own, delegated below this one. */
function delegationFault(zone: DnsName, name: DnsName, reply: Message): HostFault | undefined {
  if (reply.authoritative) return undefined;
  const cut = reply.authority.find((record) => record.type === 'NS' && record.name !== zone);
  if (cut === undefined || !isAtOrBelow(name, cut.name)) return undefined;
  const detail = `${name} is not in the zone ${zone}: ${cut.name} is delegated to other servers.`;
  return fault('no-zone', detail, `Name the zone ${cut.name} and its primary server.`);
}

/** The RRsets of the name itself in a response. */
function setsAt(name: DnsName, reply: Message): readonly RrSet[] {
  const byType = new Map<RrType, WireRecord[]>();
  for (const record of reply.answers) {
    if (record.name !== name || madeByServer.has(record.type)) continue;
    const members = byType.get(record.type) ?? [];
    byType.set(record.type, members);
    members.push(record);
  }
  return [...byType].map(([type, records]): RrSet => {
    const ttlSeconds = Math.min(...records.map((record) => record.ttlSeconds));
    return { name, type, ttlSeconds, data: records.map((record) => record.data) as readonly Rdata<RrType>[] };
  });
}

/** Every wildcard of the zone that could answer for one of the names. */
function wildcardsAbove(zone: DnsName, names: readonly DnsName[]): readonly DnsName[] {
  const found = new Set<DnsName>();
  for (const name of names) {
    for (let above = name; above !== zone;) {
      above = parent(above);
      const wildcard = under('*', above);
      if (wildcard !== undefined && wildcard !== name) found.add(wildcard);
    }
  }
  return [...found];
}

interface Own {
  readonly sets: readonly RrSet[];
  readonly doubtful: readonly RrSet[];
  readonly doubt?: HostFault;
}

/** Leaves out what a wildcard makes up: the server is asked by prerequisite whether the name itself has it. */
async function withoutWildcards(
  server: Server,
  zone: DnsName,
  sets: readonly RrSet[],
  wild: readonly RrSet[],
  signal: AbortSignal | undefined,
): Promise<Own> {
  const madeUp = (set: RrSet): boolean => wild.some((one) => sameData(set, { ...one, name: set.name }));
  const suspects = sets.filter(madeUp);
  if (suspects.length === 0) return { sets, doubtful: [] };
  const questions = suspects.map(
    ({ name, type }): Encode =>
      (id) =>
        encodeUpdate({ id, zone, prerequisites: [{ kind: 'exists', name, type }], edits: [] }),
  );
  const talked = await talk(server, questions, signal);
  if (talked.kind === 'fault') return { sets, doubtful: suspects, doubt: talked };
  const rcodeOf = (set: RrSet): number => talked.replies[suspects.indexOf(set)]?.rcode ?? 0;
  const doubtful = suspects.filter((set) => faultOfRcode(server, rcodeOf(set)) !== undefined);
  const doubt = doubtful[0] && faultOfRcode(server, rcodeOf(doubtful[0]));
  return {
    sets: sets.filter((set) => !suspects.includes(set) || rcodeName(rcodeOf(set)) !== 'NXRRSET'),
    doubtful,
    ...(doubt && { doubt }),
  };
}
