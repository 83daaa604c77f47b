/** Waits for a database that is away, and says so once for each time that it is. */
import { setTimeout as sleep } from 'node:timers/promises';
import { patiently, StoreFault } from '../../store/sql/sql-fault.ts';

export interface Patience {
  /** Does the work again until it succeeds or the time is spent; only for what may be done twice. */
  <T>(work: () => Promise<T>): Promise<T>;
}

/** The work was ended from outside: nothing of it counts. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

export interface PatienceOptions {
  /** Of pauses; `Infinity`: for ever. */
  readonly seconds: number;
  readonly signal: AbortSignal;
  /** A sentence for a person. */
  tell(text: string): void;
}

export const isPassing = (error: unknown): error is StoreFault => error instanceof StoreFault && error.retryable;

export function patience({ seconds, signal, tell }: PatienceOptions): Patience {
  let away = 0;
  const pause = async (milliseconds: number): Promise<void> => {
    await sleep(milliseconds, undefined, { signal }).catch(() => {
      throw new Interrupted('interrupted while the store was away');
    });
  };
  return async (work) => {
    try {
      return await work();
    } catch (error) {
      if (!isPassing(error) || seconds <= 0) throw error;
      if (away++ === 0)
        tell(`${error.message} It is tried again${seconds === Infinity ? '' : ` for ${seconds} seconds`}.`);
      try {
        await pause(250);
        const result = await patiently(work, seconds, pause);
        if (--away === 0) tell('The store takes reports again.');
        return result;
      } catch (last) {
        away--;
        throw last;
      }
    }
  };
}
