/** Takes a published step back: what stood before comes back, unless somebody has changed the records since. */
import { inverse, type Change } from '../change/change.ts';
import type { DnsName } from '../dns/name.ts';
import type { HostLimits } from '../plan/limits.ts';
import type { HostFault } from '../providers/host.ts';
import { undoable, type Intent } from '../store/evidence.ts';
import { applyStep, standing } from './apply.ts';
import { takeUp, type TakeUpInput } from './take-up.ts';

export type Undone =
  /** `more`: an earlier write of the same step still stands. */
  | { readonly kind: 'undone'; readonly intent: Intent; readonly more: boolean }
  /** The journal knows of no such step, or of none at all. */
  | { readonly kind: 'nothing'; readonly steps: readonly string[] }
  /** Steps published later build on this one. */
  | { readonly kind: 'built-upon'; readonly intent: Intent; readonly by: readonly string[] }
  | { readonly kind: 'declined' }
  | { readonly kind: 'fault'; readonly fault: HostFault };

export interface UndoInput extends TakeUpInput {
  readonly domain: DnsName;
  /** Absent: what was published last. */
  readonly step?: string;
  /** Also when later steps build on it. */
  readonly force: boolean;
  /** Shows what would come back and asks. */
  readonly consent: (intent: Intent) => Promise<boolean>;
}

export async function undo(input: UndoInput): Promise<Undone> {
  const left = await takeUp(input);
  if (left.kind === 'fault') return left;
  const open = undoable(input.journal.entries);
  const at = input.step === undefined ? open.length - 1 : open.findLastIndex((intent) => intent.step === input.step);
  const intent = open[at];
  if (!intent) return { kind: 'nothing', steps: [...new Set(open.map((entry) => entry.step))] };
  const later = open.slice(at + 1);
  const sameRecords = (other: Intent): boolean =>
    other.changes.some((change) => intent.changes.some((own) => own.name === change.name && own.type === change.type));
  const builtUpon = later.filter(sameRecords).map((entry) => entry.step);
  if (builtUpon.length > 0) return { kind: 'built-upon', intent, by: [...new Set(builtUpon)] };
  if (later.length > 0 && !input.force)
    return { kind: 'built-upon', intent, by: [...new Set(later.map((entry) => entry.step))] };
  if (!(await input.consent(intent))) return { kind: 'declined' };
  const zone = await input.zone();
  const changes = intent.changes.map((change) => storable(inverse(change), input.host.limits));
  const now = await standing(input.host, zone, changes, input.signal ? { signal: input.signal } : {});
  if (now.kind === 'fault') return { kind: 'fault', fault: now };
  if (now.kind === 'mixed' && now.other.length > 0) {
    const { name, type } = now.at;
    return {
      kind: 'fault',
      fault: {
        kind: 'fault',
        reason: 'changed',
        detail: `${name} ${type} was changed by somebody else since the step ${intent.step}.`,
        cure: 'Look at the record; septet plan shows what Septet would make of it now.',
        at: { name, type },
      },
    };
  }
  const applied = await applyStep(input, zone, { id: intent.step, changes }, intent.id);
  if (applied.kind === 'fault') return applied;
  return { kind: 'undone', intent, more: open.some((other) => other.step === intent.step && other.id !== intent.id) };
}

/** What stood before may have been read out of a cache, with less of its TTL than the host takes. */
function storable(change: Change, limits: HostLimits): Change {
  const { after } = change;
  if (!after) return change;
  const ttlSeconds = Math.min(Math.max(after.ttlSeconds, limits.minTtlSeconds), limits.maxTtlSeconds);
  return { ...change, after: { ...after, ttlSeconds } };
}
