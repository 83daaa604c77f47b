import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dnsName } from '../../dns/name.ts';
import type { JournalEntry } from '../../store/journal.ts';
import type { ObservedChange, RampEvent } from '../../store/store.ts';
import { historyOf } from './history.ts';

const domain = dnsName('example.com');
const name = dnsName('_dmarc.example.com');
const start = Date.parse('2026-11-01T00:00:00Z');
const hour = 3_600_000;
const period = { since: start, until: start + 1000 * hour };

function change(
  at: number,
  before: string | undefined,
  after: string,
  seenFrom = 'ns1',
  by = 'us' as const,
): ObservedChange {
  const base = { domain, name, type: 'TXT', seenFrom };
  const seen = (text: string, when: number) =>
    text === ''
      ? ({ ...base, state: 'absent', data: [], at: when } as const)
      : ({ ...base, state: 'present', data: [text], at: when } as const);
  return { ...(before === undefined ? {} : { before: seen(before, at - hour) }), after: seen(after, at), by };
}

const set = (text: string) => ({ name, type: 'TXT' as const, ttlSeconds: 60, data: [{ strings: [text] }] });
const iso = (at: number): string => new Date(at).toISOString();
const step = (at: number, id: string, outcome: 'applied' | 'nothing-written', undoes?: string): JournalEntry[] => [
  {
    kind: 'intent',
    at: iso(at),
    id,
    step: 'dmarc.reject',
    host: 'rfc2136',
    changes: [{ name, type: 'TXT', before: set('a'), after: set('b') }],
    ...(undoes === undefined ? {} : { undoes }),
  },
  { kind: 'result', at: iso(at), id, outcome },
];

test('what was written, what was seen of it, and the ramp stand in one order', () => {
  const events: RampEvent[] = [
    { domain, ramp: 'dmarc', at: start + 3 * hour, kind: 'advanced', from: 'quarantine', to: 'reject', why: 'w' },
  ];
  const history = historyOf({
    changes: [change(start + 2 * hour, 'a', 'b')],
    events,
    journal: { entries: [...step(start + hour, '1', 'applied'), ...step(start + 4 * hour, '2', 'nothing-written')] },
    period,
  });
  assert.deepEqual(
    history.map(({ kind, at }) => [kind, (at - start) / hour]),
    [
      ['published', 1],
      ['change', 2],
      ['ramp', 3],
    ],
  );
});

test('servers that show the same change are one entry, a later return is another', () => {
  const history = historyOf({
    changes: [
      change(start + hour, 'a', 'b', 'ns1'),
      change(start + 2 * hour, 'a', 'b', 'ns2'),
      change(start + 3 * hour, 'b', 'a', 'ns1'),
      change(start + 200 * hour, 'a', 'b', 'ns1'),
    ],
    events: [],
    journal: { entries: [] },
    period,
  });
  const places = history.map((entry) => (entry.kind === 'change' ? entry.places.map(({ seenFrom }) => seenFrom) : []));
  assert.deepEqual(places, [['ns1', 'ns2'], ['ns1'], ['ns1']]);
});

test('first sights are together; what is not there at the first look is nothing to tell', () => {
  const history = historyOf({
    changes: [
      change(start, undefined, 'a', 'ns1'),
      change(start, undefined, 'a', 'ns2'),
      change(start, undefined, '', 'ns3'),
    ],
    events: [],
    journal: { entries: [] },
    period,
  });
  assert.deepEqual(history, [{ kind: 'first-seen', at: start, records: ['_dmarc.example.com TXT'] }]);
});

test('a step that was taken back is told as that, and the period is kept', () => {
  const journal = { entries: [...step(start - hour, '0', 'applied'), ...step(start, '1', 'applied', '0')] };
  const history = historyOf({ changes: [], events: [], journal, period });
  assert.deepEqual(
    history.map((entry) => (entry.kind === 'published' ? entry.outcome : entry.kind)),
    ['taken back'],
  );
});
