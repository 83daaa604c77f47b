/**
 * Validates the chain of ARC sets (RFC 8617 §5.2) in two steps, because the body is read once for all signatures:
 *
 *     const prepared = prepareArc(header);
 *     const hasher = bodyHasher(prepared.wants, header.lineEnd);   // … write the body …
 *     const outcome = await validateArc(prepared, header, hasher.end(), keyFinder(world), world.now());
 *
 * What a receiver would need not look at any more, because the chain has failed already, is still evaluated: it explains
 * where the message was changed.
 */
import type { Buffer } from 'node:buffer';
import type { DnsName } from '../../dns/name.ts';
import type { Field, Header } from '../../mail/header.ts';
import type { BodyHash, BodyWant } from '../dkim/body.ts';
import { checkKeys, type KeyVerdict } from '../dkim/check-keys.ts';
import type { FindKey, KeyFound } from '../dkim/key.ts';
import type { DkimFault, DkimKeySeen, DkimOutcome, DkimResult } from '../dkim/outcome.ts';
import { fieldSelector, type FieldSelector } from '../dkim/select.ts';
import type { GoodTags } from '../dkim/signature.ts';
import { messageText, sealedText } from './covered.ts';
import type { ArcOutcome, ArcSet } from './outcome.ts';
import { collectSets, type Collected, type WholeSet } from './sets.ts';

export interface PreparedArc {
  readonly collected: Collected;
  /** For `bodyHasher`: one for every set whose message signature can be read, from instance 1 up. */
  readonly wants: readonly BodyWant[];
}

/** The verdict on a seal, with what `arc.key` needs; assignable to that of `ArcSet`. */
export interface SealVerdict {
  readonly result: 'pass' | 'fail' | 'temperror';
  readonly reason: string;
  readonly fault?: DkimFault;
  readonly key?: DkimKeySeen;
}

export interface EvaluatedSet extends ArcSet {
  readonly seal?: SealVerdict;
}

export interface ArcEvaluation extends ArcOutcome {
  readonly sets: readonly EvaluatedSet[];
}

/** What stands in the header, and which hashes of the body are needed. Linear in the header; never throws. */
export function prepareArc(header: Header): PreparedArc {
  const collected = collectSets(header);
  const wants = collected.kind === 'chain' ? collected.sets.flatMap(({ messageRead }) => wantsOf(messageRead)) : [];
  return { collected, wants };
}

function wantsOf(reading: WholeSet['messageRead']): readonly BodyWant[] {
  if (reading.kind === 'bad') return [];
  const { c, l } = reading.tags;
  return [{ form: c.body, hash: 'sha256', ...(l === undefined ? {} : { length: l }) }];
}

/**
 * `bodyHashes` are the answers to `prepared.wants`, in their order. `now`: milliseconds since 1970. A key that cannot be
 * looked up makes `temperror`, where a receiver in that moment has to say `fail` (RFC 8617 §5.2.1).
 */
export async function validateArc(
  prepared: PreparedArc,
  header: Header,
  bodyHashes: readonly BodyHash[],
  findKey: FindKey,
  now: number,
): Promise<ArcEvaluation> {
  const { collected } = prepared;
  if (collected.kind === 'none') return { result: 'none', reason: 'The message has no ARC set.', sets: [] };
  if (collected.kind === 'broken') return { result: 'fail', reason: collected.reason, sets: collected.told };
  const chain = collected.sets;
  const keys = await keysOf(chain, findKey);
  const select = fieldSelector(header.fields);
  let next = 0;
  const sets = chain.map((set, index): EvaluatedSet => {
    const hash = set.messageRead.kind === 'good' ? bodyHashes[next++] : undefined;
    return {
      ...set.told,
      message: judgeMessage(set, { select, hash, keys, now }),
      seal: judgeSeal(chain.slice(0, index + 1), set, keys),
    };
  });
  return { ...verdictOf(sets), sets, ...oldestPassOf(sets) };
}

type Keys = ReadonlyMap<string, KeyFound>;
const keyOf = (selector: string, domain: DnsName): string => `${selector} ${domain}`;

/** Every key once, all at the same time: at most two for each of 50 sets. */
async function keysOf(chain: readonly WholeSet[], findKey: FindKey): Promise<Keys> {
  const wanted = new Map<string, Promise<KeyFound>>();
  for (const { messageRead, sealRead } of chain) {
    for (const reading of [messageRead, sealRead]) {
      if (reading.kind === 'bad') continue;
      const { s, d } = reading.tags;
      if (!wanted.has(keyOf(s, d))) wanted.set(keyOf(s, d), findKey(s, d));
    }
  }
  const found = await Promise.all([...wanted].map(async ([key, answer]) => [key, await answer] as const));
  return new Map(found);
}

const foundFor = (keys: Keys, { s, d }: GoodTags): KeyFound => {
  const found = keys.get(keyOf(s, d));
  if (!found) throw new TypeError(`the key ${s} of ${d} was not asked for`);
  return found;
};

const verified = (tags: GoodTags, keys: Keys, text: () => Buffer): KeyVerdict => {
  const { algorithm, d, signature } = tags;
  return checkKeys(foundFor(keys, tags), { keyType: algorithm.keyType, domain: d, signature }, text);
};

