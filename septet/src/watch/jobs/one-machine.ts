/** Jobs in one process, for SQLite: by turn, a few at a time. */
import { jobId, type DueJob } from './job-kinds.ts';
import { jobsAtOnce, type DoJob, type JobRunner } from './runner.ts';

export function oneMachine(doJob: DoJob): JobRunner {
  const waiting: DueJob[] = [];
  const known = new Set<string>();
  const running = new Set<Promise<void>>();
  let closed = false;
  const fill = (): void => {
    for (const job of closed ? [] : waiting.splice(0, jobsAtOnce - running.size)) {
      const work: Promise<void> = doJob(job).finally(() => {
        known.delete(jobId(job));
        running.delete(work);
        fill();
      });
      running.add(work);
    }
  };
  return {
    offer: async (jobs) => {
      for (const job of jobs) {
        if (closed || known.has(jobId(job))) continue;
        known.add(jobId(job));
        waiting.push(job);
      }
      waiting.sort((a, b) => a.turn - b.turn || a.since - b.since);
      fill();
    },
    close: async () => {
      closed = true;
      waiting.length = 0;
      await Promise.all(running);
    },
  };
}
