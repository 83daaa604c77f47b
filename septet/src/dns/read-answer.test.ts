import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dnsName } from './name.ts';
import { readAnswer } from './read-answer.ts';
import type { Answer, Rdata, RrType } from './rrset.ts';
import { encodeResponse, type ResponseToEncode } from './wire-encode.ts';
import type { WireRecord } from './wire-types.ts';

const asked = dnsName('www.example.test');

function read(response: Omit<ResponseToEncode, 'id'>, type: RrType = 'TXT'): Answer {
  const question = { name: asked, type };
  return readAnswer(encodeResponse({ id: 1, question, ...response }), question, '192.0.2.53:53');
}

const cname = (owner: string, target: string, ttlSeconds = 300): WireRecord => ({
  name: dnsName(owner),
  type: 'CNAME',
  ttlSeconds,
  data: dnsName(target),
});
const txt = (owner: string, text: string, ttlSeconds = 300): WireRecord => ({
  name: dnsName(owner),
  type: 'TXT',
  ttlSeconds,
  data: { strings: [text] },
});
const soa = (owner: string, ttlSeconds: number, minimum: number): WireRecord => {
  const name = dnsName(owner);
  const data: Rdata<'SOA'> = { mname: name, rname: name, serial: 1, refresh: 1, retry: 1, expire: 1, minimum };
  return { name, type: 'SOA', ttlSeconds, data };
};
const ns = (owner: string): WireRecord => ({
  name: dnsName(owner),
  type: 'NS',
  ttlSeconds: 60,
  data: dnsName('ns.example.test'),
});

test('found: the set, its TTL, who said it and how', () => {
  assert.deepEqual(read({ aa: true, answers: [txt('www.example.test', 'hello')] }), {
    kind: 'found',
    name: asked,
    type: 'TXT',
    server: '192.0.2.53:53',
    chain: [],
    dnssec: 'unknown',
    octets: 12 + 22 + 18,
    authoritative: true,
    set: { name: asked, type: 'TXT', ttlSeconds: 300, data: [{ strings: ['hello'] }] },
  });
});

test('the smallest TTL counts, and differing ones are kept (RFC 2181 §5.2)', () => {
  const answer = read({ answers: [txt('www.example.test', 'a', 300), txt('www.example.test', 'b', 60)] });
  assert.ok(answer.kind === 'found');
  assert.equal(answer.set.ttlSeconds, 60);
  assert.deepEqual(answer.set.ttlsSeconds, [300, 60]);
});

test('AD counts from a server that offers recursion only', () => {
  const answers = [txt('www.example.test', 'a')];
  assert.equal(read({ ra: true, ad: true, answers }).dnssec, 'secure');
  assert.equal(read({ ra: true, answers }).dnssec, 'insecure');
  assert.equal(read({ ad: true, answers }).dnssec, 'unknown');
});

test('a chain is followed in order of the names, not of the records', () => {
  const answer = read({
    answers: [
      txt('c.example.test', 'here'),
      cname('b.example.test', 'c.example.test', 20),
      cname('www.example.test', 'b.example.test'),
    ],
  });
  assert.ok(answer.kind === 'found');
  assert.deepEqual(answer.chain, [
    { owner: asked, target: 'b.example.test', ttlSeconds: 300 },
    { owner: 'b.example.test', target: 'c.example.test', ttlSeconds: 20 },
  ]);
  assert.equal(answer.set.name, 'c.example.test');
});

test('a chain that comes back is malformed and shows its hops', () => {
  const answer = read({ answers: [cname('www.example.test', 'b.test'), cname('b.test', 'www.example.test')] });
  assert.ok(answer.kind === 'failed');
  assert.equal(answer.reason, 'malformed');
  assert.equal(answer.detail, 'CNAME loop');
  assert.equal(answer.chain.length, 2);
});

test('records of other owners do not count', () => {
  const answer = read({ answers: [txt('other.test', 'not ours')], authority: [soa('example.test', 60, 60)] });
  assert.equal(answer.kind, 'nodata');
});

test('asking for the CNAME itself does not follow it', () => {
  const answer = read({ answers: [cname('www.example.test', 'b.test')] }, 'CNAME');
  assert.ok(answer.kind === 'found');
  assert.deepEqual(answer.set.data, ['b.test']);
  assert.deepEqual(answer.chain, []);
});

test('absence: zone and negative TTL from the SOA, the smaller of TTL and minimum (RFC 2308 §5)', () => {
  const nodata = read({ authority: [soa('example.test', 900, 300)] });
  assert.ok(nodata.kind === 'nodata' && nodata.zone === 'example.test' && nodata.negativeTtlSeconds === 300);
  const nxdomain = read({ rcode: 3, authority: [soa('example.test', 60, 300)] });
  assert.ok(nxdomain.kind === 'nxdomain' && nxdomain.zone === 'example.test' && nxdomain.negativeTtlSeconds === 60);
});

test('a chain that ends in nothing: the SOA counts only when its zone holds the target', () => {
  const answers = [cname('www.example.test', 'www.other.test')];
  const own = read({ rcode: 3, answers, authority: [soa('other.test', 60, 60)] });
  assert.ok(own.kind === 'nxdomain' && own.zone === 'other.test' && own.chain.length === 1);
  const open = read({ answers, authority: [soa('example.test', 60, 60)] });
  assert.ok(open.kind === 'nodata' && open.zone === undefined);
});

test('compact denial: NOERROR with an NSEC that lists NXNAME (RFC 9824)', () => {
  const nsec: WireRecord = {
    name: asked,
    type: 'NSEC',
    ttlSeconds: 60,
    data: { next: dnsName('\\000.www.example.test'), types: ['RRSIG', 'NSEC', 'TYPE128'] },
  };
  const answer = read({ authority: [soa('example.test', 60, 60), nsec] });
  assert.ok(answer.kind === 'nodata' && answer.nxname === true);
});

test('a referral is no answer', () => {
  const answer = read({ authority: [ns('example.test')] });
  assert.ok(answer.kind === 'failed');
  assert.equal(answer.reason, 'refused');
  assert.match(answer.detail ?? '', /referral to the servers of example\.test/);
});

test('error codes with what the server adds (RFC 8914)', () => {
  const bogus = read({ rcode: 2, edns: { errors: [{ code: 6, text: 'no valid signature' }] } });
  assert.ok(bogus.kind === 'failed');
  assert.equal(bogus.reason, 'servfail');
  assert.equal(bogus.detail, 'SERVFAIL, DNSSEC Bogus (EDE 6): no valid signature');
  const reasons = [1, 4, 5, 9, 16].map((rcode) => {
    const answer = read({ rcode, edns: {} });
    return answer.kind === 'failed' ? `${answer.reason} ${answer.detail}` : answer.kind;
  });
  assert.deepEqual(reasons, [
    'malformed FORMERR',
    'refused NOTIMP',
    'refused REFUSED',
    'refused NOTAUTH',
    'malformed BADVERS',
  ]);
});

test('control characters in an explanation do not reach a terminal', () => {
  const answer = read({ rcode: 2, edns: { errors: [{ code: 0, text: 'a\u001b[31m\r\nb\0' }] } });
  assert.ok(answer.kind === 'failed');
  assert.equal(answer.detail, 'SERVFAIL, Other (EDE 0): a [31m b');
});
