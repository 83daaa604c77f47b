/**
 * Makes and reads tracking addresses. The token behind `/c/` and `/o/` is
 *
 *     base64url of: version and kind (1) · key id (1) · message · campaign · reader (8) · link and target of a click
 *     base64url of: HMAC-SHA256 over the address up to here, scheme and host included; its first 22 characters
 *
 * which are 132 bits (RFC 2104 §5 wants 128). The token behind `/u/` is base64url of the same head, a nonce (12) and the
 * recipient in AES-256-GCM with its tag (16); scheme, host, path and head are its associated data. The nonce is made of
 * all that is encrypted and authenticated, so that none is used for two texts.
 */
import { Buffer } from 'node:buffer';
import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto';
import { maxNameOctets, type DnsName } from '../dns/name.ts';
import { addressMac } from './address-mac.ts';
import { idsOctets, octetReader, targetOctets, varintOctets } from './token-fields.ts';
import type { TrackingKey, TrackingKeys } from './tracking-keys.ts';
import type { TokenReader, TokenReading, TokenWriter, TrackingAddress, TrackingIds } from './tracking-token.ts';

/** Of a path, `/c/` included. */
export const maxPathOctets = 8192; // house
/** Of a target in an address: what a path holds, less the rest of a token. */
export const maxTargetOctets = 5600; // house
/** Of a recipient: local part, `@` and domain (RFC 5321 §4.5.3.1). The address of the longest fits into a header line. */
export const maxRecipientOctets = 320;

const version = 1;
const tagOctets = 16;
const nonceOctets = 12;
const readerOctets = 8;
type Kind = TrackingAddress['kind'];
const letters: Readonly<Record<Kind, string>> = { click: 'c', open: 'o', unsubscribe: 'u' };
const kindNumbers: Readonly<Record<Kind, number>> = { click: 1, open: 2, unsubscribe: 3 };

const macCharacters = 22;
const maxAddressOctets = 'https://'.length + maxNameOctets + maxPathOctets;

/** What an address begins with; no host has a slash, so nothing can be moved over its end. */
const beginOf = (kind: Kind, host: DnsName): string => `https://${host}/${letters[kind]}/`;

/**
 * Makes addresses with the newest key. Throws `RangeError` on a message or campaign above 64 octets, a target above
 * `maxTargetOctets` or a recipient above `maxRecipientOctets`: whoever calls has measured them.
 */
export function tokenWriter(keys: TrackingKeys): TokenWriter {
  const key = keys.keys.at(-1);
  if (!key) throw new RangeError('There is no tracking key.');
  const headOf = (kind: Kind, ids: TrackingIds): Buffer =>
    Buffer.concat([Buffer.from([(version << 4) | kindNumbers[kind], key.id]), idsOctets(ids)]);
  const mac = addressMac(key.mac, maxAddressOctets);
  const signed = (address: string): string => address + mac(address).slice(0, macCharacters);

  // The links of one message follow each other with the same ids: their head is made once and stays in place.
  const work = Buffer.alloc(maxPathOctets);
  let begin = '';
  let headEnd = 0;
  let lastHost: DnsName | undefined;
  let lastIds: TrackingIds | undefined;

  return {
    click(host, ids, link, target) {
      if (ids !== lastIds || host !== lastHost) {
        headEnd = headOf('click', ids).copy(work);
        begin = beginOf('click', host);
        lastHost = host;
        lastIds = ids;
      }
      const at = varintOctets(work, headEnd, link);
      const end = target.length > maxTargetOctets ? Infinity : targetOctets(work, at, target);
      if (end > at + 1 + maxTargetOctets) throw new RangeError(`A target has more than ${maxTargetOctets} octets.`);
      return signed(begin + work.toString('base64url', 0, end));
    },
    open: (host, ids) => signed(beginOf('open', host) + headOf('open', ids).toString('base64url')),
    unsubscribe(host, ids, recipient) {
      const text = Buffer.from(recipient, 'utf8');
      if (text.length > maxRecipientOctets)
        throw new RangeError(`A recipient has more than ${maxRecipientOctets} octets.`);
      const address = beginOf('unsubscribe', host);
      const head = headOf('unsubscribe', ids);
      const known = Buffer.concat([Buffer.from(address, 'latin1'), head]);
      const nonce = createHmac('sha256', key.nonce).update(known).update(text).digest().subarray(0, nonceOctets);
      const cipher = createCipheriv('aes-256-gcm', key.cipher, nonce, { authTagLength: tagOctets });
      cipher.setAAD(known);
      const sealed = [cipher.update(text), cipher.final(), cipher.getAuthTag()];
      return address + Buffer.concat([head, nonce, ...sealed]).toString('base64url');
    },
    reader: (domain, recipient) =>
      createHmac('sha256', keys.readers)
        .update(`${domain}\0${recipient.trim().toLowerCase()}`)
        .digest('hex')
        .slice(0, 2 * readerOctets),
  };
}

