import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { judgeToken, type TokenVerdict } from './token.ts';

const cases: readonly (readonly [TokenVerdict['kind'], string])[] = [
  // What programs for mailings and services write.
  [
    'opaque',
    'https://example.com/subscription/6b8c1f4e-9a3d-4c8e-b1f7-2d5e6a7b8c9d/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0',
  ],
  ['opaque', 'https://example.com/email/unsubscribe/5f3a9c1e7b2d4f6081a2'],
  ['opaque', 'https://example.com/u?t=4fXkQ2mV9sLw7TzR'],
  ['opaque', 'https://u1.ct.sendgrid.net/wf/unsubscribe?upn=u001.abCdEf-2FGhIjKlMnOpQrStUv-3D'],
  ['opaque', 'https://example.com/u?e=jane%40doe.test&sig=a29c83d19fe07b54'],
  ['opaque', 'https://example.com/u/eyJhbGciOiJIUzI1NiJ9.eyJlIjoiamFuZUBkb2UudGVzdCJ9.3q2-7wdGhpc0lzQVNpZ25hdHVyZQ'],
  ['opaque', 'https://example.com/u?id=4711&h=9f86d081884c7d65'],
  // What can be guessed.
  ['address', 'https://example.com/unsubscribe?email=jane@doe.test'],
  ['address', 'https://example.com/unsubscribe/jane%40doe.test/weekly-letter'],
  ['address', `https://example.com/u/${Buffer.from('jane@doe.test').toString('base64url')}`],
  ['number', 'https://example.com/unsubscribe.php?id=4711'],
  ['number', 'https://example.com/list/3/user/123456/unsubscribe'],
  ['number', 'https://example.com/unsubscribe?campaign=spring&user=42'],
  ['short', 'https://example.com/u/x7Q2'],
  ['nothing', 'https://example.com/unsubscribe'],
  ['nothing', 'https://example.com/'],
  ['nothing', 'https://example.com/manage-email-preferences?lang=en'],
  ['nothing', 'https://4fXkQ2mV9sLw7TzR4fXkQ2.example.com/unsubscribe'],
];

for (const [kind, uri] of cases) test(`${kind}: ${uri}`, () => assert.equal(judgeToken(uri).kind, kind));

test('sixteen random octets are opaque in every usual writing', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (octets) => {
      for (const form of ['hex', 'base64url'] as const) {
        const text = Buffer.from(octets).toString(form);
        // By chance one in many thousand looks like words; those of one letter are of the test's making.
        if (new Set(text).size < 8) continue;
        assert.equal(judgeToken(`https://example.com/u/${text}`).kind, 'opaque', text);
        assert.equal(judgeToken(`https://example.com/u?t=${text}`).kind, 'opaque', text);
      }
    }),
  );
});

test('any address is judged, in time that its length bounds', () => {
  fc.assert(
    fc.property(
      fc.string({ maxLength: 200 }),
      (text) => typeof judgeToken(`https://example.com/${text}`).kind === 'string',
    ),
  );
  for (const text of [
    'a@'.repeat(50_000),
    '-'.repeat(100_000),
    'A1'.repeat(50_000),
    'a.'.repeat(50_000),
    '%'.repeat(100_000),
  ]) {
    const started = performance.now();
    judgeToken(`https://example.com/${text}?q=${text}`);
    assert.ok(performance.now() - started < 20_000, text.slice(0, 4));
  }
});
