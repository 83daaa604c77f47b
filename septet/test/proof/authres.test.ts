/** The 107 real Authentication-Results values: every `method=result` found, none invented, no crash. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { MethodResult } from '../../src/mail/authres.ts';
import { formatAuthenticationResults } from '../../src/mail/format-authres.ts';
import { parseAuthenticationResults } from '../../src/mail/parse-authres.ts';
import { sharedData } from '../shared-data.ts';

/** Counts without the parser: comments and quoted strings are cut out, then each part between semicolons is looked at. */
function simpleCount(text: string): readonly string[] {
  let bare = text.replaceAll(/"[^"]*"/g, '""');
  for (let before = ''; before !== bare;) {
    before = bare;
    bare = bare.replaceAll(/\([^()]*\)/g, ' ');
  }
  return bare
    .replace(/^i=\d+;/, '')
    .split(';')
    .flatMap((part) => {
      const match = /^\s*([a-z][a-z\d-]*)\s*=\s*([a-z]+)/i.exec(part);
      return match ? [`${match[1]}=${match[2]}`.toLowerCase()] : [];
    });
}

const withoutPlace = ({ at, ...rest }: MethodResult): Omit<MethodResult, 'at'> => {
  assert.ok(at.length > 0);
  return rest;
};

/** Values that differ from what one would expect, with the reason. */
const explained: readonly { readonly holds: string; readonly why: string }[] = [
  { holds: 'header field that the receiving machine', why: 'a sentence: it holds no method=result, so it is bad' },
];

test('authres/headers.json: every result found, none invented', (t) => {
  const file = sharedData(t, 'authres/headers.json');
  if (file === undefined) return;
  const values: unknown = JSON.parse(readFileSync(file, 'utf8'));
  assert.ok(Array.isArray(values));
  assert.equal(values.length, 107);
  let results = 0;
  let clean = 0;
  const repairs = new Map<string, number>();
  for (const text of values) {
    assert.ok(typeof text === 'string');
    const parsed = parseAuthenticationResults(text, { arc: /^i=\d/.test(text) });
    if (parsed.kind === 'bad') {
      const difference = explained.find(({ holds }) => text.includes(holds));
      assert.ok(difference, `${text}: ${parsed.why}`);
      assert.deepEqual(simpleCount(text), []);
      t.diagnostic(`${text}: ${difference.why}`);
      continue;
    }
    const { value } = parsed;
    const found = value.results.map((result) => `${result.method}=${result.result}`);
    assert.deepEqual(found, simpleCount(text), text);
    results += found.length;
    if (value.repairs.length === 0) clean++;
    for (const { code, offset, length } of value.repairs) {
      assert.ok(offset + length <= text.length, text);
      repairs.set(code, (repairs.get(code) ?? 0) + 1);
    }
    // What was understood can be written by the rules and read back. A property without a type gets one then.
    const typed = value.results.map((result) => ({
      ...result,
      properties: result.properties.map((p) => ({ ...p, ptype: p.ptype === '' ? 'policy' : p.ptype })),
    }));
    const again = parseAuthenticationResults(
      formatAuthenticationResults({ ...value, authservId: value.authservId ?? 'microsoft' }),
      { arc: value.instance !== undefined },
    );
    assert.ok(again.kind === 'good');
    assert.deepEqual(again.value.repairs, [], text);
    assert.deepEqual(again.value.results.map(withoutPlace), typed.map(withoutPlace));
  }
  t.diagnostic(`${results} results; ${clean} values keep to the grammar; repairs: ${JSON.stringify([...repairs])}`);
  assert.ok(results > 300, `${results}`);
});
