/**
 * Record data as text and back (RFC 1035 §5.1, RFC 3597 §5).
 *
 * `parseRdata` reads the fields of one record as they stand in a zone file, escapes untouched; `formatRdata` writes
 * text that reads back to an equal value. Names are written absolute.
 */
import { formatAddress, parseIpv4, parseIpv6 } from './address.ts';
import { absolute, type DnsName } from './name.ts';
import {
  bad,
  badEscape,
  base64Fields,
  extra,
  Fault,
  hexFields,
  nameField,
  nameInFile,
  numberField,
  secondsField,
  show,
  timeField,
  tooMany,
  unescapeField,
  type Field,
  type RdataFault,
} from './rdata-fields.ts';
import { hasTextForm, opaqueFromText } from './rdata-opaque.ts';
import { isKnownType, typeFromText, typeNumber } from './rr-type.ts';
import type {
  Caa,
  Dnskey,
  Ds,
  KnownType,
  Mx,
  Nsec,
  Opaque,
  Rdata,
  Rrsig,
  RrType,
  Soa,
  Srv,
  Tlsa,
  Txt,
} from './rrset.ts';
import { Garbage, Reader } from './wire-reader.ts';

/** RFC 1035 §3.3: one length octet. */
const maxStringOctets = 255;

export type RdataResult<T extends RrType = RrType> =
  | { readonly ok: true; readonly data: Rdata<T> }
  | { readonly ok: false; readonly fault: RdataFault };

function parseTxt(fields: readonly Field[]): Txt | Fault {
  if (fields.length === 0) return bad(0, 'the text is missing. Write it in double quotes; "" is the empty text.');
  const strings: string[] = [];
  for (let i = 0; i < fields.length; i++) {
    const text = unescapeField((fields[i] as Field).text);
    if (text === undefined) return bad(i, badEscape);
    if (text.length > maxStringOctets) {
      return bad(
        i,
        `this string is ${text.length} octets long, and one string holds at most 255 (RFC 1035 §3.3). Split it into ${Math.ceil(text.length / maxStringOctets)} strings in quotes, one after the other: "first part" "second part". Readers join them with nothing between.`,
        'dns.txt.chunk_over_255',
      );
    }
    strings.push(text);
  }
  return { strings };
}

