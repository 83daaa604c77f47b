/** The job `ramps`: moves what may move of a domain, publishes it, and tells a person where one is needed. */
import { namedAlert } from '../../watch/loop/ramp-alerts.ts';
import type { DomainConfig } from '../../config/domain.ts';
import type { DnsName } from '../../dns/name.ts';
import { takeLock } from '../../store/files/lock.ts';
import type { Journal } from '../../store/journal.ts';
import type { Store } from '../../store/store.ts';
import type { Plan, StepId } from '../../plan/plan.ts';
import type { DnsHost } from '../../providers/host.ts';
import { noteVisible, unnoted } from '../../publish/publish.ts';
import type { Clock } from '../../publish/clock.ts';
import { takeUp } from '../../publish/take-up.ts';
import { undoable, unfinished } from '../../store/evidence.ts';
import { delegationFault } from '../../publish/delegation.ts';
import type { World } from '../../world/world.ts';
import type { JobDone } from '../../watch/loop/watch-loop.ts';
import type { Tell } from '../../watch/loop/watch-event.ts';
import { moveRamps, type PublishedSteps, type RampMove } from '../../watch/move-ramps.ts';
import { publishSteps } from '../../watch/publish-steps.ts';
import { InputError, type Io } from '../io.ts';
import { clockOf } from '../plan/publish-outside.ts';

export interface RampsHands {
  readonly settings: DomainConfig;
  readonly store: Store;
  readonly world: World;
  readonly journal: Journal;
  /** Keeps other commands of this machine out. */
  readonly lockFile: string;
  plan(): Promise<Plan>;
  openHost(): Promise<DnsHost>;
  readonly owner: string;
  /** What was said last of each domain that stays. */
  readonly said: Map<DnsName, string>;
  readonly signal: AbortSignal;
  readonly tell: Tell;
  readonly io: Io;
}

/** How long a step is waited for until everybody sees it; a later run looks again. */
const waitMs = 60_000; // house

export async function rampsJob(hands: RampsHands): Promise<JobDone> {
  const { settings, store, world, journal, owner, signal, tell } = hands;
  const { domain } = settings.intent;
  const moves = await moveRamps({
    domain,
    store,
    settings,
    owner,
    signal,
    now: () => world.now(),
    plan: async () => {
      // What other machines have published since.
      await journal.refresh();
      await finish(hands);
      const made = await hands.plan();
      await note(hands, made);
      return made;
    },
    publish: (plan, steps) => publishAlone(hands, plan, steps),
  });
  for (const move of moves) await tellMove(hands, move);
  if (moves.length === 0)
    return { verdict: 'fine', text: 'Another machine moves the ramps just now, or there are none.' };
  const words = moves.map(
    ({ ramp, outcome, from, to, why }) => `${ramp} ${outcome}${placeText(outcome, from, to)}: ${why}.`,
  );
  const text = words.join(' ');
  if (moves.some(needsPerson)) return { verdict: 'person', text };
  const moved = moves.filter(({ outcome }) => outcome === 'advanced' || outcome === 'went back').length;
  // The same every hour is no news.
  if (moved === 0 && hands.said.get(domain) !== text)
    tell({ event: 'ramp', domain, severity: 'info', text, more: { moves } });
  hands.said.set(domain, text);
  return { verdict: 'fine', text };
}

const placeText = (outcome: RampMove['outcome'], from: string | undefined, to: string | undefined): string => {
  if (outcome === 'stays' || outcome === 'paused') return from === undefined ? '' : ` at ${from}`;
  return to === undefined ? '' : ` to ${to}`;
};

const needsPerson = ({ outcome, alerts = [] }: RampMove): boolean =>
  outcome === 'waits for approval' || outcome === 'failed' || outcome === 'went back' || alerts.length > 0;

/** A line for what moved or needs somebody, and the alert that goes with it; one that is over is settled. */
async function tellMove({ settings, store, world, journal, tell }: RampsHands, move: RampMove): Promise<void> {
  const { domain } = settings.intent;
  const now = world.now();
  const { key, alert } = namedAlert(domain, move, now, new Set(undoable(journal.entries).map(({ step }) => step)));
  if (alert === undefined) {
    if (await store.alerts.settle(domain, key, now))
      tell({
        event: 'settled',
        domain,
        severity: 'info',
        text: `Over: ${move.ramp} needs nobody any more.`,
        more: { key },
      });
  } else if (await store.alerts.raise(alert)) {
    tell({ event: 'alert', domain, severity: alert.severity, text: `${alert.text.split('\n', 1)[0]}.`, more: { key } });
  }
  if (move.outcome !== 'advanced' && move.outcome !== 'went back' && move.outcome !== 'failed') return;
  const severity = move.outcome === 'advanced' ? 'info' : 'warning';
  const place = move.to === undefined ? '' : ` ${move.outcome === 'failed' ? 'on the way to' : 'to'} ${move.to}`;
  tell({
    event: 'ramp',
    domain,
    severity,
    text: `${move.ramp} ${move.outcome}${place}: ${move.why}.`,
    more: { ...move },
  });
}

/**
 * A run was cut off while it wrote: what came of that is looked at before anything counts from it. A host that does not
 * answer is an error: the job comes again.
 */
async function finish(hands: RampsHands): Promise<void> {
  const { journal, lockFile, signal, io } = hands;
  if (unfinished(journal.entries).length === 0) return;
  const lock = await takeLock(lockFile, io);
  if (lock.kind === 'taken') return;
  try {
    await journal.refresh();
    const { zone } = await hands.plan();
    const host = await hands.openHost();
    try {
      const taken = await takeUp({ host, journal, clock: clockIn(hands), zone: async () => zone, signal });
      if (taken.kind === 'fault') throw new InputError(`${taken.fault.detail} ${taken.fault.cure}`);
    } finally {
      await host.close?.();
    }
  } finally {
    await lock.release();
  }
}

const clockIn = ({ io, world }: RampsHands): Clock => ({ ...clockOf(io), now: () => world.now() });

/** Since when everybody sees each step: the days of a stage count from there. Where another run publishes, that one notes. */
async function note(hands: RampsHands, plan: Plan): Promise<void> {
  const { journal, lockFile, io } = hands;
  if (unnoted(journal, plan).length === 0) return;
  const lock = await takeLock(lockFile, io);
  if (lock.kind === 'taken') return;
  try {
    await journal.refresh();
    await noteVisible({ journal, clock: clockIn(hands), tell: () => {} }, plan);
  } finally {
    await lock.release();
  }
}

/** While no other command of this machine publishes the domain. */
async function publishAlone(hands: RampsHands, plan: Plan, steps: readonly StepId[]): Promise<PublishedSteps> {
  const { settings, world, journal, lockFile, io, signal } = hands;
  const { domain } = settings.intent;
  const lock = await takeLock(lockFile, io);
  if (lock.kind === 'taken') return { kind: 'failed', why: `another septet is publishing ${domain}` };
  try {
    await journal.refresh();
    const host = await hands.openHost();
    try {
      const wrong = await delegationFault(host, plan.zone, settings.host.servers.length > 0 ? undefined : world);
      if (wrong) return { kind: 'failed', why: `${wrong.detail} ${wrong.cure}` };
      const clock = clockIn(hands);
      return await publishSteps({ domain, host, journal, clock, signal, waitMs, plan: hands.plan }, plan, steps);
    } finally {
      await host.close?.();
    }
  } finally {
    await lock.release();
  }
}
