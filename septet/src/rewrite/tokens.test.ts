import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import fc from 'fast-check';
import { dnsName } from '../dns/name.ts';
import { keysForTests } from '../../test/rewrite/keys.ts';
import { maxPathOctets, maxRecipientOctets, maxTargetOctets, tokenReader, tokenWriter } from './tokens.ts';
import type { TrackingIds } from './tracking-token.ts';

const host = dnsName('track.example.com');
const other = dnsName('track.example.net');
const keys = keysForTests(1);
const writer = tokenWriter(keys);
const reader = tokenReader(keys);
const ids: TrackingIds = { message: 'm-1', campaign: 'spring', reader: '0123456789abcdef' };
const pathOf = (address: string): string => {
  assert.ok(address.startsWith(`https://${host}/`), address);
  return address.slice(`https://${host}`.length);
};
const wellFormed = (text: string): boolean => text.isWellFormed();
const idText = fc
  .oneof(
    fc.string({ maxLength: 64 }),
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.uuid(),
    fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), maxLength: 64 }),
  )
  .filter((text) => wellFormed(text) && Buffer.byteLength(text) <= 64);
const anyIds = fc.record({
  message: idText,
  campaign: idText,
  reader: fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 16, maxLength: 16 }),
});
const anyTarget = fc
  .tuple(
    fc.constantFrom('https://', 'http://', 'https://www.', 'http://www.', 'https://www', 'HTTP://'),
    fc.oneof(fc.string({ maxLength: 200 }), fc.string({ unit: 'binary', maxLength: 60 })),
  )
  .map((pieces) => pieces.join(''))
  .filter(wellFormed);

test('what is written is read back, for each kind', () => {
  fc.assert(
    fc.property(anyIds, fc.nat({ max: 100_000 }), anyTarget, fc.string({ maxLength: 100 }), (any, link, target, to) => {
      assert.deepEqual(reader.read(host, pathOf(writer.click(host, any, link, target))), {
        kind: 'good',
        address: { kind: 'click', ...any, link, target },
      });
      assert.deepEqual(reader.read(host, pathOf(writer.open(host, any))), {
        kind: 'good',
        address: { kind: 'open', ...any },
      });
      assert.deepEqual(reader.read(host, pathOf(writer.unsubscribe(host, any, to))), {
        kind: 'good',
        address: { kind: 'unsubscribe', ...any, recipient: to },
      });
    }),
  );
});

const samples = [
  writer.click(host, ids, 7, 'https://www.example.com/a?b=c'),
  writer.open(host, ids),
  writer.unsubscribe(host, ids, 'reader@example.org'),
];

test('every single bit that is turned over is refused, and never with another meaning', () => {
  for (const address of samples) {
    const path = pathOf(address);
    const octets = Buffer.from(path.slice(3), 'base64url');
    for (let bit = 0; bit < octets.length * 8; bit++) {
      const turned = Buffer.from(octets);
      turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const reading = reader.read(host, path.slice(0, 3) + turned.toString('base64url'));
      assert.equal(reading.kind, 'bad', `bit ${bit} of ${path}`);
    }
    for (let at = 0; at < path.length; at++) {
      for (const mask of [1, 2, 4, 8, 16, 32, 64]) {
        const turned = path.slice(0, at) + String.fromCharCode(path.charCodeAt(at) ^ mask) + path.slice(at + 1);
        assert.equal(reader.read(host, turned).kind, 'bad', turned);
      }
    }
  }
});

test('a token that is cut or continued is refused', () => {
  for (const address of samples) {
    const path = pathOf(address);
    for (let length = 0; length < path.length; length++)
      assert.equal(reader.read(host, path.slice(0, length)).kind, 'bad', `${length} of ${path}`);
    for (const more of ['A', 'AAAA', '=', '?x=1', '#', '/', ' ', '%41'])
      assert.equal(reader.read(host, path + more).kind, 'bad', path + more);
  }
});

test('a token of one host is altered at another, and of one kind malformed at another', () => {
  for (const address of samples) {
    const path = pathOf(address);
    assert.deepEqual(reader.read(other, path), { kind: 'bad', why: 'altered' });
    for (const letter of 'cou')
      if (letter !== path[1])
        assert.deepEqual(reader.read(host, `/${letter}${path.slice(2)}`), { kind: 'bad', why: 'malformed' });
  }
});

test('what is wrong is told apart for the count', () => {
  const path = pathOf(samples[0] ?? '');
  assert.deepEqual(tokenReader(keysForTests(2)).read(host, path), { kind: 'bad', why: 'unknown key' });
  const sameId = tokenReader(keysForTests(1, 'of somebody else'));
  assert.deepEqual(sameId.read(host, path), { kind: 'bad', why: 'altered' });
  for (const malformed of ['', '/', '/c', '/c/', '/x/AAAA', '/c/***', '//c/', path.slice(0, 24)])
    assert.deepEqual(reader.read(host, malformed), { kind: 'bad', why: 'malformed' }, malformed);
  assert.deepEqual(reader.read(host, `/c/${'A'.repeat(64 * 1024)}`), { kind: 'bad', why: 'too long' });
});

