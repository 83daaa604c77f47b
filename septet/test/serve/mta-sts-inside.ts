/** Runs within the namespace that `mta-sts-resolver.test.ts` makes, and says what it saw. Exits 0 when all went well. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeAuthority } from '../../src/sandbox/certificates.ts';
import { startSmtpListener, type ReceivedMessage } from '../../src/serve/intake/smtp-listener.ts';
import { startKnot } from '../servers/knot.ts';
import { startPostfix } from '../servers/postfix.ts';
import { findBinary, run, temporaryFolder } from '../servers/process.ts';
import { startLaboratory, startServe, until, zoneText } from './acme-laboratory.ts';

const execute = promisify(execFile);
const saw = (what: string): void => void process.stdout.write(`saw: ${what}\n`);

/** `wrong` has a policy that names another MX than the zone does; the MX of `liar` shows the certificate of another host. */
const zones = `${zoneText}@ MX 10 mx
mx A 127.0.0.2
right MX 10 mx
wrong MX 10 other
other A 127.0.0.4
liar MX 10 liar-mx
liar-mx A 127.0.0.3
mta-sts.right A 127.0.0.1
mta-sts.wrong A 127.0.0.1
mta-sts.liar A 127.0.0.1
_mta-sts.right TXT "v=STSv1; id=1"
_mta-sts.wrong TXT "v=STSv1; id=1"
_mta-sts.liar TXT "v=STSv1; id=1"
mta-sts.off A 127.0.0.1
off MX 10 other
_mta-sts.off TXT "v=STSv1; id=1"
`;

const config = (
  directory: string,
): string => `serve: { acme: { agree: true, directory: "${directory}", ca: acme-root.pem } }
domains:
  right.example.test: { mx: 10 mx.example.test, mtaSts: { mode: enforce } }
  wrong.example.test: { mx: 10 mx.example.test, mtaSts: { mode: enforce } }
  liar.example.test: { mx: 10 liar-mx.example.test, mtaSts: { mode: enforce } }
  off.example.test: { mx: 10 other.example.test, mtaSts: { mode: none } }
`;
const masterText = [
  '127.0.0.1:2525 inet n - n - - smtpd',
  'cleanup unix n - n - 0 cleanup',
  'qmgr unix n - n 300 1 qmgr',
  'tlsmgr unix - - n 1000? 1 tlsmgr',
  'rewrite unix - - n - - trivial-rewrite',
  'bounce unix - - n - 0 bounce',
  'defer unix - - n - 0 bounce',
  'smtp unix - - n - - smtp',
  'error unix - - n - - error',
  'retry unix - - n - - error',
  'anvil unix - - n - 1 anvil',
  'proxymap unix - - n - - proxymap',
  'postlog unix-dgram n - n - 1 postlogd',
  '',
].join('\n');
const stops: (() => Promise<unknown>)[] = [];

