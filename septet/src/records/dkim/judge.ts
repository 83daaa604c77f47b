/**
 * One TXT text at a selector, judged: what it is, which key it holds, every fault with its place, and the text that
 * would be right. Private keys do not leave this file: `text` has them masked.
 */
import { Buffer } from 'node:buffer';
import type { Severity } from '../../finding/finding.ts';
import type { Span } from '../../text/parsed.ts';
import { ed25519KeyOctets, type KeyMaterial, publishable, readKey } from './key.ts';
import { type DkimKeyRecord, format, isBlankPiece, read, type RecordCode } from './record.ts';
import { sampleEd25519, type Weakness, weaknessOf } from './weak-keys.ts';

export type JudgedCode =
  | RecordCode
  | 'dkim.p.truncated'
  | 'dkim.p.private_key'
  | 'dkim.p.pkcs1'
  | 'dkim.p.certificate'
  | 'dkim.key.too_short'
  | 'dkim.key.1024'
  | 'dkim.key.over_4096'
  | 'dkim.key.exponent'
  | 'dkim.key.known_weak'
  | 'dkim.k.mismatch'
  | 'dkim.ed25519.length';

export interface Fault extends Span {
  readonly code: JudgedCode;
  readonly args?: Readonly<Record<string, string | number>>;
  /** Where the row may take several. */
  readonly severity?: Exclude<Severity, 'ok'>;
}

export interface Judged {
  /** `other`: no key record. `bad`: meant to be one, and no verifier can use it. */
  readonly kind: 'other' | 'bad' | 'good';
  /** The record's text, a private key in it masked. */
  readonly text: string;
  readonly value?: DkimKeyRecord;
  /** Absent for a revoked key and where `p` holds nothing. */
  readonly key?: KeyMaterial;
  readonly faults: readonly Fault[];
  /** The record as it should read with the same key; absent when it already does, or the key cannot be used. */
  readonly mended?: string;
}

/** RFC 8301 §3.2: signers use at least 1024 bits and should use 2048; verifiers handle 1024 to 4096. */
export const minRsaBits = 1024;
export const goodRsaBits = 2048;
export const maxRsaBits = 4096;
/** From here the answer no longer fits into one UDP datagram beside a few other records. */
const largeRsaBits = 3072; // house

let last: { readonly text: string; readonly judged: Judged } | undefined;

/**
 * Judges one text. Pure, linear in its length but for the bounded tests of the modulus; never throws. The last verdict
 * is remembered, because one report asks for that of the same text several times.
 */
export function judge(text: string): Judged {
  if (last?.text !== text) last = { text, judged: judged(text) };
  return last.judged;
}

function judged(text: string): Judged {
  const reading = read(text);
  if (!reading) return { kind: 'other', text, faults: [] };
  const { value } = reading;
  if (/-----BEGIN [A-Z ]*PRIVATE KEY/.test(text)) return leaked(text, value, 'PEM');
  const faults: Fault[] = reading.problems.map((problem) =>
    isBlankPiece(problem) ? { ...problem, severity: 'warning' } : problem,
  );
  if (value.publicKey === '') {
    const mended = reading.bad ? withSemicolons(text) : undefined;
    return { kind: reading.bad ? 'bad' : 'good', text, value, faults, ...(mended === undefined ? {} : { mended }) };
  }

  const bytes = Buffer.from(value.publicKey, 'base64');
  const key = readKey(bytes);
  if (key.kind === 'private') return leaked(text, value, key.format);
  const where = placeOfKey(text);
  const use = keyFaults(key, value, bytes.length, where, faults);
  const mended = use === 'lost' ? undefined : mend(value, key);
  return {
    kind: reading.bad || use !== 'usable' ? 'bad' : 'good',
    text,
    value,
    key,
    faults,
    ...(mended === undefined || (faults.length === 0 && mended === text) ? {} : { mended }),
  };
}

/** The record where blanks or commas stand in place of semicolons; `undefined` when that does not make it a good one. */
function withSemicolons(text: string): string | undefined {
  const parted = text.replaceAll(/(?<=[^\s;,])[\s,]+(?=[vkhstnp]\s*=)/g, '; ');
  if (parted === text) return undefined;
  const again = judge(parted);
  return again.kind === 'good' && again.key ? (again.mended ?? parted) : undefined;
}

function leaked(text: string, value: DkimKeyRecord, form: string): Judged {
  const mask = '(private key, not shown)';
  const armour = text.indexOf('-----BEGIN');
  const { offset, length } = armour >= 0 ? { offset: armour, length: text.length - armour } : placeOfKey(text);
  const masked = `${text.slice(0, offset)}${mask}${text.slice(offset + length)}`;
  const fault: Fault = { code: 'dkim.p.private_key', offset, length: mask.length, args: { form } };
  return {
    kind: 'bad',
    text: masked,
    value: { ...value, publicKey: '' },
    key: { kind: 'private', format: 'PKCS#8' },
    faults: [fault],
  };
}

/** Whether verifiers can use the key in its record, could in another record, or not at all. */
type Use = 'usable' | 'misplaced' | 'lost';

