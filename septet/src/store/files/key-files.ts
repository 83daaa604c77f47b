/** Files that hold keys: written whole or not at all, on the disk before the call returns, and only for their owner. */
import { randomBytes } from 'node:crypto';
import { link, open, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder } from './make-folder.ts';
import { StateFault } from '../state-fault.ts';

/** What cannot be read or written among the keys; the message is for a person and names the file. Never holds key octets. */
export class KeyFileError extends StateFault {
  override readonly name = 'KeyFileError';
  /** Whether the file may not be read by this user. */
  readonly denied: boolean;

  constructor(message: string, denied = false) {
    super(message);
    this.denied = denied;
  }
}

/** Makes the folder and those above it, readable by the owner alone (those that are there keep their mode). */
export async function makePrivateFolder(folder: string): Promise<void> {
  try {
    await makeFolder(folder);
  } catch (error) {
    throw unwritable(folder, error);
  }
}

/**
 * Writes a file of mode 0600 by way of a draft beside it. `only-new` answers false, and writes nothing, where something
 * stands under the name already.
 */
export async function writePrivately(file: string, text: string, how: 'only-new' | 'replace'): Promise<boolean> {
  const folder = path.dirname(file);
  const draft = path.join(folder, `.${path.basename(file)}.${randomBytes(6).toString('hex')}${draftEnding}`);
  try {
    const handle = await open(draft, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (how === 'replace') await rename(draft, file);
    else if (!(await linkNew(draft, file))) return false;
    await syncFolder(folder);
    return true;
  } catch (error) {
    throw unwritable(file, error);
  } finally {
    await rm(draft, { force: true });
  }
}

const draftEnding = '.part';
/** A run that writes a key takes seconds; an older draft was left by one that was killed (house). */
const staleMs = 60 * 60 * 1000;

/**
 * Removes drafts that a killed run left behind: they may hold private keys that nobody uses. Their age is taken against
 * the folder's own time, which is that of the last file put into it, so that no clock has to agree.
 */
export async function removeStaleDrafts(folder: string): Promise<void> {
  const [names, { mtimeMs: latest }] = await Promise.all([readdir(folder), stat(folder)]);
  const drafts = names.filter((name) => name.startsWith('.') && name.endsWith(draftEnding));
  await Promise.all(
    drafts.map(async (name) => {
      const file = path.join(folder, name);
      const facts = await stat(file).catch(() => undefined);
      if (facts && latest - facts.mtimeMs > staleMs) await rm(file, { force: true });
    }),
  );
}

/** Gives the draft its name unless the name is taken. */
async function linkNew(draft: string, file: string): Promise<boolean> {
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    if (!noLinks.has(codeOf(error) ?? '')) throw error;
  }
  // A file system without hard links: nothing tells two runs apart in the moment between.
  if (await stat(file).catch(() => undefined)) return false;
  await rename(draft, file);
  return true;
}

const noLinks: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;

export function reasonOf(error: unknown): string {
  const words: Readonly<Record<string, string>> = {
    EACCES: 'permission denied',
    EPERM: 'permission denied',
    EISDIR: 'it is a folder',
    ENOTDIR: 'a file stands where a folder is needed',
    ENOSPC: 'no space is left',
    EROFS: 'the disk is read-only',
  };
  return words[codeOf(error) ?? ''] ?? (error instanceof Error ? error.message : String(error));
}

export const unreadable = (file: string, error: unknown): KeyFileError =>
  new KeyFileError(`${file} cannot be read: ${reasonOf(error)}.`, codeOf(error) === 'EACCES');

export const unwritable = (file: string, error: unknown): KeyFileError =>
  error instanceof KeyFileError ? error : new KeyFileError(`${file} cannot be written: ${reasonOf(error)}.`);
