/** What a configuration may not do to the program: blow up, nest without end, throw. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dnsName } from '../dns/name.ts';
import { exampleConfig } from './example.ts';
import { readConfig, type Config } from './read-config.ts';
import { maxConfigOctets, maxProblems } from './source.ts';

type Env = Readonly<Record<string, string>>;
const read = (text: string, env: Env = {}) => readConfig(text, { file: 'septet.yaml', env });

function good(text: string): Config {
  const result = read(text);
  assert.ok(result.kind === 'good');
  return result.config;
}

function faults(text: string): readonly string[] {
  const result = read(text);
  return result.kind === 'good'
    ? []
    : result.problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
}

test('a byte order mark is no fault', () => {
  assert.equal(good('\ufeffdomains: { a.example: }\n').domains.size, 1);
});

test('aliases may share a block, and may not blow it up', () => {
  const shared = 'domains:\n  a.example: { dns: &d { host: bind, zone: example } }\n  b.example: { dns: *d }\n';
  assert.equal(good(shared).domains.get(dnsName('b.example'))?.intent.zone, 'example');
  const bomb = ['a: &a [x, x, x, x, x, x, x, x, x, x]'];
  for (let i = 0; i < 20; i++)
    bomb.push(`b${i}: &b${i} [${Array.from({ length: 10 }, () => `*${i === 0 ? 'a' : `b${i - 1}`}`).join(', ')}]`);
  const started = performance.now();
  assert.match(faults(bomb.join('\n'))[0] ?? '', /^1:1 Aliases \(\*name\) repeat too much/);
  assert.ok(performance.now() - started < 20_000);
  assert.match(faults('a: &a [*a]\n')[0] ?? '', /^1:8 This alias/);
});

test('large, deep and odd input is refused in bounded time', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['#'.repeat(maxConfigOctets + 1), /larger than 8 MB/],
    ['#\n'.repeat(4_000_000), /more than a million words/],
    [`a: [${'x,'.repeat(4_000_000)}]`, /more than a million words/],
    [`a: [${'x,'.repeat(300_000)}]`, /repeat too much/],
    ['['.repeat(200_000), /^1:33 More than 32 levels/],
    ['- '.repeat(100_000), /More than 32 levels/],
    ['? '.repeat(100_000), /More than 32 levels/],
    [Array.from({ length: 1000 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'), /More than 32 levels/],
    ['domains: "\ue000"', /private use/],
    [Array.from({ length: 10_000 }, (_, i) => `k${i}: 1`).join('\n'), /"k0" is not a key/],
  ];
  for (const [text, fault] of cases) {
    const started = performance.now();
    assert.match(faults(text)[0] ?? '', fault);
    assert.ok(performance.now() - started < 100_000, `${fault} took ${performance.now() - started} ms`);
  }
});

test('hundreds of domains are read in good time', () => {
  const block = exampleConfig.slice(exampleConfig.indexOf('    dns:'), exampleConfig.indexOf('  # A sub-domain'));
  const many = Array.from({ length: 300 }, (_, i) => `  d${i}.example:\n${block.replaceAll(/ +#.*/g, '')}`).join('\n');
  const started = performance.now();
  assert.equal(good(`domains:\n${many}`).domains.size, 300);
  assert.ok(performance.now() - started < 80_000);
});

test('a thousand domains with three inline keys each, and 8 MB of them', () => {
  const key = (selector: string): string =>
    `            - { selector: ${selector}, value: "v=DKIM1; k=rsa; p=${'A'.repeat(572)}" }\n`;
  const domain = (i: number): string =>
    `  d${i}.example:\n    people: false\n    senders:\n      - custom:\n          spf: [ mx, ip4:192.0.2.1 ]\n` +
    `          dkim:\n${key('s1')}${key('s2')}${key('s3')}    dmarc: { reports: d@reports.example }\n`;
  for (const count of [1000, Math.floor((maxConfigOctets - 10) / (domain(9999).length + 1))]) {
    const text = `domains:\n${Array.from({ length: count }, (_, i) => domain(i)).join('')}`;
    const started = performance.now();
    assert.equal(good(text).domains.size, count);
    assert.ok(performance.now() - started < 100_000, `${count} took ${performance.now() - started} ms`);
  }
});

test('mutated examples never make it throw, and every problem has a place', () => {
  const pieces = [
    '{',
    '}',
    '[',
    ']',
    ': ',
    '- ',
    '"',
    "'",
    '\n',
    '\t',
    '&a ',
    '*a',
    '${X}',
    '!t ',
    '|',
    '>',
    '#',
    '\0',
    '😀',
    '? ',
    '%',
    '...',
    '---\n',
  ];
  const edit = fc.record({
    at: fc.nat(exampleConfig.length),
    cut: fc.nat(30),
    put: fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 5 })),
  });
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
      let text = exampleConfig;
      for (const { at, cut, put } of edits) text = text.slice(0, at) + put + text.slice(at + cut);
      const result = read(text, { X: 'x' });
      if (result.kind === 'good') return;
      assert.ok(result.problems.length > 0 && result.problems.length <= maxProblems);
      const lines = text.split('\n').length;
      for (const { line, column, message } of result.problems) {
        assert.ok(line >= 1 && line <= lines + 1 && column >= 1, `${line}:${column}`);
        assert.match(message, /\S/);
      }
    }),
    { numRuns: 150 },
  );
});
