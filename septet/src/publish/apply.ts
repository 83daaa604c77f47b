/** One step to the host: the intent in the journal, the write, the read-back, the result in the journal. */
import { sameData, type Change } from '../change/change.ts';
import type { DnsName } from '../dns/name.ts';
import type { RrSet } from '../dns/rrset.ts';
import type { Step } from '../plan/plan.ts';
import type { DnsHost, HostFault } from '../providers/host.ts';
import type { Journal } from '../store/journal.ts';
import { iso, type Clock } from './clock.ts';

export type Applied = { readonly kind: 'applied' } | { readonly kind: 'fault'; readonly fault: HostFault };

export interface ApplyInput {
  readonly host: DnsHost;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
}

export async function applyStep(
  input: ApplyInput,
  zone: DnsName,
  step: Pick<Step, 'id' | 'changes'>,
  undoes?: string,
): Promise<Applied> {
  const { host, journal, clock } = input;
  const at = (): string => iso(clock);
  const options = input.signal ? { signal: input.signal } : {};
  const id = clock.randomId();
  await journal.append({
    kind: 'intent',
    at: at(),
    id,
    step: step.id,
    host: host.id,
    changes: step.changes,
    ...(undoes === undefined ? {} : { undoes }),
  });
  const applied = await host.apply(zone, step.changes, options);
  if (applied.kind === 'stopped') {
    await journal.append({
      kind: 'result',
      at: at(),
      id,
      outcome: 'stopped',
      done: applied.done,
      detail: applied.fault.detail,
    });
    return { kind: 'fault', fault: applied.fault };
  }
  if (applied.kind === 'fault' && applied.reason !== 'unreachable' && applied.reason !== 'malformed') {
    await journal.append({ kind: 'result', at: at(), id, outcome: 'nothing-written', detail: applied.detail });
    return { kind: 'fault', fault: applied };
  }
  // Written, or nobody knows: what the host holds now is the answer.
  const now = await standing(host, zone, step.changes, options);
  if (now.kind === 'fault') {
    // No result line: the next run looks again and takes it up.
    return { kind: 'fault', fault: applied.kind === 'fault' ? applied : now };
  }
  if (now.kind === 'after') {
    await journal.append({ kind: 'result', at: at(), id, outcome: 'applied' });
    return { kind: 'applied' };
  }
  const fault: HostFault = applied.kind === 'fault' ? applied : notKept(host, now.at);
  if (now.kind === 'mixed') {
    await journal.append({ kind: 'result', at: at(), id, outcome: 'stopped', done: now.done, detail: fault.detail });
  } else await journal.append({ kind: 'result', at: at(), id, outcome: 'nothing-written', detail: fault.detail });
  return { kind: 'fault', fault };
}

function notKept(host: DnsHost, change: Change): HostFault {
  return {
    kind: 'fault',
    reason: 'rejected',
    detail: `${host.title} said yes, and what it holds at ${change.name} ${change.type} is something else.`,
    cure: 'Look at the record there; some hosts rewrite what they are given.',
    at: { name: change.name, type: change.type },
  };
}

export type Standing =
  | { readonly kind: 'after' }
  | { readonly kind: 'before'; readonly at: Change }
  /** Some RRsets hold the new data; `other` ones are neither the old nor the new. */
  | { readonly kind: 'mixed'; readonly at: Change; readonly done: readonly Change[]; readonly other: readonly Change[] }
  | HostFault;

/** What the host holds of the changes. */
export async function standing(
  host: DnsHost,
  zone: DnsName,
  changes: readonly Change[],
  options: { readonly signal?: AbortSignal } = {},
): Promise<Standing> {
  const read = await host.read(zone, [...new Set(changes.map((change) => change.name))], options);
  if (read.kind === 'fault') return read;
  const setOf = (change: Change): RrSet | undefined =>
    read.sets.find((set) => set.name === change.name && set.type === change.type);
  const done = changes.filter((change) => sameData(setOf(change), change.after));
  if (done.length === changes.length) return { kind: 'after' };
  const pending = changes.filter((change) => !done.includes(change));
  const other = pending.filter((change) => !sameData(setOf(change), change.before));
  const [first] = pending as [Change];
  if (done.length === 0 && other.length === 0) return { kind: 'before', at: first };
  return { kind: 'mixed', at: other[0] ?? first, done, other };
}
