/**
 * Jobs of all machines that share a PostgreSQL, through pg-boss in a schema of its own. A job is there once, waiting or
 * running (its `exclusive` policy); a machine that dies while it runs one sends no more signs of life, and another takes
 * the job over.
 */
import type { Job, PgBoss } from 'pg-boss';
import type { DnsName } from '../../dns/name.ts';
import { jobId, jobKinds, type JobName } from './job-kinds.ts';
import { jobsAtOnce, type DoJob, type JobRunner } from './runner.ts';

export interface BossOptions {
  /** `postgres://user:password@host/database`. */
  readonly url: string;
  /** How this machine is called in the table of instances. */
  readonly name: string;
  /** How often it is asked for jobs of each kind, at least 0.5. */
  readonly askSeconds: number;
  /** What the database says when it does not answer, again and again; never the URL. */
  readonly trouble: (text: string) => void;
}

export const bossSchema = 'septet_jobs';

/** Signs of life of a job that runs; after so long without one it is taken over. The least that pg-boss takes is 10. */
const lifeSeconds = 10;
const lookForDeadSeconds = 5; // house
/** A job that killed as many machines is left alone until it is due again. */
const mostLives = 5; // house
/** Nobody works on one job for longer. */
const longestSeconds = 3600; // house

interface Data {
  readonly subject: DnsName | '';
}

/** Makes or updates the schema. Rejects with the error of the database. */
export async function bossRunner({ url, name, askSeconds, trouble }: BossOptions, doJob: DoJob): Promise<JobRunner> {
  const { PgBoss: Boss } = await import('pg-boss');
  const boss: PgBoss = new Boss({
    connectionString: url,
    schema: bossSchema,
    application_name: 'septet jobs',
    instanceName: name,
    max: 6,
    connectionTimeoutMillis: 10_000,
    schedule: false,
    superviseIntervalSeconds: lookForDeadSeconds,
    monitorIntervalSeconds: lookForDeadSeconds,
    openTelemetry: { enabled: false },
  });
  boss.on('error', (error) => trouble(error.message.replace(/ \(Queue: [^)]*\)/, '')));
  await boss.start({ attempts: 3 });
  const queueOf = (kind: JobName): string => `septet-${kind}`;
  let closed = false;
  for (const { name: kind, per } of jobKinds) {
    await boss.createQueue(queueOf(kind), {
      policy: 'exclusive',
      heartbeatSeconds: lifeSeconds,
      expireInSeconds: longestSeconds,
      retryLimit: mostLives,
      deleteAfterSeconds: 86_400,
    });
    await boss.work<Data>(
      queueOf(kind),
      {
        batchSize: per === 'domain' ? jobsAtOnce : 1,
        burstWhenBatchFull: per === 'domain',
        pollingIntervalSeconds: askSeconds,
        heartbeatRefreshSeconds: lifeSeconds / 4,
      },
      async (jobs: readonly Job<Data>[]) => {
        await Promise.all(
          jobs.map(async ({ data }) => {
            if (!closed) await doJob({ kind, subject: data.subject });
          }),
        );
      },
    );
  }
  return {
    offer: async (jobs) => {
      for (const kind of jobKinds) {
        const own = jobs.filter((job) => job.kind === kind.name);
        if (own.length === 0) continue;
        await boss.insert(
          queueOf(kind.name),
          own.map((job) => ({ data: { subject: job.subject }, singletonKey: jobId(job) })),
        );
      }
    },
    close: async () => {
      closed = true;
      await boss.stop({ graceful: true, timeout: 600_000 });
    },
  };
}
