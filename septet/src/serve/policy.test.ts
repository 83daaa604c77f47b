import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { dnsName } from '../dns/name.ts';
import { serves } from '../plan/serves.ts';
import { policyFor } from '../plan/policy-wanted.ts';
import { wantedPolicy } from '../records/mtasts/plan.ts';
import { formatPolicy } from '../records/mtasts/policy.ts';
import type { JournalEntry } from '../store/journal.ts';
import type { RampState } from '../store/store.ts';
import { exchangeKeptMs, journalStage, policyOf, readPolicyText, type PolicyInput } from './policy.ts';

const domain = dnsName('shop.example');
const [mx1, mx2] = [dnsName('mx1.shop.example'), dnsName('mx2.shop.example')];
const now = Date.parse('2026-11-23T12:00:00Z');
const day = 86_400_000;

const input = (mode: 'ramp' | 'testing' | 'enforce' | 'none', more: Partial<PolicyInput> = {}): PolicyInput => ({
  intent: { mtaSts: { mode }, takesMail: true, mx: [{ preference: 10, exchange: mx1 }] },
  exchanges: [],
  past: [],
  now,
  ...more,
});
const ramp = (stage: string, more: Partial<RampState> = {}): RampState => ({
  domain,
  ramp: 'mta-sts',
  stage,
  since: now - day,
  revision: 1,
  ...more,
});
const moving = (to: string, direction: 'advance' | 'back') => ({ to, startedAt: now - 60_000, direction, why: 'x' });
/** `testing mx1.shop.example 604800`, or the kind. */
const shown = (given: PolicyInput): string => {
  const hosted = policyOf(given);
  if (hosted.kind !== 'served') return hosted.kind;
  const { mode, mx, maxAgeSeconds } = hosted.policy;
  return [mode, ...mx.map(({ name }) => name), maxAgeSeconds].join(' ');
};

