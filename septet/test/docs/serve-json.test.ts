/** The JSON of what is hosted holds to `docs/json.md`: an undocumented field fails, and so does one that nothing shows. */
import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import {
  bimiConvertSchema,
  certificatesSchema,
  suppressionSchema,
  trackingKeysSchema,
  trackingShowSchema,
} from '../../scripts/serve-schemas.ts';
import { run } from '../../src/cli/run.ts';
import { dnsName } from '../../src/dns/name.ts';
import { makeAuthority } from '../../src/sandbox/certificates.ts';
import { formatState } from '../../src/serve/certificates/order-state.ts';
import { folderShelf, kept, pemText } from '../../src/serve/certificates/shelf.ts';
import { openStore } from '../../src/store/open-store.ts';
import { testIo } from '../serve/commands.ts';
import { temporaryFolder } from '../servers/process.ts';
import { contract } from './contract.ts';

let folder = '';
before(async () => {
  folder = await temporaryFolder('json');
});
after(() => rm(folder, { recursive: true, force: true }));

async function septet(...args: readonly string[]): Promise<string> {
  const { io, out, err } = testIo({ env: { HOME: folder } });
  const code = await run(args, io);
  assert.ok(code < 2, err());
  return out();
}

test('septet certificates', async () => {
  const config = path.join(folder, 'septet.yaml');
  const data = path.join(folder, 'certificates');
  await writeFile(config, 'domains: { one.example: { mtaSts: {} }, two.example: { mtaSts: {} } }\n');
  const shelf = folderShelf(data);
  const { key, certificate } = makeAuthority('An authority', Date.now()).issue(['mta-sts.one.example']);
  await shelf.put(kept.certificate('mta-sts.one.example'), pemText(key, certificate));
  const failed = { failures: 1, nextTryAt: Date.now() + 60_000, fault: 'It cannot be asked.' };
  await shelf.put(kept.state('mta-sts.two.example'), formatState(failed));
  const certificates = contract(certificatesSchema);
  certificates.holds(await septet('certificates', '--config', config, '--data', data, '--json'));
  certificates.shownWhole();
});

test('septet tracking show, keys, suppressions', async () => {
  const data = path.join(folder, 'tracking');
  await mkdir(data);
  const making = { now: () => Date.now(), randomBytes: (count: number) => new Uint8Array(count) };
  const store = await openStore({ kind: 'sqlite', file: path.join(data, 'septet.sqlite') }, making);
  const hit = { kind: 'click', agent: 'person', campaign: 'autumn', message: 'm', reader: 'r' } as const;
  await store.tracking.add({ ...hit, domain: dnsName('shop.example'), at: Date.now() });
  await store.close();
  const places = ['--data', data, '--json'];
  const show = contract(trackingShowSchema);
  show.holds(await septet('tracking', 'show', ...places));
  show.holds(await septet('tracking', 'show', '--by', 'day', ...places));
  show.shownWhole();
  const keys = contract(trackingKeysSchema);
  keys.holds(await septet('tracking', 'keys', ...places), 'none yet');
  keys.holds(await septet('tracking', 'keys', '--rotate', ...places), 'one');
  keys.shownWhole();
  assert.throws(() => keys.holds({ version: 1, file: '', rotated: false, keys: [{ id: 1, secret: 'x' }] }), /secret/);
  await septet('tracking', 'suppressions', 'add', 'ann@post.example', '--domain', 'shop.example', '--data', data);
  const list = contract(suppressionSchema);
  list.holds((await septet('tracking', 'suppressions', 'export', ...places)).trimEnd());
  list.shownWhole();
});

test('septet bimi convert', async () => {
  const file = path.join(folder, 'logo.svg');
  await writeFile(
    file,
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96" onload="x()"><path style="fill:#0a0" d="M0 0h96v96z"/></svg>',
  );
  const convert = contract(bimiConvertSchema);
  convert.holds(await septet('bimi', 'convert', file, '--json'), 'refused');
  convert.holds(await septet('bimi', 'convert', file, '--title', 'Shop', '--json'), 'to standard output');
  convert.holds(await septet('bimi', 'convert', file, '--title', 'Shop', '-o', path.join(folder, 'b.svg'), '--json'));
  convert.shownWhole();
});
