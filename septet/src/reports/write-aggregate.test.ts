/** What is written reads back as the same values. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { AggregateRow } from './aggregate.ts';
import { aggregateReader } from './read-aggregate.ts';
import { writeAggregate } from './write-aggregate.ts';
import type { WrittenHead } from './write-aggregate.ts';

/** Text as reports have it: no blanks at its ends, no characters that XML does not have. */
const text = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
  .map((value) => value.replaceAll(/[\p{C}\uFFFD]/gu, '').trim())
  .filter((value) => value !== '');
const domain = fc.domain().map((name) => name.toLowerCase());
const word = <T extends string>(...words: readonly T[]) => fc.constantFrom(...words);
const policy = word('none', 'quarantine', 'reject');
const result = word('none', 'pass', 'fail', 'neutral', 'temperror', 'permerror');

const optional = <T extends object>(shape: { [Key in keyof T]: fc.Arbitrary<T[Key]> }) =>
  fc.record(shape, { requiredKeys: [] });

const row: fc.Arbitrary<AggregateRow> = fc
  .tuple(
    fc.record({
      sourceIp: fc.ipV4(),
      count: fc.nat(1_000_000),
      disposition: word('none', 'quarantine', 'reject', 'pass'),
      dkim: word('pass', 'fail'),
      spf: word('pass', 'fail'),
      headerFrom: domain,
      reasons: fc.array(
        fc.oneof(
          fc.record({ type: word('local_policy', 'mailing_list', 'other') }),
          fc.record({ type: word('trusted_forwarder', 'policy_test_mode'), comment: text }),
        ),
        { maxLength: 2 },
      ),
      dkimAuth: fc.array(fc.record({ domain, selector: domain, result }), { maxLength: 3 }),
      spfAuth: fc.array(fc.oneof(fc.record({ domain, result }), fc.record({ domain, result, scope: word('mfrom') })), {
        maxLength: 1,
      }),
    }),
    optional({ envelopeFrom: domain, envelopeTo: domain }),
  )
  .map(([one, other]) => ({ ...one, ...other }));

const head: fc.Arbitrary<WrittenHead> = fc
  .tuple(
    fc.record({
      reporter: text,
      email: fc.emailAddress(),
      reportId: text,
      range: fc.nat(2_000_000_000).map((begin) => ({ begin, end: begin + 86_399 })),
      policy: fc
        .tuple(
          fc.record({ domain, p: policy }),
          optional({
            sp: policy,
            np: policy,
            adkim: word('r', 's'),
            aspf: word('r', 's'),
            testing: fc.boolean(),
            discoveryMethod: word('psl', 'treewalk'),
          }),
        )
        .map(([one, other]) => ({ ...one, ...other })),
    }),
    optional({ contact: text, generator: text, errors: text.map((error) => [error]) }),
  )
  .map(([one, other]) => ({ ...one, ...other }));

test('what is written reads back as the same values, without repairs', () => {
  fc.assert(
    fc.property(head, fc.array(row, { minLength: 1, maxLength: 5 }), (anyHead, anyRows) => {
      // With the prototype that values have.
      const head = structuredClone(anyHead);
      const rows = structuredClone(anyRows);
      const reader = aggregateReader();
      const seen = reader.write(writeAggregate(head, rows));
      const end = reader.end();
      assert.ok(end.kind === 'good', JSON.stringify(end));
      assert.deepEqual(seen, rows);
      const messages = rows.reduce((sum, { count }) => sum + count, 0);
      assert.deepEqual(end.head, {
        errors: [],
        ...head,
        kind: 'aggregate',
        form: 'RFC 9990',
        extensions: [],
        rows: rows.length,
        messages,
        repairs: [],
      });
    }),
    { numRuns: 500 },
  );
});

test('words that RFC 9990 does not have become other ones with the same meaning', () => {
  const xml = writeAggregate(
    { reporter: 'r', reportId: 'i', range: { begin: 0, end: 1 }, policy: { domain: 'example.com' } },
    [
      {
        sourceIp: '192.0.2.1',
        count: 1,
        disposition: 'none',
        headerFrom: 'example.com',
        reasons: [{ type: 'forwarded', comment: 'by a list' }, { type: 'sampled_out' }],
        dkimAuth: [],
        spfAuth: [{ domain: 'a.example', scope: 'helo', result: 'none' }],
      },
    ],
  );
  const reader = aggregateReader();
  const [row] = reader.write(xml);
  assert.deepEqual(row?.reasons, [
    { type: 'other', comment: 'forwarded: by a list' },
    { type: 'other', comment: 'sampled_out' },
  ]);
  assert.deepEqual(row?.spfAuth, [{ domain: 'a.example', result: 'none' }]);
});
