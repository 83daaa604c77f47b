/** `septet tracking suppressions …`: the list of those who want no more mail, in and out. */
import type { DnsName } from '../../dns/name.ts';
import { tokenWriter } from '../../rewrite/tokens.ts';
import { readTrackingKeys, TrackingKeysFault } from '../../rewrite/tracking-keys.ts';
import type { Suppression, SuppressionKind, SuppressionSource } from '../../store/tracking.ts';
import { InputError, type Io } from '../io.ts';
import { domainOf } from '../options.ts';
import { dataFolder, openStoreOf, type StoreOptions } from '../store-option.ts';
import { visible, visibleJson } from '../visible.ts';
import { csvField, plainField } from './tracking-show.ts';

export interface AddOptions extends StoreOptions {
  readonly domain: string;
  readonly kind?: string;
  readonly json?: boolean;
}
export type ImportOptions = AddOptions;
export type RemoveOptions = AddOptions;
export interface ExportOptions extends StoreOptions {
  readonly domain?: string;
  readonly json?: boolean;
}

const maxRecipientOctets = 512; // as in an address of a link
const rowsAtOnce = 2000;

/** Throws `InputError`. */
function kindOf(text = 'unsubscribed'): SuppressionKind {
  if (text === 'unsubscribed' || text === 'do-not-track') return text;
  throw new InputError(`--kind is unsubscribed or do-not-track, not ${visible(text)}.`);
}

/** Makes entries; `do-not-track` needs the pseudonym under which a recipient's links are known. */
async function entryMaker(
  options: AddOptions,
  source: SuppressionSource,
  io: Io,
): Promise<(recipient: string, kind?: SuppressionKind) => Suppression> {
  const domain = domainOf(options.domain);
  const usual = kindOf(options.kind);
  const at = io.now();
  let reader: ((domain: DnsName, recipient: string) => string) | undefined;
  try {
    const keys = await readTrackingKeys(dataFolder(options, io));
    if (keys) reader = tokenWriter(keys).reader;
  } catch (error) {
    if (error instanceof TrackingKeysFault) throw new InputError(error.message);
    throw error;
  }
  return (recipient, kind = usual) => {
    if (kind === 'do-not-track' && !reader)
      throw new InputError(
        'There are no tracking keys in the data folder, so that nobody knows the links of a recipient. Name the folder of septet serve with --data.',
      );
    return { domain, kind, recipient, reader: reader?.(domain, recipient) ?? '', at, source, campaign: '' };
  };
}

/** `undefined`: nothing that can be a recipient. */
function recipientIn(text: string): string | undefined {
  const recipient = text.trim();
  // U+FFFD stands for octets that are no UTF-8: whoever that was, nobody would find it again.
  const fits =
    recipient !== '' && Buffer.byteLength(recipient) <= maxRecipientOctets && !/[\p{Cc}\ufffd]/u.test(recipient);
  return fits ? recipient : undefined;
}

export async function addSuppressions(recipients: readonly string[], options: AddOptions, io: Io): Promise<number> {
  const make = await entryMaker(options, 'by hand', io);
  const entries = recipients.map((text) => {
    const recipient = recipientIn(text);
    if (recipient === undefined)
      throw new InputError(
        `"${visible(text.slice(0, 60))}" is no recipient: it is empty, has more than ${maxRecipientOctets} octets, or holds control characters.`,
      );
    return make(recipient);
  });
  const store = await openStoreOf(options, io);
  try {
    const added = await store.suppressions.add(entries);
    return await told({ added, known: entries.length - added, faults: 0 }, options, io);
  } finally {
    await store.close();
  }
}

export async function removeSuppressions(
  recipients: readonly string[],
  options: RemoveOptions,
  io: Io,
): Promise<number> {
  const domain = domainOf(options.domain);
  const kind = kindOf(options.kind);
  const store = await openStoreOf(options, io);
  try {
    let removed = 0;
    for (const recipient of recipients) {
      // oxlint-disable-next-line no-await-in-loop -- a few, one after the other
      if (await store.suppressions.remove(domain, kind, recipient)) removed++;
      else io.err(`${visible(recipient.slice(0, 80))} is not on the list.\n`);
    }
    await io.out(options.json ? `${visibleJson({ version: 1, removed })}\n` : `Removed: ${removed}.\n`);
    return removed === recipients.length ? 0 : 1;
  } finally {
    await store.close();
  }
}

