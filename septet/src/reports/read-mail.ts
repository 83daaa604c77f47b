/** Reads the reports that one message carries: attachments of any kind, its body, or an ARF part (RFC 5965). */
import { fieldsOf, valueOf } from '../mail/header.ts';
import type { Header } from '../mail/header.ts';
import type { IncomingMessage } from '../mail/message.ts';
import { mimeReader } from '../mail/mime-reader.ts';
import type { MimePart, MimeReader, MimeTree } from '../mail/mime.ts';
import type { PartBegun } from '../mail/open-parts.ts';
import { parseHeader } from '../mail/parse-header.ts';
import { decodeWords } from '../mail/words.ts';
import type { ReportRefusal } from './aggregate.ts';
import type { Carrier, IntakeLimits, ReportSink, ReportSource } from './intake.ts';
import { membersOf, peek, streamOf } from './piece-stream.ts';
import type { Members, Peeked, PieceStream } from './piece-stream.ts';
import { maxSampleCharacters, readFailure, readPlainFailure } from './read-failure.ts';
import { shown } from './repairs.ts';
import { sniff, sniffOctets } from './sniff.ts';
import type { ContentKind } from './sniff.ts';
import { sizeOf } from './unpack.ts';

/** Reads along with a message, for those who verify its signature. */
export interface MessageTap {
  /** The body as it stands, in pieces; the octets are used again. */
  write(piece: Uint8Array): void;
  /** The message has ended; what it carried is with the sink. A promise holds the reader back. */
  end(): void | Promise<void>;
}

export interface MailContext {
  readonly sink: ReportSink;
  readonly limits: IntakeLimits;
  /** Answers a tap for a message that begins, if it is wanted. */
  readonly tap: ((header: Header, source: ReportSource) => MessageTap | undefined) | undefined;
  /** Reads what is in a part; answers how many reports there were, refused ones too. */
  open(content: Peeked, kind: ContentKind, source: ReportSource, depth: number): Promise<number>;
}

/** Octets of an ARF part or of a text that is looked at. */
const maxReportText = 64 * 1024; // house

/** Answers how many reports there were, refused ones too. */
export async function readMail(
  message: IncomingMessage,
  origin: ReportSource,
  depth: number,
  context: MailContext,
): Promise<number> {
  const { limits, sink } = context;
  const carrier = carrierOf(message.header);
  const source: ReportSource = { origin: origin.origin, inside: origin.inside, carrier };
  const tap = context.tap?.(message.header, source);
  const body = streamOf(message.body);
  let octets = message.header.octets;
  let fault: ReportRefusal | undefined;
  let tree: MimeTree | undefined;
  let mime: MimeReader | undefined;
  const pump = async (): Promise<boolean> => {
    // Here, because a message without parts begins its one part at once.
    mime ??= mimeReader(message.header, {
      maxParts: limits.maxMembers,
      maxTextOctets: maxReportText,
      onPart(part) {
        parts.begin(part);
        return (piece) => parts.data(Uint8Array.from(piece));
      },
    });
    const piece = tree === undefined && fault === undefined ? await body.next() : undefined;
    if (piece === undefined) {
      tree ??= mime.end();
      return false;
    }
    octets += piece.length;
    if (octets > limits.maxOctets)
      fault = {
        code: 'limit',
        text: `The message has more than ${sizeOf(limits.maxOctets)}; the rest of it is not read.`,
      };
    else {
      mime.write(piece);
      tap?.write(piece);
    }
    return true;
  };
  const parts: Members<PartBegun> = membersOf(pump, () => fault);

  let found = 0;
  let feedback: string | undefined;
  let sampleText: string | undefined;
  let plain: string | undefined;
  for (let part = await parts.next(); part !== undefined; part = await parts.next()) {
    const { label, stream } = part;
    if (feedback !== undefined) {
      // What follows is the message that is reported on; reports attached to it are none of ours.
      if (label.type === 'text/rfc822-headers') sampleText ??= await textOf(stream);
    } else if (label.type === 'message/feedback-report') feedback = await textOf(stream);
    else {
      const content = await peek(stream, sniffOctets);
      const kind = wanted(sniff(content.first).kind, label);
      if (kind !== undefined) found += await context.open(content, kind, inside(source, label), depth + 1);
      else if (label.type === 'text/plain') plain ??= await textOf(content.stream);
    }
  }
  const refuse = async (refusal: ReportRefusal): Promise<void> => {
    found++;
    await sink.refused(refusal, source);
  };
  if (fault !== undefined && found === 0) await refuse(fault);
  else if (feedback !== undefined) {
    const sample =
      sampleText === undefined ? nested(tree?.root) : parseHeader(Buffer.from(`${sampleText.trim()}\r\n\r\n`));
    const report = readFailure({ carrier: message.header, report: feedback, sample });
    if (report === undefined)
      await refuse({
        code: 'not-report',
        text: 'Its feedback-report part has no Feedback-Type (RFC 5965 §3.1); ask the reporter.',
      });
    else {
      found++;
      await sink.failure(report, source);
    }
  } else if (found === 0) {
    const report = plain === undefined ? undefined : readPlainFailure({ carrier: message.header, report: plain });
    if (report !== undefined) {
      found++;
      await sink.failure(report, source);
    } else await refuse({ code: 'not-report', text: noReport(carrier) });
  }
  await tap?.end();
  return found;
}

