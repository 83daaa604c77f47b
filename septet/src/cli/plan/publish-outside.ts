/** What publishing needs from the process: a clock that waits, a person who answers, and words for what goes wrong. */
import { exitCodes } from '../../audit/report.ts';
import type { DnsName } from '../../dns/name.ts';
import type { HostFault } from '../../providers/host.ts';
import type { Clock } from '../../publish/clock.ts';
import { takeLock } from '../../store/files/lock.ts';
import { InputError, type Io } from '../io.ts';
import { wrap, type Paint } from '../paint.ts';

export function clockOf(io: Pick<Io, 'now' | 'randomBytes'>): Clock {
  return {
    now: io.now,
    sleep: (milliseconds, signal) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(resolve, milliseconds);
        signal?.addEventListener(
          'abort',
          () => {
            clearTimeout(timer);
            reject(signal.reason instanceof Error ? signal.reason : new Error('cancelled'));
          },
          { once: true },
        );
      }),
    randomId: () => Buffer.from(io.randomBytes(8)).toString('hex'),
  };
}

/** Asks on the terminal; anything but yes is no. */
export async function confirm(question: string): Promise<boolean> {
  const { confirm: ask, isCancel } = await import('@clack/prompts');
  const answer = await ask({ message: question, initialValue: false });
  return !isCancel(answer) && answer;
}

/** Does the work while no other run publishes the domain. */
export async function alone<T>(lockFile: string, domain: DnsName, io: Io, work: () => Promise<T>): Promise<T> {
  const lock = await takeLock(lockFile, io);
  if (lock.kind === 'taken') {
    const which = lock.pid > 0 ? ` (process ${lock.pid})` : '';
    const words = `Another septet${which} is publishing ${domain}, and nothing was done here. Wait for it, or stop it first.`;
    throw new InputError(wrap(words, io.columns, ''));
  }
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

/** `detail` and `cure` on standard error; `at` names the step. Answers the exit code. */
export function tellFault(fault: HostFault, at: string, paint: Paint, io: Io): number {
  const lines = [`${at}${fault.detail}`, fault.cure].map((text) => wrap(text, paint.columns, ''));
  io.err(`${lines.join('\n')}\n`);
  switch (fault.reason) {
    case 'changed':
    case 'rejected':
      return exitCodes.findings;
    case 'unreachable':
    case 'rate-limited':
    case 'malformed':
      return exitCodes.couldNotTell;
    default:
      return exitCodes.misuse;
  }
}
