/**
 * A signature field, read (RFC 6376 §3.5): DKIM-Signature, and the two of ARC that are written in the same way,
 * ARC-Message-Signature (RFC 8617 §4.1.2) and ARC-Seal (§4.1.3).
 *
 *     DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=s1;
 *      h=from:to:subject:date; bh=…; b=…
 *
 * §6.1.1: format and values are held to strictly; what does not fit makes the field worthless, and says so.
 */
import { Buffer } from 'node:buffer';
import { isAtOrBelow, parseDomain, under, type DnsName } from '../../dns/name.ts';
import { bodyOf, type Field } from '../../mail/header.ts';
import { duplicateTags, scanTagList } from '../../text/tag-list.ts';
import type { CanonicalForm } from './canonical.ts';
import type { Canonicalization, DkimFault } from './outcome.ts';

export type SignatureKind = 'dkim-signature' | 'arc-message-signature' | 'arc-seal';

export interface SignatureAlgorithm {
  readonly keyType: 'rsa' | 'ed25519';
  readonly hash: 'sha256' | 'sha1';
}

/** What can be read of the tags. A value that is at fault is absent. */
export interface SignatureTags {
  /** `a=` as written. */
  readonly a?: string;
  readonly algorithm?: SignatureAlgorithm;
  /** `c=`; simple/simple where the tag is absent. */
  readonly c?: Canonicalization;
  readonly d?: DnsName;
  /** Lower case. */
  readonly s?: string;
  /** `h=` as written, in order; empty where absent. */
  readonly h: readonly string[];
  /** `b=` without blanks, base64. */
  readonly b?: string;
  readonly signature?: Buffer;
  /** `bh=` without blanks, base64. */
  readonly bh?: string;
  readonly l?: number;
  /** Seconds since 1970. */
  readonly t?: number;
  readonly x?: number;
  /** `i=` of a DKIM-Signature as written, decoded (§2.11); `@<d>` where absent. */
  readonly identity?: string;
  /** The domain of `i=`. */
  readonly identityDomain?: DnsName;
  /** `i=` of an ARC field, from 1. */
  readonly instance?: number;
  /** `cv=` of an ARC-Seal. */
  readonly cv?: 'none' | 'pass' | 'fail';
  /** `z=`: header fields as they were when they were signed. */
  readonly z?: readonly CopiedField[];
}

export interface CopiedField {
  readonly name: string;
  /** Decoded; folds as they were. */
  readonly value: string;
}

/** The required tags are there and can be read. An ARC-Seal, which knows neither, has relaxed/relaxed for `c` and an empty `bh`. */
export interface GoodTags extends SignatureTags {
  readonly a: string;
  readonly algorithm: SignatureAlgorithm;
  readonly c: Canonicalization;
  readonly d: DnsName;
  readonly s: string;
  readonly b: string;
  readonly signature: Buffer;
  readonly bh: string;
}

export interface SignatureProblem {
  readonly fault: DkimFault;
  /** One sentence for a person. */
  readonly text: string;
}

export type SignatureReading =
  | { readonly kind: 'good'; readonly of: SignatureKind; readonly tags: GoodTags }
  | {
      readonly kind: 'bad';
      readonly of: SignatureKind;
      readonly tags: SignatureTags;
      /** The first decides. */
      readonly problems: readonly [SignatureProblem, ...SignatureProblem[]];
    };

/** A longer field is not read: 500 names in `h=` and a signature of 8192 bits have less (house). */
export const maxSignatureOctets = 64 * 1024;

const required: Readonly<Record<SignatureKind, readonly string[]>> = {
  'dkim-signature': ['v', 'a', 'b', 'bh', 'd', 'h', 's'], // RFC 6376 §3.5
  'arc-message-signature': ['i', 'a', 'b', 'bh', 'd', 'h', 's'], // RFC 8617 §4.1.2
  'arc-seal': ['i', 'a', 'b', 'd', 's', 'cv'], // RFC 8617 §4.1.3
};

