/** `septet dkim rotate`: a key gives way to another, with the clock moved on from step to step. */
import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { test, type TestContext } from 'node:test';
import { makeKey, recordOf } from '../../src/records/dkim/make-key.ts';
import { rotationWants } from '../../src/publish/rotation-file.ts';
import { markRevoked, pemPath, readOwnKeys, saveKey } from '../../src/store/files/keys.ts';
import { takeLock } from '../../src/store/files/lock.ts';
import { folder, serve, serveZone, within, type Finished } from '../cli/program.ts';
import { quoted } from '../dkim-keys.ts';
import { domain, longest, prose } from './tools.ts';

const zoneOf = (keys: Readonly<Record<string, string>>): string =>
  `$ORIGIN ${domain}.\n$TTL 3600\n@ SOA ns1 hostmaster 1 7200 3600 1209600 1800\n@ NS ns1\nns1 A 9.9.9.10\n${Object.entries(
    keys,
  )
    .map(([selector, text]) => `${selector}._domainkey TXT ${quoted(text)}\n`)
    .join('')}`;

interface Stage {
  rotate(at: string, ...more: readonly string[]): Promise<Finished>;
  /** The same as JSON: the one rotation. */
  value(at: string, ...more: readonly string[]): Promise<Readonly<Record<string, unknown>>>;
  publish(keys: Readonly<Record<string, string>>): Promise<void>;
  keys(): Promise<ReadonlyMap<string, string>>;
  readonly state: string;
}

/** A domain with the key s1 and a zone file that the test writes. */
async function stage(t: TestContext): Promise<Stage> {
  const file = await folder(t, {});
  const state = file('state');
  await saveKey(state, domain, {
    selector: 's1',
    key: await makeKey('ed25519'),
    createdAt: Date.parse('2026-01-01T00:00:00Z'),
  });
  const publish = (keys: Readonly<Record<string, string>>): Promise<void> => writeFile(file('zone'), zoneOf(keys));
  await publish(Object.fromEntries(await readOwnKeys(state, domain)));
  const rotate = (at: string, ...more: readonly string[]): Promise<Finished> =>
    within(['dkim', 'rotate', domain, '--state', state, '--zone', file('zone'), '--at', at, ...more]);
  return {
    rotate,
    publish,
    state,
    keys: () => readOwnKeys(state, domain),
    value: async (at, ...more) => {
      const done = await rotate(at, '--format', 'json', ...more);
      const [one] = (JSON.parse(done.stdout) as { rotations: Record<string, unknown>[] }).rotations;
      assert.ok(one, done.stdout);
      return one;
    },
  };
}

