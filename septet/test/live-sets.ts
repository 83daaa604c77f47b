/**
 * Random sets that stand at a name, and the three promises that every proposal keeps: what it replaces is what stands,
 * members of others stay to the string, and once it is carried out there is nothing left to propose.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Change, Live, Proposal } from '../src/change/change.ts';
import type { DnsName } from '../src/dns/name.ts';
import { txtText, type Rdata, type RrSet, type RrType, type Txt } from '../src/dns/rrset.ts';

/** Members that are no record of ours, cut into strings in odd ways. */
const foreignTexts = [
  'v=spf1 include:_spf.example.net ~all',
  'google-site-verification=abcDEF123',
  'MS=ms12345678',
  'a "quoted" text; with = signs',
  'caf\u00c3\u00a9',
  '',
  'x'.repeat(300),
];

/** A text as TXT data, cut at random places: readers join the strings with nothing between. */
export function cut(text: string): fc.Arbitrary<Txt> {
  return fc.array(fc.nat(Math.max(text.length, 1)), { maxLength: 3 }).map((places): Txt => {
    const ends = [...new Set([...places, 255, 510, 765])].filter((at) => at > 0 && at < text.length);
    const sorted = [0, ...ends.sort((a, b) => a - b), text.length];
    return { strings: sorted.slice(1).map((end, i) => text.slice(sorted[i], end)) };
  });
}

/** Absent, or a set of members of others with members made by `own`. */
export function liveTxt(name: DnsName, own: fc.Arbitrary<string>): fc.Arbitrary<Live<'TXT'>> {
  const members = fc.tuple(
    fc.array(own.chain(cut), { maxLength: 2 }),
    fc.array(fc.constantFrom(...foreignTexts).chain(cut), { maxLength: 3 }),
  );
  return fc
    .tuple(members, fc.infiniteStream(fc.nat()), fc.constantFrom(60, 3600, 86_400))
    .map(([[ours, foreign], order, ttlSeconds]): Live<'TXT'> => {
      const all = [...ours, ...foreign].map((data) => ({ data, place: order.next().value as number }));
      const data = all.sort((a, b) => a.place - b.place).map((entry) => entry.data);
      return data.length === 0 ? absent(name, 'TXT') : present({ name, type: 'TXT', ttlSeconds, data });
    });
}

export const absent = <T extends RrType>(name: DnsName, type: T): Live<T> => ({
  kind: 'absent',
  name,
  type,
  negativeTtlSeconds: 300,
});

export const present = <T extends RrType>(set: RrSet<T>): Live<T> => ({
  kind: 'present',
  name: set.name,
  type: set.type,
  set,
});

export const unknown = <T extends RrType>(name: DnsName, type: T): Live<T> => ({
  kind: 'unknown',
  name,
  type,
  detail: 'no answer within 5 seconds',
});

export const setOf = <T extends RrType>(name: DnsName, type: T, ...data: readonly Rdata<T>[]): Live<T> =>
  present({ name, type, ttlSeconds: 3600, data });

/** TXT members as they stand, each one string. */
export const texts = (name: DnsName, ...members: readonly string[]): Live<'TXT'> =>
  setOf(name, 'TXT', ...members.map((text): Txt => ({ strings: [text] })));

/** A name that is an alias, with what is read behind it. */
export function alias<T extends RrType>(
  name: DnsName,
  target: DnsName,
  type: T,
  behind?: readonly Rdata<T>[],
): Live<T> {
  const set = behind ? { set: { name: target, type, ttlSeconds: 300, data: behind } } : {};
  return { kind: 'alias', name, type, target, ttlSeconds: 300, ...set };
}

/** What stands once the change is made. */
export function carriedOut<T extends RrType>(change: Change, type: T): Live<T> {
  return change.after ? present(change.after as RrSet<T>) : absent(change.name, type);
}

/** The set that stands after the proposal, whose promises are kept. Undefined where nothing can be published. */
export function settled<T extends RrType>(
  propose: (live: Live<T>) => Proposal,
  live: Live<T>,
  isOurs: (text: string) => boolean = () => true,
): RrSet<T> | undefined {
  const proposal = propose(live);
  if (proposal.kind === 'blocked') {
    assert.ok(proposal.why.endsWith('.') && proposal.cure.endsWith('.'), 'a sentence says why, another what to do');
    return undefined;
  }
  const set = live.kind === 'present' ? live.set : undefined;
  if (proposal.kind === 'keep') {
    assert.deepEqual(proposal.set, set);
    return set;
  }
  const { change, comparison, loses } = proposal;
  assert.deepEqual(change.before, set);
  assert.equal(change.name, live.name);
  assert.equal(change.type, live.type);
  if (comparison !== 'conflicting') assert.deepEqual(loses, [], 'what only adds loses nothing');
  const after = change.after as RrSet<T> | undefined;
  assert.ok(after, 'a proposal never leaves a name empty');
  if (live.type === 'TXT') {
    const foreign = (of: RrSet<T> | undefined): readonly Txt[] =>
      ((of?.data ?? []) as readonly Txt[]).filter((txt) => !isOurs(txtText(txt)));
    assert.deepEqual(foreign(after), foreign(set), 'members of others stay, to the string');
    for (const txt of after.data as readonly Txt[]) for (const string of txt.strings) assert.ok(string.length <= 255);
  }
  const again = propose(carriedOut(change, live.type));
  assert.equal(again.kind, 'keep', `a second proposal has nothing to do, but says ${JSON.stringify(again)}`);
  return after;
}

/** The proposal as a change; fails for any other. */
export function changeOf(proposal: Proposal): Extract<Proposal, { kind: 'change' }> {
  if (proposal.kind !== 'change') throw new assert.AssertionError({ message: JSON.stringify(proposal) });
  return proposal;
}

/** Texts of the set that the change publishes. */
export const textsAfter = (proposal: Proposal): readonly string[] =>
  ((changeOf(proposal).change.after as RrSet<'TXT'> | undefined)?.data ?? []).map(txtText);

/** `keep equal`, `change weaker`, `blocked`. */
export const summary = (proposal: Proposal): string =>
  proposal.kind === 'blocked' ? 'blocked' : `${proposal.kind} ${proposal.comparison}`;
