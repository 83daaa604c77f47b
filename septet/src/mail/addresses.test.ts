import assert from 'node:assert/strict';
import { globSync, readFileSync, statSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { sharedData } from '../../test/shared-data.ts';
import { maxAddressListCharacters, maxAddressProblems, maxMailboxes, parseAddressList } from './addresses.ts';
import { bodyOf } from './header.ts';
import { parseHeader } from './parse-header.ts';

const latin1 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

/** `Name <local@domain>`, with `{group}` behind and `!` for a domain that is none. */
function shown(text: string): readonly string[] {
  return parseAddressList(text).mailboxes.map(({ displayName, local, domainText, domain, group }) => {
    const name = displayName === undefined ? '' : `${displayName} `;
    return `${name}<${local}@${domain ?? `${domainText}!`}>${group === undefined ? '' : `{${group}}`}`;
  });
}
const problems = (text: string): readonly string[] =>
  parseAddressList(text).problems.map(({ code, offset, length }) => `${code} ${text.slice(offset, offset + length)}`);

test('lists as the grammar has them', () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['ann@example.com', ['<ann@example.com>']],
    ['Ann <ann@Example.COM>, bob@example.com', ['Ann <ann@example.com>', '<bob@example.com>']],
    ['"C. D., \\"x\\"" <c@d.e>', ['C. D., "x" <c@d.e>']],
    ['Ann\r\n B. <a@b.c>', ['Ann B. <a@b.c>']],
    ['Team: a@b.c, D <d@e.f>;, g@h.i', ['<a@b.c>{Team}', 'D <d@e.f>{Team}', '<g@h.i>']],
    ['Undisclosed recipients:;', []],
    ['a@b.c (Ann (x) B)', ['Ann (x) B <a@b.c>']],
    ['Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>', ['Pete <pete@silly.test>']],
    ['"a b"@c.d', ['<a b@c.d>']],
    ['a@[192.0.2.1], b@[IPv6:2001:db8::1]', ['<a@[192.0.2.1]!>', '<b@[IPv6:2001:db8::1]!>']],
    ['=?utf-8?Q?J=C3=A4ne?= =?utf-8?Q?_Doe?= <j@x.de>', ['Jäne Doe <j@x.de>']],
    [latin1('Märy <märy@exämple.net>'), ['Märy <märy@xn--exmple-cua.net>']],
    ['', []],
    [' \r\n ', []],
    ['(only a comment)', []],
  ];
  for (const [text, expected] of cases) {
    assert.deepEqual(shown(text), expected, text);
    assert.deepEqual(problems(text), [], text);
  }
});

test('what is obsolete or faulty is still read, and named with its place', () => {
  const cases: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ['M <@a.b,@c.d:m@e.f>', ['M <m@e.f>'], ['route.obsolete @a.b,@c.d:']],
    ['a@b.c, , d@e.f', ['<a@b.c>', '<d@e.f>'], ['member.empty ,']],
    [', a@b.c', ['<a@b.c>'], ['member.empty ,']],
    ['a@b.c,', ['<a@b.c>'], ['member.empty ']],
    ['j@test   . example', ['<j@test.example>'], []],
    ['John Q. Public <j@x.y>', ['John Q. Public <j@x.y>'], []],
    ['=?utf-8?Q?Doe,_Jane?= <j@x.de>', ['Doe, Jane <j@x.de>'], []],
    ['Ann a@b.c', ['Ann <a@b.c>'], ['text.stray Ann']],
    ['a@b.c Ann', ['<a@b.c>'], ['text.stray Ann']],
    ['A <a@b.c> x', ['A <a@b.c>'], ['text.stray x']],
    ['a@b.c d@e.f', ['<a@b.c>', '<d@e.f>'], ['comma.missing d']],
    ['A <a@b.c> <d@e.f>', ['A <a@b.c>', '<d@e.f>'], ['comma.missing <']],
    ['A <a@b.c> d@e.f', ['A <a@b.c>', '<d@e.f>'], ['comma.missing d']],
    ['a@b.c <d@e.f>', ['a@b.c <d@e.f>'], ['phrase.character @']],
    ['"a@b.c" <d@e.f>', ['a@b.c <d@e.f>'], []],
    ['a@b@c.d', ['<a@b@c.d>'], ['address.several_at a@b@c.d']],
    ['<a@b.c', ['<a@b.c>'], ['angle.unclosed <a@b.c']],
    ['<<a@b.c>>', ['<a@b.c>'], ['angle.stray <', 'text.stray >']],
    ['"A <a@b.c>', ['"A <a@b.c>'], ['quote.unclosed "A <a@b.c>']],
    ['A (x <a@b.c>', ['A (x <a@b.c>'], ['comment.unclosed (x <a@b.c>']],
    ['a@[192.0.2.1', ['<a@[192.0.2.1!>'], ['literal.unclosed [192.0.2.1', 'domain.invalid [192.0.2.1']],
    ['g:;, , a@b.c', ['<a@b.c>'], ['member.empty ,']],
    ['g: a@b.c', ['<a@b.c>{g}'], ['group.unclosed g: a@b.c']],
    ['a@b.c; d@e.f', ['<a@b.c>', '<d@e.f>'], ['group.stray ;']],
    ['g: a@b.c, h: d@e.f;', ['<a@b.c>{g}', 'h: <d@e.f>{g}'], ['text.stray h:', 'group.stray :']],
    ['ann', ['<ann@!>'], ['address.no_domain ann']],
    ['A <ann>', ['A <ann@!>'], ['address.no_domain ann']],
    ['Ann B', [], ['address.missing Ann B']],
    ['<>', [], ['address.missing <']],
    ['<@b.c>', ['<@b.c>'], ['local.empty @']],
    ['a@', ['<a@!>'], ['domain.invalid @']],
    ['a@b..c', ['<a@b..c!>'], ['domain.invalid b..c']],
    ['a@192.0.2.1', ['<a@192.0.2.1!>'], ['domain.invalid 192.0.2.1']],
    ['a@"b.c"', ['<a@b.c!>'], ['domain.invalid "b.c"']],
    ['a@b.c.', ['<a@b.c>'], ['domain.trailing_dot b.c.']],
    [`a@${'x'.repeat(64)}.c`, [`<a@${'x'.repeat(64)}.c!>`], [`domain.invalid ${'x'.repeat(64)}.c`]],
  ];
  for (const [text, expected, codes] of cases) {
    assert.deepEqual(shown(text), expected, text);
    assert.deepEqual(problems(text), codes, text);
  }
});

