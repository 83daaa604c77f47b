/** What is counted for operators: plain numbers, which cost nothing per request. `metrics.ts` gives them to Prometheus. */

export type Route =
  | 'click'
  | 'open'
  | 'unsubscribe'
  | 'policy'
  | 'logo'
  | 'certificate'
  | 'challenge'
  | 'root'
  | 'robots'
  | 'redirect'
  | 'none';

export interface Counters {
  /** By route and status: `click 302`. */
  readonly requests: Map<string, number>;
  /** By kind and agent: `click person`. */
  readonly hits: Map<string, number>;
  /** Hits that could not be stored before their answer, by kind. */
  readonly lost: Map<string, number>;
  /** Addresses that were not ours, by reason. */
  readonly refused: Map<string, number>;
  /** Requests that were too many, by what was too much. */
  readonly limited: Map<string, number>;
  /** Webhooks, by outcome. */
  readonly webhooks: Map<string, number>;
  /** Reloads of the configuration, by outcome. */
  readonly reloads: Map<string, number>;
}

export const newCounters = (): Counters => ({
  requests: new Map(),
  hits: new Map(),
  lost: new Map(),
  refused: new Map(),
  limited: new Map(),
  webhooks: new Map(),
  reloads: new Map(),
});

const pairs = new Map<string, Map<string | number, string>>();

/** `click 302` of its two words, which are few: to make the text anew for each request costs more than to count it. */
export function pairKey(first: string, second: string | number): string {
  let seconds = pairs.get(first);
  if (seconds === undefined) pairs.set(first, (seconds = new Map()));
  let key = seconds.get(second);
  if (key === undefined) seconds.set(second, (key = `${first} ${second}`));
  return key;
}

export function count(counter: Map<string, number>, key: string): void {
  counter.set(key, (counter.get(key) ?? 0) + 1);
}