/**
 * Lines with one recipient each, or CSV whose first line names a column `email`, `recipient` or `address`. A column `kind`,
 * as in what `export` writes, says what each wants where `--kind` does not. What is on the list stays as it is; lines that hold no recipient are told and left out (exit code 1).
 */
export async function importSuppressions(file: string, options: ImportOptions, io: Io): Promise<number> {
  const make = await entryMaker(options, 'import', io);
  const store = await openStoreOf(options, io);
  try {
    const counts = { added: 0, known: 0, faults: 0 };
    let number = 0;
    let column: number | undefined;
    let kinds = -1;
    let batch: Suppression[] = [];
    const flush = async (): Promise<void> => {
      const added = await store.suppressions.add(batch);
      counts.added += added;
      counts.known += batch.length - added;
      batch = [];
    };
    for await (const line of io.lines(file)) {
      number++;
      const text = number === 1 ? line.replace(/^\ufeff/, '') : line;
      if (text.trim() === '') continue;
      const fields = csvFields(text);
      if (column === undefined) {
        const head = fields.findIndex((field) => /^(e-?mail|recipient|address|e-?mail address)$/i.test(field.trim()));
        if (head < 0 && fields.length > 1)
          throw new InputError(
            `${visible(file)}:${number}: of the ${fields.length} columns none is named email, recipient or address. Name them in the first line.`,
          );
        column = Math.max(0, head);
        if (head >= 0 && options.kind === undefined) kinds = fields.findIndex((field) => /^kind$/i.test(field.trim()));
        if (head >= 0) continue;
      }
      const recipient = recipientIn(plainField(fields[column] ?? ''));
      if (recipient === undefined) {
        counts.faults++;
        if (counts.faults <= 10)
          io.err(`${visible(file)}:${number}: no recipient stands here; the line is left out.\n`);
        continue;
      }
      batch.push(make(recipient, fields[kinds]?.trim() === 'do-not-track' ? 'do-not-track' : undefined));
      if (batch.length >= rowsAtOnce) await flush();
    }
    await flush();
    await told(counts, options, io);
    return counts.faults > 0 ? 1 : 0;
  } finally {
    await store.close();
  }
}

/** Of one line (RFC 4180 §2); a semicolon divides where there is no comma. */
export function csvFields(line: string): readonly string[] {
  const divider = line.includes(',') || !line.includes(';') ? ',' : ';';
  const fields: string[] = [];
  let field = '';
  let quoted = false;
  for (let at = 0; at < line.length; at++) {
    const sign = line[at] ?? '';
    if (quoted) {
      if (sign !== '"') field += sign;
      else if (line[at + 1] === '"') {
        field += '"';
        at++;
      } else quoted = false;
    } else if (sign === '"' && field.trim() === '') {
      field = '';
      quoted = true;
    } else if (sign === divider) {
      fields.push(field);
      field = '';
    } else field += sign;
  }
  return [...fields, field];
}

export async function exportSuppressions(options: ExportOptions, io: Io): Promise<number> {
  const domain = options.domain === undefined ? undefined : domainOf(options.domain);
  const store = await openStoreOf(options, io);
  try {
    if (!options.json) await io.out('recipient,domain,kind,since,source,campaign\r\n');
    for await (const { recipient, kind, at, source, campaign, domain: of } of store.suppressions.list(domain)) {
      const since = new Date(at).toISOString();
      await io.out(
        options.json
          ? `${visibleJson({ recipient, domain: of, kind, since, source, campaign })}\n`
          : `${[recipient, of, kind, since, source, campaign].map(csvField).join(',')}\r\n`,
      );
    }
    return 0;
  } finally {
    await store.close();
  }
}

async function told(
  { added, known, faults }: { readonly added: number; readonly known: number; readonly faults: number },
  options: { readonly json?: boolean },
  io: Io,
): Promise<number> {
  await io.out(
    options.json
      ? `${visibleJson({ version: 1, added, known, faults })}\n`
      : `Added: ${added}. On the list before: ${known}.${faults > 0 ? ` Left out: ${faults}.` : ''}\n`,
  );
  return 0;
}
