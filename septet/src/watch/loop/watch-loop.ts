/**
 * The loop of `watch`: looks which jobs are due, hands them to the runner, and writes down what came of each. What is due
 * is told by the store alone, so that any number of machines may do this at the same time, and one that starts again
 * goes on where another stopped.
 */
import { StoreFault } from '../../store/sql/sql-fault.ts';
import { StateFault } from '../../store/state-fault.ts';
import {
  dueJobs,
  jobId,
  jobKinds,
  jobsOf,
  nextAt,
  worseVerdict,
  type DueJob,
  type JobName,
  type JobRun,
  type Schedule,
  type Verdict,
} from '../jobs/job-kinds.ts';
import type { RunShelf } from '../jobs/run-shelf.ts';
import type { DoJob, JobRunner } from '../jobs/runner.ts';
import type { PatientStore } from './patient-store.ts';
import type { Tell } from './watch-event.ts';

/** What came of a job; `failed`: it is tried again soon. */
export interface JobDone {
  readonly verdict: Verdict;
  /** A sentence. */
  readonly text: string;
  readonly failed?: true;
}

export interface LoopParts {
  readonly schedule: Schedule;
  readonly runs: RunShelf;
  /** A fault that is for a person rejects with `StateFault` (or `InputError`); anything else is a bug and is told as one. */
  readonly jobs: Readonly<Record<JobName, (subject: JobRun['subject']) => Promise<JobDone>>>;
  /** Whether an error is a sentence for a person. */
  readonly isForPerson: (error: unknown) => error is Error;
  readonly runner: (doJob: DoJob) => Promise<JobRunner>;
  readonly store: PatientStore;
  readonly tell: Tell;
  readonly signal: AbortSignal;
  now(): number;
  /** Resolves early, never rejects, when the signal comes. */
  pause(milliseconds: number, signal: AbortSignal): Promise<void>;
}

export interface OnceDone {
  readonly verdict: Verdict;
  /** The jobs that were due, with what came of them, here or on another machine. */
  readonly runs: readonly JobRun[];
  /** Jobs that were due and of which nobody knows what came. */
  readonly open: readonly string[];
}

const lookMs = 250; // house: whether a job has ended
const shortestPauseMs = 1000; // house
const longestPauseMs = 5000; // house: another machine may have finished, or left work behind
/** A job that was handed out and did not run is handed out again. */
const offerAgainMs = 15_000; // house

/** Until the signal comes; resolves when what runs here has ended. */
export async function watchLoop(parts: LoopParts): Promise<void> {
  const { schedule, runs, signal, store, now } = parts;
  const runner = await parts.runner(doing(parts));
  const offered = new Map<string, number>();
  try {
    while (!signal.aborted) {
      const known = await store.wait(() => runs.all());
      const due = startable(dueJobs(schedule, known, now()));
      const fresh = due.filter((job) => now() - (offered.get(jobId(job)) ?? -Infinity) >= offerAgainMs);
      for (const job of fresh) offered.set(jobId(job), now());
      if (fresh.length > 0) await offering(parts, runner, fresh);
      const next = Math.min(...jobsOf(schedule, known).map(({ at }) => at)) - now();
      const pauseMs = due.length > 0 ? shortestPauseMs + known.length : Math.max(next, shortestPauseMs);
      await parts.pause(Math.min(pauseMs, longestPauseMs), signal);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await runner.close();
  }
}

/** Everything that is due now, once, turn by turn. `limitMs`: how long it may take in all. */
export async function watchOnce(parts: LoopParts, limitMs: number): Promise<OnceDone> {
  const { schedule, runs, signal, store, now } = parts;
  const runner = await parts.runner(doing(parts));
  const all = new Map<string, DueJob>();
  const open = new Set<string>();
  let spentMs = 0;
  try {
    for (const turn of new Set(jobKinds.map((kind) => kind.turn))) {
      if (signal.aborted) break;
      const known = await store.wait(() => runs.all());
      const before = new Map(known.map((run) => [jobId(run), run.at]));
      const due = dueJobs(schedule, known, now()).filter((job) => job.turn === turn);
      for (const job of due) all.set(jobId(job), job);
      for (let left = due, look = 0; left.length > 0; look++) {
        if (signal.aborted || spentMs > limitMs) {
          for (const job of left) open.add(jobId(job));
          break;
        }
        if (look % Math.ceil(offerAgainMs / lookMs) === 0) await offering(parts, runner, left);
        await parts.pause(lookMs, signal);
        spentMs += lookMs;
        // Another run than before, whoever did it and whatever came of it.
        const since = new Map((await store.wait(() => runs.all())).map((run) => [jobId(run), run.at]));
        left = left.filter((job) => since.get(jobId(job)) === before.get(jobId(job)));
      }
    }
  } finally {
    await runner.close();
  }
  const done = (await store.wait(() => runs.all())).filter((run) => all.has(jobId(run)) && !open.has(jobId(run)));
  const verdict = done.reduce<Verdict>(
    (worst, run) => worseVerdict(worst, run.verdict),
    open.size > 0 ? 'could not tell' : 'fine',
  );
  return { verdict, runs: done, open: [...open] };
}

/** A queue that does not answer is no end: what is due stays due. */
async function offering({ tell }: LoopParts, runner: JobRunner, jobs: readonly DueJob[]): Promise<void> {
  try {
    await runner.offer(jobs);
  } catch (error) {
    tell({ event: 'waiting', severity: 'warning', text: `The jobs could not be handed out: ${messageOf(error)}.` });
  }
}

/** Ramps wait for reports and for the look at their own domain; all else goes by its time. */
function startable(due: readonly DueJob[]): readonly DueJob[] {
  const names = new Set(due.map(jobId));
  return due.filter(
    ({ kind, subject }) => kind !== 'ramps' || !(names.has('import') || names.has(jobId({ kind: 'check', subject }))),
  );
}

/** One job to its end, whatever comes; the third place where a bug is caught. */
function doing({ schedule, runs, jobs, store, tell, now, signal, isForPerson }: LoopParts): DoJob {
  const known = new Set<string>(jobsOf(schedule, []).map(jobId));
  const paceOf = new Map(jobKinds.map(({ name, pace }) => [name, schedule.pace[pace]]));
  return async ({ kind, subject }) => {
    // Of a machine with another configuration.
    if (!known.has(jobId({ kind, subject })) || signal.aborted) return;
    const domain = subject === '' ? {} : { domain: subject };
    try {
      const before = await store.wait(() => runs.one(kind, subject));
      // Another machine was faster.
      if (nextAt(before, paceOf.get(kind) ?? 0) > now()) return;
      const at = now();
      const done = await jobs[kind](subject).catch((error: unknown): JobDone => {
        if (signal.aborted) throw error;
        const isExpected = error instanceof StateFault || isForPerson(error);
        const text = isExpected ? messageOf(error) : `This is a fault in Septet: ${stackOf(error)}`;
        tell({ event: 'failed', ...domain, severity: 'error', text, more: { job: kind } });
        return {
          verdict: isExpected && !(error instanceof StoreFault) ? 'person' : 'could not tell',
          text,
          failed: true,
        };
      });
      const failures = done.failed ? (before?.failures ?? 0) + 1 : 0;
      await store.wait(() => runs.note({ kind, subject, at, verdict: done.verdict, text: done.text, failures }));
    } catch (error) {
      // Stopped, or the store is gone for good: the job stays due.
      if (!signal.aborted)
        tell({ event: 'failed', ...domain, severity: 'error', text: messageOf(error), more: { job: kind } });
    }
  };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
const stackOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));
