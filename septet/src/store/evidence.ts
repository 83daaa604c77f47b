/** What the journal proves, for the gates of a plan. Pure. */
import type { Change } from '../change/change.ts';
import type { PlanEvidence } from '../plan/evidence.ts';
import type { StepId } from '../plan/plan.ts';
import type { JournalEntry } from './journal.ts';

export type Intent = JournalEntry & { readonly kind: 'intent' };

export function evidenceOf(entries: readonly JournalEntry[]): PlanEvidence {
  const visibleSince = new Map<StepId, number>();
  const published = new Map<StepId, { at: number; changes: readonly Change[] }>();
  const approved = new Set<StepId>();
  const vouched = new Set<StepId>();
  const intents = new Map<string, Intent>();
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
      if (!intent || entry.outcome === 'nothing-written') continue;
      if (intent.undoes !== undefined) {
        for (const facts of [published, visibleSince, approved, vouched]) facts.delete(intent.step);
      } else {
        const changes = entry.outcome === 'stopped' ? (entry.done ?? []) : intent.changes;
        if (changes.length > 0) published.set(intent.step, { at: Date.parse(entry.at), changes });
      }
    }
  }
  return { visibleSince, published, approved, vouched };
}

/** Intents of which nobody knows what came of them: the run was killed between the two lines. */
export function unfinished(entries: readonly JournalEntry[]): readonly Intent[] {
  const finished = new Set(entries.flatMap((entry) => (entry.kind === 'result' ? [entry.id] : [])));
  return entries.filter((entry): entry is Intent => entry.kind === 'intent' && !finished.has(entry.id));
}

/** What was published and not taken back since, the latest last. */
export function undoable(entries: readonly JournalEntry[]): readonly Intent[] {
  const applied = new Set(
    entries.flatMap((entry) =>
      entry.kind === 'result' && (entry.outcome === 'applied' || entry.outcome === 'recovered') ? [entry.id] : [],
    ),
  );
  const open: Intent[] = [];
  for (const entry of entries) {
    if (entry.kind !== 'intent' || !applied.has(entry.id)) continue;
    if (entry.undoes === undefined) open.push(entry);
    else open.splice(0, open.length, ...open.filter((intent) => intent.id !== entry.undoes));
  }
  return open;
}
