/**
 * Key pairs of one's own: made, read from PEM, and turned into the record that publishes their public half.
 * RSA as RFC 8301 §3.2 allows it (1024 to 4096 bits; 2048 is what signers should use), Ed25519 as RFC 8463 has it.
 *
 * The private half is a `KeyObject` throughout; no message of this file holds octets of it.
 */
import { Buffer } from 'node:buffer';
import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { under, type DnsName } from '../../dns/name.ts';
import { publishable, readKey } from './key.ts';
import { format, read } from './record.ts';
import { weaknessOf } from './weak-keys.ts';

export type KeyType = 'rsa2048' | 'rsa3072' | 'rsa4096' | 'ed25519';

export const keyTypes: readonly KeyType[] = ['rsa2048', 'rsa3072', 'rsa4096', 'ed25519'];

/** What signers should use (RFC 8301 §3.2), and what all receivers read. */
export const usualKeyType: KeyType = 'rsa2048';

/** What is known of a key from its public half. */
export interface KeyFacts {
  readonly type: 'rsa' | 'ed25519';
  /** Of the modulus; 256 for Ed25519. */
  readonly bits: number;
}

/** Says that a key is revoked (RFC 6376 §3.6.1: an empty `p`). */
export const revokedRecord = 'v=DKIM1; p=';

const makePair = promisify(generateKeyPair);

/** Makes a key pair and answers its private half. RSA takes from a tenth of a second to several seconds. */
export async function makeKey(type: KeyType): Promise<KeyObject> {
  if (type === 'ed25519') return (await makePair('ed25519')).privateKey;
  const pair = await makePair('rsa', { modulusLength: Number(type.slice(3)), publicExponent: 0x1_00_01 });
  return pair.privateKey;
}

/** PKCS#8 in PEM: what OpenDKIM, Exim and OpenSSL read; Rspamd takes it for RSA. */
export const pemOf = (key: KeyObject): string => key.export({ format: 'pem', type: 'pkcs8' }).toString();

/** The record that publishes the public half of `key`, private or public: `v=DKIM1; k=rsa; p=…`. */
export function recordOf(key: KeyObject): string {
  const material = materialOf(key);
  const publicKey = publishable(material);
  if (publicKey === undefined || (material.kind !== 'rsa' && material.kind !== 'ed25519')) {
    throw new TypeError(`a key of the kind ${material.kind} cannot be published`);
  }
  return format({ versioned: true, keyType: material.kind, publicKey, flags: [], other: [] });
}

/** Throws on keys that DKIM does not know: `readPrivateKey` lets none through. */
export function factsOf(key: KeyObject): KeyFacts {
  const material = materialOf(key);
  if (material.kind === 'rsa') return { type: 'rsa', bits: material.bits };
  if (material.kind === 'ed25519') return { type: 'ed25519', bits: 256 };
  throw new TypeError(`DKIM knows no keys of the kind ${material.kind}`);
}

/** Whether the record holds the public half of `key`, in whatever spelling. */
export function fitsRecord(key: KeyObject, record: string): boolean {
  const published = read(record)?.value.publicKey;
  if (published === undefined || published === '') return false;
  const there = publishable(readKey(Buffer.from(published, 'base64')));
  return there !== undefined && there === publishable(materialOf(key));
}

function materialOf(key: KeyObject) {
  const half = key.type === 'private' ? createPublicKey(key) : key;
  return readKey(half.export({ format: 'der', type: 'spki' }));
}

export type PrivateKeyReading =
  | {
      readonly kind: 'good';
      readonly key: KeyObject;
      readonly facts: KeyFacts;
      /** Sentences. */
      readonly warnings: readonly string[];
    }
  /** `why` goes on after the name of the file: `is encrypted. …`. It never holds a part of the text. */
  | { readonly kind: 'bad'; readonly why: string };

/** A PEM file of 16384 bits has 13 kB (house). */
export const maxPemOctets = 64 * 1024;

