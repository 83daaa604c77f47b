/**
 * Messages whose fate the client may not know: one file each, named by a hash of sender, recipients and octets, with
 * nothing of the message in it. `.sent` stands from before the message goes out until the next server has answered,
 * `.taken` from then until the client has heard. A client that comes again with a message that is taken hears so, and the
 * message does not go out twice. No mail is kept here, and none is lost with the files: without them it is sent again.
 *
 * A file is written without waiting for the disk: it outlives the process, which is what may be killed, and not the
 * machine.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isRunning, processText } from '../world/next-carrier.ts';

export interface Mark {
  /** The file's path without its ending. */
  readonly file: string;
}

/** `unsure`: it was sent, and who was to hear the answer is no more. */
export type Standing = 'none' | 'taken' | 'on its way' | 'unsure';

export interface Marks {
  of(octets: Uint8Array, mailFrom: string, recipients: readonly string[]): Mark;
  /** Waits while the message is on its way, at most `waitMs`. */
  standing(mark: Mark, waitMs: number): Promise<Standing>;
  /** Before the message goes out; `pid`: who hears the answer. */
  begin(mark: Mark, pid: number): void;
  forget(mark: Mark): void;
  /** Takes away what nobody will ask for. */
  sweep(): void;
}

/** After that a client has long come again, or given up. */
const keptMs = 86_400_000; // house
/** As long as a late answer is waited for (`next-server.ts`), and a little more. */
const onItsWayMs = 2 * 3_600_000;
const lookMs = 50;

/** `now`: milliseconds since 1970. Throws where the folder cannot be made. */
export function openMarks(folder: string, now: () => number): Marks {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const look = ({ file }: Mark): Standing => {
    if (isThere(`${file}.taken`)) return 'taken';
    let holder: string;
    let since: number;
    try {
      since = statSync(`${file}.sent`).mtimeMs;
      holder = readFileSync(`${file}.sent`, 'latin1');
    } catch {
      // It may have been answered in this very moment.
      return isThere(`${file}.taken`) ? 'taken' : 'none';
    }
    return now() - since < onItsWayMs && isRunning(holder) ? 'on its way' : 'unsure';
  };
  return {
    of(octets, mailFrom, recipients) {
      const hash = createHash('sha256')
        .update(`${JSON.stringify([mailFrom, [...recipients].sort()])}\n`)
        .update(octets);
      return { file: path.join(folder, hash.digest('hex').slice(0, 40)) };
    },
    async standing(mark, waitMs) {
      const limit = performance.now() + waitMs;
      for (;;) {
        const standing = look(mark);
        if (standing !== 'on its way' || performance.now() >= limit) return standing;
        // oxlint-disable-next-line no-await-in-loop -- it looks again and again
        await new Promise((resolve) => setTimeout(resolve, lookMs));
      }
    },
    begin: ({ file }, pid) => writeFileSync(`${file}.sent`, processText(pid), { mode: 0o600 }),
    forget({ file }) {
      rmSync(`${file}.taken`, { force: true });
    },
    sweep() {
      for (const name of readdirSync(folder)) {
        if (!/^[0-9a-f]{40}\.(sent|taken)$/.test(name)) continue;
        const file = path.join(folder, name);
        const facts = statSync(file, { throwIfNoEntry: false });
        if (facts && now() - facts.mtimeMs > keptMs) rmSync(file, { force: true });
      }
    },
  };
}

const isThere = (file: string): boolean => statSync(file, { throwIfNoEntry: false }) !== undefined;
