/**
 * From `s=` and `d=` to the public key (RFC 6376 §3.6.2, §6.1.2): asks for TXT at `<s>._domainkey.<d>` and makes of the
 * key records there what `node:crypto` verifies with.
 */
import { Buffer } from 'node:buffer';
import { createPublicKey, type KeyObject } from 'node:crypto';
import { under, type DnsName } from '../../dns/name.ts';
import { txtText, type Answer } from '../../dns/rrset.ts';
import { publishable, readKey } from '../../records/dkim/key.ts';
import { read, type DkimKeyRecord } from '../../records/dkim/record.ts';
import type { World } from '../../world/world.ts';
import type { DkimFault, DkimKeySeen } from './outcome.ts';

/** One key record at the name, and whether a signature can be verified with it. */
export interface KeyCandidate {
  readonly text: string;
  readonly record: DkimKeyRecord;
  readonly key?: KeyObject;
  /** Of the modulus; 256 for Ed25519. */
  readonly bits?: number;
  /** Why it cannot be used, whatever the signature; a sentence. */
  readonly problem?: { readonly fault: DkimFault; readonly text: string };
}

export interface KeyFound {
  readonly seen: DkimKeySeen;
  /** Of the first record that can be used. */
  readonly key?: KeyObject;
  readonly record?: DkimKeyRecord;
  /** Every key record at the name, in the order of the answer; empty where there is none. */
  readonly candidates: readonly KeyCandidate[];
  /** Why there is no candidate. */
  readonly problem?: { readonly fault: 'key_unavailable' | 'key_missing' | 'key_syntax'; readonly text: string };
}

/** Answers for a selector (`s=`, lower case) and a domain (`d=`). Never rejects for a DNS outcome. */
export type FindKey = (selector: string, domain: DnsName) => Promise<KeyFound>;

/** Of several key records at one name (undefined in RFC 6376 §3.6.2.2) so many are looked at (house). */
export const maxKeyRecords = 4;
/** RFC 8301 §3.2: receivers must handle up to 4096 bits; above this the work is too much for a stranger (house). */
export const maxKeyBits = 8192;
/** Keys that are remembered; above it all are forgotten (house). */
const maxRemembered = 1000;

/** A finder with a memory of its own for keys that it has read: importing a key costs more than verifying with it. */
export function keyFinder(world: Pick<World, 'resolver'>): FindKey {
  const remembered = new Map<string, KeyCandidate | undefined>();
  const candidateOf = (text: string): KeyCandidate | undefined => {
    if (remembered.has(text)) return remembered.get(text);
    if (remembered.size >= maxRemembered) remembered.clear();
    const candidate = readCandidate(text);
    remembered.set(text, candidate);
    return candidate;
  };
  return async (selector, domain) => {
    const name = under(`${selector}._domainkey`, domain);
    if (name === undefined) throw new TypeError(`no name can be made of the selector ${selector}`);
    const { resolver } = world;
    return foundIn(name, resolver.peek?.(name, 'TXT') ?? (await resolver.query(name, 'TXT')), candidateOf);
  };
}

function foundIn(
  name: DnsName,
  answer: Answer<'TXT'>,
  candidateOf: (text: string) => KeyCandidate | undefined,
): KeyFound {
  const base = {
    name,
    aliases: answer.chain.map(({ target }) => target),
    server: answer.server,
  };
  if (answer.kind === 'failed') {
    const detail = answer.detail === undefined ? answer.reason : `${answer.reason}: ${answer.detail}`;
    const text = `The key at ${name} could not be looked up (${answer.reason}). Try again later.`;
    return {
      seen: { ...base, kind: 'unavailable', texts: [], detail },
      candidates: [],
      problem: { fault: 'key_unavailable', text },
    };
  }
  if (answer.kind !== 'found') {
    const detail = answer.kind === 'nxdomain' ? 'NXDOMAIN' : 'no data';
    const text = `There is no key at ${name} (${detail}).`;
    return {
      seen: { ...base, kind: 'missing', texts: [], detail },
      candidates: [],
      problem: { fault: 'key_missing', text },
    };
  }
  const texts = answer.set.data.map(txtText);
  const candidates: KeyCandidate[] = [];
  for (const text of texts) {
    if (candidates.length === maxKeyRecords) break;
    const candidate = candidateOf(text);
    if (candidate) candidates.push(candidate);
  }
  const best = candidates.find(({ key }) => key !== undefined) ?? candidates[0];
  if (!best) {
    const text = `What stands at ${name} is no key record.`;
    return {
      seen: { ...base, kind: 'bad', texts, detail: 'no key record' },
      candidates,
      problem: { fault: 'key_syntax', text },
    };
  }
  return {
    seen: seenOf(base, texts, candidates, best),
    candidates,
    ...(best.key ? { key: best.key, record: best.record } : {}),
  };
}

