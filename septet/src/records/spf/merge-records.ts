/** The record that a plan begins with, where what stands there is not one readable record. */
import type { DnsName } from '../../dns/name.ts';
import { keyOf, strictness, type Merged } from './merge.ts';
import { parse, type SpfRecord } from './record.ts';
import { foreignIn, repair } from './repair.ts';
import type { Qualifier } from './term.ts';

/** What a plan begins with. */
export interface Start {
  readonly record: SpfRecord;
  readonly loses: readonly string[];
  readonly notes: readonly string[];
  /** What stands there is an error to receivers. */
  readonly conflicting: boolean;
}

/**
 * The record to begin with: the one that stands there, mended or made of several, or an empty one. A text that cannot be
 * mended comes back as it is.
 */
export function startOf(domain: DnsName, texts: readonly string[]): Start | string {
  const [first = 'v=spf1'] = texts;
  if (texts.length > 1) {
    const merged = mergeRecords(texts, domain);
    const read = merged && parse(merged.text);
    if (!merged || read?.kind !== 'good') return texts.join(' and ');
    return { record: read.value, loses: merged.loses, notes: merged.notes, conflicting: true };
  }
  const read = parse(first);
  if (read.kind === 'good') return { record: read.value, loses: [], notes: [], conflicting: false };
  const mended = parse(repair(first) ?? '');
  if (mended.kind !== 'good') return first;
  const note = 'The live record has a syntax error, so that nobody passes; what it means to say is kept.';
  const foreign = foreignIn(first).map(
    (word) =>
      `${word} is no term of SPF and is left out; if it proves ownership, it goes into a TXT record of its own.`,
  );
  return { record: mended.value, loses: [first], notes: [note, ...foreign], conflicting: true };
}

/**
 * Several records as one (RFC 7208 §3.2 allows only one): every term of all, each once. What lets pass comes before what
 * refuses where records disagree. `undefined` when one of them cannot be read, even with repair.
 */
export function mergeRecords(texts: readonly string[], domain: DnsName): Merged | undefined {
  const mechanisms = new Map<string, string>();
  const refusals = new Map<string, string>();
  const modifiers = new Map<string, string>();
  const notes: string[] = [];
  const loses: string[] = [];
  const ends: Qualifier[] = [];
  /** Refusals that stood before something that lets pass: there they decided first. */
  const early = new Set<string>();
  for (const text of texts) {
    const parsed = parse(text);
    const mended = parsed.kind === 'good' ? text : repair(text);
    const read = mended === undefined ? parsed : parse(mended);
    if (read.kind !== 'good') return undefined;
    if (mended !== text) loses.push(text);
    const waiting: string[] = [];
    for (const term of read.value.terms) {
      if (term.kind === 'all') {
        if (term.qualifier === '+') loses.push(text);
        ends.push(term.qualifier === '+' ? '~' : term.qualifier);
        break;
      }
      if (!('qualifier' in term)) continue;
      const key = keyOf(term, domain);
      const list = term.qualifier === '+' ? mechanisms : refusals;
      if (!list.has(key)) list.set(key, term.text);
      if (term.qualifier === '+') for (const before of waiting.splice(0)) early.add(before);
      else waiting.push(key);
    }
    for (const term of read.value.terms) {
      if (term.kind === 'redirect') {
        if (read.value.terms.some((each) => each.kind === 'all')) continue;
        const include = `include:${term.domain.text}`;
        mechanisms.set(`include:${term.domain.name ?? term.domain.text}`, include);
        notes.push(`${term.text} becomes ${include}, so that the terms of the other record count too.`);
      } else if (!('qualifier' in term)) {
        const name = term.kind === 'modifier' ? term.name : term.kind;
        if (!modifiers.has(name)) modifiers.set(name, term.text);
      }
    }
  }
  const end =
    ends.length === 0 ? '~' : ends.reduce((mild, each) => (strictness[each] < strictness[mild] ? each : mild));
  const refused = [...refusals].filter(([key]) => !mechanisms.has(key)).map(([, text]) => text);
  const words = [...mechanisms.values(), ...refused, `${end}all`, ...modifiers.values()];
  for (const [key, text] of refusals) {
    if (!early.has(key) && !mechanisms.has(key)) continue;
    loses.push(text);
    notes.push(
      mechanisms.has(key)
        ? `${text} goes: another of the records lets the same pass.`
        : `${text} decided before what lets pass, and comes behind it now.`,
    );
  }
  notes.push(`${texts.length} SPF records become one; receivers answer permerror while there are several.`);
  return { text: ['v=spf1', ...words].join(' '), added: [], loses: [...new Set(loses)], notes };
}