function parseKnown(type: KnownType, fields: readonly Field[], origin: DnsName | undefined): Rdata<KnownType> | Fault {
  switch (type) {
    case 'A': {
      const text = fields[0]?.text ?? '';
      if (fields.length > 1) return tooMany(fields, 1);
      if (text === '') return bad(0, 'the IPv4 address is missing.');
      return parseIpv4(text)
        ? text
        : bad(0, `${show(text)} is not an IPv4 address: write four numbers from 0 to 255 with dots.`);
    }
    case 'AAAA': {
      const text = fields[0]?.text ?? '';
      if (fields.length > 1) return tooMany(fields, 1);
      if (text === '') return bad(0, 'the IPv6 address is missing.');
      const address = parseIpv6(text);
      return address ? formatAddress(address) : bad(0, `${show(text)} is not an IPv6 address, such as 2001:db8::25.`);
    }
    case 'CNAME':
    case 'DNAME':
    case 'NS':
    case 'PTR':
      return extra(fields, 1) ?? nameField(fields, 0, origin, 'the target name');
    case 'MX': {
      const preference = numberField(fields, 0, 65535, 'the preference');
      if (preference instanceof Fault) return preference;
      const exchange = nameField(fields, 1, origin, 'the mail host after the preference');
      if (exchange instanceof Fault) return exchange;
      return extra(fields, 2) ?? ({ preference, exchange } satisfies Mx);
    }
    case 'TXT':
    case 'SPF':
      return parseTxt(fields);
    case 'SOA':
      return extra(fields, 7) ?? parseSoa(fields, origin);
    case 'SRV': {
      const priority = numberField(fields, 0, 65535, 'the priority');
      if (priority instanceof Fault) return priority;
      const weight = numberField(fields, 1, 65535, 'the weight');
      if (weight instanceof Fault) return weight;
      const port = numberField(fields, 2, 65535, 'the port');
      if (port instanceof Fault) return port;
      const target = nameField(fields, 3, origin, 'the target name');
      if (target instanceof Fault) return target;
      return extra(fields, 4) ?? ({ priority, weight, port, target } satisfies Srv);
    }
    case 'CAA':
      return extra(fields, 3) ?? parseCaa(fields);
    case 'TLSA': {
      const usage = numberField(fields, 0, 255, 'the usage');
      if (usage instanceof Fault) return usage;
      const selector = numberField(fields, 1, 255, 'the selector');
      if (selector instanceof Fault) return selector;
      const matchingType = numberField(fields, 2, 255, 'the matching type');
      if (matchingType instanceof Fault) return matchingType;
      const data = hexFields(fields, 3, 'the certificate data');
      return data instanceof Fault ? data : ({ usage, selector, matchingType, data } satisfies Tlsa);
    }
    case 'DS': {
      const keyTag = numberField(fields, 0, 65535, 'the key tag');
      if (keyTag instanceof Fault) return keyTag;
      const algorithm = numberField(fields, 1, 255, 'the algorithm');
      if (algorithm instanceof Fault) return algorithm;
      const digestType = numberField(fields, 2, 255, 'the digest type');
      if (digestType instanceof Fault) return digestType;
      const digest = hexFields(fields, 3, 'the digest');
      return digest instanceof Fault ? digest : ({ keyTag, algorithm, digestType, digest } satisfies Ds);
    }
    case 'DNSKEY': {
      const flags = numberField(fields, 0, 65535, 'the flags');
      if (flags instanceof Fault) return flags;
      const protocol = numberField(fields, 1, 255, 'the protocol');
      if (protocol instanceof Fault) return protocol;
      const algorithm = numberField(fields, 2, 255, 'the algorithm');
      if (algorithm instanceof Fault) return algorithm;
      const publicKey = base64Fields(fields, 3, 'the public key');
      return publicKey instanceof Fault ? publicKey : ({ flags, protocol, algorithm, publicKey } satisfies Dnskey);
    }
    case 'RRSIG':
      return parseRrsig(fields, origin);
    case 'NSEC': {
      const next = nameField(fields, 0, origin, 'the next name');
      if (next instanceof Fault) return next;
      const types: RrType[] = [];
      for (let i = 1; i < fields.length; i++) {
        const type = typeFromText((fields[i] as Field).text);
        if (type === undefined) return bad(i, `${show((fields[i] as Field).text)} is not a record type.`);
        types.push(type);
      }
      return { next, types } satisfies Nsec;
    }
  }
}

function parseSoa(fields: readonly Field[], origin: DnsName | undefined): Soa | Fault {
  const mname = nameField(fields, 0, origin, 'the primary name server');
  if (mname instanceof Fault) return mname;
  const rname = nameField(fields, 1, origin, 'the mailbox of the administrator');
  if (rname instanceof Fault) return rname;
  const serial = numberField(fields, 2, 0xffffffff, 'the serial');
  if (serial instanceof Fault) return serial;
  const refresh = secondsField(fields, 3, 'the refresh time');
  if (refresh instanceof Fault) return refresh;
  const retry = secondsField(fields, 4, 'the retry time');
  if (retry instanceof Fault) return retry;
  const expire = secondsField(fields, 5, 'the expire time');
  if (expire instanceof Fault) return expire;
  const minimum = secondsField(fields, 6, 'the negative TTL');
  if (minimum instanceof Fault) return minimum;
  return { mname, rname, serial, refresh, retry, expire, minimum };
}

