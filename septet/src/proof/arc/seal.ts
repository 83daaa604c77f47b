/**
 * Seals a message for the way on (RFC 8617 §5.1): makes the next ARC set, three fields that are put on top of the header.
 *
 * Septet seals so that what it verifies can be made, and for forwarders that have to. A sender needs none of it.
 */
import { Buffer } from 'node:buffer';
import { createHash, sign, type KeyObject } from 'node:crypto';
import type { DnsName } from '../../dns/name.ts';
import type { Field, Header } from '../../mail/header.ts';
import { parseAuthenticationResults } from '../../mail/parse-authres.ts';
import type { BodyWant } from '../dkim/body.ts';
import { selectFields } from '../dkim/select.ts';
import { messageText, sealedText, type SetFields } from './covered.ts';
import { collectSets } from './sets.ts';
import { maxInstance, type Claimed } from './tags.ts';
import { writeItems, writeTags, type Tag } from './write-fields.ts';

/** The hash of the body that `sealMessage` wants. */
export const sealBodyWant: BodyWant = { form: 'relaxed', hash: 'sha256' };

export interface SealRequest {
  /** The message as it goes on: every other change has been made (RFC 8617 §5.1 step 1). */
  readonly header: Header;
  /** Of the body, as `sealBodyWant` says. */
  readonly bodyHash: Uint8Array;
  /** Who checked the message: the first word of the results (RFC 8601 §2.5). */
  readonly authservId: string;
  /** What was found when it came in: `spf=pass smtp.mailfrom=…; dkim=pass header.d=…; arc=none`, or `none`. */
  readonly results: string;
  /** What `validateArc` said of the chain that came in; `temperror` counts as `fail` (RFC 8617 §5.2.1). */
  readonly cv: Claimed;
  readonly domain: DnsName;
  readonly selector: string;
  /** Private: RSA of at least 1024 bits (RFC 8301 §3.2), or Ed25519 (RFC 8463). */
  readonly key: KeyObject;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Names of the fields to sign, each as often as its field is to be covered. Absent: `fieldsToSign(header)`. */
  readonly signedFields?: readonly string[];
  /** `b=` is left on one line, as some sealers do; else it is cut into lines of 72 characters. */
  readonly wholeSignature?: boolean;
}

export type SealOutcome =
  | {
      readonly kind: 'sealed';
      readonly instance: number;
      /** Seal, message signature, results: in this order on top of the header. Folds are CRLF. */
      readonly fields: readonly [seal: Field, message: Field, results: Field];
      /** The same as text, each field closed by CRLF. */
      readonly text: string;
    }
  /** A sentence that says why not. */
  | { readonly kind: 'refused'; readonly reason: string };

/** Fields that a reader sees or that lists keep; never those of ARC and Authentication-Results (RFC 8617 §4.1.2). */
const worthSigning =
  /^(from|sender|reply-to|to|cc|subject|date|message-id|in-reply-to|references|mime-version|content-[a-z-]+|list-[a-z-]+|feedback-id|dkim-signature)$/;
const maxSignedFields = 100; // house

/** What is signed when nothing else is asked for: every such field that is there, once for each. */
export function fieldsToSign(header: Header): readonly string[] {
  const keys = header.fields.map(({ key }) => key).filter((key) => worthSigning.test(key));
  return ['from', ...keys.filter((key) => key !== 'from').slice(0, maxSignedFields)];
}

export function sealMessage(request: SealRequest): SealOutcome {
  const { header, cv, selector, domain } = request;
  const found = collectSets(header);
  const refusal = refusalOf(request, found);
  if (refusal !== undefined) return { kind: 'refused', reason: refusal };
  const algorithm = algorithmOf(request.key);
  const instance = (found.kind === 'none' ? 0 : found.kind === 'broken' ? found.highest : found.sets.length) + 1;
  const items = [`i=${instance}`, request.authservId, ...itemsOf(request.results)];
  const results = writeItems('ARC-Authentication-Results', items);
  const common: readonly Tag[] = [
    ['i', String(instance)],
    ['s', selector],
    ['t', String(Math.floor(request.now / 1000))],
  ];
  const names = request.signedFields ?? fieldsToSign(header);
  const { wholeSignature } = request;
  const messageTags = (b: string): readonly Tag[] => [
    ['a', algorithm],
    ['b', b],
    ['bh', Buffer.from(request.bodyHash).toString('base64')],
    ['c', 'relaxed/relaxed'],
    ['d', domain],
    ['h', names.join(':')],
    ...common,
  ];
  const message = signed(
    (b) => writeTags('ARC-Message-Signature', messageTags(b), wholeSignature),
    (field) => messageText(selectFields(header.fields, names), field, 'relaxed'),
    request.key,
  );
  // RFC 8617 §5.1.2: over a chain that failed, a seal covers its own set only.
  const before: readonly SetFields[] = found.kind === 'chain' && cv === 'pass' ? found.sets : [];
  const seal = signed(
    (b) => writeTags('ARC-Seal', [['a', algorithm], ['b', b], ['cv', cv], ['d', domain], ...common], wholeSignature),
    (field) => sealedText([...before, { results, message, seal: field }]),
    request.key,
  );
  const fields = [seal, message, results] as const;
  return { kind: 'sealed', instance, fields, text: fields.map(({ raw }) => `${raw}\r\n`).join('') };
}

