import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OrderedOctets } from './ordered-octets.ts';

const textOf = (octets: OrderedOctets): string => new TextDecoder().decode(octets.take());

test('texts stand in the order of their places', () => {
  const octets = new OrderedOctets();
  for (const place of [2, 0, 3, 1, 5]) octets.put(place, `${place},`);
  assert.equal(textOf(octets), '0,1,2,3,');
  octets.put(4, '4,');
  assert.equal(textOf(octets), '0,1,2,3,4,5,');
});

test('texts of any length and script are whole, also where the room ends inside them', () => {
  const texts = ['', 'é'.repeat(200_000), '\u{1f4ec}'.repeat(300_000), 'a'.repeat(1_000_000), ''];
  const octets = new OrderedOctets();
  for (const [place, text] of texts.entries()) octets.put(place, text);
  assert.ok(textOf(octets) === texts.join(''));
});
