/** Reads one report that is unpacked: XML or JSON, from a stream of octets to the sink. */
import type { AggregateRow, ReportRefusal } from './aggregate.ts';
import type { IntakeLimits, ReportSink, ReportSource } from './intake.ts';
import type { Peeked } from './piece-stream.ts';
import { aggregateReader } from './read-aggregate.ts';
import type { AggregateReader } from './read-aggregate.ts';
import { maxTlsCharacters, readTlsReport } from './read-tls.ts';
import { shown } from './repairs.ts';
import { charsetOf } from './sniff.ts';
import { sizeOf } from './unpack.ts';

export interface ContentContext {
  readonly sink: ReportSink;
  readonly limits: IntakeLimits;
  /** Seconds since 1970. */
  readonly now: number | undefined;
}

/** What became of it; a refusal is for the caller to tell. */
export type ContentResult = 'report' | ReportRefusal;

/** Octets that are decoded at once. */
const stepOctets = 64 * 1024; // house
const maxBatch = 1000; // ReportSink.rows

export async function readXml(content: Peeked, source: ReportSource, context: ContentContext): Promise<ContentResult> {
  const { sink, limits, now } = context;
  const reader = aggregateReader({ maxRows: limits.maxRows, ...(now === undefined ? {} : { now }) });
  const decoder = decoderOf(content.first, reader);
  let batch: AggregateRow[] = [];
  let begun = false;
  let octets = 0;
  let tooLong = false;
  const flush = async (): Promise<void> => {
    if (!begun) sink.begin(source);
    begun = true;
    for (let from = 0; from < batch.length; from += maxBatch) {
      const waits = sink.rows(batch.length <= maxBatch ? batch : batch.slice(from, from + maxBatch));
      if (waits !== undefined) await waits;
    }
    batch = [];
  };
  const write = (text: string): void => {
    const rows = reader.write(text);
    if (rows.length > 0) batch = batch.length === 0 ? [...rows] : batch.concat(rows);
  };
  reading: for (let piece = await content.stream.next(); piece !== undefined; piece = await content.stream.next()) {
    octets += piece.length;
    tooLong = octets > limits.maxPlainOctets;
    if (tooLong) break;
    for (let from = 0; from < piece.length; from += stepOctets) {
      write(
        decoder.decode(piece.length <= stepOctets ? piece : piece.subarray(from, from + stepOctets), { stream: true }),
      );
      if (batch.length >= maxBatch / 2) await flush();
      if (reader.refusal() !== undefined) break reading;
    }
  }
  if (reader.refusal() === undefined && !tooLong) write(decoder.decode());
  if (batch.length > 0) await flush();
  const fault = content.stream.fault();
  const result = reader.end();
  // An early end of the XML is only what follows of it. A report that is complete in spite of it may be altered.
  if (
    fault !== undefined &&
    (result.kind === 'good' || result.refusal.code === 'incomplete' || result.refusal.code === 'empty')
  )
    return fault;
  if (tooLong && !reader.complete())
    return {
      code: 'limit',
      text: `The report has more than ${sizeOf(limits.maxPlainOctets)}; reading was stopped. Raise the limit if it is genuine.`,
    };
  if (result.kind === 'refused') return result.refusal;
  if (!begun) sink.begin(source);
  await sink.aggregate(result.head, source);
  return 'report';
}

/** By the first octets, then by what the XML declares; UTF-8 otherwise (XML 1.0 §4.3.3). */
function decoderOf(first: Buffer, reader: AggregateReader): TextDecoder {
  const seen = charsetOf(first);
  if (seen !== undefined) return new TextDecoder(seen);
  const declared = /^\s*<\?xml[^>]{0,100}?encoding\s*=\s*["']([\w.:-]{1,40})["']/.exec(
    first.toString('latin1', 0, 200),
  )?.[1];
  if (declared === undefined || /^utf-?8$/i.test(declared)) return new TextDecoder();
  try {
    const decoder = new TextDecoder(declared);
    if (!decoder.encoding.startsWith('utf-16')) return decoder;
    reader.mended(
      'charset.wrong',
      `the XML says it is in ${shown(declared)}, but its octets are not; they are read as UTF-8`,
    );
  } catch {
    reader.mended(
      'charset.unknown',
      `the XML says it is in ${shown(declared)}, which nobody here knows; it is read as UTF-8`,
    );
  }
  return new TextDecoder();
}

export async function readJson(content: Peeked, source: ReportSource, context: ContentContext): Promise<ContentResult> {
  const pieces: Uint8Array[] = [];
  let octets = 0;
  for (let piece = await content.stream.next(); piece !== undefined; piece = await content.stream.next()) {
    octets += piece.length;
    if (octets > maxTlsCharacters)
      return { code: 'limit', text: `The JSON has more than ${sizeOf(maxTlsCharacters)}, which no TLS report needs.` };
    pieces.push(piece);
  }
  const fault = content.stream.fault();
  if (fault !== undefined) return fault;
  const whole = Buffer.concat(pieces, octets);
  const text = new TextDecoder(charsetOf(whole) ?? 'utf-8').decode(whole);
  const { now } = context;
  const result = readTlsReport(text, now === undefined ? {} : { now });
  if (result.kind === 'refused') return result.refusal;
  await context.sink.tls(result.report, source);
  return 'report';
}