test('rotate: from the first look to the end, the clock moved on', async (t) => {
  const s = await stage(t);
  const texts: string[] = [];
  const say = async (at: string, ...more: readonly string[]): Promise<string> => {
    const done = await s.rotate(at, ...more);
    assert.equal(done.code, 0, done.stdout + done.stderr);
    texts.push(done.stdout);
    return done.stdout;
  };
  // Looking changes nothing.
  assert.match(
    await say('2026-12-01T09:00:00Z'),
    /In use: s1 \(Ed25519, 334 days\s+old\)[^]*A key s20261201 \(ed25519\) is made beside it/,
  );
  assert.deepEqual([...(await s.keys()).keys()], ['s1']);

  // 1: the key is made, and waits to be published.
  assert.match(
    await say('2026-12-01T09:00:00Z', '--yes'),
    /done {2}1 .*s20261201 \(Ed25519\)[^]*now {3}2[^]*is not there yet/,
  );
  const all = Object.fromEntries(await s.keys());
  assert.deepEqual(Object.keys(all), ['s1', 's20261201']);
  const now = Date.parse('2026-12-01T09:00:00Z');
  assert.deepEqual(
    (await rotationWants(s.state, domain, now)).map((want) => want.selector),
    ['s1', 's20261201'],
  );

  // 2: published; the negative TTL of the zone (1800 s) is waited for.
  await s.publish(all);
  assert.match(await say('2026-12-01T10:00:00Z'), /is seen at one resolver\.\nGo on with/);
  assert.equal((await s.value('2026-12-01T10:00:00Z'))['phase'], 'publish', 'without --yes nothing is noted');
  assert.match(await say('2026-12-01T10:00:00Z', '--yes'), /remember until today 10:30 UTC/);
  const early = await s.rotate('2026-12-01T10:29:59Z', '--proved');
  assert.equal(early.code, 2);
  assert.match(early.stdout, /not noted: --proved comes when/);

  // 3: proved by a person.
  assert.match(await say('2026-12-01T10:30:00Z', '--yes'), /now {3}3[^]*dkim=pass with\s+header\.s=s20261201/);
  assert.equal((await s.rotate('2026-12-01T10:31:00Z', '--switched')).code, 2, 'not proved yet');
  assert.match(
    await say('2026-12-01T10:31:00Z', '--proved'),
    /now {3}4[^]*septet dkim export example\.com --for opendkim --selector s20261201/,
  );

  // 4 and 5: switched; seven days.
  assert.match(await say('2026-12-02T08:00:00Z', '--switched'), /now {3}5[^]*stays until\s+9 December 08:00 UTC/);
  for (const at of ['2026-12-02T08:00:01Z', '2026-12-09T07:59:59Z']) {
    // oxlint-disable-next-line no-await-in-loop -- in the order of the clock
    assert.deepEqual([(await s.value(at, '--yes'))['phase'], (await s.keys()).get('s1')], ['keep', all['s1']]);
  }
  assert.equal((await s.rotate('2026-12-03T08:00:00Z', '--abandon')).code, 2, 'too late to give it up');

  // The old record is gone although mail under way needs it.
  await s.publish({ s20261201: all['s20261201'] ?? '' });
  assert.match(await say('2026-12-05T08:00:00Z'), /any more at[^]*Publish it again[^]*removed_early/);

  // 6: the old key is not revoked while the new one cannot be seen.
  await s.publish({ s1: all['s1'] ?? '' });
  assert.match(await say('2026-12-09T08:00:00Z', '--yes'), /s1 stays as it is: the record of the new key/);
  assert.equal((await s.keys()).get('s1'), all['s1']);
  await s.publish(all);
  assert.match(await say('2026-12-09T08:00:00Z', '--yes'), /is not published yet[^]*\nv=DKIM1; p=\n/);
  assert.equal((await s.keys()).get('s1'), 'v=DKIM1; p=');
  const revoked = { ...all, s1: 'v=DKIM1; p=' };
  await s.publish(revoked);
  assert.match(
    await say('2026-12-10T08:00:00Z'),
    /The empty p= at s1\._domainkey\.example\.com is seen[^]*stays until 8 January/,
  );

  // 7: the record may go after 30 days.
  assert.match(await say('2027-01-08T08:00:00Z', '--yes'), /now {3}7[^]*Delete the TXT record at s1\._domainkey/);
  assert.deepEqual(
    (await rotationWants(s.state, domain, Date.parse('2027-01-08T08:00:00Z'))).map((want) => want.selector),
    ['s20261201'],
  );
  await s.publish({ s20261201: all['s20261201'] ?? '' });
  assert.match(await say('2027-01-08T09:00:00Z', '--yes'), /s20261201 has taken the place of s1/);
  assert.match(await say('2027-01-09T09:00:00Z'), /In use: s20261201/);
  for (const text of texts) {
    assert.ok(longest(prose(text)) <= 80, text);
    assert.doesNotMatch(text, /PRIVATE|undefined|NaN/);
  }
});

