/**
 * Other readings of a body: what it may have been before a server, a list or a gateway handled it. Each is tried against
 * the signed hash, so that a wrong guess costs a hash and nothing else.
 */
import type { LineEnd } from '../../mail/header.ts';
import { partPlaces, type PartPlace, valueOf } from './explain-parts.ts';
import { decoded, encoded } from './explain-transfer.ts';
import { linesOf, relaxedLine } from './explain-lines.ts';
import type { Change } from './outcome.ts';

export interface Reading {
  readonly lines: readonly string[];
  /** The line of the body with which it begins, from 1. */
  readonly firstLine: number;
  /** Its lines are lines of the body, so that a line of it can be found there. */
  readonly mapped: boolean;
  readonly changes: readonly Change[];
}

type FormChange = Extract<Change, { readonly kind: 'form' }>['what'];

/** A body as it lies there. */
export interface BodyGiven {
  /** One character per octet. */
  readonly text: string;
  readonly lineEnd: LineEnd;
  /** Of the message's header, as written. */
  readonly contentType?: string;
  readonly transferEncoding?: string;
}

const form = (what: FormChange, text: string): readonly Change[] => [{ kind: 'form', what, text, certainty: 'proved' }];

/** The same body in another form: line by line, without a look at its MIME structure. */
export function* formReadings(body: BodyGiven, lines: readonly string[]): Generator<Reading> {
  const like = (changed: readonly string[], changes: readonly Change[], mapped = true, firstLine = 1): Reading => ({
    lines: changed,
    firstLine,
    mapped,
    changes,
  });
  const each = (change: (line: string) => string): readonly string[] | undefined => {
    const changed = lines.map(change);
    return changed.some((line, at) => line !== lines[at]) ? changed : undefined;
  };

  const unquoted = each((line) => line.replace(/^>(>*From )/, '$1'));
  if (unquoted)
    yield like(
      unquoted,
      form('mbox-quoting', 'A mailbox file or a server put `>` before lines that begin with `From `.'),
    );
  const quoted = each((line) => line.replace(/^(>*From )/, '>$1'));
  if (quoted)
    yield like(quoted, form('mbox-quoting', 'The `>` that stood before lines beginning with `From ` was taken off.'));

  const trimmed = each(withoutTrail);
  if (trimmed) yield like(trimmed, form('trailing-blanks', 'Blanks were added at the ends of lines.'));
  const spaced = each((line) => line.replaceAll('\t', ' '));
  if (spaced) yield like(spaced, form('trailing-blanks', 'Blanks were changed into tabs.'));
  const collapsed = each(relaxedLine);
  if (collapsed)
    yield like(
      collapsed,
      form(
        'trailing-blanks',
        'The signed lines have single blanks, and none at their ends: blanks were added on the way, or the signer hashed the relaxed form although `c=` says simple.',
      ),
    );

  const firstText = lines.findIndex((line) => line !== '');
  if (firstText > 0) {
    for (let gone = 1; gone <= Math.min(firstText, 3); gone++) {
      yield like(
        lines.slice(gone),
        form('blank-lines', `${countOf(gone, 'empty line was', 'empty lines were')} put in at the top of the body.`),
        true,
        gone + 1,
      );
    }
  }
  for (let more = 1; more <= 3; more++) {
    yield like(
      [...Array.from({ length: more }, () => ''), ...lines],
      form('blank-lines', `${countOf(more, 'empty line was', 'empty lines were')} taken off at the top of the body.`),
      false,
    );
  }
  if (lines.length > 2 && lines.every((line, at) => at % 2 === 0 || line === '')) {
    yield like(
      lines.filter((_, at) => at % 2 === 0),
      form('blank-lines', 'An empty line was put behind every line.'),
      false,
    );
  }

  const ended = body.text.split(/\r\n|\r|\n/);
  if (ended.at(-1) === '') ended.pop();
  if (ended.length !== lines.length)
    yield like(ended, form('line-ends', 'Line ends were turned into bare CR or bare LF.'), false);

  const single = each((line) => line.replace(/^\.\./, '.'));
  if (single) yield like(single, lineChanges(single, lines));
  const doubled = each((line) => line.replace(/^\./, '..'));
  if (doubled) yield like(doubled, lineChanges(doubled, lines));

  for (const joint of ['', ' ', '!'] as const) {
    const joined = joinedLines(lines, joint);
    if (joined) yield like(joined, form('line-ends', 'A server broke long lines in two.'), false);
  }
}

/** Not by a regular expression: on a line of a million blanks that takes hours. */
function withoutTrail(line: string): string {
  let end = line.length;
  while (end > 0 && (line[end - 1] === ' ' || line[end - 1] === '\t')) end--;
  return line.slice(0, end);
}

const countOf = (count: number, one: string, many: string): string => (count === 1 ? `One ${one}` : `${count} ${many}`);

const shownLines = 5;

/** For changes at a few lines that no form has a word for: a dot at the beginning, doubled or halved by SMTP. */
function lineChanges(was: readonly string[], is: readonly string[]): readonly Change[] {
  const changes: Change[] = [];
  for (const [at, line] of is.entries()) {
    const before = was[at] ?? '';
    if (before === line) continue;
    changes.push({ kind: 'line', line: at + 1, was: cut(before), is: cut(line), certainty: 'proved' });
    if (changes.length === shownLines) break;
  }
  return changes;
}

