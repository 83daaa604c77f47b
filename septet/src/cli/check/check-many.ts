/**
 * Many domains: batches of them, in this thread or spread over worker threads, one line of JSON each, in input order or
 * as they finish.
 */
import type { AuditOptions } from '../../audit/gather.ts';
import { exitCodes, type Report } from '../../audit/report.ts';
import type { DnsName } from '../../dns/name.ts';
import { BatchChecker, jsonLine, type BatchOptions, type Tally } from './check-batch.ts';
import type { BatchToCheck, FromWorker, WorkerSetting } from './check-worker.ts';
import { InputError, type Io, type WorkerThread } from '../io.ts';
import { openWorld, type WorldOptions } from '../open-world.ts';
import { domainOf } from '../options.ts';
import { ProgressLine } from './progress.ts';

export interface Many {
  readonly source: AsyncIterable<string> | Iterable<string>;
  /** What the lines are called in messages. */
  readonly place: string;
  readonly world: WorldOptions;
  readonly audit: AuditOptions;
  readonly failOn: 'error' | 'warning';
  readonly order: string;
  readonly jobs: string | undefined;
  /** Worker threads for long lists; absent: one, which keeps memory small. */
  readonly threads: string | undefined;
  /** The text of one report; absent: one line of JSON, which worker threads can make. */
  readonly print?: (report: Report) => string;
  readonly io: Io;
}

const defaultJobs = 256;
const batchSize = 64;
/** Batches that a thread has in hand: one under way and one waiting. */
const batchesInHand = 4;
/** Starting threads costs a quarter of a second each, so short lists do without. */
const domainsWorthThreads = 1000;

export async function checkMany(many: Many): Promise<number> {
  const { io } = many;
  if (many.order !== 'input' && many.order !== 'done')
    throw new InputError(`--order is input or done, not ${many.order}.`);
  const jobs = many.jobs === undefined ? defaultJobs : countOf(many.jobs, '--jobs', 10_000);
  const most = many.threads === undefined ? 1 : countOf(many.threads, '--threads', 64);
  const progress = new ProgressLine(io);
  const inOrder = many.order === 'input';
  const batches = batchesOf(many)[Symbol.asyncIterator]();
  const head: Piece[] = [];
  let domains = 0;
  for (let piece = await batches.next(); !piece.done; piece = await batches.next()) {
    head.push(piece.value);
    if (piece.value.kind === 'batch') domains += piece.value.domains.length;
    if (domains >= domainsWorthThreads) break;
  }
  if (head.length === 0) throw new InputError(`${many.place} holds no domain.`);
  const canSpread = many.print === undefined && io.startWorker !== undefined && isNetwork(many.world);
  const threads = canSpread && domains >= domainsWorthThreads ? most : 0;
  const batch: BatchOptions = {
    audit: many.audit,
    failOn: many.failOn,
    jobs: Math.max(1, Math.ceil(jobs / Math.max(1, threads))),
    inOrder,
  };
  const crew = await (threads > 0 ? threadCrew(many, batch, threads, io) : ownCrew(many, batch, io));
  let unreadable = 0;
  const emit = async (done: Done): Promise<void> => {
    progress.add(done);
    if (done.error !== undefined) {
      unreadable++;
      io.err(`${done.error}\n`);
    }
    await io.out(done.output);
  };
  try {
    const pieces = chained(head, batches);
    const running: { done: Promise<Done>; over: boolean }[] = [];
    const room = crew.threads * batchesInHand;
    for await (const piece of pieces) {
      const entry = {
        done: piece.kind === 'batch' ? crew.check(piece.domains) : Promise.resolve(refused(piece, many)),
        over: false,
      };
      void entry.done.then(
        () => (entry.over = true),
        () => {},
      );
      running.push(entry);
      while (running.length >= room) await emit(await taken(running, inOrder));
    }
    while (running.length > 0) await emit(await taken(running, inOrder));
  } finally {
    progress.end();
    await crew.close();
  }
  return unreadable > 0 ? exitCodes.misuse : progress.exitCode();
}

/** The first of the running pieces, or whichever is done first. */
async function taken(running: { done: Promise<Done>; over: boolean }[], inOrder: boolean): Promise<Done> {
  if (!inOrder) await Promise.race(running.map((entry) => entry.done));
  const at = inOrder
    ? 0
    : Math.max(
        0,
        running.findIndex((entry) => entry.over),
      );
  const [entry] = running.splice(at, 1);
  return entry!.done;
}

