/** `septet serve` as people start it: its configuration, its DNS host, its data folder, and a real authority. */
import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from '../../src/cli/run.ts';
import { dnsName } from '../../src/dns/name.ts';
import { networkResolver } from '../../src/dns/network-resolver.ts';
import { missing, temporaryFolder } from '../servers/process.ts';
import { handshake, quietPort, startLaboratory, startServe, until } from './acme-laboratory.ts';
import { testIo } from './commands.ts';

const skip = await missing('pebble', 'knotd');

test(
  'DNS-01 through the host of the domain; septet certificates tells of it; a new name and SIGHUP need no restart',
  { skip, timeout: 60_000 },
  async (t) => {
    const ports = { httpPort: await quietPort(), httpsPort: await quietPort() };
    const laboratory = await startLaboratory(ports);
    t.after(laboratory.stop);
    const folder = await temporaryFolder('serve');
    t.after(() => rm(folder, { recursive: true, force: true }));
    const [config, data] = [join(folder, 'septet.yaml'), join(folder, 'data')];
    await writeFile(join(folder, 'acme-root.pem'), laboratory.pebble.ca);
    const write = (tracking: string): Promise<void> =>
      writeFile(
        config,
        `serve: { acme: { agree: true, challenge: dns-01, directory: "${laboratory.pebble.directory}", ca: acme-root.pem } }
domains:
  example.test:
    mx: 10 mx.example.test
    mtaSts: { mode: enforce }
    dns: { host: rfc2136, server: "${laboratory.knot.server}", servers: ["${laboratory.knot.server}"] }
    ${tracking}
`,
      );
    await write('');
    const places = ['--config', config, '--data', data];
    const options = [
      '--host',
      '127.0.0.1',
      '--http',
      'off',
      '--https',
      '0',
      '--admin',
      'off',
      '--resolver',
      laboratory.knot.server,
    ];
    const served = await startServe([...options, ...places], { HOME: folder });
    t.after(served.stop);
    await until('a certificate', [], () =>
      served.out().includes('mta-sts.example.test has a certificate of Pebble'),
    ).catch((error: unknown) => {
      throw new Error(served.out(), { cause: error });
    });
    const root = await laboratory.pebble.root();
    assert.equal((await handshake(served.httpsPort, 'mta-sts.example.test', root)).error, '');
    const resolver = networkResolver({ servers: [laboratory.knot.server], timeoutMs: 1000, attempts: 1 });
    assert.equal((await resolver.query(dnsName('_acme-challenge.mta-sts.example.test'), 'TXT')).kind, 'nxdomain');
    await resolver.close?.();

    const told = testIo({ env: { HOME: folder } });
    assert.equal(await run(['certificates', ...places], told.io), 0, told.out());
    assert.match(told.out(), /^mta-sts\.example\.test +\d{4}-\d\d-\d\d, \d+ days +good +acme example\.test$/m);

    await assert.rejects(handshake(served.httpsPort, 'click.example.test', root));
    await write('tracking: { host: click, target: mta-sts.example.test }');
    process.kill(process.pid, 'SIGHUP');
    await until('the new name', [], () =>
      served.out().includes('click.example.test has a certificate of Pebble'),
    ).catch((error: unknown) => {
      throw new Error(served.out(), { cause: error });
    });
    assert.equal((await handshake(served.httpsPort, 'click.example.test', root)).error, '');
    assert.doesNotMatch(served.out(), /PRIVATE KEY/);
  },
);

test(
  'a secret or a file that is not there is a sentence, before anything is listened to',
  { skip, timeout: 30_000 },
  async (t) => {
    const folder = await temporaryFolder('serve-bad');
    t.after(() => rm(folder, { recursive: true, force: true }));
    const config = join(folder, 'septet.yaml');
    const cases: readonly [string, RegExp][] = [
      [
        'acme: { agree: true, eab: { kid: k, hmacKey: "${EAB_KEY}" } }',
        /serve\.acme\.eab\.hmacKey is in the environment variable EAB_KEY, which is not set\./,
      ],
      ['acme: { agree: true, ca: nowhere.pem }', /nowhere\.pem cannot be read/],
      ['acme: { agree: true, ca: septet.yaml }', /serve\.acme\.ca: .*septet\.yaml holds no certificate in PEM\./],
    ];
    for (const [serve, sentence] of cases) {
      await writeFile(config, `serve: { ${serve} }\ndomains: { example.test: { mtaSts: { mode: testing } } }\n`); // oxlint-disable-line no-await-in-loop
      const { io, err } = testIo({ env: { HOME: folder } });
      const args = [
        'serve',
        '--config',
        config,
        '--data',
        join(folder, 'data'),
        '--http',
        '0',
        '--https',
        '0',
        '--host',
        '127.0.0.1',
        '--admin',
        'off',
        '--resolver',
        '127.0.0.1:1',
      ];
      assert.equal(await run(args, io), 2, serve); // oxlint-disable-line no-await-in-loop
      assert.match(err(), sentence);
    }
  },
);
