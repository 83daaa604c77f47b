/**
 * Dynamic updates (RFC 2136) with TSIG (RFC 8945): the way to publish at Knot, BIND, PowerDNS and other name servers of
 * one's own. All changes of one `apply` travel in one UPDATE, which the server carries out whole or not at all, and
 * whose prerequisites say what must stand there: a change by somebody else in between makes it refuse.
 */
import { sameData, type Change } from '../../change/change.ts';
import { labels, type DnsName } from '../../dns/name.ts';
import type { RrSet } from '../../dns/rrset.ts';
import type { DnsExchange } from '../../dns/update-transport.ts';
import { rcodeName } from '../../dns/wire-types.ts';
import { encodeUpdate, type Edit, type Prerequisite } from '../../dns/wire-update.ts';
import type { DnsHost, HostApplied, HostFault, HostRead } from '../host.ts';
import type { HostLimits } from '../../plan/limits.ts';
import { hostLimits } from '../limits.ts';
import { changedFault, holds, pendingChanges, refusal, type PendingChange } from '../pending.ts';
import type { TsigKey } from '../tsig.ts';
import { heldAt } from './read.ts';
import { fault, faultOfRcode, talk, type Server } from './talk.ts';

export interface Rfc2136Options {
  /** The primary server as a person reads it: `192.0.2.53:53`. */
  readonly server: string;
  /** Without a key the server has to let this address update. */
  readonly key?: TsigKey;
  /** `tcpExchange` to the server. */
  readonly exchange: DnsExchange;
  /** Milliseconds since 1970. */
  now(): number;
  /** Unpredictable octets, for message ids. */
  randomBytes(count: number): Uint8Array;
}

export function rfc2136Host(options: Rfc2136Options): DnsHost {
  const { server: text, key, exchange } = options;
  const server: Server = {
    text,
    key,
    exchange,
    now: () => options.now(),
    randomBytes: (count) => options.randomBytes(count),
  };
  const limits = hostLimits['rfc2136'] as HostLimits;
  return {
    id: 'rfc2136',
    title: `the name server ${text}`,
    limits,
    atomic: true,
    read: async (zone, names, asked) => {
      asked?.signal?.throwIfAborted();
      const held = await heldAt(server, zone, names, asked?.signal);
      if (held.kind === 'fault') return held;
      const special = held.doubtful.map(({ name, type }) => ({
        name,
        what: `${type} at ${name} looks like the wildcard above it, and the server does not say whether the name has it itself.`,
      }));
      const { nameServers, sets } = held;
      return { kind: 'read', zone, nameServers, sets, special } satisfies HostRead;
    },
    apply: async (zone, changes, asked) => {
      asked?.signal?.throwIfAborted();
      return refusal(zone, changes, limits) ?? (await apply(server, zone, changes, asked?.signal));
    },
  };
}

async function apply(
  server: Server,
  zone: DnsName,
  changes: readonly Change[],
  signal: AbortSignal | undefined,
): Promise<HostApplied> {
  if (changes.length === 0) return { kind: 'applied' };
  const names = changes.map((change) => change.name);
  const before = await heldAt(server, zone, names, signal);
  if (before.kind === 'fault') return before;
  // A server that does not answer prerequisites would not take the update either.
  if (before.doubt !== undefined) return before.doubt;
  const decided = pendingChanges(changes, before.sets);
  if (decided.kind === 'fault') return decided;
  const { pending } = decided;
  if (pending.length === 0) return { kind: 'applied' };
  const update = {
    zone,
    prerequisites: pending.flatMap((change) => prerequisitesOf(change, pending, before.sets)),
    edits: editsOf(pending),
  };
  const talked = await talk(server, [(id) => encodeUpdate({ id, ...update })], signal);
  if (talked.kind === 'fault') return talked;
  const rcode = talked.replies[0]?.rcode ?? 0;
  const refused = faultOfRcode(server, rcode);
  if (refused !== undefined) return withHint(refused, pending);
  const now = await heldAt(server, zone, names, signal);
  if (now.kind === 'fault') {
    // Only "unreachable" leaves open whether something was written.
    if (rcodeName(rcode) !== 'NOERROR') return now;
    return { ...now, reason: 'unreachable', detail: `${now.detail} The update itself was accepted.` };
  }
  if (rcodeName(rcode) !== 'NOERROR') return movedFault(pending, now.sets, rcodeName(rcode));
  return carriedOut(pending, now.sets);
}

