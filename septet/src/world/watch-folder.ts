/**
 * Stays with a folder or a Maildir and gives out each new file once, when it no longer grows. It looks every few seconds,
 * and at once where the system tells of changes (`fs.watch`, which network file systems do not have).
 */
import { watch, type Stats } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface WatchedFile {
  readonly kind: 'file';
  /** Where it was when it was seen; in a Maildir a mail program may move it, which `open` knows. */
  readonly path: string;
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modifiedMs: number;
  open(): Promise<OpenedFile>;
}

export type OpenedFile =
  | { readonly kind: 'open'; readonly octets: AsyncIterable<Uint8Array> }
  | { readonly kind: 'failed'; readonly why: string };

export type WatchItem =
  | WatchedFile
  /** Something a person may want to know; watching goes on. */
  | { readonly kind: 'notice'; readonly text: string }
  /** The last item: there is no such folder at the beginning. */
  | { readonly kind: 'failed'; readonly text: string };

export interface WatchOptions {
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** How often it is looked, at least. */
  readonly pollMs?: number;
  /** A file is taken when size and time have stood still for so long. */
  readonly stillMs?: number;
  /** Only files that come later; without it also those that are there. */
  readonly onlyNew?: boolean;
}

interface Seen {
  /** Changes when the file is written to or replaced. */
  readonly version: string;
  /** When this version was first seen, by our clock. */
  readonly since: number;
  readonly taken: boolean;
}

interface Present {
  /** The same for a message of a Maildir wherever its flags take it. */
  readonly key: string;
  readonly path: string;
  readonly facts: Stats;
}

const usual = { pollMs: 5000, stillMs: 1000 };
const leastPauseMs = 50;

/**
 * Every file of the folder itself (not of folders in it), or of `new` and `cur` of a Maildir. A file that is written to
 * again, or replaced, comes again. Hidden files and those that programs name as unfinished are left alone. A file counts as
 * taken when the next item is asked for.
 */
export async function* watchFolder(folder: string, options: WatchOptions): AsyncGenerator<WatchItem, void, undefined> {
  const { signal, now, pollMs = usual.pollMs } = options;
  let places: readonly string[] | undefined = await placesOf(folder);
  if (places === undefined) {
    yield { kind: 'failed', text: `There is no folder ${folder} that can be read. Name one that exists.` };
    return;
  }
  let seen: ReadonlyMap<string, Seen> = new Map();
  let first = true;
  let waiting = wakeable(signal);
  let watchers = watchAll(places, () => waiting.wake());
  try {
    while (!signal.aborted) {
      // oxlint-disable-next-line no-await-in-loop -- one look after another
      const present: readonly Present[] | undefined = await look(folder, places);
      if (present === undefined) {
        watchers.close();
        yield {
          kind: 'notice',
          text: `The folder ${folder} cannot be read any more. It is looked for until it is back.`,
        };
        // oxlint-disable-next-line no-await-in-loop -- until it is back
        places = await untilThere(folder, pollMs, signal);
        if (places === undefined) return;
        yield { kind: 'notice', text: `The folder ${folder} is back.` };
        waiting = wakeable(signal);
        watchers = watchAll(places, () => waiting.wake());
        continue;
      }
      // Set before the files are given out: what comes meanwhile is looked for at once.
      waiting = wakeable(signal);
      const next = new Map<string, Seen>();
      const ready: Present[] = [];
      const at = now();
      const stillMs = places.length > 1 ? 0 : (options.stillMs ?? usual.stillMs);
      for (const one of present) {
        const state = stateOf(one, seen.get(one.key), at);
        const taken = state.taken || (first && options.onlyNew === true);
        next.set(one.key, { ...state, taken });
        if (!taken && isStill(one, state, at, stillMs)) ready.push(one);
      }
      first = false;
      seen = next;
      for (const one of ready) {
        if (signal.aborted) return;
        yield fileOf(one, places);
        const state = next.get(one.key);
        if (state) next.set(one.key, { ...state, taken: true });
      }
      const growing = [...next.values()].some(({ taken }) => !taken);
      const pauseMs = growing ? Math.min(pollMs, Math.max(stillMs / 2, 20)) : pollMs;
      // oxlint-disable-next-line no-await-in-loop -- the pause is what is wanted
      await waiting.until(pauseMs);
      // A file that is being written wakes with every piece of it.
      // oxlint-disable-next-line no-await-in-loop -- the same
      await sleep(leastPauseMs, undefined, { signal }).catch(() => {});
    }
  } finally {
    watchers.close();
  }
}

/** The folders that files are taken from: two in a Maildir; `undefined` where there is none. */
async function placesOf(folder: string): Promise<readonly string[] | undefined> {
  const isFolder = (path: string): Promise<boolean> =>
    stat(path).then(
      (facts) => facts.isDirectory(),
      () => false,
    );
  if (!(await isFolder(folder))) return undefined;
  const [fresh, current, temporary] = await Promise.all(
    ['new', 'cur', 'tmp'].map((name) => isFolder(join(folder, name))),
  );
  return fresh && current && temporary ? [join(folder, 'new'), join(folder, 'cur')] : [folder];
}

