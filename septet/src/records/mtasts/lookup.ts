import type { DnsName } from '../../dns/name.ts';
import { under } from '../../dns/name.ts';
import { findTexts } from '../../dns/find-texts.ts';
import type { Answer } from '../../dns/rrset.ts';
import { txtText } from '../../dns/rrset.ts';
import type { FetchOutcome, World } from '../../world/world.ts';
import { parse } from './record.ts';
import { mostPolicyOctets } from './policy.ts';

export interface MtaStsObservation {
  readonly domain: DnsName;
  /** `_mta-sts.<domain>`; absent when that name would be too long to exist. */
  readonly txt?: Answer<'TXT'>;
  /** Addresses of `mta-sts.<domain>`. */
  readonly host?: { readonly name: DnsName; readonly a: Answer<'A'>; readonly aaaa?: Answer<'AAAA'> };
  /** What the policy's web server said; a word why it was not asked otherwise. */
  readonly policy:
    | FetchOutcome
    | { readonly kind: 'not-asked'; readonly why: 'offline' | 'no-host' | 'host-unknown' | 'not-announced' };
  /** The policy over IPv6, where the host has an AAAA record and IPv4 answered. */
  readonly policyOverIpv6?: FetchOutcome;
  /** Names where the TXT record was put by mistake, with what stands there. */
  readonly misplaced: readonly { readonly name: DnsName; readonly text: string }[];
  readonly answers: readonly Answer[];
}

export interface MtaStsLookupOptions {
  /**
   * When the record is missing, also look where it is put by mistake, and for a policy that nothing announces.
   * Default true.
   */
  readonly probe?: boolean;
}

const fetchLimits = { maxOctets: mostPolicyOctets, timeoutMs: 60_000 }; // RFC 8461 §3.3: a minute is the sender's own limit

export const policyUrl = (domain: DnsName): string => `https://mta-sts.${domain}/.well-known/mta-sts.txt`;

/** Asks for the TXT record, the addresses of the policy host and the policy itself. Redirects are never followed. */
export async function lookup(
  world: World,
  domain: DnsName,
  options: MtaStsLookupOptions = {},
): Promise<MtaStsObservation> {
  const name = under('_mta-sts', domain);
  const hostName = under('mta-sts', domain);
  if (name === undefined || hostName === undefined) {
    return { domain, policy: { kind: 'not-asked', why: 'no-host' }, misplaced: [], answers: [] };
  }
  const probes = options.probe !== false;
  const early = probes ? world.resolver.query(hostName, 'A') : undefined;
  const txt = await world.resolver.query(name, 'TXT');
  const has = txt.kind === 'found' && txt.set.data.some((value) => parse(txtText(value)).kind !== 'other');
  if (!has && !probes)
    return { domain, txt, policy: { kind: 'not-asked', why: 'not-announced' }, misplaced: [], answers: [txt] };
  const a = await (early ?? world.resolver.query(hostName, 'A'));
  const answers: Answer[] = [txt, a];
  const aaaa = a.kind === 'nxdomain' ? undefined : await world.resolver.query(hostName, 'AAAA');
  if (aaaa) answers.push(aaaa);
  const host = { name: hostName, a, ...(aaaa ? { aaaa } : {}) };
  const reachable = a.kind === 'found' || aaaa?.kind === 'found';
  const misplaced = has || txt.kind === 'failed' ? [] : await probe(world, domain, a, answers);
  if (!reachable) {
    const why = a.kind === 'failed' || aaaa?.kind === 'failed' ? 'host-unknown' : 'no-host';
    return { domain, txt, host, policy: { kind: 'not-asked', why }, misplaced, answers };
  }
  if (!world.fetch) return { domain, txt, host, policy: { kind: 'not-asked', why: 'offline' }, misplaced, answers };
  const policy = await world.fetch(policyUrl(domain), fetchLimits);
  const both = a.kind === 'found' && aaaa?.kind === 'found' && policy.kind === 'response';
  const overIpv6 = both
    ? await world.fetch(policyUrl(domain), { ...fetchLimits, timeoutMs: 10_000, family: 6 })
    : undefined;
  return { domain, txt, host, policy, ...(overIpv6 ? { policyOverIpv6: overIpv6 } : {}), misplaced, answers };
}

/** The apex, `mta-sts` and `_mta_sts`. */
async function probe(
  world: World,
  domain: DnsName,
  host: Answer,
  answers: Answer[],
): Promise<MtaStsObservation['misplaced']> {
  const names = [domain, under('_mta_sts', domain), host.kind === 'nxdomain' ? undefined : under('mta-sts', domain)];
  const { found, answers: seen } = await findTexts(world.resolver, names, (text) => parse(text).kind !== 'other');
  answers.push(...seen);
  return found;
}

/** TLSA records of the exchanges at `_25._tcp` (RFC 7672 §2.2.3); worth asking only where a policy is in use. */
export function lookupTlsa(world: World, exchanges: readonly DnsName[]): Promise<readonly Answer<'TLSA'>[]> {
  const names = exchanges.slice(0, 10).map((exchange) => under('_25._tcp', exchange));
  return Promise.all(names.filter((name) => name !== undefined).map((name) => world.resolver.query(name, 'TLSA')));
}