const bad = (why: string): PrivateKeyReading => ({ kind: 'bad', why });

/** Reads a private key in PEM: PKCS#8, or PKCS#1 for RSA. Never throws. */
export function readPrivateKey(text: string): PrivateKeyReading {
  if (text.length > maxPemOctets) return bad(`has more than ${maxPemOctets / 1024} kB and is no key.`);
  const labels = [...text.matchAll(/-----BEGIN ([A-Z0-9 ]{1,40})-----/g)].map((match) => match[1] ?? '');
  const [label] = labels;
  if (label === undefined) {
    return text.includes('DKIM1')
      ? bad('is a key record: the public half. The private half is in a file that begins with -----BEGIN.')
      : bad('holds no PEM: a private key begins with -----BEGIN PRIVATE KEY----- or -----BEGIN RSA PRIVATE KEY-----.');
  }
  if (labels.length > 1) return bad(`holds ${labels.length} PEM blocks. Give a file with one private key alone.`);
  if (label.includes('ENCRYPTED') || /^Proc-Type: 4,ENCRYPTED/m.test(text)) {
    return bad(
      'is encrypted with a passphrase, and signers cannot ask for one. Write a plain copy with: openssl pkey -in FILE -out PLAIN',
    );
  }
  if (label === 'CERTIFICATE') return bad('is a certificate. Give the private key.');
  if (label.includes('PUBLIC KEY')) return bad('is the public half of a key. Give the private half.');
  if (label === 'OPENSSH PRIVATE KEY') return bad('is a key of OpenSSH. DKIM keys stand in PKCS#8 or PKCS#1 PEM.');
  let key: KeyObject;
  try {
    key = createPrivateKey(text);
  } catch {
    return bad('cannot be read: the PEM is damaged or cut off. Copy it again, whole.');
  }
  return judged(key);
}

function judged(key: KeyObject): PrivateKeyReading {
  const material = materialOf(key);
  const warnings: string[] = [];
  if (material.kind === 'ed25519') return { kind: 'good', key, facts: factsOf(key), warnings };
  if (material.kind !== 'rsa') {
    const name = material.kind === 'foreign' ? material.algorithm : 'unknown';
    return bad(`is a key of the kind ${name}. DKIM knows RSA and Ed25519 (RFC 8463).`);
  }
  const { bits, modulus, exponent } = material;
  if (bits < 1024) {
    return bad(`has ${bits} bits, and receivers must not accept fewer than 1024 (RFC 8301 §3.2). Make a new key.`);
  }
  const weakness = weaknessOf(modulus);
  if (weakness !== undefined) {
    return bad(`protects nothing: others can work out its secret (${weakness}). Make a new key.`);
  }
  if (bits < 2048) warnings.push(`The key has ${bits} bits; signers should use 2048 (RFC 8301 §3.2).`);
  if (bits > 4096)
    warnings.push(`The key has ${bits} bits, and receivers need not handle more than 4096 (RFC 8301 §3.2).`);
  if (exponent !== '65537') warnings.push(`The public exponent is ${exponent}, not 65537; some receivers refuse it.`);
  return { kind: 'good', key, facts: factsOf(key), warnings };
}

/**
 * A selector as it stands in names: small letters; several labels may be joined by dots (RFC 6376 §3.1). `undefined`
 * where no key name can be made of it below the domain.
 */
export function parseSelector(text: string, domain: DnsName): string | undefined {
  const selector = text
    .trim()
    .toLowerCase()
    .replace(/\._domainkey(\..*)?$/, '');
  const plain = /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/.test(selector);
  return plain && under(`${selector}._domainkey`, domain) !== undefined ? selector : undefined;
}

/** `<selector>._domainkey.<domain>`; the selector has been through `parseSelector`. */
export function keyName(selector: string, domain: DnsName): DnsName {
  const name = under(`${selector}._domainkey`, domain);
  if (name === undefined) throw new TypeError(`no name can be made of the selector ${selector}`);
  return name;
}