test('rotate --proved mail.eml: the message decides', async (t) => {
  const s = await stage(t);
  await s.rotate('2026-12-01T09:00:00Z', '--yes', '--selector', 's2');
  await s.publish(Object.fromEntries(await s.keys()));
  await s.rotate('2026-12-01T10:00:00Z', '--yes');
  const plain = `From: a@${domain}\r\nDate: Tue, 1 Dec 2026 10:50:00 +0000\r\n\r\nHello\r\n`;
  const file = await folder(t, { 'plain.eml': plain });
  const signed = async (name: string, mail: string, selector: string): Promise<string> => {
    const key = pemPath(s.state, domain, selector);
    const at = ['--at', '2026-12-01T10:50:00Z'];
    const args = ['message', 'sign', '-', '--domain', domain, '--selector', selector, '--ed25519-key', key, ...at];
    const done = await within(
      args.map((arg) => (arg === '--selector' ? '--ed25519-selector' : arg)),
      { input: mail },
    );
    assert.equal(done.code, 0, done.stderr);
    await writeFile(file(name), done.stdout);
    return done.stdout;
  };
  await signed('old.eml', plain, 's1');
  const both = await signed('both.eml', await signed('new.eml', plain, 's2'), 's1');
  await writeFile(file('altered.eml'), both.replace('Hello', 'Hullo'));
  const refused: readonly (readonly [name: string, says: RegExp])[] = [
    ['plain.eml', /does not prove the key s2 of example\.com: it is not signed\./],
    ['old.eml', /it is signed with s1\. Sign a test message with s2 as well/],
    ['altered.eml', /is signed with s2, and that does not pass: .*body/],
    ['none.eml', /none\.eml cannot be read/],
  ];
  for (const [name, says] of refused) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    const done = await s.rotate('2026-12-01T11:00:00Z', '--proved', file(name));
    assert.equal(done.code, 2);
    assert.match(done.stderr, says);
  }
  assert.equal((await s.value('2026-12-01T11:00:00Z'))['phase'], 'prove', 'nothing was noted');
  assert.equal((await s.value('2026-12-01T11:00:00Z', '--proved', file('both.eml')))['phase'], 'switch');
});

test('rotate: killed between two things, the next run goes on', async (t) => {
  const s = await stage(t);
  // The beginning is written down before the key is made: without the key the next thing is to make it.
  await s.rotate('2026-12-01T09:00:00Z', '--yes', '--selector', 's2');
  await rm(`${s.state}/keys/example.com/s2.pem`);
  await rm(`${s.state}/keys/example.com/s2.json`);
  assert.equal((await s.value('2026-12-01T09:00:00Z'))['phase'], 'key');
  assert.equal((await s.value('2026-12-01T09:00:00Z', '--yes'))['phase'], 'publish');
  assert.deepEqual([...(await s.keys()).keys()], ['s1', 's2']);
});

test('rotate: killed between the mark on the old key and the line of the history', async (t) => {
  const s = await stage(t);
  await s.rotate('2026-12-01T09:00:00Z', '--yes', '--selector', 's2');
  await s.publish(Object.fromEntries(await s.keys()));
  await s.rotate('2026-12-01T10:00:00Z', '--yes');
  await s.rotate('2026-12-01T11:00:00Z', '--proved', '--switched');
  await markRevoked(s.state, domain, 's1', Date.parse('2026-12-09T00:00:00Z'));
  assert.equal((await s.value('2026-12-09T00:00:00Z'))['phase'], 'revoke');
  const done = await s.value('2026-12-09T00:00:00Z', '--yes');
  assert.deepEqual([done['phase'], done['did']], ['withdrawn', ['revoked']]);
});

