/** What a command may do to the process around it; `main.ts` builds it, tests hand in their own. */
export interface Io {
  /** A promise when the reader is slower than the program: what writes much waits for it. */
  out(text: string | Uint8Array): void | Promise<void>;
  err(text: string): void;
  /** Width of standard output in characters. */
  readonly columns: number;
  /** Whether standard output shows colours. */
  readonly colours: boolean;
  /** Whether progress may be drawn on standard error. */
  readonly progress: boolean;
  /** Whether a person can be asked: input and output are both a terminal. */
  readonly interactive: boolean;
  /** Whether there is a file of this name. */
  exists(path: string): Promise<boolean>;
  /** Reads a file whole; `-` is standard input. Rejects with `InputError`. */
  readFile(path: string): Promise<Buffer>;
  /** The lines of a file, without line ends; `-` is standard input. */
  lines(path: string): AsyncIterable<string>;
  /** The octets of a file in pieces; `-` is standard input. For what may be larger than the memory. */
  chunks(path: string): AsyncIterable<Uint8Array>;
  /** Writes a file whole or not at all. */
  writeFile(path: string, text: string): Promise<void>;
  /** Starts a thread for `check --from`; absent where there are none. */
  startWorker?(): WorkerThread;
  /** Of this process; lock files name their holder by it. */
  readonly pid: number;
  /**
   * Resolves when the user interrupts (Ctrl-C) or the process is asked to end; a second time ends it at once. Absent
   * where that cannot happen. From the call on, an interrupt no longer ends the process by itself.
   */
  untilInterrupted?(): Promise<void>;
  now(): number;
  randomBytes(count: number): Uint8Array;
  /** Environment variables, for configuration only. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** As much of `node:worker_threads` as is needed. */
export interface WorkerThread {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (message: unknown) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  terminate(): Promise<number>;
}

/** Wrong use or unreadable input: one sentence for the person, exit code 2. */
export class InputError extends Error {
  override readonly name = 'InputError';
}
