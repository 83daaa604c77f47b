/** `septet dkim`: keys made, imported, exported and rotated, as a person meets them. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { makeKey, pemOf, recordOf } from '../../src/records/dkim/make-key.ts';
import { readOwnKeys, saveKey } from '../../src/store/files/keys.ts';
import { quoted } from '../dkim-keys.ts';
import { domain, longest, prose } from '../dkim/tools.ts';
import { folder, septet, within } from './program.ts';

test('generate keeps a pair and prints the record, the zone line and what comes next', async (t) => {
  const file = await folder(t, {});
  const done = await septet(['dkim', 'generate', domain, '--selector', 's1'], { cwd: file('.') });
  assert.equal(done.code, 0, done.stderr);
  const record = (await readOwnKeys(file('.septet'), domain)).get('s1') ?? '';
  assert.match(record, /^v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A/);
  const lines = done.stdout.split('\n');
  assert.equal(lines[0], 'Made the key s1 of example.com (RSA, 2048 bits).');
  assert.ok(lines.includes('  private  .septet/keys/example.com/s1.pem'));
  assert.ok(lines.includes('  name   s1._domainkey.example.com'));
  assert.ok(lines.includes(record), 'the value stands in a line of its own');
  assert.ok(lines.includes(`s1._domainkey.example.com. 3600 IN TXT ${quoted(record)}`));
  assert.match(done.stdout, /septet dkim export example\.com --for opendkim --selector s1$/m);
  assert.ok(longest(prose(done.stdout)) <= 80);
  assert.equal((await stat(file('.septet/keys/example.com/s1.pem'))).mode & 0o777, 0o600);
  assert.doesNotMatch(done.stdout + done.stderr, /PRIVATE/);
});

test('generate: JSON, types, selectors from the configuration, and nothing is written over', async (t) => {
  const file = await folder(t, {
    'septet.yaml': `domains:\n  ${domain}:\n    senders:\n      - postfix: { ip: [192.0.2.10], selector: k1 }\n`,
  });
  const args = ['--config', file('septet.yaml'), '--format', 'json'];
  const made = await within(['dkim', 'generate', '--type', 'ed25519', ...args]);
  assert.equal(made.code, 0, made.stderr);
  const value = JSON.parse(made.stdout) as Record<string, unknown>;
  assert.equal(value['selector'], 'k1', 'the selector that the configuration names');
  assert.equal(value['type'], 'ed25519');
  assert.deepEqual(value['files'], {
    private: file('.septet/keys/example.com/k1.pem'),
    public: file('.septet/keys/example.com/k1.json'),
  });
  const record = (await readOwnKeys(file('.septet'), domain)).get('k1') ?? '';
  assert.deepEqual(value['record'], {
    name: 'k1._domainkey.example.com',
    type: 'TXT',
    value: record,
    zone: `k1._domainkey.example.com. 3600 IN TXT "${record}"`,
  });
  const again = await within(['dkim', 'generate', ...args]);
  assert.equal(again.code, 2);
  assert.match(
    again.stderr,
    /has a key k1 already, and nothing was written[^]*septet dkim rotate example\.com --from k1/,
  );
  assert.equal((await readOwnKeys(file('.septet'), domain)).get('k1'), record);
  const forced = await within(['dkim', 'generate', '--force', '--config', file('septet.yaml')]);
  assert.equal(forced.code, 0);
  assert.match(forced.stdout, /before +.*replaced\/k1-20261123T120000Z\.pem/);
  assert.match(forced.stdout, /warning: Mail that is signed with the key before fails/);
  assert.notEqual((await readOwnKeys(file('.septet'), domain)).get('k1'), record);
  const second = await within([
    'dkim',
    'generate',
    '--type',
    'ed25519',
    '--selector',
    'k2',
    '--config',
    file('septet.yaml'),
  ]);
  assert.match(second.stdout, /Name the selector in .*selector: k2/s);
  assert.match(
    second.stdout,
    /Where it takes the place of k1[^]*septet dkim rotate example\.com --from k1 --selector k2/,
  );
});

test('bad input gets a sentence, and nothing is kept', async (t) => {
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const file = await folder(t, {
    'septet.yaml': 'domains:\n  a.example: {}\n  b.example: {}\n',
    'broken.yaml': 'domains: [',
    'public.pem': pair.publicKey.export({ format: 'pem', type: 'spki' }),
    'locked.pem': pair.privateKey.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-128-cbc', passphrase: 'x' }),
    'my locked $& key.pem': pair.privateKey.export({
      format: 'pem',
      type: 'pkcs8',
      cipher: 'aes-128-cbc',
      passphrase: 'x',
    }),
    'good.pem': pemOf(pair.privateKey),
    'cut.pem': pemOf(pair.privateKey).slice(0, 700),
    'spf.txt': 'v=spf1 -all',
  });
  const state = ['--state', file('state')];
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['generate', ...state], /Give the domain whose key it is/],
    [['generate', '--config', file('septet.yaml'), ...state], /has a\.example, b\.example\./],
    [['generate', domain, '--config', file('broken.yaml')], /broken\.yaml:\d+:\d+/],
    [['generate', domain, '--config', file('none.yaml')], /none\.yaml cannot be read/],
    [['generate', 'https://example.com/', ...state], /is a URL, not a domain/],
    [['generate', 'co.uk', ...state], /co\.uk is a public suffix/],
    [
      ['generate', domain, '--type', 'rsa1024', ...state],
      /--type is one of rsa2048, rsa3072, rsa4096, ed25519, not rsa1024/,
    ],
    [['generate', domain, '--selector', '../up', ...state], /"\.\.\/up" is not a selector for example\.com/],
    [['generate', domain, '--selector', 'x'.repeat(64), ...state], /is not a selector/],
    [['generate', domain, '--format', 'yaml', ...state], /--format is text or json/],
    [['import', file('none.pem'), domain, ...state], /none\.pem cannot be read/],
    [['import', file('public.pem'), domain, ...state], /public\.pem is the public half/],
    [
      ['import', file('locked.pem'), domain, ...state],
      /locked\.pem is encrypted.*openssl pkey -in \S+locked\.pem -out PLAIN/,
    ],
    [
      ['import', file('my locked $& key.pem'), domain, '--selector', 's9', ...state],
      /openssl pkey -in '\S+\/my locked \$& key\.pem' -out PLAIN/,
    ],
    [['import', file('cut.pem'), domain, ...state], /damaged or cut off/],
    [['import', file('good.pem'), domain, '--record', file('spf.txt'), ...state], /spf\.txt holds no DKIM key record/],
    [['import', '-', domain, ...state], /Give the selector of the key/],
    [
      ['export', domain, '--for', 'opendkim', ...state],
      /has no key here that could sign\. Make one with: septet dkim generate example\.com/,
    ],
    [
      ['export', domain, '--for', 'sendmail', ...state],
      /--for is one of opendkim, rspamd, postfix, postal, exim, not sendmail/,
    ],
    [['export', domain, ...state], /--for/],
    [['rotate', domain, ...state], /has no key here to replace[^]*--from/],
    [['rotate', domain, '--from', 's1', '--proved', '--zone', file('z'), ...state], /z cannot be read|No key/],
  ];
  for (const [args, sentence] of cases) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other, so that a failure names its line
    const done = await within(['dkim', ...args]);
    assert.equal(done.code, 2, args.join(' '));
    assert.match(done.stderr, sentence, args.join(' '));
    assert.equal(done.stdout, '');
    assert.doesNotMatch(done.stderr, /fault in Septet|MII/);
  }
  assert.equal((await readOwnKeys(file('state'), domain)).size, 0);
});

test('import takes PKCS#1 and PKCS#8, names the key after its file, warns about short keys', async (t) => {
  const short = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
  const file = await folder(t, {
    'mail.private': short.export({ format: 'pem', type: 'pkcs1' }),
    'ed.pem': pemOf(await makeKey('ed25519')),
  });
  const done = await within(['dkim', 'import', file('mail.private'), domain, '--state', file('state')]);
  assert.equal(done.code, 0, done.stderr);
  assert.match(done.stdout, /^Imported the key mail of example\.com \(RSA, 1024 bits\)/);
  assert.match(done.stdout, /warning: The key has 1024 bits; signers should use 2048/);
  assert.doesNotMatch(done.stdout, /PRIVATE/);
  const piped = await within(['dkim', 'import', '-', domain, '--selector', 'e1', '--state', file('state')], {
    input: await readFile(file('ed.pem'), 'utf8'),
  });
  assert.equal(piped.code, 0, piped.stderr);
  const keys = await readOwnKeys(file('state'), domain);
  assert.deepEqual([...keys.keys()], ['e1', 'mail']);
  assert.equal(keys.get('mail'), recordOf(short));
});

test('export: every signer, text and files, and never the private key', async (t) => {
  const file = await folder(t, {});
  const key = await makeKey('rsa2048');
  await saveKey(file('state'), domain, { selector: 's1', key, createdAt: 0 });
  const secret = pemOf(key).split('\n')[1] ?? '';
  assert.equal(secret.length, 64);
  const wanted: Readonly<Record<string, readonly RegExp[]>> = {
    opendkim: [
      /^Mode +s$/m,
      /^Canonicalization +relaxed\/relaxed$/m,
      /^OversignHeaders +From$/m,
      /^\*@example\.com s1\._domainkey\.example\.com$/m,
      /^SignHeaders .*List-Unsubscribe,List-Unsubscribe-Post/m,
    ],
    rspamd: [/selector = "s1";/, /use_esld = false;/, /:list-unsubscribe:list-unsubscribe-post:/],
    postfix: [/^smtpd_milters = inet:127\.0\.0\.1:8891$/m, /^milter_default_action = tempfail$/m],
    postal: [/Postal has no setting that takes a key made elsewhere/],
    exim: [
      /^ {2}dkim_selector = s1$/m,
      /^ {2}dkim_private_key = \/etc\/exim4\/dkim\/example\.com\/s1\.pem$/m,
      /\+From:=Reply-To:.*=List-Unsubscribe-Post/,
    ],
  };
  for (const [signer, patterns] of Object.entries(wanted)) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    const done = await within(['dkim', 'export', domain, '--for', signer, '--state', file('state')]);
    assert.equal(done.code, 0, done.stderr);
    for (const pattern of patterns) assert.match(done.stdout, pattern, signer);
    assert.ok(
      longest(
        done.stdout
          .split('\n')
          .filter((line) => line.startsWith('# '))
          .join('\n'),
      ) <= 80,
      signer,
    );
    assert.ok(!done.stdout.includes(secret) && !done.stdout.includes('PRIVATE KEY'), signer);
    // oxlint-disable-next-line no-await-in-loop -- as above
    const json = await within([
      'dkim',
      'export',
      domain,
      '--for',
      signer,
      '--state',
      file('state'),
      '--format',
      'json',
    ]);
    assert.ok(Array.isArray((JSON.parse(json.stdout) as { files: unknown }).files), signer);
    assert.ok(!json.stdout.includes(secret), signer);
  }
  const out = ['dkim', 'export', domain, '--for', 'opendkim', '--state', file('state'), '--out', file('out')];
  const written = await within(out);
  assert.equal(written.code, 0);
  assert.deepEqual((await readdir(file('out'))).sort(), [
    'KeyTable',
    'SigningTable',
    'TrustedHosts',
    'install.sh',
    'opendkim.conf',
  ]);
  const again = await within(out);
  assert.equal(again.code, 2);
  assert.match(again.stderr, /is there already, and nothing was written/);
});

test('a private key that others can read is told at each use, and a damaged file by its name', async (t) => {
  const file = await folder(t, {});
  await saveKey(file('state'), domain, { selector: 's1', key: await makeKey('rsa2048'), createdAt: 0 });
  await chmod(file('state/keys/example.com/s1.pem'), 0o644);
  const done = await within(['dkim', 'export', domain, '--for', 'exim', '--state', file('state')]);
  assert.equal(done.code, 0);
  assert.match(done.stderr, /^warning: .*mode 0644.*\(dkim\.private\.permissions\)\n$/s);
  await writeFile(file('state/keys/example.com/s1.json'), '{');
  const damaged = await within(['dkim', 'export', domain, '--for', 'exim', '--state', file('state')]);
  assert.equal(damaged.code, 2);
  assert.match(damaged.stderr, /s1\.json is damaged: it is not JSON\. Delete it/);
});