function seenOf(
  base: Pick<DkimKeySeen, 'name' | 'aliases' | 'server'>,
  texts: readonly string[],
  candidates: readonly KeyCandidate[],
  best: KeyCandidate,
): DkimKeySeen {
  return {
    ...base,
    kind: candidates.length > 1 ? 'several' : best.key ? 'found' : 'bad',
    texts,
    ...(best.bits === undefined ? {} : { type: best.record.keyType, bits: best.bits }),
    ...(best.record.flags.includes('y') ? { testing: true } : {}),
    ...(best.problem ? { detail: best.problem.text } : {}),
  };
}

/** What is seen when a certain one of several keys decided. */
export function seenWith(found: KeyFound, candidate: KeyCandidate): DkimKeySeen {
  if (found.candidates.length < 2) return found.seen;
  const { name, aliases, server, texts } = found.seen;
  return seenOf({ name, aliases, ...(server === undefined ? {} : { server }) }, texts, found.candidates, candidate);
}

/** `undefined` for a text that is no key record at all. Never throws. */
function readCandidate(text: string): KeyCandidate | undefined {
  const reading = read(text);
  if (!reading) return undefined;
  const record = reading.value;
  const bad = (fault: DkimFault, why: string, bits?: number): KeyCandidate => ({
    text,
    record,
    problem: { fault, text: why },
    ...(bits === undefined ? {} : { bits }),
  });
  if (reading.bad) {
    const codes = new Set(reading.problems.map(({ code }) => code));
    if (codes.has('dkim.k.unknown')) return bad('key_type', 'Its k= is neither rsa nor ed25519.');
    return bad('key_syntax', 'The key record cannot be read.');
  }
  if (record.publicKey === '') return bad('key_revoked', 'The key is revoked: its p= is empty.');
  const material = readKey(Buffer.from(record.publicKey, 'base64'));
  if (material.kind === 'private') return bad('key_unusable', 'The key record holds a private key.');
  if (material.kind === 'truncated') return bad('key_unusable', 'The key is cut off.');
  if (material.kind !== 'rsa' && material.kind !== 'ed25519')
    return bad('key_unusable', `p= holds no public key of RSA or Ed25519.`);
  if (material.kind !== record.keyType)
    return bad(
      'key_unusable',
      `The record says k=${record.keyType}, and p= holds a key of another kind (${material.kind}).`,
    );
  // RFC 8463 §4.2: the 32 octets alone.
  if (material.kind === 'ed25519' && material.form !== 'raw')
    return bad(
      'key_unusable',
      'p= holds an Ed25519 key in the form SubjectPublicKeyInfo; it must be its 32 octets alone.',
    );
  if (material.kind === 'rsa' && material.bits < 1024)
    return bad(
      'key_short',
      `The key has ${material.bits} bits; fewer than 1024 must not count (RFC 8301 §3.2).`,
      material.bits,
    );
  if (material.kind === 'rsa' && material.bits > maxKeyBits)
    return bad('key_unusable', `The key has ${material.bits} bits; up to ${maxKeyBits} are used here.`, material.bits);
  try {
    const key = createPublicKey({
      key:
        material.kind === 'rsa' ? Buffer.from(publishable(material) ?? '', 'base64') : ed25519Spki(material.publicKey),
      format: 'der',
      type: 'spki',
    });
    return { text, record, key, bits: material.kind === 'rsa' ? material.bits : 256 };
  } catch {
    return bad('key_unusable', 'The key cannot be used: its numbers make no key.');
  }
}

/** RFC 8410 §4: the octets in a SubjectPublicKeyInfo. */
const ed25519Spki = (hex: string): Buffer => Buffer.from(`302a300506032b6570032100${hex}`, 'hex');
