/** `septet serve` takes a changed configuration without a restart: certificates too, and a change while it starts. */
import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { configWatch } from '../../src/cli/serve/serve-config.ts';
import { makeAuthority } from '../../src/sandbox/certificates.ts';
import { temporaryFolder } from '../servers/process.ts';
import { handshake, startServe, until } from './acme-laboratory.ts';
import { testIo } from './commands.ts';

const domain = (name: string): string => `  ${name}: { mtaSts: { mode: testing }, mx: 10 mx.example.test }\n`;

test(
  'a certificate that serve.certificates names from now on is shown after SIGHUP',
  { timeout: 60_000 },
  async (t) => {
    const folder = await temporaryFolder('reload');
    t.after(() => rm(folder, { recursive: true, force: true }));
    const authority = makeAuthority('Septet tests', Date.now());
    const names = ['mta-sts.one.test', 'mta-sts.two.test'];
    for (const name of names) {
      const { key, certificate } = authority.issue([name]);
      await writeFile(join(folder, `${name}.pem`), `${key}\n${certificate}`); // oxlint-disable-line no-await-in-loop
    }
    const config = join(folder, 'septet.yaml');
    const write = (...served: readonly string[]): Promise<void> =>
      writeFile(
        config,
        `serve: { certificates: [ ${served.map((name) => `{ cert: ${name}.pem, key: ${name}.pem }`).join(', ')} ] }\n` +
          `domains:\n${served.map((name) => domain(name.slice('mta-sts.'.length))).join('')}`,
      );
    await write('mta-sts.one.test');
    const places = ['--config', config, '--data', join(folder, 'data'), '--resolver', '127.0.0.1:9'];
    const sockets = ['--host', '127.0.0.1', '--http', 'off', '--https', '0', '--admin', 'off'];
    const served = await startServe([...sockets, ...places], { HOME: folder });
    t.after(served.stop);
    const shown = async (name: string): Promise<string> =>
      (await handshake(served.httpsPort, name, authority.certificate).catch(() => ({ error: 'refused' }))).error;
    assert.deepEqual([await shown('mta-sts.one.test'), await shown('mta-sts.two.test')], ['', 'refused']);
    await write('mta-sts.one.test', 'mta-sts.two.test');
    process.kill(process.pid, 'SIGHUP');
    await until('the new certificate', [], async () => (await shown('mta-sts.two.test')) === '');
  },
);

test('a change between the reading of the file and the first look is not missed', async (t) => {
  const folder = await temporaryFolder('watch');
  t.after(() => rm(folder, { recursive: true, force: true }));
  const config = join(folder, 'septet.yaml');
  const { io } = testIo({ env: { HOME: folder } });
  for (const readings of [1, 2, 3]) {
    let left = readings;
    const slow = {
      ...io,
      readFile: async (file: string) => {
        const octets = await io.readFile(file);
        // Somebody saves just when it has been read.
        if (--left === 0) await writeFile(config, `domains:\n${domain('two.test')}${domain('one.test')}`);
        return octets;
      },
    };
    /* oxlint-disable no-await-in-loop -- one after the other */
    await writeFile(config, `domains:\n${domain('one.test')}`);
    const watch = await configWatch(config, slow);
    await watch.reread(readings === 3);
    await watch.reread(false);
    assert.equal(watch.config().domains.size, 2, `after ${readings} readings`);
    assert.equal(await watch.reread(false), undefined);
    await writeFile(config, 'domains: {');
    assert.match(String(await watch.reread(false)), /cannot be used/);
    assert.equal(await watch.reread(false), undefined, 'told once');
    assert.equal(watch.config().domains.size, 2);
    /* oxlint-enable no-await-in-loop */
  }
  await assert.rejects(configWatch(join(folder, 'nowhere.yaml'), io), /nowhere\.yaml cannot be read/);
});
