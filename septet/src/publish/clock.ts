/** The time around a run of publishing, handed in. */

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  randomId(): string;
}

/** ISO 8601, UTC. */
export const iso = (clock: Clock): string => new Date(clock.now()).toISOString();
