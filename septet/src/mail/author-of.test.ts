import assert from 'node:assert/strict';
import { test } from 'node:test';
import { authorOf } from './author-of.ts';
import { parseHeader } from './parse-header.ts';

function author(...fields: readonly string[]): string {
  const read = authorOf(parseHeader(Buffer.from(`To: x@y.z\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`)));
  if (read.kind === 'one') return `one ${read.domain} of ${read.mailboxes.length}`;
  if (read.kind === 'none') return `none: ${read.why}`;
  return `several ${read.domains.join(' ')} of ${read.mailboxes.length} in ${read.fields}`;
}

test('one domain, from one address or several', () => {
  assert.equal(author('From: Ann <ann@Example.com>'), 'one example.com of 1');
  assert.equal(author('from : ann@example.com, bob@EXAMPLE.com'), 'one example.com of 2');
  assert.equal(author('From: "bob@spoofed.test" <ann@example.com>'), 'one example.com of 1');
  assert.equal(author('From: bob@spoofed.test <ann@example.com>'), 'one example.com of 1');
  assert.equal(author('From: ann@bücher.example'), 'one xn--bcher-kva.example of 1');
  assert.equal(author('From: Team: ann@example.com, bob@example.com;'), 'one example.com of 2');
  assert.equal(author('From: ann@example.com, bob@[192.0.2.1]'), 'one example.com of 2');
  assert.equal(author('From: Ann\r\n <ann@\r\n example.com>'), 'one example.com of 1');
});

test('several domains, or several fields', () => {
  assert.equal(author('From: ann@example.com, bob@example.net'), 'several example.com example.net of 2 in 1');
  assert.equal(author('From: ann@example.com bob@example.net'), 'several example.com example.net of 2 in 1');
  assert.equal(author('From: <ann@example.com> <bob@example.net>'), 'several example.com example.net of 2 in 1');
  assert.equal(author('From: a@example.com', 'FROM: b@example.com'), 'several example.com of 2 in 2');
  assert.equal(author('From: a@example.com', 'From:'), 'several example.com of 1 in 2');
  assert.equal(author('From:', 'From:'), 'several  of 0 in 2');
});

test('none, and why', () => {
  assert.equal(author(), 'none: no-field');
  assert.equal(author('From:'), 'none: empty');
  assert.equal(author('From: \r\n '), 'none: empty');
  assert.equal(author('From: Ann B'), 'none: no-address');
  assert.equal(author('From: Nobody:;'), 'none: no-address');
  assert.equal(author('From: ann'), 'none: no-domain');
  assert.equal(author('From: ann@[192.0.2.1]'), 'none: no-domain');
  assert.equal(author('From: ann@example..com'), 'none: no-domain');
});
