/** What to publish so that senders pass SPF at a name: the live record with what is missing, or a new one. */
import { setAt, type Live, type Proposal } from '../../change/change.ts';
import { withMember } from '../../change/txt.ts';
import type { DnsName } from '../../dns/name.ts';
import { txtText, type RrSet } from '../../dns/rrset.ts';
import { isEmpty } from './address-set.ts';
import { Reach } from './address-set-verdicts.ts';
import { askAgain, loopIn, tableOf } from './flatten-own.ts';
import { keyOf, mechanismIn, mergeInto, withAll, type Merged, type MergeNeed } from './merge.ts';
import { startOf } from './merge-records.ts';
import type { SpfPlanObservation } from './plan-lookup.ts';
import { priceOf, withPieces, type SpfPrice } from './plan-price.ts';
import { isSpfText, parse, type SpfRecord } from './record.ts';
import { maxLookups, maxVoids } from './run.ts';
import { comfortableOctets } from './split.ts';
import { spfTree, type TreeNode } from './tree.ts';

export interface SpfWant {
  readonly name: DnsName;
  readonly needs: readonly MergeNeed[];
  /** How the record ends. `keep`: as it is; `ramp`: as it is, and `~all` where there is no `all`. Never looser than now. */
  readonly all: 'keep' | 'ramp' | '~' | '-' | '?';
  /** The name sends nothing but this mail: a new record may end in `-all` at once. */
  readonly alone: boolean;
  readonly ttlSeconds: number;
}

export type SpfProposal = Proposal & { readonly price?: SpfPrice };

/** RFC 1035 §4.2.1: what a UDP answer without EDNS holds. */
const smallAnswerOctets = 512;

/**
 * Compares by meaning and merges; never takes away what lets somebody pass today without saying so in `loses`.
 * Pure: `observed` comes from `lookupForPlan`.
 */
export function proposeSpf(want: SpfWant, live: Live<'TXT'>, observed: SpfPlanObservation): SpfProposal {
  const { name } = want;
  if (live.kind === 'unknown')
    return stop(`DNS did not answer for the TXT records of ${name}: ${live.detail}.`, askAgain);
  const unreadable = want.needs.flatMap((need) => need.mechanisms).find((text) => !mechanismIn(text));
  if (unreadable !== undefined)
    return stop(`${unreadable} is not an SPF mechanism.`, 'Write it as in include:_spf.example.com or ip4:192.0.2.10.');
  const set = live.kind === 'absent' ? undefined : live.set;
  const texts = (set?.data ?? []).map(txtText).filter(isSpfText);
  const reach = new Reach(
    tableOf(
      observed.added.answers.filter((answer) => answer !== observed.added.nodes[0]),
      observed.seen.answers,
    ).source,
  );
  const start = startOf(name, texts);
  const standing = typeof start === 'string' ? undefined : start.record;
  const broken = brokenNeed(want, new Reach(reach.source, 'unmatched'), standing);
  if (broken) return broken;
  if (typeof start === 'string')
    return stop(`The SPF record of ${name} cannot be read: ${start}`, `See what is wrong with it: septet spf ${name}`);
  const merged = mergeInto(start.record, name, want.needs, reach);
  const whole = parse(merged.text);
  if (whole.kind !== 'good') throw new TypeError(`the merged record cannot be read: ${merged.text}`);
  const end = withAll(whole.value, texts.length === 0 ? endOfNew(want) : want.all);
  const { text } = end;
  const before = withPieces(observed.seen, texts.length === 1 ? [{ name, text: texts[0] as string }] : []);
  const after = withPieces(observed.seen, [{ name, text }], observed.added.answers);
  const price = priceOf(before, after);
  const alike = texts.length === 1 && sameTerms(texts[0] as string, text, name);
  if (alike && set) {
    const fresh = startOf(name, []);
    const comparison = typeof fresh === 'string' ? undefined : sameRecord(fresh.record, want, text, name, reach);
    return { kind: 'keep', comparison: comparison ?? 'superset', set, price };
  }
  if (live.kind === 'alias')
    return stop(
      `${name} is an alias of ${live.target}, and no other record may stand beside a CNAME (RFC 1034 §3.6.2).`,
      `Replace the CNAME of ${name} by the records that it leads to, or change the SPF record of ${live.target}.`,
    );
  const loop = loopIn(spfTree(after).root, name);
  if (loop !== undefined)
    return stop(
      `${loop} leads back to the record of ${name}, which ends in permerror for everybody who is not named before it.`,
      'Take the term out first, or leave it out of what is wanted.',
    );
  if (price.lookupsAfter > maxLookups || price.voidsAfter > maxVoids) return { ...overLimit(name, price), price };
  const silent = silentIn(spfTree(after).root);
  if (silent !== undefined)
    return stop(`DNS did not answer for ${silent}, so nobody can tell what the SPF record of ${name} costs.`, askAgain);
  const change = withMember(name, setAt(live), want.ttlSeconds, isSpfText, [text]) as RrSet;
  return {
    kind: 'change',
    comparison: texts.length === 0 ? 'absent' : start.conflicting ? 'conflicting' : 'weaker',
    change: { name, type: 'TXT', ...(live.kind === 'present' ? { before: live.set } : {}), after: change },
    loses: [...start.loses, ...merged.loses, ...end.loses],
    notes: [
      ...start.notes,
      ...keptNotes(start.record, merged, want),
      ...merged.notes,
      ...end.notes,
      ...sizeNotes(name, text, change as RrSet<'TXT'>),
    ],
    price,
  };
}

