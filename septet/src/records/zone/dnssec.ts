/**
 * DNSSEC seen from outside (RFC 4033 to 4035, RFC 9364): the parent publishes DS records, the zone DNSKEY records, and
 * every RRset a signature with an end. When the three do not fit, validating resolvers answer SERVFAIL for everything,
 * and mail to and from the domain stops. No signature is verified here; the resolver does that.
 */
import type { DnsName } from '../../dns/name.ts';
import type { Answer, Dnskey, Ds, Rrsig } from '../../dns/rrset.ts';
import { dataOf } from '../../dns/rrset.ts';
import type { Evidence, Finding } from '../../finding/finding.ts';
import type { World } from '../../world/world.ts';
import { evidenceOf, timeOf } from './evidence.ts';
import { found } from './findings.ts';

export interface DnssecObservation {
  readonly zone: DnsName;
  readonly ds: Answer<'DS'>;
  readonly dnskey: Answer<'DNSKEY'>;
  readonly rrsig: Answer<'RRSIG'>;
}

export async function askDnssec(world: World, zone: DnsName): Promise<DnssecObservation> {
  const { resolver } = world;
  const options = { dnssec: true };
  const [ds, dnskey, rrsig] = await Promise.all([
    resolver.query(zone, 'DS', options),
    resolver.query(zone, 'DNSKEY', options),
    resolver.query(zone, 'RRSIG', options),
  ]);
  return { zone, ds, dnskey, rrsig };
}

/** RFC 6781 §4.4.2.2 wants time for repair; three days hold a weekend. */
const repairSeconds = 72 * 3600;

/** RFC 9905 and RFC 8624 §3.1: RSA/MD5, DSA, RSASHA1, DSA-NSEC3-SHA1, RSASHA1-NSEC3-SHA1, ECC-GOST. */
const weakAlgorithms: ReadonlySet<number> = new Set([1, 3, 5, 6, 7, 12]);

/** DS digest type 1 is SHA-1 (RFC 9905). */
const sha1 = 1;

/** Whether a failure says that validation failed: the Extended DNS Errors 6 to 10 and 12 of RFC 8914 §4. */
export function failedValidation(answer: Answer): boolean {
  return answer.kind === 'failed' && answer.detail !== undefined && /\(EDE (?:6|7|8|9|10|12)\)/.test(answer.detail);
}

export interface DnssecQuestion {
  readonly domain: DnsName;
  readonly soa: Answer<'SOA'>;
  /** Milliseconds since 1970. */
  readonly seenAt: number;
  readonly dnssec: DnssecObservation | undefined;
  /** Whether a server of the zone, asked directly, answers. */
  readonly serversAnswer: boolean;
}

/** What DNSSEC does to the domain. Works on a bulk observation too, as far as the resolver says why it failed. */
export function checkDnssec({ domain, soa, seenAt, dnssec, serversAnswer }: DnssecQuestion): readonly Finding[] {
  const bogus = bogusBecause(soa, dnssec, seenAt, serversAnswer);
  if (bogus) {
    const name = dnssec?.zone ?? domain;
    return [
      found('dns.dnssec.bogus', {
        subject: { name, type: 'DNSKEY' },
        args: { name, reason: bogus.reason },
        evidence: bogus.evidence,
      }),
    ];
  }
  return dnssec === undefined ? [] : checkSigned(dnssec, seenAt);
}

interface Bogus {
  readonly reason: string;
  readonly evidence: readonly Evidence[];
}

