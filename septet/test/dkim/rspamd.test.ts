/** Rspamd: it accepts what `export --for rspamd` prints, and signs with it so that our records verify the message. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { createHash, createPublicKey, verify } from 'node:crypto';
import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { test } from 'node:test';
import { makeKey } from '../../src/records/dkim/make-key.ts';
import { readOwnKeys, saveKey } from '../../src/store/files/keys.ts';
import { within } from '../cli/program.ts';
import { findBinary, freePort, missing, run, temporaryFolder } from '../servers/process.ts';
import { domain, execute, ownFolder } from './tools.ts';

const skip = await missing('rspamadm', 'rspamd', 'rspamc', 'openssl');

/** Keys s1 (RSA) and e1 (Ed25519), and the file that Rspamd shall read. */
async function exported(file: (name: string) => string): Promise<ReadonlyMap<string, string>> {
  await saveKey(file('state'), domain, { selector: 's1', key: await makeKey('rsa2048'), createdAt: 0 });
  await saveKey(file('state'), domain, { selector: 'e1', key: await makeKey('ed25519'), createdAt: 0 });
  const done = await within([
    'dkim',
    'export',
    domain,
    '--for',
    'rspamd',
    '--state',
    file('state'),
    '--key-folder',
    file('keys'),
    '--format',
    'json',
  ]);
  assert.equal(done.code, 0, done.stderr);
  const value = JSON.parse(done.stdout) as { files: { path: string; text: string }[]; commands: string[] };
  assert.equal(value.files[0]?.path, '/etc/rspamd/local.d/dkim_signing.conf');
  await mkdir(file('etc/local.d'), { recursive: true });
  await writeFile(file('etc/local.d/dkim_signing.conf'), value.files[0]?.text ?? '');
  // The commands are for root on a host with that user; what they copy is copied here.
  await mkdir(file('keys'), { mode: 0o700 });
  for (const command of value.commands) {
    const copy = /^install -o _rspamd -g _rspamd -m 0600 (\S+) (\S+)$/.exec(command);
    // oxlint-disable no-await-in-loop -- in their order
    if (copy && copy[1] !== '/dev/null') {
      await copyFile(copy[1] ?? '', copy[2] ?? '');
      await chmod(copy[2] ?? '', 0o600);
    } else if (command.startsWith('openssl ')) {
      const ran = await execute('sh', ['-c', `umask 077; ${command}`]);
      assert.equal(ran.code, 0, ran.stderr);
    }
    // oxlint-enable no-await-in-loop
  }
  return readOwnKeys(file('state'), domain);
}

test('rspamadm configtest passes, and the configuration says what was meant', { skip }, async (t) => {
  const file = await ownFolder(t, 'rspamadm');
  await exported(file);
  // Its stock rules name servers on the Internet, which nobody asks here.
  await writeFile(
    file('etc/local.d/fuzzy_check.conf'),
    'enabled = false;\nrule "rspamd.com" { servers = "127.0.0.1:1"; }\n',
  );
  const ran = await execute('rspamadm', [`--var=LOCAL_CONFDIR=${file('etc')}`, 'configtest']);
  assert.match(ran.stdout, /syntax OK/);
  assert.equal(ran.code, 0, ran.stderr);
  assert.doesNotMatch(ran.stderr, /address resolution/, 'nothing is asked outside');
  const dump = await execute('rspamadm', [`--var=LOCAL_CONFDIR=${file('etc')}`, 'configdump', '-j', 'dkim_signing']);
  const read = JSON.parse(dump.stdout) as Record<string, unknown>;
  assert.equal(read['use_esld'], false);
  assert.equal(read['try_fallback'], false);
  assert.match(String(read['sign_headers']), /^\(o\)from:.*:list-unsubscribe:list-unsubscribe-post:/);
  assert.deepEqual(read['domain'], {
    [domain]: {
      selectors: [
        { path: file('keys/example.com.e1.key'), selector: 'e1' },
        { path: file('keys/example.com.s1.key'), selector: 's1' },
      ],
    },
  });
  await writeFile(file('etc/local.d/dkim_signing.conf'), 'domain { "example.com" { selectors [');
  const broken = await execute('rspamadm', [`--var=LOCAL_CONFDIR=${file('etc')}`, 'configtest']);
  assert.doesNotMatch(broken.stdout, /syntax OK/, 'configtest notices a file that is cut off');
});

const message = [
  'From: Alice <a@example.com>',
  'To: b@example.org',
  'Subject: a  subject',
  'Date: Mon, 23 Nov 2026 08:00:00 +0000',
  'Message-ID: <1@example.com>',
  'List-Unsubscribe: <https://example.com/u>',
  'List-Unsubscribe-Post: List-Unsubscribe=One-Click',
  '',
  'Hello',
  '',
].join('\r\n');