/** What a part is read as; undefined for what holds no report: text, pictures, signatures. */
function wanted(kind: ContentKind, part: PartBegun): ContentKind | undefined {
  const attached = part.disposition === 'attachment' || part.fileName !== undefined;
  const inText = part.type.startsWith('text/') && !attached;
  const ours =
    /(?:dmarc|tlsrpt|gzip|zip|\/xml|\+xml|\/json)/.test(part.type) ||
    /\.(?:xml|json|gz|gzip|zip)$/i.test(part.fileName ?? '');
  switch (kind) {
    case 'xml':
      // XHTML is no report.
      return part.type === 'text/html' && !attached ? undefined : kind;
    case 'gzip':
    case 'zip':
    case 'base64':
    case 'zlib':
      return kind;
    case 'json':
      return inText && !/^text\/(?:json|plain)$/.test(part.type) ? undefined : kind;
    case 'mail':
    case 'mailbox':
      return inText || !/message|octet-stream|mbox/.test(part.type) ? undefined : kind;
    case 'empty':
    case 'foreign':
    case 'html':
    case 'other':
      // Only where it pretends to be one.
      return ours && attached ? kind : undefined;
  }
}

const inside = (source: ReportSource, part: PartBegun): ReportSource => ({
  ...source,
  inside: [
    ...source.inside,
    part.fileName === undefined ? `part ${part.path === '' ? '1' : part.path}` : shown(part.fileName, 200),
  ],
});

async function textOf(stream: PieceStream): Promise<string> {
  const { first } = await peek(stream, maxReportText);
  return first.toString('utf8', 0, Math.min(first.length, maxSampleCharacters));
}

/** The header of the first message inside. */
function nested(part: MimePart | undefined): Header | undefined {
  const queue = part === undefined ? [] : [part];
  for (const next of queue) {
    if (next.type === 'message/rfc822' || next.type === 'message/global') return next.children[0]?.header;
    queue.push(...next.children);
  }
  return undefined;
}

function carrierOf(header: Header): Carrier {
  const one = (key: string): string | undefined => {
    const field = fieldsOf(header, key)[0];
    return field === undefined ? undefined : decodeWords(valueOf(field)).slice(0, 1000);
  };
  const [from, messageId, subject] = [one('from'), one('message-id'), one('subject')];
  return {
    ...(from === undefined ? {} : { from }),
    ...(messageId === undefined ? {} : { messageId }),
    ...(subject === undefined ? {} : { subject }),
  };
}

function noReport({ subject, from }: Carrier): string {
  const what = subject === undefined ? 'The message without a subject' : `The message “${shown(subject, 120)}”`;
  return `${what}${from === undefined ? '' : ` from ${shown(from, 120)}`} carries no report: nothing in it is XML, JSON, gzip, zip or a feedback report.`;
}
