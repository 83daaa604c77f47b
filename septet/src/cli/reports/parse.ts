/** `septet reports parse`: the reports in files as JSON, one a line. Nothing is stored. */
import type { ReportSource, ReportSink } from '../../reports/intake.ts';
import { redacted } from '../../reports/read-failure.ts';
import { readReports } from '../../reports/read-reports.ts';
import { placeOf } from '../../watch/intake/intake-event.ts';
import { filesBelow, missingPaths } from '../../watch/intake/files.ts';
import { Unreadable } from '../../watch/intake/unreadable.ts';
import type { IntakeItem } from '../../watch/intake/intake-item.ts';
import { InputError, type Io } from '../io.ts';
import { visible, visibleJson } from '../visible.ts';
import { aggregateHeadJson, failureJson, recordJson, tlsJson } from './parse-json.ts';
import { limitsOf } from './size-limit.ts';
import { spool, type Spool } from './spool.ts';

export interface ParseOptions {
  readonly unredacted?: boolean;
  readonly maxSize: string;
}

/**
 * Exit code: 0; 1 something was refused. What a report says of itself stands in front of its records, and is known whole
 * at its end only: the records wait meanwhile, the many of a large report in a temporary file.
 */
export async function parseReports(files: readonly string[], options: ParseOptions, io: Io): Promise<number> {
  const limits = limitsOf(options.maxSize);
  const [missing] = await missingPaths(files.filter((file) => file !== '-'));
  if (missing !== undefined) throw new InputError(`${visible(missing)} cannot be read: there is no such file.`);
  let refused = 0;
  const say = (text: string): void => io.err(`${visible(text)}\n`);
  const refuse = (text: string): void => {
    refused++;
    say(text);
  };
  for await (const found of itemsOf(files, io)) {
    if (found.kind === 'unreadable') refuse(found.why);
    else {
      const sink = writingSink(options, io, refuse, say);
      try {
        const now = Math.floor(io.now() / 1000);
        await readReports(found.item.octets(), found.item.origin, sink, { now, limits });
      } catch (error) {
        if (!(error instanceof Unreadable)) throw error;
        refuse(error.message);
      } finally {
        await sink.close();
      }
    }
  }
  return refused > 0 ? 1 : 0;
}

type Item =
  | { readonly kind: 'file'; readonly item: IntakeItem }
  | { readonly kind: 'unreadable'; readonly why: string };

async function* itemsOf(files: readonly string[], io: Io): AsyncGenerator<Item> {
  for (const file of files) {
    if (file === '-') yield { kind: 'file', item: { origin: 'standard input', octets: () => io.chunks('-') } };
    else yield* filesBelow([file]);
  }
}

function writingSink(
  { unredacted }: ParseOptions,
  io: Io,
  refuse: (text: string) => void,
  say: (text: string) => void,
): ReportSink & { close(): Promise<void> } {
  let records: Spool | undefined;
  let rows = 0;
  const drop = async (): Promise<void> => {
    const open = records;
    records = undefined;
    await open?.close();
  };
  const mended = (
    source: ReportSource,
    repairs: readonly { readonly text: string; readonly row: number; readonly count: number }[],
  ): void => {
    for (const { text, row, count } of repairs)
      say(
        `${placeOf(source)}: mended: ${text}${row > 0 ? ` (row ${row}${count > 1 ? `, ${count} times` : ''})` : ''}.`,
      );
  };
  return {
    begin() {
      records = spool();
      rows = 0;
    },
    rows(batch) {
      let text = '';
      for (const row of batch) text += `${rows++ === 0 ? '' : ','}${visibleJson(recordJson(row))}`;
      return records?.write(text);
    },
    async aggregate(head, source) {
      mended(source, head.repairs);
      await io.out(`${visibleJson(aggregateHeadJson(head)).slice(0, -1)},"records":[`);
      for await (const piece of records?.pieces() ?? []) await io.out(piece);
      await io.out(']}\n');
      await drop();
    },
    async tls(report, source) {
      mended(source, report.repairs);
      await io.out(`${visibleJson(tlsJson(report))}\n`);
    },
    async failure(report, source) {
      mended(source, report.repairs);
      await io.out(`${visibleJson(failureJson(unredacted === true ? report : redacted(report)))}\n`);
    },
    async refused(refusal, source) {
      await drop();
      refuse(`${placeOf(source)}: ${refusal.text}`);
    },
    close: drop,
  };
}
