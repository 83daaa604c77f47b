/** The public RFC 7208 suites, run whole. Every difference stands in a table with the section that decides it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluate } from '../../src/records/spf/evaluate.ts';
import { sharedData } from '../shared-data.ts';
import { readSuite } from './suite.ts';
import type { SuiteCase } from './suite.ts';

interface Explained {
  readonly ours: string;
  readonly why: string;
}

const singleLabelRecord =
  'RFC 7208 §7.1 (domain-end): a domain-spec ends in "." and a top-level label, so include:d11 is a syntax error';
const singleLabelDomain = 'RFC 7208 §4.3: a domain of one label is not asked, the result is none';
const unknownModifier =
  'RFC 7208 §6: unknown modifiers are ignored; default= is a memory of older drafts that pyspf keeps in its lax mode and flags in its harsh one';

const suites: readonly {
  readonly file: string;
  readonly cases: number;
  readonly differences: ReadonlyMap<string, Explained>;
}[] = [
  { file: 'spf/rfc7208-tests.yml', cases: 203, differences: new Map() },
  {
    file: 'spf/pyspf-test.yml',
    cases: 16,
    differences: new Map([
      ['default-modifier', { ours: 'neutral', why: unknownModifier }],
      ['default-modifier-harsh', { ours: 'neutral', why: unknownModifier }],
    ]),
  },
  {
    file: 'spf/blitiri-tests.yml',
    cases: 21,
    differences: new Map([
      ['resolution-with-10-lookups', { ours: 'permerror', why: singleLabelRecord }],
      ['mx-resolution-10-terms', { ours: 'none', why: singleLabelDomain }],
      ['mx-resolution-11-terms', { ours: 'none', why: singleLabelDomain }],
      ['one-mx-not-found', { ours: 'none', why: singleLabelDomain }],
      ['all-mx-not-found', { ours: 'none', why: singleLabelDomain }],
      ['include-not-found', { ours: 'none', why: singleLabelDomain }],
      ['redirect-not-found', { ours: 'none', why: singleLabelDomain }],
    ]),
  },
];

for (const suite of suites) {
  test(`${suite.file}: every case as expected or explained`, (t) => {
    const file = sharedData(t, suite.file);
    if (file === undefined) return;
    const cases = readSuite(file);
    assert.equal(cases.length, suite.cases);
    for (const example of cases) {
      const got = judge(example);
      const explained = suite.differences.get(example.name);
      const label = `${example.scenario} / ${example.name}`;
      if (explained) {
        assert.equal(got.result, explained.ours, label);
        assert.ok(!example.results.includes(got.result), `${label} agrees now: take it out of the table`);
        t.diagnostic(`${example.name}: ${example.results.join('|')} there, ${got.result} here. ${explained.why}`);
        continue;
      }
      assert.ok(
        example.results.includes(got.result),
        `${label}: ${got.result} instead of ${example.results.join(' or ')}`,
      );
      if (example.explanation !== undefined) assert.equal(got.explanation, example.explanation, label);
    }
  });
}

test('the cases with single labels come out as expected once every name has a parent', (t) => {
  const file = sharedData(t, 'spf/blitiri-tests.yml');
  if (file === undefined) return;
  const names = /(?<![\w.-])(mx1[01]|d\d\d|blah\d|doesnotexist|sender|domain)(?![\w.-])/g;
  for (const example of readSuite(file, (text) => text.replaceAll(names, '$1.example'))) {
    assert.ok(example.results.includes(judge(example).result), `${example.name}: ${judge(example).result}`);
  }
});

function judge(example: SuiteCase): { readonly result: string; readonly explanation: string } {
  const result = evaluate(
    { ip: example.ip, helo: example.helo, mailFrom: example.mailFrom, receiver: 'receiver.example' },
    example.source,
  );
  assert.equal(result.kind, 'result', `${example.name}: an answer is missing`);
  if (result.kind !== 'result') throw new TypeError('unreachable');
  return { result: result.result, explanation: result.explanation ?? 'DEFAULT' };
}
