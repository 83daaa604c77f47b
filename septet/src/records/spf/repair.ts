/** Texts that were probably meant: broken records mended word by word, several records merged into one. */
import { gluedAt, meantBy } from './diagnose.ts';
import { format, isSpfText, parse } from './record.ts';
import type { SpfRecord } from './record.ts';
import { isTerm } from './term.ts';
import type { Qualifier, Term } from './term.ts';

/** The longest text that is worth a repair. */
const maxRepairCharacters = 8192;

/** A record without problems that says what the broken one means to say; `undefined` when a word cannot be told. */
export function repair(text: string): string | undefined {
  const terms = mendedTerms(text)?.filter((term) => !isForeign(term));
  if (!terms) return undefined;
  const last = terms.findIndex((term) => /^[+~?-]?all$/i.test(term));
  if (last >= 0) {
    // A record that lets everybody pass is never proposed.
    const [all = ''] = terms.splice(last, 1);
    terms.push(/^\+?all$/i.test(all) ? '~all' : all);
  }
  const record = ['v=spf1', ...terms].join(' ');
  const parsed = parse(record);
  return parsed.kind === 'good' && parsed.problems.length === 0 && parsed.value.terms.every(isPlain)
    ? record
    : undefined;
}

/**
 * Words that are no terms of SPF and that `repair` leaves out, such as `apple-domain-verification=…`: tokens that belong
 * into a TXT record of their own. Empty where the text cannot be repaired.
 */
export const foreignIn = (text: string): readonly string[] => (mendedTerms(text) ?? []).filter(isForeign);

/** A modifier that nobody knows: without effect (RFC 7208 §6). */
function isForeign(word: string): boolean {
  const parsed = parse(`v=spf1 ${word}`);
  return parsed.kind === 'good' && parsed.value.terms.some(({ kind }) => kind === 'modifier');
}

