/** A field of the message as evidence. */
import type { Evidence } from '../../finding/finding.ts';
import type { Field } from '../../mail/header.ts';

/** What is shown of a field; the rest is cut with `…`. */
const maxShown = 400; // house

/** The field on one line, with its place in the file. */
export function fieldEvidence(source: string, field: Field): Evidence {
  const text = field.raw.replaceAll(/\r\n(?=[ \t])/g, '').replaceAll(/[ \t]+/g, ' ');
  return { kind: 'file', place: source, line: field.line, text: shorten(text, maxShown) };
}

export const shorten = (text: string, length: number): string =>
  text.length > length ? `${text.slice(0, length - 1)}…` : text;
