/** The record texts of libspf2's parser tests: valid or not, as the grammar of RFC 7208 §12 says. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from '../../src/records/spf/record.ts';
import { sharedData } from '../shared-data.ts';

const differences: readonly { readonly holds: RegExp; readonly ours: 'good' | 'bad'; readonly why: string }[] = [
  {
    holds: /ip4:1\.2\.3\.4\/004/,
    ours: 'bad',
    why: 'a prefix length has no leading zeros (RFC 7208 §12, ip4-cidr-length)',
  },
  { holds: / a:\/x?32\/\//, ours: 'bad', why: 'a domain-spec is not empty and ends in a top-level label (§7.1)' },
  { holds: /redirect=softfail/, ours: 'bad', why: 'a single label is no domain-spec (§7.1)' },
  { holds: / mx:a /, ours: 'bad', why: 'a single label is no domain-spec (§7.1)' },
  {
    holds: /a:as%%20\/\/24/,
    ours: 'bad',
    why: 'the domain-spec "as%%20//24/" does not end in a top-level label (§7.1)',
  },
  {
    holds: /a:as%-\/\/24\/\/\//,
    ours: 'bad',
    why: 'the domain-spec "as%-//24/" does not end in a top-level label or a macro (§7.1)',
  },
  {
    holds: /a:as%-\/\/24\/\/4/,
    ours: 'bad',
    why: 'the domain-spec "as%-//24" does not end in a top-level label or a macro (§7.1)',
  },
];

test('spf/libspf2-parser.txt: valid and invalid as expected or explained', (t) => {
  const file = sharedData(t, 'spf/libspf2-parser.txt');
  if (file === undefined) return;
  const blocks = [
    ...readFileSync(file, 'utf8').matchAll(/^spftest spf "(.*)"\n(?:(?!spftest).*\n)*?err-msg\s+\S+ (.*)$/gm),
  ];
  assert.equal(blocks.length, 80);
  for (const [, text = '', message = ''] of blocks) {
    const valid = /^no errors|^Warning/.test(message);
    const got = parse(text).kind;
    const expected = valid ? 'good' : /valid SPF record/.test(message) ? 'other' : 'bad';
    if (got === expected) continue;
    const explained = differences.find((difference) => difference.holds.test(text));
    assert.ok(explained, `${text}: ${got} instead of ${expected} (${message})`);
    assert.equal(got, explained.ours, text);
    t.diagnostic(`${text}: ${expected} there, ${got} here: ${explained.why}`);
  }
});
