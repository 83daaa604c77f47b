import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dnsName } from '../../dns/name.ts';
import type { RrSet } from '../../dns/rrset.ts';
import type { JournalEntry } from '../../store/journal.ts';
import type { Observation } from '../../store/store.ts';
import { byWhom } from './by-whom.ts';

const name = dnsName('_dmarc.example.com');
const at = Date.parse('2026-11-23T12:00:00Z');
const hour = 3_600_000;
const set = (text: string): RrSet => ({ name, type: 'TXT', ttlSeconds: 300, data: [{ strings: [text] }] });
const seen = (data: readonly string[], later = hour / 2): Observation => ({
  domain: dnsName('example.com'),
  name,
  type: 'TXT',
  seenFrom: 'authoritative ns1.example.net',
  state: data.length > 0 ? 'present' : 'absent',
  data,
  at: at + later,
});
const iso = new Date(at).toISOString();
const intent = (before: string | undefined, after: string | undefined, id = 'i'): JournalEntry => ({
  kind: 'intent',
  at: iso,
  id,
  step: 'dmarc.reject',
  host: 'rfc2136',
  changes: [{ name, type: 'TXT', ...(before ? { before: set(before) } : {}), ...(after ? { after: set(after) } : {}) }],
});
const result = (outcome: 'applied' | 'nothing-written', id = 'i'): JournalEntry => ({
  kind: 'result',
  at: iso,
  id,
  outcome,
});
const journal = (...entries: JournalEntry[]) => ({ entries });

test('what a step left is ours; anything else is not', () => {
  const own = journal(intent('a', 'b'), result('applied'));
  assert.equal(byWhom(seen(['b']), own), 'us');
  assert.equal(byWhom(seen(['c']), own), 'others');
  assert.equal(byWhom(seen([]), own), 'others');
  assert.equal(byWhom(seen(['b', 'c']), own), 'others');
});

test('a step whose end nobody knows may have been written; one that was not, was not', () => {
  assert.equal(byWhom(seen(['b']), journal(intent('a', 'b'))), 'us');
  assert.equal(byWhom(seen(['b']), journal(intent('a', 'b'), result('nothing-written'))), 'others');
});

test('a slow server shows what stood before; an hour later somebody has put it back', () => {
  const own = journal(intent('a', 'b'), result('applied'));
  assert.equal(byWhom(seen(['a']), own), 'us');
  assert.equal(byWhom(seen(['a'], 2 * hour), own), 'others');
});

test('what we took away is gone by us', () => {
  const own = journal(intent('a', undefined), result('applied'));
  assert.equal(byWhom(seen([]), own), 'us');
  assert.equal(byWhom(seen(['a'], 2 * hour), own), 'others');
});

test('an empty journal has no such step; without one, and for pages, nobody knows', () => {
  assert.equal(byWhom(seen(['b']), journal()), 'others');
  assert.equal(byWhom(seen(['b']), undefined), 'unknown');
  assert.equal(byWhom({ ...seen(['b']), type: 'HTTPS' }, journal()), 'unknown');
});
