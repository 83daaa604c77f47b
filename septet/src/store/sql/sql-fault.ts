/** What a database refuses or fails, as sentences. The place never holds a password, the text never a stored value. */
import { StateFault } from '../state-fault.ts';

/** The store cannot do what it was asked; nothing of it was kept. `retryable`: the same call may well work later. */
export class StoreFault extends StateFault {
  readonly retryable: boolean;
  constructor(message: string, retryable: boolean, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.retryable = retryable;
  }
}

/** The fault in a sentence, where the error is the database's; a bug stays the error that it is. */
export function faultOf(error: unknown, place: string): unknown {
  if (error instanceof StoreFault || !(error instanceof Error)) return error;
  const detail = error.message;
  if ('errcode' in error && typeof error.errcode === 'number') return sqliteFault(error, error.errcode & 0xff, place);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (
    unreachable.test(code) ||
    /connection terminated|connection timeout|timeout exceeded when trying|is not queryable/i.test(detail)
  ) {
    return new StoreFault(
      `The database ${place} does not answer (${code === '' ? detail : code}). Nothing of this was stored; it goes on when the server is back.`,
      true,
      error,
    );
  }
  if (!/^[0-9A-Z]{5}$/.test(code)) return error;
  const known = postgresSentences.find(({ codes }) => codes.test(code));
  if (!known) return error;
  return new StoreFault(known.text(place, detail), known.retryable, error);
}

/** Node's words, and classes 08 and 57P0x of PostgreSQL (appendix A of its manual). */
const unreachable =
  /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENOENT|08...|57P0[1-5])$/;

const postgresSentences: readonly {
  readonly codes: RegExp;
  readonly retryable: boolean;
  readonly text: (place: string, detail: string) => string;
}[] = [
  {
    codes: /^53100$/,
    retryable: true,
    text: (place) => `The disk of ${place} is full. Nothing of this was stored; make room there, then try again.`,
  },
  {
    codes: /^53/,
    retryable: true,
    text: (place, detail) => `The database ${place} has no room for another connection or more memory: ${detail}.`,
  },
  {
    codes: /^(40001|40P01|55P03|25006)$/,
    retryable: true,
    text: (place, detail) => `The database ${place} could not do this now (${detail}). Try again.`,
  },
  {
    codes: /^28/,
    retryable: false,
    text: (place, detail) =>
      `The database ${place} does not let this user in: ${detail}. Check the user and password of the URL.`,
  },
  {
    codes: /^3D000$/,
    retryable: false,
    text: (place) => `The database ${place} does not exist. Make it with createdb, then try again.`,
  },
  {
    codes: /^42501$/,
    retryable: false,
    text: (place, detail) =>
      `The database ${place} does not allow this: ${detail}. The user needs CREATE on the database.`,
  },
];

/** Primary result codes (sqlite.org/rescode.html). */
function sqliteFault(error: Error, code: number, place: string): unknown {
  switch (code) {
    case 5:
    case 6:
      return new StoreFault(
        `Another process is writing to ${place} for too long. Try again when it is done.`,
        true,
        error,
      );
    case 13:
      return new StoreFault(
        `The disk is full: ${place} cannot grow. Nothing of this was stored; make room, then try again.`,
        true,
        error,
      );
    case 10:
      return new StoreFault(
        `${place} cannot be read or written (${error.message}): the disk is full, at its limit, or failing. Nothing of this was stored.`,
        true,
        error,
      );
    case 8:
    case 3:
    case 14:
      return new StoreFault(
        `${place} cannot be opened for writing (${error.message}). Check who owns the file and its folder.`,
        false,
        error,
      );
    case 11:
      return new StoreFault(
        `${place} is damaged (${error.message}). Restore a backup into a new file with septet restore.`,
        false,
        error,
      );
    case 26:
      return new StoreFault(`${place} is no SQLite database. Name another file, or move this one away.`, false, error);
    default:
      return error;
  }
}

/**
 * Does the work again after a retryable fault, with pauses that double from a quarter of a second to ten, until
 * `seconds` of pauses are spent; then rejects with the last fault. Only for work that may be done twice.
 */
export async function patiently<T>(
  work: () => Promise<T>,
  seconds: number,
  pause: (milliseconds: number) => Promise<void> = pauseFor,
): Promise<T> {
  let left = seconds * 1000;
  for (let wait = 250; ; wait = Math.min(wait * 2, 10_000)) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StoreFault) || !error.retryable || left <= 0) throw error;
      const now = Math.min(wait, left);
      left -= now;
      await pause(now);
    }
  }
}

export const pauseFor = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));
