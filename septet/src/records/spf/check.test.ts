import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectCodes, zoneWorld } from '../../../test/zone-world.ts';
import type { FailingQuestion } from '../../../test/zone-world.ts';
import { dnsName } from '../../dns/name.ts';
import type { Finding } from '../../finding/finding.ts';
import { check } from './check.ts';
import type { SpfContext } from './check.ts';
import { later, rows } from './findings.ts';
import { lookup } from './lookup.ts';
import type { SpfLookupOptions } from './lookup.ts';
import { parse } from './record.ts';

const domain = dnsName('shop.example.org');
const facts = ['spf.lookups.count', 'spf.addresses.total', 'spf.all.softfail'];
const own = 'ip4:185.70.40.10';

interface Scenario {
  /** What this is about. */
  readonly name: string;
  /** The SPF text at the domain, or whole zone lines when `zone` is given. */
  readonly record?: string;
  readonly zone?: string;
  readonly failures?: readonly FailingQuestion[];
  readonly options?: SpfLookupOptions;
  readonly context?: SpfContext;
  /** Exactly these codes appear, each as often as it stands here. */
  readonly codes: readonly string[];
  /** What the findings with a cure say to publish at the domain. */
  readonly mended?: string;
}

const reported = new Set<string>();

async function findingsOf(scenario: Scenario): Promise<readonly Finding[]> {
  const lines = scenario.record === undefined ? '' : `shop.example.org. 300 TXT ${inStrings(scenario.record)}\n`;
  const world = zoneWorld(`${lines}${scenario.zone ?? ''}\nother.example. A 185.70.40.99`, {
    failures: scenario.failures ?? [],
  });
  const seen = await lookup(world, domain, scenario.options);
  return check(structuredClone(seen), scenario.context);
}

/** TXT data in quotes, cut into strings of at most 255 octets (RFC 1035 §3.3). */
function inStrings(text: string): string {
  return (text.match(/.{1,255}/gs) ?? ['']).map((part) => JSON.stringify(part)).join(' ');
}

function run(scenarios: readonly Scenario[]): void {
  for (const scenario of scenarios) {
    test(scenario.name, async () => {
      const findings = await findingsOf(scenario);
      for (const { code } of findings) reported.add(code);
      expectCodes(findings, scenario.codes);
      const sets = findings
        .flatMap((finding) => [...(finding.fix.set ?? [])])
        .filter((set) => set.name === domain && set.action === undefined);
      if (scenario.mended !== undefined) assert.ok(sets.length > 0, 'there is a record to publish');
      for (const set of sets) {
        if (scenario.mended !== undefined) assert.deepEqual(set.data, [scenario.mended]);
        const parsed = parse(set.data[0] ?? '');
        assert.equal(parsed.kind, 'good', set.data.join());
        if (parsed.kind === 'good') assert.deepEqual(parsed.problems, []);
      }
    });
  }
}

/** A record for each of these texts at names below example.org. */
function also(records: Readonly<Record<string, string>>): string {
  return Object.entries(records)
    .map(([name, text]) => `${name}. 300 TXT ${JSON.stringify(text)}`)
    .join('\n');
}