describe('the policy that is served', () => {
  test('follows the configuration', () => {
    assert.equal(shown(input('testing')), 'testing mx1.shop.example 604800');
    assert.equal(shown(input('enforce')), 'enforce mx1.shop.example 604800');
    assert.equal(shown(input('none')), 'none 86400');
    assert.equal(shown(input('ramp')), 'testing mx1.shop.example 604800');
  });

  test('follows the ramp: the file comes before the step, also on the way back', () => {
    const at = (state: RampState): string => shown(input('ramp', { ramp: state })).split(' ')[0] ?? '';
    assert.equal(at(ramp('none')), 'testing');
    assert.equal(at(ramp('testing')), 'testing');
    assert.equal(at(ramp('testing', { moving: moving('enforce', 'advance') })), 'enforce');
    assert.equal(at(ramp('enforce')), 'enforce');
    assert.equal(at(ramp('enforce', { moving: moving('testing', 'back') })), 'testing');
    assert.equal(at(ramp('testing', { moving: moving('none', 'back') })), 'none');
    assert.equal(shown(input('ramp', { ramp: ramp('long') })), 'enforce mx1.shop.example 2592000');
    // The ramp says nothing where the owner has decided.
    assert.equal(shown(input('testing', { ramp: ramp('enforce') })).split(' ')[0], 'testing');
  });

  test('follows the journal where it is newer than the ramp', () => {
    const journal = { stage: 'enforce', at: now - 2 * day } as const;
    assert.match(shown(input('ramp', { journal })), /^enforce/);
    assert.match(shown(input('ramp', { journal, ramp: ramp('testing') })), /^testing/);
    assert.match(shown(input('ramp', { journal: { stage: 'enforce', at: now }, ramp: ramp('testing') })), /^enforce/);
  });

  test('names the exchanges that come and those that go, until nobody can know them', () => {
    const seen = (name: typeof mx1, ago: number) => ({ name, at: now - ago });
    const exchanges = [seen(mx1, 0), seen(mx2, 3600_000)];
    assert.equal(shown(input('enforce', { exchanges })), 'enforce mx1.shop.example mx2.shop.example 604800');
    const gone = [seen(mx1, 0), seen(mx2, exchangeKeptMs + 1)];
    assert.equal(shown(input('enforce', { exchanges: gone })), 'enforce mx1.shop.example 604800');
    const intent = { mtaSts: { mode: 'enforce' }, takesMail: true } as const;
    assert.equal(shown(input('enforce', { intent, exchanges: [seen(mx2, 0)] })), 'enforce mx2.shop.example 604800');
  });

  test('is none at all where no exchange is known: one without them would stop all mail', () => {
    const intent = { mtaSts: { mode: 'enforce' }, takesMail: true } as const;
    const hosted = policyOf(input('enforce', { intent }));
    assert.ok(hosted.kind === 'none' && /exchanges are not known/.test(hosted.why ?? ''));
  });

  test('is mode none after it was taken back, until every cache has forgotten the old one', () => {
    const policy = wantedPolicy({ mode: 'enforce', exchanges: [mx1] });
    const past = (ago: number) => [{ policy, at: now - ago }];
    const without: PolicyInput = { exchanges: [], past: [], now };
    const week = policy.maxAgeSeconds * 1000;
    for (const one of [without, input('enforce', { intent: { takesMail: true } })]) {
      assert.equal(shown({ ...one, past: past(day) }), 'none 86400');
      assert.equal(
        shown({ ...one, past: past(week) }),
        'none 86400',
        'with the hour for what was not written down yet',
      );
      assert.equal(shown({ ...one, past: past(week + 3_700_000) }), 'none');
      assert.equal(shown({ ...one, past: [] }), 'none');
    }
    const told = policyOf({ ...without, past: past(day) });
    assert.equal(told.kind === 'served' && told.until, now - day + week + 3_600_000);
    assert.equal(policyOf({ ...without, past: [] }).kind, 'none');
    // A domain that takes no mail has nothing to protect.
    const null0 = { mtaSts: { mode: 'enforce' }, takesMail: false, mx: [] } as const;
    assert.equal(shown({ ...without, intent: null0, past: past(day) }), 'none 86400');
  });

  test('opens the gate of the plan for each mode', () => {
    for (const mode of ['testing', 'enforce', 'none'] as const) {
      const hosted = policyOf(input(mode));
      assert.ok(hosted.kind === 'served');
      const served = readPolicyText(formatPolicy(hosted.policy));
      const seen = { domain, live: new Map(), served: new Map(), places: new Map(), now, offline: false };
      const intent = { domain, takesMail: true, mx: [{ preference: 10, exchange: mx1 }] };
      const wanted = policyFor({ mode }, { intent, needs: [], seen } as never);
      assert.ok(served && wanted);
      assert.equal(serves({ policy: wanted }, served), true, mode);
      const others = (['testing', 'enforce', 'none'] as const).filter((other) => other !== mode);
      for (const other of others) {
        const want = policyFor({ mode: other }, { intent, needs: [], seen } as never);
        const enough = mode === 'enforce' && other === 'testing';
        assert.equal(want && serves({ policy: want }, served), enough, `${mode} for ${other}`);
      }
    }
  });
});

describe('the stage of the journal', () => {
  const at = (hours: number): string => new Date(now + hours * 3_600_000).toISOString();
  const change = { name: domain, type: 'TXT', after: { name: domain, type: 'TXT', ttlSeconds: 60, data: [] } };
  const published = (step: string, hours: number): readonly JournalEntry[] =>
    [
      { kind: 'intent', at: at(hours), id: `${step}${hours}`, step, host: 'h', changes: [change] },
      { kind: 'result', at: at(hours), id: `${step}${hours}`, outcome: 'applied' },
    ] as unknown as readonly JournalEntry[];

  test('is that of the last step that was published, or vouched for', () => {
    assert.equal(journalStage([]), undefined);
    assert.equal(journalStage(published('dmarc.none', 1)), undefined);
    const both = [...published('mtasts.testing', 1), ...published('mtasts.enforce', 5)];
    assert.deepEqual(journalStage(both), { stage: 'enforce', at: now + 5 * 3_600_000 });
    assert.equal(journalStage([...both, ...published('mtasts.back.testing', 6)])?.stage, 'testing');
    const vouched = { kind: 'vouched', at: at(2), step: 'mtasts.enforce' } as JournalEntry;
    assert.equal(journalStage([...published('mtasts.testing', 1), vouched])?.stage, 'enforce');
  });
});
