/** Whether what is seen is the work of this Septet: the journal tells. Pure. */
import { membersOf, type Change } from '../../change/change.ts';
import type { RrSet } from '../../dns/rrset.ts';
import type { Intent } from '../../store/evidence.ts';
import type { Journal } from '../../store/journal.ts';
import type { Observation, ObservedChange } from '../../store/store.ts';

/** For so long a server may still show what stood before our own change, or its TTL twice if that is longer. */
const slowServerMs = 3_600_000; // house

interface Written {
  readonly at: number;
  readonly change: Change;
}

/**
 * `us` where a step of the journal left just that, `others` where none did, `unknown` without a journal and for what web
 * servers show.
 */
export function byWhom(observation: Observation, journal: Pick<Journal, 'entries'> | undefined): ObservedChange['by'] {
  if (journal === undefined || observation.type === 'HTTPS' || observation.type === 'CERT') return 'unknown';
  const written = writtenAt(observation.name, journal);
  const own = written.filter(({ change }) => change.type === observation.type);
  const last = own.at(-1);
  if (!last) {
    // An alias took the place of other data, or gave it back.
    const alias = written.some(({ change }) => change.type === 'CNAME' || observation.type === 'CNAME');
    return alias && observation.state === 'absent' ? 'us' : 'others';
  }
  if (holds(observation, last.change.after)) return 'us';
  const ttlMs = (last.change.before?.ttlSeconds ?? 0) * 1000;
  const slow = observation.at - last.at < Math.max(slowServerMs, 2 * ttlMs);
  return slow && own.some(({ change }) => holds(observation, change.before)) ? 'us' : 'others';
}

/** Also steps of which nobody knows yet what came: they may have been written. */
function writtenAt(name: Observation['name'], { entries }: Pick<Journal, 'entries'>): readonly Written[] {
  const intents = new Map<string, Intent>();
  const ended = new Map<string, { readonly at: number; readonly changes: readonly Change[] }>();
  for (const entry of entries) {
    if (entry.kind === 'intent') intents.set(entry.id, entry);
    if (entry.kind !== 'result') continue;
    const intent = intents.get(entry.id);
    if (!intent) continue;
    const { outcome, done = [] } = entry;
    const changes = outcome === 'nothing-written' ? [] : outcome === 'stopped' ? done : intent.changes;
    ended.set(entry.id, { at: Date.parse(entry.at), changes });
  }
  return [...intents.values()]
    .flatMap((intent) => {
      const { at, changes } = ended.get(intent.id) ?? { at: Date.parse(intent.at), changes: intent.changes };
      return changes.map((change) => ({ at, change }));
    })
    .filter(({ change }) => change.name === name)
    .sort((a, b) => a.at - b.at);
}

function holds({ state, data }: Observation, set: RrSet | undefined): boolean {
  if (set === undefined || set.data.length === 0) return state === 'absent';
  return state === 'present' && JSON.stringify(data) === JSON.stringify(membersOf(set));
}
