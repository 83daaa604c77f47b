/**
 * MTA-STS (RFC 8461): tells senders that mail servers of this domain speak TLS with a valid certificate,
 * so that a message is held back rather than handed to somebody in the middle.
 *
 * It has two halves. A TXT record at `_mta-sts.<domain>`, `v=STSv1; id=20261123T120000;`, says that there is a policy and,
 * by its id, when it changed. The policy itself is a text file at `https://mta-sts.<domain>/.well-known/mta-sts.txt`
 * (see `policy.ts`). Gmail, Microsoft, Yahoo and most large senders read both. It protects mail **to** the domain only.
 */
import type { Parsed, Problem, Span } from '../../text/parsed.ts';
import { scanTagList } from '../../text/tag-list.ts';

export interface MtaStsRecord {
  /** 1 to 32 letters and digits; a new one for every change of the policy (RFC 8461 §3.1). */
  readonly id: string;
  /** Fields that RFC 8461 §3.1 reserves for extensions; senders ignore them. */
  readonly extensions: readonly { readonly name: string; readonly value: string }[];
}

export type MtaStsRecordProblem =
  | 'mtasts.txt.version'
  | 'mtasts.txt.id_missing'
  | 'mtasts.txt.id_format'
  | 'mtasts.txt.separator'
  | 'mtasts.txt.extra_field';

const version = 'v=STSv1';
const idForm = /^[A-Za-z0-9]{1,32}$/; // RFC 8461 §3.1
const extensionName = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}$/; // RFC 8461 §3.1

/** Reads the joined value of one TXT record. Senders discard what does not begin with `v=STSv1;` (RFC 8461 §3.1). */
export function parse(text: string): Parsed<MtaStsRecord, MtaStsRecordProblem> {
  const meant = versionSpan(text);
  if (meant === undefined) return { kind: 'other' };
  const bad = (
    code: MtaStsRecordProblem,
    span: Span,
    args?: Problem['args'],
  ): Parsed<MtaStsRecord, MtaStsRecordProblem> => ({
    kind: 'bad',
    problems: [{ code, offset: span.offset, length: span.length, ...(args ? { args } : {}) }],
  });
  const written = text.slice(meant.offset, meant.offset + meant.length);
  if (written !== version) return bad('mtasts.txt.version', meant, { found: written });
  if (!/^[ \t]*(;|$)/.test(text.slice(version.length))) {
    return bad('mtasts.txt.separator', { offset: version.length, length: 1 }, { part: text.slice(0, 40) });
  }
  const problems: Problem<MtaStsRecordProblem>[] = [];
  const extensions: { name: string; value: string }[] = [];
  let id: string | undefined;
  let usable = true;
  const list = scanTagList(text);
  for (const tag of list.tags.slice(1)) {
    if (tag.name === 'id' && id === undefined) {
      id = tag.value;
      if (idForm.test(tag.value)) continue;
      usable = false;
      const glued = /\s[A-Za-z0-9_.-]+=/.test(tag.value);
      problems.push(
        glued
          ? { code: 'mtasts.txt.separator', ...tag.valueAt, args: { part: tag.value } }
          : { code: 'mtasts.txt.id_format', ...tag.valueAt, args: { id: tag.value } },
      );
    } else if (extensionName.test(tag.name) && !/\s/.test(tag.value) && tag.value !== '') {
      extensions.push({ name: tag.name, value: tag.value });
      problems.push({ code: 'mtasts.txt.extra_field', ...tag.at, args: { field: tag.name } });
    } else {
      usable = false;
      problems.push({
        code: 'mtasts.txt.separator',
        ...tag.at,
        args: { part: text.slice(tag.at.offset, tag.at.offset + tag.at.length) },
      });
    }
  }
  for (const piece of [...list.broken, ...list.blank.map((span) => ({ ...span, text: ';;' }))]) {
    usable = false;
    problems.push({
      code: 'mtasts.txt.separator',
      offset: piece.offset,
      length: piece.length,
      args: { part: piece.text },
    });
  }
  if (id === undefined) problems.push({ code: 'mtasts.txt.id_missing', offset: 0, length: text.length });
  if (!usable || id === undefined) return { kind: 'bad', problems };
  return { kind: 'good', value: { id, extensions }, problems };
}

/** The record's text; `parse(format(value))` gives the value back. */
export function format(value: MtaStsRecord): string {
  return [version, `id=${value.id}`, ...value.extensions.map((e) => `${e.name}=${e.value}`)]
    .map((field) => `${field};`)
    .join(' ');
}

/** An id for a policy published at `now` (milliseconds): the UTC time, `20261123T120000`. */
export function idAt(now: number): string {
  return new Date(now).toISOString().slice(0, 19).replaceAll(/[-:]/g, '');
}

/** Where the version stands in a text that means to be an MTA-STS record. */
function versionSpan(text: string): Span | undefined {
  if (text.startsWith(version)) {
    const rest = /^[A-Za-z0-9.]+/.exec(text.slice(version.length));
    return { offset: 0, length: version.length + (rest ? rest[0].length : 0) };
  }
  const meant = /^\s*v?\s*=?\s*(MTA-?)?STS\s*v?\s*\d*(?![A-Za-z])/i.exec(text.slice(0, 64));
  if (!meant || !/v|=/i.test(meant[0].replace(/sts/i, ''))) return undefined;
  return { offset: 0, length: meant[0].length };
}
