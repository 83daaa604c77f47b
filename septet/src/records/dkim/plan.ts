/**
 * DKIM keys: what stands at a selector is compared by its key and by what its tags allow, never by its spelling.
 * A selector that holds another key is not taken over in silence, because messages under way were signed with it.
 */
import { Buffer } from 'node:buffer';
import type { Live, Proposal } from '../../change/change.ts';
import { proposeAlias } from '../../change/propose.ts';
import { unknownAt } from '../../change/propose-blocked.ts';
import { proposeTxt, type TxtVerdict } from '../../change/propose-txt.ts';
import type { DnsName } from '../../dns/name.ts';
import type { RrSet } from '../../dns/rrset.ts';
import { publishable, readKey, type KeyMaterial } from './key.ts';
import { format, read, type DkimKeyRecord, type Reading } from './record.ts';

export interface KeyWant {
  /** `<selector>._domainkey.<domain>`. */
  readonly name: DnsName;
  /** The text of the key record. */
  readonly value: string;
  /** It is published to the letter, because the sender's own check compares texts. */
  readonly verbatim: boolean;
  readonly ttlSeconds: number;
}

/** A key record at its own selector. An empty `p=` is wanted to revoke a key (RFC 6376 §3.6.1). */
export function proposeKey(want: KeyWant, live: Live<'TXT'>): Proposal {
  const { name, ttlSeconds } = want;
  const wanted = wantedKey(want);
  if ('kind' in wanted) return wanted;
  return proposeTxt({ name, ttlSeconds, isSameKind: (text) => read(text) !== undefined }, live, (same) =>
    judge(want, wanted, same),
  );
}

/**
 * A selector whose key the sending service keeps in its own zone. A key of one's own at the name stands in the way.
 * `txt` is what TXT says at the name, or all other data there.
 */
export function proposeKeyAlias(
  want: { readonly name: DnsName; readonly target: DnsName; readonly ttlSeconds: number },
  cname: Live<'CNAME'>,
  txt: Live<'TXT'> | readonly RrSet[],
): Proposal {
  const others = 'kind' in txt ? (txt.kind === 'present' ? [txt.set] : []) : txt;
  const proposal = proposeAlias(want, cname, others);
  if (cname.kind !== 'absent') return proposal;
  const isKey = others.some((set) => set.name === want.name && set.type === 'TXT');
  if (proposal.kind === 'blocked' && isKey) {
    return {
      ...proposal,
      cure: 'Let the service use another selector; or remove the TXT there once no mail is signed with its key any more, and plan again.',
    };
  }
  return proposal.kind === 'change' && 'kind' in txt && txt.kind === 'unknown' ? unknownAt(txt) : proposal;
}

interface Wanted {
  readonly text: string;
  readonly record: DkimKeyRecord;
}

function wantedKey(want: KeyWant): Wanted | Extract<Proposal, { kind: 'blocked' }> {
  const blocked = (why: string, cure: string) => ({ kind: 'blocked' as const, why, cure });
  const reading = read(want.value);
  if (!reading) {
    return blocked(
      'The value for this selector is not a DKIM key record.',
      'Copy the whole value, which holds `p=`, from the sender that made the key.',
    );
  }
  const material = materialOf(reading.value);
  if (material?.kind === 'private') {
    return blocked(
      `The value for this selector holds a private key (${material.format}).`,
      'Publish the public half. When the private one has been shown to anybody, make a new pair: septet dkim generate.',
    );
  }
  if (reading.bad || (material !== undefined && publishable(material) === undefined)) {
    return blocked(
      'Receivers cannot read the DKIM key that shall be published.',
      'Copy the whole value anew from the sender that made the key; keys are often cut at 255 characters.',
    );
  }
  if (want.verbatim || material === undefined) {
    return { text: want.verbatim ? want.value : format(reading.value), record: reading.value };
  }
  const publicKey = publishable(material) ?? reading.value.publicKey;
  const record: DkimKeyRecord = {
    ...reading.value,
    publicKey,
    keyType: material.kind === 'ed25519' ? 'ed25519' : 'rsa',
  };
  return { text: format(record), record };
}

const useNewSelector =
  'Mail under way was signed with the key that stands there and fails without it: use a new selector (septet dkim rotate).';

