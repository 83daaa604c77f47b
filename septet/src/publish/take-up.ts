/** After a run that was killed: an intent without a result is looked at, finished or written off, before anything new. */
import type { DnsHost, HostFault } from '../providers/host.ts';
import type { DnsName } from '../dns/name.ts';
import { unfinished, type Intent } from '../store/evidence.ts';
import type { Journal } from '../store/journal.ts';
import { standing } from './apply.ts';
import { iso, type Clock } from './clock.ts';

export interface TakenUp {
  readonly step: string;
  /** `written`: the write had happened. `completed`: the rest was written now. `not-written`: nothing had happened. */
  readonly outcome: 'written' | 'completed' | 'not-written' | 'changed-since';
}

export interface TakeUpInput {
  readonly host: DnsHost;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly zone: () => Promise<DnsName>;
  readonly signal?: AbortSignal;
}

export async function takeUp(
  input: TakeUpInput,
): Promise<
  { readonly kind: 'done'; readonly taken: readonly TakenUp[] } | { readonly kind: 'fault'; readonly fault: HostFault }
> {
  const taken: TakenUp[] = [];
  const intents = unfinished(input.journal.entries);
  if (intents.length === 0) return { kind: 'done', taken };
  const zone = await input.zone();
  for (const intent of intents) {
    const outcome = await takeUpOne(input, zone, intent);
    if (typeof outcome !== 'string') return { kind: 'fault', fault: outcome };
    taken.push({ step: intent.step, outcome });
  }
  return { kind: 'done', taken };
}

async function takeUpOne(input: TakeUpInput, zone: DnsName, intent: Intent): Promise<TakenUp['outcome'] | HostFault> {
  const { host, journal, clock } = input;
  const options = input.signal ? { signal: input.signal } : {};
  const result = (outcome: 'recovered' | 'nothing-written' | 'stopped', done?: Intent['changes']): Promise<void> =>
    journal.append({
      kind: 'result',
      at: iso(clock),
      id: intent.id,
      outcome,
      ...(done ? { done } : {}),
    });
  const now = await standing(host, zone, intent.changes, options);
  switch (now.kind) {
    case 'fault':
      return now;
    case 'after':
      await result('recovered');
      return 'written';
    case 'before':
      await result('nothing-written');
      return 'not-written';
    case 'mixed': {
      if (now.other.length > 0) {
        await result('stopped', now.done);
        return 'changed-since';
      }
      const rest = intent.changes.filter((change) => !now.done.includes(change));
      const applied = await host.apply(zone, rest, options);
      if (applied.kind !== 'applied') return applied.kind === 'fault' ? applied : applied.fault;
      await result('recovered');
      return 'completed';
    }
  }
}
