/**
 * The files below the paths that a person names: files, folders in folders, Maildirs. What a file is, its content says and
 * not its name.
 */
import { createReadStream, type Dirent } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import type { WatchedFile } from '../../world/watch-folder.ts';
import type { IntakeItem } from './intake-item.ts';
import { Unreadable } from './unreadable.ts';

export type FoundFile =
  | { readonly kind: 'file'; readonly item: IntakeItem }
  /** A folder that cannot be listed, or a path that is gone; a sentence. */
  | { readonly kind: 'unreadable'; readonly origin: string; readonly why: string };

/** Up to this size a file is read in one go (house). */
const smallOctets = 256 * 1024;
/** Folders in folders (house). */
const maxDepth = 32;

/**
 * In the order of their names. Hidden files stay out, as do those that a Maildir keeps for itself; a folder that links lead
 * to twice is read once.
 */
export async function* filesBelow(paths: readonly string[]): AsyncGenerator<FoundFile, void, undefined> {
  const folders = new Set<string>();
  yield* readAhead(
    (async function* () {
      for (const one of paths) yield* below(one, folders, 0);
    })(),
  );
}

/** The paths at which there is nothing. */
export async function missingPaths(paths: readonly string[]): Promise<readonly string[]> {
  const there = await Promise.all(
    paths.map((one) =>
      stat(one).then(
        () => true,
        (error: unknown) => !(error instanceof Error && 'code' in error && error.code === 'ENOENT'),
      ),
    ),
  );
  return paths.filter((_, index) => there[index] === false);
}

type Started =
  | { readonly kind: 'file'; readonly item: ReturnType<typeof fileItem> }
  | Extract<FoundFile, { readonly kind: 'unreadable' }>;

async function* below(place: string, folders: Set<string>, depth: number): AsyncGenerator<Started, void, undefined> {
  let entries: readonly Dirent[];
  try {
    const facts = await stat(place);
    if (!facts.isDirectory()) {
      if (facts.isFile() || depth === 0) yield { kind: 'file', item: fileItem(place, facts.size) };
      return;
    }
    const real = await realpath(place);
    if (folders.has(real) || depth > maxDepth) return;
    folders.add(real);
    entries = await readdir(place, { withFileTypes: true });
  } catch (error) {
    yield { kind: 'unreadable', origin: place, why: unreadable(place, error) };
    return;
  }
  for (const name of namesIn(entries)) yield* below(path.join(place, name), folders, depth + 1);
}

/** Of a Maildir its messages and the Maildirs below it; of another folder all that is not hidden. */
function namesIn(entries: readonly Dirent[]): readonly string[] {
  const folders = new Set(entries.filter((entry) => entry.isDirectory()).map(({ name }) => name));
  const maildir = ['cur', 'new', 'tmp'].every((name) => folders.has(name));
  const wanted = (name: string): boolean =>
    maildir ? name === 'cur' || name === 'new' || (name.startsWith('.') && folders.has(name)) : !name.startsWith('.');
  return entries
    .map(({ name }) => name)
    .filter(wanted)
    .sort();
}

/** `size` in octets, as far as it is known. A small file is read as soon as `start` is called, if it is. */
function fileItem(file: string, size: number): IntakeItem & { start(): void } {
  let early: Promise<Buffer> | undefined;
  const small = size <= smallOctets && size > 0;
  return {
    origin: file,
    start() {
      if (!small) return;
      early = readFile(file);
      // Told when it is asked for.
      early.catch(() => {});
    },
    async *octets() {
      try {
        const begun = early;
        early = undefined;
        if (small) yield await (begun ?? readFile(file));
        else yield* createReadStream(file, { highWaterMark: 64 * 1024 });
      } catch (error) {
        if (isSystem(error)) throw new Unreadable(unreadable(file, error));
        throw error;
      }
    },
  };
}

/** Files that are opened before their turn (house). */
const filesAhead = 8;

/** The same in the same order, the next files being read meanwhile. */
async function* readAhead(found: AsyncGenerator<Started, void, undefined>): AsyncGenerator<FoundFile, void, undefined> {
  const queue: Promise<IteratorResult<Started, void>>[] = [];
  const pull = (): void => {
    const next = found.next();
    next.then(
      ({ value }) => value?.kind === 'file' && value.item.start(),
      () => {},
    );
    queue.push(next);
  };
  try {
    for (;;) {
      while (queue.length < filesAhead) pull();
      // oxlint-disable-next-line no-await-in-loop -- one after another
      const next = await queue.shift();
      if (next === undefined || next.done === true) return;
      yield next.value;
    }
  } finally {
    await found.return();
  }
}

/** A file of a folder that is followed. */
export const watchedItem = (file: WatchedFile): IntakeItem => ({
  origin: file.path,
  async *octets() {
    const opened = await file.open();
    if (opened.kind === 'failed') throw new Unreadable(opened.why);
    try {
      yield* opened.octets;
    } catch (error) {
      if (isSystem(error)) throw new Unreadable(unreadable(file.path, error));
      throw error;
    }
  },
});

const isSystem = (error: unknown): boolean => error instanceof Error && 'syscall' in error;

const words: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
  EIO: 'the disk fails',
};

function unreadable(place: string, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return `${place} cannot be read: ${words[code] ?? (code || String(error))}.`;
}
