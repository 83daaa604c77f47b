/**
 * How hard a DMARC record is on mail that fails, for both generations of receivers, read from the text here without the
 * code that plans: 0 none, 1 quarantine, 2 reject; a sample counts by its share.
 */
import type { DnsName } from '../../src/dns/name.ts';
import { parent, under } from '../../src/dns/name.ts';
import { registrableDomain } from '../../src/dns/public-suffix.ts';
import { dataOf, txtText } from '../../src/dns/rrset.ts';
import type { Source } from '../../src/records/spf/answers.ts';

/** For mail of the domain, of its sub-domains, and of names that do not exist. */
export interface DmarcWeight {
  readonly rfc7489: readonly [domain: number, sub: number];
  readonly rfc9989: readonly [domain: number, sub: number, ghost: number];
}

export const isDmarc = (text: string): boolean => /^v\s*=\s*DMARC1\s*(?:;|$)/.test(text);

const levels = ['none', 'quarantine', 'reject'];
export const noWeight: DmarcWeight = { rfc7489: [0, 0], rfc9989: [0, 0, 0] };

export function weightOf(text: string): DmarcWeight {
  const tags = new Map(
    text.split(';').map((part): [string, string] => {
      const [name = '', value = ''] = part.split('=', 2).map((word) => word.trim().toLowerCase());
      return [name, value];
    }),
  );
  const level = (tag: string): number | undefined => {
    const found = levels.indexOf(tags.get(tag) ?? '');
    return found < 0 ? undefined : found;
  };
  const p = level('p') ?? 0;
  const sp = level('sp') ?? p;
  const np = level('np') ?? sp;
  const share = tags.has('pct') ? Number(tags.get('pct')) / 100 : 1;
  const sampled = (policy: number): number => Math.max(0, policy - 1) + (policy > 0 ? share : 0);
  const tested = (policy: number): number => (tags.get('t') === 'y' ? Math.max(0, policy - 1) : policy);
  return { rfc7489: [sampled(p), sampled(sp)], rfc9989: [tested(p), tested(sp), tested(np)] };
}

/** What is milder afterwards, in words; empty when nothing is. */
export function milder(before: DmarcWeight, after: DmarcWeight): readonly string[] {
  const who = ['the domain', 'its sub-domains', 'names that do not exist'];
  const compare = (readers: 'rfc7489' | 'rfc9989'): readonly string[] =>
    before[readers].flatMap((was, i) => {
      const is = after[readers][i] ?? 0;
      return is < was - 1e-9 ? [`${readers}, ${who[i]}: ${was} → ${is}`] : [];
    });
  return [...compare('rfc7489'), ...compare('rfc9989')];
}

/** What a domain without a record of its own is under: the policy for sub-domains of the domain that was registered. */
export function inherited(domain: DnsName, source: Source): DmarcWeight {
  const top = registrableDomain(domain);
  for (let at = domain; at !== '' && at !== top;) {
    at = parent(at);
    const name = under('_dmarc', at);
    const answer = name === undefined ? undefined : source(name, 'TXT');
    const texts = answer ? dataOf(answer).map(txtText).filter(isDmarc) : [];
    // RFC 7489 §6.6.3 asks the organisational domain alone; RFC 9989 §4.10 walks up, to the same end where only that has one.
    if (texts.length !== 1 || at !== top) continue;
    const { rfc7489, rfc9989 } = weightOf(texts[0] ?? '');
    return { rfc7489: [rfc7489[1], rfc7489[1]], rfc9989: [rfc9989[1], rfc9989[1], rfc9989[2]] };
  }
  return noWeight;
}
