/** When each job was done last and what came of it, in the store: what all machines go by. */
import { sql as raw } from 'kysely';
import type { SqlAccess } from '../../store/sql/sql-access.ts';
import type { JobName, JobRun } from './job-kinds.ts';

export interface RunShelf {
  all(): Promise<readonly JobRun[]>;
  one(kind: JobName, subject: JobRun['subject']): Promise<JobRun | undefined>;
  /** The later one stays where two machines say when a job ended. */
  note(run: JobRun): Promise<void>;
}

interface Row {
  readonly run: string;
}

export function runShelf(sql: SqlAccess): RunShelf {
  const read = ({ run }: Row): JobRun => JSON.parse(run) as JobRun;
  return {
    all: async () => {
      const { rows } = await sql.read((db) => raw<Row>`select run from job_run order by kind, subject`.execute(db));
      return rows.map(read);
    },
    one: async (kind, subject) => {
      const { rows } = await sql.read((db) =>
        raw<Row>`select run from job_run where kind = ${kind} and subject = ${subject}`.execute(db),
      );
      return rows[0] && read(rows[0]);
    },
    note: async (run) => {
      const text = JSON.stringify(run);
      await sql.change((trx) =>
        raw`insert into job_run (kind, subject, at, run) values (${run.kind}, ${run.subject}, ${run.at}, ${text})
          on conflict (kind, subject) do update set at = excluded.at, run = excluded.run
          where job_run.at <= excluded.at`.execute(trx),
      );
    },
  };
}
