/** What the world says of a key: whether every server of the zone and every resolver has the record that is wanted. */
import { liveOf } from '../change/change.ts';
import type { DnsName } from '../dns/name.ts';
import type { Authority } from '../dns/resolver.ts';
import type { Answer, RrSet } from '../dns/rrset.ts';
import { fallbackSeconds } from '../plan/waits.ts';
import { keyName } from '../records/dkim/make-key.ts';
import { proposeKey } from '../records/dkim/plan.ts';
import type { World } from '../world/world.ts';

/** `detail` goes on after the name of the record: `is on all 2 servers`. */
export type KeyLook =
  | { readonly kind: 'visible'; readonly detail: string }
  /** Nothing stands there, at one place or at all. */
  | { readonly kind: 'absent'; readonly detail: string }
  /** Something else stands there. */
  | { readonly kind: 'other'; readonly detail: string }
  /** Somebody did not answer. */
  | { readonly kind: 'unknown'; readonly detail: string };

/**
 * Looks for `record` at the selector. The servers of the zone come first: a resolver that is asked too early remembers
 * that nothing is there (RFC 2308 §5).
 */
export async function lookAtKey(
  world: World,
  domain: DnsName,
  want: { readonly selector: string; readonly record: string },
  named?: Authority,
): Promise<KeyLook> {
  const name = keyName(want.selector, domain);
  const found = named ? undefined : await world.authoritative?.(name);
  if (found?.kind === 'failed')
    return { kind: 'unknown', detail: `cannot be told: the servers of the zone were not found (${found.detail})` };
  const authority = named ?? found?.authority;
  const servers = await (authority?.ask(name, 'TXT') ?? []);
  const own = servers.map(({ server, address, answer }) => ({
    place: server === '' ? address : `${server} (${address})`,
    look: kindOf(answer, name, want.record),
  }));
  const first = worst(own);
  if (first) return first;
  const answers = await Promise.all(
    [world.resolver, ...world.otherResolvers].map((resolver) => resolver.query(name, 'TXT')),
  );
  const resolvers = answers.map((answer) => ({ place: answer.server, look: kindOf(answer, name, want.record) }));
  const second = worst(resolvers);
  if (second) return second;
  const parts = [
    ...(own.length > 0 ? [own.length === 1 ? 'on its server' : `on all ${own.length} servers`] : []),
    resolvers.length === 1 ? 'at one resolver' : `at ${resolvers.length} resolvers`,
  ];
  return { kind: 'visible', detail: `is seen ${parts.join(' and ')}` };
}

interface Place {
  readonly place: string;
  readonly look: 'fits' | 'absent' | 'other' | 'unknown';
}

function kindOf(answer: Answer<'TXT'>, name: DnsName, record: string): Place['look'] {
  if (answer.kind === 'failed') return 'unknown';
  if (answer.kind !== 'found') return answer.chain.length > 0 ? 'other' : 'absent';
  const want = { name, value: record, verbatim: false, ttlSeconds: answer.set.ttlSeconds };
  return proposeKey(want, liveOf('TXT', answer)).kind === 'keep' ? 'fits' : 'other';
}

function worst(places: readonly Place[]): KeyLook | undefined {
  const at = (look: Place['look']): string => placesText(places.filter((one) => one.look === look));
  if (at('other') !== '') return { kind: 'other', detail: `is not what stands there at ${at('other')}` };
  if (at('absent') !== '') return { kind: 'absent', detail: `is not there yet at ${at('absent')}` };
  if (at('unknown') !== '') return { kind: 'unknown', detail: `cannot be told: no answer from ${at('unknown')}` };
  return undefined;
}

function placesText(places: readonly Place[]): string {
  const names = [...new Set(places.map(({ place }) => place))];
  return names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
}

/**
 * How long resolvers remember that a name was not there, in seconds: the smaller of the SOA's TTL and its minimum. The
 * servers of the zone are asked first, because the TTL that a resolver tells has run down in its cache.
 */
export async function negativeTtlSeconds(world: World, domain: DnsName, named?: Authority): Promise<number> {
  const found = named ? undefined : await world.authoritative?.(domain);
  const authority = named ?? (found?.kind === 'found' ? found.authority : undefined);
  const told = (await (authority?.ask(authority.zone, 'SOA') ?? [])).flatMap(({ answer }) =>
    answer.kind === 'found' ? [secondsOf(answer.set)] : [],
  );
  if (told.length > 0) return Math.max(...told);
  const soa = await world.resolver.query(domain, 'SOA');
  if (soa.kind === 'found') return secondsOf(soa.set);
  return soa.kind === 'failed' || soa.negativeTtlSeconds === 0 ? fallbackSeconds : soa.negativeTtlSeconds;
}

const secondsOf = ({ ttlSeconds, data }: RrSet<'SOA'>): number => Math.min(ttlSeconds, data[0]?.minimum ?? ttlSeconds);