test('lists are bounded', () => {
  const many = parseAddressList('a@b.c,'.repeat(20_000));
  assert.deepEqual(
    [many.mailboxes.length, many.problems.map((problem) => problem.code)],
    [maxMailboxes, ['limit.mailboxes']],
  );
  const full = parseAddressList('a@b.c,'.repeat(maxMailboxes - 1) + 'a@b.c');
  assert.deepEqual([full.mailboxes.length, full.problems], [maxMailboxes, []]);
  const glued = parseAddressList('<a@b.c>'.repeat(20_000));
  assert.equal(glued.mailboxes.length, maxMailboxes);
  const long = parseAddressList(`a@b.c${' '.repeat(maxAddressListCharacters)}, d@e.f`);
  assert.deepEqual([long.mailboxes.length, long.problems.map((problem) => problem.code)], [1, ['limit.text']]);
  assert.equal(parseAddressList(','.repeat(1000)).problems.length, maxAddressProblems);
});

test('hostile lists take linear time', () => {
  const pieces = [
    '<', '>', '(', '()', '"', '"a"', '[', '@', ',', ';', ':', '.', '<@', '<@:', '"\\', '(\\', '\\"', 'a@b ', '<a>', 'a ',
    '=?', '=?a?q?', '=?a?q?b', '<a.', 'a:', 'a:;', '(a)', '\xe4', '<@a,', 'a.', '\r\n ',
  ]; // prettier-ignore
  for (const piece of pieces) {
    for (const first of ['', '<']) {
      const begun = performance.now();
      parseAddressList(first + piece.repeat(300_000 / piece.length));
      assert.ok(performance.now() - begun < 30_000, JSON.stringify([first, piece]));
    }
  }
});

const words = fc.constantFrom(
  'ann', '@', 'example.com', '<', '>', ',', ';', ':', '.', ' ', '"', '\\', '(', ')', '[', ']', '\r\n ', '=?utf-8?Q?=C3=A4?=',
  '\xe4', '192.0.2.1', '\0',
); // prettier-ignore

test('property: nothing is thrown, places lie in the text, domains are names', () => {
  fc.assert(
    fc.property(fc.array(words, { maxLength: 30 }), (list) => {
      const text = list.join('');
      const read = parseAddressList(text);
      let place = 0;
      for (const { offset, length } of read.problems) {
        assert.ok(offset >= place && length >= 0 && offset + length <= text.length, text);
        place = offset;
      }
      for (const { domain } of read.mailboxes) assert.match(domain ?? 'x', /^[a-z0-9._-]+$/, text);
    }),
    { numRuns: 3000 },
  );
});

test('property: what is written by the grammar is read back', () => {
  const atom = fc.stringMatching(/^[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,8}$/).filter((text) => !text.includes('=?'));
  const name = fc
    .string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 12 })
    .filter((text) => text.trim() === text);
  const domain = fc.array(fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/), { minLength: 2, maxLength: 4 });
  const member = fc.tuple(name, atom, domain);
  fc.assert(
    fc.property(fc.array(member, { minLength: 1, maxLength: 5 }), (members) => {
      const text = members
        .map(([name, local, labels]) => `"${name.replaceAll(/["\\]/g, '\\$&')}"\r\n <${local}@${labels.join('.')}>`)
        .join(',\r\n ');
      const read = parseAddressList(text);
      assert.deepEqual(read.problems, []);
      assert.deepEqual(
        read.mailboxes.map((mailbox) => [mailbox.local, mailbox.domain]),
        members.map(([, local, labels]) => [local, labels.join('.')]),
      );
      for (const [i, [name]] of members.entries()) {
        if (!name.includes('=?')) assert.equal(read.mailboxes[i]!.displayName, name);
      }
    }),
  );
});

test('the From fields of the real messages', (t) => {
  const folder = sharedData(t, 'html/mikel-mail');
  if (folder === undefined) return;
  let addresses = 0;
  const faulty: string[] = [];
  for (const file of globSync(`${folder}/**/*`).filter((name) => statSync(name).isFile())) {
    for (const field of parseHeader(readFileSync(file)).fields) {
      if (field.key !== 'from') continue;
      const read = parseAddressList(bodyOf(field));
      addresses += read.mailboxes.length;
      if (read.problems.length > 0) faulty.push(`${read.problems[0]!.code}: ${bodyOf(field).trim()}`);
    }
  }
  assert.ok(addresses > 95, `${addresses}`);
  assert.deepEqual(faulty, [
    'text.stray: Big Bug bb@bug.com',
    'comma.missing: tim@powerupdev.com concierge@powerupdev.com',
  ]);
});