test('Rspamd signs with both keys, and the published records verify it', { skip }, async (t) => {
  const file = await ownFolder(t, 'rspamd-keys');
  const records = await exported(file);
  const folder = await temporaryFolder('rspamd');
  const port = await freePort();
  // The whole list of public suffixes takes Rspamd seconds to compile.
  await writeFile(`${folder}/tlds`, 'com\norg\n');
  await writeFile(`${folder}/rspamd.conf`, bareConfig(folder, port, file('etc/local.d/dkim_signing.conf')));
  const binary = (await findBinary('rspamd')) ?? '';
  const server = await run(binary, ['-f', '-i', '-c', `${folder}/rspamd.conf`], folder, () => answers(port));
  t.after(() => server.stop());
  await writeFile(file('message.eml'), message);
  const args = ['-h', `127.0.0.1:${port}`, '--ip', '127.0.0.1', '-F', 'a@example.com', '--mime', file('message.eml')];
  const { stdout } = await execute('rspamc', args);
  const signatures = [...stdout.replaceAll('\r\n', '\n').matchAll(/^DKIM-Signature:(?:.|\n[ \t])*/gm)].map(
    (match) => match[0],
  );
  assert.equal(signatures.length, 2, `${stdout}\n${server.log()}`);
  const seen = signatures.map((signature) => {
    const tags = tagsOf(signature);
    assert.equal(tags.get('d'), domain);
    assert.equal(tags.get('c'), 'relaxed/relaxed');
    const signed = (tags.get('h') ?? '').split(':').map((name) => name.trim().toLowerCase());
    assert.equal(signed.filter((name) => name === 'from').length, 2, 'From is over-signed');
    assert.ok(signed.includes('list-unsubscribe') && signed.includes('list-unsubscribe-post'), signed.join());
    const record = records.get(tags.get('s') ?? '') ?? '';
    assert.ok(verifies(signature, message, record), `selector ${tags.get('s')}`);
    assert.ok(!verifies(signature, message.replace('a  subject', 'another'), record));
    return tags.get('s');
  });
  assert.deepEqual(seen.sort(), ['e1', 's1']);
});

const bareConfig = (folder: string, port: number, signing: string): string => `
options {
  filters = "dkim";
  dns { nameserver = ["127.0.0.1:1"]; }
  local_addrs = ["127.0.0.0/8"];
  control_socket = "${folder}/control.sock mode=0600";
  hs_cache_dir = "${folder}";
  tempdir = "${folder}";
  pidfile = "${folder}/pid";
  url_tld = "${folder}/tlds";
}
logging { type = "console"; level = "info"; }
lua = "/usr/share/rspamd/rules/rspamd.lua";
modules { path = "/usr/share/rspamd/plugins/dkim_signing.lua"; }
dkim { }
dkim_signing { .include "${signing}" }
worker "normal" { bind_socket = "127.0.0.1:${port}"; count = 1; }
metric { name = "default"; actions { reject = 100; add_header = 50; } }
`;

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

const tagsOf = (signature: string): ReadonlyMap<string, string> =>
  new Map(
    signature
      .slice(signature.indexOf(':') + 1)
      .split(';')
      .map((tag) => [tag.slice(0, tag.indexOf('=')).trim(), tag.slice(tag.indexOf('=') + 1).trim()] as const),
  );

/** RFC 6376 §3.4.2: one header field in the relaxed form. */
const relaxed = (field: string): string => {
  const colon = field.indexOf(':');
  const value = field
    .slice(colon + 1)
    .replaceAll(/\r?\n(?=[ \t])/g, '')
    .replaceAll(/[ \t]+/g, ' ')
    .trim();
  return `${field.slice(0, colon).trim().toLowerCase()}:${value}`;
};

/** RFC 6376 §3.7 for relaxed/relaxed and a body of one line: enough for this message. */
function verifies(signature: string, text: string, record: string): boolean {
  const tags = tagsOf(signature);
  const [head = '', body = ''] = text.split('\r\n\r\n');
  const digest = createHash('sha256').update(body).digest('base64');
  if (digest !== tags.get('bh')) return false;
  const fields = head.split('\r\n').map(relaxed);
  const signed = (tags.get('h') ?? '').split(':').map((name) => name.trim().toLowerCase());
  const used = new Set<number>();
  const lines = signed.flatMap((name) => {
    const at = fields.findLastIndex((field, i) => !used.has(i) && field.startsWith(`${name}:`));
    used.add(at);
    return at < 0 ? [] : [fields[at]];
  });
  const own = relaxed(signature.replace(/(;\s*b=)[^;]*$/, '$1'));
  const data = Buffer.from([...lines, own].join('\r\n'));
  const octets = Buffer.from(record.replace(/.*p=/, ''), 'base64');
  const isEd25519 = tags.get('a') === 'ed25519-sha256';
  const der = isEd25519 ? Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), octets]) : octets;
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
  const value = Buffer.from((tags.get('b') ?? '').replaceAll(/\s/g, ''), 'base64');
  // RFC 8463 §3: Ed25519 signs the SHA-256 hash of the data.
  return isEd25519
    ? verify(null, createHash('sha256').update(data).digest(), key, value)
    : verify('sha256', data, key, value);
}
