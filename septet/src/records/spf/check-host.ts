/** check_host() against the world: asks what an evaluation needs, in parallel, until there is a verdict. */
import type { Answer } from '../../dns/rrset.ts';
import type { World } from '../../world/world.ts';
import { AnswerTable } from './answers.ts';
import type { Question, Source } from './answers.ts';
import { evaluate } from './evaluate.ts';
import type { SpfRequest } from './run.ts';
import type { SpfResult } from './trace.ts';

export interface CheckHostOptions {
  readonly signal?: AbortSignal;
  /** For the whole evaluation, in milliseconds. */
  readonly timeLimitMs?: number;
  /** Answers to start from; what is asked is added. Give one table to many calls to ask each question once. */
  readonly answers?: AnswerTable;
}

/** RFC 7208 §4.6.4: at least 20 seconds. */
const defaultTimeLimitMs = 20_000;

/**
 * Judges one request with DNS. Above the time limit the result is `temperror` (RFC 7208 §4.6.4).
 * Rejects only with the reason of `signal`.
 */
export async function checkHost(world: World, request: SpfRequest, options: CheckHostOptions = {}): Promise<SpfResult> {
  const table = options.answers ?? new AnswerTable();
  const { resolver } = world;
  const source: Source = (name, type) => table.get(name, type) ?? resolver.peek?.(name, type);
  const timed: SpfRequest = request.now === undefined ? { ...request, now: world.now() } : request;
  let evaluation = evaluate(timed, source);
  if (evaluation.kind === 'result') return evaluation;
  const timeLimitMs = options.timeLimitMs ?? defaultTimeLimitMs;
  const clock = new AbortController();
  const timer = setTimeout(() => clock.abort(), timeLimitMs);
  const signal = options.signal ? AbortSignal.any([options.signal, clock.signal]) : clock.signal;
  try {
    while (evaluation.kind === 'needs') {
      await askAll(world, evaluation.questions, table, signal);
      options.signal?.throwIfAborted();
      evaluation = evaluate(timed, (name, type) => table.get(name, type) ?? resolver.peek?.(name, type));
    }
    return evaluation;
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!clock.signal.aborted) throw error;
    return tooSlow(timed, timeLimitMs);
  } finally {
    clearTimeout(timer);
  }
}

/** Asks each question once and keeps the answers. Ends early when the signal comes, even if a resolver does not heed it. */
async function askAll(
  world: World,
  questions: readonly Question[],
  table: AnswerTable,
  signal: AbortSignal,
): Promise<void> {
  const asked = new Map<string, Promise<Answer>>();
  for (const [name, type] of questions) {
    const key = `${type} ${name}`;
    if (!asked.has(key)) asked.set(key, world.resolver.query(name, type, { signal }));
  }
  const cancelled = new Promise<never>((_, reject) => {
    const stop = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error('cancelled'));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  cancelled.catch(() => undefined);
  for (const answer of await Promise.race([Promise.all(asked.values()), cancelled])) table.add(answer);
}

function tooSlow(request: SpfRequest, timeLimitMs: number): SpfResult {
  return {
    kind: 'result',
    result: 'temperror',
    domain: (request.mailFrom || request.helo || '').split('@').at(-1) ?? '',
    lookups: 0,
    voids: 0,
    problem: { code: 'spf.time.exceeded', reason: `The evaluation took longer than ${timeLimitMs / 1000} seconds.` },
  };
}
