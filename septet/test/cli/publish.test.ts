/** Publishing that goes wrong, or needs a person: each case with its sentence and exit code, and nothing half done. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { dnsName } from '../../src/dns/name.ts';
import type { RrSet } from '../../src/dns/rrset.ts';
import { unfinished } from '../../src/store/evidence.ts';
import { startChild } from '../publish/child.ts';
import { emptyZone, key, startLab, type Lab } from '../publish/lab.ts';
import { startUpdateProxy, type UpdateProxy, type Watch } from '../publish/update-proxy.ts';
import { hostAt } from '../providers/own-servers.ts';
import { missing } from '../servers/process.ts';

const skip = await missing('knotd', 'unbound', 'kdig');
const ed25519 = 'v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=';
const wrongSecret = Buffer.from('a-secret-that-no-server-knows!!!').toString('base64');

const zones = ['secret', 'digest', 'race', 'twice', 'begun', 'theirs', 'vouch', 'away', 'ask', 'disk', 'files'].map(
  (name) => `${name}.net`,
);
/** Everything but tracking stands there already. */
const old = `${emptyZone('vouch.net')}
@ MX 10 web.com.
@ TXT "v=spf1 ~all"
a._domainkey TXT "${ed25519}"
_dmarc TXT "v=DMARC1; p=none"
`;

