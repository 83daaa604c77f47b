/**
 * From a response to an `Answer` in one pass over its octets (RFC 1034 §4.3, RFC 2181 §5, RFC 2308). Only what the
 * question asks for is decoded: this runs for every packet of a bulk check.
 */
import { isAtOrBelow, type DnsName } from './name.ts';
import type { Answer, CnameHop, FailureReason, Rdata, RrSet, RrType } from './rrset.ts';
import { typeNumber } from './rr-type.ts';
import { readOpt } from './wire-decode.ts';
import { Garbage, Reader } from './wire-reader.ts';
import {
  classIn,
  describeExtendedError,
  headerOctets,
  nxnameType,
  rcodeName,
  rcodes,
  typeOpt,
  type Question,
} from './wire-types.ts';

/** RFC 1034 §3.6.2 wants no chains at all; resolvers give up between 8 and 16 hops. */
export const maxCnameHops = 16;

const typeCname = 5;
const typeNs = 2;
const typeSoa = 6;
const typeNsec = 47;

/** A failed answer to `question`. */
export function failedAnswer(
  question: Question,
  server: string,
  reason: FailureReason,
  detail: string,
  chain: readonly CnameHop[] = [],
  octets?: number,
): Answer & { readonly kind: 'failed' } {
  const { name, type } = question;
  return {
    kind: 'failed',
    name,
    type,
    server,
    chain,
    dnssec: 'unknown',
    reason,
    detail,
    ...(octets !== undefined && { octets }),
  };
}

/**
 * What the response says to the question it was matched with (`answersQuery`). A chain of CNAMEs is followed as far as
 * the message goes: when it ends without data and without a word about its target, the answer is `nodata` with a
 * `chain` and without a `zone`, and the target has to be asked for.
 */
export function readAnswer(octets: Buffer, question: Question, server: string): Answer {
  try {
    return read(octets, question, server);
  } catch (error) {
    if (error instanceof Garbage) return failedAnswer(question, server, 'malformed', error.message, [], octets.length);
    throw error;
  }
}

interface Owned {
  readonly owner: DnsName;
  readonly ttlSeconds: number;
  readonly data: Rdata<RrType>;
}

function read(octets: Buffer, question: Question, server: string): Answer {
  const { name, type } = question;
  const reader = new Reader(octets);
  reader.skip(2);
  const flags = reader.u16();
  const questionCount = reader.u16();
  const answerCount = reader.u16();
  const authorityCount = reader.u16();
  const additionalCount = reader.u16();
  for (let i = 0; i < questionCount; i++) {
    reader.skipName();
    reader.skip(4);
  }

  const wanted = typeNumber(type);
  let hops: CnameHop[] | undefined;
  const found: Owned[] = [];
  for (let i = 0; i < answerCount; i++) {
    const owner = pointsAtQuestion(reader) ? name : reader.name();
    const number = reader.u16();
    const recordClass = reader.u16();
    const ttlSeconds = reader.ttl();
    const length = reader.u16();
    if (recordClass !== classIn) reader.skip(length);
    else if (number === wanted) found.push({ owner, ttlSeconds, data: reader.rdata(type, length) });
    else if (number === typeCname) {
      (hops ??= []).push({ owner, target: reader.rdata('CNAME', length) as DnsName, ttlSeconds });
    } else reader.skip(length);
  }

  const authoritative = (flags & 0x0400) !== 0;
  // Only a server that offers recursion can have validated.
  const dnssec = (flags & 0x0080) === 0 ? 'unknown' : (flags & 0x0020) !== 0 ? 'secure' : 'insecure';
  const chain: CnameHop[] = [];
  let last = name;
  if (hops !== undefined) {
    const loop = follow(hops, found, chain, name);
    if (loop !== undefined) return failedAnswer(question, server, 'malformed', loop, chain, octets.length);
    last = chain.at(-1)?.target ?? name;
  }
  const base = { name, type, server, chain, dnssec, octets: octets.length, authoritative } as const;

  const lowRcode = flags & 15;
  if (lowRcode === rcodes.noError && found.length > 0) {
    const set = setOf(found, last, type);
    if (set !== undefined) return { kind: 'found', ...base, set };
  }

  const rest = readRest(reader, authorityCount, additionalCount, last);
  const rcode = lowRcode | (rest.upperRcode << 4);
  const { zone, negativeTtlSeconds } = rest;
  if (rcode === rcodes.nxDomain) {
    return { kind: 'nxdomain', ...base, negativeTtlSeconds, ...(zone !== undefined && { zone }) };
  }
  if (rcode !== rcodes.noError) {
    const detail = rest.detail === undefined ? rcodeName(rcode) : `${rcodeName(rcode)}, ${rest.detail}`;
    return failedAnswer(question, server, reasonOf(rcode), detail, chain, octets.length);
  }
  if (zone === undefined && rest.delegation !== undefined && !authoritative && chain.length === 0) {
    const below = rest.delegation === '' ? 'the root' : rest.delegation;
    const detail = `instead of an answer, a referral to the servers of ${below}: this server does not resolve`;
    return failedAnswer(question, server, 'refused', detail, chain, octets.length);
  }
  return {
    kind: 'nodata',
    ...base,
    negativeTtlSeconds,
    ...(zone !== undefined && { zone }),
    ...(rest.nxname && { nxname: true }),
  };
}