test('old keys read, the newest signs', () => {
  const both = { ...keys, keys: [...keys.keys, ...keysForTests(2).keys] };
  const path = pathOf(samples[0] ?? '');
  assert.equal(tokenReader(both).read(host, path).kind, 'good');
  const newer = pathOf(tokenWriter(both).click(host, ids, 1, 'https://example.com/'));
  assert.equal(tokenReader(both).read(host, newer).kind, 'good');
  assert.deepEqual(reader.read(host, newer), { kind: 'bad', why: 'unknown key' });
});

test('the longest of everything fits into a path, and more is refused', () => {
  const long: TrackingIds = { ...ids, message: 'ä'.repeat(32), campaign: 'z'.repeat(64) };
  const target = `https://${'é'.repeat((maxTargetOctets - 8) / 2)}`;
  const path = pathOf(writer.click(host, long, 4_000_000_000, target));
  assert.ok(path.length <= maxPathOctets, `${path.length}`);
  const reading = reader.read(host, path);
  assert.ok(reading.kind === 'good' && reading.address.kind === 'click' && reading.address.target === target);
  assert.throws(() => writer.click(host, ids, 1, `https://${'é'.repeat(maxTargetOctets)}`), RangeError);
  assert.throws(() => writer.click(host, ids, 1, `https://${'é'.repeat(maxTargetOctets / 2 + 20)}`), RangeError);
  assert.throws(() => writer.open(host, { ...ids, message: 'x'.repeat(65) }), RangeError);
  assert.throws(() => writer.unsubscribe(host, ids, 'x'.repeat(maxRecipientOctets + 1)), RangeError);
});

test('an address is short, and holds no recipient that can be read', () => {
  const click = writer.click(
    host,
    { ...ids, message: 'f4b2c3d4-0000-4000-8000-1234567890ab' },
    3,
    'https://example.com/',
  );
  assert.ok(pathOf(click).length < 92, click);
  const unsubscribe = samples[2] ?? '';
  const octets = Buffer.from(pathOf(unsubscribe).slice(3), 'base64url').toString('latin1');
  assert.ok(!octets.includes('reader@') && !octets.includes('example.org'));
  assert.equal(unsubscribe, writer.unsubscribe(host, ids, 'reader@example.org'), 'one address for one message');
  assert.notEqual(unsubscribe, writer.unsubscribe(host, { ...ids, message: 'm-2' }, 'reader@example.org'));
});

test('links of several messages and hosts, made in turn, do not get mixed up', () => {
  const second = { ...ids, message: 'm-2' };
  for (const [at, of] of [
    [host, ids],
    [other, ids],
    [other, second],
    [host, second],
    [host, ids],
  ] as const) {
    const address = writer.click(at, of, 1, 'https://example.com/');
    assert.deepEqual(reader.read(at, address.slice(`https://${at}`.length)), {
      kind: 'good',
      address: { kind: 'click', ...of, link: 1, target: 'https://example.com/' },
    });
  }
});

test('no two messages share a nonce', () => {
  const nonceOf = (message: string): string => {
    const path = pathOf(writer.unsubscribe(host, { ...ids, message }, 'reader@example.org'));
    // Behind version, key, message and campaign with their lengths, and the reader.
    const at = 2 + 1 + message.length + 1 + ids.campaign.length + 8;
    return Buffer.from(path.slice(3), 'base64url').toString('hex', at, at + 12);
  };
  assert.equal(nonceOf('m-1'), nonceOf('m-1'));
  assert.notEqual(nonceOf('m-1'), nonceOf('m-2'));
});

test('a pseudonym is the same in every message of a domain, and another elsewhere', () => {
  const domain = dnsName('example.com');
  const one = writer.reader(domain, 'Anna@Example.org');
  assert.match(one, /^[0-9a-f]{16}$/);
  assert.equal(writer.reader(domain, ' anna@example.org'), one);
  assert.notEqual(writer.reader(dnsName('example.net'), 'anna@example.org'), one);
  assert.notEqual(writer.reader(domain, 'anne@example.org'), one);
  const rotated = tokenWriter({ ...keys, keys: [...keys.keys, ...keysForTests(2).keys] });
  assert.equal(rotated.reader(domain, 'anna@example.org'), one, 'also when the key was changed');
});

test('whatever stands in a path, reading it does not throw', () => {
  fc.assert(
    fc.property(fc.constantFrom('/c/', '/o/', '/u/', ''), fc.uint8Array({ maxLength: 120 }), (begin, octets) => {
      octets.set([0x10 | (' cou'.indexOf(begin[1] ?? ' ') & 3), 1].slice(0, octets.length));
      assert.equal(reader.read(host, begin + Buffer.from(octets).toString('base64url')).kind, 'bad');
    }),
    { numRuns: 2000 },
  );
});
