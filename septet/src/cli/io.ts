/** What a command may do to the process around it; `main.ts` builds it, tests hand in their own. */
export interface Io {
  out(text: string): void;
  err(text: string): void;
  /** Width of standard output in characters. */
  readonly columns: number;
  /** Whether standard output shows colours. */
  readonly colours: boolean;
  /** Whether progress may be drawn on standard error. */
  readonly progress: boolean;
  /** Reads a file whole; `-` is standard input. Rejects with `InputError`. */
  readFile(path: string): Promise<Buffer>;
  /** The lines of a file, without line ends; `-` is standard input. */
  lines(path: string): AsyncIterable<string>;
  /** Writes a file whole or not at all. */
  writeFile(path: string, text: string): Promise<void>;
  now(): number;
  randomBytes(count: number): Uint8Array;
  /** Environment variables, for configuration only. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Wrong use or unreadable input: one sentence for the person, exit code 2. */
export class InputError extends Error {
  override readonly name = 'InputError';
}
