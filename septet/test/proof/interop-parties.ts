/**
 * Three who sign and verify: Septet, Debian's python3-dkim (dkimpy) and npm's mailauth. The clock stands still; the keys
 * are new in every run, one of RSA with 2048 bits and one of Ed25519.
 */
import { Buffer } from 'node:buffer';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { dkimSign } from 'mailauth/lib/dkim/sign.js';
import { dkimVerify } from 'mailauth/lib/dkim/verify.js';
import { dnsName } from '../../src/dns/name.ts';
import { splitMessage } from '../../src/mail/parse-header.ts';
import type { DkimOutcome } from '../../src/proof/dkim/outcome.ts';
import { signMessage } from '../../src/proof/dkim/sign.ts';
import { verifyDkim } from '../../src/proof/dkim/verify.ts';
import { quoted } from '../dkim-keys.ts';
import type { PythonDkim, PythonKeys } from '../servers/python-dkim.ts';
import { zoneWorld } from '../zone-world.ts';

export const parties = ['septet', 'dkimpy', 'mailauth'] as const;
export type Party = (typeof parties)[number];

/** `refused`: no verdict, because the message or the field cannot be read. */
export type Verdict = 'pass' | 'fail' | 'refused';

export interface Form {
  readonly header: 'simple' | 'relaxed';
  readonly body: 'simple' | 'relaxed';
}

export const forms: readonly Form[] = [
  { header: 'relaxed', body: 'relaxed' },
  { header: 'relaxed', body: 'simple' },
  { header: 'simple', body: 'relaxed' },
  { header: 'simple', body: 'simple' },
];

/** One of the signatures on top of a message. */
export interface Signature extends Form {
  readonly signer: Party;
  readonly key: 'rsa' | 'ed25519';
  /** Names of `h=` in lower case. */
  readonly names: readonly string[];
}

export interface Signed {
  readonly octets: Buffer;
  /** From the top; the message may have more below. */
  readonly signatures: readonly Signature[];
  /** Who did not sign, and why. */
  readonly refusals: Readonly<Partial<Record<Party, string>>>;
}

const domain = 'author.example';
const now = Date.parse('2020-01-01T00:00:00Z');
const selectors = { rsa: 's1', ed25519: 'e1' } as const;

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ed25519 = generateKeyPairSync('ed25519');
const privateKeys = { rsa: rsa.privateKey, ed25519: ed25519.privateKey } as const;
const spki = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'spki' });
const pems = {
  rsa: rsa.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  ed25519: ed25519.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
} as const;

const records: Readonly<Record<string, string>> = {
  [`${selectors.rsa}._domainkey.${domain}`]: `v=DKIM1; k=rsa; p=${spki(rsa.publicKey).toString('base64')}`,
  // RFC 8463 §4.2: the 32 octets alone
  [`${selectors.ed25519}._domainkey.${domain}`]: `v=DKIM1; k=ed25519; p=${spki(ed25519.publicKey).subarray(-32).toString('base64')}`,
};

export const pythonKeys: PythonKeys = {
  now,
  records,
  rsaPem: rsa.privateKey.export({ format: 'pem', type: 'pkcs1' }).toString(),
  ed25519Seed: ed25519.privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32).toString('base64'),
};

const world = zoneWorld(
  Object.entries(records)
    .map(([name, text]) => `${name}. TXT ${quoted(text)}\n`)
    .join(''),
);

/** Our DKIM-Signature fields: every form, with both keys at once. Throws where `signingFault` has a sentence. */
export function signHere(octets: Uint8Array): string {
  const message = splitMessage(octets);
  const keys = [{ key: privateKeys.rsa }, { key: privateKeys.ed25519, selector: selectors.ed25519 }];
  return forms
    .map((form) => signMessage(message, { domain: dnsName(domain), selector: selectors.rsa, keys, now, form }))
    .join('');
}

