import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { createHash, createPrivateKey, generateKeyPairSync, sign as signOctets } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { rfc8463 } from '../../../test/proof/dkim-samples.ts';
import { zoneWorld } from '../../../test/zone-world.ts';
import { dnsName } from '../../dns/name.ts';
import { parseHeader, splitMessage } from '../../mail/parse-header.ts';
import { recordOf } from '../../records/dkim/make-key.ts';
import { bodyHasher } from './body.ts';
import { signHeader, signingFault, signingWant, signMessage, usualHeaders, type SignOptions } from './sign.ts';
import { verifyDkim } from './verify.ts';

/** The keys of RFC 8463 appendix A: both kinds of signature are the same each time they are made. */
const ed25519 = createPrivateKey({
  key: Buffer.concat([
    Buffer.from('302e020100300506032b657004220420', 'hex'),
    Buffer.from(rfc8463.ed25519Seed, 'base64'),
  ]),
  format: 'der',
  type: 'pkcs8',
});
const rsa = createPrivateKey({ key: Buffer.from(rfc8463.rsaPkcs1, 'base64'), format: 'der', type: 'pkcs1' });
const domain = dnsName('football.example.com');
const now = Date.parse('2026-11-23T12:00:00Z');
const split = (text: string) => splitMessage(Buffer.from(text, 'latin1'));
const options = (more: Partial<SignOptions> = {}): SignOptions => ({
  domain,
  selector: 'brisbane',
  keys: [{ key: ed25519 }],
  now,
  ...more,
});
const unfolded = (field: string): string => field.replaceAll('\r\n ', ' ').trim();

/** The header of the sample as the relaxed form has it, written by hand from RFC 6376 §3.4.2. */
const relaxedSample = {
  from: 'from:Joe SixPack <joe@football.example.com>\r\n',
  to: 'to:Suzie Q <suzie@shopping.example.net>\r\n',
  subject: 'subject:Is dinner ready?\r\n',
  date: 'date:Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n',
  messageId: 'message-id:<20030712040037.46341.5F8J@football.example.com>\r\n',
};
const { from, to, subject, date, messageId } = relaxedSample;

test('RFC 8463 appendix A: hand-made text under the printed keys gives the printed signatures', () => {
  const texts = {
    ed25519:
      `${from}${to}${subject}${date}${messageId}` +
      'dkim-signature:v=1; a=ed25519-sha256; c=relaxed/relaxed; d=football.example.com; i=@football.example.com; q=dns/txt; s=brisbane; t=1528637909; h=from : to : subject : date : message-id : from : subject : date; bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=; b=',
    rsa:
      `${from}${to}${subject}${date}${messageId}` +
      'dkim-signature:v=1; a=rsa-sha256; c=relaxed/relaxed; d=football.example.com; i=@football.example.com; q=dns/txt; s=test; t=1528637909; h=from : to : subject : date : message-id : from : subject : date; bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=; b=',
  };
  const printed = (field: string): string => (/b=([^;]*)$/.exec(field)?.[1] ?? '').replaceAll(/\s/g, '');
  const digest = createHash('sha256').update(texts.ed25519).digest();
  assert.equal(signOctets(null, digest, ed25519).toString('base64'), printed(rfc8463.ed25519Field));
  assert.equal(signOctets('sha256', Buffer.from(texts.rsa), rsa).toString('base64'), printed(rfc8463.rsaField));
});

test('known answer, octet by octet: both signatures of the sample message', () => {
  const fields = signMessage(
    split(rfc8463.message),
    options({ keys: [{ key: rsa, selector: 'test' }, { key: ed25519 }] }),
  );
  const wanted = [
    'DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=football.example.com;',
    ' s=test; t=1795435200; h=from:to:subject:date:message-id:from;',
    ' bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=; b=',
    'DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;',
    ' d=football.example.com; s=brisbane; t=1795435200; h=from:to:subject:date:',
    ' message-id:from; bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=; b=',
  ];
  const text = (lines: readonly string[]): Buffer =>
    Buffer.from(
      `${from}${to}${subject}${date}${messageId}dkim-signature:${lines.join('').slice('DKIM-Signature: '.length)}`,
    );
  const digest = createHash('sha256')
    .update(text(wanted.slice(3)))
    .digest();
  const byRsa = signOctets('sha256', text(wanted.slice(0, 3)), rsa).toString('base64');
  const byEd25519 = signOctets(null, digest, ed25519).toString('base64');
  const folded = (lines: readonly string[], value: string): string => {
    const room = 78 - (lines.at(-1)?.length ?? 0);
    const rest = value.slice(room).match(/.{1,77}/g) ?? [];
    return `${[`${lines.join('\r\n')}${value.slice(0, room)}`, ...rest.map((one) => ` ${one}`)].join('\r\n')}\r\n`;
  };
  assert.equal(fields, folded(wanted.slice(0, 3), byRsa) + folded(wanted.slice(3), byEd25519));
  assert.equal(byEd25519, knownEd25519);
});

const knownEd25519 = 'Zz1hnGWAQkCg8XVt2GLoKrgkeJHLfYoaDYUfoHUPjfbXv7mjfkJgPFSrhxU5ki73zixffyAPQJnbe8Zltdw8BQ==';