function judgeSeal(upTo: readonly WholeSet[], { sealRead }: WholeSet, keys: Keys): SealVerdict {
  if (sealRead.kind === 'bad') {
    const [{ fault, text }] = sealRead.problems;
    return { result: 'fail', reason: text, fault };
  }
  const verdict = verified(sealRead.tags, keys, () => sealedText(upTo));
  if (verdict.kind === 'holds') return { result: 'pass', reason: 'The seal verifies.', key: verdict.seen };
  const { fault, reason, seen } = verdict;
  const result = fault === 'key_unavailable' ? 'temperror' : 'fail';
  const text =
    fault === 'signature' ? 'A field of the sets up to this one was changed, or another key sealed it.' : reason;
  return { result, reason: text, fault, key: seen };
}

interface MessageContext {
  readonly select: FieldSelector;
  readonly hash: BodyHash | undefined;
  readonly keys: Keys;
  readonly now: number;
}

function judgeMessage(set: WholeSet, { select, hash, keys, now }: MessageContext): DkimOutcome {
  const { message, messageRead } = set;
  const { tags } = messageRead;
  const known = {
    line: message.line,
    signedHeaders: tags.h,
    ...(tags.d === undefined ? {} : { domain: tags.d }),
    ...(tags.s === undefined ? {} : { selector: tags.s }),
    ...(tags.a === undefined ? {} : { algorithm: tags.a }),
    ...(tags.c === undefined ? {} : { canonicalization: tags.c }),
    ...(tags.t === undefined ? {} : { timestamp: tags.t }),
    ...(tags.x === undefined ? {} : { expires: tags.x }),
    ...(tags.b === undefined ? {} : { signatureStart: tags.b.slice(0, 8) }),
  };
  if (messageRead.kind === 'bad') {
    const [{ fault, text }] = messageRead.problems;
    return { ...known, result: resultOf(fault), fault, reason: text };
  }
  if (!hash) throw new TypeError(`the body was not hashed for set ${set.instance}`);
  const good = messageRead.tags;
  const computed = hash.digest.toString('base64');
  const more = {
    ...known,
    bodyHash: { signed: good.bh, computed },
    ...(good.l === undefined ? {} : { length: { signed: good.l, beyond: Math.max(0, hash.octets - good.l) } }),
  };
  const fields = (): readonly (Field | undefined)[] => select(good.h).filter((field) => field !== message);
  const verdict = verified(good, keys, () => messageText(fields(), message, good.c.header));
  const failed = (fault: DkimFault, reason: string): DkimOutcome => ({
    ...more,
    result: resultOf(fault),
    fault,
    reason,
    key: verdict.seen,
  });
  if (good.x !== undefined && good.x * 1000 < now) return failed('expired', 'It has expired (x=).');
  if (verdict.kind === 'fails' && verdict.fault !== 'signature') return failed(verdict.fault, verdict.reason);
  if (good.l !== undefined && good.l > hash.octets)
    return failed('body_length', `It covers ${good.l} octets of the body, which has ${hash.octets}: the body was cut.`);
  if (!sameHash(computed, good.bh)) return failed('body_hash', 'The body was changed after it was signed.');
  if (verdict.kind === 'fails')
    return failed('signature', 'A signed field was changed after it was signed, or another key signed it.');
  return { ...more, result: 'pass', reason: 'The signature verifies.', key: verdict.seen };
}

const sameHash = (one: string, other: string): boolean => one.replaceAll('=', '') === other.replaceAll('=', '');

/** In the words of RFC 8601 §2.7.1, as `dkim/verify.ts` uses them. */
function resultOf(fault: DkimFault): DkimResult {
  if (fault === 'key_unavailable') return 'temperror';
  if (fault === 'body_hash' || fault === 'signature' || fault === 'body_length') return 'fail';
  return ['syntax', 'version', 'algorithm_unknown', 'canonicalization_unknown'].includes(fault)
    ? 'neutral'
    : 'permerror';
}

/** RFC 8617 §5.2 steps 4, 6 and 7. */
function verdictOf(sets: readonly EvaluatedSet[]): Pick<ArcOutcome, 'result' | 'reason'> {
  const newest = sets.at(-1);
  const by = ({ instance, domain }: EvaluatedSet): string =>
    `set ${instance}${domain === undefined ? '' : ` (${domain})`}`;
  const message = newest?.message;
  if (!newest || !message) throw new TypeError('a chain without sets');
  const open = message.result === 'temperror';
  if (message.result !== 'pass' && !open)
    return {
      result: 'fail',
      reason: `The message signature of ${by(newest)}, the newest, does not verify. ${message.reason}`,
    };
  const broken = sets.findLast(({ seal }) => seal?.result === 'fail');
  if (broken)
    return { result: 'fail', reason: `The seal of ${by(broken)} does not verify. ${broken.seal?.reason ?? ''}` };
  const waiting = open ? message : sets.findLast(({ seal }) => seal?.result === 'temperror')?.seal;
  if (waiting) {
    const reason = `${waiting.reason} A receiver that meets this calls the chain failed (RFC 8617 §5.2.1).`;
    return { result: 'temperror', reason };
  }
  const count = sets.length === 1 ? 'The one ARC set verifies' : `All ${sets.length} ARC sets verify`;
  return { result: 'pass', reason: `${count}: the newest message signature and every seal.` };
}

/** RFC 8617 §5.2 step 5. Absent where the newest does not pass either. */
function oldestPassOf(sets: readonly EvaluatedSet[]): { readonly oldestPass?: number } {
  const failed = sets.findLast(({ message }) => message?.result !== 'pass');
  if (!failed) return { oldestPass: 0 };
  return failed.instance === sets.length ? {} : { oldestPass: failed.instance + 1 };
}
