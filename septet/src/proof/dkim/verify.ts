/**
 * Verifies the DKIM signatures of a message (RFC 6376 §6.1) and says so in the words of RFC 8601 §2.7.1.
 *
 *     const prepared = prepare(header, world.now());
 *     const hasher = bodyHasher(prepared.wants, header.lineEnd);
 *     for await (const piece of body) hasher.write(piece);
 *     const outcomes = await verifySignatures(prepared, hasher.end(), keyFinder(world));
 *
 * `pass`, `fail` and `temperror` are what they are called. A field that cannot be read, or asks for what nobody knows, is
 * `neutral`; everything else that §6.1.1, §6.1.2 and RFC 8301 call PERMFAIL before the signature itself is computed is
 * `permerror`.
 */
import { Buffer } from 'node:buffer';
import { fieldsOf, type Field, type Header } from '../../mail/header.ts';
import type { World } from '../../world/world.ts';
import { bodyHasher, type BodyHash, type BodyWant } from './body.ts';
import { canonicalField, canonicalSignature } from './canonical.ts';
import { checkKeys, type KeyVerdict } from './check-keys.ts';
import { keyFinder, type FindKey } from './key.ts';
import type { DkimFault, DkimOutcome, DkimResult } from './outcome.ts';
import { fieldSelector, type FieldSelector } from './select.ts';
import { readSignature, type GoodTags, type SignatureTags } from './signature.ts';

/** Signatures that are evaluated, from the top; the others are told with the fault `limit` (house; RFC 6376 §6.1 allows it). */
export const maxSignatures = 20;
/** A clock that is ahead by less is none from the future (house). */
const clockSkewSeconds = 300;

export type PreparedSignature =
  /** Nothing that the body or the key say can change it. */
  | { readonly kind: 'settled'; readonly field: Field; readonly outcome: DkimOutcome }
  | {
      readonly kind: 'open';
      readonly field: Field;
      readonly tags: GoodTags;
      /** What the signature is made over: the signed fields and its own (RFC 6376 §3.7). Made when asked for. */
      signedText(): Buffer;
    };

