/**
 * Reads whatever reports are in a file: it looks at content, never at names or types, and opens containers in containers.
 * Every piece is bounded; what is refused is told, and the rest of the file is still read.
 */
import type { Header } from '../mail/header.ts';
import { readMessages } from '../mail/read-messages.ts';
import type { ReportRefusal } from './aggregate.ts';
import { usualLimits } from './intake.ts';
import type { IntakeLimits, ReportSink, ReportSource } from './intake.ts';
import { counted, peek, piecesOf, streamOf } from './piece-stream.ts';
import type { Peeked } from './piece-stream.ts';
import { readJson, readXml } from './read-content.ts';
import { readMail } from './read-mail.ts';
import type { MessageTap } from './read-mail.ts';
import { shown } from './repairs.ts';
import { sniff, sniffOctets } from './sniff.ts';
import type { ContentKind } from './sniff.ts';
import { base64Stream, sizeOf, unpacked } from './unpack.ts';
import { zipMembers } from './unpack-zip.ts';

export interface ReadOptions {
  readonly limits?: IntakeLimits;
  /** Seconds since 1970; reports from the future are refused. Without it they are not. */
  readonly now?: number;
  /**
   * Asked at the beginning of every message that is not attached to another one, for somebody who reads along, to verify
   * its signature.
   */
  readonly tap?: (header: Header, source: ReportSource) => MessageTap | undefined;
}

/**
 * Reads a file, a message or a mailbox file. `origin` names it in sentences. Answers how many reports there were, refused
 * ones too; an empty file is one that is refused. What reading `chunks` or the sink throws is thrown on; the input never
 * makes it throw.
 */
export async function readReports(
  chunks: AsyncIterable<Uint8Array>,
  origin: string,
  sink: ReportSink,
  options: ReadOptions = {},
): Promise<number> {
  const { limits = usualLimits, now, tap } = options;
  const context = { sink, limits, now };

  const open = async (content: Peeked, kind: ContentKind, source: ReportSource, depth: number): Promise<number> => {
    if (isContainer(kind) && depth > limits.maxDepth)
      return refuse(source, {
        code: 'limit',
        text: `Containers stand more than ${limits.maxDepth} deep in each other; what is in the innermost one is not read. Unpack it and import what is in it.`,
      });
    switch (kind) {
      case 'xml':
        return told(await readXml(content, source, context), source);
      case 'json':
        return told(await readJson(content, source, context), source);
      case 'gzip':
      case 'zlib':
        return within(await peek(unpacked(content, kind, limits), sniffOctets), source, depth);
      case 'base64':
        return within(await peek(base64Stream(content.stream), sniffOctets), source, depth);
      case 'zip':
        return openZip(content, source, depth);
      case 'mail':
      case 'mailbox':
        return openMail(content, source, depth);
      case 'empty':
        await toEnd(content, depth);
        return refuse(source, content.stream.fault() ?? { code: 'empty', text: 'There is nothing in it.' });
      case 'html':
        return refuse(source, { code: 'not-report', text: 'This is HTML, no report.' });
      case 'foreign':
        return refuse(source, {
          code: 'container',
          text: `This is ${sniff(content.first).what ?? 'a container'}, which is not read; reports are gzip or zip (RFC 9990). Unpack it and import what is in it.`,
        });
      case 'other':
        await toEnd(content, depth);
        return refuse(
          source,
          content.stream.fault() ?? {
            code: 'not-report',
            text: 'This is no report: neither XML, JSON, gzip, zip nor a message.',
          },
        );
    }
  };

  const within = (content: Peeked, source: ReportSource, depth: number): Promise<number> =>
    open(content, sniff(content.first).kind, source, depth + 1);

  const refuse = async (source: ReportSource, refusal: ReportRefusal): Promise<number> => {
    await sink.refused(refusal, source);
    return 1;
  };

  const told = async (result: 'report' | ReportRefusal, source: ReportSource): Promise<number> => {
    if (result !== 'report') await sink.refused(result, source);
    return 1;
  };

  const openZip = async (content: Peeked, source: ReportSource, depth: number): Promise<number> => {
    const members = zipMembers(content, limits);
    let found = 0;
    let last: ReportRefusal | undefined;
    for (let member = await members.next(); member !== undefined; member = await members.next()) {
      if (/\/$|^__MACOSX\/|(?:^|\/)(?:\.DS_Store|Thumbs\.db)$/.test(member.label)) continue;
      const inner = { ...source, inside: [...source.inside, shown(member.label, 200)] };
      const opened = await peek(member.stream, sniffOctets);
      found += await within(opened, inner, depth);
      last = member.stream.fault();
    }
    const fault = members.fault();
    // A fault that a member ended with is told already.
    if (fault !== undefined && fault !== last) return found + (await refuse(source, fault));
    return found > 0
      ? found
      : refuse(source, { code: 'empty', text: 'The zip file has no member that could be a report.' });
  };

  const openMail = async (content: Peeked, source: ReportSource, depth: number): Promise<number> => {
    let found = 0;
    // A message that stands in another one is that one's matter; one in a zip file is its own.
    const mail = { sink, limits, open, tap: source.carrier === undefined ? tap : undefined };
    for await (const message of readMessages(piecesOf(content.stream))) {
      const inside = message.fromLine === undefined ? source.inside : [...source.inside, `#${message.number}`];
      found += await readMail(message, { ...source, inside }, depth, mail);
    }
    const fault = content.stream.fault();
    return fault === undefined ? found : found + (await refuse(source, fault));
  };

  const file = streamOf(chunks);
  try {
    let mailbox = false;
    const bounded = counted(file, (octets) =>
      octets > limits.maxOctets && !mailbox
        ? {
            code: 'limit',
            text: `The file has more than ${sizeOf(limits.maxOctets)}; reading was stopped. Raise the limit if it is genuine.`,
          }
        : undefined,
    );
    const content = await peek(bounded, sniffOctets);
    const { kind } = sniff(content.first);
    // Each message of a mailbox file has the limit of a file.
    mailbox = kind === 'mailbox';
    return await open(content, kind, { origin, inside: [] }, 0);
  } finally {
    await file.close();
  }
}

/** What is in a container is read to its end, which shows whether the container is at fault; it would be passed over anyway. */
async function toEnd({ stream }: Peeked, depth: number): Promise<void> {
  // oxlint-disable-next-line no-await-in-loop -- one piece after another
  if (depth > 0) while ((await stream.next()) !== undefined);
}

const isContainer = (kind: ContentKind): boolean =>
  kind === 'gzip' || kind === 'zlib' || kind === 'zip' || kind === 'base64' || kind === 'mail' || kind === 'mailbox';