function bogusBecause(
  soa: Answer<'SOA'>,
  seen: DnssecObservation | undefined,
  seenAt: number,
  serversAnswer: boolean,
): Bogus | undefined {
  if (failedValidation(soa)) return { reason: 'the resolver says that validation fails', evidence: [evidenceOf(soa)] };
  if (seen === undefined || seen.ds.kind !== 'found') return undefined;
  const { ds, dnskey, rrsig } = seen;
  const parentSays = evidenceOf(ds);
  if (soa.kind === 'failed' && soa.reason === 'servfail' && serversAnswer) {
    const reason = 'the name servers answer, and a validating resolver refuses what they say';
    return { reason, evidence: [evidenceOf(soa), parentSays] };
  }
  if (dnskey.kind === 'nodata' || dnskey.kind === 'nxdomain') {
    return {
      reason: 'the parent has a DS record and the zone has no DNSKEY',
      evidence: [parentSays, evidenceOf(dnskey)],
    };
  }
  const keys = dataOf(dnskey);
  if (keys.length > 0 && !ds.set.data.some((one) => keys.some((key) => isFor(one, key)))) {
    return {
      reason: 'no DS record at the parent belongs to a DNSKEY of the zone',
      evidence: [parentSays, evidenceOf(dnskey)],
    };
  }
  const ends = latestEnds(rrsig);
  const lapsed = ends.find(({ covers, end }) => (covers === 'SOA' || covers === 'DNSKEY') && end * 1000 < seenAt);
  if (lapsed) {
    const reason = `the signature over ${lapsed.covers} ended on ${timeOf(lapsed.end * 1000)}`;
    return { reason, evidence: [endEvidence(lapsed)] };
  }
  return undefined;
}

function checkSigned({ zone, ds, dnskey, rrsig }: DnssecObservation, seenAt: number): readonly Finding[] {
  const subject = { name: zone, type: 'DNSKEY' };
  const keys = dataOf(dnskey);
  const anchors = dataOf(ds);
  const findings: Finding[] = [];
  const noDs = ds.kind === 'nodata' || ds.kind === 'nxdomain';
  if (noDs && dnskey.kind === 'nodata') return [found('dns.dnssec.unsigned', { subject, args: { zone } })];
  if (noDs && keys.length > 0) findings.push(found('dns.dnssec.no_ds', { subject, args: { zone } }));

  const weak = new Set<string>();
  for (const { algorithm } of [...keys, ...anchors])
    if (weakAlgorithms.has(algorithm)) weak.add(`algorithm ${algorithm}`);
  for (const one of anchors) {
    const hasStronger = anchors.some((other) => other.keyTag === one.keyTag && other.digestType !== sha1);
    if (one.digestType === sha1 && !hasStronger) weak.add('DS digest type 1 (SHA-1)');
  }
  if (weak.size > 0) {
    const evidence = [ds, dnskey].filter(({ kind }) => kind === 'found').map((answer) => evidenceOf(answer));
    findings.push(
      found('dns.dnssec.weak_algorithm', { subject, args: { zone, weak: [...weak].join(', ') }, evidence }),
    );
  }

  const soon = latestEnds(rrsig).find(({ end, begin }) => {
    const remaining = end - seenAt / 1000;
    // Servers that sign as they answer use signatures of a day or two, and renew them all the time.
    return remaining > 0 && remaining < repairSeconds && remaining < (end - begin) / 4;
  });
  if (soon) {
    const args = { zone, covers: soon.covers, end: timeOf(soon.end * 1000) };
    findings.push(found('dns.dnssec.rrsig_expiring', { subject, args, evidence: [endEvidence(soon)] }));
  }
  return findings;
}

interface SignatureEnd {
  readonly covers: string;
  /** Seconds since 1970. */
  readonly begin: number;
  readonly end: number;
}

/** The end of the signature that lives longest, for each type. */
function latestEnds(rrsig: Answer<'RRSIG'>): readonly SignatureEnd[] {
  const latest = new Map<string, SignatureEnd>();
  for (const { typeCovered: covers, expiration: end, inception: begin } of dataOf(rrsig) as readonly Rrsig[]) {
    if (end > (latest.get(covers)?.end ?? -Infinity)) latest.set(covers, { covers, begin, end });
  }
  return [...latest.values()];
}

function endEvidence({ covers, end }: SignatureEnd): Evidence {
  return { kind: 'fact', label: `signature over ${covers} ends`, value: timeOf(end * 1000) };
}

function isFor(ds: Ds, key: Dnskey): boolean {
  return ds.algorithm === key.algorithm && ds.keyTag === keyTagOf(key);
}

/** RFC 4034 appendix B. */
export function keyTagOf({ flags, protocol, algorithm, publicKey }: Dnskey): number {
  const key = Buffer.from(publicKey, 'base64');
  const octets = Buffer.concat([Buffer.from([flags >> 8, flags & 255, protocol, algorithm]), key]);
  let sum = 0;
  for (const [i, octet] of octets.entries()) sum += i % 2 === 0 ? octet << 8 : octet;
  return (sum + (sum >> 16)) & 0xffff;
}