run([
  { name: 'a plain record is fine', record: `v=spf1 ${own} ~all`, codes: facts },
  {
    name: 'a record with -all',
    record: `v=spf1 ${own} -all`,
    codes: ['spf.lookups.count', 'spf.addresses.total', 'spf.all.hardfail_early_reject'],
  },
  {
    name: 'v=spf1 -all on a name that never sends',
    record: 'v=spf1 -all',
    context: { sendsMail: false },
    codes: ['spf.lookups.count'],
  },
  { name: 'no record at all', zone: 'shop.example.org. MX 10 mail.shop.example.org.', codes: ['spf.missing'] },
  {
    name: 'no record, and the senders are known',
    zone: 'shop.example.org. MX 10 mail.shop.example.org.',
    context: { wantedTerms: ['mx', 'include:_spf.google.com'] },
    codes: ['spf.missing'],
    mended: 'v=spf1 mx include:_spf.google.com ~all',
  },
  {
    name: 'no record where only From uses the domain',
    context: { mailFrom: [dnsName('bounce.shop.example.org')] },
    codes: ['spf.missing_from_only'],
    mended: 'v=spf1 -all',
  },
  {
    name: 'no record at a parked name',
    context: { sendsMail: false },
    codes: ['spf.nonsending.missing'],
    mended: 'v=spf1 -all',
  },
  {
    name: 'two records',
    zone: `shop.example.org. TXT "v=spf1 ${own} -all"\nshop.example.org. TXT "v=spf1 include:_spf.mail.example ${own} ~all"`,
    codes: ['spf.multiple'],
    mended: `v=spf1 ${own} include:_spf.mail.example ~all`,
  },
  {
    name: 'the record stands at _spf',
    zone: `_spf.shop.example.org. TXT "v=spf1 ${own} ~all"`,
    codes: ['spf.wrong_location'],
    mended: `v=spf1 ${own} ~all`,
  },
  {
    name: 'www that never sends is no misplaced record',
    zone: 'www.shop.example.org. TXT "v=spf1 -all"',
    codes: ['spf.missing'],
  },
  {
    name: 'v=spf1 with a semicolon',
    record: `v=spf1; ${own} ~all`,
    codes: ['spf.version.bad'],
    mended: `v=spf1 ${own} ~all`,
  },
  {
    name: 'v=spf1 with blanks',
    record: `v = spf1 ${own} ~all`,
    codes: ['spf.version.bad'],
    mended: `v=spf1 ${own} ~all`,
  },
  { name: 'the version without v=', record: 'spf1 mx ~all', codes: ['spf.version.bad'], mended: 'v=spf1 mx ~all' },
  { name: 'other texts are not taken for SPF', record: 'v=verify1 spf', codes: ['spf.missing'] },
  {
    name: 'a blank in front',
    record: ` v=spf1 ${own} ~all`,
    codes: ['spf.version.leading_space'],
    mended: `v=spf1 ${own} ~all`,
  },
  {
    name: 'a Sender ID record is left',
    record: `v=spf1 ${own} ~all`,
    zone: 'shop.example.org. 300 TXT "spf2.0/pra mx -all"',
    codes: [...facts, 'spf.senderid.leftover'],
  },
  { name: 'the question fails', failures: [['shop.example.org', 'TXT', 'servfail']], codes: ['spf.include.temperror'] },
]);

