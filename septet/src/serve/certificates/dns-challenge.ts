/**
 * DNS-01 (RFC 8555 §8.4): a TXT record below `_acme-challenge`, written at the host of the domain, seen at every server
 * of its zone before the authority is told, and taken away again. What others keep there stays.
 */
import { withMember } from '../../change/txt.ts';
import type { Change } from '../../change/change.ts';
import { namedAuthority } from '../../dns/authoritative.ts';
import { parseName, type DnsName } from '../../dns/name.ts';
import type { Authority, ServerAnswer } from '../../dns/resolver.ts';
import { txtText, type RrSet } from '../../dns/rrset.ts';
import type { DnsHost, HostFault } from '../../providers/host.ts';
import type { World } from '../../world/world.ts';
import { AcmeFault } from './acme-fault.ts';
import { kept, type CertificateShelf } from './shelf.ts';

/** Where the records of a name are kept. */
export interface DnsPlace {
  readonly host: DnsHost;
  readonly zone: DnsName;
  /** Authoritative servers to read back from, `address:port`, instead of those of the delegation. */
  readonly servers: readonly string[];
}

export interface DnsChallenges {
  /** Rejects with `AcmeFault`; nothing stays then. Answers how to take the record away. */
  put(host: DnsName, text: string, signal: AbortSignal): Promise<() => Promise<void>>;
}

export interface DnsChallengesInput {
  /** A sentence where the configuration knows no host for the name, or its secrets are missing. */
  placeOf(name: DnsName): Promise<DnsPlace | string>;
  readonly world: Pick<World, 'authoritative' | 'resolver'>;
  readonly shelf: CertificateShelf;
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  now(): number;
}

const ttlSeconds = 60; // house: it is looked up once
const lookEveryMs = 2000; // house
const waitMs = 15 * 60_000; // house: hosts that push to many places take minutes
/** Servers that nobody reaches (an address family that is not there) do not hold the others up for longer. */
const silentMs = 20_000; // house

export function dnsChallenges(input: DnsChallengesInput): DnsChallenges {
  return {
    put: async (host, text, signal) => {
      const name = await recordName(input, host, signal);
      const place = await input.placeOf(name);
      if (typeof place === 'string') throw new AcmeFault('challenge', place);
      const { shelf } = input;
      const left = linesOf(await shelf.get(kept.record(host)));
      const remove = async (texts: readonly string[]): Promise<void> => {
        // Without the signal of the order: it may be what ended it.
        await change(input, place, name, { without: texts });
        await shelf.remove(kept.record(host));
      };
      // Noted before it is written: what a killed run left is taken away by the next.
      await shelf.put(kept.record(host), [...left, text].join('\n'));
      try {
        await change(input, place, name, { without: left, text, signal });
        await seenEverywhere(input, place, name, text, signal);
      } catch (error) {
        await remove([...left, text]).catch(() => {});
        throw error;
      }
      return () => remove([...left, text]);
    },
  };
}

const linesOf = (text: string | undefined): readonly string[] => (text ?? '').split('\n').filter((line) => line !== '');

/** `_acme-challenge.<host>`, or where a CNAME there leads (RFC 8555 §8.4 asks as everybody does). */
async function recordName(input: DnsChallengesInput, host: DnsName, signal: AbortSignal): Promise<DnsName> {
  const parsed = parseName(`_acme-challenge.${host}`);
  if (!parsed.ok)
    throw new AcmeFault('challenge', `${host} is too long for dns-01: a name has at most 253 characters. Use http-01.`);
  const answer = await input.world.resolver.query(parsed.name, 'TXT', { signal });
  return answer.chain.at(-1)?.target ?? parsed.name;
}

interface Wanted {
  readonly without: readonly string[];
  readonly text?: string;
  readonly signal?: AbortSignal;
}

/** Others may write there at the same time: then it is read and tried again. */
async function change(
  input: DnsChallengesInput,
  place: DnsPlace,
  name: DnsName,
  { without, text, signal }: Wanted,
): Promise<void> {
  const options = signal ? { signal } : {};
  let fault: HostFault | undefined;
  for (let attempt = 0; attempt < 4; attempt++) {
    /* oxlint-disable no-await-in-loop -- one try after the other */
    if (attempt > 0) await input.sleep(500 * attempt, signal);
    const read = await place.host.read(place.zone, [name], options);
    if (read.kind === 'fault') {
      fault = read;
      continue;
    }
    const before = read.sets.find((set): set is RrSet<'TXT'> => set.name === name && set.type === 'TXT');
    const after = withMember(
      name,
      before,
      ttlSeconds,
      (one) => without.includes(one) || one === text,
      text === undefined ? [] : [text],
    );
    const wanted: Change = { name, type: 'TXT', ...(before ? { before } : {}), ...(after ? { after } : {}) };
    if (!before && !after) return;
    const applied = await place.host.apply(place.zone, [wanted], options);
    if (applied.kind === 'applied') return;
    fault = applied.kind === 'stopped' ? applied.fault : applied;
    /* oxlint-enable no-await-in-loop */
    if (fault.reason !== 'changed' && fault.reason !== 'unreachable') break;
  }
  const why = fault ? `${fault.detail} ${fault.cure}` : 'Something else was written there again and again.';
  throw new AcmeFault('challenge', `${name} TXT cannot be changed at ${place.host.title}: ${why}`);
}

async function seenEverywhere(
  input: DnsChallengesInput,
  place: DnsPlace,
  name: DnsName,
  text: string,
  signal: AbortSignal,
): Promise<void> {
  const authority = await authorityOf(input, place, name);
  const begun = input.now();
  for (;;) {
    /* oxlint-disable no-await-in-loop -- it looks again and again */
    const answers = await authority.ask(name, 'TXT', { signal });
    const seen = answers.filter((one) => shows(one, text));
    const silent = answers.filter(
      ({ answer }) => answer.kind === 'failed' && answer.reason !== 'servfail' && answer.reason !== 'refused',
    );
    const others = answers.length - seen.length - silent.length;
    const waited = input.now() - begun;
    if (others === 0 && seen.length > 0 && (silent.length === 0 || waited >= silentMs)) return;
    if (waited >= waitMs) {
      const late = answers.find((one) => !shows(one, text));
      throw new AcmeFault(
        'challenge',
        `${name} TXT is written at ${place.host.title}, and ${late?.server || late?.address || 'a server of the zone'} does not show it after ${waitMs / 60_000} minutes. Look whether ${place.zone} is delegated to that host.`,
      );
    }
    await input.sleep(lookEveryMs, signal);
    /* oxlint-enable no-await-in-loop */
  }
}

async function authorityOf({ world }: DnsChallengesInput, place: DnsPlace, name: DnsName): Promise<Authority> {
  if (place.servers.length > 0) return namedAuthority(place.zone, place.servers);
  const found = await world.authoritative?.(name);
  if (found?.kind === 'found') return found.authority;
  const why = found ? `: ${found.detail}` : '';
  throw new AcmeFault(
    'challenge',
    `The name servers of ${place.zone} cannot be found${why}. Name them in dns.servers.`,
  );
}

const shows = ({ answer }: ServerAnswer<'TXT'>, text: string): boolean =>
  answer.kind === 'found' && answer.set.data.some((one) => txtText(one) === text);
