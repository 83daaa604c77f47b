/**
 * SPF, the Sender Policy Framework (RFC 7208): which hosts may send mail with this domain in MAIL FROM or HELO.
 *
 * One TXT record at the domain itself, beginning `v=spf1`:
 *
 *     example.com. 3600 IN TXT "v=spf1 ip4:198.51.100.7 include:_spf.mailer.example -all"
 *
 * A receiver reads the terms from left to right; the first mechanism that matches the connecting address decides:
 * `+` pass (the default), `-` fail, `~` softfail, `?` neutral. `include` asks another domain's record and matches when
 * that one passes; `redirect=` goes over to another record when nothing matched; `exp=` explains a fail. Any error
 * anywhere in the text makes the whole record void (permerror), and so do more than ten terms that ask DNS (§4.6.4).
 *
 * Who reads it: the receiving mail server, for the MAIL FROM domain and the HELO name, never for the From line;
 * DMARC then asks whether the domain that passed belongs to the From domain.
 */
import type { Parsed, Problem } from '../../text/parsed.ts';
import type { SpfProblemCode } from './diagnose.ts';
import type { DomainSpec } from './macro.ts';
import { parseTerm } from './term.ts';
import type { Term } from './term.ts';

export interface SpfRecord {
  /** The text that was read. */
  readonly text: string;
  /** In the order in which they stand. */
  readonly terms: readonly Term[];
  readonly redirect: DomainSpec | null;
  readonly exp: DomainSpec | null;
}

export type SpfParsed = Parsed<SpfRecord, SpfProblemCode>;

const version = 'v=spf1';

/** Whether a TXT text selects itself as an SPF record: the version, then a blank or the end (RFC 7208 §4.5). */
export function isSpfText(text: string): boolean {
  if (text.length < version.length || (text.length > version.length && text.charCodeAt(version.length) !== 32))
    return false;
  return text.startsWith(version) || text.slice(0, version.length).toLowerCase() === version;
}

/**
 * Reads one record by the grammar of RFC 7208 §12. `bad` is exactly what a verifier answers with permerror; `good` may
 * carry problems: what is allowed by the grammar and yet surely not meant. Linear in the length of the text.
 */
export function parse(text: string): SpfParsed {
  if (!isSpfText(text)) return { kind: 'other' };
  const problems: Problem<SpfProblemCode>[] = [];
  const terms: Term[] = [];
  let redirect: DomainSpec | null = null;
  let exp: DomainSpec | null = null;
  let broken = false;
  let from = version.length;
  while (from < text.length) {
    if (text.charCodeAt(from) === 32) {
      from++;
      continue;
    }
    let end = text.indexOf(' ', from);
    if (end < 0) end = text.length;
    const before = problems.length;
    const term = parseTerm(text.slice(from, end), from, problems);
    if (!term) {
      broken = true;
      if (problems[before]?.code === 'spf.syntax.space_after_colon') end = joinNext(text, from, end, problems);
    } else {
      terms.push(term);
      if (term.kind === 'redirect' || term.kind === 'exp') {
        if (term.kind === 'redirect' ? redirect : exp) {
          problems.push({ code: 'spf.redirect.multiple', ...term.at, args: { name: term.kind } });
          broken = true;
        } else if (term.kind === 'redirect') redirect = term.domain;
        else exp = term.domain;
      }
    }
    from = end;
  }
  if (broken) return { kind: 'bad', problems };
  return { kind: 'good', value: { text, terms, redirect, exp }, problems };
}

/** `include: x` is one mistake and not two: takes the next word into the problem when it is no term by itself. */
function joinNext(text: string, from: number, end: number, problems: Problem<SpfProblemCode>[]): number {
  let start = end;
  while (text.charCodeAt(start) === 32) start++;
  let stop = text.indexOf(' ', start);
  if (stop < 0) stop = text.length;
  if (start >= stop || parseTerm(text.slice(start, stop), start, [])) return end;
  const problem = problems.pop();
  if (problem) problems.push({ ...problem, offset: from, length: stop - from });
  return stop;
}

/** The text of a record from its terms, single blanks between. */
export function format(record: Pick<SpfRecord, 'terms'>): string {
  let text = version;
  for (const term of record.terms) text += ` ${term.text}`;
  return text;
}
