import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decimalEscapes, nameOf, octalEscapes, readSet } from './sets.ts';
import { escapeXml, find, parseXml, tag, textOf } from './xml.ts';

test('escapes go from decimal to octal and back', () => {
  assert.equal(nameOf('\\052.Example.COM.'), '*.example.com');
  assert.equal(octalEscapes('"caf\\195\\169 \\" \\\\065"'), '"caf\\303\\251 \\" \\\\065"');
  const octet = fc.integer({ min: 0, max: 255 }).map((code) => `\\${String(code).padStart(3, '0')}`);
  const piece = fc.oneof(octet, fc.constantFrom('\\\\', '\\"', 'a', '0', '7', '.', ' '));
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const text = pieces.join('');
      assert.equal(decimalEscapes(octalEscapes(text)), text);
    }),
  );
});

test('what is written as XML is read back', () => {
  const text = fc.string({ unit: fc.constantFrom(...'ab<>&"\' ]') });
  fc.assert(
    fc.property(text, (value) => {
      const root = parseXml(tag('A', tag('B', escapeXml(value)), tag('B', 'second')));
      assert.equal(textOf(root, 'B'), value);
      assert.equal(find(root)?.children.length, 2);
    }),
  );
});

test('XML that is broken, deep or has a DOCTYPE is not read', () => {
  for (const text of [
    '',
    'no XML',
    '<a>',
    '<a></b>',
    '<a/><b/>',
    '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
    '<a>'.repeat(20) + '</a>'.repeat(20),
  ]) {
    assert.equal(parseXml(text), undefined, text.slice(0, 40));
  }
  assert.equal(parseXml('<x:a xmlns:x="u"><b>1</b></x:a>')?.name, 'a');
});

test('a set without values or TTL is no set', () => {
  const set = (inner: string): unknown =>
    readSet(parseXml(`<ResourceRecordSet>${inner}</ResourceRecordSet>`) ?? assert.fail());
  assert.equal(set('<Name>a.</Name><Type>A</Type>'), undefined);
  assert.equal(set('<Name>a.</Name><Type>A</Type><TTL>x</TTL>'), undefined);
  assert.ok(
    set(
      '<Name>a.</Name><Type>NAPTR</Type><TTL>1</TTL><ResourceRecords><ResourceRecord><Value>?</Value></ResourceRecord></ResourceRecords>',
    ),
  );
});
