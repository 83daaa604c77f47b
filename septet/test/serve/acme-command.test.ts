/** `septet certificates`: the table, the JSON, exit codes and bad input. */
import assert from 'node:assert/strict';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { run } from '../../src/cli/run.ts';
import { makeAuthority } from '../../src/sandbox/certificates.ts';
import { formatState } from '../../src/serve/certificates/order-state.ts';
import { folderShelf, kept, pemText } from '../../src/serve/certificates/shelf.ts';
import { temporaryFolder } from '../servers/process.ts';
import { testIo } from './commands.ts';

const now = Date.parse('2026-11-23T12:00:00Z');
const day = 86_400_000;
const configText = `domains:
  example.com: { mtaSts: {}, tracking: { host: track, target: app.example.com } }
  example.org: { mtaSts: {} }
  a-company-with-a-rather-long-name.example: { mtaSts: {} }
`;
let folder = '';
let config = '';

before(async () => {
  folder = await temporaryFolder('command');
  config = join(folder, 'septet.yaml');
  await writeFile(config, configText);
});
after(() => rm(folder, { recursive: true, force: true }));

async function command(args: readonly string[], at = now): Promise<{ code: number; out: string; err: string }> {
  const { io, out, err } = testIo({ env: { HOME: folder } });
  const code = await run(['certificates', '--config', config, '--data', join(folder, 'data'), ...args], {
    ...io,
    now: () => at,
  });
  return { code, out: out(), err: err() };
}

test('before anything was ordered: every name, none yet, and nothing is made by looking', async () => {
  const { code, out, err } = await command([]);
  assert.equal(err, '');
  assert.equal(code, 1);
  assert.equal(out.split('\n').filter((line) => line.includes('none yet')).length, 4, out);
  assert.deepEqual(await readdir(folder), ['septet.yaml']);
});

test('until when and from where, what failed and when it is tried again, in 80 columns', async () => {
  const shelf = folderShelf(join(folder, 'data'));
  const authority = makeAuthority('An Authority R3', now);
  const keep = async (name: string, days: number): Promise<void> => {
    const { key, certificate } = authority.issue([name], {
      notBefore: new Date(now - day),
      notAfter: new Date(now + days * day),
    });
    await shelf.put(kept.certificate(name), pemText(key, certificate));
  };
  await keep('mta-sts.example.com', 60);
  await keep('track.example.com', 1);
  await keep('mta-sts.example.org', -3);
  const fault = 'The authority acme.example cannot be asked: no answer within 30 seconds.';
  await shelf.put(kept.state('track.example.com'), formatState({ failures: 3, nextTryAt: now + 3_600_000, fault }));
  const { code, out } = await command([]);
  assert.equal(code, 1);
  assert.equal(
    out,
    `Name                            Until                 State     From
mta-sts.a-company-with-a-rather-long-name.example
                                none yet              waiting   nowhere
mta-sts.example.com             2027-01-22, 60 days   good      acme
mta-sts.example.org             2026-11-20, ended     ended     acme
track.example.com               2026-11-24, 1 day     failed    acme
  The authority acme.example cannot be asked: no answer within 30 seconds.
  Next try 2026-11-23 13:00 UTC.
`,
  );
  assert.ok(out.split('\n').every((line) => [...line].length <= 80));
  const json = JSON.parse((await command(['--json'])).out) as {
    version: number;
    certificates: readonly Record<string, unknown>[];
  };
  assert.equal(json.version, 1);
  assert.deepEqual(json.certificates[3], {
    name: 'track.example.com',
    state: 'failed',
    notBefore: '2026-11-22T12:00:00.000Z',
    notAfter: '2026-11-24T12:00:00.000Z',
    days: 1,
    issuer: 'An Authority R3',
    from: 'acme',
    nextTry: '2026-11-23T13:00:00.000Z',
    fault,
  });
  assert.doesNotMatch(JSON.stringify(json), /PRIVATE/);
});

test('damage is told, and is no certificate', async () => {
  await folderShelf(join(folder, 'data')).put(kept.certificate('mta-sts.example.com'), 'not PEM');
  const { out, err } = await command([]);
  assert.match(err, /What is kept for mta-sts\.example\.com holds no key and certificate\./);
  assert.match(out, /^mta-sts\.example\.com +none yet/m);
});

test('nothing to serve, no configuration, and a store that is none: a sentence and exit code', async () => {
  await writeFile(config, 'domains: { example.com: {} }\n');
  const { code, out } = await command([]);
  assert.deepEqual(
    [code, out],
    [0, 'The configuration has no name for septet serve: no domain has mtaSts, tracking\nor a bimi file.\n'],
  );
  await writeFile(config, 'domains: {');
  assert.equal((await command([])).code, 2);
  const { io, err } = testIo({ env: { HOME: folder } });
  assert.equal(await run(['certificates', '--config', config, '--store', 'mysql://x'], io), 2);
  assert.doesNotMatch(err(), /fault in Septet/);
});
