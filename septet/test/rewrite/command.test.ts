/** `septet rewrite`: the message on standard output, what became of it on standard error. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { splitMessage } from '../../src/mail/parse-header.ts';
import { verifyMessage } from '../../src/proof/verify.ts';
import { recordOf } from '../../src/records/dkim/make-key.ts';
import { folder, septet, within } from '../cli/program.ts';
import { zoneWorld } from '../zone-world.ts';

const mail = `From: Shop <news@example.com>\r
To: Reader <reader@example.org>\r
Subject: Spring\r
Date: Mon, 23 Nov 2026 11:00:00 +0000\r
Message-ID: <1@example.com>\r
Content-Type: text/html; charset=utf-8\r
\r
<html><body>\r
<a href="https://example.com/">Shop</a>\r
</body></html>\r
`;
const config = `domains:
  example.com:
    senders: []
    tracking: { host: track, target: app.example.com, opens: false }
`;
const address = /https:\/\/track\.example\.com\/c\/[\w-]+/;

test('a message in, a message out; standard error tells what was put in', async (t) => {
  const place = await folder(t, { 'mail.eml': mail });
  const args = ['--domain', 'example.com', '--tracking', 'track.example.com', '--data', place('data')];
  const run = await septet(['rewrite', place('mail.eml'), ...args], { cwd: place('.') });
  assert.equal(run.code, 0);
  assert.match(
    run.stdout,
    /\r\nList-Unsubscribe: <https:\/\/track\.example\.com\/u\/[\w-]+>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\r\n<html>/,
  );
  assert.match(
    run.stdout,
    /<a href="https:\/\/track\.example\.com\/c\/[\w-]+">Shop<\/a>\r\n<img src="https:\/\/track\.example\.com\/o\//,
  );
  const told = run.stderr.replaceAll('\n  ', ' ');
  assert.match(told, /mail\.eml: 1 link, pixel, List-Unsubscribe\n/);
  assert.match(told, /No key is known to sign anew/);
  assert.equal(statSync(place('data/tracking-keys.json')).mode & 0o777, 0o600);
  // From standard input the same comes out: the same keys, the same ids.
  const piped = await septet(['rewrite', '-', ...args], { cwd: place('.'), input: mail });
  assert.equal(piped.stdout, run.stdout);
  assert.match(piped.stderr, /^Standard input: 1 link/);
});

test('the configuration names host and pixel; a key that is given signs, and the signature holds', async (t) => {
  const key = generateKeyPairSync('ed25519').privateKey;
  const pem = key.export({ format: 'pem', type: 'pkcs8' }).toString();
  const place = await folder(t, { 'mail.eml': mail, 'septet.yaml': config, 'key.pem': pem });
  const run = await within([
    'rewrite',
    place('mail.eml'),
    '--domain',
    'example.com',
    '--config',
    place('septet.yaml'),
    '--data',
    place('data'),
    '--key',
    place('key.pem'),
    '--selector',
    's1',
    '--campaign',
    'spring',
  ]);
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stdout, address);
  assert.doesNotMatch(run.stdout, /<img/, 'the domain wants no opens');
  assert.match(run.stderr, /1 link, List-Unsubscribe, signed with s1/);
  const world = zoneWorld(
    `$ORIGIN example.com.\n@ 60 SOA ns. root. 1 1 1 1 60\ns1._domainkey 60 TXT "${recordOf(key)}"\n`,
  );
  const { header, body } = splitMessage(Buffer.from(run.stdout));
  const pieces = (async function* () {
    yield body;
  })();
  const proof = await verifyMessage(world, { number: 1, header, body: pieces }, { source: 'mail.eml' });
  assert.equal(proof.dkim[0]?.result, 'pass', proof.dkim[0]?.reason ?? 'no signature');
});

test('keys that Septet keeps sign by themselves, unless --no-sign', async (t) => {
  const place = await folder(t, { 'mail.eml': mail });
  const made = await within(['dkim', 'generate', 'example.com', '--state', place('state')]);
  assert.equal(made.code, 0, made.stderr);
  const args = ['rewrite', place('mail.eml'), '--domain', 'example.com', '--tracking', 'track.example.com'];
  const where = ['--data', place('data'), '--state', place('state')];
  const signed = await within([...args, ...where]);
  assert.match(signed.stdout, /^DKIM-Signature: v=1; a=rsa-sha256; c=relaxed\/relaxed; d=example\.com;/);
  const unsigned = await within([...args, ...where, '--no-sign']);
  assert.match(unsigned.stdout, /^From:/);
  assert.doesNotMatch(unsigned.stderr, /No key/);
  const named = await within([...args, ...where, '--selector', 'other']);
  assert.equal(named.code, 2);
  assert.match(named.stderr, /There is no private key other in .*state.*--key/);
});

test('the recipient is the only address in To; several are nobody', async (t) => {
  const several = mail.replace('<reader@example.org>', '<reader@example.org>, b@example.org');
  const place = await folder(t, {
    'one.eml': mail,
    'several.eml': several,
    'cc.eml': mail.replace('Subject', 'Cc: c@example.org\r\nSubject'),
  });
  const args = ['--domain', 'example.com', '--tracking', 'track.example.com', '--data', place('data')];
  const one = await within(['rewrite', place('one.eml'), ...args]);
  const named = await within(['rewrite', place('one.eml'), ...args, '--recipient', 'reader@example.org']);
  assert.equal(one.stdout, named.stdout);
  for (const file of ['several.eml', 'cc.eml']) {
    const nobody = await within(['rewrite', place(file), ...args]);
    assert.doesNotMatch(nobody.stdout, /List-Unsubscribe/);
    assert.match(nobody.stderr.replaceAll('\n  ', ' '), /No single recipient is known.*--recipient/);
  }
});

test('bad input gets a sentence and code 2', async (t) => {
  const place = await folder(t, { 'mail.eml': mail, 'empty.eml': '' });
  const base = ['--domain', 'example.com', '--tracking', 'track.example.com', '--data', place('data')];
  const cases: readonly (readonly [args: readonly string[], sentence: RegExp])[] = [
    [
      [place('mail.eml'), '--domain', 'example.com', '--data', place('data')],
      /No tracking host is known for example\.com.*--tracking/,
    ],
    [[place('mail.eml'), ...base, '--unsubscribe', 'maybe'], /--unsubscribe is keep, replace or none, not maybe/],
    [[place('mail.eml'), ...base, '--campaign', 'x'.repeat(65)], /--campaign has 65 octets, and 64 is the most/],
    [[place('mail.eml'), ...base, '--recipient', 'x'.repeat(321)], /--recipient has 321 octets, and 320 is the most/],
    [[place('mail.eml'), ...base, '--key', place('mail.eml')], /--key needs its selector/],
    [[place('mail.eml'), ...base, '--key', place('mail.eml'), '--selector', 's1'], /mail\.eml .*key/],
    [[place('empty.eml'), ...base], /empty\.eml is empty: there is no message in it/],
    [[place('none.eml'), ...base], /none\.eml cannot be read/],
    [[place('mail.eml'), '--domain', 'https://example.com/', '--tracking', 'x.example'], /is a URL, not a domain/],
    [
      [place('mail.eml'), '--domain', 'example.com', '--config', place('none.yaml'), '--data', place('data')],
      /none\.yaml/,
    ],
    [[place('mail.eml'), ...base.slice(0, 4), '--data', place('mail.eml')], /a file stands where a folder is needed/],
  ];
  for (const [args, sentence] of cases) {
    // oxlint-disable-next-line no-await-in-loop -- one command at a time
    const run = await within(['rewrite', ...args], { env: { SEPTET_CONFIG: '' } });
    assert.equal(run.code, 2, args.join(' '));
    assert.equal(run.stdout, '', args.join(' '));
    assert.match(run.stderr.replaceAll('\n', ' '), sentence);
  }
});

test('what cannot be read passes through octet for octet, and it is told', async (t) => {
  const text = 'From: a@example.com\r\nno empty line\r\n';
  const place = await folder(t, { 'cut.eml': text });
  const run = await within([
    'rewrite',
    place('cut.eml'),
    '--domain',
    'example.com',
    '--tracking',
    't.example.com',
    '--data',
    place('data'),
  ]);
  assert.equal(run.code, 0);
  assert.equal(run.stdout, text);
  assert.match(
    run.stderr.replaceAll('\n  ', ' '),
    /The message cannot be read and passes as it is: no empty line ends its header\./,
  );
  assert.ok(readFileSync(place('data/tracking-keys.json')).length > 100);
});

test('what the section of the relay says holds here too, and options go before it', async (t) => {
  const link = '<a href="https://example.com/unsubscribe?u=1">No more</a>';
  const relay = `relay: { unsubscribe: none, keepUnsubscribeLinks: true }\n${config}`;
  const place = await folder(t, { 'mail.eml': mail.replace('</body>', `${link}\r\n</body>`), 'septet.yaml': relay });
  const args = ['rewrite', place('mail.eml'), '--domain', 'example.com', '--config', place('septet.yaml')];
  const run = await within([...args, '--data', place('data')]);
  assert.equal(run.code, 0, run.stderr);
  assert.ok(run.stdout.includes(link));
  assert.doesNotMatch(run.stdout, /List-Unsubscribe/);
  const other = await within([...args, '--data', place('data'), '--unsubscribe', 'keep']);
  assert.match(other.stdout, /\r\nList-Unsubscribe: </);
});
