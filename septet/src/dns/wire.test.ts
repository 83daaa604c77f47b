import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dnsName, parseName, type DnsName } from './name.ts';
import type { Rdata, RrType } from './rrset.ts';
import { readAnswer } from './read-answer.ts';
import { answersQuery, decodeMessage } from './wire-decode.ts';
import { encodeQuery, encodeResponse } from './wire-encode.ts';
import type { Message, WireRecord } from './wire-types.ts';

const shape = <T>(model: { readonly [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<T>;
const octetString = (maxLength: number): fc.Arbitrary<string> =>
  fc.uint8Array({ maxLength }).map((octets) => Buffer.from(octets).toString('latin1'));
const label = fc.oneof(
  { weight: 4, arbitrary: fc.stringMatching(/^[a-z0-9_-]{1,12}$/) },
  octetString(8)
    .filter((text) => text.length > 0)
    .map((text) => [...text].map((char) => `\\${String(char.charCodeAt(0)).padStart(3, '0')}`).join('')),
);
const name: fc.Arbitrary<DnsName> = fc
  .array(label, { maxLength: 5 })
  .map((labels) => parseName(labels.length === 0 ? '.' : labels.join('.')))
  .filter((parsed) => parsed.ok)
  .map((parsed) => parsed.name);
const u8 = fc.integer({ min: 0, max: 255 });
const u16 = fc.integer({ min: 0, max: 65535 });
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const hex = fc.uint8Array({ maxLength: 40 }).map((octets) => Buffer.from(octets).toString('hex'));
const base64 = fc.uint8Array({ maxLength: 80 }).map((octets) => Buffer.from(octets).toString('base64'));
const strings = shape({ strings: fc.array(octetString(255), { minLength: 1, maxLength: 4 }) });
const types = fc.uniqueArray(fc.constantFrom<RrType>('A', 'TXT', 'MX', 'NSEC', 'CAA', 'TYPE128', 'TYPE65280'), {
  minLength: 1,
});
const rdata: { readonly [T in RrType]?: fc.Arbitrary<Rdata<T>> } = {
  A: fc.ipV4(),
  AAAA: fc.constantFrom('2001:db8::1', '::', '::1', '::ffff:192.0.2.1', '2001:db8:0:1:1:1:1:1', 'fe80::', '1::8:0:0:1'),
  CNAME: name,
  DNAME: name,
  NS: name,
  PTR: name,
  MX: shape({ preference: u16, exchange: name }),
  TXT: strings,
  SPF: strings,
  SOA: shape({ mname: name, rname: name, serial: u32, refresh: u32, retry: u32, expire: u32, minimum: u32 }),
  CAA: shape({ flags: u8, tag: fc.stringMatching(/^[a-z]{1,9}$/), value: octetString(60) }),
  TLSA: shape({ usage: u8, selector: u8, matchingType: u8, data: hex }),
  DS: shape({ keyTag: u16, algorithm: u8, digestType: u8, digest: hex }),
  DNSKEY: shape({ flags: u16, protocol: u8, algorithm: u8, publicKey: base64 }),
  RRSIG: shape({
    typeCovered: fc.constantFrom<RrType>('A', 'TXT', 'TYPE65'),
    algorithm: u8,
    labels: u8,
    originalTtl: u32,
    expiration: u32,
    inception: u32,
    keyTag: u16,
    signer: name,
    signature: base64,
  }),
  NSEC: shape({ next: name, types }),
  SRV: shape({ priority: u16, weight: u16, port: u16, target: name }),
  TYPE65: shape({ hex }),
};
const record: fc.Arbitrary<WireRecord> = fc.constantFrom(...(Object.keys(rdata) as RrType[])).chain((type) =>
  shape({
    name,
    type: fc.constant(type),
    ttlSeconds: fc.integer({ min: 0, max: 0x7fffffff }),
    data: rdata[type] as fc.Arbitrary<Rdata<RrType>>,
  }),
);
const records = fc.array(record, { maxLength: 4 });
const response = shape({
  id: u16,
  question: shape({ name, type: fc.constantFrom<RrType>('TXT', 'MX', 'TYPE65') }),
  rcode: fc.integer({ min: 0, max: 23 }),
  aa: fc.boolean(),
  tc: fc.boolean(),
  rd: fc.boolean(),
  ra: fc.boolean(),
  ad: fc.boolean(),
  answers: records,
  authority: records,
  additional: records,
  edns: shape({
    dnssec: fc.boolean(),
    errors: fc.array(shape({ code: fc.constantFrom(6, 9, 4242), text: fc.stringMatching(/^[a-z]{0,9}$/) }), {
      maxLength: 2,
    }),
  }),
});

function decoded(octets: Uint8Array): Message {
  const outcome = decodeMessage(octets);
  assert.equal(outcome.kind, 'message', outcome.kind === 'malformed' ? outcome.detail : '');
  return (outcome as { message: Message }).message;
}

/** Equal sets in any order: a type bitmap has no order of its own. */
const sorted = (list: readonly WireRecord[]): readonly WireRecord[] =>
  list.map((one) => {
    if (one.type !== 'NSEC') return one;
    const nsec = one.data as Rdata<'NSEC'>;
    return { ...one, data: { ...nsec, types: nsec.types.toSorted() } };
  });

test('a response decodes to what was encoded, whatever the types and names', () => {
  fc.assert(
    fc.property(response, (given) => {
      const message = decoded(encodeResponse(given));
      assert.equal(message.id, given.id);
      assert.deepEqual(message.question, given.question);
      assert.equal(message.rcode, given.rcode);
      assert.deepEqual(
        [message.authoritative, message.truncated, message.recursionDesired, message.recursionAvailable],
        [given.aa, given.tc, given.rd, given.ra],
      );
      assert.equal(message.authenticData, given.ad);
      assert.deepEqual(sorted(message.answers), sorted(given.answers));
      assert.deepEqual(sorted(message.authority), sorted(given.authority));
      assert.deepEqual(sorted(message.additional), sorted(given.additional));
      assert.equal(message.edns?.dnssec, given.edns.dnssec);
      assert.deepEqual(
        message.edns?.errors.map(({ code, text }) => ({ code, text })),
        given.edns.errors,
      );
    }),
    { numRuns: 300 },
  );
});

test('a query decodes to its question, with EDNS 1232 and the bits asked for', () => {
  fc.assert(
    fc.property(name, fc.boolean(), fc.boolean(), (asked, dnssec, recursion) => {
      const { packet, questionEnd } = encodeQuery({ id: 4711, name: asked, type: 'TXT', dnssec, recursion });
      const message = decoded(packet);
      assert.deepEqual(message.question, { name: asked, type: 'TXT' });
      assert.equal(message.id, 4711);
      assert.equal(message.recursionDesired, recursion);
      assert.deepEqual(message.edns, { udpOctets: 1232, version: 0, dnssec, errors: [] });
      assert.equal(packet.length, questionEnd + 11);
      const plain = encodeQuery({ name: asked, type: 'TXT', edns: false });
      assert.equal(plain.packet.length, plain.questionEnd);
    }),
  );
});

test('mutated messages never throw and never loop', () => {
  fc.assert(
    fc.property(
      response,
      fc.array(fc.tuple(fc.nat(), u8), { minLength: 1, maxLength: 12 }),
      fc.nat(),
      (given, changes, cut) => {
        const octets = Buffer.from(encodeResponse(given));
        for (const [at, value] of changes) octets[at % octets.length] = value;
        const shortened = cut % 3 === 0 ? octets.subarray(0, cut % (octets.length + 1)) : octets;
        const outcome = decodeMessage(shortened);
        assert.ok(outcome.kind === 'message' || outcome.detail.length > 0);
        assert.ok(readAnswer(shortened, given.question, 'test').kind.length > 0);
      },
    ),
    { numRuns: 2000 },
  );
});

test('random octets never throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (octets) => {
      decodeMessage(octets);
      readAnswer(Buffer.from(octets), { name: dnsName('a.test'), type: 'TXT' }, 'test');
    }),
    { numRuns: 2000 },
  );
});

