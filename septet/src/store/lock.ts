/** One run at a time for each domain: two that publish at once would each undo what the other waits for. */
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import path from 'node:path';

export type Lock =
  | { readonly kind: 'held'; release(): Promise<void> }
  /** Another process holds it. */
  | { readonly kind: 'taken'; readonly pid: number };

/** A lock whose process is gone is taken over. */
export async function takeLock(file: string, own: { pid: number; isAlive(pid: number): boolean }): Promise<Lock> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  for (let attempt = 0; ; attempt++) {
    try {
      const handle = await open(file, 'wx', 0o600);
      await handle.writeFile(String(own.pid));
      await handle.close();
      return { kind: 'held', release: () => rm(file, { force: true }) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const pid = Number(await readFile(file, 'utf8').catch(() => ''));
    if (attempt > 2 || (pid > 0 && pid !== own.pid && own.isAlive(pid))) return { kind: 'taken', pid };
    await rm(file, { force: true });
  }
}
