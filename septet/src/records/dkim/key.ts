/**
 * What the octets in a `p=` tag are. RFC 6376 §3.6.1 names RSAPublicKey (PKCS#1, RFC 8017 A.1.1); practice and its
 * errata use SubjectPublicKeyInfo (RFC 5280 §4.1); RFC 8463 §4 puts the 32 raw octets of an Ed25519 key there.
 * People also paste certificates, halves of keys and, now and then, the private key.
 *
 * Everything is measured with a walk over the DER, without a call into OpenSSL.
 */
import { Buffer } from 'node:buffer';
import { contentIs, type DerElement, derTag, readDer } from './der.ts';

export type KeyMaterial =
  | {
      readonly kind: 'rsa';
      readonly form: 'spki' | 'pkcs1';
      /** Length of the modulus in bits, leading zeros not counted. */
      readonly bits: number;
      /** Lower-case hexadecimal without leading zeros. */
      readonly modulus: string;
      readonly exponent: string;
      /** Octets after the end of the key. */
      readonly trailingOctets: number;
    }
  | { readonly kind: 'ed25519'; readonly form: 'raw' | 'spki'; readonly publicKey: string }
  | { readonly kind: 'certificate' }
  /** Never carries the octets. */
  | { readonly kind: 'private'; readonly format: 'PKCS#1' | 'PKCS#8' | 'SEC1' }
  /** The outermost length promises more octets than there are. */
  | { readonly kind: 'truncated'; readonly declaredOctets: number; readonly presentOctets: number }
  /** A well-formed SubjectPublicKeyInfo of another algorithm. */
  | { readonly kind: 'foreign'; readonly algorithm: string }
  | { readonly kind: 'unreadable'; readonly octets: number };

export const ed25519KeyOctets = 32; // RFC 8032 §5.1.5

const oidRsa = '2a864886f70d010101'; // 1.2.840.113549.1.1.1
const oidEd25519 = '2b6570'; // 1.3.101.112
const foreignOids: ReadonlyMap<string, string> = new Map([
  ['2a8648ce3d0201', 'ECDSA'],
  ['2a864886f70d01010a', 'RSASSA-PSS'],
  ['2b656e', 'X25519'],
  ['2b6571', 'Ed448'],
  ['2a8648ce380401', 'DSA'],
]);

/** Recognises the octets of a `p=` tag. Never throws; linear in their number. */
export function readKey(bytes: Uint8Array): KeyMaterial {
  const present = bytes.length;
  if (present === ed25519KeyOctets) return { kind: 'ed25519', form: 'raw', publicKey: hexOf(bytes, 0, present) };
  const outer = readDer(bytes, 0, present);
  if (!outer || outer.tag !== derTag.sequence) return { kind: 'unreadable', octets: present };
  const first = readDer(bytes, outer.contentAt, present);
  if (first?.tag === derTag.integer && first.length === 1) {
    const format = privateFormat(bytes, first);
    if (format) return { kind: 'private', format };
  }
  const limit = Math.min(outer.end, present);
  if (first?.tag === derTag.sequence && first.whole) {
    const inside = readDer(bytes, first.contentAt, first.end);
    const second = readDer(bytes, first.end, present);
    if (inside?.tag === derTag.oid && second?.tag === derTag.octetString) return { kind: 'private', format: 'PKCS#8' };
    if (inside?.tag === derTag.context0 || (inside?.tag === derTag.integer && second?.tag === derTag.sequence)) {
      return { kind: 'certificate' };
    }
  } else if (first?.tag === derTag.sequence) {
    const inside = readDer(bytes, first.contentAt, present);
    if (inside?.tag === derTag.context0) return { kind: 'certificate' };
  }
  if (!outer.whole) {
    return { kind: 'truncated', declaredOctets: outer.end, presentOctets: present };
  }
  const trailingOctets = present - outer.end;
  if (first?.tag === derTag.integer) return rsaKey(bytes, outer.contentAt, limit, 'pkcs1', trailingOctets, present);
  if (first?.tag !== derTag.sequence || !first.whole) return { kind: 'unreadable', octets: present };
  const oid = readDer(bytes, first.contentAt, first.end);
  const bits = readDer(bytes, first.end, limit);
  if (oid?.tag !== derTag.oid || !oid.whole || bits?.tag !== derTag.bitString || !bits.whole) {
    return { kind: 'unreadable', octets: present };
  }
  const keyAt = bits.contentAt + 1; // after the count of unused bits
  if (contentIs(bytes, oid, oidRsa)) {
    const inner = readDer(bytes, keyAt, bits.end);
    if (inner?.tag !== derTag.sequence || !inner.whole) return { kind: 'unreadable', octets: present };
    return rsaKey(bytes, inner.contentAt, inner.end, 'spki', trailingOctets, present);
  }
  if (contentIs(bytes, oid, oidEd25519) && bits.length === ed25519KeyOctets + 1) {
    return { kind: 'ed25519', form: 'spki', publicKey: hexOf(bytes, keyAt, bits.end) };
  }
  const name = foreignOids.get(hexOf(bytes, oid.contentAt, oid.end));
  return {
    kind: 'foreign',
    algorithm: name ?? `OID ${hexOf(bytes, oid.contentAt, Math.min(oid.end, oid.contentAt + 16))}`,
  };
}

