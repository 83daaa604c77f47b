/** Folders, made for their owner alone. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';

/**
 * Makes the folder and those above it that are missing; those that are there keep their mode. Rejects as `mkdir` does.
 * Node's own `recursive` never ends where a file system refuses new folders with ENOENT, as `/proc` does.
 */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    // Only where something stands there; that it is no folder shows when it is used.
    if (code === 'EEXIST') return;
    const above = path.dirname(folder);
    if (code !== 'ENOENT' || above === folder) throw error;
    await makeFolder(above);
    await mkdir(folder, { mode: 0o700 }).catch((second: unknown) => {
      if (!(second instanceof Error && 'code' in second && second.code === 'EEXIST')) throw second;
    });
  }
}