const stop = (why: string, cure: string): Proposal & { readonly kind: 'blocked' } => ({
  kind: 'blocked',
  why,
  cure,
  ...(cure === askAgain ? { unanswered: true as const } : {}),
});

const endOfNew = (want: SpfWant): SpfWant['all'] =>
  want.all === 'keep' || want.all === 'ramp' ? (want.alone ? '-' : '~') : want.all;

/** A wanted mechanism that would end evaluations in an error, or that is new and whose record DNS does not tell. */
function brokenNeed(want: SpfWant, reach: Reach, live: SpfRecord | undefined): Proposal | undefined {
  const passes = (live?.terms ?? []).filter((term) => 'qualifier' in term && term.qualifier === '+');
  const standing = new Set(passes.map((term) => keyOf(term, want.name)));
  for (const text of want.needs.flatMap((need) => need.mechanisms)) {
    const term = mechanismIn(text);
    if (!term) continue;
    if (term.kind === 'include' && term.domain.name !== null) {
      const target = term.domain.name;
      const answer = reach.ask(target, 'TXT');
      if (answer?.kind === 'failed' && standing.has(keyOf(term, want.name))) continue;
      if (answer?.kind === 'failed')
        return stop(
          `DNS did not answer for ${target}, where ${text} leads: ${answer.detail ?? answer.reason}.`,
          askAgain,
        );
    }
    if (isEmpty(reach.ofTerm(term, want.name).permerror)) continue;
    const where =
      term.kind === 'include' ? 'no valid SPF record, or to one that leads to none' : 'more than ten exchanges';
    return stop(
      `${text} leads to ${where}, and with it receivers would answer permerror for mail of ${want.name}.`,
      'Compare the name with the instructions of the sending service.',
    );
  }
  return undefined;
}

function sameTerms(a: string, b: string, domain: DnsName): boolean {
  const words = (text: string): readonly string[] => {
    const parsed = parse(text);
    if (parsed.kind !== 'good') return [text];
    return parsed.value.terms.map((term) => `${'qualifier' in term ? term.qualifier : ''}${keyOf(term, domain)}`);
  };
  const [left, right] = [words(a), words(b)];
  return left.length === right.length && left.every((word, i) => word === right[i]);
}

/** Whether the live text says what a record made anew would say: the same, the same in other words, or more. */
function sameRecord(
  empty: SpfRecord,
  want: SpfWant,
  text: string,
  domain: DnsName,
  reach: Reach,
): 'equal' | 'equivalent' | undefined {
  const parsed = parse(mergeInto(empty, domain, want.needs, reach).text);
  if (parsed.kind !== 'good') return undefined;
  const fresh = withAll(parsed.value, endOfNew(want)).text;
  if (fresh === text) return 'equal';
  const sorted = (each: string): string => each.toLowerCase().split(' ').filter(Boolean).sort().join(' ');
  return sorted(fresh) === sorted(text) || sameTerms(fresh, text, domain) ? 'equivalent' : undefined;
}

/** A name in the tree that DNS did not answer for. */
function silentIn(node: TreeNode): DnsName | undefined {
  if (node.state === 'failed' || node.state === 'not-asked') return node.domain;
  for (const { nested } of node.terms) {
    const silent = nested && silentIn(nested);
    if (silent !== undefined) return silent;
  }
  return undefined;
}

function overLimit(name: DnsName, price: SpfPrice): Proposal {
  const over =
    price.lookupsAfter > maxLookups
      ? `${price.lookupsAfter} look-ups, and receivers stop at ${maxLookups}`
      : `${price.voidsAfter} look-ups that find nothing, and receivers stop at ${maxVoids}`;
  const today =
    price.lookupsBefore > maxLookups || price.voidsBefore > maxVoids
      ? ' The live record is over the limit already.'
      : '';
  return stop(
    `With all senders the SPF record of ${name} needs ${over} (RFC 7208 §4.6.4): from there on everybody fails.${today}`,
    `Take out what no longer sends or changes nothing (septet spf optimise ${name}), put networks in place of includes (septet spf flatten ${name}), or let a sender use a MAIL FROM name of its own below ${name}.`,
  );
}

function keptNotes(record: SpfRecord, merged: Merged, want: SpfWant): readonly string[] {
  // What stands at the end is the owner's word, and nobody expects it to go.
  const asked = new Set(want.needs.flatMap((need) => need.mechanisms).map((text) => text.toLowerCase()));
  const kept = record.terms
    .map((term) => term.text)
    .filter(
      (text) => !asked.has(text.toLowerCase()) && !/^[+?~-]?all$/i.test(text) && merged.text.split(' ').includes(text),
    );
  return kept.length === 0 ? [] : [`Kept from the live record: ${kept.join(' ')}.`];
}

/** RFC 7208 §3.4: what is longer may not fit into one small packet. Published all the same; a person should know. */
function sizeNotes(name: DnsName, text: string, set: RrSet<'TXT'>): readonly string[] {
  const answer = set.data.reduce(
    (sum, txt) => sum + 12 + txt.strings.reduce((octets, each) => octets + each.length + 1, 0),
    12 + name.length + 2 + 4,
  );
  if (text.length > comfortableOctets)
    return [
      `The record has ${text.length} octets; above ${comfortableOctets} it may not fit into one small packet. septet spf optimise ${name} cuts it.`,
    ];
  if (answer > smallAnswerOctets)
    return [
      `All TXT records of ${name} together make an answer of ${answer} octets, more than ${smallAnswerOctets}; some receivers then ask again over TCP. Remove proofs of ownership that nobody needs any more.`,
    ];
  return [];
}
