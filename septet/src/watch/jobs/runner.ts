/** Who carries jobs out: this process alone, or all that share a PostgreSQL. */
import type { DueJob } from './job-kinds.ts';

export interface JobRunner {
  /** Takes the jobs; one that waits or runs already, here or elsewhere, is not taken twice. */
  offer(jobs: readonly DueJob[]): Promise<void>;
  /** No further job begins; resolves when those that run here have ended. */
  close(): Promise<void>;
}

/** Does one job; never rejects. Called again for a job that another machine left when it died. */
export type DoJob = (job: Pick<DueJob, 'kind' | 'subject'>) => Promise<void>;

/** Jobs that one process does at the same time. */
export const jobsAtOnce = 6; // house: look-ups wait for others most of the time