async function look(folder: string, places: readonly string[]): Promise<readonly Present[] | undefined> {
  const found = new Map<string, Present>();
  const maildir = places.length > 1;
  for (const place of places) {
    let names: readonly string[];
    try {
      // `new` before `cur`: a message that is moved between the two looks is seen twice, not never.
      // oxlint-disable-next-line no-await-in-loop -- the order counts
      names = await readdir(place);
    } catch {
      return undefined;
    }
    for (const name of [...names].sort()) {
      if (isUnfinished(name)) continue;
      const path = join(place, name);
      // oxlint-disable-next-line no-await-in-loop -- a folder of any size with few open questions
      const facts = await stat(path).catch(() => undefined);
      if (facts?.isFile() !== true) continue;
      const key = maildir ? messageName(name) : name;
      found.set(key, { key, path, facts });
    }
  }
  return (await placesOf(folder)) === undefined ? undefined : [...found.values()];
}

/** Hidden files, and what browsers, editors and copying programs call a file that they are writing. */
const isUnfinished = (name: string): boolean =>
  name.startsWith('.') || /(~|\.(part|partial|filepart|tmp|temp|swp|crdownload|download|lock))$/i.test(name);

/** The name of a message without its flags: `1700.M1P2.host:2,S`. */
const messageName = (name: string): string => name.replace(/[:;!]2,[^/]*$/, '');

function stateOf({ facts }: Present, before: Seen | undefined, at: number): Seen {
  const version = `${facts.dev} ${facts.ino} ${facts.size} ${facts.mtimeMs}`;
  if (before?.version === version) return before;
  return { version, since: at, taken: false };
}

/** Both clocks are asked: the file's for those that have lain here long, ours for those with a time in the future. */
const isStill = ({ facts }: Present, { since }: Seen, at: number, stillMs: number): boolean =>
  at - since >= stillMs || (facts.mtimeMs <= at - 60_000 - stillMs && facts.ctimeMs <= at - 60_000 - stillMs);

function fileOf({ key, path, facts }: Present, places: readonly string[]): WatchedFile {
  return {
    kind: 'file',
    path,
    size: facts.size,
    modifiedMs: facts.mtimeMs,
    async open() {
      for (const candidate of [path, ...(await elsewhere(key, places))]) {
        try {
          // Opened here, so that a file that goes away afterwards can still be read.
          // oxlint-disable-next-line no-await-in-loop -- the first that is there
          const handle = await open(candidate, 'r');
          return { kind: 'open', octets: handle.createReadStream() };
        } catch (error) {
          const code = error instanceof Error && 'code' in error ? String(error.code) : '';
          if (code !== 'ENOENT')
            return { kind: 'failed', why: `${path} cannot be read (${code}). Check who may read it.` };
        }
      }
      return { kind: 'failed', why: `${path} went away before it was read.` };
    },
  };
}

/** Where a message of a Maildir may be now. */
async function elsewhere(key: string, places: readonly string[]): Promise<readonly string[]> {
  if (places.length === 1) return [];
  const out: string[] = [];
  for (const place of places) {
    // oxlint-disable-next-line no-await-in-loop -- two folders
    for (const name of await readdir(place).catch(() => [])) if (messageName(name) === key) out.push(join(place, name));
  }
  return out;
}

/** A pause that can be ended: by the signal, and by the system's word that something changed. */
function wakeable(signal: AbortSignal): { wake(): void; until(ms: number): Promise<void> } {
  const woken = new AbortController();
  const any = AbortSignal.any([signal, woken.signal]);
  return {
    wake: () => woken.abort(),
    until: (ms) => sleep(ms, undefined, { signal: any }).catch(() => {}),
  };
}

/** Without the system's word the folder is only looked at less often; so nothing here is an error. */
function watchAll(places: readonly string[], wake: () => void): { close(): void } {
  const closers: (() => void)[] = [];
  for (const place of places) {
    try {
      const watcher = watch(place, { persistent: false }, () => wake());
      watcher.on('error', () => watcher.close());
      closers.push(() => watcher.close());
    } catch {
      // No such thing here; looking goes on.
    }
  }
  return { close: () => closers.forEach((close) => close()) };
}

async function untilThere(folder: string, pollMs: number, signal: AbortSignal): Promise<readonly string[] | undefined> {
  while (!signal.aborted) {
    // oxlint-disable-next-line no-await-in-loop -- until it is back
    const places = await placesOf(folder);
    if (places !== undefined) return places;
    // oxlint-disable-next-line no-await-in-loop -- the same
    await sleep(pollMs, undefined, { signal }).catch(() => {});
  }
  return undefined;
}