run([
  {
    name: 'ipv4:',
    record: `v=spf1 ipv4:185.70.40.10 ~all`,
    codes: ['spf.syntax.unknown_mechanism'],
    mended: `v=spf1 ${own} ~all`,
  },
  {
    name: 'a bare host',
    record: 'v=spf1 spf.mail.example ~all',
    codes: ['spf.syntax.unknown_mechanism'],
    mended: 'v=spf1 include:spf.mail.example ~all',
  },
  { name: 'nobody can tell what a word means', record: 'v=spf1 moo ~all', codes: ['spf.syntax.unknown_mechanism'] },
  {
    name: 'include=',
    record: `v=spf1 ${own} include=_spf.mail.example ~all`,
    codes: [...facts, 'spf.syntax.equals_for_colon'],
    mended: `v=spf1 ${own} include:_spf.mail.example ~all`,
  },
  {
    name: 'include: x',
    record: 'v=spf1 include: _spf.mail.example ~all',
    codes: ['spf.syntax.space_after_colon'],
    mended: 'v=spf1 include:_spf.mail.example ~all',
  },
  {
    name: 'glued terms',
    record: `v=spf1 ${own}include:_spf.mail.example ~all`,
    codes: ['spf.syntax.missing_space'],
    mended: `v=spf1 ${own} include:_spf.mail.example ~all`,
  },
  {
    name: 'glued all',
    record: 'v=spf1 include:_spf.mail.example~all',
    codes: ['spf.syntax.missing_space'],
    mended: 'v=spf1 include:_spf.mail.example ~all',
  },
  {
    name: 'a token of somebody else stuck to the end',
    record: `v=spf1 ${own} ~allapple-domain-verification=oUMUb`,
    codes: ['spf.syntax.missing_space', 'spf.modifier.unknown'],
    mended: `v=spf1 ${own} ~all`,
  },
  {
    name: 'commas',
    record: `v=spf1 ${own}, mx, ~all`,
    codes: ['spf.syntax.separator', 'spf.syntax.separator'],
    mended: `v=spf1 ${own} mx ~all`,
  },
  {
    name: 'a zero width blank',
    zone: `shop.example.org. TXT "v=spf1 ${own} \\226\\128\\139~all"`,
    codes: ['spf.syntax.character'],
    mended: `v=spf1 ${own} ~all`,
  },
  { name: '--all', record: `v=spf1 ${own} --all`, codes: ['spf.syntax.qualifier'], mended: `v=spf1 ${own} -all` },
  { name: '- all', record: `v=spf1 ${own} - all`, codes: ['spf.syntax.qualifier'], mended: `v=spf1 ${own} -all` },
  {
    name: '-redirect=',
    record: 'v=spf1 -redirect=_spf.mail.example',
    codes: ['spf.syntax.qualifier'],
    mended: 'v=spf1 redirect=_spf.mail.example',
  },
  {
    name: 'an e-mail address in a',
    record: 'v=spf1 mx:info@mail.example ~all',
    codes: ['spf.syntax.url_in_domain', 'spf.mx.empty', 'spf.voids.near', 'spf.lookups.count', 'spf.all.softfail'],
  },
  {
    name: 'an address in a:',
    record: 'v=spf1 a:185.70.40.10 ~all',
    codes: ['spf.syntax.domain_tld'],
    mended: `v=spf1 ${own} ~all`,
  },
  { name: 'a single label', record: 'v=spf1 include:mail ~all', codes: ['spf.syntax.domain_tld'] },
  { name: 'an octet too large', record: 'v=spf1 ip4:185.70.40.300 ~all', codes: ['spf.ip4.invalid'] },
  { name: 'a port', record: `v=spf1 ${own}:25 ~all`, codes: ['spf.ip4.invalid'], mended: `v=spf1 ${own} ~all` },
  {
    name: 'IPv6 in ip4:',
    record: 'v=spf1 ip4:2a01:4f8::1 ~all',
    codes: ['spf.ip4.invalid'],
    mended: 'v=spf1 ip6:2a01:4f8::1 ~all',
  },
  {
    name: 'IPv4 in ip6:',
    record: 'v=spf1 ip6:185.70.40.10 ~all',
    codes: ['spf.ip6.invalid'],
    mended: `v=spf1 ${own} ~all`,
  },
  { name: 'a broken macro', record: 'v=spf1 exists:%{q}.mail.example ~all', codes: ['spf.macro.syntax'] },
  { name: 'a macro in ip4:', record: 'v=spf1 ip4:%{i} ~all', codes: ['spf.macro.in_literal'] },
  { name: 'two redirects', record: 'v=spf1 redirect=a.example redirect=b.example', codes: ['spf.redirect.multiple'] },
  {
    name: 'redirect:',
    record: 'v=spf1 redirect:_spf.mail.example',
    codes: ['spf.redirect.colon'],
    mended: 'v=spf1 redirect=_spf.mail.example',
  },
]);

