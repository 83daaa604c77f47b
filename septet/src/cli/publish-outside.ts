/** What publishing needs from the process: a clock that waits, and a person who answers. */
import type { Clock } from '../publish/clock.ts';
import type { Io } from './io.ts';

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
