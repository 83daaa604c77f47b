/**
 * What every host decides before it writes: whether the changes may be asked of it at all, and which of them are still
 * to be made when one looks at what stands there.
 */
import { sameData, type Change } from '../change/change.ts';
import { isAtOrBelow, type DnsName } from '../dns/name.ts';
import type { RrSet } from '../dns/rrset.ts';
import type { HostFault } from './host.ts';
import type { HostLimits } from '../plan/limits.ts';
import { checkLimits } from './limits.ts';

/** A fault where a change lies outside the zone, touches what the host keeps itself, or cannot be stored. */
export function refusal(zone: DnsName, changes: readonly Change[], limits: HostLimits): HostFault | undefined {
  for (const change of changes) {
    const { name, type } = change;
    const at = { name, type };
    if (!isAtOrBelow(name, zone)) {
      const detail = `${name} is not in the zone ${zone}.`;
      return { kind: 'fault', reason: 'rejected', detail, cure: 'Publish it in the zone that holds the name.', at };
    }
    if (type === 'SOA' || (type === 'NS' && name === zone)) {
      const detail = `${type} at the top of ${zone} belongs to the host, and Septet does not change it.`;
      return { kind: 'fault', reason: 'rejected', detail, cure: 'Change it at the host itself.', at };
    }
    const broken = checkLimits(change, limits);
    if (broken.length > 0) {
      const detail = broken.map(({ text }) => text).join(' ');
      return { kind: 'fault', reason: 'rejected', detail, cure: 'Change the plan so that the host can store it.', at };
    }
  }
  return cnameBesideOthers(changes);
}

/** Two changes of one apply that cannot stand together (RFC 1034 §3.6.2). */
function cnameBesideOthers(changes: readonly Change[]): HostFault | undefined {
  for (const { name, after } of changes) {
    if (after?.type !== 'CNAME') continue;
    const detail = `${name} cannot have a CNAME and other records at once (RFC 1034 §3.6.2).`;
    const cure = 'Publish the one or the other.';
    const fault: HostFault = { kind: 'fault', reason: 'rejected', detail, cure, at: { name, type: 'CNAME' } };
    if (after.data.length > 1) return { ...fault, detail: `${name} can have one CNAME only (RFC 2181 §10.1).` };
    if (changes.some((other) => other.name === name && other.type !== 'CNAME' && other.after)) return fault;
  }
  return undefined;
}

/** A change that is still to be made, with what stands there now: the exact strings, which `before` need not have. */
export interface PendingChange extends Change {
  readonly live: RrSet | undefined;
}

export type Pending =
  | { readonly kind: 'pending'; readonly pending: readonly PendingChange[] }
  /** `changed`, or `rejected` for a CNAME that would stand beside others. */
  | HostFault;

/** Compares the changes with all RRsets at their names. */
export function pendingChanges(changes: readonly Change[], live: readonly RrSet[]): Pending {
  const pending: PendingChange[] = [];
  for (const change of changes) {
    const { name, type, before, after } = change;
    const there = live.find((set) => set.name === name && set.type === type);
    if (holds(after, there)) continue;
    if (!sameData(there, before) && !sameData(there, after)) return changedFault(change, there);
    pending.push({ ...change, live: there });
  }
  const beside = besideCname(changes, live);
  return beside ?? { kind: 'pending', pending };
}

/** Whether the RRset stands there as it shall, its TTL included. */
export function holds(wanted: RrSet | undefined, there: RrSet | undefined): boolean {
  if (!sameData(wanted, there)) return false;
  return wanted === undefined || (there?.ttlSeconds === wanted.ttlSeconds && there.ttlsSeconds === undefined);
}

export function changedFault(change: Change, there: RrSet | undefined): HostFault {
  const { name, type, before } = change;
  const what =
    there === undefined
      ? 'is gone'
      : before === undefined
        ? 'exists by now'
        : 'holds other data than when the plan was made';
  return {
    kind: 'fault',
    reason: 'changed',
    detail: `${name} ${type} ${what}: somebody else changed it.`,
    cure: 'Make the plan again and look at what it proposes now.',
    at: { name, type },
  };
}

function besideCname(changes: readonly Change[], live: readonly RrSet[]): HostFault | undefined {
  for (const { name, type, after } of changes) {
    if (after === undefined) continue;
    const goes = (set: RrSet): boolean =>
      changes.some((other) => other.name === name && other.type === set.type && other.after === undefined);
    const others = live.filter((set) => set.name === name && set.type !== type && !goes(set));
    const clash = type === 'CNAME' ? others[0] : others.find((set) => set.type === 'CNAME');
    if (clash === undefined) continue;
    const detail = `${name} holds ${clash.type}, and a CNAME cannot stand beside other records (RFC 1034 §3.6.2).`;
    const cure = `Remove the ${clash.type} record first, or use another name.`;
    return { kind: 'fault', reason: 'rejected', detail, cure, at: { name, type } };
  }
  return undefined;
}
