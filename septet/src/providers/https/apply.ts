/**
 * How changes are carried out at a host without prerequisites: look once more, refuse when something moved, write, and
 * look again when it is not certain what became of a write.
 */
import { sameData, type Change } from '../../change/change.ts';
import type { RrSet } from '../../dns/rrset.ts';
import type { HostApplied, HostFault } from '../host.ts';
import { changedFault, holds, pendingChanges, type PendingChange } from '../pending.ts';
import type { LiveSets } from './values.ts';

export interface Writer<L extends LiveSets> {
  /** For a person. */
  readonly title: string;
  /** What stands at the names of the changes now. */
  look(): Promise<L | HostFault>;
}

type Compared = { readonly kind: 'compared'; readonly todo: readonly PendingChange[] };

/** Which changes are still to be made; a fault when something stands in their way. */
function compare<L extends LiveSets>(writer: Writer<L>, changes: readonly Change[], live: L): Compared | HostFault {
  for (const { name, type } of changes) {
    const special = live.special.find((item) => item.name === name && item.type === type);
    if (special === undefined) continue;
    return {
      kind: 'fault',
      reason: 'rejected',
      detail: `${name} ${type} cannot be changed by Septet: ${special.what}`,
      cure: `Look at it at ${writer.title}; remove it there if the plan shall take its place, and plan again.`,
      at: { name, type },
    };
  }
  const found = pendingChanges(changes, live.sets);
  return found.kind === 'fault' ? found : { kind: 'compared', todo: removalsFirst(found.pending) };
}

/** Where a name gives up one type for another (a CNAME for a TXT), what goes has to go first (RFC 1034 §3.6.2). */
function removalsFirst(changes: readonly PendingChange[]): readonly PendingChange[] {
  const out = new Set<PendingChange>();
  for (const change of changes) {
    const going = changes.filter((other) => other.name === change.name && other.after === undefined);
    for (const one of change.after === undefined ? [] : going) out.add(one);
    out.add(change);
  }
  return [...out];
}

const liveSet = (live: LiveSets, { name, type }: Change): RrSet | undefined =>
  live.sets.find((set) => set.name === name && set.type === type);

/** After these it may be that the write happened, or that somebody else was faster. */
const uncertain = new Set<HostFault['reason']>(['unreachable', 'malformed', 'rejected', 'changed']);

/**
 * The write may have happened, and the look that would have told failed. Only `unreachable` says so: a request that was
 * sent again is refused as a repetition of what was carried out.
 */
const untold = (fault: HostFault): HostFault =>
  fault.reason === 'unreachable'
    ? fault
    : { ...fault, reason: 'unreachable', detail: `${fault.detail} Whether it was carried out is not known.` };

/** For a host that carries all changes out together or none. */
export async function applyTogether<L extends LiveSets>(
  writer: Writer<L>,
  changes: readonly Change[],
  write: (todo: readonly PendingChange[], live: L) => Promise<HostFault | undefined>,
): Promise<HostApplied> {
  const live = await writer.look();
  if ('kind' in live) return live;
  const compared = compare(writer, changes, live);
  if (compared.kind === 'fault') return compared;
  if (compared.todo.length === 0) return { kind: 'applied' };
  const fault = await write(compared.todo, live);
  if (fault === undefined) return { kind: 'applied' };
  if (!uncertain.has(fault.reason)) return fault;
  const again = await writer.look();
  if ('kind' in again) return untold(fault);
  const left = compare(writer, changes, again);
  if (left.kind === 'fault') return fault.reason === 'unreachable' || left.reason === 'changed' ? left : fault;
  return left.todo.length === 0 ? { kind: 'applied' } : fault;
}

/** Why one RRset was not written. `half`: some of its records were, others not. */
export interface Unwritten {
  readonly fault: HostFault;
  readonly half: boolean;
}

/**
 * For a host that takes one RRset after the other. `write` makes one RRset what the change says. An RRset that was left
 * half written is put back.
 */
export async function applyInTurn<L extends LiveSets>(
  writer: Writer<L>,
  changes: readonly Change[],
  write: (change: Change, live: L) => Promise<Unwritten | undefined>,
): Promise<HostApplied> {
  const live = await writer.look();
  if ('kind' in live) return live;
  const compared = compare(writer, changes, live);
  if (compared.kind === 'fault') return compared;
  const done = changes.filter((change) => holds(change.after, liveSet(live, change)));
  let written = 0;
  const stop = (fault: HostFault, half: boolean): HostApplied =>
    written === 0 && !half ? fault : { kind: 'stopped', done, fault };
  for (const change of compared.todo) {
    // After a write the first look is old: what comes later is looked at again.
    const now = written === 0 ? live : await writer.look();
    if ('kind' in now) return stop(now, false);
    const still = written === 0 ? compared : compare(writer, [change], now);
    if (still.kind === 'fault') return stop(still, false);
    const failed = await write(change, now);
    const outcome = failed === undefined ? 'made' : await settle(writer, change, failed, write);
    if (outcome !== 'made') return stop(outcome.fault, outcome.half);
    done.push(...changes.filter((one) => one.name === change.name && one.type === change.type));
    written++;
  }
  return { kind: 'applied' };
}

/** What became of a write that failed: made all the same, not made, or half of it. */
async function settle<L extends LiveSets>(
  writer: Writer<L>,
  change: Change,
  failed: Unwritten,
  write: (change: Change, live: L) => Promise<Unwritten | undefined>,
): Promise<'made' | Unwritten> {
  const { name, type, before } = change;
  const fault: HostFault = { ...failed.fault, at: { name, type } };
  if (!failed.half && !uncertain.has(fault.reason)) return { fault, half: false };
  const again = await writer.look();
  if ('kind' in again) return failed.half ? halfWritten(fault, change) : { fault: untold(fault), half: false };
  const now = liveSet(again, change);
  if (holds(change.after, now)) return 'made';
  if (sameData(now, before)) return { fault, half: false };
  if (!failed.half) return { fault: fault.reason === 'unreachable' ? fault : changedFault(change, now), half: false };
  const back = { name, type, ...(now ? { before: now } : {}), ...(before ? { after: before } : {}) };
  if ((await write(back, again)) === undefined) return { fault, half: false };
  const last = await writer.look();
  return !('kind' in last) && sameData(liveSet(last, change), before)
    ? { fault, half: false }
    : halfWritten(fault, change);
}

function halfWritten(fault: HostFault, { name, type }: Change): Unwritten {
  const detail = `${fault.detail} ${name} ${type} is now neither as it was nor as it shall be.`;
  return { fault: { ...fault, detail, cure: `${fault.cure} Then plan again.` }, half: true };
}