/** Reads addresses made with any of the keys. Never throws; work is bounded by `maxPathOctets`. */
export function tokenReader(keys: TrackingKeys): TokenReader {
  const byId = new Map(keys.keys.map((key) => [key.id, { key, isSigned: signatureCheck(key) }]));
  return { read: (host, path) => readPath(byId, host, path) };
}

interface ReadingKey {
  readonly key: TrackingKey;
  /** Of an address with its signature at the end, all of it ASCII. */
  isSigned(address: string): boolean;
}

function signatureCheck(key: TrackingKey): ReadingKey['isSigned'] {
  const mac = addressMac(key.mac, maxAddressOctets);
  const [wanted, given] = [Buffer.alloc(macCharacters), Buffer.alloc(macCharacters)];
  return (address) => {
    const end = address.length - macCharacters;
    wanted.write(mac(address.slice(0, end)), 'latin1');
    given.write(address.slice(end), 'latin1');
    return timingSafeEqual(wanted, given);
  };
}

const bad = (why: Extract<TokenReading, { kind: 'bad' }>['why']): TokenReading => ({ kind: 'bad', why });
const kinds: ReadonlyMap<string, Kind> = new Map([
  ['c', 'click'],
  ['o', 'open'],
  ['u', 'unsubscribe'],
]);
/** Nothing else is decoded: the decoder passes over what it does not know, and takes `+` and `/` too. */
const tokenForm = /^[\w-]+$/;

function readPath(keys: ReadonlyMap<number, ReadingKey>, host: DnsName, path: string): TokenReading {
  if (path.length > maxPathOctets) return bad('too long');
  const kind = path[0] === '/' && path[2] === '/' ? kinds.get(path[1] ?? '') : undefined;
  if (kind === undefined) return bad('malformed');
  const end = kind === 'unsubscribe' ? path.length : path.length - macCharacters;
  if (end <= 3 || !tokenForm.test(path.slice(3))) return bad('malformed');
  const octets = Buffer.from(path.slice(3, end), 'base64url');
  if (octets[0] !== ((version << 4) | kindNumbers[kind])) return bad('malformed');
  const known = keys.get(octets[1] ?? 0);
  if (!known) return bad('unknown key');
  if (kind === 'unsubscribe') return readSealed(known.key, host, path, octets);
  return known.isSigned(`https://${host}${path}`) ? readSigned(kind, octets) : bad('altered');
}

/** Behind a signature that was right. */
function readSigned(kind: 'click' | 'open', octets: Buffer): TokenReading {
  const reader = octetReader(octets, 2, octets.length);
  const ids = reader.ids();
  if (ids === undefined) return bad('malformed');
  const { message, campaign, reader: pseudonym } = ids;
  if (kind === 'open')
    return reader.ended()
      ? { kind: 'good', address: { kind, message, campaign, reader: pseudonym } }
      : bad('malformed');
  const link = reader.varint();
  const target = link === undefined ? undefined : reader.target();
  if (link === undefined || target === undefined) return bad('malformed');
  return { kind: 'good', address: { kind, message, campaign, reader: pseudonym, link, target } };
}

function readSealed(key: TrackingKey, host: DnsName, path: string, octets: Buffer): TokenReading {
  // What decodes to the same octets but is written otherwise is turned away: an address has one form.
  if (octets.toString('base64url') !== path.slice(3)) return bad('malformed');
  const tagAt = octets.length - tagOctets;
  if (tagAt < 2) return bad('malformed');
  const reader = octetReader(octets, 2, tagAt);
  const ids = reader.ids();
  const headEnd = reader.at();
  const textAt = headEnd + nonceOctets;
  if (ids === undefined || textAt > tagAt) return bad('malformed');
  const nonce = octets.subarray(headEnd, textAt);
  const decipher = createDecipheriv('aes-256-gcm', key.cipher, nonce, { authTagLength: tagOctets });
  decipher.setAAD(Buffer.concat([Buffer.from(beginOf('unsubscribe', host), 'latin1'), octets.subarray(0, headEnd)]));
  decipher.setAuthTag(octets.subarray(tagAt));
  const first = decipher.update(octets.subarray(textAt, tagAt));
  try {
    const recipient = Buffer.concat([first, decipher.final()]).toString('utf8');
    return { kind: 'good', address: { kind: 'unsubscribe', ...ids, recipient } };
  } catch {
    return bad('altered');
  }
}
