/** A domain is looked at again and again while somebody changes it: what is kept, what is told, and what is over. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { dnsName } from '../../src/dns/name.ts';
import { policyUrl } from '../../src/records/mtasts/lookup.ts';
import { memoryJournal } from '../../src/store/files/journal-file.ts';
import type { JournalEntry } from '../../src/store/journal.ts';
import { openStore } from '../../src/store/open-store.ts';
import { titleOf } from '../../src/watch/alerts/alert-text.ts';
import { checkJob } from '../../src/watch/loop/check-job.ts';
import type { WatchEvent } from '../../src/watch/loop/watch-event.ts';
import { configOf } from '../plan/plan-world.ts';
import { fakeFetch, zoneWorld, type FailingQuestion, type FakePage } from '../zone-world.ts';

const domain = dnsName('example.com');
const start = Date.parse('2026-11-23T12:00:00Z');
const hour = 3_600_000;
const day = 24 * hour;
const key = 'v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=';

interface Records {
  mx: string;
  spf: string;
  dmarc?: string;
  key?: string;
  include: string;
  more: string;
}

const sound: Records = {
  mx: '10 mail.example.com.',
  spf: 'v=spf1 ip4:20.61.97.25 include:_spf.vendor.test -all',
  dmarc: 'v=DMARC1; p=none; rua=mailto:dmarc@example.com',
  key,
  include: 'v=spf1 ip4:20.60.2.0/24 -all',
  more: '',
};

async function watching(t: TestContext) {
  const folder = await mkdtemp(path.join(tmpdir(), 'septet-drift-'));
  let now = start;
  const store = await openStore(
    { kind: 'sqlite', file: path.join(folder, 's.sqlite') },
    { now: () => now, randomBytes },
  );
  t.after(async () => {
    await store.close();
    await rm(folder, { recursive: true, force: true });
  });
  const { intent } = configOf('people: false\ndmarc: { reports: dmarc@example.com }');
  const journal = memoryJournal();
  const records = { ...sound };
  const pages: Record<string, FakePage> = {};
  /** What one look tells, an hour after the one before. */
  const look = async (failures: readonly FailingQuestion[] = [], later = hour) => {
    now += later;
    const zone = `example.com. SOA ns.example.net. h.example.com. 1 2 3 4 300
example.com. NS ns.example.net.
example.com. MX ${records.mx}
mail.example.com. A 20.61.97.25
other.example.com. A 20.61.97.26
example.com. TXT "${records.spf}"
${records.dmarc === undefined ? '' : `_dmarc.example.com. TXT "${records.dmarc}"`}
${records.key === undefined ? '' : `s1._domainkey.example.com. TXT "${records.key}"`}
${records.more}`;
    const elsewhere = `example.com. NS ns.example.net.
ns.example.net. A 20.61.97.53
_spf.vendor.test. TXT "${records.include}"
${Array.from({ length: 12 }, (_, i) => `s${i}.v.test. TXT "v=spf1 ip4:20.60.${i}.0/24 -all"`).join('\n')}`;
    const world = zoneWorld([zone, elsewhere], { now: () => now, failures, fetch: fakeFetch(pages) });
    const events: WatchEvent[] = [];
    const done = await checkJob({
      world,
      store,
      intent,
      journal,
      signal: new AbortController().signal,
      tell: (event) => events.push(event),
    });
    const texts = (kind: WatchEvent['event']) => events.filter(({ event }) => event === kind).map(({ text }) => text);
    return { done, events, texts };
  };
  const open = async () => (await store.alerts.open(domain)).map(titleOf);
  return { records, pages, look, open, store, journal, now: () => now };
}

/** What Septet writes down of a step. */
function ours(now: number, before: string, after: string): readonly JournalEntry[] {
  const at = new Date(now).toISOString();
  const name = dnsName('_dmarc.example.com');
  const set = (text: string) => ({ name, type: 'TXT' as const, ttlSeconds: 60, data: [{ strings: [text] }] });
  const changes = [{ name, type: 'TXT' as const, before: set(before), after: set(after) }];
  return [
    { kind: 'intent', at, id: `${now}`, step: 'dmarc.sampled', host: 'fake', changes },
    { kind: 'result', at, id: `${now}`, outcome: 'applied' },
  ];
}

test('the first look tells no change, and the second nothing new', async (t) => {
  const watch = await watching(t);
  assert.deepEqual((await watch.look()).texts('changed'), []);
  const second = await watch.look();
  assert.deepEqual([second.texts('changed'), second.texts('alert')], [[], []]);
  const last = await watch.store.observations.last(domain);
  const mx = last.find(({ type }) => type === 'MX');
  assert.deepEqual([mx?.state, mx?.data, mx?.at], ['present', ['10 mail.example.com.'], watch.now()]);
});

test('a record changed by somebody else, and put back by a step of ours', async (t) => {
  const watch = await watching(t);
  await watch.look();
  watch.records.mx = '10 other.example.com.';
  const changed = await watch.look();
  assert.deepEqual(changed.texts('changed'), ['example.com MX: 10 mail.example.com. → 10 other.example.com.']);
  assert.ok((await watch.open()).includes('MX records changed by somebody else'));
  assert.equal(changed.done.verdict, 'person');
});

