/** Answers that wait for the store, and go out without it when that takes too long. One timer serves them all. */

/** Answers once: when it is called, or after the time. `lost`: the time was over, or the call said so. */
export type Patience = (answer: () => void, lost: () => void) => (how?: 'lost') => void;

export function patience(milliseconds: number, now: () => number): Patience {
  interface Waiting {
    readonly since: number;
    end(how?: 'lost'): void;
  }
  /** The oldest first. */
  const all = new Set<Waiting>();
  let timer: ReturnType<typeof setInterval> | undefined;
  const look = (): void => {
    const before = now() - milliseconds;
    for (const one of all) {
      if (one.since > before) break;
      one.end('lost');
    }
    if (all.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
  return (answer, lost) => {
    const one: Waiting = {
      since: now(),
      end(how) {
        if (!all.delete(one)) return;
        if (how === 'lost') lost();
        answer();
      },
    };
    all.add(one);
    timer ??= setInterval(look, Math.max(10, milliseconds / 8)).unref();
    return one.end;
  };
}