try {
  const laboratory = await startLaboratory({ httpPort: 80, httpsPort: 443 }, { zone: zones, dnsPort: 53 });
  stops.unshift(laboratory.stop);
  // Septet asks a server that knows nothing of the wrong exchange: it is what somebody else has put into the answers.
  const honest = await startKnot([{ origin: 'example.test', text: zones.replace('wrong MX 10 other\n', '') }]);
  stops.unshift(honest.stop);
  const folder = await temporaryFolder('inside');
  stops.unshift(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'acme-root.pem'), laboratory.pebble.ca);
  await writeFile(join(folder, 'septet.yaml'), config(laboratory.pebble.directory));
  const places = ['--config', join(folder, 'septet.yaml'), '--data', join(folder, 'data'), '--resolver', honest.server];
  const served = await startServe(['--host', '127.0.0.1', '--admin', 'off', ...places], { HOME: folder });
  stops.unshift(served.stop);
  const count = (): number => served.out().split(' has a certificate of Pebble').length - 1;
  await until('certificates', [], () => count() === 4).catch((error: unknown) => {
    throw new Error(served.out(), { cause: error });
  });
  const trusted = join(folder, 'root.pem');
  await writeFile(trusted, await laboratory.pebble.root());
  await chmod(folder, 0o755);

  const { stdout } = await execute('/usr/bin/mta-sts-query', ['right.example.test'], {
    env: { PATH: process.env['PATH'] ?? '', SSL_CERT_FILE: trusted },
  });
  assert.match(stdout, /STSFetchResult\.VALID: 1/);
  assert.match(stdout, /'mode': 'enforce'/);
  assert.match(stdout, /'mx': \['mx\.example\.test'\]/);
  assert.match(stdout, /'max_age': \d{6,}/);
  saw('the policy is taken, with its mode, MX and maximum age');

  // The reader as Postfix asks it.
  const daemon = (await findBinary('mta-sts-daemon')) ?? '';
  const daemonFolder = await temporaryFolder('mta-sts');
  const daemonConfig = join(daemonFolder, 'daemon.yml');
  await writeFile(
    daemonConfig,
    'host: 127.0.0.1\nport: 8461\ncache: { type: internal, options: { cache_size: 100 } }\ndefault_zone: { strict_testing: false, timeout: 4 }\n',
  );
  const listens = (): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = connect(8461, '127.0.0.1', () => resolve(socket.end() && true));
      socket.on('error', () => resolve(false));
    });
  const reader = await run(
    '/usr/bin/env',
    [`SSL_CERT_FILE=${trusted}`, daemon, '-c', daemonConfig, '-v', 'debug'],
    daemonFolder,
    listens,
  );
  stops.unshift(reader.stop);

  const mailAuthority = makeAuthority('Authority of the MX', Date.now());
  const mailRoot = join(folder, 'mail-root.pem');
  await writeFile(mailRoot, mailAuthority.certificate);
  const got: string[] = [];
  const mx = async (host: string, certificate: string): Promise<void> => {
    const { key, certificate: cert } = mailAuthority.issue([certificate]);
    const listener = await startSmtpListener({
      host,
      port: 25,
      name: certificate,
      tls: { key, cert },
      maxOctets: 100_000,
      accepts: () => true,
      ratePerMinute: 1000,
      maxConnections: 20,
      timeoutMs: 10_000,
      now: Date.now,
      onMessage: async ({ envelope }: ReceivedMessage) =>
        void got.push(
          `${envelope.recipients.join()} ${envelope.tls === false || envelope.tls === 'not offered' ? 'plain' : 'tls'}`,
        ),
    });
    stops.unshift(() => listener.close());
  };
  await mx('127.0.0.2', 'mx.example.test');
  await mx('127.0.0.3', 'somebody-else.example.test');
  await mx('127.0.0.4', 'other.example.test');
  const postfix = await startPostfix({
    hostname: 'out.example.test',
    listeners: [{ port: 2525 }],
    main: {
      smtp_dns_support_level: 'enabled',
      smtp_host_lookup: 'dns, native',
      smtp_tls_security_level: 'may',
      smtp_tls_CAfile: mailRoot,
      smtp_tls_policy_maps: 'socketmap:inet:127.0.0.1:8461:postfix',
      smtp_tls_loglevel: '1',
      // What cannot be delivered waits, so that the reason stands in the log and nothing bounces.
      maximal_queue_lifetime: '1d',
      minimal_backoff_time: '1000s',
    },
    // With the manager of TLS, which other tests do without.
    files: { 'master.cf': masterText },
  });
  stops.unshift(postfix.stop);
  const send = (to: string) =>
    execute('swaks', [
      '--server',
      '127.0.0.1:2525',
      '--from',
      'a@out.example.test',
      '--to',
      to,
      '--body',
      'x',
      '--silent',
      '2',
    ]);
  const outcome = async (to: string): Promise<string> => {
    await send(to);
    let line = '';
    await until(`an end for ${to}`, [], async () => {
      line =
        (await postfix.log()).split('\n').find((one) => one.includes(`to=<${to}>`) && one.includes('status=')) ?? '';
      return line !== '';
    });
    return line;
  };

  const first = await outcome('user@right.example.test');
  assert.match(first, /status=sent/, await postfix.log());
  assert.match(await postfix.log(), /Verified TLS connection established to mx\.example\.test/);
  assert.deepEqual(got, ['user@right.example.test tls']);
  saw('delivered to the MX of the policy over verified TLS');

  assert.match(await outcome('user@wrong.example.test'), /status=deferred \(Server certificate not verified\)/);
  assert.equal(got.length, 1);
  saw('an MX that the policy does not name gets nothing');

  assert.match(await outcome('user@liar.example.test'), /status=deferred \(Server certificate not verified\)/);
  assert.equal(got.length, 1);
  saw('a certificate for another host gets nothing');

  assert.match(await outcome('user@off.example.test'), /status=sent/);
  assert.equal(got.length, 2);
  saw('mode none is taken, and mail goes again');
} finally {
  // oxlint-disable-next-line no-await-in-loop -- in their order
  for (const stop of stops) await stop();
}
