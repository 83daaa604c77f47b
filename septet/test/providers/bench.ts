/** What a provider suite stands on: a host with a zone of its own, another way to see it, and what is expected of outcomes. */
import assert from 'node:assert/strict';
import { sameData, type Change } from '../../src/change/change.ts';
import { under, type DnsName } from '../../src/dns/name.ts';
import type { RrSet, RrType } from '../../src/dns/rrset.ts';
import type { DnsHost, HostApplied, HostRead } from '../../src/providers/host.ts';
import type { TroubledHttp } from './troubled-http.ts';

/** A host with a zone that may be changed at will, and ways to see and change it that are not the host's own. */
export interface Bench {
  readonly host: DnsHost;
  /** It has SOA and NS at its apex; what else it has does not matter. */
  readonly zone: DnsName;
  /** What is served, seen by another way than the host's client: a DNS query, or the state of the fake. */
  liveAt(name: DnsName, type: RrType): Promise<RrSet | undefined>;
  /** Puts the RRset there, whatever was there, behind the host's back. */
  put(set: RrSet): Promise<void>;
  /** Takes it away behind the host's back. */
  drop(name: DnsName, type: RrType): Promise<void>;
  /** The same host with a token or key that is wrong. */
  readonly wrongToken: DnsHost;
  /** Never to be seen in a fault: the token, and the wrong token. */
  readonly secrets: readonly string[];
  /** Where the host speaks HTTP: its requests pass through this, and its clock does not really sleep. */
  readonly http?: TroubledHttp;
  stop(): Promise<void>;
}

/** The name in front of the zone. */
export function nameIn(bench: Bench, prefix: string): DnsName {
  const name = under(prefix, bench.zone);
  assert.ok(name);
  return name;
}

export function change(before: RrSet | undefined, after: RrSet | undefined): Change {
  const { name, type } = (after ?? before) as RrSet;
  return { name, type, ...(before ? { before } : {}), ...(after ? { after } : {}) };
}

/** Applies the change and sees it done, both by the host's own reading and by the other way. */
export async function applies({ host, zone, liveAt }: Bench, wanted: Change): Promise<void> {
  assert.deepEqual(await host.apply(zone, [wanted]), { kind: 'applied' });
  const live = await liveAt(wanted.name, wanted.type);
  assert.ok(sameData(live, wanted.after), `served: ${JSON.stringify(live)}, wanted: ${JSON.stringify(wanted.after)}`);
  if (wanted.after) assert.equal(live?.ttlSeconds, wanted.after.ttlSeconds, 'the TTL that is served');
  const read = expectRead(await host.read(zone, [wanted.name]));
  const own = read.sets.find((set) => set.name === wanted.name && set.type === wanted.type);
  assert.ok(sameData(own, wanted.after), `read: ${JSON.stringify(own)}, wanted: ${JSON.stringify(wanted.after)}`);
}

export function expectRead(read: HostRead): Extract<HostRead, { kind: 'read' }> {
  assert.equal(read.kind, 'read', JSON.stringify(read));
  return read as Extract<HostRead, { kind: 'read' }>;
}

export function expectFault(
  applied: HostApplied,
  ...reasons: readonly string[]
): Extract<HostApplied, { kind: 'fault' }> {
  assert.equal(applied.kind, 'fault', JSON.stringify(applied));
  const fault = applied as Extract<HostApplied, { kind: 'fault' }>;
  assert.ok(reasons.includes(fault.reason), `${fault.reason} is not ${reasons.join(' or ')}: ${fault.detail}`);
  assert.match(fault.detail, /\.$/, 'the detail is a sentence');
  assert.match(fault.cure, /\.$/, 'the cure is a sentence');
  return fault;
}
