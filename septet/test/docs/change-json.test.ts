/**
 * The JSON of SPF changes and of DKIM keys holds to what `docs/json.md` says: an undocumented field fails, and so does a
 * documented field or variant that no situation here shows.
 */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import type { z } from 'zod';
import { dkimExportSchema, dkimKeySchema, dkimRotateSchema, spfChangeSchema } from '../../scripts/change-schemas.ts';
import { signerIds } from '../../src/cli/dkim/dkim-signers.ts';
import { dnsName } from '../../src/dns/name.ts';
import { makeKey } from '../../src/records/dkim/make-key.ts';
import { readOwnKeys, saveKey } from '../../src/store/files/keys.ts';
import { folder, serve, within } from '../cli/program.ts';
import { quoted } from '../dkim-keys.ts';
import { zoneText } from '../plan/plan-world.ts';
import { contract } from './contract.ts';

const spfZone = `$ORIGIN .
$TTL 3600
@ SOA a.root. hostmaster.root. 1 7200 3600 1209600 3600
example.com. 300 TXT "v=spf1 mx include:_spf.mailer.example include:live.mailer.example ~all ip4:8.8.8.8"
example.com. MX 10 mx1.example.com.
mx1.example.com. A 8.8.8.1
_spf.mailer.example. 60 TXT "v=spf1 ip4:8.8.4.0/25 ip4:8.8.4.128/25 -all"
live.mailer.example. TXT "v=spf1 exists:%{i}.l.mailer.example -all"
tidy.example. TXT "v=spf1 mx a ip4:8.8.8.1 -all"
tidy.example. A 8.8.8.1
two.example. TXT "v=spf1 ip4:8.8.8.8 -all"
two.example. TXT "v=spf1 include:_spf.mailer.example ~all"
broken.example. TXT "v=spf1 ip4:8.8.8 -all"
full.example. TXT "v=spf1 ${Array.from({ length: 10 }, (_, k) => `a:a${k}.example`).join(' ')} -all"
over.example. TXT "v=spf1 ${Array.from({ length: 10 }, (_, k) => `a:a${k}.example`).join(' ')} exists:%{i}.x.example -all"
${Array.from({ length: 10 }, (_, k) => `a${k}.example. A 9.9.9.${k * 2}`).join('\n')}
`;

