/** Clicks and opens are stored first and answered then; without storing where that fails or takes too long. */
import type { TrackingHit } from '../../store/tracking.ts';
import type { Store } from '../../store/store.ts';
import { count, pairKey, type Counters } from '../counters.ts';
import { patience } from '../patience.ts';

export interface HitKeeperParts {
  readonly counters: Counters;
  readonly store: { readonly tracking: Pick<Store['tracking'], 'add'> };
  now(): number;
  log(line: string): void;
}

/** A reader gets to the target after so long, stored or not. House. */
const clickPatienceMs = 2000;
/** Those who came within so many milliseconds lose patience together. House. */
const togetherMs = 50;

interface Group {
  readonly work: Promise<void>;
  readonly since: number;
  readonly waiting: { readonly hit: TrackingHit; readonly answer: () => void }[];
}

/**
 * Answers when the hit is on disk, and when that failed or took two seconds. The store gives all hits of one commit the
 * same promise; so a commit is waited for once, and not once for each click. `answer` is called once.
 */
export function hitKeeper({
  counters,
  store,
  now,
  log,
}: HitKeeperParts): (hit: TrackingHit, answer: () => void) => void {
  const patient = patience(clickPatienceMs, now);
  let last: Group | undefined;

  const grouped = (work: Promise<void>): Group => {
    const group: Group = { work, since: now(), waiting: [] };
    const answered = (): void => {
      if (last === group) last = undefined;
      for (const { answer } of group.waiting) {
        try {
          answer();
        } catch (error) {
          log(
            `A request could not be answered: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
          );
        }
      }
    };
    const release = patient(answered, () => {
      for (const { hit } of group.waiting) count(counters.lost, hit.kind);
    });
    const wait = async (): Promise<void> => {
      try {
        await work;
        for (const { hit } of group.waiting) count(counters.hits, pairKey(hit.kind, hit.agent));
        release();
      } catch (error) {
        release('lost');
        const reason = error instanceof Error ? error.message : String(error);
        for (const { hit } of group.waiting) log(`A ${hit.kind} was not stored: ${reason}`);
      }
    };
    void wait();
    return group;
  };

  return (hit, answer) => {
    const work = store.tracking.add(hit);
    if (last?.work !== work || hit.at - last.since > togetherMs) last = grouped(work);
    last.waiting.push({ hit, answer });
  };
}
