/**
 * A policy that Septet serves, read by the readers that are out there: postfix-mta-sts-resolver takes it, and a Postfix
 * that asks it delivers to the MX that the policy names and to no other. Both insist on ports 25, 53 and 443 and on the
 * system's authorities, so that all of it runs in a network of its own: a namespace with nothing but loopback.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { mayStartPostfix } from '../servers/postfix.ts';
import { findBinary, missing, temporaryFolder } from '../servers/process.ts';

const skip =
  (await missing('mta-sts-daemon', 'mta-sts-query', 'swaks', 'postfix', 'pebble', 'knotd', 'unshare', 'ip', 'mount')) ||
  mayStartPostfix();

test(
  'postfix-mta-sts-resolver takes the policy, and a Postfix that enforces it delivers to the right MX alone',
  { skip, timeout: 120_000 },
  async () => {
    const folder = await temporaryFolder('namespace');
    try {
      // Only for the processes of the namespace: whom they ask for names, and nothing of this machine's hosts.
      await writeFile(join(folder, 'resolv.conf'), 'nameserver 127.0.0.1\noptions timeout:2 attempts:1\n');
      await writeFile(join(folder, 'hosts'), '127.0.0.1 localhost\n');
      await writeFile(
        join(folder, 'nsswitch.conf'),
        'passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n',
      );
      const mounts = ['resolv.conf', 'hosts', 'nsswitch.conf'].map(
        (name) => `mount --bind '${join(folder, name)}' "$(readlink -f /etc/${name})"`,
      );
      const script = ['set -e', 'ip link set lo up', ...mounts, 'exec "$@"'].join('\n');
      const [guard, inside] = ['../loopback-only.ts', './mta-sts-inside.ts'].map((name) =>
        fileURLToPath(new URL(name, import.meta.url)),
      );
      const args = [
        '--net',
        '--mount',
        'sh',
        '-c',
        script,
        'sh',
        process.execPath,
        '--import',
        guard ?? '',
        inside ?? '',
      ];
      const unshare = (await findBinary('unshare')) ?? '';
      const { code, output } = await new Promise<{ code: unknown; output: string }>((resolve) => {
        execFile(unshare, args, { timeout: 110_000 }, (error, stdout, stderr) =>
          resolve({ code: error?.code ?? 0, output: `${stdout}${stderr}` }),
        );
      });
      assert.equal(code, 0, output);
      // In the order in which they happen; each line stands for what was asserted there.
      assert.deepEqual(
        output.split('\n').filter((line) => line.startsWith('saw: ')),
        [
          'saw: the policy is taken, with its mode, MX and maximum age',
          'saw: delivered to the MX of the policy over verified TLS',
          'saw: an MX that the policy does not name gets nothing',
          'saw: a certificate for another host gets nothing',
          'saw: mode none is taken, and mail goes again',
        ],
      );
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
);