run([
  {
    name: 'host bits',
    record: 'v=spf1 ip4:185.70.40.5/24 ~all',
    codes: [...facts, 'spf.ip.host_bits'],
    mended: 'v=spf1 ip4:185.70.40.0/24 ~all',
  },
  {
    name: 'host bits in IPv6',
    record: 'v=spf1 ip6:2a01:4f8::5/48 ~all',
    codes: ['spf.lookups.count', 'spf.all.softfail', 'spf.ip.host_bits'],
    mended: 'v=spf1 ip6:2a01:4f8::/48 ~all',
  },
  {
    name: 'a private network',
    record: `v=spf1 ${own} ip4:10.1.0.0/16 ip4:192.168.1.1 ~all`,
    codes: [...facts, 'spf.ip.private', 'spf.ip.private', 'spf.ip.too_broad'],
  },
  {
    name: 'addresses from a manual',
    record: 'v=spf1 ip4:192.0.2.7 ip4:1.2.3.4 ip6:2001:db8::1 ~all',
    codes: [...facts, ...Array<string>(3).fill('spf.ip.documentation')],
  },
  {
    name: 'too broad',
    record: 'v=spf1 ip4:185.0.0.0/8 ip4:46.4.0.0/18 ip6:2a01::/16 ~all',
    codes: [...facts, ...Array<string>(3).fill('spf.ip.too_broad')],
  },
  { name: 'a /20 is not too broad', record: 'v=spf1 ip4:185.70.48.0/20 ~all', codes: facts },
  { name: 'a cloud pool', record: 'v=spf1 ip4:167.99.16.0/20 ~all', codes: [...facts, 'spf.ip.shared_cloud'] },
  { name: 'one address in a cloud is fine', record: 'v=spf1 ip4:167.99.16.5 ~all', codes: facts },
  {
    name: 'a behind a web proxy',
    record: 'v=spf1 a ~all',
    zone: 'shop.example.org. A 104.16.1.1',
    codes: [...facts, 'spf.a.cdn'],
  },
  { name: 'ptr', record: `v=spf1 ${own} ptr ~all`, codes: [...facts, 'spf.ptr.used'] },
  {
    name: 'exists without a macro',
    record: `v=spf1 ${own} exists:other.example ~all`,
    codes: [...facts, 'spf.exists.static'],
  },
  {
    name: 'no all',
    record: `v=spf1 ${own}`,
    codes: ['spf.lookups.count', 'spf.addresses.total', 'spf.all.missing'],
    mended: `v=spf1 ${own} ~all`,
  },
  {
    name: 'terms behind all',
    record: `v=spf1 ~all ${own}`,
    codes: ['spf.lookups.count', 'spf.all.softfail', 'spf.all.not_last'],
    mended: `v=spf1 ${own} ~all`,
  },
  {
    name: '+all',
    record: `v=spf1 ${own} +all`,
    codes: ['spf.lookups.count', 'spf.all.pass'],
    mended: `v=spf1 ${own} ~all`,
  },
  {
    name: '?all',
    record: `v=spf1 ${own} ?all`,
    codes: ['spf.lookups.count', 'spf.addresses.total', 'spf.all.neutral'],
    mended: `v=spf1 ${own} ~all`,
  },
  {
    name: 'redirect beside all',
    record: `v=spf1 ${own} redirect=other.example ~all`,
    codes: [...facts, 'spf.redirect.with_all'],
    mended: `v=spf1 ${own} ~all`,
  },
  { name: 'exp without text', record: `v=spf1 ${own} ~all exp=other.example`, codes: [...facts, 'spf.exp.broken'] },
  {
    name: 'exp with text',
    record: `v=spf1 ${own} ~all exp=why.example`,
    zone: 'why.example. TXT "%{i} may not"',
    codes: facts,
  },
  {
    name: 'an unknown modifier',
    record: `v=spf1 ${own} default=deny ~all`,
    codes: [...facts, 'spf.modifier.unknown'],
    mended: `v=spf1 ${own} ~all`,
  },
  {
    name: 'macros p and l',
    record: `v=spf1 ${own} exists:%{p}.x.example exists:%{l}.x.example ~all`,
    codes: [...facts, 'spf.macro.p', 'spf.macro.local_part', 'spf.macro.not_static'],
  },
  {
    name: 'a term twice',
    record: `v=spf1 ${own} ${own} ~all`,
    codes: [...facts, 'spf.term.duplicate'],
    mended: `v=spf1 ${own} ~all`,
  },
  {
    name: 'an address inside a network',
    record: `v=spf1 ip4:185.70.40.0/24 ${own} ~all`,
    codes: [...facts, 'spf.term.duplicate'],
    mended: 'v=spf1 ip4:185.70.40.0/24 ~all',
  },
  {
    name: 'capitals',
    record: `v=spf1 IP4:185.70.40.10 ~all`,
    codes: [...facts, 'spf.term.case'],
    mended: `v=spf1 ${own} ~all`,
  },
  {
    name: 'a long record',
    record: `v=spf1 ${Array.from({ length: 22 }, (_, k) => `ip4:185.170.140.${k + 100}`).join(' ')} ~all`,
    codes: [...facts, 'spf.size.over_450'],
  },
  {
    name: 'a long answer',
    record: `v=spf1 ${own} ~all`,
    zone: `shop.example.org. 300 TXT "a-site-verification=${'x'.repeat(200)}" "${'y'.repeat(250)}"`,
    codes: [...facts, 'spf.size.over_512'],
  },
]);