/**
 * The `p=` value as it should be published: SubjectPublicKeyInfo for RSA, the raw octets for Ed25519, base64 without
 * blanks. `undefined` where the octets hold no usable public key.
 */
export function publishable(key: KeyMaterial): string | undefined {
  if (key.kind === 'ed25519') return Buffer.from(key.publicKey, 'hex').toString('base64');
  if (key.kind !== 'rsa') return undefined;
  const pkcs1 = derOf(
    derTag.sequence,
    Buffer.concat([integerOf(key.modulus), integerOf(evenHex(BigInt(key.exponent)))]),
  );
  const algorithm = Buffer.from(`300d0609${oidRsa}0500`, 'hex');
  const spki = derOf(
    derTag.sequence,
    Buffer.concat([algorithm, derOf(derTag.bitString, Buffer.concat([zero, pkcs1]))]),
  );
  return spki.toString('base64');
}

const zero = Buffer.from([0]);

function evenHex(value: bigint): string {
  return value.toString(16);
}

function integerOf(hex: string): Buffer {
  const octets = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  return derOf(derTag.integer, (octets[0] ?? 0) >= 0x80 ? Buffer.concat([zero, octets]) : octets);
}

function derOf(tag: number, content: Buffer): Buffer {
  const length: number[] = [];
  if (content.length < 0x80) length.push(content.length);
  else {
    for (let rest = content.length; rest > 0; rest = Math.floor(rest / 256)) length.unshift(rest % 256);
    length.unshift(0x80 + length.length);
  }
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

function rsaKey(
  bytes: Uint8Array,
  at: number,
  limit: number,
  form: 'spki' | 'pkcs1',
  trailingOctets: number,
  present: number,
): KeyMaterial {
  const n = readDer(bytes, at, limit);
  const e = n?.whole ? readDer(bytes, n.end, limit) : undefined;
  if (n?.tag !== derTag.integer || e?.tag !== derTag.integer || !e.whole || e.end !== limit) {
    return { kind: 'unreadable', octets: present };
  }
  let from = n.contentAt;
  while (from < n.end && bytes[from] === 0) from++;
  const top = bytes[from];
  if (top === undefined || from === n.end || e.length === 0) return { kind: 'unreadable', octets: present };
  const hex = hexOf(bytes, from, n.end);
  return {
    kind: 'rsa',
    form,
    bits: (n.end - from) * 8 - (Math.clz32(top) - 24),
    modulus: hex.startsWith('0') ? hex.slice(1) : hex,
    exponent: exponentText(bytes, e),
    trailingOctets,
  };
}

function exponentText(bytes: Uint8Array, e: DerElement): string {
  if (e.length <= 6) {
    let value = 0;
    for (let i = e.contentAt; i < e.end; i++) value = value * 256 + (bytes[i] ?? 0);
    return String(value);
  }
  return BigInt(`0x${hexOf(bytes, e.contentAt, e.end)}`).toString();
}

/** A private key begins with its version: 0 (two primes, PKCS#8 v1) or 1 (SEC1, PKCS#8 v2, RSA with more primes). */
function privateFormat(bytes: Uint8Array, version: DerElement): 'PKCS#1' | 'PKCS#8' | 'SEC1' | undefined {
  if ((bytes[version.contentAt] ?? 0xff) > 1) return undefined;
  const second = readDer(bytes, version.end, bytes.length);
  if (second?.tag === derTag.sequence) return 'PKCS#8';
  if (second?.tag === derTag.octetString) return 'SEC1';
  return second?.tag === derTag.integer ? 'PKCS#1' : undefined;
}

function hexOf(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('hex');
}