const header = (answers: number): string => `000081800001${answers.toString(16).padStart(4, '0')}00000000`;
const questionA = '016104746573740000010001';
const malformed = (hexText: string): string => {
  const outcome = decodeMessage(Buffer.from(hexText, 'hex'));
  return outcome.kind === 'malformed' ? outcome.detail : 'decoded';
};

test('a compression pointer to itself, to a later place, and a pair of pointers are refused', () => {
  const self = header(1) + questionA + 'c01800010001000000000004c0000201';
  assert.match(malformed(self), /does not point backwards/);
  const later = header(1) + questionA + 'c0ff00010001000000000004c0000201';
  assert.match(malformed(later), /does not point backwards/);
  const pair = header(1) + questionA + 'c01ac01800010001000000000004c0000201';
  assert.match(malformed(pair), /does not point backwards/);
});

test('what is cut short or does not fill its length is malformed, with the place', () => {
  assert.match(malformed('0000'), /ends inside a value, at octet/);
  assert.match(malformed(header(1) + questionA), /ends inside a value, at octet 24/);
  assert.match(
    malformed(header(1) + questionA + 'c00c00010001000000000005c000020100'),
    /A data with 1 octets too many/,
  );
  assert.match(malformed(header(1) + questionA + 'c00c00100001000000000002056100'), /ends inside a value/);
  assert.match(malformed(header(0) + '41' + '61'.repeat(65) + '0000010001'), /label type/);
});

