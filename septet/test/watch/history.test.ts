/** `septet history` over what `watch` and `publish` have left. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { dnsName } from '../../src/dns/name.ts';
import { journalPath, openJournal } from '../../src/store/files/journal-file.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Observation } from '../../src/store/store.ts';
import { folder, within } from '../cli/program.ts';

const domain = dnsName('example.com');
const name = dnsName('_dmarc.example.com');
/** The clock of `within`. */
const now = Date.parse('2026-11-23T12:00:00Z');
const day = 86_400_000;
const none = 'v=DMARC1; p=none; rua=mailto:dmarc@example.com';
const stricter = 'v=DMARC1; p=quarantine; rua=mailto:dmarc@example.com';

const seen = (
  data: readonly string[],
  at: number,
  seenFrom = 'authoritative ns1.example.net (192.0.2.1)',
): Observation => ({
  domain,
  name,
  type: 'TXT',
  seenFrom,
  state: data.length > 0 ? 'present' : 'absent',
  data,
  at,
});

async function filled(t: Parameters<typeof folder>[0]) {
  const file = await folder(t, {
    'septet.yaml': 'domains:\n  example.com:\n    dmarc: { reports: dmarc@example.com }\n  example.net:\n',
  });
  const store = await openStore({ kind: 'sqlite', file: file('data/septet.sqlite') }, { now: () => now, randomBytes });
  const other = 'authoritative ns2.example.net (192.0.2.2)';
  await store.observations.add([seen([none], now - 40 * day), seen([none], now - 40 * day, other)], 'others');
  await store.observations.add([seen([stricter], now - 10 * day)], 'us');
  await store.observations.add([seen([stricter], now - 10 * day + 60_000, other)], 'us');
  await store.observations.add([seen(['v=DMARC1; p=reject'], now - 2 * day)], 'others');
  const state = { domain, ramp: 'dmarc', stage: 'quarantine', since: now - 10 * day, revision: 0 };
  const why = 'of the mail of yours 99.9 % passes, which is more than is needed, and nobody unknown sends';
  await store.ramps.save(state, {
    domain,
    ramp: 'dmarc',
    at: now - 10 * day,
    kind: 'advanced',
    from: 'sampled',
    to: 'quarantine',
    why,
  });
  await store.close();
  const journal = await openJournal(journalPath(file('.septet'), domain));
  const set = (text: string) => ({ name, type: 'TXT' as const, ttlSeconds: 60, data: [{ strings: [text] }] });
  const at = new Date(now - 10 * day - 60_000).toISOString();
  const changes = [{ name, type: 'TXT' as const, before: set(none), after: set(stricter) }];
  await journal.append({ kind: 'intent', at, id: '1', step: 'dmarc.quarantine', host: 'rfc2136', changes });
  await journal.append({ kind: 'result', at, id: '1', outcome: 'applied' });
  return ['history', '--config', file('septet.yaml'), '--data', file('data')];
}

test('what changed, when, seen from where, by whom', async (t) => {
  const args = await filled(t);
  const { code, stdout, stderr } = await within([...args, 'example.com']);
  assert.deepEqual([code, stderr], [0, '']);
  assert.equal(
    stdout,
    `example.com  times in UTC
2026-11-13 11:59  dmarc.quarantine written by Septet at rfc2136
                  _dmarc.example.com TXT: v=DMARC1; p=quarantine;
                    rua=mailto:dmarc@example.com
2026-11-13 12:00  _dmarc.example.com TXT changed by Septet
                  before: v=DMARC1; p=none; rua=mailto:dmarc@example.com
                  now: v=DMARC1; p=quarantine; rua=mailto:dmarc@example.com
                  seen from authoritative ns1.example.net (192.0.2.1) and 1
                    other
2026-11-13 12:00  Ramp dmarc advanced: sampled → quarantine
                  of the mail of yours 99.9 % passes, which is more than is
                    needed, and nobody unknown sends
2026-11-21 12:00  _dmarc.example.com TXT changed by somebody else
                  before: v=DMARC1; p=quarantine; rua=mailto:dmarc@example.com
                  now: v=DMARC1; p=reject
                  seen from authoritative ns1.example.net (192.0.2.1)
`,
  );
  assert.ok(stdout.split('\n').every((line) => line.length <= 80));
});

test('all domains, as JSON with every place and whole texts', async (t) => {
  const args = await filled(t);
  const { code, stdout } = await within([...args, '--json', '--since', '2026-01-01']);
  assert.equal(code, 0);
  const [com, net] = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { domain: string; entries: Record<string, unknown>[] });
  assert.deepEqual([com?.domain, net?.domain, net?.entries], ['example.com', 'example.net', []]);
  assert.deepEqual(
    com?.entries.map(({ kind, at }) => `${String(kind)} ${String(at).slice(0, 10)}`),
    ['first-seen 2026-10-14', 'published 2026-11-13', 'change 2026-11-13', 'ramp 2026-11-13', 'change 2026-11-21'],
  );
  const changes = com?.entries[1]?.['changes'];
  assert.deepEqual(changes, [{ name: '_dmarc.example.com', type: 'TXT', before: [none], after: [stricter] }]);
  const change = com?.entries[2];
  assert.deepEqual(change?.['places'], [
    { seenFrom: 'authoritative ns1.example.net (192.0.2.1)', at: '2026-11-13T12:00:00.000Z' },
    { seenFrom: 'authoritative ns2.example.net (192.0.2.2)', at: '2026-11-13T12:01:00.000Z' },
  ]);
  assert.deepEqual([change?.['by'], change?.['before'], change?.['after']], ['us', [none], [stricter]]);
});

test('nothing changed, nothing is kept, and what cannot be meant', async (t) => {
  const args = await filled(t);
  const quiet = await within([...args, 'example.com', '--since', '1d']);
  assert.equal(
    quiet.stdout,
    'example.com  times in UTC\nNothing has changed in this time, as far as Septet has looked.\n',
  );
  for (const since of ['yesterday', '2026-02-30', '5y']) {
    const { code, stderr } = await within([...args, '--since', since]);
    assert.deepEqual([code, stderr], [2, `--since is a time such as 12h, 30d, 8w or 2026-11-01, not ${since}.\n`]);
  }
  const unknown = await within([...args, 'other.example']);
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /^other\.example is not in .*septet\.yaml\.\n$/);
});

test('foreign text does not steer the terminal', async (t) => {
  const args = await filled(t);
  const data = args.at(-1) ?? '';
  const store = await openStore({ kind: 'sqlite', file: `${data}/septet.sqlite` }, { now: () => now, randomBytes });
  await store.observations.add([seen(['v=DMARC1; p=none\u001b[2J'], now - day)], 'others');
  await store.close();
  const { stdout } = await within([...args, 'example.com']);
  assert.ok(!stdout.includes('\u001b'));
  assert.match(stdout, /p=none\\027\[2J/);
});
