/** The journal on disk. Every line is on the disk before `append` returns, also across a power cut. */
import { mkdir, open, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { DnsName } from '../dns/name.ts';
import type { Journal, JournalEntry } from './journal.ts';

/** The journal of a domain in the state folder. A wildcard or root never has one. */
export const journalPath = (folder: string, domain: DnsName): string => path.join(folder, `${domain}.journal.ndjson`);

/** Reads the journal, if there is one, and opens it for appending. The folder is made when the first line is written. */
export async function openJournal(file: string): Promise<Journal> {
  const text = await readOr(file);
  const { entries, torn } = readJournal(text);
  // A line without its end was cut off: what follows begins on a line of its own.
  let lead = text === '' || text.endsWith('\n') ? '' : '\n';
  let tail: Promise<void> = Promise.resolve();
  const write = async (entry: JournalEntry): Promise<void> => {
    const isNew = text === '' && entries.length === 0;
    if (isNew) await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    const handle = await open(file, 'a', 0o600);
    try {
      await handle.writeFile(`${lead}${JSON.stringify(entry)}\n`);
      lead = '';
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (isNew) await syncFolder(path.dirname(file));
    entries.push(entry);
  };
  return {
    entries,
    torn,
    // One after the other, in the order of the calls.
    append: (entry) => {
      const written = tail.then(() => write(entry));
      tail = written.catch(() => undefined);
      return written;
    },
  };
}

/** A journal that is only read, or that lives for one run. */
export function memoryJournal(entries: readonly JournalEntry[] = []): Journal {
  const all = [...entries];
  return { entries: all, torn: [], append: async (entry) => void all.push(entry) };
}

const kinds: ReadonlySet<string> = new Set(['plan', 'intent', 'result', 'visible', 'approved', 'vouched']);

/** Lines that are no entry are named in `torn`; nothing else is dropped. */
export function readJournal(text: string): { readonly entries: JournalEntry[]; readonly torn: readonly string[] } {
  const entries: JournalEntry[] = [];
  const torn: string[] = [];
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const entry = entryOf(line);
    if (entry) entries.push(entry);
    else torn.push(line);
  }
  return { entries, torn };
}

function entryOf(line: string): JournalEntry | undefined {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof json !== 'object' || json === null || !('kind' in json) || !('at' in json)) return undefined;
  // The journal is Septet's own file; beyond the kind its lines are taken as they were written.
  return typeof json.kind === 'string' && kinds.has(json.kind) ? (json as JournalEntry) : undefined;
}

async function readOr(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
