import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  datedSelector,
  keepSeconds,
  positionOf,
  rotationsOf,
  signingSelectors,
  withdrawnSeconds,
  type Phase,
  type RotationEvent,
} from './rotate.ts';

const start = Date.parse('2026-11-23T12:00:00Z');
const day = 86_400_000;
const at = (days: number): string => new Date(start + days * day).toISOString();

const begun: RotationEvent = { kind: 'begun', at: at(0), from: 's1', to: 's2', type: 'rsa2048' };
const whole: readonly RotationEvent[] = [
  begun,
  { kind: 'visible', at: at(1), to: 's2', waitSeconds: 3600 },
  { kind: 'proved', at: at(2), to: 's2' },
  { kind: 'switched', at: at(3), to: 's2' },
  { kind: 'revoked', at: at(10), to: 's2' },
  { kind: 'finished', at: at(41), to: 's2' },
];

/** The phase after so many events, so many days after the beginning. */
function phaseAfter(events: number, days: number, hasKey = true): { phase: Phase; until?: number } {
  const [rotation] = rotationsOf(whole.slice(0, events));
  assert.ok(rotation);
  return positionOf(rotation, hasKey, start + days * day);
}

test('a rotation goes through its phases by events and by the clock', () => {
  const hour = 1 / 24;
  assert.deepEqual(phaseAfter(1, 0, false), { phase: 'key' });
  assert.deepEqual(phaseAfter(1, 0.5), { phase: 'publish' });
  assert.deepEqual(phaseAfter(2, 1 + hour / 2), { phase: 'spread', until: start + day + 3_600_000 });
  assert.deepEqual(phaseAfter(2, 1 + hour), { phase: 'prove' });
  assert.deepEqual(phaseAfter(3, 2), { phase: 'switch' });
  assert.deepEqual(phaseAfter(4, 9.99), { phase: 'keep', until: start + 3 * day + keepSeconds * 1000 });
  assert.deepEqual(phaseAfter(4, 10), { phase: 'revoke' });
  assert.deepEqual(phaseAfter(5, 10), { phase: 'withdrawn', until: start + 10 * day + withdrawnSeconds * 1000 });
  assert.deepEqual(phaseAfter(5, 40), { phase: 'remove' });
  assert.deepEqual(phaseAfter(6, 41), { phase: 'finished' });
});

const anyEvent: fc.Arbitrary<RotationEvent> = fc
  .tuple(
    fc.constantFrom('begun', 'visible', 'proved', 'switched', 'revoked', 'finished', 'abandoned'),
    fc.integer({ min: 0, max: 60 }),
    fc.constantFrom('s2', 's3'),
  )
  .map(([kind, days, to]) => {
    if (kind === 'begun') return { kind, at: at(days), from: 's1', to, type: 'rsa2048' };
    if (kind === 'visible') return { kind, at: at(days), to, waitSeconds: 3600 };
    return { kind, at: at(days), to } as RotationEvent;
  });

test('whatever the history says: no key is revoked that was not seen, proved and switched to before', () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 30 }), (events) => {
      for (const rotation of rotationsOf(events)) {
        if (rotation.revokedAt !== undefined) assert.ok(rotation.switchedAt !== undefined);
        if (rotation.switchedAt !== undefined) assert.ok(rotation.provedAt !== undefined);
        if (rotation.provedAt !== undefined) assert.ok(rotation.visible);
        if (rotation.abandoned) assert.ok(rotation.switchedAt === undefined);
      }
    }),
  );
});

test('an event that is there twice, as after a kill, counts once', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 6, maxLength: 6 }), (times) => {
      const doubled = whole.flatMap((event, i) =>
        Array.from({ length: times[i] ?? 1 }, (_, again) => ({ ...event, at: later(event.at, again) })),
      );
      // Beginning again after the end would be a new rotation; within one it counts for nothing.
      assert.deepEqual(rotationsOf(doubled), rotationsOf(whole));
    }),
  );
});

const later = (time: string, seconds: number): string => new Date(Date.parse(time) + seconds * 1000).toISOString();

test('a rotation is given up before the switch and not after it', () => {
  const abandoned: RotationEvent = { kind: 'abandoned', at: at(50), to: 's2' };
  for (const events of [1, 2, 3]) {
    assert.equal(rotationsOf([...whole.slice(0, events), abandoned])[0]?.abandoned, true, `after ${events}`);
  }
  for (const events of [4, 5, 6]) {
    assert.deepEqual(rotationsOf([...whole.slice(0, events), abandoned]), rotationsOf(whole.slice(0, events)));
  }
  const again = rotationsOf([begun, abandoned, { ...begun, at: at(51) }]);
  assert.deepEqual(again, rotationsOf([{ ...begun, at: at(51) }]), 'it can be begun anew');
});

test('turning back ends what would have revoked the key that signs again', () => {
  const switched = whole.slice(0, 4);
  const back: RotationEvent = { kind: 'begun', at: at(4), from: 's2', to: 's1', type: 'rsa2048' };
  const keys = [{ selector: 's1' }, { selector: 's2' }];
  const begunBack = rotationsOf([...switched, back]);
  assert.deepEqual(
    begunBack.map(({ from, to }) => `${from} ${to}`),
    ['s2 s1'],
  );
  assert.deepEqual(signingSelectors(keys, begunBack), ['s2']);
  const turned = rotationsOf([
    ...switched,
    back,
    { kind: 'visible', at: at(4), to: 's1', waitSeconds: 0 },
    { kind: 'proved', at: at(5), to: 's1' },
    { kind: 'switched', at: at(5), to: 's1' },
  ]);
  assert.deepEqual(signingSelectors(keys, turned), ['s1']);
  // Nor by way of a third key.
  const round = rotationsOf([...switched, { ...back, from: 's2', to: 's3' }, { ...back, from: 's3', to: 's1' }]);
  assert.ok(round.every(({ from }) => from !== 's1'));
});

test('dated selectors', () => {
  assert.equal(datedSelector(start, new Set()), 's20261123');
  assert.equal(datedSelector(start, new Set(['s20261123'])), 's20261123b');
  assert.equal(datedSelector(start, new Set(['s20261123', 's20261123b'])), 's20261123c');
  const all = new Set(['s20261123', ...[...'bcdefghijklmnopqrstuvwxyz'].map((letter) => `s20261123${letter}`)]);
  assert.equal(datedSelector(start, all), 's20261123-2');
});

test('which keys sign: the old one until the new one is proved, then the new one', () => {
  const keys = [{ selector: 's1' }, { selector: 's2' }, { selector: 'e1' }];
  const signing = (events: number): readonly string[] => signingSelectors(keys, rotationsOf(whole.slice(0, events)));
  assert.deepEqual(signing(0), ['s1', 's2', 'e1']);
  assert.deepEqual(signing(1), ['s1', 'e1']);
  assert.deepEqual(signing(2), ['s1', 'e1']);
  assert.deepEqual(signing(3), ['s2', 'e1']);
  assert.deepEqual(signing(4), ['s2', 'e1']);
  assert.deepEqual(signing(6), ['s2', 'e1']);
  assert.deepEqual(signingSelectors(keys, rotationsOf([begun, { kind: 'abandoned', at: at(1), to: 's2' }])), [
    's1',
    'e1',
  ]);
  assert.deepEqual(signingSelectors([{ selector: 's1', revokedAt: at(0) }], []), []);
});