/** Writes the field with an empty `b=`, signs what it covers, and writes it again with the signature. */
function signed(write: (b: string) => Field, covered: (field: Field) => Buffer, key: KeyObject): Field {
  const text = covered(write(''));
  const signature =
    key.asymmetricKeyType === 'rsa'
      ? sign('sha256', text, key)
      : sign(null, createHash('sha256').update(text).digest(), key); // RFC 8463 §3: over the digest
  return write(signature.toString('base64'));
}

const algorithmOf = (key: KeyObject): string => (key.asymmetricKeyType === 'ed25519' ? 'ed25519-sha256' : 'rsa-sha256');

function refusalOf(request: SealRequest, found: ReturnType<typeof collectSets>): string | undefined {
  const { cv, header, key } = request;
  if (found.kind === 'broken' && found.closed)
    return `${found.reason} Nobody adds a set to such a chain (RFC 8617 §5.1 step 2).`;
  if (found.kind === 'broken' && cv !== 'fail') return `The chain cannot be sealed with cv=${cv}. ${found.reason}`;
  if (found.kind === 'none' && cv !== 'none')
    return `The message has no ARC set, so its first seal says cv=none, not cv=${cv}.`;
  if (found.kind === 'chain' && cv === 'none')
    return `The message has ${found.sets.length} ARC ${found.sets.length === 1 ? 'set' : 'sets'}, so its next seal says cv=pass or cv=fail, not cv=none.`;
  const highest = found.kind === 'none' ? 0 : found.kind === 'broken' ? found.highest : found.sets.length;
  if (highest >= maxInstance)
    return `The chain has ${maxInstance} sets already, and no more are allowed (RFC 8617 §5.2 step 1).`;
  if (key.type !== 'private') return 'Sealing needs a private key.';
  if (key.asymmetricKeyType !== 'rsa' && key.asymmetricKeyType !== 'ed25519')
    return `The key is of type ${key.asymmetricKeyType ?? 'unknown'}; RSA and Ed25519 keys can seal.`;
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key.asymmetricKeyType === 'rsa' && bits < 1024)
    return `The RSA key has ${bits} bits; verifiers refuse keys below 1024 (RFC 8301 §3.2).`;
  if (!/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/.test(request.selector))
    return `${JSON.stringify(request.selector)} is no selector.`;
  const names = request.signedFields ?? fieldsToSign(header);
  if (!names.some((name) => name.toLowerCase() === 'from') || !header.fields.some((field) => field.key === 'from'))
    return 'The message has no From field, or it is not among the fields to sign (RFC 6376 §5.4).';
  const unfit = names.find((name) => !/^[!-9;-~]+$/.test(name) || /^(arc-|authentication-results$)/i.test(name));
  if (unfit !== undefined) return `The field ${JSON.stringify(unfit)} must not be signed (RFC 8617 §4.1.2).`;
  return resultsFault(request);
}

/** What we write keeps to the grammar of RFC 8601 §2.2, and its lines to their limit. */
function resultsFault({ authservId, results }: SealRequest): string | undefined {
  const text = [authservId, ...itemsOf(results)].join('; ');
  if (!/^[ -~]+$/.test(text)) return 'The results hold characters that are not printable ASCII.';
  if (text.split(' ').some((word) => word.length > 900)) return 'The results hold a word that no line can hold.';
  const parsed = parseAuthenticationResults(`i=1; ${text}`, { arc: true });
  if (parsed.kind === 'bad') return `The results cannot be read: ${parsed.why}`;
  const [repair] = parsed.value.repairs;
  if (repair) return `The results do not keep to RFC 8601 §2.2: ${repair.text}`;
  return undefined;
}

/** `a=b; c=d` as its items, blanks made one. A semicolon inside quotes or a comment parts nothing that matters. */
function itemsOf(results: string): readonly string[] {
  return results
    .split(';')
    .map((item) => item.replaceAll(/\s+/g, ' ').trim())
    .filter((item) => item !== '');
}