/** Adds the faults of the key itself. */
function keyFaults(key: KeyMaterial, value: DkimKeyRecord, octets: number, where: Span, faults: Fault[]): Use {
  const add = (code: JudgedCode, args?: Fault['args'], severity?: Fault['severity']): void => {
    faults.push({ code, ...where, ...(args ? { args } : {}), ...(severity ? { severity } : {}) });
  };
  const typeFault = faults.some((fault) => fault.code === 'dkim.k.unknown');
  if (key.kind === 'certificate') {
    add('dkim.p.certificate');
    return 'lost';
  }
  if (key.kind === 'truncated' && value.keyType === 'rsa') {
    add('dkim.p.truncated', { declared: key.declaredOctets, present: key.presentOctets });
    return 'lost';
  }
  if (value.keyType === 'ed25519' && !typeFault) {
    if (key.kind === 'rsa' || key.kind === 'foreign') {
      add('dkim.k.mismatch', { declared: 'ed25519', found: nameOf(key) });
      return key.kind === 'foreign' ? 'lost' : 'misplaced';
    }
    if (key.kind !== 'ed25519' || key.form !== 'raw') {
      add('dkim.ed25519.length', { octets, expected: ed25519KeyOctets });
      return key.kind === 'ed25519' ? 'misplaced' : 'lost';
    }
    if (key.publicKey === sampleEd25519) {
      add('dkim.key.known_weak', { weakness: weaknessText('sample-key') });
      return 'lost';
    }
    return 'usable';
  }
  if (key.kind === 'ed25519' || key.kind === 'foreign') {
    if (!typeFault) add('dkim.k.mismatch', { declared: value.keyType, found: nameOf(key) });
    return key.kind === 'foreign' ? 'lost' : 'misplaced';
  }
  if (key.kind !== 'rsa') {
    if (!faults.some((fault) => fault.code === 'dkim.p.not_base64')) {
      add('dkim.p.not_base64', { detail: `its ${octets} octets are not a public key` });
    }
    return 'lost';
  }
  return rsaFaults(key, value, add);
}

function rsaFaults(
  key: Extract<KeyMaterial, { kind: 'rsa' }>,
  value: DkimKeyRecord,
  add: (code: JudgedCode, args?: Fault['args'], severity?: Fault['severity']) => void,
): Use {
  if (key.trailingOctets > 0) {
    add('dkim.p.not_base64', { detail: `${key.trailingOctets} octets follow the end of the key` }, 'warning');
  } else if (value.publicKey.length % 4 !== 0) {
    add('dkim.p.not_base64', { detail: 'its padding is incomplete, which strict decoders refuse' }, 'warning');
  }
  if (key.form === 'pkcs1') add('dkim.p.pkcs1');
  if (key.bits < minRsaBits) add('dkim.key.too_short', { bits: key.bits });
  else if (key.bits < goodRsaBits) add('dkim.key.1024', { bits: key.bits });
  else if (key.bits > maxRsaBits) add('dkim.key.over_4096', { bits: key.bits });
  else if (key.bits >= largeRsaBits) add('dkim.key.over_4096', { bits: key.bits }, 'info');
  if (key.exponent !== '65537') {
    const broken = key.exponent.length === 1 || /[02468]$/.test(key.exponent);
    add('dkim.key.exponent', { exponent: short(key.exponent) }, broken ? 'error' : 'warning');
  }
  const weakness = weaknessOf(key.modulus);
  if (weakness) add('dkim.key.known_weak', { weakness: weaknessText(weakness) });
  return key.bits < minRsaBits || weakness ? 'lost' : 'usable';
}

/** The same key in a record without faults. */
function mend(value: DkimKeyRecord, key: KeyMaterial): string | undefined {
  const publicKey = publishable(key);
  if (publicKey === undefined) return undefined;
  const { hashes, services, flags, granularity: _, ...rest } = value;
  const forMail = !services || services.includes('*') || services.includes('email') || services.includes('tlsrpt');
  return format({
    ...rest,
    versioned: true,
    keyType: key.kind === 'ed25519' ? 'ed25519' : 'rsa',
    publicKey,
    ...(hashes?.includes('sha256') ? { hashes } : {}),
    ...(services && forMail ? { services } : {}),
    flags: flags.filter((flag) => flag !== 'y' && flag !== ''),
  });
}

function nameOf(key: KeyMaterial): string {
  if (key.kind === 'rsa') return 'RSA';
  if (key.kind === 'ed25519') return 'Ed25519';
  return key.kind === 'foreign' ? key.algorithm : 'unknown';
}

function weaknessText(weakness: Weakness): string {
  switch (weakness) {
    case 'roca':
      return 'it comes from a generator whose keys can be factored (ROCA, CVE-2017-15361)';
    case 'close-primes':
      return 'its two primes are so near each other that the key can be factored at once';
    case 'small-factor':
      return 'it has a small factor, so it is damaged or easily factored';
    case 'sample-key':
      return 'its private half is printed in the standard that it was copied from';
  }
}

const short = (text: string): string => (text.length > 40 ? `${text.slice(0, 39)}…` : text);

/** Where the value of `p` stands, without surrounding blanks. */
function placeOfKey(text: string): Span {
  const found = /(?:^|;)\s*p\s*=\s*/.exec(text);
  if (!found) return { offset: 0, length: text.length };
  const offset = found.index + found[0].length;
  const semicolon = text.indexOf(';', offset);
  return { offset, length: (semicolon < 0 ? text.length : semicolon) - offset };
}
