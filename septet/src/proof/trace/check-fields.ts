/** Date, Message-ID, and fields that may stand once only (RFC 5322 §3.6). */
import { labels, parseName } from '../../dns/name.ts';
import type { Finding } from '../../finding/finding.ts';
import { parseDate } from '../../mail/date.ts';
import { fieldsOf, valueOf, type Field } from '../../mail/header.ts';
import type { TraceContext } from './context.ts';
import { shorten } from './evidence.ts';
import { found } from './findings.ts';

/** RFC 5322 §3.6: at most one of each; From is judged in `identity/`. The last five are of RFC 2045 §3 and RFC 8058 §3.1. */
const onceOnly: ReadonlySet<string> = new Set([
  'date',
  'sender',
  'reply-to',
  'to',
  'cc',
  'bcc',
  'message-id',
  'in-reply-to',
  'references',
  'subject',
  'mime-version',
  'content-type',
  'content-transfer-encoding',
  'list-unsubscribe',
  'list-unsubscribe-post',
]);
const maxTold = 10; // house

export function checkFields(context: TraceContext): readonly Finding[] {
  return [...duplicates(context), ...date(context), ...messageId(context)];
}

function duplicates({ header, subject, show }: TraceContext): readonly Finding[] {
  const byKey = new Map<string, Field[]>();
  for (const field of header.fields) {
    if (!onceOnly.has(field.key)) continue;
    const same = byKey.get(field.key);
    if (same) same.push(field);
    else byKey.set(field.key, [field]);
  }
  return [...byKey.values()].flatMap((fields) => {
    const [first] = fields;
    if (!first || fields.length < 2) return [];
    const args = { field: first.name, count: fields.length };
    const evidence = fields.slice(0, maxTold).map(show);
    return [found('message.field.duplicate', { subject: subject(first.name), args, evidence })];
  });
}

/** Whether the time is right is told by `check-journey.ts`. */
function date({ header, subject, show }: TraceContext): readonly Finding[] {
  const [field] = fieldsOf(header, 'date');
  if (!field) return [found('message.date.missing', { subject: subject('Date') })];
  const written = valueOf(field);
  const read = parseDate(written);
  const reason = !read
    ? 'cannot be read as a date'
    : read.wrongDay
      ? 'names a day of the week that the date does not have'
      : read.obsolete
        ? 'is written in an obsolete form'
        : undefined;
  if (reason === undefined) return [];
  const severity = read && !read.wrongDay ? 'info' : 'warning';
  const args = { date: shorten(written, 60), reason };
  return [found('message.date.syntax', { subject: subject('Date'), args, evidence: [show(field)], severity })];
}

function messageId({ header, subject, show }: TraceContext): readonly Finding[] {
  const about = subject('Message-ID');
  const [field] = fieldsOf(header, 'message-id');
  if (!field) return [found('message.id.missing', { subject: about })];
  const id = valueOf(field);
  const evidence = [show(field)];
  const reason = idFault(id);
  if (reason !== undefined)
    return [found('message.id.syntax', { subject: about, args: { id: shorten(id, 80), reason }, evidence })];
  const right = id.slice(id.lastIndexOf('@') + 1, -1);
  const name = parseName(right);
  const isPublic =
    name.ok && labels(name.name).length > 1 && !/\.(?:local|localdomain|lan|internal|home\.arpa)$/.test(name.name);
  if (isPublic || /^\[.*\]$/.test(right)) return [];
  return [found('message.id.domain', { subject: about, args: { right: shorten(right, 80) }, evidence })];
}

/** RFC 5322 §3.6.4: `<left@right>`, no blanks; comments around it are allowed and rare. */
function idFault(id: string): string | undefined {
  const bare = id.replaceAll(/^\([^()]*\)\s*|\s*\([^()]*\)$/g, '');
  if (bare === '') return 'it is empty';
  if (!bare.startsWith('<') || !bare.endsWith('>')) return 'it does not stand in angle brackets';
  const inside = bare.slice(1, -1);
  if (/[<>]/.test(inside)) return 'it holds more than one';
  if (/\s/.test(inside)) return 'it holds blanks';
  const at = inside.lastIndexOf('@');
  if (at < 0) return 'it has no @';
  if (at === 0 || at === inside.length - 1) return 'a side of the @ is empty';
  return /[^\x21-\x7e]/.test(inside) ? 'it holds characters that are not ASCII' : undefined;
}
