/**
 * Publishing without servers and without time: a host in memory that can fail in every way, a clock that jumps, servers
 * that show changes later, and a planner with as many rules as the engine has to know of.
 */
import { sameData, type Change } from '../../src/change/change.ts';
import { dnsName, type DnsName } from '../../src/dns/name.ts';
import type { RrSet } from '../../src/dns/rrset.ts';
import { digestOf } from '../../src/plan/digest.ts';
import type { GatePosition, Plan, Step, StepStatus } from '../../src/plan/plan.ts';
import type { DnsHost, HostApplied, HostFault } from '../../src/providers/host.ts';
import type { Clock } from '../../src/publish/clock.ts';
import { publish } from '../../src/publish/publish.ts';
import type { Published, PublishEvent, PublishInput } from '../../src/publish/publish-input.ts';
import { evidenceOf } from '../../src/store/evidence.ts';
import { memoryJournal } from '../../src/store/files/journal-file.ts';
import type { Journal, JournalEntry } from '../../src/store/journal.ts';

export const domain = dnsName('example.com');

export const txt = (name: string, ...texts: readonly string[]): RrSet<'TXT'> => ({
  name: dnsName(name),
  type: 'TXT',
  ttlSeconds: 60,
  data: texts.map((text) => ({ strings: [text] })),
});

export interface FakeStep {
  readonly id: string;
  /** What shall stand. */
  readonly sets: readonly RrSet[];
  readonly after?: readonly string[];
  /** So long after each of `after` was seen everywhere. */
  readonly seconds?: number;
  /** Reports are asked for, which never come. */
  readonly reports?: boolean;
  /** What it points at is there. */
  readonly serves?: () => boolean;
}

/** What `apply` does the next time. */
export type Trouble =
  | 'refuses'
  /** Written, and no answer came. */
  | 'lost-reply'
  /** Not written, and no answer came. */
  | 'lost-request'
  /** Carries out the first change only. */
  | 'stops'
  /** Says yes and keeps something else. */
  | 'lies'
  /** The process dies before, in the middle of, or after the write. */
  | 'kill-before'
  | 'kill-between'
  | 'kill-after';

/** Nothing catches it: the process is gone. */
export class Killed extends Error {}

export class FakeZone {
  now = Date.parse('2026-11-23T12:00:00Z');
  readonly sleeps: number[] = [];
  readonly journal: Journal;
  readonly events: PublishEvent[] = [];
  /** Before `apply` number n (from 0), once. */
  readonly troubles = new Map<number, Trouble>();
  /** Later than the write: when the server that is asked first, and when the last server, shows a change, in ms. */
  firstShowsMs = 0;
  lastShowsMs = 0;
  unreachable = false;
  applies = 0;
  plans = 0;
  /** Called before each look. */
  onPlan: (() => void) | undefined;
  readonly steps: readonly FakeStep[];
  #history: { readonly at: number; readonly sets: ReadonlyMap<string, RrSet> }[] = [{ at: 0, sets: new Map() }];

  constructor(steps: readonly FakeStep[], journal: Journal = memoryJournal()) {
    this.steps = steps;
    this.journal = journal;
  }

  get sets(): readonly RrSet[] {
    return [...this.#view(0).values()];
  }

  /** Somebody changes the zone. */
  put(name: string, set: RrSet | undefined): void {
    const sets = new Map(this.#view(0));
    if (set) sets.set(`${dnsName(name)} TXT`, set);
    else sets.delete(`${dnsName(name)} TXT`);
    this.#history.push({ at: this.now, sets });
  }

  #view(delayMs: number): ReadonlyMap<string, RrSet> {
    return this.#history.findLast(({ at }) => at + delayMs <= this.now)?.sets ?? new Map<string, RrSet>();
  }

  readonly clock: Clock = {
    now: () => this.now,
    sleep: async (milliseconds) => {
      this.sleeps.push(milliseconds);
      if (this.sleeps.length > 10_000) throw new Error('the engine does not stop waiting');
      this.now += milliseconds;
    },
    randomId: () => `id-${this.journal.entries.length}-${this.applies}`,
  };

  readonly host: DnsHost = {
    id: 'fake',
    title: 'The fake host',
    limits: { minTtlSeconds: 30, maxTtlSeconds: 86_400 } as DnsHost['limits'],
    atomic: false,
    read: async (zone, names) =>
      this.unreachable
        ? fault('unreachable')
        : {
            kind: 'read',
            zone,
            nameServers: [],
            sets: this.sets.filter((set) => names.includes(set.name)),
            special: [],
          },
    apply: async (_zone, changes) => this.#apply(changes),
  };

  #apply(changes: readonly Change[]): HostApplied {
    const trouble = this.troubles.get(this.applies);
    this.troubles.delete(this.applies++);
    if (this.unreachable) return fault('unreachable');
    if (trouble === 'kill-before') throw new Killed();
    if (trouble === 'refuses') return fault('rejected');
    if (trouble === 'lost-request') return fault('unreachable');
    const standing = this.#view(0);
    const at = (change: Change): RrSet | undefined => standing.get(`${change.name} ${change.type}`);
    const pending = changes.filter((change) => !sameData(at(change), change.after));
    const other = pending.find((change) => !sameData(at(change), change.before));
    if (other) return { ...fault('changed'), at: { name: other.name, type: other.type } };
    for (const [index, change] of pending.entries()) {
      this.put(change.name, trouble === 'lies' ? txt(change.name, 'something else') : change.after);
      if (index < pending.length - 1 && trouble === 'kill-between') throw new Killed();
      if (index < pending.length - 1 && trouble === 'stops')
        return { kind: 'stopped', done: [change], fault: fault('unreachable') };
    }
    if (trouble === 'kill-after') throw new Killed();
    return trouble === 'lost-reply' ? fault('unreachable') : { kind: 'applied' };
  }