interface Done extends Tally {
  readonly output: string | Uint8Array;
  readonly error?: string;
}

/** Those who check: this thread, or worker threads. */
interface Crew {
  readonly threads: number;
  check(domains: readonly DnsName[]): Promise<Done>;
  close(): Promise<void>;
}

async function ownCrew(many: Many, batch: BatchOptions, io: Io): Promise<Crew> {
  const { world, close } = await openWorld(many.world, io, { many: true });
  const checker = new BatchChecker(world, batch, many.print ?? jsonLine);
  return {
    threads: 1,
    check: async (domains) => {
      const { octets, ...tally } = await checker.check(domains);
      return { output: octets, ...tally };
    },
    close,
  };
}

async function threadCrew(many: Many, batch: BatchOptions, threads: number, io: Io): Promise<Crew> {
  // Options that cannot be used are told here, as everywhere; a thread could only fail with them.
  await (await openWorld(many.world, io, { many: true })).close();
  const crew = Array.from({ length: threads }, () => hire(many, batch, io));
  let next = 0;
  return {
    threads,
    check: (domains) => {
      const { thread, waiting, state } = crew.reduce((least, one) =>
        one.waiting.size < least.waiting.size ? one : least,
      );
      return new Promise((resolve, reject) => {
        if (state.failed) return reject(state.failed);
        const id = next++;
        waiting.set(id, { resolve, reject });
        thread.postMessage({ id, domains } satisfies BatchToCheck);
      });
    },
    close: async () => {
      await Promise.all(crew.map(({ thread }) => thread.terminate()));
    },
  };
}

interface Hand {
  readonly thread: WorkerThread;
  readonly waiting: Map<number, { readonly resolve: (done: Done) => void; readonly reject: (error: Error) => void }>;
  readonly state: { failed?: Error };
}

/** Starts a thread and listens to it. */
function hire(many: Many, batch: BatchOptions, io: Io): Hand {
  const thread = io.startWorker?.() as WorkerThread;
  const hand: Hand = { thread, waiting: new Map(), state: {} };
  thread.on('message', (message) => {
    const { id, octets, ...tally } = message as FromWorker;
    hand.waiting.get(id)?.resolve({ output: octets, ...tally });
    hand.waiting.delete(id);
  });
  thread.on('error', (error) => {
    hand.state.failed = error;
    for (const { reject } of hand.waiting.values()) reject(error);
    hand.waiting.clear();
  });
  thread.postMessage({ world: many.world, batch } satisfies WorkerSetting);
  return hand;
}

/** Whether the answers come over sockets: zone files and recordings are answered faster than threads could share them. */
const isNetwork = (world: WorldOptions): boolean =>
  world.zone === undefined && world.replay === undefined && world.record === undefined;

type Piece =
  | { readonly kind: 'batch'; readonly domains: readonly DnsName[] }
  | { readonly kind: 'unreadable'; readonly line: number; readonly input: string; readonly error: string };

async function* batchesOf(many: Many): AsyncIterable<Piece> {
  let line = 0;
  let domains: DnsName[] = [];
  for await (const raw of many.source) {
    line++;
    const input = raw
      .replace(/^\ufeff/, '')
      .replace(/#.*$/, '')
      .trim();
    if (input === '') continue;
    const read = readDomain(input);
    if (typeof read === 'string') domains.push(read);
    else {
      if (domains.length > 0) yield { kind: 'batch', domains };
      domains = [];
      yield { kind: 'unreadable', line, input, error: `${many.place}, line ${line}: ${read.message}` };
    }
    if (domains.length < batchSize) continue;
    yield { kind: 'batch', domains };
    domains = [];
  }
  if (domains.length > 0) yield { kind: 'batch', domains };
}

async function* chained(head: readonly Piece[], rest: AsyncIterator<Piece>): AsyncIterable<Piece> {
  yield* head;
  for (let piece = await rest.next(); !piece.done; piece = await rest.next()) yield piece.value;
}

function readDomain(input: string): DnsName | InputError {
  try {
    return domainOf(input);
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
}

function refused(piece: Extract<Piece, { kind: 'unreadable' }>, many: Many): Done {
  const { line, input, error } = piece;
  const output = many.print === undefined ? `${JSON.stringify({ line, input, error })}\n` : '';
  return { output, error, checked: 0, failing: 0, unknown: 0 };
}

function countOf(text: string, option: string, most: number): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > most) {
    throw new InputError(`${option} is a whole number from 1 to ${most}, not ${text}.`);
  }
  return count;
}