/** Reads a field by its name: what is neither of the ARC fields is read as DKIM-Signature. Never throws. */
export function readSignature(field: Field): SignatureReading {
  const of: SignatureKind =
    field.key === 'arc-message-signature' || field.key === 'arc-seal' ? field.key : 'dkim-signature';
  const problems: SignatureProblem[] = [];
  const wrong = (fault: DkimFault, text: string): undefined => {
    problems.push({ fault, text });
    return undefined;
  };
  if (field.raw.length > maxSignatureOctets) {
    wrong('syntax', `The field has ${field.raw.length} octets; ${maxSignatureOctets} are read.`);
    return { kind: 'bad', of, tags: { h: [] }, problems: problems as [SignatureProblem] };
  }
  const list = scanTagList(bodyOf(field));
  const values = new Map<string, string>();
  for (const tag of list.tags) {
    if (!/^[A-Za-z]\w*$/.test(tag.name)) wrong('syntax', `\`${shown(tag.name)}\` is no name of a tag (RFC 6376 §3.2).`);
    else if (!values.has(tag.name)) values.set(tag.name, tag.value);
  }
  for (const piece of list.broken)
    wrong('syntax', `\`${shown(piece.text)}\` is no tag: a tag is a name, = and a value (RFC 6376 §3.2).`);
  if (list.blank.length > 0) wrong('syntax', 'Nothing stands between two of its semicolons (RFC 6376 §3.2).');
  for (const { again } of duplicateTags(list))
    wrong('syntax', `The tag ${shown(again.name)}= stands twice, which spoils the field (RFC 6376 §3.2).`);
  const version = values.get('v');
  if (of === 'dkim-signature' && version !== undefined && version !== '1')
    wrong('version', `v=${shown(version)} is not v=1, the only version there is (RFC 6376 §3.5).`);
  for (const name of required[of])
    if (!values.has(name)) wrong('tag_missing', `The tag ${name}= is missing (RFC 6376 §6.1.1).`);

  const tags = readTags(of, values, wrong);
  const [first, ...more] = problems;
  if (first) return { kind: 'bad', of, tags, problems: [first, ...more] };
  return { kind: 'good', of, tags: tags as GoodTags };
}

type Wrong = (fault: DkimFault, text: string) => undefined;

function readTags(of: SignatureKind, values: ReadonlyMap<string, string>, wrong: Wrong): SignatureTags {
  const seal = of === 'arc-seal';
  const a = values.get('a');
  const algorithm = a === undefined ? undefined : readAlgorithm(a, wrong);
  const c = seal ? relaxedBoth : readForm(values.get('c'), wrong);
  const d = readDomain(values.get('d'), wrong);
  const s = readSelector(values.get('s'), d, wrong);
  const h = readNames(seal ? undefined : values.get('h'), wrong);
  const b = readBase64('b', values.get('b'), wrong);
  const bh = seal ? '' : readBase64('bh', values.get('bh'), wrong);
  const l = seal ? undefined : readNumber('l', 76, values.get('l'), wrong);
  const t = readNumber('t', 12, values.get('t'), wrong);
  const x = seal ? undefined : readNumber('x', 12, values.get('x'), wrong);
  if (x !== undefined && t !== undefined && x <= t)
    wrong('timestamps', `It expires (x=${x}) no later than it is made (t=${t}) (RFC 6376 §3.5).`);
  if (of === 'dkim-signature') readQuery(values.get('q'), wrong);
  if (of !== 'arc-seal' && h.length > 0) judgeNames(of, h, wrong);
  const identity = of === 'dkim-signature' ? readIdentity(values.get('i'), d, wrong) : undefined;
  const instance = of === 'dkim-signature' ? undefined : readInstance(values.get('i'), wrong);
  const cv = seal ? readChain(values.get('cv'), wrong) : undefined;
  const z = of === 'dkim-signature' ? readCopies(values.get('z')) : undefined;
  return {
    h,
    ...(a === undefined ? {} : { a }),
    ...(algorithm ? { algorithm } : {}),
    ...(c ? { c } : {}),
    ...(d === undefined ? {} : { d }),
    ...(s === undefined ? {} : { s }),
    ...(b === undefined ? {} : { b, signature: Buffer.from(b, 'base64') }),
    ...(bh === undefined ? {} : { bh }),
    ...(l === undefined ? {} : { l }),
    ...(t === undefined ? {} : { t }),
    ...(x === undefined ? {} : { x }),
    ...identity,
    ...(instance === undefined ? {} : { instance }),
    ...(cv ? { cv } : {}),
    ...(z ? { z } : {}),
  };
}

