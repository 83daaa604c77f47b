/**
 * A record that is too long for one small packet, cut into `_spf1.<domain>`, `_spf2.<domain>` and so on, each of which
 * includes the next. RFC 7208 §3.4: name and text together under 450 octets ought to fit into UDP packets.
 */
import { under, type DnsName } from '../../dns/name.ts';
import { rehomed, signOf } from './flatten-terms.ts';
import { parse } from './record.ts';
import type { Mechanism, Term } from './term.ts';

/** RFC 7208 §3.4. */
export const comfortableOctets = 450;

/** An SPF record to be published. */
export interface SpfPiece {
  readonly name: DnsName;
  readonly text: string;
}

export interface SplitOptions {
  /** What stands at names where a part might go: its SPF text, or `undefined` for something else. */
  readonly taken?: ReadonlyMap<DnsName, string | undefined>;
  readonly maxOctets?: number;
}

export interface SplitResult {
  /** The record of the domain first, then its parts in the order in which they include each other. */
  readonly pieces: readonly SpfPiece[];
  /** Every piece keeps to the limit. */
  readonly fits: boolean;
}

/** The highest number of a part. */
export const maxParts = 40;

export const partName = (number: number, domain: DnsName): DnsName | undefined => under(`_spf${number}`, domain);

/**
 * Cuts a record where it is longer than 450 octets. Verdicts stay as they are: mechanisms move only side by side with
 * others of the same qualifier, and what depends on the record's own domain is written out or stays. A name is used
 * only if nothing else stands there, so that no live record changes its meaning before the domain's own does.
 */
export function split(domain: DnsName, text: string, options: SplitOptions = {}): SplitResult {
  const most = options.maxOctets ?? comfortableOctets;
  const whole: SplitResult = { pieces: [{ name: domain, text }], fits: text.length + domain.length <= most };
  const parsed = parse(text);
  if (whole.fits || parsed.kind !== 'good') return whole;
  let best = whole;
  for (let start = 1; start <= maxParts; start++) {
    const result = splitFrom(domain, parsed.value.terms, start, most);
    if (!result) break;
    best = best === whole ? result : best;
    if (result.pieces.slice(1).every((piece) => isFree(piece, options.taken))) return result;
  }
  return best === whole ? whole : { ...best, fits: false };
}

function isFree({ name, text }: SpfPiece, taken: SplitOptions['taken']): boolean {
  return !taken?.has(name) || taken.get(name) === text;
}

type Word = { readonly text: string; readonly moved: string | undefined; readonly qualifier: string };

function splitFrom(domain: DnsName, terms: readonly Term[], start: number, most: number): SplitResult | undefined {
  let words = terms.map((term) => wordOf(term, domain));
  const parts: SpfPiece[] = [];
  const length = (): number => lengthOf(words.map((word) => word.text)) + domain.length;
  for (let before = Infinity; length() > most && length() < before;) {
    before = length();
    const run = longestRun(words);
    if (!run) break;
    const first = partName(start + parts.length, domain);
    if (!first || start + parts.length > maxParts) return undefined;
    const link = `${signOf(run.qualifier as '+')}include:${first}`;
    // As much of the run stays as there is room for; what stays costs no look-up.
    let room = most - length() + lengthOf(run.words.map((word) => word.text)) - lengthOf([link]);
    let stay = 0;
    for (const word of run.words) {
      if ((room -= word.text.length + 1) < 0) break;
      stay++;
    }
    const moving = run.words.slice(stay).map((word) => word.moved ?? word.text);
    const chain = chainOf(moving, domain, start + parts.length, most);
    if (!chain) return undefined;
    parts.push(...chain);
    const linked: Word = { text: link, moved: undefined, qualifier: run.qualifier };
    words = [...words.slice(0, run.at + stay), linked, ...words.slice(run.at + run.words.length)];
  }
  const text = ['v=spf1', ...words.map((word) => word.text)].join(' ');
  return { pieces: [{ name: domain, text }, ...parts], fits: length() <= most };
}

const lengthOf = (texts: readonly string[]): number => texts.reduce((sum, text) => sum + text.length + 1, 6);

function wordOf(term: Term, domain: DnsName): Word {
  if (!('qualifier' in term) || term.kind === 'all') return { text: term.text, moved: undefined, qualifier: '' };
  return { text: term.text, moved: rehomed(term as Mechanism, domain, '+'), qualifier: term.qualifier };
}

/** The longest run of words side by side that may move together. One that is not longer than its link is left alone. */
function longestRun(
  words: readonly Word[],
): { readonly at: number; readonly words: readonly Word[]; readonly qualifier: string } | undefined {
  let best: { at: number; words: readonly Word[]; qualifier: string; octets: number } | undefined;
  for (let at = 0; at < words.length;) {
    const qualifier = words[at]?.qualifier ?? '';
    let end = at;
    while (end < words.length && words[end]?.moved !== undefined && words[end]?.qualifier === qualifier) end++;
    const run = words.slice(at, end);
    const octets = lengthOf(run.map((word) => word.text));
    if (run.length > 1 && (!best || octets > best.octets)) best = { at, words: run, qualifier, octets };
    at = Math.max(end, at + 1);
  }
  return best;
}

/** `v=spf1 ip4:… include:_spf2.example.com -all`, as many as are needed. */
function chainOf(
  words: readonly string[],
  domain: DnsName,
  start: number,
  most: number,
): readonly SpfPiece[] | undefined {
  const out: SpfPiece[] = [];
  let left = words;
  for (let number = start; left.length > 0; number++) {
    const name = partName(number, domain);
    const next = partName(number + 1, domain);
    if (!name || !next || number > maxParts) return undefined;
    const room = most - name.length - lengthOf(['-all']);
    if (lengthOf(left) - 6 <= room) {
      out.push({ name, text: ['v=spf1', ...left, '-all'].join(' ') });
      break;
    }
    let octets = `include:${next}`.length + 1;
    let count = 0;
    for (const word of left) {
      if ((octets += word.length + 1) > room) break;
      count++;
    }
    if (count === 0) return undefined;
    out.push({ name, text: ['v=spf1', ...left.slice(0, count), `include:${next}`, '-all'].join(' ') });
    left = left.slice(count);
  }
  return out;
}
