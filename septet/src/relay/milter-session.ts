/**
 * One connection of a mail server to the milter. The message is put together from what the server tells, rewritten like
 * any other, and given back as changes of header and body. The server has not yet answered its client then: whatever
 * happens here, the message is either not taken at all, or taken once.
 */
import { Buffer } from 'node:buffer';
import { splitMessage } from '../mail/parse-header.ts';
import { headerEdits, type HeaderEdit, type HeaderField } from './header-edits.ts';
import { actions, frame, steps, texts, uint32, type Frame } from './milter-frames.ts';
import type { RelayLog } from './relay-log.ts';
import type { Rewriting } from './rewriting.ts';
import type { Room } from './room.ts';

export interface MilterOptions {
  readonly rewriting: Rewriting;
  /** Messages above this pass through untouched. */
  readonly maxOctets: number;
  readonly room: Room;
  /** What happens to a message that cannot be rewritten: it goes on as it is, or its sender is to come again later. */
  readonly onFault: 'accept' | 'tempfail';
  readonly log: RelayLog;
}

export interface MilterSession {
  /** What is answered to a frame; `end`: the connection is over. Rejects never. */
  take(frame: Frame): Promise<{ readonly out: readonly Uint8Array[]; readonly end?: boolean }>;
  close(): void;
}

const needed = actions.addHeader | actions.changeBody | actions.changeHeader;
const unwanted = steps.noConnect | steps.noHelo | steps.noUnknown | steps.noData;
const silent = steps.noReplyHeader | steps.noReplyMail | steps.noReplyRecipient;
const pieceOctets = 65_535; // mfdef.h: MILTER_CHUNK_SIZE
/** What a field may cost beside its octets. */
const fieldOctets = 64; // house

const accept = frame('a');
const goOn = frame('c');
const tempfail = frame('t');

interface Message {
  mailFrom: string;
  recipients: string[];
  fields: HeaderField[];
  body: Uint8Array[];
  octets: number;
  /** Nothing more is to be done to it. */
  passed: boolean;
  tooLarge: boolean;
}

const fresh = (): Message => ({
  mailFrom: '',
  recipients: [],
  fields: [],
  body: [],
  octets: 0,
  passed: false,
  tooLarge: false,
});

