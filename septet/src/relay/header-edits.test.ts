/** Edits of a header give the header that was wanted, name by name. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { headerEdits, withEdits, type HeaderField } from './header-edits.ts';

const field = (name: string, value: string): HeaderField => ({ name, value: ` ${value}` });

test('what is added on top is inserted there, what stands below is added, what changes is changed in its place', () => {
  const before = [field('Received', 'a'), field('Subject', 'old'), field('DKIM-Signature', 'x'), field('X-Own', '1')];
  const after = [
    field('DKIM-Signature', 'new 1'),
    field('DKIM-Signature', 'new 2'),
    field('Received', 'a'),
    field('Subject', 'new'),
    field('DKIM-Signature', 'x'),
    field('List-Unsubscribe', '<u>'),
  ];
  const edits = headerEdits(before, after);
  assert.deepEqual(
    edits.map(({ kind, field: { name, value } }) => `${kind} ${name}:${value}`),
    [
      'change Subject: new',
      'change X-Own:',
      'add List-Unsubscribe: <u>',
      'insert DKIM-Signature: new 2',
      'insert DKIM-Signature: new 1',
    ],
  );
  assert.deepEqual(withEdits(before, edits), after);
  assert.deepEqual(headerEdits(before, before), []);
});

test('whatever the headers are, each name has the fields that were wanted, in their order', () => {
  const fields = fc.array(
    fc.record(
      { name: fc.constantFrom('A', 'B', 'b', 'C'), value: fc.constantFrom(' 1', ' 2', ' 3', ' 1\r\n\t2') },
      { noNullPrototype: true },
    ),
    { maxLength: 8 },
  );
  const byName = (all: readonly HeaderField[], name: string): readonly HeaderField[] =>
    all.filter((one) => one.name.toLowerCase() === name);
  fc.assert(
    fc.property(fields, fields, (before, after) => {
      const made = withEdits(before, headerEdits(before, after));
      for (const name of ['a', 'b', 'c']) assert.deepEqual(byName(made, name), byName(after, name));
      assert.equal(made.length, after.length);
    }),
    { numRuns: 2000 },
  );
});
