/** What the journal proves, for the gates of a plan. Pure. */
import type { Change } from '../change/change.ts';
import type { PlanEvidence } from '../plan/evidence.ts';
import type { StepId } from '../plan/plan.ts';
import type { JournalEntry } from './journal.ts';

export type Intent = JournalEntry & { readonly kind: 'intent' };
type Result = JournalEntry & { readonly kind: 'result' };

export function evidenceOf(entries: readonly JournalEntry[]): PlanEvidence {
  const visibleSince = new Map<StepId, number>();
  const published = new Map<StepId, { at: number; changes: readonly Change[] }>();
  const approved = new Set<StepId>();
  const vouched = new Set<StepId>();
  const intents = new Map<string, Intent>();
  /** What was carried out of writes that stopped. */
  const parts = new Map<StepId, readonly Change[]>();
  for (const entry of entries) {
    if (entry.kind === 'intent') intents.set(entry.id, entry);
    else if (entry.kind === 'approved') approved.add(entry.step);
    else if (entry.kind === 'vouched') vouched.add(entry.step);
    else if (entry.kind === 'visible') {
      const since = published.get(entry.step)?.at ?? -Infinity;
      const before = visibleSince.get(entry.step);
      if (before === undefined || before < since) visibleSince.set(entry.step, Date.parse(entry.at));
    } else if (entry.kind === 'result') {
      const intent = intents.get(entry.id);
      if (!intent) continue;
      const changes = carriedOut(intent, entry);
      if (changes.length === 0) continue;
      if (intent.undoes !== undefined) {
        for (const facts of [published, visibleSince, approved, vouched, parts]) facts.delete(intent.step);
        continue;
      }
      const all = [...(parts.get(intent.step) ?? []), ...changes];
      published.set(intent.step, { at: Date.parse(entry.at), changes: all });
      if (entry.outcome === 'stopped') parts.set(intent.step, all);
      else {
        parts.delete(intent.step);
        // A yes was for this write; what goes the next time is another question.
        approved.delete(intent.step);
      }
    }
  }
  return { visibleSince, published, approved, vouched };
}

/** What of an intent stands at the host because of it. */
function carriedOut(intent: Intent, result: Result): readonly Change[] {
  if (result.outcome === 'nothing-written') return [];
  return result.outcome === 'stopped' ? (result.done ?? []) : intent.changes;
}

/** Intents of which nobody knows what came of them: the run was killed between the two lines. */
export function unfinished(entries: readonly JournalEntry[]): readonly Intent[] {
  const finished = new Set(entries.flatMap((entry) => (entry.kind === 'result' ? [entry.id] : [])));
  return entries.filter((entry): entry is Intent => entry.kind === 'intent' && !finished.has(entry.id));
}

/** What was published and not taken back since, the latest last; of a write that stopped, the part that was carried out. */
export function undoable(entries: readonly JournalEntry[]): readonly Intent[] {
  const results = new Map(entries.flatMap((entry) => (entry.kind === 'result' ? [[entry.id, entry] as const] : [])));
  const open: Intent[] = [];
  for (const entry of entries) {
    const result = entry.kind === 'intent' ? results.get(entry.id) : undefined;
    if (entry.kind !== 'intent' || !result) continue;
    const changes = carriedOut(entry, result);
    if (changes.length === 0) continue;
    if (entry.undoes === undefined) open.push({ ...entry, changes });
    // Taken back in part, it can still be taken back.
    else if (result.outcome !== 'stopped') open.splice(0, open.length, ...open.filter(({ id }) => id !== entry.undoes));
  }
  return open;
}