/** Lines that were cut near 990 octets, as servers do with lines over 998 (RFC 5321 §4.5.3.1.6), put together again. */
function joinedLines(lines: readonly string[], joint: '' | ' ' | '!'): readonly string[] | undefined {
  const out: string[] = [];
  let open = false;
  let count = 0;
  for (const line of lines) {
    const last = out.at(-1);
    if (open && last !== undefined) {
      const head = joint === '!' ? last.slice(0, -1) : last;
      out[out.length - 1] = head + (joint === '' ? line : line.replace(/^ /, ''));
      count++;
    } else {
      out.push(line);
    }
    open = line.length >= 900 && line.length <= 1000 && (joint !== '!' || line.endsWith('!'));
  }
  return count === 0 ? undefined : out;
}

/** What stands inside a multipart: the message that a list or gateway put into a wrapper. */
export function* wrappedReadings(body: BodyGiven, lines: readonly string[]): Generator<Reading> {
  for (const part of partPlaces(lines, body.contentType)) {
    const content = lines.slice(part.content, part.end);
    const changes = form(
      'wrapped',
      `The signed body is part ${part.path}: the message was wrapped into a multipart after it was signed.`,
    );
    yield { lines: content, firstLine: part.content + 1, mapped: true, changes };
    yield { lines: lines.slice(part.header, part.end), firstLine: part.header + 1, mapped: true, changes };
    if (part.type === 'message/rfc822') {
      const empty = content.indexOf('');
      const attached = form(
        'wrapped',
        `The signed body is that of the message in part ${part.path}: it was forwarded as an attachment.`,
      );
      if (empty >= 0)
        yield { lines: content.slice(empty + 1), firstLine: part.content + empty + 2, mapped: true, changes: attached };
    }
    for (const other of recoded(content, part.transferEncoding)) {
      yield { ...other, firstLine: part.content + 1, changes: [...changes, ...other.changes] };
    }
  }
}

/** The body in another transfer encoding: whole, or with one part or all parts of a multipart changed. */
export function* transferReadings(body: BodyGiven, lines: readonly string[]): Generator<Reading> {
  const leaves = partPlaces(lines, body.contentType).filter(
    (part) => !part.composite && part.type !== 'message/rfc822',
  );
  if (leaves.length === 0) {
    yield* recoded(lines, (body.transferEncoding ?? '7bit').trim().toLowerCase());
    return;
  }
  const printed = leaves.filter((part) => part.transferEncoding === 'quoted-printable');
  const packed = leaves.filter((part) => part.transferEncoding === 'base64' && part.type.startsWith('text/'));
  const wide = leaves.filter((part) => /^(?:8bit|binary)$/.test(part.transferEncoding));
  const sets = [[...printed, ...packed], printed, packed, ...[...printed, ...packed].map((part) => [part])];
  for (const set of sets) {
    for (const label of ['8bit', '7bit', undefined]) yield* withParts(lines, set, label);
  }
  for (const set of [wide, ...wide.map((part) => [part])]) {
    for (const label of ['quoted-printable', 'base64'] as const) yield* withParts(lines, set, label);
  }
}

function* recoded(lines: readonly string[], encoding: string): Generator<Reading> {
  const whole = { firstLine: 1, mapped: false };
  const plain = decoded(lines, encoding);
  if (plain !== undefined) {
    const changes = form(
      'transfer-encoding',
      `The signed body was not in ${encoding}: a server encoded it on the way.`,
    );
    yield { ...whole, lines: linesOf(plain, 'crlf'), changes };
    yield { ...whole, lines: linesOf(plain, 'lf'), changes };
    return;
  }
  for (const other of ['quoted-printable', 'base64'] as const) {
    const changes = form('transfer-encoding', `The signed body was in ${other}: a server decoded it on the way.`);
    yield { ...whole, lines: encoded(lines, other), changes };
  }
}

function* withParts(
  lines: readonly string[],
  parts: readonly PartPlace[],
  label: string | undefined,
): Generator<Reading> {
  if (parts.length === 0) return;
  const out = [...lines];
  for (const part of parts.toReversed()) {
    const content = lines.slice(part.content, part.end);
    const plain = decoded(content, part.transferEncoding);
    const changed =
      label === 'quoted-printable' || label === 'base64'
        ? encoded(content, label)
        : plain === undefined
          ? undefined
          : linesOf(plain, 'crlf');
    if (changed === undefined) continue;
    out.splice(part.content, part.end - part.content, ...changed);
    const field = part.fields.find(({ key }) => key === 'content-transfer-encoding');
    if (field)
      out.splice(field.from, field.to - field.from, ...(label === undefined ? [] : [`${field.name}: ${label}`]));
  }
  const names = parts.map((part) => part.path).join(', ');
  const was =
    label === 'quoted-printable' || label === 'base64'
      ? `in ${label}`
      : `not in ${[...new Set(parts.map((part) => part.transferEncoding))].join(' or ')}`;
  yield {
    lines: out,
    firstLine: 1,
    mapped: false,
    changes: form(
      'transfer-encoding',
      `Part ${names} was ${was} when it was signed: a server changed the transfer encoding on the way.`,
    ),
  };
}

/** The header fields of the parts, for what a wrapper took from the message's own header. */
export function partFieldValues(body: BodyGiven, key: string): readonly string[] {
  if (!key.startsWith('content-')) return [];
  const values = partPlaces(linesOf(body.text, body.lineEnd), body.contentType).map((part) =>
    valueOf(part.fields, key),
  );
  return [...new Set(values.filter((value) => value !== undefined))];
}

/** Cut to 200 characters. */
export const cut = (text: string): string => (text.length <= 200 ? text : text.slice(0, 200));
