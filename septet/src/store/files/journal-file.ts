/** The journal on disk. Every line is on the disk before `append` returns, also across a power cut. */
import { open, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { DnsName } from '../../dns/name.ts';
import { makeFolder } from './make-folder.ts';
import type { Journal, JournalEntry } from '../journal.ts';
import { codeOf, reasonOf, syncFolder } from './key-files.ts';
import { StateFault } from '../state-fault.ts';

/** What cannot be read or written in the state folder; the message is for a person and names the file. */
export class StateFileError extends StateFault {
  override readonly name = 'StateFileError';
}

/** The journal of a domain in the state folder. A wildcard or root never has one. */
export const journalPath = (folder: string, domain: DnsName): string => path.join(folder, `${domain}.journal.ndjson`);

/**
 * Reads the journal, if there is one, and opens it for appending. The folder is made when the first line is written.
 * Throws `StateFileError`, and so do the methods.
 */
export async function openJournal(file: string): Promise<Journal> {
  const entries: JournalEntry[] = [];
  const torn: string[] = [];
  let isNew = true;
  let lead = '';
  let tail: Promise<void> = Promise.resolve();
  const refresh = async (): Promise<void> => {
    const text = await readOr(file);
    const read = readJournal(text);
    entries.splice(0, entries.length, ...read.entries);
    torn.splice(0, torn.length, ...read.torn);
    isNew = text === '';
    // A line without its end was cut off: what follows begins on a line of its own.
    lead = isNew || text.endsWith('\n') ? '' : '\n';
  };
  const write = async (entry: JournalEntry): Promise<void> => {
    try {
      if (isNew) await makeFolder(path.dirname(file));
      const handle = await open(file, 'a', 0o600);
      try {
        const line = `${lead}${JSON.stringify(entry)}\n`;
        lead = '\n';
        await handle.writeFile(line);
        lead = '';
        await handle.sync();
      } finally {
        await handle.close();
      }
      if (isNew) await syncFolder(path.dirname(file));
    } catch (error) {
      throw new StateFileError(`The journal ${file} cannot be written: ${reasonOf(error)}.`);
    }
    isNew = false;
    entries.push(entry);
  };
  /** One after the other, in the order of the calls. */
  const queued = (work: () => Promise<void>): Promise<void> => {
    const done = tail.then(work);
    tail = done.catch(() => undefined);
    return done;
  };
  await refresh();
  return { entries, torn, append: (entry) => queued(() => write(entry)), refresh: () => queued(refresh) };
}

/** A journal that lives for one run. */
export function memoryJournal(entries: readonly JournalEntry[] = []): Journal {
  const all = [...entries];
  return { entries: all, torn: [], append: async (entry) => void all.push(entry), refresh: async () => {} };
}

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

type Fields = Readonly<Record<string, unknown>>;

function entryOf(line: string): JournalEntry | undefined {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return undefined;
  }
  const fields = fieldsOf(json);
  return fields && isEntry(fields) ? (json as JournalEntry) : undefined;
}

const outcomes: ReadonlySet<unknown> = new Set(['applied', 'recovered', 'nothing-written', 'stopped']);

/** Whether everything is there that a reader of the journal relies on. */
function isEntry({
  kind,
  at,
  id,
  step,
  host,
  digest,
  steps,
  changes,
  outcome,
  done,
  undoes,
  question,
}: Fields): boolean {
  if (typeof at !== 'string' || Number.isNaN(Date.parse(at))) return false;
  const named = typeof step === 'string';
  switch (kind) {
    case 'plan':
      return typeof digest === 'string' && Array.isArray(steps) && steps.every(isPlannedStep);
    case 'intent':
      if (undoes !== undefined && typeof undoes !== 'string') return false;
      return named && typeof id === 'string' && typeof host === 'string' && areChanges(changes);
    case 'result':
      return typeof id === 'string' && outcomes.has(outcome) && (done === undefined || areChanges(done));
    case 'approved':
      return named && typeof question === 'string';
    default:
      return named && (kind === 'visible' || kind === 'vouched');
  }
}

function isPlannedStep(value: unknown): boolean {
  const step = fieldsOf(value);
  return typeof step?.['id'] === 'string' && areChanges(step['changes']);
}

const areChanges = (value: unknown): boolean => Array.isArray(value) && value.every(isChange);

function isChange(value: unknown): boolean {
  const change = fieldsOf(value);
  const isSet = (set: unknown): boolean => set === undefined || Array.isArray(fieldsOf(set)?.['data']);
  return (
    typeof change?.['name'] === 'string' &&
    typeof change['type'] === 'string' &&
    isSet(change['before']) &&
    isSet(change['after'])
  );
}

const fieldsOf = (value: unknown): Fields | undefined =>
  typeof value === 'object' && value !== null ? (value as Fields) : undefined;

async function readOr(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return '';
    throw new StateFileError(`The journal ${file} cannot be read: ${reasonOf(error)}.`);
  }
}
