/**
 * The journal of a domain: an append-only file, one JSON object a line, each line on disk (fsync) before the next thing
 * happens. It says what was meant before it is done and what came of it, so that a run that is killed at any moment can
 * be taken up again. It holds no secret.
 */
import type { Change } from '../change/change.ts';
import type { StepId } from '../plan/plan.ts';

/** `at` is ISO 8601 UTC everywhere. */
export type JournalEntry =
  /** A plan that a person approved: the changes of every step that had any. */
  | {
      readonly kind: 'plan';
      readonly at: string;
      readonly digest: string;
      readonly steps: readonly { readonly id: StepId; readonly changes: readonly Change[] }[];
    }
  /** About to write. */
  | {
      readonly kind: 'intent';
      readonly at: string;
      readonly id: string;
      readonly step: StepId;
      readonly host: string;
      readonly changes: readonly Change[];
      readonly undoes?: string;
    }
  /** Written, or not. `id` is that of the intent. `recovered`: found done when a later run looked. */
  | {
      readonly kind: 'result';
      readonly at: string;
      readonly id: string;
      readonly outcome: 'applied' | 'recovered' | 'nothing-written' | 'stopped';
      readonly detail?: string;
      /** With `stopped`: what was carried out. */
      readonly done?: readonly Change[];
    }
  /** The step's records were seen on every authoritative server for the first time (gates count from here). */
  | { readonly kind: 'visible'; readonly at: string; readonly step: StepId }
  /** A person said that what the step's records point at will be there, although it could not be seen. */
  | { readonly kind: 'vouched'; readonly at: string; readonly step: StepId }
  /** A person said yes to the question of a step. It holds for this question, and for one write. */
  | { readonly kind: 'approved'; readonly at: string; readonly step: StepId; readonly question: string };

export interface Journal {
  readonly entries: readonly JournalEntry[];
  /** Lines that a crash cut off; they are left out. */
  readonly torn: readonly string[];
  /** Appends and waits until it is on disk. */
  append(entry: JournalEntry): Promise<void>;
  /** Reads again what other runs have written; worth it once the lock is held. */
  refresh(): Promise<void>;
}
