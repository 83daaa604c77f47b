/** `septet message verify` and `sign` with what no message should be: a sentence each, and the rest goes on. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { zoneWorld } from '../zone-world.ts';
import { folder, serve, within, type Finished } from './program.ts';

const head =
  'From: A <a@shop.example>\r\nTo: b@x.example\r\nSubject: Order\r\nDate: Mon, 23 Nov 2026 11:00:00 +0000\r\nMessage-ID: <1@shop.example>\r\n';
const zone =
  '$ORIGIN .\n$TTL 3600\n@ SOA a.root h.root 1 2 3 4 5\nshop.example. TXT "v=spf1 -all"\n_dmarc.shop.example. TXT "v=DMARC1; p=reject"\n';
const signature = (selector: string): string =>
  `DKIM-Signature: v=1; a=rsa-sha256; d=shop.example; s=${selector}; h=from; bh=AAAA; b=AAAA\r\n`;

async function verified(t: TestContext, mail: string | Uint8Array, ...more: readonly string[]): Promise<Finished> {
  const file = await folder(t, { 'mail.eml': mail, zone });
  return within(['message', 'verify', file('mail.eml'), '--zone', file('zone'), ...more]);
}

test('large, many, deep: read up to a limit, and the report says so', async (t) => {
  const rows: readonly (readonly [mail: string, says: RegExp])[] = [
    [`${head}X-Long: ${'a'.repeat(1 << 20)}\r\n\r\nbody\r\n`, /message\.header\.long_line/],
    [
      `${head}${Array.from({ length: 10_000 }, (_, at) => `X-H${at}: v\r\n`).join('')}\r\nbody\r\n`,
      /5 fields from line 10001 on\s+were passed over/,
    ],
    [
      `${Array.from({ length: 200 }, (_, at) => signature(`s${at}`)).join('')}${head}\r\nbody\r\n`,
      /180 signatures: Only the first 20 of 200\s+signatures are\s+evaluated/,
    ],
    [
      `${head}MIME-Version: 1.0\r\n${Array.from({ length: 1000 }, (_, at) => `Content-Type: multipart/mixed; boundary=b${at}\r\n\r\n--b${at}\r\n`).join('')}\r\nx\r\n`,
      /parts more than 20 deep/,
    ],
    [head.slice(0, -2), /The text ends inside the header/],
    [`${head}X-N: a\0b\r\n\r\nbo\0dy\r\n`, /header\s+holds 1 NUL[^]*body holds 1 NUL octet/],
    [
      `${head}MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n${'<div>'.repeat(1_000_000)}`,
      /message\.html\.clipped/,
    ],
  ];
  for (const [mail, says] of rows) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    const done = await verified(t, mail);
    assert.equal(done.code, 1, done.stderr);
    assert.match(done.stdout, says);
    assert.ok(done.stdout.length < 60_000, `${done.stdout.length} characters`);
    for (const line of done.stdout.split('\n')) assert.ok(line.length <= 80, line);
  }
});

test('what is no message is told, and the others are still verified', async (t) => {
  const file = await folder(t, {
    empty: '',
    text: 'Hello,\nthis is a letter.\n',
    binary: Uint8Array.from({ length: 5000 }, (_, at) => at % 256),
    'mail.eml': `${head}\r\nbody\r\n`,
    zone,
  });
  const files = ['empty', 'text', 'binary', 'none', 'mail.eml'].map(file);
  const done = await within(['message', 'verify', ...files, '--zone', file('zone')]);
  assert.equal(done.code, 2);
  assert.match(done.stderr, /empty is empty: there is no message in it\.\n/);
  assert.match(done.stderr, /text is no message: it has no header\. Give the full source/);
  assert.match(done.stderr, /binary is no message/);
  assert.match(done.stderr, /none cannot be read/);
  assert.match(done.stdout, /mail\.eml +evaluated[^]*policy reject \(p\)/);
});

test('a mailbox file: every message is verified, from a file and from standard input', async (t) => {
  const mbox = Array.from(
    { length: 5 },
    (_, at) =>
      `From a@b Mon Nov 23 11:00:00 2026\n${head.replaceAll('\r\n', '\n').replace('Order', `Order ${at}`)}\nbody\n\n`,
  ).join('');
  const done = await verified(t, mbox, '--ndjson');
  const lines = done.stdout.trimEnd().split('\n');
  assert.deepEqual(
    lines.map((line) => (JSON.parse(line) as { message: { subject: string } }).message.subject),
    ['Order 0', 'Order 1', 'Order 2', 'Order 3', 'Order 4'],
  );
  const file = await folder(t, { zone });
  const piped = await within(['message', 'verify', '-', '--zone', file('zone')], { input: mbox });
  assert.match(piped.stdout, /\nstandard input#5 [^]*5 messages: 5 could not be told\./);
});

test('a key that answers SERVFAIL is a temperror, and the exit code does not call it a failure', async (t) => {
  const { resolver } = zoneWorld(zone);
  const server = await serve(t, async ({ name, type }) =>
    name.includes('_domainkey')
      ? { kind: 'failed', reason: 'servfail', name, type, server: '', chain: [], dnssec: 'unknown' }
      : resolver.query(name, type),
  );
  const file = await folder(t, { 'mail.eml': `${signature('s1')}${head}\r\nbody\r\n` });
  const done = await within(['message', 'verify', file('mail.eml'), '--resolver', server.server, '--json']);
  const { proofs } = JSON.parse(done.stdout) as { proofs: { dkim: { result: string }[] }[] };
  assert.equal(proofs[0]?.dkim[0]?.result, 'temperror');
});

test('sign: what receivers would break is told, what cannot be signed is refused', async (t) => {
  const file = await folder(t, { 'key.pem': '', 'bad.eml': '', 'good.eml': `${head}\r\nbody\r\n` });
  const made = await within(['dkim', 'generate', 'shop.example', '--selector', 's1', '--state', file('state')]);
  assert.equal(made.code, 0, made.stderr);
  const key = `${file('state')}/keys/shop.example/s1.pem`;
  const sign = (mail: string): Promise<Finished> =>
    within(['message', 'sign', '-', '--domain', 'shop.example', '--selector', 's1', '--key', key], { input: mail });
  const good = await sign(`${head}\r\nbody\r\n`);
  assert.deepEqual([good.code, good.stderr], [0, '']);
  assert.ok(good.stdout.startsWith('DKIM-Signature: ') && good.stdout.endsWith(`${head}\r\nbody\r\n`));
  assert.match((await sign('')).stderr, /Standard input is empty/);
  assert.match((await sign(` blank\r\n${head}\r\nbody\r\n`)).stderr, /begins with a blank[^]*Take the line out/);
  assert.match((await sign(`${head}\r\nbo\ndy\r\n`)).stderr, /^-:1: bare CR or LF stand in it/);
  assert.match((await sign(`${head}\r\na\r\n${'x'.repeat(999)}\r\n`)).stderr, /^-:8: the line has 999 octets/);
  assert.match((await sign('To: x@y.example\r\n\r\nbody\r\n')).stderr, /cannot be signed/);
});