/** The message with our eight signatures on top, then four of dkimpy and four of mailauth: every form, the keys in turn. */
export async function signedByAll(octets: Uint8Array, python: PythonDkim, turn: number): Promise<Signed> {
  const keyOf = (place: number): 'rsa' | 'ed25519' => ((place + turn) % 2 === 0 ? 'rsa' : 'ed25519');
  const wants = forms.map((form, place) => ({ ...form, key: keyOf(place) }));
  const otherWants = forms.map((form, place) => ({ ...form, key: keyOf(place + 1) }));
  const refusals: Partial<Record<Party, string>> = {};
  let top = '';
  const signatures: Signature[] = [];
  const add = (signer: Party, fields: string, made: readonly (Form & { readonly key: 'rsa' | 'ed25519' })[]): void => {
    top += fields;
    const lists = [...fields.matchAll(/[;\s]h=([^;]*);/g)].map(([, list = '']) => list.toLowerCase().split(/\s*:\s*/));
    for (const [index, { header, body, key }] of made.entries())
      signatures.push({ signer, header, body, key, names: lists[index] ?? [] });
  };
  try {
    add(
      'septet',
      signHere(octets),
      forms.flatMap((form) => [{ ...form, key: 'rsa' } as const, { ...form, key: 'ed25519' } as const]),
    );
  } catch (error) {
    refusals.septet = (error as Error).message;
  }
  const theirs = await python.sign(
    octets,
    wants.map(({ header, body, key }) => ({
      domain,
      selector: selectors[key],
      algorithm: `${key}-sha256` as const,
      header,
      body,
    })),
  );
  if (theirs.kind === 'signed') add('dkimpy', theirs.fields.join(''), wants);
  else refusals.dkimpy = theirs.reason;
  const others = await mailauthSignatures(octets, otherWants);
  if ('reason' in others) refusals.mailauth = others.reason;
  else add('mailauth', others.fields, otherWants);
  return { octets: Buffer.concat([Buffer.from(top, 'latin1'), octets]), signatures, refusals };
}

async function mailauthSignatures(
  octets: Uint8Array,
  wants: readonly (Form & { readonly key: 'rsa' | 'ed25519' })[],
): Promise<{ readonly fields: string } | { readonly reason: string }> {
  const signatureData = wants.map(({ header, body, key }) => ({
    signingDomain: domain,
    selector: selectors[key],
    privateKey: pems[key],
    canonicalization: `${header}/${body}`,
  }));
  const [first] = signatureData;
  if (!first) throw new TypeError('nothing to sign with');
  const done = await dkimSign(Buffer.from(octets), { ...first, signatureData, signTime: new Date(now), strict: true });
  const [error] = done.errors;
  return error ? { reason: error.err.message } : { fields: done.signatures };
}

/** What each says of the signatures on top, so many. */
export async function judgedByAll(
  octets: Buffer,
  count: number,
  python: PythonDkim,
): Promise<Readonly<Record<Party, readonly Verdict[]>>> {
  const [septet, dkimpy, mailauth] = await Promise.all([
    judgedHere(octets, count),
    python.verify(octets, count),
    judgedByMailauth(octets, count),
  ]);
  return {
    septet,
    dkimpy: dkimpy.map((verdict) => (verdict === 'pass' || verdict === 'fail' ? verdict : 'refused')),
    mailauth,
  };
}

export async function judgedHere(octets: Uint8Array, count: number): Promise<readonly Verdict[]> {
  const outcomes: readonly DkimOutcome[] = await verifyDkim(splitMessage(octets), world, now);
  return outcomes.slice(0, count).map(({ result }) => (result === 'pass' || result === 'fail' ? result : 'refused'));
}

async function judgedByMailauth(octets: Buffer, count: number): Promise<readonly Verdict[]> {
  const { results } = await dkimVerify(octets, { resolver: answerTxt, curTime: new Date(now), strict: true });
  return results
    .slice(0, count)
    .map(({ status: { result } }) => (result === 'pass' || result === 'fail' ? result : 'refused'));
}

function answerTxt(name: string, type: string): Promise<string[][]> {
  const text = type === 'TXT' ? records[name] : undefined;
  if (text !== undefined) return Promise.resolve([[text]]);
  return Promise.reject(Object.assign(new Error(`no ${type} at ${name}`), { code: 'ENOTFOUND' }));
}
