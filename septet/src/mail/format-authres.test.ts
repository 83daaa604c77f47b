import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { MethodResult } from './authres.ts';
import { formatAuthenticationResults, type WritableResults } from './format-authres.ts';
import { parseAuthenticationResults } from './parse-authres.ts';

const word = fc.stringMatching(/^[a-z]([a-z\d-]{0,6}[a-z\d])?$/);
const text = fc.string({ unit: fc.constantFrom(...'aZ09 ;()"\\=@.,/+-_?é'), maxLength: 12 });
const result = fc.record(
  {
    method: word,
    methodVersion: fc.integer({ min: 1, max: 99 }),
    result: word,
    reason: text,
    properties: fc.array(
      fc.record({
        ptype: word,
        property: word,
        value: fc.oneof(text, fc.constantFrom('@example.com', 'a=b@example.com', '', 'a.b')),
      }),
      { maxLength: 4 },
    ),
    comments: fc.array(text, { maxLength: 3 }),
  },
  { requiredKeys: ['method', 'result', 'properties', 'comments'] },
);
const values = fc.record(
  {
    authservId: text,
    version: fc.constantFrom(1, 2),
    instance: fc.integer({ min: 1, max: 50 }),
    results: fc.array(result, { maxLength: 4 }),
  },
  { requiredKeys: ['authservId', 'version', 'results'] },
);

const withoutPlace = ({ at, ...rest }: MethodResult): Omit<MethodResult, 'at'> => {
  assert.ok(at.length > 0);
  return rest;
};

test('parse(format(value)) is the value, and needs no repair', () => {
  fc.assert(
    fc.property(values, (value) => {
      const written = formatAuthenticationResults(value as WritableResults);
      const parsed = parseAuthenticationResults(written, { arc: value.instance !== undefined });
      assert.ok(parsed.kind === 'good', written);
      const { repairs, results, none, ...rest } = parsed.value;
      assert.deepEqual(repairs, [], written);
      assert.equal(none, value.results.length === 0);
      // fast-check makes objects without a prototype.
      const wanted: unknown = JSON.parse(JSON.stringify(value));
      assert.deepEqual({ ...rest, results: results.map(withoutPlace) }, wanted, written);
    }),
    { numRuns: 2000 },
  );
});

test('what it writes', () => {
  assert.equal(formatAuthenticationResults({ authservId: 'mx.example.net', results: [] }), 'mx.example.net; none');
  assert.equal(
    formatAuthenticationResults({
      authservId: 'mx.example.net',
      instance: 1,
      results: [
        {
          method: 'dkim',
          result: 'pass',
          reason: 'good signature',
          comments: ['2048-bit (rsa) key', 'odd)'],
          properties: [
            { ptype: 'header', property: 'i', value: '@example.com' },
            { ptype: 'header', property: 'b', value: 'a/b=' },
            { ptype: '', property: 'action', value: 'line\r\nbreak' },
          ],
        },
      ],
    }),
    String.raw`i=1; mx.example.net; dkim=pass (2048-bit (rsa) key) (odd\)) reason="good signature" header.i=@example.com header.b="a/b=" policy.action="line  break"`,
  );
});
