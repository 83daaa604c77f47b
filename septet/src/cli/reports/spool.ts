/** Text that is kept until it can be written: in memory as long as it is small, then in a temporary file. */
import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { InputError } from '../io.ts';

export interface Spool {
  /** A promise holds the writer back. Rejects with `InputError` where the disk takes no more. */
  write(text: string): void | Promise<void>;
  /** All of it, from the beginning; to be read once. */
  pieces(): AsyncIterable<string | Uint8Array>;
  close(): Promise<void>;
}

const mostInMemory = 1024 * 1024; // characters
const pieceOctets = 64 * 1024;

export function spool(): Spool {
  let texts: string[] = [];
  let length = 0;
  let folder: string | undefined;
  let file: FileHandle | undefined;
  const toFile = async (): Promise<void> => {
    const waiting = texts.join('');
    [texts, length] = [[], 0];
    try {
      if (file === undefined) {
        folder = await mkdtemp(path.join(tmpdir(), 'septet-parse-'));
        file = await open(path.join(folder, 'records'), 'w+', 0o600);
      }
      await file.appendFile(waiting);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      throw new InputError(
        `The records of a large report are put aside in ${tmpdir()}, which takes no more (${code}). Make room there, or set TMPDIR.`,
      );
    }
  };
  return {
    write(text) {
      texts.push(text);
      length += text.length;
      if (length > mostInMemory) return toFile();
    },
    async *pieces() {
      if (file !== undefined) {
        if (length > 0) await toFile();
        const buffer = Buffer.allocUnsafe(pieceOctets);
        for (let at = 0; ;) {
          // oxlint-disable-next-line no-await-in-loop -- one piece after another
          const { bytesRead } = await file.read(buffer, 0, pieceOctets, at);
          if (bytesRead === 0) return;
          at += bytesRead;
          yield Buffer.from(buffer.subarray(0, bytesRead));
        }
      }
      for (const text of texts) yield text;
    },
    async close() {
      texts = [];
      await file?.close();
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
      file = folder = undefined;
    },
  };
}