  readonly plan = async (): Promise<Plan> => {
    this.plans++;
    this.onPlan?.();
    const evidence = evidenceOf(this.journal.entries);
    const seen = new Map(this.#view(this.firstShowsMs));
    const everywhere = this.#view(this.lastShowsMs);
    const steps: Step[] = [];
    for (const spec of this.steps) {
      const changes: Change[] = [];
      const loses: string[] = [];
      for (const set of spec.sets) {
        const before = seen.get(`${set.name} ${set.type}`);
        if (sameData(before, set)) continue;
        if (before) loses.push(JSON.stringify(before.data));
        changes.push({ name: set.name, type: set.type, ...(before ? { before } : {}), after: set });
        seen.set(`${set.name} ${set.type}`, set);
      }
      const done = changes.length === 0;
      const visible = (sets: readonly RrSet[]): boolean =>
        sets.every((set) => sameData(everywhere.get(`${set.name} ${set.type}`), set));
      const gates: GatePosition[] = [];
      for (const id of done ? [] : (spec.after ?? [])) {
        const earlier = steps.find((step) => step.id === id);
        const stands = earlier?.status.kind === 'done';
        const isOpen = stands && earlier.visibility?.state === 'open';
        gates.push({ gate: { kind: 'visible', step: id }, state: isOpen ? 'open' : 'closed', detail: '' });
        if (spec.seconds === undefined) continue;
        const since = evidence.visibleSince.get(id);
        const until = since === undefined ? undefined : since + spec.seconds * 1000;
        gates.push({
          gate: { kind: 'elapsed', since: id, seconds: spec.seconds, counts: 'stage', why: '' },
          state: stands && until !== undefined && until <= this.now ? 'open' : 'closed',
          detail: '',
          ...(stands && until !== undefined && until > this.now ? { until } : {}),
        });
      }
      if (spec.reports && !done) {
        const gate = { kind: 'aligned', reports: 'dmarc', days: 1, messages: 1, share: 1 } as const;
        gates.push({ gate, state: 'closed', detail: '' });
      }
      if (spec.serves && !done) {
        const isOpen = spec.serves() || evidence.vouched.has(spec.id);
        const gate = { kind: 'serves', url: 'https://x', what: 'policy' } as const;
        gates.push({ gate, state: isOpen ? 'open' : 'closed', detail: '' });
      }
      if (loses.length > 0) {
        const question = `gives up ${loses.join(' | ')}. Agree?`;
        const state = evidence.approved.has(spec.id) ? 'open' : 'closed';
        gates.push({ gate: { kind: 'approved', question }, state, detail: '' });
      }
      steps.push({
        id: spec.id,
        record: 'spf',
        title: spec.id,
        why: '',
        comparison: 'equal',
        status: statusOf(done, gates),
        changes,
        gates,
        loses,
        ...(done ? { visibility: { state: visible(spec.sets) ? 'open' : 'closed', detail: 'seen' } as const } : {}),
        notes: [],
      });
    }
    const madeAt = new Date(this.now).toISOString();
    return { version: 1, domain, zone: domain, madeAt, steps, findings: [], digest: digestOf(domain, domain, steps) };
  };

  run(more: Partial<PublishInput> = {}): Promise<Published> {
    return publish({
      domain,
      plan: this.plan,
      zone: async (): Promise<DnsName> => domain,
      host: this.host,
      journal: this.journal,
      clock: this.clock,
      consent: async () => true,
      agree: async () => false,
      vouched: new Set(),
      waitMs: 600_000,
      tell: (event) => void this.events.push(event),
      ...more,
    });
  }

  /** `intent mx`, `result applied`… */
  get lines(): readonly string[] {
    return this.journal.entries.map((entry) =>
      [entry.kind, 'step' in entry ? entry.step : '', 'outcome' in entry ? entry.outcome : '']
        .filter((word) => word !== '')
        .join(' '),
    );
  }
}

/** A journal in which the run dies before (`whole: false`) or after line number `at` is on the disk. */
export function dyingJournal(entries: readonly JournalEntry[], at: number, whole: boolean): Journal {
  const all = [...entries];
  return {
    entries: all,
    torn: [],
    append: async (entry) => {
      if (all.length === at && !whole) throw new Killed();
      all.push(entry);
      if (all.length === at + 1 && whole) throw new Killed();
    },
    refresh: async () => {},
  };
}

function statusOf(done: boolean, gates: readonly GatePosition[]): StepStatus {
  if (done) return { kind: 'done' };
  const closed = gates.filter((position) => position.state !== 'open');
  if (closed.length === 0) return { kind: 'ready' };
  const untils = closed.map((position) => position.until);
  return untils.every((until) => until !== undefined)
    ? { kind: 'waiting', until: Math.max(...untils) }
    : { kind: 'waiting' };
}

export const fault = (reason: HostFault['reason']): HostFault => ({
  kind: 'fault',
  reason,
  detail: `The fake host says ${reason}.`,
  cure: 'Try again.',
});
