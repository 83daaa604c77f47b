/** The job `import` of `watch`: folders and mailboxes of the configuration, each report once, and what is told. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { importJob, type ImportHands } from '../../src/cli/watch/import-job.ts';
import { readConfig } from '../../src/config/read-config.ts';
import { watchDefaults, type ReportPlace } from '../../src/config/watch-keys.ts';
import { dnsName } from '../../src/dns/name.ts';
import { processIo } from '../../src/process-io.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { WatchEvent } from '../../src/watch/loop/watch-event.ts';
import { folder } from '../cli/program.ts';
import { zoneWorld, zoneWorldNow } from '../zone-world.ts';

const domain = dnsName('example.com');
const begin = Math.floor(zoneWorldNow / 1000) - 86_400;
const report = (id: string, count: number): string => `<?xml version="1.0"?>
<feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0">
  <report_metadata><org_name>receiver.example</org_name><email>d@receiver.example</email><report_id>${id}</report_id>
    <date_range><begin>${begin}</begin><end>${begin + 86_399}</end></date_range></report_metadata>
  <policy_published><domain>example.com</domain><p>none</p></policy_published>
  <record><row><source_ip>20.61.97.25</source_ip><count>${count}</count>
    <policy_evaluated><disposition>none</disposition><dkim>pass</dkim><spf>pass</spf></policy_evaluated></row>
    <identifiers><header_from>example.com</header_from></identifiers>
    <auth_results><spf><domain>example.com</domain><result>pass</result></spf></auth_results></record>
</feedback>`;

async function importing(t: Parameters<typeof folder>[0], places: (inside: string) => readonly ReportPlace[]) {
  const file = await folder(t, {});
  const inside = file('reports');
  await mkdir(inside);
  const store = await openStore({ kind: 'sqlite', file: file('s.sqlite') }, { now: () => zoneWorldNow, randomBytes });
  t.after(() => store.close());
  const read = readConfig('domains:\n  example.com:\n    dmarc: { reports: d@example.com }\n', {
    file: 'septet.yaml',
    env: {},
  });
  assert.ok(read.kind === 'good');
  let events: WatchEvent[] = [];
  const hands: ImportHands = {
    store,
    world: zoneWorld(''),
    config: read.config,
    watch: { ...watchDefaults, reports: places(inside) },
    ca: [],
    io: { ...processIo(), env: { PASSWORD: 'never-shown' } },
    signal: new AbortController().signal,
    tell: (event) => events.push(event),
    read: new Map(),
    positions: new Map(),
  };
  return {
    store,
    put: (name: string, text: string) => writeFile(path.join(inside, name), text),
    run: async () => {
      events = [];
      const done = await importJob(hands);
      return { done, told: events.map(({ event, text }) => `${event}: ${text}`) };
    },
  };
}

const folderOnly = (inside: string): readonly ReportPlace[] => [{ kind: 'folder', path: inside }];
const messages = (store: Awaited<ReturnType<typeof importing>>['store']) =>
  store.reports
    .tally({ domain, since: 0, until: zoneWorldNow + 86_400_000 }, 'receiver')
    .then((lines) => lines.map((line) => line.messages));

test('each report once, however often the folder is read; what is new comes in', async (t) => {
  const { store, put, run } = await importing(t, folderOnly);
  await put('one.xml', report('one', 12));
  const first = await run();
  assert.deepEqual(first.told, ['imported: Imported 1 report (12 messages), 0 known, 0 refused.']);
  assert.equal(first.done.verdict, 'fine');
  assert.deepEqual((await run()).told, [], 'nothing new, nothing told');
  // The same under another name, and another one.
  await put('again.xml', report('one', 12));
  await put('two.xml', report('two', 30));
  assert.deepEqual((await run()).told, ['imported: Imported 1 report (30 messages), 1 known, 0 refused.']);
  assert.deepEqual(await messages(store), [42]);
});

test('what is refused is told, and keeps nothing else out', async (t) => {
  const { store, put, run } = await importing(t, folderOnly);
  await put('a-broken.xml', '<feedback><record>');
  await put('b.xml', report('good', 5));
  const { done, told } = await run();
  assert.equal(done.verdict, 'fine');
  assert.match(
    told.join('\n'),
    /^notice: A report was refused: .*a-broken\.xml: .*\nimported: Imported 1 report \(5 messages\), 0 known, 1 refused\.$/,
  );
  assert.deepEqual(await messages(store), [5]);
});

test('what opens no gates is told, and what counts after all', async (t) => {
  const { store, put, run } = await importing(t, folderOnly);
  const carried = ['From: a@receiver.example', 'MIME-Version: 1.0', 'Content-Type: text/xml', '', report('one', 12)];
  await put('a.eml', carried.join('\r\n'));
  await put('b.xml', report('other', 5).replaceAll('<domain>example.com<', '<domain>example.net<'));
  assert.deepEqual((await run()).told, [
    'imported: Imported 2 reports (17 messages), 0 known, 0 refused; 1 that no signature vouches for open no gates; 1 on other domains kept apart.',
  ]);
  assert.deepEqual(await messages(store), []);
  await put('c.xml', report('one', 12));
  assert.deepEqual((await run()).told, [
    'imported: Imported 0 reports (0 messages), 1 known, 0 refused; 1 of the known count now.',
  ]);
  assert.deepEqual(await messages(store), [12]);
});

test('a folder that is not there is for a person', async (t) => {
  const { run } = await importing(t, (inside) => [{ kind: 'folder', path: path.join(inside, 'gone') }]);
  const { done, told } = await run();
  assert.equal(done.verdict, 'person');
  assert.match(told.join('\n'), /^failed: .*gone/);
});

test('a mailbox that cannot be meant is told without its password', async (t) => {
  const { run } = await importing(t, () => [
    { kind: 'mailbox', url: 'imaps://user:${PASSWORD}@mail.example/INBOX;UID=1' },
  ]);
  const { done, told } = await run();
  assert.equal(done.verdict, 'person');
  assert.match(told.join('\n'), /^failed: watch\.reports names single messages/);
  assert.doesNotMatch(told.join('\n'), /never-shown/);
});
