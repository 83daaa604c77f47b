/**
 * One TXT member with a meaning against what stands at its name. The home of the record judges the members of its kind;
 * this file carries the others over as they are, to the string, and knows aliases and answers that did not come.
 */
import { absolute, type DnsName } from '../dns/name.ts';
import { txtText } from '../dns/rrset.ts';
import type { Live, Proposal } from './change.ts';
import { aliasAt, unknownAt } from './propose-blocked.ts';
import { withMember } from './txt.ts';

export interface TxtWant {
  readonly name: DnsName;
  readonly ttlSeconds: number;
  /** Whether a member is of the kind that is judged; all others stay. */
  readonly isSameKind: (text: string) => boolean;
  /** Members that are equal to the letter spoil the record, as where one alone may stand. Default true. */
  readonly single?: boolean;
}

/** What the home of a record says about the members of its kind. */
export type TxtVerdict =
  | { readonly kind: 'keep'; readonly comparison: 'equal' | 'equivalent' | 'superset' }
  /** The text takes the place of every member of the kind. */
  | {
      readonly kind: 'publish';
      readonly text: string;
      readonly comparison: 'absent' | 'weaker' | 'conflicting';
      readonly loses: readonly string[];
      readonly notes: readonly string[];
      readonly stamp?: string;
    }
  | { readonly kind: 'blocked'; readonly why: string; readonly cure: string };

/**
 * `judge` gets the members of the kind, joined, each text once; none where nothing of the kind stands. Behind an alias
 * it judges what is read there: that can be kept but not changed. Only the members of the kind are compared, so `absent`
 * may come with a set of others, which the change carries over.
 */
export function proposeTxt(want: TxtWant, live: Live<'TXT'>, judge: (same: readonly string[]) => TxtVerdict): Proposal {
  if (live.kind === 'unknown') return unknownAt(live);
  const set = live.kind === 'absent' ? undefined : live.set;
  const all = (set?.data ?? []).map(txtText).filter(want.isSameKind);
  const same = [...new Set(all)];
  const judged = judge(same);
  const verdict = want.single !== false && all.length > same.length ? once(judged, same) : judged;
  if (verdict.kind === 'blocked') return verdict;
  if (verdict.kind === 'keep' && set) return { kind: 'keep', comparison: verdict.comparison, set };
  if (verdict.kind === 'keep') throw new Error(`kept although nothing stands at ${want.name}`);
  if (live.kind === 'alias') return aliasAt(live);
  // One character is one octet here; anything else would be cut to another letter on its way.
  if (/[^\0-\xff]/.test(verdict.text)) return untypable(want.name);
  const after = withMember(want.name, set, want.ttlSeconds, want.isSameKind, [verdict.text]);
  const { comparison, loses, notes, stamp } = verdict;
  return {
    kind: 'change',
    comparison,
    change: {
      name: want.name,
      type: 'TXT',
      ...(set ? { before: set } : {}),
      ...(after ? { after } : {}),
      ...(stamp === undefined ? {} : { stamp }),
    },
    loses,
    notes,
  };
}

/** A quotation mark or a dash that a mail program made finer, as a rule. */
export function untypable(name: DnsName): Extract<Proposal, { kind: 'blocked' }> {
  return {
    kind: 'blocked',
    why: `The text for ${absolute(name)} holds characters that are not ASCII.`,
    cure: 'Copy it anew from where it was given: programs make quotes and dashes finer on the way.',
  };
}

/** The same text stands twice, cut into strings in two ways: readers count two records. */
function once(verdict: TxtVerdict, same: readonly string[]): TxtVerdict {
  if (verdict.kind === 'blocked') return verdict;
  const notes = verdict.kind === 'publish' ? verdict.notes : [];
  return {
    ...(verdict.kind === 'publish' ? verdict : { kind: 'publish' as const, text: same[0] ?? '' }),
    comparison: 'conflicting',
    loses: same,
    notes: [...notes, 'The same record stands there twice; readers want one.'],
  };
}