const vendor = also({ '_spf.mail.example': 'v=spf1 ip4:185.170.0.0/24 -all' });
const costly = (count: number): string =>
  `v=spf1 ${own} ${Array.from({ length: count }, (_, k) => `a:h${k}.example`).join(' ')} ~all`;
const hosts = Array.from({ length: 12 }, (_, k) => `h${k}.example. A 185.70.41.${k + 1}`).join('\n');

run([
  { name: 'an include', record: `v=spf1 ${own} include:_spf.mail.example ~all`, zone: vendor, codes: facts },
  { name: '7 look-ups', record: costly(7), zone: hosts, codes: facts },
  { name: '8 look-ups', record: costly(8), zone: hosts, codes: [...facts, 'spf.lookups.near'] },
  {
    name: '10 look-ups',
    record: costly(10),
    zone: hosts,
    codes: [...facts, 'spf.lookups.near', 'spf.flatten.suggest'],
  },
  {
    name: '11 look-ups',
    record: costly(11),
    zone: hosts,
    codes: [
      'spf.addresses.total',
      'spf.all.softfail',
      'spf.flatten.suggest',
      'spf.lookups.exceeded',
      'spf.lookups.order_dependent',
    ],
  },
  {
    name: 'one void',
    record: `v=spf1 ${own} a:gone.example ~all`,
    codes: [...facts, 'spf.a.empty', 'spf.voids.near'],
    mended: `v=spf1 ${own} ~all`,
  },
  {
    name: 'three voids',
    record: `v=spf1 ${own} mx a:gone.example exists:lost.example ~all`,
    codes: [...facts, 'spf.a.empty', 'spf.mx.empty', 'spf.exists.static', 'spf.voids.exceeded'],
    mended: `v=spf1 ${own} ~all`,
  },
  {
    name: 'eleven exchanges',
    record: `v=spf1 mx ~all`,
    zone: `${Array.from({ length: 11 }, (_, k) => `shop.example.org. 300 MX 10 h${k}.example.`).join('\n')}\n${hosts}`,
    codes: [...facts, 'spf.mx.too_many'],
  },
  {
    name: 'very many addresses',
    record: 'v=spf1 include:_spf.big.example ~all',
    zone: also({ '_spf.big.example': 'v=spf1 ip4:52.100.0.0/14 -all' }),
    codes: facts,
  },
  {
    name: 'an include without record',
    record: `v=spf1 ${own} include:other.example ~all`,
    codes: [...facts, 'spf.include.no_record'],
    mended: `v=spf1 ${own} ~all`,
  },
  {
    name: 'an include that does not exist, below a domain that does',
    record: `v=spf1 ${own} include:gone.other.example ~all`,
    codes: [...facts, 'spf.include.nxdomain'],
    mended: `v=spf1 ${own} ~all`,
  },
  {
    name: 'an include that anybody can register',
    record: `v=spf1 ${own} include:spf.lapsed.example ~all`,
    codes: [...facts, 'spf.include.nxdomain', 'spf.include.takeover'],
    mended: `v=spf1 ${own} ~all`,
  },
  {
    name: 'an include with two records',
    record: `v=spf1 ${own} include:two.example ~all`,
    zone: 'two.example. TXT "v=spf1 -all"\ntwo.example. TXT "v=spf1 mx -all"',
    codes: [...facts, 'spf.include.multiple_records'],
  },
  {
    name: 'an include with an error',
    record: `v=spf1 ${own} include:bad.example ~all`,
    zone: also({ 'bad.example': 'v=spf1 mo -all' }),
    codes: [...facts, 'spf.include.permerror'],
  },
  {
    name: 'an include that is not answered',
    record: `v=spf1 ${own} include:slow.example ~all`,
    failures: [['slow.example', 'TXT', 'timeout']],
    codes: [...facts, 'spf.include.temperror'],
  },
  {
    name: 'a loop',
    record: `v=spf1 ${own} include:shop.example.org ~all`,
    codes: [...facts, 'spf.include.loop'],
    mended: `v=spf1 ${own} ~all`,
  },
  {
    name: 'a loop further down',
    record: `v=spf1 ${own} include:a.example ~all`,
    zone: also({ 'a.example': 'v=spf1 include:shop.example.org -all' }),
    codes: [...facts, 'spf.include.loop'],
  },
  {
    name: 'an include twice',
    record: `v=spf1 ${own} include:_spf.mail.example include:_spf.mail.example ~all`,
    zone: vendor,
    codes: [...facts, 'spf.include.duplicate'],
    mended: `v=spf1 ${own} include:_spf.mail.example ~all`,
  },
  {
    name: 'an include again below another',
    record: `v=spf1 ${own} include:_spf.mail.example include:a.example ~all`,
    zone: `${vendor}\n${also({ 'a.example': 'v=spf1 include:_spf.mail.example -all' })}`,
    codes: [...facts, 'spf.include.duplicate'],
  },
  {
    name: 'an include that lets everybody pass',
    record: `v=spf1 ${own} include:open.example ~all`,
    zone: also({ 'open.example': 'v=spf1 +all' }),
    codes: ['spf.lookups.count', 'spf.all.softfail', 'spf.include.nested_pass_all'],
    mended: `v=spf1 ${own} ~all`,
  },
  {
    name: 'redirect to nothing',
    record: `v=spf1 ${own} redirect=other.example`,
    codes: ['spf.lookups.count', 'spf.addresses.total', 'spf.redirect.no_record'],
  },
  {
    name: 'redirect to a record',
    record: `v=spf1 ${own} redirect=_spf.mail.example`,
    zone: vendor,
    codes: ['spf.lookups.count', 'spf.addresses.total'],
  },
  { name: 'a macro', record: `v=spf1 ${own} exists:%{i}.x.example ~all`, codes: [...facts, 'spf.macro.not_static'] },
  {
    name: 'an old name of a service',
    record: `v=spf1 ${own} include:_spf.mail.example ~all`,
    zone: vendor,
    context: { senders: [{ kind: 'retired', include: '_spf.mail.example', now: 'spf.new.example', sender: 'Mailer' }] },
    codes: [...facts, 'spf.include.retired'],
    mended: `v=spf1 ${own} include:spf.new.example ~all`,
  },
  {
    name: 'an include that is never read',
    record: `v=spf1 ${own} include:_spf.mail.example ~all`,
    zone: vendor,
    context: { senders: [{ kind: 'not-needed', include: '_spf.mail.example', sender: 'Mailer' }] },
    codes: [...facts, 'spf.include.not_needed'],
    mended: `v=spf1 ${own} ~all`,
  },
]);