test('a host created p=reject by itself, and took it away again', async (t) => {
  const watch = await watching(t);
  delete watch.records.dmarc;
  await watch.look();
  watch.records.dmarc = 'v=DMARC1; p=reject';
  const created = await watch.look();
  const title = '_dmarc.example.com was without a policy and is p=reject since 2026-11-23';
  assert.ok((await watch.open()).includes(title), (await watch.open()).join('\n'));
  assert.equal(created.texts('alert').filter((text) => text.includes('p=reject')).length, 1);
  assert.equal((await watch.look()).texts('alert').length, 0, 'told once');
  delete watch.records.dmarc;
  assert.ok((await watch.look()).texts('settled').some((text) => text.includes(title)));
});

test('a step of ours is told as ours and alerts nobody', async (t) => {
  const watch = await watching(t);
  await watch.look();
  const next = 'v=DMARC1; p=quarantine; rua=mailto:dmarc@example.com';
  for (const entry of ours(watch.now(), sound.dmarc ?? '', next)) await watch.journal.append(entry);
  watch.records.dmarc = next;
  const look = await watch.look();
  assert.deepEqual(
    look.events.filter(({ event }) => event === 'changed').map(({ severity, more }) => [severity, more?.['by']]),
    [['info', 'us']],
  );
  assert.ok(!(await watch.open()).some((title) => /DMARC record|_dmarc/.test(title)));
});

test('not seen is not gone', async (t) => {
  const watch = await watching(t);
  await watch.look();
  const failures: readonly FailingQuestion[] = [
    ['_dmarc.example.com', '*', 'timeout'],
    ['s1._domainkey.example.com', '*', 'servfail'],
    ['example.com', 'MX', 'refused'],
  ];
  const before = await watch.open();
  const blind = await watch.look(failures);
  assert.deepEqual([blind.texts('changed'), blind.texts('settled')], [[], []]);
  assert.deepEqual(await watch.open(), before);
  assert.equal((await watch.look()).texts('changed').length, 0, 'and it has not come back');
});

test('a key disappeared: one alert, and over when it is back', async (t) => {
  const watch = await watching(t);
  await watch.look();
  delete watch.records.key;
  await watch.look();
  const title = 'The key at s1._domainkey.example.com is gone since 2026-11-23';
  assert.deepEqual(
    (await watch.open()).filter((one) => one.includes('_domainkey')),
    [title],
  );
  watch.records.key = key;
  await watch.look();
  assert.ok(!(await watch.open()).includes(title));
});

test('the include of a provider grew over the limit', async (t) => {
  const watch = await watching(t);
  await watch.look();
  watch.records.include = `v=spf1 ${Array.from({ length: 12 }, (_, i) => `include:s${i}.v.test`).join(' ')} -all`;
  await watch.look();
  const found = (await watch.open()).filter((title) => /vendor|look-ups/.test(title));
  assert.equal(found.length, 1, found.join('\n'));
  assert.match(
    found[0] ?? '',
    /^_spf\.vendor\.test changed on 2026-11-23, and the record of example\.com needs more than 10/,
  );
  watch.records.include = sound.include;
  await watch.look();
  assert.ok(!(await watch.open()).some((title) => title.includes('vendor')));
});

test('policy and MX no longer agree; the certificate ends in 14 days', async (t) => {
  const watch = await watching(t);
  watch.records.more = '_mta-sts.example.com. TXT "v=STSv1; id=1"\nmta-sts.example.com. A 20.61.97.80\n';
  const certificate = (until: number) => ({
    names: ['mta-sts.example.com'],
    subject: 'CN=mta-sts.example.com',
    issuer: 'CN=Test',
    notBefore: start - day,
    notAfter: until,
  });
  const policy = 'version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmax_age: 2592000\r\n';
  const page = (until: number, body = policy): FakePage => ({
    body,
    headers: { 'content-type': 'text/plain' },
    tls: { protocol: 'TLSv1.3', certificate: certificate(until) },
  });
  watch.pages[policyUrl(domain)] = page(start + 60 * day);
  await watch.look();
  assert.ok(!(await watch.open()).some((title) => /mx:|certificate/i.test(title)), (await watch.open()).join('\n'));
  watch.records.mx = '10 other.example.com.';
  await watch.look();
  assert.ok((await watch.open()).includes('The exchange other.example.com is covered by no `mx:` line of the policy'));
  watch.pages[policyUrl(domain)] = page(start + 14 * day);
  await watch.look();
  assert.ok(
    (await watch.open()).some((title) => title.startsWith('The certificate of mta-sts.example.com ends on 2026-12-07')),
  );
  // Renewed: over, and the new one is no change.
  watch.pages[policyUrl(domain)] = page(start + 90 * day);
  const renewed = await watch.look();
  assert.deepEqual(renewed.texts('changed'), []);
  assert.ok(renewed.texts('settled').some((text) => text.includes('certificate of mta-sts')));
  // The policy follows the exchange, and its id does not.
  watch.pages[policyUrl(domain)] = page(start + 90 * day, policy.replace('mail.', 'other.'));
  await watch.look();
  const open = await watch.open();
  assert.ok(!open.some((title) => title.includes('covered by no')));
  assert.ok(
    open.some((title) => /id in _mta-sts\.example\.com is still the same/.test(title)),
    open.join('\n'),
  );
});
