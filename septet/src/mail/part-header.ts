/** What the header of a part says about its content (RFC 2045 §5, §6; RFC 2183). */
import { parseContentType, parseDisposition } from './content-type.ts';
import { bodyOf, fieldsOf } from './header.ts';
import type { Field, Header } from './header.ts';
import type { MimeCode } from './mime.ts';

export interface PartHeader {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  /** As `MimePart` has it. */
  readonly transferEncoding: string;
  /** How the content is read; an unknown encoding is read as it stands. */
  readonly reading: 'plain' | 'quoted-printable' | 'base64';
  readonly disposition?: 'inline' | 'attachment';
  readonly fileName?: string;
  readonly problems: readonly PartProblem[];
}

export interface PartProblem {
  readonly code: MimeCode;
  /** Of the field, from 1. */
  readonly line: number;
  readonly detail: string;
}

type Note = (code: MimeCode, field: Field | undefined, detail: string) => void;

const noParameters: ReadonlyMap<string, string> = new Map();

/** `fallbackType` is `message/rfc822` in a digest (RFC 2046 §5.1.5), else `text/plain`. Never throws. */
export function readPartHeader(header: Header, fallbackType: string): PartHeader {
  const problems: PartProblem[] = [];
  const note: Note = (code, field, detail) => {
    problems.push({ code, line: field?.line ?? 1, detail });
  };
  const { type, parameters } = contentType(header, fallbackType, note);
  const { transferEncoding, reading } = contentEncoding(header, note);
  const composite = type.startsWith('multipart/') || type.startsWith('message/');
  // RFC 6532 §3.5 allows encodings for message/global and its kin.
  if (composite && reading !== 'plain' && !type.startsWith('message/global'))
    note('encoding.composite', fieldsOf(header, 'content-transfer-encoding')[0], `${type} in ${transferEncoding}`);
  const field = fieldsOf(header, 'content-disposition')[0];
  const parsed = field === undefined ? undefined : parseDisposition(bodyOf(field));
  const given = parsed?.kind === 'good' ? parsed.value : undefined;
  const fileName = given?.fileName ?? (parameters.get('name') || undefined);
  return {
    type,
    parameters,
    transferEncoding,
    reading,
    // A disposition that nobody knows is an attachment (RFC 2183 §2.8).
    ...(given === undefined ? {} : { disposition: given.disposition === 'inline' ? 'inline' : 'attachment' }),
    ...(fileName === undefined ? {} : { fileName }),
    problems,
  };
}

function contentType(
  header: Header,
  fallbackType: string,
  note: Note,
): { readonly type: string; readonly parameters: ReadonlyMap<string, string> } {
  const fields = fieldsOf(header, 'content-type');
  const field = fields[0];
  if (field === undefined) return { type: fallbackType, parameters: noParameters };
  if (fields.length > 1) note('type.invalid', field, `${fields.length} Content-Type fields; the first counts`);
  const text = bodyOf(field);
  const parsed = parseContentType(text);
  if (parsed.kind === 'good') return parsed.value;
  note('type.invalid', field, clip(text.trim()));
  return { type: 'text/plain', parameters: noParameters };
}

const readings: ReadonlyMap<string, PartHeader['reading']> = new Map([
  ['7bit', 'plain'],
  ['8bit', 'plain'],
  ['binary', 'plain'],
  ['quoted-printable', 'quoted-printable'],
  ['base64', 'base64'],
]);

function contentEncoding(
  header: Header,
  note: Note,
): { readonly transferEncoding: string; readonly reading: PartHeader['reading'] } {
  const field = fieldsOf(header, 'content-transfer-encoding')[0];
  if (field === undefined) return { transferEncoding: '7bit', reading: 'plain' };
  const written = clip(withoutComments(bodyOf(field)).trim().toLowerCase());
  const known = readings.get(written);
  if (known !== undefined) return { transferEncoding: written, reading: known };
  // `7bit;`, `7-bit`, `8bits`, `"base64"` and `quoted_printable` are meant as what they resemble.
  const plain = written.replaceAll(/[^a-z0-9]/g, '').replace(/s$/, '');
  const meant = [...readings.keys()].find((word) => word.replace('-', '') === plain);
  note('encoding.unknown', field, meant === undefined ? written : `${written}, read as ${meant}`);
  return { transferEncoding: written, reading: readings.get(meant ?? '7bit') ?? 'plain' };
}

function withoutComments(text: string): string {
  let out = '';
  let depth = 0;
  for (const char of text) {
    if (char === '(') depth++;
    else if (char === ')' && depth > 0) depth--;
    else if (depth === 0) out += char;
  }
  return out;
}

const clip = (text: string): string => (text.length > 80 ? `${text.slice(0, 79)}…` : text);
