/** Counts of a long run: a line on standard error that is drawn over while it goes on, and the exit code at its end. */
import { exitCodes } from '../../audit/report.ts';
import type { Tally } from './check-batch.ts';
import type { Io } from '../io.ts';

const redrawMs = 200;

export class ProgressLine {
  readonly #io: Io;
  readonly #started: number;
  #checked = 0;
  #failing = 0;
  #unknown = 0;
  #drawn = 0;

  constructor(io: Io) {
    this.#io = io;
    this.#started = io.now();
  }

  add({ checked, failing, unknown }: Tally): void {
    this.#checked += checked;
    this.#failing += failing;
    this.#unknown += unknown;
    if (this.#io.progress && this.#io.now() - this.#drawn > redrawMs) this.#draw();
  }

  /** The last state stays; where nothing is drawn over, it is one line. */
  end(): void {
    if (this.#io.progress) this.#draw();
    if (this.#io.progress) this.#io.err('\n');
    else if (this.#checked > 1) this.#io.err(`${this.#line()}\n`);
  }

  exitCode(): 0 | 1 | 3 {
    if (this.#failing > 0) return exitCodes.findings;
    return this.#unknown > 0 ? exitCodes.couldNotTell : exitCodes.fine;
  }

  #line(): string {
    const seconds = Math.max(0.001, (this.#io.now() - this.#started) / 1000);
    const rate = Math.round(this.#checked / seconds);
    return `${this.#checked} checked, ${this.#failing} with findings, ${this.#unknown} could not be told (${rate} a second)`;
  }

  #draw(): void {
    this.#drawn = this.#io.now();
    this.#io.err(`\r${this.#line()}`);
  }
}
