/**
 * `septet message headers`: what stands in Authentication-Results, ARC and Received, as JSON: every method, result and
 * property, and every repair that was needed to read it. No DNS, no verdict.
 *
 * One message gives one document; a mailbox file with several gives one document a line (NDJSON), as soon as each is read.
 */
import type { AuthenticationResults } from '../../mail/authres.ts';
import { bodyOf, valueOf, type Field, type Header } from '../../mail/header.ts';
import type { IncomingMessage } from '../../mail/message.ts';
import { parseReceived } from '../../mail/parse-received.ts';
import type { Received } from '../../mail/received.ts';
import { readMessages } from '../../mail/read-messages.ts';
import type { ReceiverField } from '../../proof/proof.ts';
import { isUnreadable, readReceiver } from '../../proof/receiver/receiver.ts';
import { scanTagList } from '../../text/tag-list.ts';
import { InputError, type Io } from '../io.ts';
import { visible, visibleJson } from '../visible.ts';

export interface HeadersOptions {
  /** Authserv-ids whose word counts. */
  readonly trust?: readonly string[];
}

export const headersVersion = 1;

/** Received and ARC fields that are told; the number of all is told too. */
const maxTold = 1000; // house

/** A field that is a list of tags: ARC-Seal, ARC-Message-Signature. */
interface TagField {
  readonly line: number;
  readonly name: string;
  readonly tags: readonly { readonly name: string; readonly value: string }[];
  /** Pieces that are not `name=value`. */
  readonly broken: readonly string[];
}

/** What one message gives; documented in `docs/json.md`. */
interface HeadersDocument {
  readonly version: typeof headersVersion;
  readonly source: string;
  readonly header: Pick<Header, 'lineEnd' | 'octets' | 'lines' | 'problems'> & { readonly fields: number };
  /** Who speaks for the receiver; absent where it cannot be told. */
  readonly speaker?: string;
  readonly authenticationResults: readonly AuthresEntry[];
  readonly arc: readonly {
    readonly instance?: number;
    readonly results?: AuthresEntry;
    readonly messageSignature?: TagField;
    readonly seal?: TagField;
  }[];
  readonly received: readonly Received[];
  readonly receivedFields: number;
}

/** The value of the field on one line, and how it was read. Offsets of spans count octets in `text`. */
type AuthresEntry = Omit<ReceiverField, 'value'> & { readonly text: string } & (
    | ({ readonly kind: 'good' } & AuthenticationResults)
    | { readonly kind: 'bad'; readonly problem: string }
  );

/** Answers the exit code: 0. Throws `InputError` where there is no message. */
export async function headers(file: string, options: HeadersOptions, io: Io): Promise<number> {
  let first: HeadersDocument | undefined;
  let count = 0;
  for await (const message of readMessages(io.chunks(file))) {
    count++;
    const document = documentOf(message, file, options.trust ?? []);
    if (count === 1) {
      first = document;
      continue;
    }
    if (count === 2) await io.out(`${json(first)}\n`);
    await io.out(`${json(document)}\n`);
  }
  if (count === 0)
    throw new InputError(`${file === '-' ? 'Standard input' : visible(file)} holds no message: it is empty.`);
  if (count === 1) await io.out(`${json(first, 2)}\n`);
  return 0;
}

function documentOf(message: IncomingMessage, file: string, trust: readonly string[]): HeadersDocument {
  const { header } = message;
  const { lineEnd, octets, lines, problems, fields } = header;
  const trace = fields.filter((field) => field.key === 'received');
  const received = trace.slice(0, maxTold).map(parseReceived);
  const word = readReceiver({ header, hops: received, trust });
  const byLine = new Map(fields.map((field) => [field.line, field]));
  const entries = word.fields.map((field) => entryOf(field, byLine.get(field.line)));
  return {
    version: headersVersion,
    source: message.number === 1 && message.fromLine === undefined ? file : `${file}#${message.number}`,
    header: { fields: fields.length, lineEnd, octets, lines, problems },
    ...(word.speaker === undefined ? {} : { speaker: word.speaker }),
    authenticationResults: entries.filter((entry) => !isArc(entry.name)),
    arc: arcSets(
      entries.filter((entry) => isArc(entry.name)),
      fields,
    ),
    received,
    receivedFields: trace.length,
  };
}

const isArc = (name: string): boolean => name.toLowerCase().startsWith('arc-');

function entryOf(field: ReceiverField, written: Field | undefined): AuthresEntry {
  const { value, ...rest } = field;
  const text = written ? valueOf(written) : '';
  if (isUnreadable(field)) return { ...rest, text, kind: 'bad', problem: value.repairs[0]?.text ?? '' };
  return { ...rest, text, kind: 'good', ...value };
}

/** The fields of each instance together, in the order in which the instances are met from the top. */
function arcSets(results: readonly AuthresEntry[], fields: readonly Field[]): HeadersDocument['arc'] {
  const tagFields = (key: string): readonly TagField[] =>
    fields
      .filter((field) => field.key === key)
      .slice(0, maxTold)
      .map(tagFieldOf);
  const sets: { instance?: number; results?: AuthresEntry; messageSignature?: TagField; seal?: TagField }[] = [];
  const put = <K extends 'results' | 'messageSignature' | 'seal'>(
    part: K,
    instance: number | undefined,
    value: NonNullable<(typeof sets)[number][K]>,
  ): void => {
    const own = sets.find((set) => instance !== undefined && set.instance === instance && set[part] === undefined);
    const set = own ?? (instance === undefined ? {} : { instance });
    if (!own) sets.push(set);
    Object.assign(set, { [part]: value });
  };
  for (const field of tagFields('arc-seal')) put('seal', instanceOf(field), field);
  for (const field of tagFields('arc-message-signature')) put('messageSignature', instanceOf(field), field);
  for (const entry of results) put('results', entry.kind === 'good' ? entry.instance : undefined, entry);
  return sets;
}

function instanceOf({ tags }: TagField): number | undefined {
  const text = tags.find((tag) => tag.name === 'i')?.value ?? '';
  return /^\d{1,3}$/.test(text) ? Number(text) : undefined;
}

function tagFieldOf(field: Field): TagField {
  const list = scanTagList(bodyOf(field));
  const unfolded = (text: string): string => text.replaceAll(/\r?\n(?=[ \t])/g, '');
  return {
    line: field.line,
    name: field.name,
    tags: list.tags.slice(0, maxTold).map(({ name, value }) => ({ name, value: unfolded(value) })),
    broken: list.broken.slice(0, maxTold).map(({ text }) => unfolded(text)),
  };
}

/** Texts are held with one character per octet; what is UTF-8 is shown as such. */
function json(value: unknown, indent?: number): string {
  return visibleJson(decoded(value), indent);
}

function decoded(value: unknown): unknown {
  if (typeof value === 'string') return decodedText(value);
  if (Array.isArray(value)) return value.map(decoded);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, decoded(part)]));
  return value;
}

function decodedText(text: string): string {
  if (!/[\u0080-\u00ff]/.test(text) || /[^\0-\u00ff]/.test(text)) return text;
  const utf8 = Buffer.from(text, 'latin1').toString('utf8');
  return utf8.includes('\ufffd') ? text : utf8;
}
