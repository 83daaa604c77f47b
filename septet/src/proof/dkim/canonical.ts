/**
 * The two forms in which a header field is signed (RFC 6376 §3.4). Text has one character per octet, folds are CRLF, and
 * the line end that closes a field is not part of it.
 */
import type { Field } from '../../mail/header.ts';

export type CanonicalForm = 'simple' | 'relaxed';

/** The field as it goes into the hash, without its closing CRLF (RFC 6376 §3.4.1, §3.4.2). */
export function canonicalField(field: Field, form: CanonicalForm): string {
  return form === 'simple' ? field.raw : relaxedText(field.key, field.raw.slice(field.colon + 1));
}

/** As `canonicalField`, for a signature field whose `b=` is taken out: what §3.7 puts last into the hash. */
export function canonicalSignature(field: Field, form: CanonicalForm): string {
  const raw = withoutSignature(field.raw);
  return form === 'simple' ? raw : relaxedText(field.key, raw.slice(field.colon + 1));
}

/** RFC 6376 §3.4.2: name in lower case, unfolded, runs of blanks as one space, none around the colon and at the end. */
function relaxedText(key: string, body: string): string {
  let value = body.includes('\r\n') ? body.replaceAll('\r\n', '') : body;
  if (value.includes('\t') || value.includes('  ')) value = value.replaceAll(/[ \t]+/g, ' ');
  let from = 0;
  let to = value.length;
  if (value.charCodeAt(from) === space) from++;
  if (to > from && value.charCodeAt(to - 1) === space) to--;
  return `${key}:${value.slice(from, to)}`;
}

const space = 32;

/**
 * A signature field without the value of its `b=`, blanks and folds around the value included; all else stays
 * (RFC 6376 §3.7; RFC 8617 §4.1.2 and §4.1.3 do the same). A field without `b=` comes back as it is.
 */
export function withoutSignature(raw: string): string {
  let from = raw.indexOf(':') + 1;
  while (from < raw.length) {
    const semicolon = raw.indexOf(';', from);
    const end = semicolon < 0 ? raw.length : semicolon;
    const equals = raw.indexOf('=', from);
    if (equals >= 0 && equals < end && isSignatureTag(raw, from, equals)) {
      return raw.slice(0, equals + 1) + raw.slice(end);
    }
    from = end + 1;
  }
  return raw;
}

/** Whether blanks, `b` and blanks stand between the two places. */
function isSignatureTag(raw: string, from: number, to: number): boolean {
  let start = from;
  let end = to;
  while (start < end && isBlank(raw.charCodeAt(start))) start++;
  while (end > start && isBlank(raw.charCodeAt(end - 1))) end--;
  return end === start + 1 && raw.charCodeAt(start) === 0x62;
}

const isBlank = (code: number): boolean => code === space || code === 9 || code === 13 || code === 10;
