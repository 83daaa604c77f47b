import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { inspect } from 'node:util';
import { test } from 'node:test';
import fc from 'fast-check';
import { dnsName } from '../dns/name.ts';
import { encodeQuery, encodeResponse } from '../dns/wire-encode.ts';
import { parseTsigKey, signMessage, tsigAlgorithm, verifyReply, type TsigKey } from './tsig.ts';

const now = Date.UTC(2026, 10, 23, 12) / 1000;
const secret = Buffer.alloc(32, 'a secret');
const name = dnsName('key.example');

function keyOf(algorithm: string, octets: Buffer = secret): TsigKey {
  const parsed = parseTsigKey(name, algorithm, octets.toString('base64'));
  assert.ok(parsed.ok);
  return parsed.key;
}

const hashes = { 'hmac-sha224': 'sha224', 'hmac-sha256': 'sha256', 'hmac-sha384': 'sha384', 'hmac-sha512': 'sha512' };
const query = encodeQuery({ id: 0x1234, name: dnsName('example.com'), type: 'SOA', edns: false }).packet;
const response = encodeResponse({ id: 0x1234, question: { name: dnsName('example.com'), type: 'SOA' }, aa: true });

const wire = (...labels: readonly string[]): Buffer =>
  Buffer.concat([
    ...labels.map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`)),
    Buffer.from([0]),
  ]);
const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255]);
const u48 = (value: number): Buffer => {
  const octets = Buffer.alloc(6);
  octets.writeUIntBE(value, 0, 6);
  return octets;
};

interface Signing {
  readonly algorithm: keyof typeof hashes;
  readonly time?: number;
  readonly error?: number;
  readonly other?: Buffer;
  /** Octets of the MAC that are sent. */
  readonly macOctets?: number;
  readonly requestMac: Buffer;
}

/** A server's signature put together by hand, from RFC 8945 §4.2, §4.3 and §5.3. */
function signed(
  message: Buffer,
  { algorithm, time = now, error = 0, other = Buffer.alloc(0), macOctets, requestMac }: Signing,
): Buffer {
  const owner = wire('key', 'example');
  const tail = [u16(error), u16(other.length), other];
  const variables = [owner, u16(255), Buffer.alloc(4), wire(algorithm), u48(time), u16(300), ...tail];
  const hmac = createHmac(hashes[algorithm], secret);
  hmac.update(Buffer.concat([u16(requestMac.length), requestMac, message, ...variables]));
  const mac = hmac.digest().subarray(0, macOctets);
  const id = message.subarray(0, 2);
  const rdata = Buffer.concat([wire(algorithm), u48(time), u16(300), u16(mac.length), mac, id, ...tail]);
  const record = Buffer.concat([owner, u16(250), u16(255), Buffer.alloc(4), u16(rdata.length), rdata]);
  const out = Buffer.concat([message, record]);
  out.writeUInt16BE(out.readUInt16BE(10) + 1, 10);
  return out;
}

for (const algorithm of Object.keys(hashes) as (keyof typeof hashes)[]) {
  test(`${algorithm}: a request is signed as the standard says`, () => {
    const { message, mac } = signMessage(query, keyOf(algorithm), now);
    const variables = [
      wire('key', 'example'),
      u16(255),
      Buffer.alloc(4),
      wire(algorithm),
      u48(now),
      u16(300),
      u16(0),
      u16(0),
    ];
    const expected = createHmac(hashes[algorithm], secret)
      .update(Buffer.concat([query, ...variables]))
      .digest();
    assert.deepEqual(mac, expected);
    assert.equal(message.readUInt16BE(10), 1, 'one additional record');
    assert.ok(message.includes(mac));
    assert.deepEqual(message.subarray(12, query.length), query.subarray(12));
  });

  test(`${algorithm}: a reply to it is recognised, and only to it`, () => {
    const key = keyOf(algorithm);
    const { mac } = signMessage(query, key, now);
    const reply = signed(response, { algorithm, requestMac: mac });
    assert.deepEqual(verifyReply(reply, key, mac, now), { kind: 'good' });
    assert.equal(verifyReply(reply, key, Buffer.alloc(mac.length), now).kind, 'bad');
    assert.equal(verifyReply(reply, keyOf(algorithm, Buffer.alloc(32, 'other')), mac, now).kind, 'bad');
  });
}

const key = keyOf('hmac-sha256');
const requestMac = signMessage(query, key, now).mac;
const good = signed(response, { algorithm: 'hmac-sha256', requestMac });

test('the id of the reply may have been changed on its way, as forwarders do (RFC 8945 §5.5)', () => {
  const reply = Buffer.from(good);
  reply.writeUInt16BE(0x9999, 0);
  assert.deepEqual(verifyReply(reply, key, requestMac, now), { kind: 'good' });
});

test('no octet of a signed reply can be changed', () => {
  for (let at = 2; at < good.length; at++) {
    const reply = Buffer.from(good);
    reply.writeUInt8(reply.readUInt8(at) ^ 0x01, at);
    assert.notEqual(verifyReply(reply, key, requestMac, now).kind, 'good', `octet ${at}`);
  }
  for (let length = 0; length < good.length; length++) {
    assert.notEqual(verifyReply(good.subarray(0, length), key, requestMac, now).kind, 'good', `${length} octets`);
  }
});

test('a truncated MAC is refused, though its octets are right', () => {
  for (const macOctets of [16, 31, 10]) {
    const reply = signed(response, { algorithm: 'hmac-sha256', requestMac, macOctets });
    const verdict = verifyReply(reply, key, requestMac, now);
    assert.match(verdict.kind === 'bad' ? verdict.detail : verdict.kind, /MAC has \d+ octets, not 32/);
  }
});

test('another algorithm is refused', () => {
  const reply = signed(response, { algorithm: 'hmac-sha512', requestMac });
  assert.match(inspect(verifyReply(reply, key, requestMac, now)), /hmac-sha512/);
});

test('a reply of another time is refused, with both times', () => {
  for (const time of [now - 301, now + 301]) {
    const verdict = verifyReply(signed(response, { algorithm: 'hmac-sha256', requestMac, time }), key, requestMac, now);
    assert.match(
      verdict.kind === 'bad' ? verdict.detail : '',
      /signed at 2026-11-23T1.+, and here it is 2026-11-23T12:00:00Z/,
    );
  }
  const near = signed(response, { algorithm: 'hmac-sha256', requestMac, time: now - 300 });
  assert.equal(verifyReply(near, key, requestMac, now).kind, 'good');
});

test('BADTIME brings the clock of the server', () => {
  const reply = signed(response, { algorithm: 'hmac-sha256', requestMac, error: 18, other: u48(now + 9000) });
  assert.deepEqual(verifyReply(reply, key, requestMac, now), {
    kind: 'good',
    error: 'BADTIME',
    serverSeconds: now + 9000,
  });
});

test('BADKEY and BADSIG come without a signature', () => {
  for (const [error, called] of [
    [16, 'BADSIG'],
    [17, 'BADKEY'],
    [22, 'BADTRUNC'],
  ] as const) {
    const reply = signed(response, { algorithm: 'hmac-sha256', requestMac, error, macOctets: 0 });
    assert.deepEqual(verifyReply(reply, key, requestMac, now), { kind: 'refused', error: called });
  }
});

test('a reply without TSIG is unsigned', () => {
  assert.deepEqual(verifyReply(response, key, requestMac, now), { kind: 'unsigned' });
});

test('whatever comes, nothing is thrown', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat({ max: good.length }), (octets, from) => {
      const reply = Buffer.concat([good.subarray(0, from), octets]);
      assert.notEqual(verifyReply(reply, key, requestMac, now + 1).kind === 'good' && !reply.equals(good), true);
    }),
    { numRuns: 2000 },
  );
});

test('keys are read, and their secret is not shown', () => {
  const text = secret.toString('base64');
  assert.equal(tsigAlgorithm('HMAC-SHA256.'), 'hmac-sha256');
  assert.equal(tsigAlgorithm('hmac-md5.sig-alg.reg.int'), undefined);
  assert.equal(tsigAlgorithm('hmac-sha256-128'), undefined);
  for (const [algorithm, given, said] of [
    ['hmac-md5', text, /hmac-md5 is not offered/],
    ['hmac-sha256', 'not base64!', /not base64/],
    ['hmac-sha256', text.slice(0, -1), /not base64/],
    ['hmac-sha256', '', /not base64/],
  ] as const) {
    const parsed = parseTsigKey(name, algorithm, given);
    assert.ok(!parsed.ok);
    assert.match(parsed.message, said);
    assert.ok(given === '' || !parsed.message.includes(given));
  }
  const shown = `${inspect(key, { depth: 9, showHidden: true })}${JSON.stringify(key)}`;
  assert.ok(!shown.includes(text) && !shown.includes('a secret') && !shown.includes(secret.toString('hex')));
});
