/** Many domains: a window of them at a time, one line of JSON each, in input order or as they finish. */
import { audit } from '../audit/audit.ts';
import type { AuditOptions } from '../audit/gather.ts';
import { exitCodeOf, exitCodes, type Report } from '../audit/report.ts';
import type { DnsName } from '../dns/name.ts';
import type { CheckOptions, Format } from './check.ts';
import { InputError, type Io } from './io.ts';
import { openWorld } from './open-world.ts';
import { domainOf } from './options.ts';
import { markdownReport } from './report-markdown.ts';
import { sarifReport } from './report-sarif.ts';
import { textReport } from './report-text.ts';
import { painter } from './paint.ts';
import { version } from './version.ts';

export interface Many {
  readonly source: AsyncIterable<string> | Iterable<string>;
  /** What the lines are called in messages. */
  readonly place: string;
  readonly options: CheckOptions;
  readonly auditOptions: AuditOptions;
  readonly format: Format;
  readonly failOn: 'error' | 'warning';
  readonly io: Io;
}

const defaultJobs = 256;
/** Finished lines are written together up to this many characters: one write for each line is a third of the time. */
const writeCharacters = 64 * 1024;

export async function checkMany(many: Many): Promise<number> {
  const { io, options, auditOptions, format } = many;
  const jobs = options.jobs === undefined ? defaultJobs : jobsOf(options.jobs);
  if (options.order !== 'input' && options.order !== 'done')
    throw new InputError(`--order is input or done, not ${options.order}.`);
  const { world, close } = await openWorld(options, io, { many: true });
  const tally = new Tally(io, many.failOn);
  const sarif: Report[] = [];
  let buffer = '';
  const emit = (item: Item): void => {
    tally.add(item);
    if (item.kind === 'unreadable') {
      if (format === 'ndjson' || format === 'json')
        buffer += `${JSON.stringify({ line: item.line, input: item.input, error: item.error })}\n`;
    } else if (format === 'sarif') sarif.push(item.report);
    else if (format === 'text') buffer += `${textReport(item.report, painter(io.columns, io.colours))}\n`;
    else if (format === 'markdown') buffer += `${markdownReport(item.report)}\n`;
    else buffer += `${item.text}\n`;
    if (buffer.length > writeCharacters) flush();
  };
  const flush = (): void => {
    if (buffer !== '') io.out(buffer);
    buffer = '';
  };
  const work = async (entry: Entry): Promise<Item> => {
    if (typeof entry.domain !== 'string') return { kind: 'unreadable', ...entry, error: entry.domain.message };
    const report = await audit(world, entry.domain, auditOptions);
    // The report's objects go at once; what waits for its turn is text.
    return format === 'ndjson' || format === 'json'
      ? { kind: 'checked', report: slim(report), text: JSON.stringify(report) }
      : { kind: 'checked', report, text: '' };
  };
  try {
    const items =
      options.order === 'input' ? inOrder(entriesOf(many), work, jobs) : asDone(entriesOf(many), work, jobs);
    for await (const item of items) emit(item);
    flush();
  } finally {
    tally.end();
    await close();
  }
  if (format === 'sarif') io.out(sarifReport(sarif, version));
  return tally.exitCode();
}

interface Entry {
  readonly line: number;
  readonly input: string;
  readonly domain: DnsName | InputError;
}

type Item =
  | { readonly kind: 'checked'; readonly report: Pick<Report, 'findings'> & Report; readonly text: string }
  | { readonly kind: 'unreadable'; readonly line: number; readonly input: string; readonly error: string };

/** Enough of a report for the tally. */
const slim = (report: Report): Report => ({ ...report, records: {}, mailboxProviders: [], findings: report.findings });

async function* entriesOf(many: Many): AsyncIterable<Entry> {
  let line = 0;
  for await (const raw of many.source) {
    line++;
    const input = raw
      .replace(/^\ufeff/, '')
      .replace(/#.*$/, '')
      .trim();
    if (input === '') continue;
    yield { line, input, domain: readDomain(input, `${many.place}, line ${line}`) };
  }
  if (line === 0) throw new InputError(`${many.place} holds no domain.`);
}

function readDomain(input: string, place: string): DnsName | InputError {
  try {
    return domainOf(input);
  } catch (error) {
    if (error instanceof InputError) return new InputError(`${place}: ${error.message}`);
    throw error;
  }
}

async function* inOrder(
  entries: AsyncIterable<Entry>,
  work: (entry: Entry) => Promise<Item>,
  jobs: number,
): AsyncIterable<Item> {
  const window: Promise<Item>[] = [];
  for await (const entry of entries) {
    window.push(work(entry));
    if (window.length >= jobs) yield await (window.shift() as Promise<Item>);
  }
  for (const item of window) yield await item;
}

async function* asDone(
  entries: AsyncIterable<Entry>,
  work: (entry: Entry) => Promise<Item>,
  jobs: number,
): AsyncIterable<Item> {
  const running = new Map<number, Promise<{ readonly line: number; readonly item: Item }>>();
  for await (const entry of entries) {
    running.set(
      entry.line,
      work(entry).then((item) => ({ line: entry.line, item })),
    );
    if (running.size < jobs) continue;
    const first = await Promise.race(running.values());
    running.delete(first.line);
    yield first.item;
  }
  while (running.size > 0) {
    const first = await Promise.race(running.values());
    running.delete(first.line);
    yield first.item;
  }
}

/** Counts for the exit code and for the progress line on standard error. */
class Tally {
  readonly #io: Io;
  readonly #failOn: 'error' | 'warning';
  readonly #started: number;
  #checked = 0;
  #failing = 0;
  #unknown = 0;
  #unreadable = 0;
  #drawn = 0;

  constructor(io: Io, failOn: 'error' | 'warning') {
    this.#io = io;
    this.#failOn = failOn;
    this.#started = io.now();
  }

  add(item: Item): void {
    if (item.kind === 'unreadable') {
      this.#unreadable++;
      this.#io.err(`${item.error}\n`);
      return;
    }
    this.#checked++;
    const code = exitCodeOf(item.report.findings, this.#failOn);
    if (code === exitCodes.findings) this.#failing++;
    else if (code === exitCodes.couldNotTell) this.#unknown++;
    if (this.#io.progress && this.#io.now() - this.#drawn > 200) this.#draw('\r');
  }

  end(): void {
    if (this.#io.progress) this.#draw('\r');
    if (this.#io.progress) this.#io.err('\n');
    else if (this.#checked > 1) this.#io.err(`${this.#line()}\n`);
  }

  exitCode(): number {
    if (this.#unreadable > 0) return exitCodes.misuse;
    if (this.#failing > 0) return exitCodes.findings;
    return this.#unknown > 0 ? exitCodes.couldNotTell : exitCodes.fine;
  }

  #line(): string {
    const seconds = Math.max(0.001, (this.#io.now() - this.#started) / 1000);
    const rate = Math.round(this.#checked / seconds);
    return `${this.#checked} checked, ${this.#failing} with findings, ${this.#unknown} could not be told (${rate} a second)`;
  }

  #draw(before: string): void {
    this.#drawn = this.#io.now();
    this.#io.err(`${before}${this.#line()}`);
  }
}

function jobsOf(text: string): number {
  const jobs = Number(text);
  if (!Number.isInteger(jobs) || jobs < 1 || jobs > 10_000)
    throw new InputError(`--jobs is a whole number from 1 to 10000, not ${text}.`);
  return jobs;
}
