/** The mornings of a simulated ramp as lines for a person. */
import { waitsFor } from '../ramp/decide.ts';
import type { Moment } from './run-ramp.ts';

/**
 * A line for each step, and one for each stretch of days in which the ramp waits for the same things:
 *
 *     2026-01-05  none        waits for days, coverage (21 days)
 *     2026-01-26  none        → sampled
 */
export function timelineText(moments: Iterable<Moment>): string {
  const lines: { readonly date: string; readonly stage: string; readonly what: string; days: number }[] = [];
  let stage = '';
  for (const { date, decision, stage: after } of moments) {
    const at = decision.kind === 'stay' ? after : stage === '' ? after : stage;
    const what = whatOf(decision);
    const last = lines.at(-1);
    if (last && decision.kind === 'stay' && last.stage === at && last.what === what) last.days++;
    else lines.push({ date, stage: at, what, days: 1 });
    stage = after;
  }
  return lines
    .map(({ date, stage, what, days }) => `${date}  ${stage.padEnd(10)}  ${what}${days > 1 ? ` (${days} days)` : ''}`)
    .join('\n');
}

function whatOf(decision: Moment['decision']): string {
  if (decision.kind === 'advance') return `→ ${decision.to}`;
  if (decision.kind === 'back') return `← ${decision.to}: ${decision.why}`;
  const open = decision.needs.filter(({ met }) => !met).map(({ kind }) => kind);
  const alert = decision.alerts.length > 0 ? '; alert' : '';
  if (decision.next === undefined) return `${waitsFor(decision)}${alert}`;
  return `waits for ${open.length > 0 ? open.join(', ') : 'a look at what got worse'}${alert}`;
}
