/** A database that goes away for a while is waited for: it is told once that it went, and once that it is back. */
import { StoreFault } from '../../store/sql/sql-fault.ts';
import type { Tell } from './watch-event.ts';

export interface PatientStore {
  /** Does the work again until the database is there. Only for work that may be done twice. Rejects with other faults. */
  wait<T>(work: () => Promise<T>): Promise<T>;
}

export interface PatienceOptions {
  readonly tell: Tell;
  /** Seconds of pauses before a fault is final; absent: never. */
  readonly seconds?: number;
  readonly signal: AbortSignal;
  pause(milliseconds: number, signal: AbortSignal): Promise<void>;
}

const firstPauseMs = 250;
const longestPauseMs = 10_000;

export function patientStore({ tell, seconds = Infinity, signal, pause }: PatienceOptions): PatientStore {
  let away = false;
  const failed = (fault: StoreFault): void => {
    if (!away) tell({ event: 'waiting', severity: 'warning', text: fault.message });
    away = true;
  };
  const works = (): void => {
    if (away) tell({ event: 'goes on', severity: 'info', text: 'The database answers again.' });
    away = false;
  };
  return {
    wait: async (work) => {
      let leftMs = seconds * 1000;
      for (let waitMs = firstPauseMs; ; waitMs = Math.min(waitMs * 2, longestPauseMs)) {
        try {
          const value = await work();
          works();
          return value;
        } catch (error) {
          if (!(error instanceof StoreFault) || !error.retryable) throw error;
          failed(error);
          if (leftMs <= 0 || signal.aborted) throw error;
          await pause(Math.min(waitMs, leftMs), signal);
          leftMs -= waitMs;
        }
      }
    },
  };
}