export interface Prepared {
  /** From the top of the header. */
  readonly signatures: readonly PreparedSignature[];
  /** What the body is to be hashed for: one for each open signature, in their order. */
  readonly wants: readonly BodyWant[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

/**
 * Reads the signatures. `now` is when the message was received, where that is known, else the present (RFC 6376 §3.5, x=).
 * `fields` are the DKIM-Signature fields of the header unless said otherwise.
 */
export function prepare(
  header: Header,
  now: number,
  fields: readonly Field[] = fieldsOf(header, 'dkim-signature'),
): Prepared {
  let select: FieldSelector | undefined;
  const selector = (): FieldSelector => (select ??= fieldSelector(header.fields));
  const wants: BodyWant[] = [];
  const signatures = fields.map((field, index): PreparedSignature => {
    if (index >= maxSignatures) {
      const reason = `Only the first ${maxSignatures} of ${fields.length} signatures are evaluated.`;
      return { kind: 'settled', field, outcome: { line: field.line, signedHeaders: [], ...failed('limit', reason) } };
    }
    const reading = readSignature(field);
    if (reading.kind === 'bad') {
      const [{ fault, text }] = reading.problems;
      return { kind: 'settled', field, outcome: { ...describe(field, reading.tags), ...failed(fault, text) } };
    }
    const { tags } = reading;
    if (tags.x !== undefined && tags.x < Math.floor(now / 1000)) {
      const reason = `The signature expired at ${instant(tags.x)} (x=).`;
      return { kind: 'settled', field, outcome: { ...describe(field, tags), ...failed('expired', reason) } };
    }
    wants.push({ form: tags.c.body, hash: 'sha256', ...(tags.l === undefined ? {} : { length: tags.l }) });
    return { kind: 'open', field, tags, signedText: () => signedText(header, selector(), field, tags) };
  });
  return { signatures, wants, now };
}

/**
 * The outcomes in the order of the fields. `bodyHashes` are those of `prepared.wants`. Keys are looked up at the same time;
 * each signature costs one computation at most, or one for each of several key records. `services`: what keys may be for,
 * see `SignatureToCheck`.
 */
export function verifySignatures(
  prepared: Prepared,
  bodyHashes: readonly BodyHash[],
  findKey: FindKey,
  services?: readonly string[],
): Promise<readonly DkimOutcome[]> {
  let open = 0;
  return Promise.all(
    prepared.signatures.map(async (signature) => {
      if (signature.kind === 'settled') return signature.outcome;
      const body = bodyHashes[open++];
      if (!body) throw new TypeError('there are fewer body hashes than signatures');
      const { field, tags } = signature;
      const found = await findKey(tags.s, tags.d);
      const verdict = checkKeys(
        found,
        {
          keyType: tags.algorithm.keyType,
          domain: tags.d,
          ...(tags.identityDomain === undefined ? {} : { identityDomain: tags.identityDomain }),
          signature: tags.signature,
          ...(services ? { services } : {}),
        },
        signature.signedText,
      );
      return {
        ...describe(field, tags),
        ...measured(tags, body),
        key: verdict.seen,
        ...judge(tags, body, verdict, prepared.now),
      };
    }),
  );
}

/** For a message in memory. `now` in milliseconds since 1970. */
export function verifyDkim(
  message: { readonly header: Header; readonly body: Uint8Array },
  world: Pick<World, 'resolver'>,
  now: number,
): Promise<readonly DkimOutcome[]> {
  const prepared = prepare(message.header, now);
  const hasher = bodyHasher(prepared.wants, message.header.lineEnd);
  hasher.write(message.body);
  return verifySignatures(prepared, hasher.end(), keyFinder(world));
}

/** RFC 6376 §3.7: the selected fields, each with its line end, then the signature field itself without its `b=`. */
function signedText(header: Header, select: FieldSelector, field: Field, tags: GoodTags): Buffer {
  const form = tags.c.header;
  // §3.5, h=: a signature never covers itself, though it may cover others.
  const names = tags.h;
  const selected = names.some((name) => name.toLowerCase() === field.key)
    ? fieldSelector(header.fields.filter((other) => other !== field))(names)
    : select(names);
  let text = '';
  for (const one of selected) if (one) text += `${canonicalField(one, form)}\r\n`;
  return Buffer.from(text + canonicalSignature(field, form), 'latin1');
}

type Judgement = Pick<DkimOutcome, 'result' | 'reason' | 'fault'>;

function judge(tags: GoodTags, body: BodyHash, verdict: KeyVerdict, now: number): Judgement {
  if (verdict.kind === 'fails' && verdict.fault !== 'signature') return failed(verdict.fault, verdict.reason);
  const headerHolds = verdict.kind === 'holds';
  if (tags.l !== undefined && tags.l > body.octets) {
    const reason = `l=${tags.l} says that more of the body is signed than there is (${body.octets} octets): it was shortened.`;
    return failed('body_length', reason);
  }
  if (!body.digest.equals(Buffer.from(tags.bh, 'base64'))) {
    const fields = headerHolds
      ? 'the signed header fields were not'
      : 'the signature does not fit the header fields either';
    return failed('body_hash', `The body was altered after signing (body hash did not verify); ${fields}.`);
  }
  if (!headerHolds)
    return failed(
      'signature',
      'The body is as it was signed, but a signed header field or the signature was altered, or another key signed (signature did not verify).',
    );
  if (tags.l !== undefined && body.octets > tags.l) {
    const beyond = body.octets - tags.l;
    const reason = `It holds, but covers only the first ${tags.l} octets of the body: ${beyond} more ${beyond === 1 ? 'is' : 'are'} not signed (l=).`;
    return { result: 'pass', reason, fault: 'body_length' };
  }
  if (tags.t !== undefined && tags.t > now / 1000 + clockSkewSeconds) {
    const reason = `It holds, but says that it is made in the future, at ${instant(tags.t)} (t=): the signer's clock is ahead.`;
    return { result: 'pass', reason, fault: 'future' };
  }
  const testing = verdict.seen.testing ? ' The key says that the domain is testing (t=y).' : '';
  return { result: 'pass', reason: `The signature holds.${testing}` };
}

const resultOf: Readonly<Record<DkimFault, DkimResult>> = {
  syntax: 'neutral',
  version: 'neutral',
  algorithm_unknown: 'neutral',
  canonicalization_unknown: 'neutral',
  query_unknown: 'neutral',
  limit: 'neutral',
  tag_missing: 'permerror',
  sha1: 'permerror', // RFC 8301 §3.1: permanently failed evaluation
  from_unsigned: 'permerror',
  i_outside_d: 'permerror',
  i_strict: 'permerror',
  expired: 'permerror',
  future: 'permerror',
  timestamps: 'permerror',
  key_unavailable: 'temperror',
  key_missing: 'permerror',
  key_syntax: 'permerror',
  key_revoked: 'permerror',
  key_type: 'permerror',
  key_hash: 'permerror',
  key_service: 'permerror',
  key_short: 'permerror', // RFC 8301 §3.2: must not be considered valid
  key_unusable: 'permerror',
  body_length: 'fail',
  body_hash: 'fail',
  signature: 'fail',
};

const failed = (fault: DkimFault, reason: string): Judgement => ({ result: resultOf[fault], reason, fault });

function describe(
  field: Field,
  { a, c, d, s, h, b, t, x, identity }: SignatureTags,
): Omit<DkimOutcome, 'result' | 'reason' | 'fault'> {
  return {
    line: field.line,
    ...(d === undefined ? {} : { domain: d }),
    ...(s === undefined ? {} : { selector: s }),
    ...(identity === undefined ? {} : { identity }),
    ...(a === undefined ? {} : { algorithm: a }),
    ...(c ? { canonicalization: c } : {}),
    signedHeaders: h,
    ...(t === undefined ? {} : { timestamp: t }),
    ...(x === undefined ? {} : { expires: x }),
    ...(b === undefined ? {} : { signatureStart: b.slice(0, 8) }), // RFC 6008 §4
  };
}

function measured({ l, bh }: GoodTags, body: BodyHash): Pick<DkimOutcome, 'length' | 'bodyHash'> {
  return {
    ...(l === undefined ? {} : { length: { signed: l, beyond: Math.max(0, body.octets - l) } }),
    bodyHash: { signed: bh, computed: body.digest.toString('base64') },
  };
}

/** Years of five digits and more have a form that nobody reads. */
function instant(seconds: number): string {
  const date = new Date(seconds * 1000);
  return seconds < 253_402_300_800 ? date.toISOString() : `${seconds} seconds since 1970`;
}
