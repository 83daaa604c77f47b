/**
 * Keys for tests. `rsaKey` makes the public half of no real pair: a modulus of exactly so many bits that passes the
 * tests for weakness, the same one for the same arguments. That is enough for whatever reads records.
 */
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { publishable } from '../src/records/dkim/key.ts';
import { weaknessOf } from '../src/records/dkim/weak-keys.ts';

export function rsaModulus(bits: number, seed = 1): bigint {
  for (let round = 0; ; round++) {
    let hex = '';
    for (let block = 0; hex.length * 4 < bits; block++) {
      hex += createHash('sha256').update(`${seed} ${round} ${block}`).digest('hex');
    }
    const cut = BigInt(`0x${hex}`) >> BigInt(hex.length * 4 - bits);
    const n = cut | (1n << BigInt(bits - 1)) | 1n;
    if (weaknessOf(n.toString(16)) === undefined) return n;
  }
}

/** SubjectPublicKeyInfo in base64. */
export function rsaKey(bits: number, seed = 1, exponent = '65537'): string {
  return spki(rsaModulus(bits, seed), exponent);
}

export function spki(modulus: bigint, exponent = '65537'): string {
  const base64 = publishable({
    kind: 'rsa',
    form: 'spki',
    bits: 0,
    modulus: modulus.toString(16),
    exponent,
    trailingOctets: 0,
  });
  if (base64 === undefined) throw new Error('an RSA key can always be written');
  return base64;
}

export function ed25519Key(seed = 1): string {
  return createHash('sha256').update(`ed25519 ${seed}`).digest('base64');
}

/** The TXT data of a zone file: strings of at most 255 characters. */
export function quoted(text: string): string {
  return (text.match(/.{1,255}/g) ?? ['']).map((part) => `"${part.replaceAll(/(["\\])/g, '\\$1')}"`).join(' ');
}

export const rsa2048 = rsaKey(2048);
export const pkcs1Of = (base64: string): string => Buffer.from(base64, 'base64').subarray(24).toString('base64');

/** A self-signed certificate (Ed25519, CN=example) in base64, made with openssl. */
export const certificate =
  'MIIBODCB66ADAgECAhRYHJ+1u8G2bs8V01ZaR56/97eArzAFBgMrZXAwEjEQMA4GA1UEAwwHZXhhbXBsZTAeFw0yNjExMjMwNDUyNThaFw0yNjExMjQwNDUyNThaMBIxEDAOBgNVBAMMB2V4YW1wbGUwKjAFBgMrZXADIQCV4mtCFXSZvlPoAahRaR5ihrCuo/Hkxa2Gj+iT6ZszLqNTMFEwHQYDVR0OBBYEFMM9lGm6wRQxPv6DhCYIDoipmsauMB8GA1UdIwQYMBaAFMM9lGm6wRQxPv6DhCYIDoipmsauMA8GA1UdEwEB/wQFMAMBAf8wBQYDK2VwA0EAr6Unmg/ATB1pKRGCtNc4VHo4mNoOvvMA+JAOzhBmoGlNmfyklM2ES5FI7w1Mgtdu/1ZGJ+pjuRszXol9u7yFAw==';