function parseCaa(fields: readonly Field[]): Caa | Fault {
  const flags = numberField(fields, 0, 255, 'the flags');
  if (flags instanceof Fault) return flags;
  const tag = fields[1]?.text ?? '';
  if (!/^[a-zA-Z0-9]{1,255}$/.test(tag))
    return bad(1, 'the tag must be letters and digits, such as issue (RFC 8659 §4.1).');
  const valueField = fields[2];
  if (!valueField) return bad(2, 'the value is missing. Write it in double quotes.');
  const value = unescapeField(valueField.text);
  return value === undefined ? bad(2, badEscape) : { flags, tag, value };
}

function parseRrsig(fields: readonly Field[], origin: DnsName | undefined): Rrsig | Fault {
  const typeCovered = typeFromText(fields[0]?.text ?? '');
  if (typeCovered === undefined) return bad(0, 'the covered type is not a record type.');
  const algorithm = numberField(fields, 1, 255, 'the algorithm');
  if (algorithm instanceof Fault) return algorithm;
  const labels = numberField(fields, 2, 255, 'the label count');
  if (labels instanceof Fault) return labels;
  const originalTtl = secondsField(fields, 3, 'the original TTL');
  if (originalTtl instanceof Fault) return originalTtl;
  const expiration = timeField(fields, 4, 'the expiration');
  if (expiration instanceof Fault) return expiration;
  const inception = timeField(fields, 5, 'the inception');
  if (inception instanceof Fault) return inception;
  const keyTag = numberField(fields, 6, 65535, 'the key tag');
  if (keyTag instanceof Fault) return keyTag;
  const signer = nameField(fields, 7, origin, "the signer's name");
  if (signer instanceof Fault) return signer;
  const signature = base64Fields(fields, 8, 'the signature');
  if (signature instanceof Fault) return signature;
  return { typeCovered, algorithm, labels, originalTtl, expiration, inception, keyTag, signer, signature };
}

/** Reads the data of one record. Relative names stand below `origin`. */
export function parseRdata<T extends RrType>(
  type: T,
  fields: readonly Field[],
  origin: DnsName | undefined,
): RdataResult<T> {
  const first = fields[0];
  if (first !== undefined && first.text === '\\#' && !first.quoted) return parseGeneric(type, fields);
  if (isKnownType(type)) {
    const data = parseKnown(type, fields, origin);
    return data instanceof Fault ? { ok: false, fault: data.fault } : { ok: true, data: data as Rdata<T> };
  }
  const number = typeNumber(type);
  if (!hasTextForm(number)) {
    const message = `the data of ${type} is only read as \\# LENGTH HEX (RFC 3597 §5).`;
    return { ok: false, fault: { field: 0, message, code: 'zone.type-not-read' } };
  }
  const hex = opaqueFromText(number, fields, {
    nameOf: (text) => {
      const read = nameInFile(text, origin);
      return read.ok ? read.name : undefined;
    },
    octetsOf: unescapeField,
  });
  if (typeof hex === 'string') return { ok: true, data: { hex } satisfies Opaque as Rdata<T> };
  const text = fields[hex]?.text;
  const message = text === undefined ? 'a field is missing at the end.' : `${show(text)} does not fit here.`;
  return { ok: false, fault: { field: hex, message } };
}

/** `\# 4 c0000201` (RFC 3597 §5). */
function parseGeneric<T extends RrType>(type: T, fields: readonly Field[]): RdataResult<T> {
  const length = numberField(fields, 1, 65535, 'the length after \\#');
  if (length instanceof Fault) return { ok: false, fault: length.fault };
  const hex = length === 0 && fields.length === 2 ? '' : hexFields(fields, 2, 'the data after the length');
  if (hex instanceof Fault) return { ok: false, fault: hex.fault };
  if (hex.length !== length * 2) {
    return {
      ok: false,
      fault: {
        field: 1,
        message: `the length says ${length} octets, but ${hex.length / 2} follow. Make the two agree.`,
      },
    };
  }
  if (!isKnownType(type)) return { ok: true, data: { hex } satisfies Opaque as Rdata<T> };
  try {
    return { ok: true, data: new Reader(Buffer.from(hex, 'hex')).rdata(type, length) as Rdata<T> };
  } catch (error) {
    if (!(error instanceof Garbage)) throw error;
    return { ok: false, fault: { field: 2, message: `these octets are not ${type} data: ${error.message}.` } };
  }
}