suite('publish, when something is wrong', { skip, concurrency: false }, () => {
  let lab: Lab;
  let proxy: UpdateProxy;
  let watch: Watch | undefined;

  before(async () => {
    lab = await startLab({
      zones: zones.map((origin) => ({ origin, text: origin === 'vouch.net' ? old : emptyZone(origin) })),
      resolvers: 1,
      secondary: false,
      env: { WRONG: wrongSecret },
    });
    proxy = await startUpdateProxy(lab.primary, {
      request: (passing) => watch?.request(passing) ?? true,
      reply: (passing) => watch?.reply(passing) ?? true,
    });
    const settings = (zone: string, dns: string, more = ''): string => `${zone}:
  ${dns}
  people: false
  ttl: 60
  mx: [ 10 web.com ]
  senders:
    - custom: { name: One, dkim: [{ selector: a, value: "${ed25519}" }] }${more}`;
    const others = zones.filter((zone) => !['secret.net', 'vouch.net', 'away.net'].includes(zone));
    await lab.configure(
      [
        settings('secret.net', lab.dns().replace('TSIG', 'WRONG')),
        settings('vouch.net', lab.dns(), '\n  tracking: { host: track, target: app.com }'),
        settings('away.net', lab.dns('127.0.0.1:9')),
        ...others.map((zone) => settings(zone, lab.dns(proxy.server))),
      ].join('\n'),
    );
  });
  after(async () => {
    await proxy?.close();
    await lab?.stop();
  });

  const publish = (zone: string, ...more: readonly string[]) => lab.run(['publish', zone, '--wait', '5s', ...more]);
  const flat = (text: string): string => text.replaceAll(/\s+/g, ' ');
  const digestOf = async (zone: string): Promise<string> => {
    const { stdout } = await lab.run(['plan', zone]);
    return /septet publish \S+ --plan ([0-9a-f]{12})\n/.exec(stdout)?.[1] ?? assert.fail(stdout);
  };
  const mxOf = (name: string, exchange: string): RrSet<'MX'> => ({
    name: dnsName(name),
    type: 'MX',
    ttlSeconds: 60,
    data: [{ preference: 5, exchange: dnsName(exchange) }],
  });
  /** Somebody else writes. */
  const putMx = async (zone: string, exchange: string): Promise<void> => {
    const after = mxOf(zone, exchange);
    const put = await hostAt(lab.primary, key).apply(dnsName(zone), [{ name: after.name, type: 'MX', after }]);
    assert.equal(put.kind, 'applied', JSON.stringify(put));
  };
  const assertUntouched = async (zone: string, records = 2): Promise<void> => {
    assert.equal((await lab.records(zone)).length, records);
    assert.equal((await lab.journal(zone)).text, '');
  };

  test('a wrong TSIG secret', async () => {
    const { code, stderr } = await publish('secret.net', '--yes');
    assert.equal(code, 2);
    assert.match(
      flat(stderr),
      /knows the TSIG key septet, but not this secret \(BADSIG\)\. Copy the secret from the server's configuration, whole\./,
    );
    await assertUntouched('secret.net');
  });

  test('a server that is not there', async () => {
    const { code, stderr } = await publish('away.net', '--yes');
    assert.equal(code, 3, stderr);
    assert.match(stderr, /127\.0\.0\.1:9/);
    await assertUntouched('away.net');
  });

  test('nobody is there to ask: the digest is told, and publishes exactly that plan', async () => {
    const { code, stderr, stdout } = await publish('ask.net');
    assert.deepEqual([code, stdout], [2, '']);
    const command = /\n +septet publish ask\.net --plan ([0-9a-f]{12})\n/.exec(stderr);
    assert.match(stderr, /^Nothing was published: nobody is here to ask\./);
    await assertUntouched('ask.net');
    const done = await publish('ask.net', '--plan', command?.[1] ?? '');
    assert.deepEqual([done.code, done.stderr], [0, '']);
    assert.equal((await lab.records('ask.net')).length, 5);
  });

  test('with zone files for everybody else, the zone is what its host stores', async () => {
    const files = {
      '.': '. 60 SOA ns. h. 1 60 60 60 1\nweb.com. 60 A 9.9.9.9\n',
      'files.net.': emptyZone('files.net'),
    };
    const paths = await Promise.all(
      Object.entries(files).map(async ([name, text], index) => {
        const file = path.join(lab.folder, `${index}-${name}zone`);
        await writeFile(file, text);
        return file;
      }),
    );
    const done = await publish('files.net', '--yes', '--zone', ...paths);
    assert.deepEqual([done.code, done.stderr], [0, '']);
    assert.match(done.stdout, /seen on its server/);
    assert.equal((await lab.records('files.net')).length, 5);
    const again = await publish('files.net', '--yes', '--zone', ...paths);
    assert.match(again.stdout, /^Nothing had to be written\./);
  });

  test('digests: unknown, malformed, of several domains, of a zone that moved since', async () => {
    const unknown = await publish('digest.net', '--plan', 'ffffffffffff');
    assert.equal(unknown.code, 1);
    assert.match(
      flat(unknown.stderr),
      /^Nothing was published: the plan of now has the digest [0-9a-f]{12}, so .* septet plan digest\.net $/,
    );
    const malformed = await publish('digest.net', '--plan', 'nonsense');
    assert.equal(malformed.code, 2);
    assert.match(malformed.stderr, /at least 8 digits of a digest that septet plan printed, not nonsense/);
    const both = await lab.run(['publish', 'digest.net', 'ask.net', '--plan', 'ffffffffffff']);
    assert.deepEqual([both.code, /belongs to one domain/.test(both.stderr)], [2, true]);
    const digest = await digestOf('digest.net');
    await putMx('digest.net', 'app.com');
    const moved = await publish('digest.net', '--plan', digest);
    assert.equal(moved.code, 1);
    await assertUntouched('digest.net', 3);
    assert.equal((await publish('digest.net', '--yes', '--wait', 'soon')).code, 2);
    assert.equal((await publish('digest.net', '--yes', '--zone', 'x')).code, 2);
  });

  test('a record that changes between the look and the write', async () => {
    let first = true;
    watch = {
      request: ({ isUpdate }) => {
        if (!isUpdate || !first) return true;
        first = false;
        return putMx('race.net', 'app.com').then(() => true);
      },
      reply: () => true,
    };
    const { code, stderr } = await publish('race.net', '--yes');
    watch = undefined;
    assert.equal(code, 1, stderr);
    assert.match(
      flat(stderr),
      /^mx: race\.net MX exists by now: somebody else changed it\. Make the plan again .* Run septet publish race\.net again when that is mended\. $/,
    );
    const records = await lab.records('race.net');
    assert.deepEqual(
      records.filter((record) => / MX /.test(record)),
      ['race.net. 60 IN MX 5 app.com.'],
    );
    assert.equal(records.length, 3);
    const { entries } = await lab.journal('race.net');
    assert.deepEqual(
      entries.map((entry) => entry.kind),
      ['plan', 'intent', 'result'],
    );
  });

  test('two at once: the second is told of the first; killed, it leaves no lock', async () => {
    let reached = (): void => {};
    const held = new Promise<void>((resolve) => (reached = resolve));
    watch = {
      request: ({ isUpdate }) => {
        if (isUpdate) reached();
        return !isUpdate;
      },
      reply: () => true,
    };
    const child = startChild(lab, ['publish', 'twice.net', '--yes', '--wait', '5s']);
    await held;
    for (const args of [
      ['publish', 'twice.net', '--yes'],
      ['undo', 'twice.net', '--yes'],
    ]) {
      const second = await lab.run(args);
      assert.equal(second.code, 2);
      assert.equal(
        flat(second.stderr),
        `Another septet (process ${child.pid}) is publishing twice.net, and nothing was done here. Wait for it, or stop it first. `,
      );
    }
    assert.equal((await lab.records('twice.net')).length, 2);
    const status = await lab.run(['status', 'twice.net']);
    assert.match(flat(status.stdout), /A run was cut off while it wrote mx\. septet publish twice\.net takes it up\./);
    child.kill();
    lab.note((await child.ended).stdout);
    watch = undefined;
    const { code, stdout } = await publish('twice.net', '--yes');
    assert.equal(code, 0);
    assert.match(stdout, /^mx was cut off before it was written; it is planned anew\.\n/);
    assert.equal((await lab.records('twice.net')).length, 5);
  });

  test('the digest of a run that was cut off goes on', async () => {
    const digest = await digestOf('begun.net');
    let updates = 0;
    watch = {
      request: ({ isUpdate }) => {
        if (isUpdate && ++updates === 2) child.kill();
        return !child.killed();
      },
      reply: () => true,
    };
    const child = startChild(lab, ['publish', 'begun.net', '--plan', digest, '--wait', '5s']);
    assert.equal((await child.ended).signal, 'SIGKILL');
    watch = undefined;
    assert.notEqual(await digestOf('begun.net'), digest);
    const { code, stderr } = await publish('begun.net', '--plan', digest);
    assert.deepEqual([code, stderr], [0, '']);
    assert.equal((await lab.records('begun.net')).length, 5);
    assert.deepEqual(unfinished((await lab.journal('begun.net')).entries), []);
  });

  test('records of others stay with --yes alone, and go by the name of the step', async () => {
    await putMx('theirs.net', 'app.com');
    const kept = await publish('theirs.net', '--yes');
    assert.equal(kept.code, 1);
    assert.match(flat(kept.stderr), /^mx gives up .*5 app\.com.* It was left out; agree with --approve mx\. $/);
    const records = await lab.records('theirs.net');
    assert.ok(records.includes('theirs.net. 60 IN MX 5 app.com.'));
    const wrong = await publish('theirs.net', '--yes', '--approve', 'mxx');
    assert.equal(wrong.code, 2);
    assert.match(flat(wrong.stderr), /^--approve mxx: the plan of theirs\.net has no such step\. It has: mx, spf,/);
    const agreed = await publish('theirs.net', '--yes', '--approve', 'mx');
    // The resolver has seen the old record, and keeps it for its TTL of a minute: not worth a wait of five seconds.
    assert.equal(agreed.code, 3);
    assert.match(
      flat(agreed.stderr),
      /^Not seen everywhere yet: mx \(caches may hold what stood before until .* UTC\)\. Run septet publish theirs\.net again later; it goes on from here\. $/,
    );
    assert.ok((await lab.records('theirs.net')).includes('theirs.net. 60 IN MX 10 web.com.'));
    // What was theirs comes back.
    for (let count = 0; count < 5; count++) await lab.run(['undo', 'theirs.net', '--yes']);
    assert.deepEqual(
      (await lab.records('theirs.net')).filter((record) => / MX /.test(record)),
      ['theirs.net. 60 IN MX 5 app.com.'],
    );
  });

  test('what cannot be seen waits until somebody vouches for it', async () => {
    const waiting = await publish('vouch.net', '--yes');
    assert.equal(waiting.code, 0);
    assert.match(flat(waiting.stdout), /^Nothing had to be written\. .* tracking waits https:\/\/track\.vouch\.net/);
    const vouched = await publish('vouch.net', '--yes', '--vouch', 'tracking');
    assert.deepEqual([vouched.code, vouched.stderr], [0, '']);
    assert.ok((await lab.records('vouch.net')).includes('track.vouch.net. 60 IN CNAME app.com.'));
    assert.equal((await publish('vouch.net', '--yes', '--vouch', 'track')).code, 2);
  });

  test('a state folder that cannot be used', async () => {
    const file = path.join(lab.folder, 'a-file');
    await writeFile(file, '');
    const { code, stderr } = await publish('disk.net', '--yes', '--state', path.join(file, 'state'));
    assert.equal(code, 2);
    assert.match(
      stderr,
      /^(The (journal|lock) )?\S+a-file\S* cannot be (read|taken|written): a file stands where a folder is needed\./,
    );
    await assertUntouched('disk.net');
  });

  test('no secret in anything that was said or written', async () => {
    const traces = await lab.traces();
    assert.ok(traces.length > 5000);
    for (const secret of [key.secret, wrongSecret]) {
      for (const text of [secret, Buffer.from(secret, 'base64').toString('latin1')]) assert.ok(!traces.includes(text));
    }
  });
});
