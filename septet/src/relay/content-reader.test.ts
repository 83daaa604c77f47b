/** The message behind DATA: the same however it is cut into pieces, and the other way round from `dotted`. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import fc from 'fast-check';
import { dotted } from '../world/next-server.ts';
import { contentReader } from './content-reader.ts';
import { room } from './room.ts';

const words = fc.array(fc.constantFrom('.', '\r\n', 'a', '..', '\u00e9', 'line\r\n.', '\r', '\n'), { maxLength: 30 });

function read(octets: Uint8Array, cuts: readonly number[], max = 1000) {
  const memory = room(100_000);
  const reader = contentReader(max, memory);
  let used = 0;
  for (let at = 0, index = 0; at < octets.length && !reader.done; index++) {
    const size = Math.max(1, cuts[index % Math.max(1, cuts.length)] ?? 7);
    used += reader.read(octets.subarray(at, at + size));
    at += size;
  }
  const got = { text: reader.take().toString('latin1'), used, done: reader.done, bare: reader.bare };
  reader.release();
  assert.equal(memory.used(), 0);
  return { ...got, dropped: reader.dropped, eightBit: reader.eightBit };
}

test('what goes out with its dots comes in without them, in any pieces', () => {
  const whole = words.map((parts) => parts.join('').replaceAll(/\r(?!\n)|(?<!\r)\n/g, ''));
  fc.assert(
    fc.property(whole, fc.array(fc.integer({ min: 1, max: 9 })), (text, cuts) => {
      const wire = dotted(Buffer.from(text, 'latin1'));
      const got = read(Buffer.concat([wire, Buffer.from('NOOP\r\n')]), cuts);
      assert.equal(got.text, text === '' || text.endsWith('\r\n') ? text : `${text}\r\n`);
      assert.equal(got.used, wire.length);
      assert.deepEqual([got.done, got.bare, got.eightBit], [true, false, text.includes('\u00e9')]);
    }),
  );
});

test('CR or LF alone is seen in any pieces, and never ends the message', () => {
  fc.assert(
    fc.property(words, fc.array(fc.integer({ min: 1, max: 4 })), (parts, cuts) => {
      const wire = Buffer.from(`${parts.join('')}x\r\n.\r\n`, 'latin1');
      const got = read(wire, cuts);
      const content = wire.toString('latin1', 0, got.used).replace(/(^|\r\n)\.\r\n$/, '$1');
      assert.equal(got.done, true);
      assert.equal(got.bare, /\r(?!\n)|(?<!\r)\n/.test(content));
      assert.equal(got.text, content.replaceAll(/(^|\r\n)\./g, '$1'));
    }),
  );
});

test('more than the limit is counted and not kept; without room nothing is', () => {
  const got = read(Buffer.from(`${'x'.repeat(2000)}\r\n.\r\n`), [64]);
  assert.deepEqual([got.dropped, got.done, got.text], ['too large', true, '']);
  assert.equal(read(Buffer.from(`${'x'.repeat(998)}\r\n.\r\n`), [64]).dropped, undefined);
  const reader = contentReader(1000, room(10));
  reader.read(Buffer.from('abc\r\n.\r\n'));
  assert.deepEqual([reader.dropped, reader.done], ['no room', true]);
});