test('a TTL with the high bit set counts as 0 (RFC 2181 §8)', () => {
  const octets = Buffer.from(header(1) + questionA + 'c00c000100018000012c0004c0000201', 'hex');
  assert.equal(decoded(octets).answers[0]?.ttlSeconds, 0);
  const answer = readAnswer(octets, { name: dnsName('a.test'), type: 'A' }, 'test');
  assert.ok(answer.kind === 'found' && answer.set.ttlSeconds === 0 && answer.set.data[0] === '192.0.2.1');
});

test('records of other classes are left out', () => {
  const chaos = Buffer.from(header(1) + questionA + 'c00c000100030000012c0004c0000201', 'hex');
  assert.deepEqual(decoded(chaos).answers, []);
  assert.equal(readAnswer(chaos, { name: dnsName('a.test'), type: 'A' }, 'test').kind, 'nodata');
});

test('owner names are compressed, and letters come out in lower case', () => {
  const owner = dnsName('mail.example.test');
  const answers: WireRecord[] = [1, 2, 3].map((preference) => ({
    name: owner,
    type: 'MX',
    ttlSeconds: 60,
    data: { preference, exchange: dnsName('mx.example.test') },
  }));
  const octets = encodeResponse({ id: 1, question: { name: owner, type: 'MX' }, answers });
  // 12 header + 23 question + three times (2 name + 10 fixed + 2 preference + exchange: 5, then 2, then 2)
  assert.equal(octets.length, 12 + 23 + 3 * 14 + 5 + 2 + 2);
  const upper = Buffer.from(octets.toString('latin1').replaceAll('example', 'EXAMPLE'), 'latin1');
  assert.deepEqual(decoded(upper), decoded(octets));
});

test('a response answers a query only with the same question', () => {
  const { packet, questionEnd } = encodeQuery({ name: dnsName('a.test'), type: 'TXT' });
  const reply = (given: Parameters<typeof encodeResponse>[0]): boolean =>
    answersQuery(encodeResponse(given), packet, questionEnd);
  assert.equal(reply({ id: 0, question: { name: dnsName('a.test'), type: 'TXT' } }), true);
  assert.equal(reply({ id: 0, question: { name: dnsName('b.test'), type: 'TXT' } }), false);
  assert.equal(reply({ id: 0, question: { name: dnsName('a.test'), type: 'MX' } }), false);
  assert.equal(reply({ id: 0, question: { name: dnsName('a.test.b'), type: 'TXT' } }), false);
  assert.equal(reply({ id: 0, rcode: 1 }), true, 'FORMERR may come without a question');
  assert.equal(reply({ id: 0 }), false, 'an empty success may not');
  assert.equal(answersQuery(packet, packet, questionEnd), false, 'an echoed query is no response');
  const upper = encodeResponse({ id: 0, question: { name: dnsName('a.test'), type: 'TXT' } });
  upper.write('TEST', 15, 'latin1');
  assert.equal(answersQuery(upper, packet, questionEnd), true, 'letters count without case');
});
