import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dnsName } from '../../dns/name.ts';
import { exactTarget, fitsTarget, matchesPattern } from './expectation.ts';

test('a star stands for one or more characters', () => {
  const cases: readonly (readonly [pattern: string, text: string, fits: boolean])[] = [
    ['a.b', 'a.b', true],
    ['a.b', 'a.bc', false],
    ['*.b', 'x.y.b', true],
    ['*.b', '.b', false],
    ['a*b', 'ab', false],
    ['a*', 'a', false],
    ['a*', 'ab', true],
    ['a*b*c', 'axbxc', true],
    ['a*b*c', 'abxc', false],
    ['a*b*c', 'axbc', false],
    ['a*b*c', 'abbbbc', true],
    ['aba*aba', 'ababa', false],
  ];
  for (const [pattern, text, fits] of cases) assert.equal(matchesPattern(pattern, text), fits, `${pattern} ${text}`);
});

test('it agrees with the same pattern as a regular expression', () => {
  const letters = (set: string, maxLength: number): fc.Arbitrary<string> =>
    fc.array(fc.constantFrom(...set), { maxLength }).map((all) => all.join(''));
  fc.assert(
    fc.property(letters('ab*', 7), letters('ab', 10), (pattern, text) => {
      const expected = new RegExp(`^${pattern.replaceAll('*', '.+')}$`).test(text);
      assert.equal(matchesPattern(pattern, text), expected);
    }),
    { numRuns: 3000 },
  );
});

test('the domain is filled in', () => {
  const domain = dnsName('mail.example.com');
  const expect = { type: 'CNAME', targets: ['s1.{dashes}.vendor.test'] } as const;
  assert.ok(fitsTarget(expect, domain, 's1.mail-example-com.vendor.test'));
  assert.equal(exactTarget(expect, domain), 's1.mail-example-com.vendor.test');
  assert.equal(exactTarget({ type: 'CNAME', targets: ['s1.*.vendor.test'] }, domain), undefined);
  assert.equal(exactTarget({ type: 'CNAME' }, domain), undefined);
});