test('spf flatten, merge and optimise: changed, unchanged, blocked, over the limit, no answer', async (t) => {
  const spf = contract(spfChangeSchema);
  const file = await folder(t, { 'root.zone': spfZone });
  const cases: readonly (readonly [args: string, code: number, shows: RegExp])[] = [
    ['flatten example.com --verify', 0, /"kept": \[\n\s+\{[^]*"sources": \[\n\s+\{[^]*"kind": "equal"/],
    ['flatten example.com --to 0', 1, /"missed": 0/],
    ['flatten broken.example', 1, /"blocked": \{\n\s+"why"[^]*"records": \[\]/],
    ['flatten full.example --to 8 --ttl 60', 0, /"lookupsAfter": 8[^]*"ttlSeconds": 60/],
    ['optimise tidy.example --verify', 0, /"removed": \[\n\s+\{/],
    ['optimise over.example', 1, /"lookupsAfter": 11/],
    ['optimise nothing.example', 1, /"blocked": \{/],
    ['merge two.example --add ip4:8.8.8.9 --verify', 0, /"loses": \[[^]*"keepsAll": true/],
    ['merge tidy.example', 0, /"before": \[\n\s+"v=spf1 mx a/],
    ['merge full.example --add include:_spf.mailer.example', 1, /"price": \{[^]*"blocked": \{\n\s+"why"/],
  ];
  for (const [args, code, shows] of cases) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    const done = await within(['spf', ...args.split(' '), '--format', 'json', '--zone', file('root.zone')]);
    assert.equal(done.code, code, `${args}: ${done.stdout}${done.stderr}`);
    assert.match(done.stdout, shows, args);
    spf.holds(done.stdout, args);
  }
  const silent = await serve(t, () => ({ kind: 'silence' }));
  for (const command of ['flatten', 'merge', 'optimise']) {
    const args = ['spf', command, 'example.com', '--format', 'json', '--resolver', silent.server, '--timeout', '0.2'];
    // oxlint-disable-next-line no-await-in-loop -- as above
    const done = await within(args);
    assert.equal(done.code, 3, command);
    assert.match(done.stdout, /"unanswered": true/, command);
    spf.holds(done.stdout, command);
  }
  // No record is known that becomes another one.
  spf.shownWhole(['kind', 'ip', 'before', 'after', 'counts'].map((field) => `DifferentProof.${field}`));
});

const domain = dnsName('example.com');

test('dkim generate and import', async (t) => {
  const key = contract(dkimKeySchema);
  const short = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
  const file = await folder(t, { 'mail.private': short.export({ format: 'pem', type: 'pkcs1' }) });
  const more = ['--state', file('state'), '--format', 'json'];
  for (const [args, type] of [
    [['generate', domain, '--selector', 's1'], 'rsa'],
    [['generate', domain, '--selector', 's1', '--type', 'ed25519', '--force'], 'ed25519'],
    [['import', file('mail.private'), domain], 'rsa'],
  ] as const) {
    // oxlint-disable-next-line no-await-in-loop -- the second sets the first aside
    const done = await within(['dkim', ...args, ...more]);
    assert.equal(done.code, 0, done.stderr);
    assert.match(done.stdout, new RegExp(`"type": "${type}"`));
    assert.doesNotMatch(done.stdout, /PRIVATE/);
    key.holds(done.stdout, args.join(' '));
  }
  key.shownWhole();
});

test('dkim export, for all software', async (t) => {
  const exported = contract(dkimExportSchema);
  const file = await folder(t, {});
  await saveKey(file('state'), domain, { selector: 's1', key: await makeKey('rsa2048'), createdAt: 0 });
  for (const signer of signerIds) {
    const args = ['dkim', 'export', domain, '--for', signer, '--state', file('state'), '--format', 'json'];
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    const done = await within(args);
    assert.equal(done.code, 0, done.stderr);
    assert.ok(done.stdout.includes(`"for": "${signer}"`));
    exported.holds(done.stdout, signer);
  }
  exported.shownWhole();
});

test('dkim rotate, from the first look to the end', async (t) => {
  const rotate = contract(dkimRotateSchema);
  const file = await folder(t, {});
  const state = file('state');
  await saveKey(state, domain, { selector: 's1', key: await makeKey('ed25519'), createdAt: 0 });
  const publish = async (without?: string): Promise<void> => {
    const keys = [...(await readOwnKeys(state, domain))].filter(([selector]) => selector !== without);
    const lines = keys.map(([selector, text]) => `${selector}._domainkey TXT ${quoted(text)}`);
    await writeFile(file('zone'), zoneText(lines.join('\n')));
  };
  await publish();
  const base = ['dkim', 'rotate', domain, '--state', state, '--format', 'json'];
  const at = async (when: string, phase: string | undefined, ...more: readonly string[]) => {
    const done = await within([...base, '--zone', file('zone'), '--at', when, ...more]);
    rotate.holds(done.stdout, `${when} ${done.stderr}`);
    const value = JSON.parse(done.stdout) as z.infer<typeof dkimRotateSchema>;
    assert.equal(value.rotations[0]?.phase, phase, when);
    return { ...value, code: done.code };
  };
  const first = await at('2026-12-01T09:00:00Z', undefined);
  assert.deepEqual(first.next, { from: 's1', to: 's20261201', type: 'ed25519' });
  assert.deepEqual(first.wants, []);
  const begun = await at('2026-12-01T09:00:00Z', 'publish', '--yes');
  assert.equal(begun.rotations[0]?.look?.kind, 'absent');
  assert.deepEqual(
    begun.wants.map((want) => want.selector),
    ['s1', 's20261201'],
  );
  const silent = await serve(t, () => ({ kind: 'silence' }));
  const unknown = await within([...base, '--resolver', silent.server, '--timeout', '0.2']);
  assert.equal(unknown.code, 3);
  assert.match(unknown.stdout, /"kind": "unknown"/);
  rotate.holds(unknown.stdout, 'no answer');
  await publish();
  const spread = await at('2026-12-01T10:00:00Z', 'spread', '--yes');
  assert.deepEqual([spread.rotations[0]?.until, spread.rotations[0]?.did], ['2026-12-01T10:10:00.000Z', ['visible']]);
  const early = await at('2026-12-01T10:01:00Z', 'spread', '--proved');
  assert.deepEqual([early.rotations[0]?.early, early.code], ['proved', 2]);
  await at('2026-12-01T10:30:00Z', 'prove');
  await at('2026-12-01T10:31:00Z', 'switch', '--proved');
  const kept = await at('2026-12-02T08:00:00Z', 'keep', '--switched');
  assert.deepEqual(
    [kept.rotations[0]?.until, kept.rotations[0]?.oldLook?.kind],
    ['2026-12-09T08:00:00.000Z', 'visible'],
  );
  await at('2026-12-09T08:00:00Z', 'revoke');
  await at('2026-12-09T08:00:00Z', 'withdrawn', '--yes');
  await at('2027-01-09T08:00:00Z', 'remove');
  await publish('s1');
  const end = await at('2027-01-09T09:00:00Z', 'finished', '--yes');
  assert.equal(end.rotations[0]?.endedAt, '2027-01-09T09:00:00.000Z');
  await at('2027-01-10T09:00:00Z', 'publish', '--yes');
  await at('2027-01-10T09:00:00Z', 'abandoned', '--abandon');
  rotate.shownWhole();
});