/** The data as it stands in a zone file, on one line, names absolute. */
export function formatRdata<T extends RrType>(type: T, data: Rdata<T>): string {
  if (!isKnownType(type)) return formatOpaque((data as Opaque).hex);
  const known = { type, data } as { [K in KnownType]: { type: K; data: Rdata<K> } }[KnownType];
  switch (known.type) {
    case 'A':
    case 'AAAA':
      return known.data;
    case 'CNAME':
    case 'DNAME':
    case 'NS':
    case 'PTR':
      return zoneName(known.data);
    case 'MX':
      return `${known.data.preference} ${zoneName(known.data.exchange)}`;
    case 'TXT':
    case 'SPF':
      return formatTxtForZone(known.data);
    case 'SOA': {
      const d = known.data;
      return `${zoneName(d.mname)} ${zoneName(d.rname)} ${d.serial} ${d.refresh} ${d.retry} ${d.expire} ${d.minimum}`;
    }
    case 'SRV':
      return `${known.data.priority} ${known.data.weight} ${known.data.port} ${zoneName(known.data.target)}`;
    case 'CAA':
      return `${known.data.flags} ${known.data.tag} ${quoted(known.data.value)}`;
    case 'TLSA':
      return `${known.data.usage} ${known.data.selector} ${known.data.matchingType} ${known.data.data}`;
    case 'DS':
      return `${known.data.keyTag} ${known.data.algorithm} ${known.data.digestType} ${known.data.digest}`;
    case 'DNSKEY':
      return `${known.data.flags} ${known.data.protocol} ${known.data.algorithm} ${known.data.publicKey}`;
    case 'RRSIG': {
      const d = known.data;
      return `${d.typeCovered} ${d.algorithm} ${d.labels} ${d.originalTtl} ${d.expiration} ${d.inception} ${d.keyTag} ${zoneName(d.signer)} ${d.signature}`;
    }
    case 'NSEC':
      return [zoneName(known.data.next), ...known.data.types].join(' ');
  }
}

const formatOpaque = (hex: string): string => `\\# ${hex.length / 2}${hex === '' ? '' : ` ${hex}`}`;

/** A name as zone text: absolute, with the characters that zone syntax uses for itself escaped. */
export function zoneName(name: DnsName): string {
  const text = absolute(name);
  return /["();@$]/.test(text) ? escapeSpecial(text) : text;
}

function escapeSpecial(text: string): string {
  return text.replaceAll(/\\.|["();@$]/g, (piece) => (piece.length === 1 ? `\\${piece}` : piece));
}

/** TXT data in quotes, strings over 255 octets split, everything but printable ASCII as `\DDD`. */
export function formatTxtForZone(txt: Txt): string {
  const parts: string[] = [];
  for (const string of txt.strings) {
    if (string.length <= maxStringOctets) parts.push(quoted(string));
    else {
      for (let i = 0; i < string.length; i += maxStringOctets) parts.push(quoted(string.slice(i, i + maxStringOctets)));
    }
  }
  return parts.length === 0 ? '""' : parts.join(' ');
}

function quoted(text: string): string {
  // oxlint-disable-next-line no-control-regex
  if (!/[^\x20-\x7e]|["\\]/.test(text)) return `"${text}"`;
  let out = '"';
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 34 || code === 92) out += `\\${text.charAt(i)}`;
    else if (code < 32 || code > 126) out += `\\${String(code & 0xff).padStart(3, '0')}`;
    else out += text.charAt(i);
  }
  return `${out}"`;
}
