/** Takes fields out of a header and puts fields in, and leaves every other octet as it was. */
import { Buffer } from 'node:buffer';
import type { Field, Header } from '../mail/header.ts';

export interface HeaderEdit {
  /** Fields of the header that go. */
  readonly remove: ReadonlySet<Field>;
  /** Each without a line end behind it; folds as CRLF. On top of the header. */
  readonly top?: readonly string[];
  /** In place of the first field that goes and is in `putFor`; at the end of the header where none is. */
  readonly put?: readonly string[];
  readonly putFor?: ReadonlySet<Field>;
}

/** `octets` begins with the header that `header` was read from, which ends with its empty line. */
export function editHeader(octets: Buffer, header: Header, edit: HeaderEdit): Buffer {
  const starts = lineStarts(octets, header);
  const startOf = (line: number): number => starts[Math.min(line - 1, starts.length - 1)] ?? header.octets;
  const pieces: Buffer[] = [];
  const add = (fields: readonly string[] | undefined): void => {
    const lineEnd = header.lineEnd === 'lf' ? '\n' : '\r\n';
    for (const field of fields ?? []) pieces.push(Buffer.from(`${field}\r\n`.replaceAll('\r\n', lineEnd), 'latin1'));
  };
  // The separator line of a mailbox file stands in front of the header.
  const mailboxLine = octets.subarray(0, 5).toString('latin1') === 'From ' ? 1 : 0;
  let at = startOf(1 + mailboxLine);
  pieces.push(octets.subarray(0, at));
  add(edit.top);
  let put = edit.put;
  for (const field of header.fields) {
    if (!edit.remove.has(field)) continue;
    const from = startOf(field.line);
    pieces.push(octets.subarray(at, from));
    if (edit.putFor?.has(field)) {
      add(put);
      put = undefined;
    }
    at = startOf(field.line + linesOf(field));
  }
  const emptyLine = startOf(header.lines);
  pieces.push(octets.subarray(at, emptyLine));
  add(put);
  pieces.push(octets.subarray(emptyLine, header.octets));
  return Buffer.concat(pieces);
}

const linesOf = (field: Field): number => field.raw.split('\r\n').length;

/** Where the lines of the header begin, and what follows it, as `parseHeader` counts lines. */
function lineStarts(octets: Buffer, header: Header): readonly number[] {
  const starts = [0];
  for (let at = octets.indexOf(10); at >= 0 && at < header.octets; at = octets.indexOf(10, at + 1))
    if (header.lineEnd === 'lf' || octets[at - 1] === 13) starts.push(at + 1);
  return starts;
}