/** Every word as terms without problems, each once; `undefined` when a word cannot be told. */
function mendedTerms(text: string): string[] | undefined {
  if (text.length > maxRepairCharacters) return undefined;
  const body = text
    .replace(versionLike, '')
    .replaceAll('\u00c2\u00a0', ' ')
    .replaceAll(/[\s\u00a0]+/g, ' ')
    .replaceAll(/(?<=\S)["']+(?=\S)/g, ' ')
    .replaceAll(/[^ -~]|["']/g, '')
    .replaceAll(/ ?([:=]) +(?=[^ ])/g, '$1')
    .replaceAll(/(?<= |^)[+~?-] (?=[+~?-])/g, '')
    .replaceAll(/(?<= |^)([+~?-]) (?=[a-z])/gi, '$1');
  const terms: string[] = [];
  for (const word of body.split(' ')) {
    const mended = word === '' ? [] : repairWord(word, 0);
    if (!mended) return undefined;
    for (const term of mended) if (!terms.some((other) => other.toLowerCase() === term.toLowerCase())) terms.push(term);
  }
  return terms;
}

/** Whether the name in a term could be a host's: the grammar allows characters that no host name has. */
function isPlain(term: Term): boolean {
  return !('domain' in term) || term.domain === null || term.domain.dynamic || /^[a-z0-9._-]+$/i.test(term.domain.text);
}

/** How a version is miswritten, with what belongs to it. */
export const versionLike = /^["'\s]*(?:v\s*=\s*["']?spf\s*\d?(?:\.\d)?|spf[12](?:\.0)?(?=[\s;:,/]|$))[;:,/]*["']?\s*/i;

function clean(word: string): boolean {
  const parsed = parse(`v=spf1 ${word}`);
  return parsed.kind === 'good' && parsed.problems.length === 0;
}

function repairWord(word: string, depth: number): readonly string[] | undefined {
  if (clean(word)) return [word];
  if (depth > 6) return undefined;
  const again = (...parts: readonly string[]): readonly string[] | undefined => {
    const all: string[] = [];
    for (const part of parts) {
      const mended = part === '' ? [] : repairWord(part, depth + 1);
      if (!mended) return undefined;
      all.push(...mended);
    }
    return all;
  };
  if (/[,;]/.test(word)) return again(...word.split(/[,;]/));
  if (/^[+~?-]{2,}/.test(word)) return again(word.replace(/^[+~?-]+(?=[+~?-])/, ''));
  const trailing = /^all([+~?-])$/i.exec(word);
  if (trailing) return again(`${trailing[1]}all`);
  if (/^[+~?-](?:redirect|exp)[=:]/i.test(word)) return again(word.slice(1));
  if (/^(?:redirect|exp):/i.test(word)) return again(word.replace(':', '='));
  if (/^[+~?-]?(?:include|a|mx|ptr|exists|ip4|ip6)=/i.test(word)) return again(word.replace('=', ':'));
  const glued = gluedAt(word, isTerm);
  if (glued > 0) return again(word.slice(0, glued), word.slice(glued));
  if (/:\/\//.test(word)) return again(word.replace(/https?:\/\//i, '').replace(/(\.[a-z]+)\/.*$/i, '$1'));
  if (/[:=][^/]*@/.test(word)) return again(word.replace(/([:=])[^:=@]*@/, '$1'));
  if (/[:=]\*\./.test(word)) return again(word.replace('*.', ''));
  const address = /^([+~?-]?)(?:a|mx|include|ip6?):(\d+\.\d+\.\d+\.\d+(?:\/\d+)?)$/i.exec(word);
  if (address) return again(`${address[1]}ip4:${address[2]}`);
  const six = /^([+~?-]?)ip4:([0-9a-f]*:[0-9a-f:.]+(?:\/\d+)?)$/i.exec(word);
  if (six && clean(`ip6:${six[2]}`)) return again(`${six[1]}ip6:${six[2]}`);
  const port = /^([+~?-]?ip4:[\d.]+):\d+$/i.exec(word);
  if (port) return again(port[1] ?? '');
  const zeros = word.replace(/\/0+(?=\d)/, '/');
  if (zeros !== word) return again(zeros);
  const meant = isTerm(word) ? undefined : meantBy(word);
  return meant !== undefined && meant !== word ? again(meant) : undefined;
}

const strictness: Readonly<Record<Qualifier, number>> = { '+': 0, '?': 1, '~': 2, '-': 3 };

/**
 * One record with the terms of all, each once. Where they end differently the milder of ~all and -all stands, and never
 * +all or ?all. `undefined` when one of them cannot be read, even with repair.
 */
export function merge(texts: readonly string[]): string | undefined {
  const records: SpfRecord[] = [];
  for (const text of texts) {
    const mended = clean(text.slice('v=spf1'.length).trim()) ? text : repair(text);
    const parsed = parse(mended ?? '');
    if (parsed.kind !== 'good') return undefined;
    records.push(parsed.value);
  }
  const terms = new Map<string, string>();
  let all: Qualifier = '-';
  let ends = false;
  for (const record of records) {
    const hasAll = record.terms.some((term) => term.kind === 'all');
    for (const term of record.terms) {
      if (term.kind === 'all') {
        ends = true;
        if (strictness[term.qualifier] < strictness[all]) all = '~';
      } else if (term.kind === 'redirect') {
        if (!hasAll) terms.set(`include:${term.domain.text}`.toLowerCase(), `include:${term.domain.text}`);
      } else if (!terms.has(term.text.toLowerCase())) terms.set(term.text.toLowerCase(), term.text);
    }
  }
  const text = ['v=spf1', ...terms.values(), ends ? `${all}all` : '~all'].join(' ');
  return isSpfText(text) && parse(text).kind === 'good' ? text : undefined;
}

/** Changes to a record that several findings ask for; one text mends them all. */
/** Whether the term names somebody who may send. */
const names = (term: Term): boolean => term.kind !== 'all' && term.kind !== 'exp' && term.kind !== 'modifier';

export class Mend {
  readonly #record: SpfRecord;
  readonly #changes = new Map<Term, string>();
  #all: string | undefined;

  constructor(record: SpfRecord) {
    this.#record = record;
  }

  remove(term: Term): void {
    this.#changes.set(term, '');
  }

  replace(term: Term, text: string): void {
    if (!this.#changes.has(term)) this.#changes.set(term, text);
  }

  /** The `all` at the end of the mended record. */
  endWith(text: string): void {
    this.#all = text;
  }

  /** The text after all changes; `undefined` when nothing changed, nobody would pass, or it could not be read. */
  text(): string | undefined {
    const texts: string[] = [];
    for (const term of this.#record.terms) {
      if (term.kind === 'all' && this.#all !== undefined) continue;
      const text = this.#changes.get(term) ?? term.text;
      if (text !== '' && !texts.includes(text)) texts.push(text);
    }
    if (this.#all !== undefined) texts.push(this.#all);
    const text = ['v=spf1', ...texts].join(' ');
    const parsed = parse(text);
    if (text === format(this.#record) || parsed.kind !== 'good') return undefined;
    if (this.#record.terms.some(names) && !parsed.value.terms.some(names)) return undefined;
    return text;
  }
}