test('simple/simple and x=: known answer over the octets as they are', () => {
  const fields = signMessage(
    split('FROM :  a@example.com\r\nX: y\r\nTo: b\r\n\r\n a  b \r\n\r\n'),
    options({ form: { header: 'simple', body: 'simple' }, expiresSeconds: 60, headers: ['x'], oversign: [] }),
  );
  const bh = createHash('sha256').update(' a  b \r\n').digest('base64');
  const head = [
    'DKIM-Signature: v=1; a=ed25519-sha256; c=simple/simple;',
    ' d=football.example.com; s=brisbane; t=1795435200; x=1795435260; h=from:x;',
    ` bh=${bh}; b=`,
  ].join('\r\n');
  const digest = createHash('sha256').update(`FROM :  a@example.com\r\nX: y\r\n${head}`).digest();
  const b = signOctets(null, digest, ed25519).toString('base64');
  const room = 78 - ` bh=${bh}; b=`.length;
  assert.equal(fields, `${head}${b.slice(0, room)}\r\n ${b.slice(room)}\r\n`);
});

test('what is in h=: every field of the usual ones, both of one-click unsubscribe, From once more', () => {
  const fields = signMessage(
    split(
      'Received: x\r\nFrom: a\r\nTo: b\r\nto: c\r\nList-Unsubscribe: <https://x.example/>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nX-Mine: 1\r\nDKIM-Signature: v=1\r\nAuthentication-Results: z\r\n\r\n',
    ),
    options(),
  );
  assert.match(unfolded(fields), / h=from:to:to: ?list-unsubscribe: ?list-unsubscribe-post: ?from;/);
  assert.ok(usualHeaders.includes('list-unsubscribe-post') && !usualHeaders.includes('received'));
  const own = signMessage(
    split('From: a\r\nX-Mine: 1\r\nTo: b\r\n\r\n'),
    options({ headers: ['X-Mine', 'Cc'], oversign: ['From', 'Cc'] }),
  );
  assert.match(own, / h=from:x-mine:from:cc;/);
});

test('no line is longer than 78 where that can be, and everything that is signed holds', async () => {
  const keys = [{ key: rsa, selector: 'test' }, { key: ed25519 }];
  const world = zoneWorld(
    (
      [
        ['test', recordOf(rsa)],
        ['brisbane', recordOf(ed25519)],
      ] as const
    )
      .map(([selector, text]) => `${selector}._domainkey.football.example.com. TXT "${text}"\n`)
      .join(''),
  );
  const word = fc.constantFrom('a', ' ', '\t', '\r\n ', '\xe9', 'long-'.repeat(20), ':', ';', '=');
  const header = fc.array(
    fc.tuple(fc.constantFrom('To', 'CC', 'Subject', 'X-A', 'List-Id', 'From'), fc.array(word, { maxLength: 8 })),
    {
      maxLength: 30,
    },
  );
  const body = fc.array(fc.constantFrom('x', ' ', '\r\n', '\n', '\r', '\t', 'word '), { maxLength: 40 });
  const form = fc.constantFrom('simple' as const, 'relaxed' as const);
  await fc.assert(
    fc.asyncProperty(header, body, form, form, async (names, pieces, headerForm, bodyForm) => {
      const lines = names.map(([name, parts]) => `${name}:${parts.join('')}.\r\n`).join('');
      const text = `From: a@football.example.com\r\n${lines}\r\n${pieces.join('')}`;
      const fields = signMessage(split(text), options({ keys, form: { header: headerForm, body: bodyForm } }));
      for (const line of fields.split('\r\n')) assert.ok(line.length <= 78, line);
      const outcomes = await verifyDkim(split(fields + text), world, now);
      assert.deepEqual(
        outcomes.map(({ result }) => result),
        ['pass', 'pass'],
        outcomes[0]?.reason ?? 'there is none',
      );
    }),
    { numRuns: 120 },
  );
});

test('a long domain and selector have a line of their own', () => {
  const long = dnsName(`${'d'.repeat(60)}.${'e'.repeat(60)}.example`);
  const fields = signMessage(split('From: a\r\n\r\nx'), options({ domain: long, selector: 's'.repeat(63) }));
  assert.ok(fields.includes(`\r\n d=${long};\r\n`));
});

test('the hash of the body may be made before, piece by piece', () => {
  const { header, body } = split(rfc8463.message);
  const hasher = bodyHasher([signingWant(options())], header.lineEnd);
  for (const octet of body) hasher.write(Uint8Array.of(octet));
  const digest = hasher.end()[0]?.digest ?? Buffer.alloc(0);
  assert.equal(signHeader(header, digest, options()), signMessage({ header, body }, options()));
});

test('what cannot be signed has a sentence', () => {
  const header = parseHeader(Buffer.from('From: a@example.com\r\n\r\n'));
  const small = generateKeyPairSync('rsa', { modulusLength: 768 }).privateKey;
  const { publicKey } = generateKeyPairSync('ed25519');
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  assert.equal(signingFault(header, options()), undefined);
  const cases: readonly (readonly [given: Partial<SignOptions>, says: RegExp])[] = [
    [{ keys: [] }, /no key/],
    [{ keys: [{ key: small }] }, /768 bits.*RFC 8301/],
    [{ keys: [{ key: publicKey }] }, /private half/],
    [{ keys: [{ key: ec }] }, /not of ec/],
    [{ selector: 'a b' }, /no selector/],
    [{ selector: 'x'.repeat(64) }, /no selector/],
    [{ keys: [{ key: ed25519, selector: '' }] }, /no selector/],
    [{ headers: ['to: x'] }, /no name/],
    [{ oversign: [''] }, /no name/],
  ];
  for (const [given, says] of cases) {
    assert.match(signingFault(header, options(given)) ?? '', says);
    assert.throws(() => signHeader(header, Buffer.alloc(32), options(given)), says);
  }
  assert.match(signingFault(parseHeader(Buffer.from('To: a\r\n\r\n')), options()) ?? '', /no From/);
});