/** Moves past the owner when it is a compression pointer to the question, as nearly all are. */
function pointsAtQuestion(reader: Reader): boolean {
  const { octets, at } = reader;
  if (octets[at] !== 0xc0 || octets[at + 1] !== headerOctets) return false;
  reader.skip(2);
  return true;
}

/** Puts the hops from `name` on into `chain`; answers what is wrong with them. */
function follow(
  hops: readonly CnameHop[],
  found: readonly Owned[],
  chain: CnameHop[],
  name: DnsName,
): string | undefined {
  const seen = new Set([name]);
  let at = name;
  for (;;) {
    const here = at;
    if (found.some((record) => record.owner === here)) return undefined;
    const hop = hops.find((candidate) => candidate.owner === here);
    if (hop === undefined) return undefined;
    chain.push(hop);
    if (seen.has(hop.target)) return 'CNAME loop';
    if (chain.length > maxCnameHops) return `more than ${maxCnameHops} CNAMEs in a row`;
    seen.add(hop.target);
    at = hop.target;
  }
}

function setOf(found: readonly Owned[], name: DnsName, type: RrType): RrSet | undefined {
  const data: Rdata<RrType>[] = [];
  let smallest = -1;
  let differ = false;
  for (const record of found) {
    if (record.owner !== name) continue;
    data.push(record.data);
    if (smallest >= 0 && record.ttlSeconds !== smallest) differ = true;
    if (smallest < 0 || record.ttlSeconds < smallest) smallest = record.ttlSeconds;
  }
  if (data.length === 0) return undefined;
  if (!differ) return { name, type, ttlSeconds: smallest, data };
  const ttlsSeconds = found.filter((record) => record.owner === name).map((record) => record.ttlSeconds);
  return { name, type, ttlSeconds: smallest, data, ttlsSeconds };
}

interface Rest {
  readonly zone: DnsName | undefined;
  readonly negativeTtlSeconds: number;
  /** The owner of NS records in the authority section. */
  readonly delegation: DnsName | undefined;
  readonly nxname: boolean;
  readonly upperRcode: number;
  readonly detail: string | undefined;
}

function readRest(reader: Reader, authorityCount: number, additionalCount: number, last: DnsName): Rest {
  let zone: DnsName | undefined;
  let negativeTtlSeconds = 0;
  let delegation: DnsName | undefined;
  let nxname = false;
  let upperRcode = 0;
  let detail: string | undefined;
  for (let i = authorityCount + additionalCount; i > 0; i--) {
    const inAuthority = i > additionalCount;
    const owner = reader.name();
    const number = reader.u16();
    if (number === typeOpt && !inAuthority) {
      const opt = readOpt(reader);
      upperRcode = opt.upperRcode;
      if (opt.edns.errors.length > 0) detail = opt.edns.errors.map(describeExtendedError).join('; ');
      continue;
    }
    reader.skip(2);
    const ttlSeconds = reader.ttl();
    const length = reader.u16();
    if (inAuthority && number === typeSoa && isAtOrBelow(last, owner)) {
      const soa = reader.rdata('SOA', length) as Rdata<'SOA'>;
      zone = owner;
      negativeTtlSeconds = Math.min(ttlSeconds, soa.minimum);
    } else if (inAuthority && number === typeNsec && owner === last) {
      const nsec = reader.rdata('NSEC', length) as Rdata<'NSEC'>;
      nxname ||= nsec.types.includes(nxnameType);
    } else {
      if (inAuthority && number === typeNs) delegation = owner;
      reader.skip(length);
    }
  }
  return { zone, negativeTtlSeconds, delegation, nxname, upperRcode, detail };
}

function reasonOf(rcode: number): FailureReason {
  if (rcode === rcodes.formatError || rcode === rcodes.badVersion) return 'malformed';
  if (rcode === rcodes.refused || rcode === rcodes.notImplemented || rcode === 9) return 'refused';
  return 'servfail';
}