test('an include at the domain instead of the MAIL FROM name', async () => {
  const apex = dnsName('example.org');
  const seen = await lookup(zoneWorld(`example.org. TXT "v=spf1 include:_spf.mail.example ~all"\n${vendor}`), apex);
  const senders = [{ kind: 'mail-from', include: '_spf.mail.example', sender: 'Mailer' }] as const;
  const findings = check(seen, { senders });
  for (const { code } of findings) reported.add(code);
  expectCodes(findings, [...facts, 'spf.include.wrong_name']);
  expectCodes(check(seen, { senders, mailFrom: [apex] }), facts);
});

run([
  {
    name: 'a HELO name without a record',
    record: `v=spf1 ${own} ~all`,
    options: { alsoUsed: [dnsName('mail.shop.example.org'), dnsName('out.example')] },
    zone: also({ 'out.example': 'v=spf1 a -all' }),
    codes: [...facts, 'spf.subdomain.uncovered'],
  },
  {
    name: 'a wildcard record',
    record: `v=spf1 ${own} ~all`,
    zone: also({ '*.shop.example.org': 'v=spf1 -all' }),
    codes: [...facts, 'spf.subdomain.wildcard'],
  },
  {
    name: 'MAIL FROM of somebody else',
    record: `v=spf1 ${own} ~all`,
    context: { mailFrom: [dnsName('bounces.mailer.example')] },
    codes: [...facts, 'spf.from.unaligned'],
  },
  {
    name: 'MAIL FROM below the organisation',
    record: `v=spf1 ${own} ~all`,
    context: { mailFrom: [dnsName('bounce.example.org')] },
    codes: facts,
  },
  {
    name: 'the sending addresses',
    record: `v=spf1 ${own} ~all`,
    options: { egress: ['185.70.40.10', '185.70.40.11'] },
    codes: [...facts, 'spf.ip.test', 'spf.ip.test'],
  },
  {
    name: 'a sending address with many names',
    record: `v=spf1 ${own} ptr ~all`,
    zone: Array.from({ length: 11 }, (_, k) => `11.40.70.185.in-addr.arpa. 300 PTR h${k}.example.`).join('\n'),
    options: { egress: ['185.70.40.11'] },
    codes: [...facts, 'spf.ptr.used', 'spf.ptr.over10', 'spf.ip.test'],
  },
]);

