/** Random small worlds of SPF records that include each other, for property tests. */
import fc from 'fast-check';
import type { Source } from '../../src/records/spf/answers.ts';
import { evaluate } from '../../src/records/spf/evaluate.ts';
import type { SpfResult } from '../../src/records/spf/trace.ts';
import type { World } from '../../src/world/world.ts';
import { zoneWorld } from '../zone-world.ts';

const count = 6;
const sign = fc.constantFrom('', '', '', '', '', '-', '~', '?');
const ip4 = fc
  .tuple(fc.nat(255), fc.constantFrom('', '/32', '/31', '/30', '/29', '/28', '/26', '/25'))
  .map(([host, prefix]) => `ip4:10.0.0.${host}${prefix}`);
const ip6 = fc
  .tuple(fc.nat(15), fc.constantFrom('', '/127', '/126', '/124'))
  .map(([host, prefix]) => `ip6:2001:db8::${host.toString(16)}${prefix}`);
const host = fc
  .nat(3)
  .chain((k) =>
    fc.constantFrom(
      `a:h${k}.example`,
      `mx:h${k}.example`,
      `a:h${k}.example/30`,
      `mx:h${k}.example/29//126`,
      'a',
      'mx',
      'mx/28',
    ),
  );
const odd = fc.constantFrom(
  'exists:%{i}.list.example',
  'exists:%{ir}.%{d2}.list.example',
  'exists:%{d}',
  'include:%{l}.x.example',
  'a:%{d}',
  'ptr',
  'ptr:h1.example',
  'include:nothing.example',
  'a:gone.example',
);

/** A record at level `k` includes only higher ones, except now and then any. */
const record = (k: number): fc.Arbitrary<string> => {
  const further = fc.oneof(
    { weight: 12, arbitrary: fc.integer({ min: Math.min(k + 1, count), max: count }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: count }) },
  );
  const include = further.map((to) => `include:d${to}.example`);
  const term = fc
    .tuple(
      sign,
      fc.oneof(
        { weight: 8, arbitrary: ip4 },
        { weight: 3, arbitrary: ip6 },
        { weight: 6, arbitrary: include },
        { weight: 3, arbitrary: host },
        { weight: 1, arbitrary: odd },
      ),
    )
    .map(([qualifier, text]) => qualifier + text);
  const end = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(['-all'], ['~all'], ['?all'], []) },
    { weight: 1, arbitrary: fc.constantFrom(['all'], ['-all', 'ip4:10.0.0.9']) },
    { weight: 2, arbitrary: further.map((to) => [`redirect=d${to}.example`]) },
  );
  return fc
    .tuple(fc.array(term, { maxLength: 5 }), end)
    .map(([terms, last]) => ['v=spf1', ...terms, ...last].join(' '));
};

/** Texts of the records at d0.example to d6.example. */
export const forest: fc.Arbitrary<readonly string[]> = fc.tuple(
  ...Array.from({ length: count + 1 }, (_, k) => record(k)),
);

const hosts = `
h0.example. A 10.0.0.1
h0.example. AAAA 2001:db8::1
h0.example. MX 10 h1.example.
h1.example. A 10.0.0.17
h1.example. A 10.0.0.130
h1.example. MX 10 h0.example.
h1.example. MX 20 h2.example.
h2.example. AAAA 2001:db8::8
d0.example. A 10.0.0.40
d0.example. MX 10 h1.example.
d1.example. A 10.0.0.41
d2.example. MX 5 h0.example.
5.0.0.10.in-addr.arpa. PTR h1.d0.example.
h1.d0.example. A 10.0.0.5
10.0.0.5.list.example. A 127.0.0.2
7.0.0.10.d0.example.list.example. A 127.0.0.2
postmaster.x.example. TXT "v=spf1 ip4:10.0.0.64/27 -all"
`;

export function forestWorld(texts: readonly string[]): World {
  const records = texts.map((text, k) => `d${k}.example. 300 TXT ${quoted(text)}`);
  return zoneWorld(`${records.join('\n')}\n${hosts}`);
}

const quoted = (text: string): string => text.replaceAll(/.{1,255}/g, '"$&" ');

/** Every address of the small world, and some outside. */
export const addresses: readonly string[] = [
  ...Array.from({ length: 256 }, (_, k) => `10.0.0.${k}`),
  ...Array.from({ length: 17 }, (_, k) => `2001:db8::${k.toString(16)}`),
  '0.0.0.0',
  '255.255.255.255',
  '9.255.255.255',
  '10.0.1.0',
  '::',
  'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
];

export function judge(ip: string, domain: string, source: Source): SpfResult {
  const result = evaluate({ ip, mailFrom: `postmaster@${domain}`, helo: domain }, source);
  if (result.kind !== 'result') throw new Error(`an answer is missing: ${result.questions.join(' ')}`);
  return result;
}

/** The verdict hangs on a limit of RFC 7208 §4.6.4 and not on what the record says. */
export const hitsLimit = (result: SpfResult): boolean =>
  /^spf\.(?:lookups|voids)\.exceeded$/.test(result.problem?.code ?? '');