const simpleBoth: Canonicalization = { header: 'simple', body: 'simple' };
const relaxedBoth: Canonicalization = { header: 'relaxed', body: 'relaxed' };

const algorithms: ReadonlyMap<string, SignatureAlgorithm> = new Map([
  ['rsa-sha256', { keyType: 'rsa', hash: 'sha256' }],
  ['ed25519-sha256', { keyType: 'ed25519', hash: 'sha256' }], // RFC 8463 §3
  ['rsa-sha1', { keyType: 'rsa', hash: 'sha1' }],
]);

/** Words of the grammar may be of either case (RFC 5234 §2.3). */
function readAlgorithm(a: string, wrong: Wrong): SignatureAlgorithm | undefined {
  const known = algorithms.get(a.toLowerCase());
  if (!known)
    return wrong('algorithm_unknown', `a=${shown(a)} is no algorithm of DKIM: rsa-sha256 and ed25519-sha256 are.`);
  if (known.hash === 'sha1') {
    const text = 'It is made with rsa-sha1, which receivers must not accept (RFC 8301 §3.1). Sign with rsa-sha256.';
    wrong('sha1', text);
  }
  return known;
}

function readForm(c: string | undefined, wrong: Wrong): Canonicalization | undefined {
  if (c === undefined) return simpleBoth;
  const match = /^(simple|relaxed)(?:\/(simple|relaxed))?$/i.exec(c);
  if (!match)
    return wrong(
      'canonicalization_unknown',
      `c=${shown(c)} is none of simple and relaxed, or two of them with / between.`,
    );
  const form = (word: string | undefined): CanonicalForm => (word?.toLowerCase() === 'relaxed' ? 'relaxed' : 'simple');
  return { header: form(match[1]), body: form(match[2]) };
}

/** Two labels at least (RFC 6376 §3.5: domain-name); U-labels may stand as UTF-8 (RFC 8616 §5). */
function readDomain(d: string | undefined, wrong: Wrong): DnsName | undefined {
  if (d === undefined) return undefined;
  const parsed = parseDomain(asUtf8(d));
  if (!parsed.ok || !parsed.name.includes('.') || d.endsWith('.'))
    return wrong('syntax', `d=${shown(d)} is no domain name (RFC 6376 §3.5).`);
  return parsed.name;
}

function readSelector(s: string | undefined, d: DnsName | undefined, wrong: Wrong): string | undefined {
  if (s === undefined) return undefined;
  const parsed = parseDomain(asUtf8(s));
  const exists = parsed.ok && (d === undefined || under(`${parsed.name}._domainkey`, d) !== undefined);
  if (!exists || s.endsWith('.')) return wrong('syntax', `s=${shown(s)} is no selector (RFC 6376 §3.1).`);
  return parsed.name;
}

/** The grammar wants a name on both sides of each colon; receivers pass over an empty one, which means no field. */
function readNames(h: string | undefined, wrong: Wrong): readonly string[] {
  if (h === undefined) return [];
  const names = h
    .split(':')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (names.length === 0) wrong('syntax', 'h= names no field (RFC 6376 §3.5).');
  const bad = names.find((name) => !/^[!-9<-~]+$/.test(name));
  if (bad !== undefined) wrong('syntax', `h= names \`${shown(bad)}\`, which is no name of a field (RFC 6376 §3.5).`);
  return names;
}

function judgeNames(of: SignatureKind, names: readonly string[], wrong: Wrong): void {
  const has = (key: string): boolean => names.some((name) => name.length === key.length && name.toLowerCase() === key);
  if (of === 'dkim-signature' && !has('from'))
    wrong('from_unsigned', 'h= does not name From, the field that must be signed (RFC 6376 §5.4).');
  // RFC 8617 §4.1.2: the seal covers these, so the message signature must not.
  if (of === 'arc-message-signature' && has('arc-seal'))
    wrong('syntax', 'h= names ARC-Seal, which an ARC-Message-Signature must not sign (RFC 8617 §4.1.2).');
}