test('rotate: the configuration of the signer is printed once there is a key', async (t) => {
  const s = await stage(t);
  const begun = await s.rotate('2026-12-01T09:00:00Z', '--yes', '--type', 'rsa2048', '--for', 'exim');
  assert.match(begun.stdout, /now {3}2[^]*# Exim for example\.com: s20261201[^]*dkim_selector = s20261201\n/);
});

test('rotate: a key made before is taken, and a rotation can be given up before the switch', async (t) => {
  const s = await stage(t);
  await saveKey(s.state, domain, { selector: 's2', key: await makeKey('ed25519'), createdAt: 0 });
  const several = await s.rotate('2026-12-01T09:00:00Z');
  assert.equal(several.code, 2);
  assert.match(several.stderr, /has the keys s1, s2\. Say which one goes: --from s1 or --from s2/);
  const before = (await s.keys()).get('s2');
  const begun = await s.value('2026-12-01T09:00:00Z', '--from', 's1', '--selector', 's2', '--yes');
  assert.deepEqual([begun['phase'], (await s.keys()).get('s2')], ['publish', before]);
  const other = await s.rotate('2026-12-01T09:00:00Z', '--from', 's2', '--yes');
  assert.match(other.stderr, /s1 is giving way to s2 already/);
  assert.equal((await s.value('2026-12-01T09:00:00Z', '--abandon'))['phase'], 'abandoned');
  assert.deepEqual(await rotationWants(s.state, domain, 0), []);
  const same = await s.rotate('2026-12-01T09:00:00Z', '--from', 's1', '--selector', 's1', '--yes');
  assert.match(same.stderr, /needs another selector than s1/);
});

test('rotate: another run that holds the lock is told', async (t) => {
  const s = await stage(t);
  const lock = await takeLock(`${s.state}/keys/example.com/rotation.lock`, { pid: 4711 });
  assert.equal(lock.kind, 'held');
  const done = await s.rotate('2026-12-01T09:00:00Z', '--yes');
  assert.equal(done.code, 2);
  assert.match(done.stderr, /Another run .*works on the keys of example\.com/);
  if (lock.kind === 'held') await lock.release();
  assert.equal((await s.rotate('2026-12-01T09:00:00Z', '--yes')).code, 0);
});

test('rotate over the network: another key at the selector, and a server that does not answer', async (t) => {
  const file = await folder(t, {});
  const state = file('state');
  await saveKey(state, domain, { selector: 's1', key: await makeKey('ed25519'), createdAt: 0 });
  const server = await serveZone(t, zoneOf({ s2: recordOf(await makeKey('ed25519')) }));
  const args = ['dkim', 'rotate', domain, '--state', state, '--selector', 's2', '--timeout', '0.3'];
  const other = await within([...args, '--resolver', server.server, '--yes']);
  assert.equal(other.code, 0, other.stderr);
  assert.match(other.stdout, /is not what stands there at/);
  const deaf = await serve(t, () => ({ kind: 'silence' }));
  const silent = await within([...args, '--resolver', deaf.server, '--yes']);
  assert.equal(silent.code, 3, 'could not tell is not "missing"');
  assert.match(silent.stdout, /cannot be told: no answer from[^]*Look again later/);
});

test('the configuration leads rotate to plan, publish and its own line', async (t) => {
  const file = await folder(t, {
    'septet.yaml': `domains:\n  ${domain}:\n    senders:\n      - postfix: { ip: [192.0.2.10], selector: s1 }\n`,
  });
  await mkdir(file('.septet'), { mode: 0o700 });
  await saveKey(file('.septet'), domain, { selector: 's1', key: await makeKey('ed25519'), createdAt: 0 });
  await writeFile(file('zone'), zoneOf(Object.fromEntries(await readOwnKeys(file('.septet'), domain))));
  const args = ['dkim', 'rotate', '--config', file('septet.yaml'), '--zone', file('zone'), '--selector', 's2'];
  const begun = await within([...args, '--yes']);
  assert.match(begun.stdout, /septet plan example\.com --config \S+\n +septet publish example\.com --config/);
  await writeFile(file('zone'), zoneOf(Object.fromEntries(await readOwnKeys(file('.septet'), domain))));
  await within([...args, '--yes']);
  const done = await within([...args, '--at', '2026-11-24T00:00:00Z', '--proved', '--switched']);
  assert.match(done.stdout, /write selector: s2 in\s+\S*septet\.yaml, where s1 stands\s+now/);
});
