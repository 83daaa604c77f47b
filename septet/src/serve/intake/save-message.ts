/** Messages kept as files: each whole or not at all, and on the disk before the call returns. */
import { link, mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';

/** Makes the folder, and shows that a file can be written there. Rejects as the file system does. */
export async function prepareFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const probe = path.join(folder, '.septet-probe.part');
  try {
    await (await open(probe, 'w', 0o600)).close();
  } finally {
    await rm(probe, { force: true });
  }
}

/**
 * Writes a message; the name holds nothing that a stranger wrote: `20261123T120000Z-1f3a….eml`. Answers the path.
 * Nothing that is there is ever replaced. Rejects as the file system does, and leaves no draft behind then.
 *
 * `receivedAt` in milliseconds since 1970; `token` in hex.
 */
export async function saveMessage(
  folder: string,
  message: { readonly octets: Uint8Array; readonly receivedAt: number; readonly token: string },
): Promise<string> {
  const time = new Date(message.receivedAt).toISOString().replace(/[-:]|\.\d+/g, '');
  const file = path.join(folder, `${time}-${message.token.replace(/[^0-9a-f]/g, '').slice(0, 16)}.eml`);
  const draft = `${file}.part`;
  try {
    const handle = await open(draft, 'wx', 0o600);
    try {
      await handle.writeFile(message.octets);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await name(draft, file);
    return file;
  } finally {
    await rm(draft, { force: true });
  }
}

/** File systems without hard links cannot say whether a name is taken. */
async function name(draft: string, file: string): Promise<void> {
  try {
    await link(draft, file);
  } catch (error) {
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes((error as NodeJS.ErrnoException).code ?? ''))
      throw error;
    await rename(draft, file);
  }
}
