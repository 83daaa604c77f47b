import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import type { LineEnd } from '../../mail/header.ts';
import { bodyHasher } from './body.ts';
import { canonicalBody } from './canonical-body.ts';
import type { CanonicalForm } from './canonical.ts';

/** The two forms in the words of RFC 6376 §3.4.3 and §3.4.4, without regard for memory. */
function byTheBook(text: string, form: CanonicalForm, lineEnd: LineEnd): string {
  let body = lineEnd === 'lf' ? text.replaceAll(/\r?\n/g, '\r\n') : text;
  if (body !== '' && !body.endsWith('\r\n')) body += '\r\n';
  if (form === 'relaxed') body = body.replaceAll(/[ \t]+/g, ' ').replaceAll(/ \r\n/g, '\r\n');
  while (body.endsWith('\r\n\r\n')) body = body.slice(0, -2);
  if (form === 'relaxed') return body === '\r\n' ? '' : body;
  return body === '' ? '\r\n' : body;
}

function canonical(pieces: readonly string[], form: CanonicalForm, lineEnd: LineEnd): string {
  const out: Buffer[] = [];
  const body = canonicalBody(form, lineEnd, (piece) => out.push(Buffer.from(piece)));
  for (const piece of pieces) body.write(Buffer.from(piece, 'latin1'));
  const octets = body.end();
  const text = Buffer.concat(out).toString('latin1');
  assert.equal(octets, text.length);
  return text;
}

test('RFC 6376 §3.4.5: the example of both forms of a body', () => {
  const body = ' C \r\nD \t E\r\n\r\n\r\n';
  assert.equal(canonical([body], 'relaxed', 'crlf'), ' C\r\nD E\r\n');
  assert.equal(canonical([body], 'simple', 'crlf'), ' C \r\nD \t E\r\n');
});

test('what has no text: simple is one line end, relaxed is nothing', () => {
  for (const body of ['', '\r\n', '\r\n\r\n\r\n']) {
    assert.equal(canonical([body], 'simple', 'crlf'), '\r\n');
    assert.equal(canonical([body], 'relaxed', 'crlf'), '');
  }
  assert.equal(canonical([' \t\r\n \r\n'], 'relaxed', 'crlf'), '');
  assert.equal(canonical([' '], 'relaxed', 'crlf'), '');
  assert.equal(canonical([' '], 'simple', 'crlf'), ' \r\n');
});

test('the hashes of an empty body that RFC 6376 §3.4.3 and §3.4.4 print', () => {
  const hasher = bodyHasher(
    [
      { form: 'simple', hash: 'sha1' },
      { form: 'simple', hash: 'sha256' },
      { form: 'relaxed', hash: 'sha1' },
      { form: 'relaxed', hash: 'sha256' },
    ],
    'crlf',
  );
  assert.deepEqual(
    hasher.end().map(({ digest }) => digest.toString('base64')),
    [
      'uoq1oCgLlTqpdDX/iUbLy7J1Wic=',
      'frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=',
      '2jmj7l5rSw0yVb/vlWAYkK/YBwk=',
      '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=',
    ],
  );
});

test('a bare LF is a line end in a file of a Unix system, and an octet in a message with CRLF', () => {
  assert.equal(canonical(['a \n\nb\n\n'], 'relaxed', 'lf'), 'a\r\n\r\nb\r\n');
  assert.equal(canonical(['a \n\nb\n\n'], 'simple', 'lf'), 'a \r\n\r\nb\r\n');
  assert.equal(canonical(['a \n\nb \n\n'], 'relaxed', 'crlf'), 'a \n\nb \n\n\r\n');
  assert.equal(canonical(['a\r\nb\nc\rd\r\n\r\n'], 'simple', 'lf'), 'a\r\nb\r\nc\rd\r\n');
});

test('bare CR is text, also at the end', () => {
  for (const form of ['simple', 'relaxed'] as const) {
    assert.equal(canonical(['a\r\r\nb\r'], form, 'crlf'), 'a\r\r\nb\r\r\n');
    assert.equal(canonical(['a\r', '\r', '\n', 'b', '\r'], form, 'crlf'), 'a\r\r\nb\r\r\n');
    assert.equal(canonical(['a\r\n', '\r', '\n\r'], form, 'crlf'), 'a\r\n\r\n\r\r\n');
  }
});

const piece = fc.oneof(
  fc.constantFrom(
    ' ',
    '  ',
    '\t',
    '\r\n',
    '\r\n',
    '\r\n\r\n',
    '\n',
    '\r',
    'a',
    'word',
    '\0',
    '\xff',
    '.',
    ' \r\n',
    'x y',
  ),
  fc.string({ unit: 'binary-ascii', maxLength: 60 }),
  fc.constantFrom('long '.repeat(600), `${'n'.repeat(76)}\r\n`.repeat(60), '\r\n'.repeat(200)),
);

for (const form of ['simple', 'relaxed'] as const) {
  for (const lineEnd of ['crlf', 'lf'] as const) {
    test(`property: ${form}, ${lineEnd}: as the RFC words it, wherever the pieces are cut`, () => {
      fc.assert(
        fc.property(
          fc.array(piece, { maxLength: 25 }),
          fc.infiniteStream(fc.integer({ min: 1, max: 40 })),
          (parts, cuts) => {
            const text = parts.join('');
            const wanted = byTheBook(text, form, lineEnd);
            assert.equal(canonical([text], form, lineEnd), wanted);
            assert.equal(canonical(parts, form, lineEnd), wanted);
            if (text.length > 2000) return;
            const pieces: string[] = [];
            for (let at = 0; at < text.length;) {
              const size = cuts.next().value ?? 1;
              pieces.push(text.slice(at, at + size));
              at += size;
            }
            assert.equal(canonical(pieces, form, lineEnd), wanted);
            assert.equal(canonical([...text], form, lineEnd), wanted);
          },
        ),
        { numRuns: 300 },
      );
    });
  }
}

test('several signatures in one pass: l= cuts, equal wants agree, octets are those of the whole', () => {
  const text = 'one  two \r\nthree\r\n\r\nfour\r\n\r\n\r\n';
  const wants = [
    { form: 'relaxed', hash: 'sha256' },
    { form: 'simple', hash: 'sha256', length: 11 },
    { form: 'relaxed', hash: 'sha256', length: 0 },
    { form: 'relaxed', hash: 'sha1', length: 9 },
    { form: 'relaxed', hash: 'sha256' },
    { form: 'relaxed', hash: 'sha256', length: 10_000 },
  ] as const;
  const digests = wants.map((want) => {
    const whole = byTheBook(text, want.form, 'crlf');
    const kept = 'length' in want ? whole.slice(0, want.length) : whole;
    return { digest: createHash(want.hash).update(kept, 'latin1').digest(), octets: whole.length };
  });
  for (const size of [1, 2, 3, 7, 100]) {
    const hasher = bodyHasher(wants, 'crlf');
    for (let at = 0; at < text.length; at += size) hasher.write(Buffer.from(text.slice(at, at + size), 'latin1'));
    assert.deepEqual(hasher.end(), digests);
  }
});

test('pieces may be overwritten by the reader after they were given', () => {
  const hasher = bodyHasher([{ form: 'relaxed', hash: 'sha256' }], 'crlf');
  const shared = Buffer.alloc(4);
  for (const word of ['abc ', 'def\r', '\nghi']) {
    shared.write(word, 'latin1');
    hasher.write(shared.subarray(0, word.length));
  }
  const wanted = createHash('sha256').update('abc def\r\nghi\r\n').digest();
  assert.deepEqual(hasher.end()[0]?.digest, wanted);
});
