/** Asks for the names of addresses that send, and whether those names lead back. */
import {
  addressClass,
  formatAddress,
  mappedIpv4,
  reverseName,
  type AddressClass,
  type IpAddress,
} from '../../dns/address.ts';
import type { DnsName } from '../../dns/name.ts';
import type { Answer } from '../../dns/rrset.ts';
import type { World } from '../../world/world.ts';
import { parse } from './record.ts';

/** How many PTR names of one address are followed back (RFC 7208 §4.6.4, RFC 8601 §3). */
export const maxPtrNames = 10;

export interface AddressSeen {
  /** Canonical text. */
  readonly address: string;
  readonly class: AddressClass;
  /** Absent for addresses that are not public: nobody outside can ask for their names. */
  readonly ptr?: Answer<'PTR'>;
  /** The way back of each name, A or AAAA by the family of the address. */
  readonly forward: readonly { readonly name: DnsName; readonly answer: Answer<'A'> | Answer<'AAAA'> }[];
}

export interface HeloSeen {
  readonly text: string;
  /** What DNS says about it; absent when the text is no full domain name. */
  readonly seen?: {
    readonly name: DnsName;
    readonly a: Answer<'A'>;
    readonly aaaa: Answer<'AAAA'>;
    readonly txt: Answer<'TXT'>;
  };
}

export interface HostObservation {
  readonly addresses: readonly AddressSeen[];
  readonly helo?: HeloSeen;
  readonly answers: readonly Answer[];
}

export interface HostQuestion {
  /** Addresses that send: configured, or standing alone in SPF (`ip4:` and `ip6:` without a prefix length). */
  readonly addresses: readonly IpAddress[];
  /** What the host says after EHLO. */
  readonly helo?: string | undefined;
}

/** For each address its PTR and the way back; for the HELO name A, AAAA and TXT. */
export async function lookupHost(
  world: World,
  question: HostQuestion,
  options: { signal?: AbortSignal } = {},
): Promise<HostObservation> {
  const [addresses, helo] = await Promise.all([
    Promise.all(question.addresses.map((address) => seeAddress(world, mappedIpv4(address) ?? address, options))),
    question.helo === undefined ? undefined : seeHelo(world, question.helo, options),
  ]);
  const answers: Answer[] = [];
  for (const { ptr, forward } of addresses) {
    if (ptr) answers.push(ptr);
    for (const { answer } of forward) answers.push(answer);
  }
  if (helo?.seen) answers.push(helo.seen.a, helo.seen.aaaa, helo.seen.txt);
  return { addresses, answers, ...(helo ? { helo } : {}) };
}

async function seeAddress(world: World, address: IpAddress, options: { signal?: AbortSignal }): Promise<AddressSeen> {
  const base = { address: formatAddress(address), class: addressClass(address) };
  if (base.class !== 'public') return { ...base, forward: [] };
  const ptr = await world.resolver.query(reverseName(address), 'PTR', options);
  const names = ptr.kind === 'found' ? ptr.set.data.slice(0, maxPtrNames) : [];
  const type = address.family === 4 ? 'A' : 'AAAA';
  const forward = await Promise.all(
    names.map(async (name) => ({ name, answer: await world.resolver.query<'A' | 'AAAA'>(name, type, options) })),
  );
  return { ...base, ptr, forward: forward as AddressSeen['forward'] };
}

async function seeHelo(world: World, text: string, options: { signal?: AbortSignal }): Promise<HeloSeen> {
  const parsed = parse(text);
  if (parsed.kind !== 'good') return { text };
  const { name } = parsed.value;
  const { resolver } = world;
  const [a, aaaa, txt] = await Promise.all([
    resolver.query(name, 'A', options),
    resolver.query(name, 'AAAA', options),
    resolver.query(name, 'TXT', options),
  ]);
  return { text, seen: { name, a, aaaa, txt } };
}
