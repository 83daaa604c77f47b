/** A folder or Maildir into the intake, until it is interrupted. */
import { setTimeout as sleep } from 'node:timers/promises';
import { watchFolder, type WatchOptions } from '../../world/watch-folder.ts';
import { watchedItem } from './files.ts';
import type { Intake } from './intake.ts';

/** Before a message whose signature could not be checked is read again, in milliseconds (house). */
const againMs = 60_000;

/** Answers a sentence where there is no such folder. Rejects as `take` does. */
export async function followFolder(
  intake: Intake,
  folder: string,
  options: Pick<WatchOptions, 'signal' | 'now' | 'pollMs' | 'stillMs'>,
): Promise<string | undefined> {
  const { signal } = options;
  for await (const item of watchFolder(folder, options)) {
    if (item.kind === 'failed') return item.text;
    if (item.kind === 'notice') intake.note({ kind: 'notice', text: item.text });
    else {
      while ((await intake.take(watchedItem(item))) === 'postponed' && !signal.aborted)
        await sleep(againMs, undefined, { signal }).catch(() => {});
    }
  }
  return undefined;
}