test('the verdict for a sending address is an error unless it passes', async () => {
  const findings = await findingsOf({
    name: '',
    record: `v=spf1 ${own} ~all`,
    options: { egress: ['185.70.40.10', '185.70.40.11'] },
    codes: [],
  });
  const verdicts = findings.filter(({ code }) => code === 'spf.ip.test');
  assert.deepEqual(
    verdicts.map(({ severity, state }) => [severity, state]),
    [
      ['info', 'pass'],
      ['error', 'fail'],
    ],
  );
});

test('what is not answered is unknown and never missing', async () => {
  const findings = await findingsOf({ name: '', failures: [['shop.example.org', 'TXT', 'timeout']], codes: [] });
  assert.deepEqual(
    findings.map(({ state }) => state),
    ['unknown'],
  );
});

test('faulty characters are marked in the evidence', async () => {
  const [finding] = await findingsOf({ name: '', record: 'v=spf1 ip4:185.70.40.300 ~all', codes: [] });
  const [evidence] = finding?.evidence ?? [];
  assert.ok(evidence?.kind === 'record');
  const [mark] = evidence.marks ?? [];
  assert.equal(evidence.text.slice(mark?.offset, (mark?.offset ?? 0) + (mark?.length ?? 0)), '185.70.40.300');
});

test('every code of the catalogue occurs in a scenario, and none is also listed for later', () => {
  assert.deepEqual(
    Object.keys(rows).filter((code) => !reported.has(code)),
    [],
  );
  assert.deepEqual(
    Object.keys(later).filter((code) => code in rows),
    [],
  );
});
