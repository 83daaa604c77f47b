/**
 * Joints: where the character-strings of one TXT record meet. Readers put nothing between them (RFC 7208 §3.3,
 * RFC 6376 §3.6.2.2), so `"include:a.example" "ip4:192.0.2.1"` is one broken term, and a blank that a panel adds at
 * the 255th octet breaks a name in two.
 */
import type { Txt } from '../../dns/rrset.ts';
import type { Span } from '../../text/parsed.ts';
import type { Versioned } from './kinds.ts';

export interface JointProblem extends Span {
  /** Offset of the joint in the joined text. */
  readonly at: number;
  /** `lost`: a blank is missing at the joint. `added`: a blank stands inside a term or value. */
  readonly kind: 'lost' | 'added';
}

/** Mechanisms and modifiers that cannot be the continuation of a name or address. */
const beginsTerm = /^(?:[+?~-]?(?:include|ip4|ip6|exists|mx|ptr):|redirect=|exp=|[+?~-]all(?: |$))/i;
const wholeTerm = /^[+?~-]?(?:all|(?:a|mx|ptr)(?:[:/].*)?|(?:include|ip4|ip6|exists):.+)$|^[a-z][a-z0-9._-]*=/i;

const none: readonly JointProblem[] = [];

/** The joints that damage the record. */
export function jointProblems(txt: Txt, kind: Versioned): readonly JointProblem[] {
  if (txt.strings.length < 2) return none;
  const problems: JointProblem[] = [];
  let before = '';
  for (const [i, string] of txt.strings.entries()) {
    if (i > 0 && before !== '' && string !== '') {
      const next = string + txt.strings.slice(i + 1).join('');
      const problem = kind === 'spf' ? spfJoint(before, next) : tagJoint(before, next, kind);
      if (problem) problems.push(problem);
    }
    before += string;
  }
  return problems;
}

function spfJoint(before: string, next: string): JointProblem | undefined {
  const at = before.length;
  if (before.endsWith(' ') || next.startsWith(' ')) {
    return continuesTerm(before, next) ? { at, kind: 'added', ...blanksAround(before, next) } : undefined;
  }
  const left = lastWord(before);
  const isComplete = wholeTerm.test(left) || left.toLowerCase() === 'v=spf1';
  if (!isComplete || !beginsTerm.test(next)) return undefined;
  return { at, kind: 'lost', offset: at - left.length, length: left.length + firstWord(next).length };
}

/** Whether the first word of `next` is no SPF term by itself, but is one together with the last word of `before`. */
export function continuesTerm(before: string, next: string): boolean {
  const left = lastWord(before);
  const right = firstWord(next.trimStart());
  return right !== '' && left.toLowerCase() !== 'v=spf1' && !wholeTerm.test(right) && wholeTerm.test(left + right);
}

/** In tag lists only a blank inside a value does harm; around `;`, `=`, `,` and in base64 it is allowed. */
function tagJoint(before: string, next: string, kind: Versioned): JointProblem | undefined {
  if (!before.endsWith(' ') && !next.startsWith(' ')) return undefined;
  const left = before.trimEnd().at(-1) ?? ';';
  const right = next.trimStart()[0] ?? ';';
  if (';=,!'.includes(left) || ';=,!'.includes(right)) return undefined;
  // RFC 6376 §3.2 lets base64 hold white space anywhere; notes (n=) are free text.
  if (kind === 'dkim' && /(?:^|;)\s*[pn]\s*=[^;]*$/.test(before)) return undefined;
  return { at: before.length, kind: 'added', ...blanksAround(before, next) };
}

function blanksAround(before: string, next: string): Span {
  const offset = before.trimEnd().length;
  return { offset, length: before.length - offset + (next.length - next.trimStart().length) };
}

function firstWord(text: string): string {
  const blank = text.indexOf(' ');
  return blank < 0 ? text : text.slice(0, blank);
}

function lastWord(text: string): string {
  const bare = text.trimEnd();
  return bare.slice(bare.lastIndexOf(' ') + 1);
}
