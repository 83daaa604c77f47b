/** What `watch` does again and again, as one table, and which of it is due. Pure. */
import type { DnsName } from '../../dns/name.ts';

export type JobName = 'import' | 'check' | 'ramps' | 'retain' | 'tell';

export interface JobKind {
  readonly name: JobName;
  /** One job for each domain, or one for all. */
  readonly per: 'domain' | 'store';
  /** Jobs of one kind are done before those of the next begin where everything is due at once: evidence before steps. */
  readonly turn: number;
  /** The key of `WatchPace` that says how often. */
  readonly pace: keyof WatchPace;
}

/** From the beginning of a run to the next, in milliseconds. */
export interface WatchPace {
  readonly importMs: number;
  readonly checkMs: number;
  readonly rampsMs: number;
  readonly retainMs: number;
  readonly tellMs: number;
}

export const jobKinds: readonly JobKind[] = [
  { name: 'import', per: 'store', turn: 0, pace: 'importMs' },
  { name: 'check', per: 'domain', turn: 1, pace: 'checkMs' },
  { name: 'ramps', per: 'domain', turn: 2, pace: 'rampsMs' },
  { name: 'retain', per: 'store', turn: 3, pace: 'retainMs' },
  // Last: it tells what the others found.
  { name: 'tell', per: 'store', turn: 4, pace: 'tellMs' },
];

/** What a run came to, worst last: nothing to do, it could not be told, a person has to look. */
export type Verdict = 'fine' | 'could not tell' | 'person';

export const verdicts: readonly Verdict[] = ['fine', 'could not tell', 'person'];

export const worseVerdict = (a: Verdict, b: Verdict): Verdict => (verdicts.indexOf(a) >= verdicts.indexOf(b) ? a : b);

/** The last run of a job. */
export interface JobRun {
  readonly kind: JobName;
  /** The domain, or empty. */
  readonly subject: DnsName | '';
  /** When it began, in milliseconds since 1970. */
  readonly at: number;
  readonly verdict: Verdict;
  /** A sentence: what came of it. */
  readonly text: string;
  /** Runs before this one, without a break, that failed; with it the pause to the next grows. 0: it did not fail. */
  readonly failures: number;
}

export interface DueJob {
  readonly kind: JobName;
  readonly subject: DnsName | '';
  readonly turn: number;
  /** When it became due; 0 where it was never done. */
  readonly since: number;
}

const firstRetryMs = 60_000; // house
/** So much early is on time: who starts `watch --once` every hour finds what began a moment after the hour. */
const slackMs = 60_000; // house

/** When the job is to run the next time. */
export function nextAt(run: JobRun | undefined, everyMs: number): number {
  if (!run) return 0;
  if (run.failures === 0) return run.at + everyMs - Math.min(slackMs, everyMs / 20);
  return run.at + Math.min(everyMs, firstRetryMs * 2 ** Math.min(run.failures - 1, 10));
}

export interface Schedule {
  readonly domains: readonly DnsName[];
  readonly pace: WatchPace;
  /** Kinds that have nothing to do here: no import source, no channel. */
  readonly without?: ReadonlySet<JobName>;
}

/** Every job of the schedule with the time at which it is next to run, by turn and then the longest overdue first. */
export function jobsOf(schedule: Schedule, runs: readonly JobRun[]): readonly (DueJob & { readonly at: number })[] {
  const last = new Map(runs.map((run) => [jobId(run), run]));
  return jobKinds
    .filter(({ name }) => schedule.without?.has(name) !== true)
    .flatMap(({ name, per, turn, pace }) =>
      (per === 'domain' ? schedule.domains : (['' as const] satisfies readonly ''[])).map((subject) => {
        const at = nextAt(last.get(jobId({ kind: name, subject })), schedule.pace[pace]);
        return { kind: name, subject, turn, since: at, at };
      }),
    )
    .sort((a, b) => a.turn - b.turn || a.at - b.at);
}

/** Those whose time has come. */
export const dueJobs = (schedule: Schedule, runs: readonly JobRun[], now: number): readonly DueJob[] =>
  jobsOf(schedule, runs)
    .filter(({ at }) => at <= now)
    .map(({ kind, subject, turn, since }) => ({ kind, subject, turn, since }));

/** Tells jobs apart: `check example.com`. */
export const jobId = ({ kind, subject }: Pick<DueJob, 'kind' | 'subject'>): string => `${kind} ${subject}`.trimEnd();