function judge(want: KeyWant, wanted: Wanted, same: readonly string[]): TxtVerdict {
  const publish = { kind: 'publish' as const, text: wanted.text };
  const [only, ...more] = same;
  if (only === undefined) return { ...publish, comparison: 'absent', loses: [], notes: [] };
  if (more.length > 0) {
    const loses = same.filter((text) => text !== wanted.text && !isSame(read(text), wanted.record));
    const notes = [
      'What verifiers do with several keys at one selector is not defined (RFC 6376 §3.6.2.2); one stays.',
    ];
    if (loses.length > 0) notes.push(useNewSelector);
    return { ...publish, comparison: 'conflicting', loses: loses.length > 0 ? loses : same, notes };
  }
  const reading = read(only);
  if (only === wanted.text && reading && !reading.bad) return { kind: 'keep', comparison: 'equal' };
  if (!reading || !isSame(reading, wanted.record)) {
    const revoked = reading?.value.publicKey === '' && !reading.bad;
    const note =
      wanted.record.publicKey === ''
        ? 'Mail signed with this key fails from then on (RFC 6376 §3.6.1).'
        : revoked
          ? 'The key of this selector was revoked; a new key is better off at a new selector.'
          : useNewSelector;
    return { ...publish, comparison: 'conflicting', loses: same, notes: [note] };
  }
  if (want.verbatim) {
    const notes = ['It is the same key; the text is set to the letter, because the sender compares texts.'];
    return tagsKept(wanted.record, reading.value)
      ? { ...publish, comparison: 'weaker', loses: [], notes }
      : { ...publish, comparison: 'conflicting', loses: same, notes };
  }
  return judgeTags(wanted, reading);
}

/** The same key: whether verifiers can read the record and whether its tags allow what is wanted. */
function judgeTags(wanted: Wanted, live: Reading): TxtVerdict {
  const { record } = wanted;
  const have = live.value;
  const has = (flag: string): boolean => have.flags.includes(flag);
  const wants = (flag: string): boolean => record.flags.includes(flag);
  const usable =
    !live.bad &&
    isPlain(have) &&
    (allows(have.hashes, 'sha256') || !allows(record.hashes, 'sha256')) &&
    (allows(have.services, 'email') || !allows(record.services, 'email'));
  if (usable && has('y') === wants('y') && (has('s') || !wants('s'))) {
    return { kind: 'keep', comparison: has('s') && !wants('s') ? 'superset' : 'equivalent' };
  }
  const word = /^[A-Za-z0-9-]+$/; // a flag that a forgotten semicolon did not make
  const flags = [...record.flags, ...have.flags.filter((flag) => flag !== 'y' && !wants(flag) && word.test(flag))];
  const known = new Set(record.other.map(({ name }) => name));
  const other = [...record.other, ...have.other.filter(({ name }) => !live.bad && !known.has(name))];
  const { notes: remark } = have;
  const text = format({ ...record, flags, other, ...(remark === undefined || live.bad ? {} : { notes: remark }) });
  const notes = ['It is the same key.'];
  if (has('y') && !wants('y')) notes.push('t=y goes: verifiers may treat signed mail as unsigned while it stands.');
  if (!has('y') && wants('y')) notes.push('t=y is added: verifiers may treat signed mail as unsigned while it stands.');
  if (!usable) notes.push('Verifiers cannot use the record as it stands there.');
  return { kind: 'publish', text, comparison: 'weaker', loses: [], notes };
}

/** The same key in whatever spelling; two revoked keys are the same too. */
function isSame(reading: Reading | undefined, wanted: DkimKeyRecord): boolean {
  if (!reading) return false;
  const a = materialOf(reading.value);
  const b = materialOf(wanted);
  if (a === undefined || b === undefined) return a === b && !reading.bad && wanted.publicKey === '';
  if (a.kind === 'rsa' && b.kind === 'rsa') return a.modulus === b.modulus && a.exponent === b.exponent;
  return a.kind === 'ed25519' && b.kind === 'ed25519' && a.publicKey === b.publicKey;
}

/** The form that verifiers read: SubjectPublicKeyInfo for RSA, 32 octets for Ed25519 (RFC 8463 §4.2), and `k` to match. */
function isPlain(record: DkimKeyRecord): boolean {
  const material = materialOf(record);
  if (material === undefined) return true;
  if (material.kind === 'rsa')
    return material.form === 'spki' && material.trailingOctets === 0 && record.keyType === 'rsa';
  return material.kind === 'ed25519' && material.form === 'raw' && record.keyType === 'ed25519';
}

/** Flags and the limits of `h` and `s` that the text to the letter does away with. */
function tagsKept(wanted: DkimKeyRecord, have: DkimKeyRecord): boolean {
  return have.flags.every((flag) => flag === 'y' || wanted.flags.includes(flag)) && have.other.length === 0;
}

/** `h` and `s`: absent allows all, and so does a star (RFC 6376 §3.6.1). */
const allows = (list: readonly string[] | undefined, item: string): boolean =>
  list === undefined || list.includes(item) || list.includes('*');

/** `undefined` for a revoked key. */
function materialOf(record: DkimKeyRecord): KeyMaterial | undefined {
  return record.publicKey === '' ? undefined : readKey(Buffer.from(record.publicKey, 'base64'));
}
