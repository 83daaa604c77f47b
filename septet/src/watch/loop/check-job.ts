/** The job `check`: looks at a domain, keeps what was seen, and raises or settles alerts where something changed. */
import type { Report } from '../../audit/report.ts';
import { notLookedAt } from '../../audit/sections.ts';
import type { Authority } from '../../dns/resolver.ts';
import type { Finding, RecordKey } from '../../finding/finding.ts';
import type { DomainIntent } from '../../plan/intent.ts';
import type { Journal } from '../../store/journal.ts';
import type { Observation, ObservedChange, Store } from '../../store/store.ts';
import type { World } from '../../world/world.ts';
import { titleOf } from '../alerts/alert-text.ts';
import { alertsOf, settledOf } from '../alerts/alerts-of.ts';
import { byWhom } from '../drift/by-whom.ts';
import { checkDrift, driftTellsMs } from '../drift/check.ts';
import { changeText } from './change-text.ts';
import { lookAt } from './look.ts';
import type { JobDone } from './watch-loop.ts';
import type { Tell } from './watch-event.ts';

export interface CheckHands {
  readonly world: World;
  readonly store: Pick<Store, 'observations' | 'alerts'>;
  readonly intent: DomainIntent;
  readonly authority?: Authority;
  readonly journal: Pick<Journal, 'entries' | 'refresh'> | undefined;
  readonly signal: AbortSignal;
  readonly tell: Tell;
}

export async function checkJob(hands: CheckHands): Promise<JobDone> {
  const { world, store, intent, journal, tell } = hands;
  const { domain } = intent;
  const known = await store.observations.last(domain);
  const { report, observations } = await lookAt({ ...hands, known });
  // What was published while the look went on is ours, too.
  await journal?.refresh();
  const changes = await keep(store, observations, journal);
  for (const change of changes) {
    // A first sight is no change.
    if (change.before === undefined) continue;
    const { name, type, seenFrom } = change.after;
    const severity = change.by === 'us' ? 'info' : 'warning';
    tell({
      event: 'changed',
      domain,
      severity,
      text: changeText(change),
      more: { name, type, seenFrom, by: change.by },
    });
  }
  const now = world.now();
  const [last, history, open] = await Promise.all([
    store.observations.last(domain),
    store.observations.history(domain, { since: now - driftTellsMs, until: now + 1 }),
    store.alerts.open(domain),
  ]);
  const drift = checkDrift({ domain, findings: report.findings, last, history, now });
  const findings = [...drift.findings, ...lookedAt(report)];
  const sources = { domain, findings, changes: drift.untold(changes) };
  let news = 0;
  for (const alert of alertsOf(sources, now)) {
    if (!(await store.alerts.raise(alert))) continue;
    news++;
    tell({ event: 'alert', domain, severity: alert.severity, text: `${titleOf(alert)}.`, more: { key: alert.key } });
  }
  // Our own writes settle what others did to the record, whichever way it was told.
  for (const alert of settledOf(open, { ...sources, changes }, now)) {
    if (!(await store.alerts.settle(domain, alert.key, now))) continue;
    tell({ event: 'settled', domain, severity: 'info', text: `Over: ${titleOf(alert)}.`, more: { key: alert.key } });
  }
  const text = summaryOf(report, changes.filter(({ before }) => before !== undefined).length);
  const done = doneOf(report, text, await store.alerts.open(domain));
  tell({
    event: 'checked',
    domain,
    severity: severityOf(done),
    text,
    more: { observations: observations.length, news },
  });
  return done;
}

/** A record without any fault was looked at all the same: what was told of it is over. */
function lookedAt({ domain, records }: Report): readonly Finding[] {
  return Object.entries(records).flatMap(([record, { state, summary }]): Finding[] => {
    if (state === 'unknown' || summary === notLookedAt.summary) return [];
    const subject = { name: domain, type: 'TXT' };
    const nothing = { message: '', consequence: '', evidence: [], fix: { text: '' }, source: 'house' };
    return [{ code: 'looked', severity: 'ok', state: 'pass', record: record as RecordKey, subject, ...nothing }];
  });
}

/** Each with the one who did it: the store takes one of them at a time. */
async function keep(
  { observations: shelf }: Pick<Store, 'observations'>,
  observations: readonly Observation[],
  journal: CheckHands['journal'],
): Promise<readonly ObservedChange[]> {
  const groups = Map.groupBy(observations, (one) => byWhom(one, journal));
  const changes: ObservedChange[] = [];
  for (const [by, group] of groups) changes.push(...(await shelf.add(group, by)));
  return changes;
}

const count = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`;

function summaryOf({ findings }: Report, changes: number): string {
  const failing = findings.filter(({ state }) => state === 'fail');
  const errors = failing.filter(({ severity }) => severity === 'error').length;
  const warnings = failing.filter(({ severity }) => severity === 'warning').length;
  const unknown = findings.filter(({ state }) => state === 'unknown').length;
  const told = [
    count(errors, 'error'),
    count(warnings, 'warning'),
    ...(unknown > 0 ? [`${unknown} could not be told`] : []),
    ...(changes > 0 ? [count(changes, 'change')] : []),
  ];
  return `Checked: ${told.join(', ')}.`;
}

function doneOf(report: Report, text: string, open: readonly { readonly severity: string }[]): JobDone {
  if (open.some(({ severity }) => severity !== 'info')) return { verdict: 'person', text };
  const unknown = report.findings.some(({ state, severity }) => state === 'unknown' && severity !== 'info');
  return { verdict: unknown ? 'could not tell' : 'fine', text };
}

const severityOf = ({ verdict }: JobDone): 'info' | 'warning' => (verdict === 'fine' ? 'info' : 'warning');