/** BIND refuses host records at names that are no host names unless it is told otherwise (`check-names`). */
function withHint(refused: HostFault, pending: readonly PendingChange[]): HostFault {
  const odd = pending.find(({ name, type, after }) => after && hostTypes.has(type) && hasUnderscore(name));
  if (refused.reason !== 'not-permitted' || odd === undefined) return refused;
  const { name, type } = odd;
  const cure = `${refused.cure} BIND refuses ${type} at a name with an underscore, too, unless "check-names primary ignore;" stands in its options.`;
  return { ...refused, cure, at: { name, type } };
}

const hostTypes: ReadonlySet<string> = new Set(['A', 'AAAA', 'MX']);
const hasUnderscore = (name: DnsName): boolean => labels(name).some((label) => label.includes('_'));

/** What must be so for the change: the exact RRset that was read, and nothing that makes a server ignore it. */
function prerequisitesOf(
  change: PendingChange,
  all: readonly PendingChange[],
  sets: readonly RrSet[],
): readonly Prerequisite[] {
  const { name, type, live, after } = change;
  const own: Prerequisite = live === undefined ? { kind: 'absent', name, type } : { kind: 'holds', set: live };
  if (after === undefined || live !== undefined) return [own];
  // A CNAME beside other data is ignored without a word, and so is other data beside a CNAME (RFC 2136 §3.4.2.2).
  if (type === 'CNAME' && !sets.some((set) => set.name === name)) return [{ kind: 'unused', name }];
  const alias = all.some((other) => other.name === name && other.type === 'CNAME');
  if (type === 'CNAME' || alias) return [own];
  return [own, { kind: 'absent', name, type: 'CNAME' }];
}

/** All removals come first, so that a CNAME finds its place empty and leaves it empty. */
function editsOf(pending: readonly PendingChange[]): readonly Edit[] {
  const gone = pending.filter((change) => change.live !== undefined);
  return [
    ...gone.map(({ name, type }): Edit => ({ kind: 'delete', name, type })),
    ...pending.flatMap(({ after }): readonly Edit[] => (after === undefined ? [] : [{ kind: 'add', set: after }])),
  ];
}

const setAtChange = (change: Change, sets: readonly RrSet[]): RrSet | undefined =>
  sets.find((set) => set.name === change.name && set.type === change.type);

/** A prerequisite failed: reading again shows which RRset moved, unless it has moved back. */
function movedFault(pending: readonly PendingChange[], sets: readonly RrSet[], rcode: string): HostFault {
  const again = pendingChanges(
    pending.map(({ live, ...change }) => ({ ...change, ...(live === undefined ? {} : { before: live }) })),
    sets,
  );
  if (again.kind === 'fault') return { ...again, reason: 'changed' };
  const first = pending[0] as PendingChange;
  const moved = pending.find((change) => !holds(change.live, setAtChange(change, sets))) ?? first;
  return {
    ...changedFault(moved, setAtChange(moved, sets)),
    detail: `Something at ${moved.name} changed while the update was on its way (${rcode}).`,
  };
}

/** The server says that it was done; what it ignored shows when one looks (RFC 2136 §3.4.2.2). */
function carriedOut(pending: readonly PendingChange[], sets: readonly RrSet[]): HostApplied {
  const left = pending.filter((change) => !sameData(change.after, setAtChange(change, sets)));
  const first = left[0];
  if (first === undefined) return { kind: 'applied' };
  const { name, type } = first;
  const ignored: HostFault = {
    ...fault(
      'rejected',
      `The name server accepted the update, but ${name} ${type} is not what was sent.`,
      "Look into the server's log; a CNAME beside other records is ignored without a word, and so are limits of its own.",
    ),
    at: { name, type },
  };
  if (left.length === pending.length) return ignored;
  return { kind: 'stopped', done: pending.filter((change) => !left.includes(change)).map(bare), fault: ignored };
}

function bare({ name, type, before, after, stamp }: PendingChange): Change {
  return { name, type, ...(before && { before }), ...(after && { after }), ...(stamp !== undefined && { stamp }) };
}
