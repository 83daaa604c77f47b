/**
 * What is known beforehand about a selector: who named it and what should stand there. Plain data, so that the sender
 * profiles (a higher floor), the configuration and the command line can all hand it in.
 */
import type { DnsName } from '../../dns/name.ts';

export interface Expectation {
  /** Whether the name should hold the key itself or point to the sender's own record. */
  readonly type: 'TXT' | 'CNAME';
  /**
   * Where a CNAME may point: lower-case names in which `*` stands for one or more characters, `{domain}` for the domain
   * and `{dashes}` for the domain with dashes for its dots. Any one will do; none means that the target is not known.
   */
  readonly targets?: readonly string[];
}

export interface SelectorCandidate {
  readonly selector: string;
  /** `given`: by the user, a message or a report. `profile`: the sender's usual one. `common`: a guess. */
  readonly origin: 'given' | 'profile' | 'common';
  readonly expect?: Expectation;
  /** The sender that sets this selector, together with others of the same group: `SendGrid`. */
  readonly group?: string;
  /** Whether mail is known to be signed with it. Default: true for `given`, false otherwise. */
  readonly signs?: boolean;
}

/** Whether the target fits one of the expected ones; true where nothing in particular is expected. */
export function fitsTarget(expect: Expectation, domain: DnsName, target: string): boolean {
  if (!expect.targets || expect.targets.length === 0) return true;
  return expect.targets.some((pattern) => matchesPattern(fillPattern(pattern, domain), target));
}

/** The one target that is expected, where it holds no account-specific part. */
export function exactTarget(expect: Expectation, domain: DnsName): string | undefined {
  const [only, ...more] = expect.targets ?? [];
  if (only === undefined || more.length > 0 || only.includes('*')) return undefined;
  return fillPattern(only, domain);
}

export function fillPattern(pattern: string, domain: DnsName): string {
  if (!pattern.includes('{')) return pattern;
  return pattern.replaceAll('{domain}', domain).replaceAll('{dashes}', domain.replaceAll('.', '-'));
}

/** `*` stands for one or more characters; everything else for itself. Linear for the few stars of a pattern. */
export function matchesPattern(pattern: string, text: string): boolean {
  const star = pattern.indexOf('*');
  if (star < 0) return pattern === text;
  // Nearly all patterns that are tried do not fit: the ends tell, without a piece made.
  const tail = pattern.length - pattern.lastIndexOf('*') - 1;
  for (let i = 1; i <= tail; i++) {
    if (pattern.charCodeAt(pattern.length - i) !== text.charCodeAt(text.length - i)) return false;
  }
  const pieces = pattern.split('*');
  const first = pieces[0] ?? '';
  const last = pieces.at(-1) ?? '';
  if (!text.startsWith(first) || !text.endsWith(last)) return false;
  let at = first.length;
  const end = text.length - last.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = text.indexOf(piece, at + 1);
    if (found < 0 || found + piece.length > end) return false;
    at = found + piece.length;
  }
  return at < end;
}
