/**
 * `septet watch`: checks each domain again and again, imports reports, moves the ramps that may move, and alerts on
 * change. One process for a file, as many machines as wanted for a PostgreSQL.
 */
import type { Command } from 'commander';
import { setTimeout as sleep } from 'node:timers/promises';
import { exitCodes } from '../../audit/report.ts';
import { loadConfig } from '../../config/find-config.ts';
import { takeLock, type Lock } from '../../store/files/lock.ts';
import { StateFault } from '../../store/state-fault.ts';
import { jobId, type Verdict } from '../../watch/jobs/job-kinds.ts';
import { oneMachine } from '../../watch/jobs/one-machine.ts';
import type { DoJob, JobRunner } from '../../watch/jobs/runner.ts';
import { patientStore } from '../../watch/loop/patient-store.ts';
import { watchLoop, watchOnce, type LoopParts, type OnceDone } from '../../watch/loop/watch-loop.ts';
import type { Tell } from '../../watch/loop/watch-event.ts';
import { InputError, type Io } from '../io.ts';
import { addPlanOptions, type PlanOptions } from '../plan/plan-session.ts';
import { storePlace } from '../store-option.ts';
import { openWatch, type OpenWatch } from './open-watch.ts';
import { watchLine } from './watch-line.ts';

interface Options extends PlanOptions {
  readonly once?: boolean;
  readonly json?: boolean;
}

/** How long `--once` waits for a database, and for its jobs in all. */
const onceSeconds = 120;
const onceLimitMs = 30 * 60_000;
/** The same trouble of the queue is told again after so long. */
const troubleAgainMs = 10 * 60_000;

export function configure(command: Command, io: Io, done: (code: number) => void): void {
  addPlanOptions(command)
    .argument('[domains...]', 'domains of the configuration (default: all)')
    .option('--once', 'do everything that is due once, say what came of it, and end')
    .option('--json', 'one JSON object a line')
    .action(async (names: readonly string[], options: Options) => done(await watch(names, options, io)));
}

async function watch(names: readonly string[], options: Options, io: Io): Promise<number> {
  if (options.at !== undefined) throw new InputError('--at does not go with watch: what it keeps has the time of now.');
  // A wrong configuration makes no store.
  const loaded = await loadConfig(io, options.config);
  if (loaded.kind !== 'good') throw new InputError(loaded.message);
  const ending = new AbortController();
  void io.untilInterrupted?.().then(() => ending.abort());
  const line = { json: options.json === true, columns: io.columns, colours: io.colours };
  const tell: Tell = (event) => void io.out(watchLine(event, io.now(), line));
  const lock = await onlyOne(options, io);
  try {
    const open = await openWatch({ names, options, io, signal: ending.signal, tell });
    try {
      return await run(open, options, io, tell, ending.signal);
    } finally {
      await open.close();
    }
  } finally {
    await lock?.release();
  }
}

/** Of a file there is one watcher; a second is told who the first is. */
async function onlyOne(options: Options, io: Io): Promise<Extract<Lock, { kind: 'held' }> | undefined> {
  const place = storePlace(options, io);
  if (place.kind === 'postgres') return undefined;
  const lock = await takeLock(`${place.file}-watch.lock`, io);
  if (lock.kind === 'held') return lock;
  const which = lock.pid > 0 ? ` (process ${lock.pid})` : '';
  throw new InputError(
    `Another septet watch${which} works on ${place.file}, and one is enough. Stop it first, or share a PostgreSQL with --store to have several.`,
  );
}

async function run(open: OpenWatch, options: Options, io: Io, tell: Tell, signal: AbortSignal): Promise<number> {
  const { schedule, runs, jobs, session } = open;
  const pause = async (milliseconds: number): Promise<void> => {
    await sleep(milliseconds, undefined, { signal }).catch(() => {});
  };
  const store = patientStore({ tell, signal, pause, ...(options.once ? { seconds: onceSeconds } : {}) });
  const parts: LoopParts = {
    schedule,
    runs,
    jobs,
    isForPerson: (error): error is Error => error instanceof InputError || error instanceof StateFault,
    runner: (doJob) => runnerOf(options, io, tell, doJob),
    store,
    tell,
    signal,
    now: () => session.world.now(),
    pause,
  };
  if (options.once) {
    const once = await watchOnce(parts, onceLimitMs);
    tellOnce(once, tell);
    return codeOf(once.verdict);
  }
  const many = `${schedule.domains.length} domain${schedule.domains.length === 1 ? '' : 's'}`;
  tell({ event: 'started', severity: 'info', text: `Watching ${many}.`, more: { pid: io.pid } });
  await watchLoop(parts);
  tell({ event: 'ended', severity: 'info', text: 'Ended; what was under way is done.' });
  return exitCodes.fine;
}

async function runnerOf(options: Options, io: Io, tell: Tell, doJob: DoJob): Promise<JobRunner> {
  const place = storePlace(options, io);
  if (place.kind === 'sqlite') return oneMachine(doJob);
  const { bossRunner } = await import('../../watch/jobs/boss.ts');
  const told = new Map<string, number>();
  const trouble = (text: string): void => {
    if (io.now() - (told.get(text) ?? -Infinity) < troubleAgainMs) return;
    told.set(text, io.now());
    tell({ event: 'waiting', severity: 'warning', text: `The job queue: ${text}.` });
  };
  const askSeconds = options.once ? 0.5 : 2;
  return bossRunner({ url: place.url, name: `septet ${io.pid}`, askSeconds, trouble }, doJob);
}

function tellOnce({ verdict, runs, open }: OnceDone, tell: Tell): void {
  const person = runs.filter((run) => run.verdict === 'person').map(jobId);
  const untold = [...runs.filter((run) => run.verdict === 'could not tell').map(jobId), ...open];
  const parts = [
    runs.length === 0 ? 'Nothing was due' : `${runs.length} job${runs.length === 1 ? '' : 's'} done`,
    ...(person.length > 0 ? [`a person is needed for: ${person.join(', ')}`] : []),
    ...(untold.length > 0 ? [`could not tell: ${untold.join(', ')}`] : []),
  ];
  const severity = verdict === 'fine' ? 'info' : 'warning';
  tell({ event: 'ended', severity, text: `${parts.join('; ')}.`, more: { done: runs.length, person, untold } });
}

const codeOf = (verdict: Verdict): number =>
  verdict === 'person' ? exitCodes.findings : verdict === 'could not tell' ? exitCodes.couldNotTell : exitCodes.fine;
