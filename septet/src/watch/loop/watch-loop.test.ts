import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { dnsName } from '../../dns/name.ts';
import { StoreFault } from '../../store/sql/sql-fault.ts';
import { StateFault } from '../../store/state-fault.ts';
import { oneMachine } from '../jobs/one-machine.ts';
import { jobId, type JobRun, type Schedule } from '../jobs/job-kinds.ts';
import type { RunShelf } from '../jobs/run-shelf.ts';
import { patientStore } from './patient-store.ts';
import type { WatchEvent } from './watch-event.ts';
import { watchLoop, watchOnce, type JobDone, type LoopParts } from './watch-loop.ts';

const [a, b, c] = [dnsName('a.example'), dnsName('b.example'), dnsName('c.example')];
const hour = 3_600_000;
const schedule: Schedule = {
  domains: [a, b, c],
  pace: { checkMs: hour, importMs: hour, rampsMs: hour, retainMs: 24 * hour, tellMs: hour },
};

function memoryRuns(): RunShelf & { readonly kept: Map<string, JobRun> } {
  const kept = new Map<string, JobRun>();
  return {
    kept,
    all: async () => [...kept.values()],
    one: async (kind, subject) => kept.get(jobId({ kind, subject })),
    note: async (run) => void kept.set(jobId(run), run),
  };
}

/** A loop whose clock stands still but for its pauses. */
function looping(jobs: Partial<LoopParts['jobs']> = {}, more: Partial<LoopParts> = {}) {
  const events: WatchEvent[] = [];
  const begun: string[] = [];
  const ending = new AbortController();
  const runs = memoryRuns();
  let now = 1000 * hour;
  const fine = async (): Promise<JobDone> => ({ verdict: 'fine', text: 'Done.' });
  const told = (kind: keyof LoopParts['jobs'], job = fine as LoopParts['jobs']['check']) => {
    return (subject: JobRun['subject']) => {
      begun.push(jobId({ kind, subject }));
      return job(subject);
    };
  };
  const pause = async (ms: number): Promise<void> => {
    now += ms;
    await new Promise((resolve) => setImmediate(resolve));
  };
  const tell = (event: WatchEvent): void => void events.push(event);
  const parts: LoopParts = {
    schedule,
    runs,
    jobs: {
      import: told('import', jobs.import),
      check: told('check', jobs.check),
      ramps: told('ramps', jobs.ramps),
      retain: told('retain', jobs.retain),
      tell: told('tell', jobs.tell),
    },
    isForPerson: (error): error is Error => error instanceof RangeError,
    runner: async (doJob) => oneMachine(doJob),
    store: patientStore({ tell, signal: ending.signal, pause }),
    tell,
    signal: ending.signal,
    now: () => now,
    pause,
    ...more,
  };
  return { parts, events, begun, ending, runs, later: (ms: number) => void (now += ms) };
}

