/**
 * The lines of a body and the hash over a run of them (RFC 6376 §3.4.3, §3.4.4, §3.7), for trying out what the signer may
 * have seen. `body.ts` hashes a stream once; here one body is hashed from line to line and compared at each.
 */
import { createHash, type Hash } from 'node:crypto';
import type { LineEnd } from '../../mail/header.ts';

export type Form = 'simple' | 'relaxed';

/** What the signature says of the body. */
export interface SignedBody {
  readonly form: Form;
  /** `bh=` without blanks, base64 of a SHA-256. */
  readonly hash: string;
  /** `l=`. */
  readonly length?: number;
}

/** What may still be spent on trying; counted down by those who spend. */
export interface Purse {
  hashes: number;
  octets: number;
}

/** Of one body: about a third of a second at most. */
export const bodyPurse = (): Purse => ({ hashes: 40_000, octets: 192 * 1024 * 1024 }); // house

/** Line ends at which a prefix is tried, counted from the bottom. */
export const maxLinesTried = 5000; // house

/** Lines without their ends; a text that ends with a line end has no empty line behind it. */
export function linesOf(text: string, lineEnd: LineEnd): readonly string[] {
  if (text === '') return [];
  const lines = lineEnd === 'crlf' ? text.split('\r\n') : text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

const blanks = /[ \t]+/g;
const lastBlank = / $/;

/** RFC 6376 §3.4.4 (a) for one line. */
export const relaxedLine = (line: string): string =>
  line.includes('\t') || line.includes('  ') || line.endsWith(' ')
    ? line.replace(blanks, ' ').replace(lastBlank, '')
    : line;

export const canonicalLines = (lines: readonly string[], form: Form): readonly string[] =>
  form === 'simple' ? lines : lines.map(relaxedLine);

/** The canonical body as text: empty lines at its end removed, CRLF at every line's end. */
export function canonicalText(lines: readonly string[], form: Form, end = '\r\n'): string {
  const canonical = canonicalLines(lines, form);
  let count = canonical.length;
  while (count > 0 && canonical[count - 1] === '') count--;
  if (count === 0) return form === 'simple' ? end : '';
  return canonical.slice(0, count).join(end) + end;
}

/** Whether the hash of `text` is the signed one. */
export function isSignedText(text: string, signed: SignedBody, purse: Purse): boolean {
  if (!spend(purse, text.length)) return false;
  const part = signed.length === undefined ? text : text.slice(0, signed.length);
  return createHash('sha256').update(part, 'latin1').digest('base64') === signed.hash;
}

/** Whether a body of these lines, as they stand, is the signed one. */
export const areSignedLines = (lines: readonly string[], signed: SignedBody, purse: Purse): boolean =>
  isSignedText(canonicalText(lines, signed.form), signed, purse);

/**
 * How many of the canonical lines from `from` on make the signed body: all of them, or those above a footer. `undefined`
 * where none do. With `l=` only the whole is tried, since what stands below the signed length is not signed at all.
 */
export function signedLines(
  canonical: readonly string[],
  signed: SignedBody,
  purse: Purse,
  from = 0,
): number | undefined {
  if (signed.length !== undefined) {
    return isSignedText(canonicalText(canonical.slice(from), signed.form), signed, purse)
      ? canonical.length - from
      : undefined;
  }
  const hash = createHash('sha256');
  const firstTried = Math.max(from + 1, canonical.length - maxLinesTried);
  if (isSignedText(signed.form === 'simple' ? '\r\n' : '', signed, purse)) return 0;
  let empty = 0;
  for (let at = from; at < canonical.length; at++) {
    const line = canonical[at] ?? '';
    if (line === '') {
      empty++;
      continue;
    }
    for (; empty > 0; empty--) hash.update('\r\n');
    hash.update(`${line}\r\n`, 'latin1');
    purse.octets -= line.length + 2;
    if (at + 1 < firstTried) continue;
    if (!spend(purse, 0)) return undefined;
    if (hash.copy().digest('base64') === signed.hash) return at + 1 - from;
  }
  return undefined;
}

/**
 * The run of lines that was put in somewhere: what stands above and below it makes the signed body. Tries every run, so
 * it is for short bodies. `undefined` where there is none.
 */
export function insertedRun(
  canonical: readonly string[],
  signed: SignedBody,
  purse: Purse,
): { readonly from: number; readonly to: number } | undefined {
  if (signed.length !== undefined) return undefined;
  let end = canonical.length;
  while (end > 0 && canonical[end - 1] === '') end--;
  const below: string[] = Array.from({ length: end + 1 }, () => '');
  for (let at = end - 1; at >= 0; at--) below[at] = `${canonical[at] ?? ''}\r\n${below[at + 1] ?? ''}`;
  const above: Hash = createHash('sha256');
  for (let from = 0; from < end - 1; from++) {
    for (let to = from + 1; to < end; to++) {
      const rest = below[to] ?? '';
      if (!spend(purse, rest.length)) return undefined;
      if (above.copy().update(rest, 'latin1').digest('base64') === signed.hash) return { from, to };
    }
    above.update(`${canonical[from] ?? ''}\r\n`, 'latin1');
  }
  return undefined;
}

export function spend(purse: Purse, octets: number): boolean {
  purse.hashes--;
  purse.octets -= octets;
  return purse.hashes >= 0 && purse.octets >= 0;
}
