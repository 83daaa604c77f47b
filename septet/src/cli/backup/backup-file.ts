/** A file that is there whole or not at all: written beside its place, on disk before it gets its name. */
import { link, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { InputError, type Io } from '../io.ts';

export interface WholeFileOptions {
  /** Takes the place of a file that is there. */
  readonly force: boolean;
}

/** For its owner only. Answers how many octets were written. Throws `InputError`. */
export async function writeWhole(
  file: string,
  pieces: AsyncIterable<string>,
  { force }: WholeFileOptions,
  io: Pick<Io, 'exists' | 'randomBytes'>,
): Promise<number> {
  // Told before hours of writing; the name is taken at the end only when it is still free.
  if (!force && (await io.exists(file))) throw taken(file);
  const draft = `${file}.${Buffer.from(io.randomBytes(4)).toString('hex')}.part`;
  let octets = 0;
  try {
    const handle = await open(draft, 'wx', 0o600);
    try {
      for await (const piece of batches(pieces)) octets += (await handle.write(piece)).bytesWritten;
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (force) await rename(draft, file);
    else await link(draft, file).catch((error: unknown) => named(error, draft, file));
    await syncFolder(path.dirname(file));
    return octets;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw taken(file);
    const reason = reasons[codeOf(error) ?? ''];
    if (reason === undefined) throw error;
    throw new InputError(`${file} could not be written: ${reason}. Nothing was left behind.`);
  } finally {
    await rm(draft, { force: true });
  }
}

const taken = (file: string): InputError =>
  new InputError(`${file} is there already, and stays. Name another file, or overwrite it with --force.`);

/** File systems without hard links. */
async function named(error: unknown, draft: string, file: string): Promise<void> {
  if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(codeOf(error) ?? '')) throw error;
  await rename(draft, file);
}

const batchOctets = 256 * 1024;

async function* batches(pieces: AsyncIterable<string>): AsyncGenerator<Buffer> {
  let waiting = '';
  for await (const piece of pieces) {
    waiting += piece;
    if (waiting.length < batchOctets) continue;
    yield Buffer.from(waiting);
    waiting = '';
  }
  if (waiting !== '') yield Buffer.from(waiting);
}

/** The name is in the folder also after a power cut, where the system can promise that. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'its folder is not there',
  ENOTDIR: 'its folder is not there',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space is left',
  EDQUOT: 'no space is left',
  EFBIG: 'the file is too large for the file system',
  EIO: 'the disk fails',
};

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