suite('once', () => {
  test('everything that is due, turn by turn, and then nothing', async () => {
    const { parts, begun } = looping();
    const first = await watchOnce(parts, hour);
    assert.equal(first.verdict, 'fine');
    assert.deepEqual(
      begun.map((job) => job.split(' ')[0]).join(' '),
      'import check check check ramps ramps ramps retain tell',
    );
    const second = await watchOnce(parts, hour);
    assert.deepEqual([second.runs, second.verdict], [[], 'fine']);
  });

  test('a domain that fails does not stop the others; a bug is told as one', async () => {
    const { parts, events, runs } = looping({
      check: async (subject) => {
        if (subject === a) throw new StateFault('The journal of a.example cannot be read.');
        if (subject === b) throw new TypeError('undefined is not a function');
        return { verdict: 'fine', text: 'Done.' };
      },
    });
    const { verdict } = await watchOnce(parts, hour);
    assert.equal(verdict, 'person');
    const failed = events.filter(({ event }) => event === 'failed');
    assert.deepEqual(failed.map(({ domain }) => domain).sort(), [a, b]);
    assert.equal(failed[0]?.text, 'The journal of a.example cannot be read.');
    assert.match(failed[1]?.text ?? '', /^This is a fault in Septet: TypeError: undefined is not a function/);
    assert.equal(runs.kept.get('check c.example')?.failures, 0);
    assert.deepEqual(
      [runs.kept.get('check a.example')?.failures, runs.kept.get('check a.example')?.verdict],
      [1, 'person'],
    );
    assert.equal(runs.kept.get('check b.example')?.verdict, 'could not tell');
  });

  test('the worst of all verdicts counts, also of a job that another machine did', async () => {
    const untold = looping({ check: async () => ({ verdict: 'could not tell', text: 'No answer.' }) });
    assert.equal((await watchOnce(untold.parts, hour)).verdict, 'could not tell');
    const other = looping();
    const parts: LoopParts = {
      ...other.parts,
      // The jobs are taken, and somebody else does them.
      runner: async () => ({
        offer: async (jobs) => {
          for (const { kind, subject } of jobs)
            await other.runs.note({ kind, subject, at: other.parts.now(), verdict: 'person', text: 'x', failures: 0 });
        },
        close: async () => {},
      }),
    };
    assert.equal((await watchOnce(parts, hour)).verdict, 'person');
  });

  test('a job of which nobody hears anything is told, and the exit is not fine', async () => {
    const { parts } = looping({}, { runner: async () => ({ offer: async () => {}, close: async () => {} }) });
    const done = await watchOnce(parts, 10_000);
    assert.equal(done.verdict, 'could not tell');
    assert.ok(done.open.includes('import'));
  });

  test('what fails is done once all the same, however soon it is due again', async () => {
    let tries = 0;
    const { parts } = looping({
      import: async () => {
        tries++;
        // Longer than the pause before the next try.
        await parts.pause(hour, parts.signal);
        return { verdict: 'could not tell', text: 'The mailbox is away.', failed: true };
      },
    });
    assert.equal((await watchOnce(parts, 2 * hour)).verdict, 'could not tell');
    assert.equal(tries, 1);
  });

  test('a ramp of a domain that was not looked at does not move', async () => {
    const { parts, begun, ending } = looping({
      check: async (subject) => {
        if (subject === a) ending.abort();
        return { verdict: 'fine', text: 'Done.' };
      },
    });
    await watchOnce(parts, hour);
    assert.ok(!begun.some((job) => job.startsWith('ramps')), begun.join());
  });
});

suite('the loop', () => {
  const rounds = (begun: readonly string[], job: string): number => begun.filter((one) => one === job).length;

  test('each at its time, until it is ended; what runs is done first', async () => {
    let ended = false;
    const { parts, begun, ending } = looping({
      tell: async () => {
        if (rounds(begun, 'tell') === 3) {
          ending.abort();
          await new Promise((resolve) => setTimeout(resolve, 20));
          ended = true;
        }
        return { verdict: 'fine', text: 'Done.' };
      },
    });
    await watchLoop(parts);
    assert.ok(ended);
    assert.equal(rounds(begun, 'check a.example'), 3);
    assert.equal(rounds(begun, 'retain'), 1);
  });

  test('what fails comes again after a minute', async () => {
    let tries = 0;
    const times: number[] = [];
    const { parts, ending } = looping({
      check: async (subject) => {
        if (subject !== a) return { verdict: 'fine', text: 'Done.' };
        times.push(parts.now());
        if (++tries < 3) throw new RangeError('not now');
        ending.abort();
        return { verdict: 'fine', text: 'Done.' };
      },
    });
    await watchLoop(parts);
    const pauses = times.slice(1).map((time, i) => Math.round((time - (times[i] ?? 0)) / 60_000));
    assert.deepEqual(pauses, [1, 2]);
  });

  test('a database that goes away is waited for, and told once', async () => {
    let away = 0;
    const runs = memoryRuns();
    const flaky: RunShelf = {
      ...runs,
      all: async () => {
        if (away > 0 && away-- > 0) throw new StoreFault('The database does not answer.', true);
        return runs.all();
      },
    };
    const { parts, events, begun, ending } = looping(
      {
        tell: async () => {
          if (rounds(begun, 'tell') === 1) away = 12;
          else ending.abort();
          return { verdict: 'fine', text: 'Done.' };
        },
      },
      { runs: flaky },
    );
    await watchLoop(parts);
    assert.deepEqual(
      events.map(({ event, text }) => `${event}: ${text}`),
      ['waiting: The database does not answer.', 'goes on: The database answers again.'],
    );
  });

  test('a fault of the store that no patience mends ends it with that fault', async () => {
    const runs = memoryRuns();
    const all = async () => {
      throw new StoreFault('The database is damaged.', false);
    };
    const { parts } = looping({}, { runs: { ...runs, all } });
    await assert.rejects(watchLoop(parts), /damaged/);
  });
});