/** `base64string` of RFC 6376 §2.10: blanks and folds anywhere between its characters. */
function readBase64(name: string, value: string | undefined, wrong: Wrong): string | undefined {
  if (value === undefined) return undefined;
  const text = /\s/.test(value) ? value.replaceAll(/[ \t\r\n]+/g, '') : value;
  if (/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return text;
  return wrong('syntax', text === '' ? `${name}= is empty.` : `${name}= is not base64.`);
}

function readNumber(name: string, digits: number, value: string | undefined, wrong: Wrong): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value) && value.length <= digits) return Number(value);
  return wrong('syntax', `${name}=${shown(value)} is no number of up to ${digits} digits (RFC 6376 §3.5).`);
}

/** Methods that are not known are passed over; `dns/txt` is the only one there is (RFC 6376 §3.5). */
function readQuery(q: string | undefined, wrong: Wrong): void {
  if (q === undefined || q.split(':').some((method) => method.trim().toLowerCase() === 'dns/txt')) return;
  wrong('query_unknown', `q=${shown(q)} names no way to the key that is known: dns/txt is the only one.`);
}

function readIdentity(
  i: string | undefined,
  d: DnsName | undefined,
  wrong: Wrong,
): Pick<SignatureTags, 'identity' | 'identityDomain'> {
  if (i === undefined) return d === undefined ? {} : { identity: `@${d}`, identityDomain: d };
  const text = decodeQuoted(i);
  const at = text.lastIndexOf('@');
  const parsed = at < 0 ? undefined : parseDomain(asUtf8(text.slice(at + 1)));
  if (!parsed?.ok) {
    wrong('syntax', `i=${shown(i)} has no domain behind an @ (RFC 6376 §3.5).`);
    return { identity: text };
  }
  if (d !== undefined && !isAtOrBelow(parsed.name, d))
    wrong('i_outside_d', `i=${shown(i)} is not within d=${d} (RFC 6376 §6.1.1).`);
  return { identity: text, identityDomain: parsed.name };
}

/** RFC 8617 §4.2.1: 1 to 50. */
function readInstance(i: string | undefined, wrong: Wrong): number | undefined {
  if (i === undefined) return undefined;
  const instance = /^\d{1,2}$/.test(i) ? Number(i) : 0;
  if (instance >= 1 && instance <= 50) return instance;
  return wrong('syntax', `i=${shown(i)} is no number from 1 to 50 (RFC 8617 §4.2.1).`);
}

function readChain(cv: string | undefined, wrong: Wrong): 'none' | 'pass' | 'fail' | undefined {
  const word = cv?.toLowerCase();
  if (word === 'none' || word === 'pass' || word === 'fail') return word;
  return cv === undefined
    ? undefined
    : wrong('syntax', `cv=${shown(cv)} is none of none, pass, fail (RFC 8617 §4.1.3).`);
}

/** A diagnosis that decides nothing: what cannot be read is left out (RFC 6376 §3.5). */
function readCopies(z: string | undefined): readonly CopiedField[] | undefined {
  if (z === undefined) return undefined;
  return z.split('|').flatMap((piece) => {
    const colon = piece.indexOf(':');
    if (colon < 0) return [];
    const name = piece.slice(0, colon).replaceAll(/\s/g, '');
    return name === '' ? [] : [{ name, value: decodeQuoted(piece.slice(colon + 1)) }];
  });
}

/** DKIM-Quoted-Printable (RFC 6376 §2.11): `=XX`; blanks and folds are no part of the text. */
function decodeQuoted(text: string): string {
  return text
    .replaceAll(/[ \t\r\n]+/g, '')
    .replaceAll(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** One character per octet becomes what UTF-8 makes of it. */
const asUtf8 = (text: string): string =>
  /^[\0-\x7f]*$/.test(text) ? text : Buffer.from(text, 'latin1').toString('utf8');

/** A piece of the field for a sentence: short, and without what a terminal would act upon. */
function shown(text: string): string {
  const plain = text.replaceAll(/[^\x20-\x7e]+/g, '?');
  return plain.length > 40 ? `${plain.slice(0, 39)}…` : plain;
}