export function milterSession({ rewriting, maxOctets, room, onFault, log }: MilterOptions): MilterSession {
  let message = fresh();
  let spoken = 0;
  const clear = (): void => {
    room.give(message.octets);
    message = fresh();
  };
  /** The blank behind the colon, where the server keeps it to itself. */
  const lead = (): string => ((spoken & steps.leadingSpace) === 0 ? ' ' : '');
  const silently = (flag: number): readonly Uint8Array[] => ((spoken & flag) === flag ? [] : [goOn]);
  /** Room for so many octets more; without it the message passes. */
  const hold = (octets: number): boolean => {
    if (message.passed || message.tooLarge) return false;
    if (message.octets + octets <= maxOctets && room.take(octets)) {
      message.octets += octets;
      return true;
    }
    room.give(message.octets);
    Object.assign(message, { fields: [], body: [], octets: 0, tooLarge: true });
    return false;
  };

  const negotiate = (data: Buffer): readonly Uint8Array[] | undefined => {
    if (data.length < 12) return undefined;
    const [version, may, offered] = [data.readUInt32BE(0), data.readUInt32BE(4), data.readUInt32BE(8)];
    // Version 6 has what is needed; a server that forbids changes is set up wrongly.
    if (version < 6 || (may & needed) !== needed) return undefined;
    spoken = offered & (unwanted | silent | steps.skip | steps.leadingSpace);
    return [frame('O', uint32(6), uint32(needed), uint32(spoken >>> 0))];
  };

  const header = (data: Buffer): readonly Uint8Array[] => {
    const [name = '', value = ''] = texts(data);
    if (hold(data.length + fieldOctets)) {
      // Postfix divides the lines of a field by LF alone.
      message.fields.push({ name, value: `${lead()}${value.replaceAll(/\r?\n/g, '\r\n')}` });
    }
    return silently(steps.noReplyHeader);
  };

  const endOfHeader = (): readonly Uint8Array[] => {
    if (!message.tooLarge && !rewriting.concerns(headerOctets(message.fields))) message.passed = true;
    return message.passed ? [accept] : [goOn];
  };

  const body = (data: Buffer): readonly Uint8Array[] => {
    if (hold(data.length)) message.body.push(Buffer.from(data));
    return message.tooLarge && (spoken & steps.skip) !== 0 ? [frame('s')] : [goOn];
  };

  const faulty = onFault === 'accept' ? goOn : tempfail;

  const end = async (data: Buffer): Promise<readonly Uint8Array[]> => {
    const started = performance.now();
    // The last piece of a body may come with the end.
    if (data.length > 0) body(data);
    const { fields, mailFrom, recipients, tooLarge, octets: size } = message;
    const head = headerOctets(fields);
    const octets = Buffer.concat([head, Buffer.from('\r\n'), ...message.body]);
    const result = tooLarge
      ? { octets, told: { kind: 'failed', links: 0, signed: false, notes: [] } as const }
      : await rewriting.rewrite(octets, { mailFrom, recipients });
    const failed = result.told.kind === 'failed';
    const answer = failed ? faulty : goOn;
    log({
      event: 'message',
      way: 'milter',
      outcome: answer === tempfail ? 'later' : 'accepted',
      code: answer === tempfail ? 451 : 250,
      octets: size,
      recipients: recipients.length,
      ms: Math.round(performance.now() - started),
      rewriting: result.told,
    });
    clear();
    if (failed || result.octets === octets) return [answer];
    return [...changesOf(fields, octets.subarray(head.length + 2), result.octets, lead()), goOn];
  };

  const answerTo = async ({ letter, data }: Frame): Promise<readonly Uint8Array[] | undefined> => {
    switch (letter) {
      case 'O':
        return negotiate(data);
      case 'M':
        clear();
        message.mailFrom = pathOf(texts(data)[0]);
        return silently(steps.noReplyMail);
      case 'R':
        message.recipients.push(pathOf(texts(data)[0]));
        return silently(steps.noReplyRecipient);
      case 'L':
        return header(data);
      case 'N':
        return endOfHeader();
      case 'B':
        return body(data);
      case 'E':
        return end(data);
      case 'A':
        clear();
        return [];
      case 'K':
        clear();
        return [];
      case 'D':
        return [];
      case 'C':
      case 'H':
      case 'T':
      case 'U':
        return [goOn];
      default:
        return undefined;
    }
  };

  return {
    async take(one) {
      if (one.letter === 'Q') return { out: [], end: true };
      try {
        const out = await answerTo(one);
        return out === undefined ? { out: [], end: true } : { out };
      } catch (error) {
        log({ event: 'fault', why: error instanceof Error ? (error.stack ?? error.name) : typeof error });
        clear();
        return { out: [faulty] };
      }
    },
    close: clear,
  };
}

const pathOf = (text = ''): string => text.replace(/^<(.*)>$/, '$1');

const headerOctets = (fields: readonly HeaderField[]): Buffer =>
  Buffer.from(fields.map(({ name, value }) => `${name}:${value}\r\n`).join(''), 'latin1');

/** The new message as changes of the old one. */
function changesOf(
  before: readonly HeaderField[],
  oldBody: Buffer,
  octets: Uint8Array,
  lead: string,
): readonly Uint8Array[] {
  const { header, body } = splitMessage(octets);
  const after = header.fields.map(({ raw, colon }) => ({
    name: raw.slice(0, colon),
    value: raw.slice(colon + 1).replace(/\r\n$/, ''),
  }));
  const changes = headerEdits(before, after).map((edit) => editFrame(edit, lead));
  if (!oldBody.equals(body)) {
    for (let at = 0; at < body.length || at === 0; at += pieceOctets)
      changes.push(frame('b', body.subarray(at, at + pieceOctets)));
  }
  return changes;
}

function editFrame(edit: HeaderEdit, lead: string): Buffer {
  const { name, value } = edit.field;
  const text = value.startsWith(lead) ? value.slice(lead.length) : value;
  const words = [`${name}\0`, `${text.replaceAll('\r\n', '\n')}\0`];
  if (edit.kind === 'add') return frame('h', ...words);
  return edit.kind === 'insert' ? frame('i', uint32(0), ...words) : frame('m', uint32(edit.index), ...words);
}
