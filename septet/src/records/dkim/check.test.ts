import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { generateKeyPairSync } from 'node:crypto';
import { after, test } from 'node:test';
import {
  certificate,
  ed25519Key,
  pkcs1Of,
  quoted,
  rsa2048,
  rsaKey,
  rsaModulus,
  spki,
} from '../../../test/dkim-keys.ts';
import { expectCodes, type FailingQuestion, zoneWorld } from '../../../test/zone-world.ts';
import { dnsName } from '../../dns/name.ts';
import type { Finding } from '../../finding/finding.ts';
import { check } from './check.ts';
import { commonSelectors } from './common-selectors.ts';
import type { DkimContext } from './evidence.ts';
import type { SelectorCandidate } from './expectation.ts';
import { later, rows } from './findings.ts';
import { lookupDkim, type DkimLookupOptions } from './lookup.ts';
import { parse } from './record.ts';

const domain = dnsName('example.com');
const seenCodes = new Set<string>();

interface Scenario extends Partial<DkimLookupOptions> {
  readonly context?: DkimContext;
  readonly failures?: readonly FailingQuestion[];
  readonly domain?: string;
}

const given = (...selectors: string[]): readonly SelectorCandidate[] =>
  selectors.map((selector) => ({ selector, origin: 'given' }));
const common: readonly SelectorCandidate[] = commonSelectors.map((selector) => ({ selector, origin: 'common' }));
const aliases = (group: string, target: string, ...selectors: string[]): readonly SelectorCandidate[] =>
  selectors.map((selector) => ({
    selector,
    origin: 'profile',
    group,
    expect: { type: 'CNAME', targets: [target.replace('{s}', selector)] },
  }));

async function scenario(zone: string, codes: readonly string[], options: Scenario = {}): Promise<readonly Finding[]> {
  const world = zoneWorld(zone, options.failures ? { failures: options.failures } : {});
  const selectors = options.selectors ?? [...given('s1'), ...common];
  const name = options.domain ? dnsName(options.domain) : domain;
  const findings = check(await lookupDkim(world, name, { ...options, selectors }), options.context);
  expectCodes(findings, codes);
  for (const { code } of findings) seenCodes.add(code);
  for (const { fix } of findings) {
    for (const { type, data, action } of fix.set ?? []) {
      if (type === 'TXT' && action !== 'remove')
        assert.equal(parse(data[0] ?? '').kind, 'good', `cannot be published: ${data[0]}`);
    }
  }
  return findings;
}

/** Zone text with this key at `s1`. */
const s1 = (...texts: readonly string[]): string =>
  texts.map((text) => `s1._domainkey.example.com. TXT ${quoted(text)}`).join('\n');
const good = `v=DKIM1; k=rsa; p=${rsa2048}`;
const setOf = (findings: readonly Finding[]): string | undefined => findings[0]?.fix.set?.[0]?.data[0];

test('a good key gives nothing to say', async () => {
  await scenario(s1(good), []);
  await scenario(s1(`v=DKIM1; h=sha1:sha256; k=rsa; s=email:x; t=s; n=note; x1=extra; p=${rsa2048}`), []);
  await scenario(s1(`v=DKIM1; p=${rsa2048};`), []);
  const world = zoneWorld(s1(good));
  const observation = await lookupDkim(world, domain, { selectors: given('s1') });
  assert.deepEqual(JSON.parse(JSON.stringify(observation)), observation);
  assert.ok(observation.answers.length >= 2);
});

test('nothing known is unknown, not missing', async () => {
  const [finding] = await scenario('example.com. A 192.0.2.1', ['dkim.none_known'], { selectors: common });
  assert.equal(finding?.state, 'unknown');
  await scenario('google._domainkey.example.com. A 192.0.2.1', ['dkim.none_known'], { selectors: common });
  await scenario('example.com. A 192.0.2.1', [], { selectors: common, context: { sends: false } });
  await scenario('', ['dkim.none_known'], {
    selectors: common,
    failures: [['_domainkey.example.com', '*', 'timeout']],
  });
});

test('a common selector with a key is found', async () => {
  await scenario(`google._domainkey.example.com. TXT ${quoted(good)}`, [], { selectors: common });
  await scenario(`google._domainkey.example.com. TXT ${quoted(good)}`, ['dkim.none_known'], {
    selectors: common,
    probe: 'found-only',
  });
});

test('a given selector without a key', async () => {
  await scenario('example.com. A 192.0.2.1', ['dkim.key.missing']);
  await scenario('s1._domainkey.example.com. A 192.0.2.1', ['dkim.key.missing']);
  await scenario(s1('google-site-verification=abc'), ['dkim.key.missing', 'dkim.record.unrelated_txt']);
  await scenario('example.com. A 192.0.2.1', ['dkim.none_known'], {
    selectors: [{ selector: 'pm', origin: 'profile' }],
  });
  await scenario('example.com. A 192.0.2.1', ['dkim.key.missing'], { selectors: given('a'.repeat(64)) });
  await scenario('example.com. A 192.0.2.1', ['dkim.key.missing'], { selectors: given('') });
});

test('a question that fails says nothing about the key', async () => {
  await scenario('example.com. A 192.0.2.1', [], { failures: [['s1._domainkey.example.com', 'TXT', 'servfail']] });
  const alias = 's1._domainkey.example.com. CNAME s1.vendor.test.';
  await scenario(alias, [], { failures: [['s1.vendor.test', 'TXT', 'timeout']] });
});

test('a key at the wrong name', async () => {
  const findings = await scenario(`s1.example.com. TXT ${quoted(good)}`, ['dkim.name.no_domainkey']);
  assert.deepEqual(findings[0]?.fix.set?.[0]?.name, 's1._domainkey.example.com');
  assert.equal(setOf(findings), good);
  await scenario(`_domainkey.example.com. TXT ${quoted(good)}\n${s1(good)}`, ['dkim.name.no_domainkey']);
  await scenario(`google.example.com. TXT ${quoted(good)}`, ['dkim.name.no_domainkey', 'dkim.none_known'], {
    selectors: [{ selector: 'google', origin: 'profile' }],
  });
  await scenario('s1.example.com. TXT "v=spf1 -all"', ['dkim.key.missing']);
});

test('a key of the parent or a sub-domain', async () => {
  const findings = await scenario(s1(good), ['dkim.name.subdomain_mismatch'], { domain: 'mail.example.com' });
  assert.equal(findings[0]?.fix.set?.[0]?.name, 's1._domainkey.mail.example.com');
  await scenario(`s1._domainkey.mg.example.com. TXT ${quoted(good)}`, ['dkim.name.subdomain_mismatch'], {
    relatives: [dnsName('mg.example.com')],
  });
  const alias = `s1._domainkey.mg.example.com. CNAME k.vendor.test.\nk.vendor.test. TXT ${quoted(good)}`;
  const moved = await scenario(alias, ['dkim.name.subdomain_mismatch'], { relatives: [dnsName('mg.example.com')] });
  assert.equal(setOf(moved), 'k.vendor.test.');
  await scenario('*._domainkey.example.com. TXT "v=DKIM1; p="', ['dkim.key.missing'], { domain: 'mail.example.com' });
});

test('several texts at a selector', async () => {
  await scenario(s1(good, `v=DKIM1; p=${rsaKey(2048, 2)}`), ['dkim.record.multiple']);
  const spread = await scenario(s1('v=DKIM1', `p=${rsa2048}`, 'k=rsa'), ['dkim.record.multiple']);
  assert.equal(parse(setOf(spread) ?? '').kind, 'good');
  await scenario(s1('v=DKIM1', `p=${rsaKey(1024)}`), ['dkim.record.multiple', 'dkim.key.1024']);
  await scenario(s1('v=DKIM1; k=rsa', good), ['dkim.record.multiple', 'dkim.p.missing']);
  const findings = await scenario(s1(good, 'google-site-verification=abc'), ['dkim.record.unrelated_txt']);
  assert.equal(findings[0]?.fix.set?.[0]?.action, 'remove');
});

test('faults of the tag list', async () => {
  await scenario(s1(`v=DKIM1; k:rsa; p=${rsa2048}`), ['dkim.record.syntax']);
  const [blanks] = await scenario(s1(`v=DKIM1 k=rsa p=${rsa2048}`), ['dkim.record.syntax', 'dkim.p.missing']);
  assert.deepEqual(blanks?.fix.set?.[0]?.data, [good]);
  const [commas] = await scenario(s1(`v=DKIM1, k=rsa, p=${rsa2048}`), [
    'dkim.v.invalid',
    'dkim.record.syntax',
    'dkim.p.missing',
  ]);
  assert.deepEqual(commas?.fix.set?.[0]?.data, [good]);
  const findings = await scenario(s1(`v=DKIM1 k=rsa; p=${rsa2048}`), ['dkim.record.syntax']);
  assert.equal(setOf(findings), good);
  assert.equal((await scenario(s1(`v=DKIM1;; p=${rsa2048}`), ['dkim.record.syntax']))[0]?.severity, 'warning');
  await scenario(s1(`v=DKIM1; k=rsa; k=rsa; p=${rsa2048}`), ['dkim.record.duplicate_tag']);
  assert.equal(setOf(await scenario(s1(`v=dkim1; p=${rsa2048}`), ['dkim.v.invalid'])), good);
  await scenario(s1(`v=DKIM2; p=${rsa2048}`), ['dkim.v.invalid', 'dkim.dkim2']);
  assert.equal(setOf(await scenario(s1(`k=rsa; v=DKIM1; p=${rsa2048}`), ['dkim.v.not_first'])), good);
  const absent = await scenario(s1(`p=${rsa2048}`), ['dkim.v.absent']);
  assert.equal(absent[0]?.state, 'pass');
});

test('faults of p', async () => {
  await scenario(s1('v=DKIM1; k=rsa'), ['dkim.p.missing']);
  const revoked = await scenario(s1('v=DKIM1; p='), ['dkim.p.revoked']);
  assert.deepEqual([revoked[0]?.severity, revoked[0]?.state], ['error', 'fail']);
  const unused = await scenario('google._domainkey.example.com. TXT "v=DKIM1; p="', ['dkim.p.revoked'], {
    selectors: common,
  });
  assert.deepEqual([unused[0]?.severity, unused[0]?.state], ['info', 'pass']);

  const curly = await scenario(s1(`v=DKIM1; k=rsa; p=${rsa2048}'`), ['dkim.p.not_base64']);
  assert.equal(setOf(curly), good);
  const [mark] = curly[0]?.evidence.flatMap((one) => (one.kind === 'record' ? (one.marks ?? []) : [])) ?? [];
  assert.deepEqual(mark, { offset: good.length, length: 1 });
  await scenario(s1('v=DKIM1; p=foobar'), ['dkim.p.not_base64']);
  const padless = await scenario(s1(`v=DKIM1; k=rsa; p=${rsaKey(2056).replace(/=+$/, '')}`), ['dkim.p.not_base64']);
  assert.equal(padless[0]?.severity, 'warning');
  await scenario(s1(`v=DKIM1; k=rsa; p=${rsa2048.slice(0, 240)}`), ['dkim.p.truncated']);
  const pem = `v=DKIM1; k=rsa; p=-----BEGIN PUBLIC KEY-----${rsa2048}-----END PUBLIC KEY-----`;
  assert.equal(setOf(await scenario(s1(pem), ['dkim.p.pem_armour'])), good);
  assert.equal(setOf(await scenario(s1(`v=DKIM1; k=rsa; p=${pkcs1Of(rsa2048)}`), ['dkim.p.pkcs1'])), good);
  await scenario(s1(`v=DKIM1; k=rsa; p=${certificate}`), ['dkim.p.certificate']);
});

test('a private key is reported and never shown', async () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const base64 = privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64');
  const pem = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString().replaceAll('\n', ' ');
  for (const text of [`v=DKIM1; p=${base64}; t=y`, `v=DKIM1; p=${base64.slice(0, 300)}`, `v=DKIM1; p=${pem}`, pem]) {
    const findings = await scenario(s1(text), ['dkim.p.private_key']);
    const shown = JSON.stringify(findings);
    for (const secret of [base64.slice(40, 80), base64.slice(-60, -20), pem.slice(60, 90)])
      assert.ok(!shown.includes(secret));
  }
  const stray = await scenario(`s1.example.com. TXT ${quoted(`v=DKIM1; p=${base64}`)}`, ['dkim.name.no_domainkey']);
  assert.ok(!JSON.stringify(stray).includes(base64.slice(40, 80)));
});

test('strength of an RSA key, from its modulus', async () => {
  await scenario(s1(`v=DKIM1; p=${rsaKey(512)}`), ['dkim.key.too_short']);
  await scenario(s1(`v=DKIM1; p=${rsaKey(1023)}`), ['dkim.key.too_short']);
  await scenario(s1(`v=DKIM1; p=${rsaKey(1024)}`), ['dkim.key.1024']);
  await scenario(s1(`v=DKIM1; p=${rsaKey(2047)}`), ['dkim.key.1024']);
  const large = await scenario(s1(`v=DKIM1; p=${rsaKey(4096)}`), ['dkim.key.over_4096']);
  assert.equal(large[0]?.severity, 'info');
  const larger = await scenario(s1(`v=DKIM1; p=${rsaKey(4104)}`), ['dkim.key.over_4096']);
  assert.equal(larger[0]?.severity, 'warning');
  await scenario(s1(`v=DKIM1; p=${rsaKey(8192)}`), ['dkim.key.over_4096', 'dkim.answer.size']);
  assert.equal((await scenario(s1(`v=DKIM1; p=${rsaKey(2048, 1, '3')}`), ['dkim.key.exponent']))[0]?.severity, 'error');
  assert.equal(
    (await scenario(s1(`v=DKIM1; p=${rsaKey(2048, 1, '257')}`), ['dkim.key.exponent']))[0]?.severity,
    'warning',
  );
  await scenario(s1(`v=DKIM1; p=${spki(rsaModulus(2048) * 7n)}`), ['dkim.key.known_weak']);
  await scenario(s1('v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo='), ['dkim.key.known_weak']);
});

test('keys that are shared, or have a prime in common with another', async () => {
  await scenario(`${s1(good)}\ns2._domainkey.example.com. TXT ${quoted(good)}`, ['dkim.key.shared']);
  const modulus = rsaModulus(2048);
  await scenario(s1(good), ['dkim.key.shared'], {
    context: { otherKeys: [{ where: 's1._domainkey.example.net', modulus: modulus.toString(16) }] },
  });
  const product = rsaModulus(1024) * rsaModulus(1024, 2);
  const other = rsaModulus(1024) * rsaModulus(1024, 3);
  await scenario(s1(`v=DKIM1; p=${spki(product)}`), ['dkim.key.known_weak'], {
    context: { otherKeys: [{ where: 'elsewhere', modulus: other.toString(16) }] },
  });
  await scenario(`${s1(good)}\ns2._domainkey.example.com. TXT ${quoted(`v=DKIM1; p=${rsaKey(2048, 2)}`)}`, []);
});

test('the type of the key', async () => {
  await scenario(s1(`v=DKIM1; k=dsa; p=${rsa2048}`), ['dkim.k.unknown']);
  assert.equal(setOf(await scenario(s1(`v=DKIM1; k=RSA; p=${rsa2048}`), ['dkim.k.unknown'])), good);
  assert.equal(setOf(await scenario(s1(`v=DKIM1; k=ed25519; p=${rsa2048}`), ['dkim.k.mismatch'])), good);
  const ed = `v=DKIM1; k=ed25519; p=${ed25519Key()}`;
  assert.equal(setOf(await scenario(s1(`v=DKIM1; p=${ed25519Key()}`), ['dkim.k.mismatch'])), ed);
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'der' });
  await scenario(s1(`v=DKIM1; p=${ec.toString('base64')}`), ['dkim.k.mismatch']);
  const wrapped = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), Buffer.from(ed25519Key(), 'base64')]);
  const rsa = `s2._domainkey.example.com. TXT ${quoted(`v=DKIM1; p=${rsaKey(2048, 2)}`)}`;
  const fixed = await scenario(`${s1(`v=DKIM1; k=ed25519; p=${wrapped.toString('base64')}`)}\n${rsa}`, [
    'dkim.ed25519.length',
  ]);
  assert.equal(setOf(fixed), ed);
  await scenario(s1(`v=DKIM1; k=ed25519; p=${ed25519Key().slice(0, 40)}`), ['dkim.ed25519.length']);
});

test('Ed25519 alone is ignored by large receivers', async () => {
  const ed = s1(`v=DKIM1; k=ed25519; p=${ed25519Key()}`);
  assert.equal((await scenario(ed, ['dkim.ed25519.only']))[0]?.state, 'fail');
  const guessed = await scenario(ed, ['dkim.ed25519.only'], { selectors: common });
  assert.equal(guessed[0]?.state, 'unknown');
  await scenario(`${ed}\ns2._domainkey.example.com. TXT ${quoted(good)}`, []);
});

test('tags that restrict the key', async () => {
  assert.equal(setOf(await scenario(s1(`v=DKIM1; h=sha1; k=rsa; p=${rsa2048}`), ['dkim.h.sha1_only'])), good);
  assert.equal(setOf(await scenario(s1(`v=DKIM1; k=rsa; s=chat; p=${rsa2048}`), ['dkim.s.excludes_email'])), good);
  await scenario(s1(`v=DKIM1; s=tlsrpt; p=${rsa2048}`), ['dkim.s.tlsrpt']);
  const testing = await scenario(s1(`v=DKIM1; t=y:s; p=${rsa2048}`), ['dkim.t.testing']);
  assert.equal(setOf(testing), `v=DKIM1; k=rsa; t=s; p=${rsa2048}`);
  assert.equal(setOf(await scenario(s1(`v=DKIM1; g=*; p=${rsa2048}`), ['dkim.g.legacy'])), good);
});

test('policies of retired standards', async () => {
  await scenario(`_domainkey.example.com. TXT "t=y; o=~;"\n${s1(good)}`, ['dkim.policy.leftover']);
  await scenario(`_adsp._domainkey.example.com. TXT "dkim=all"\n${s1(good)}`, ['dkim.policy.leftover']);
});

test('an alias without a key at its end', async () => {
  const alias = 's1._domainkey.example.com. CNAME s1.vendor.test.';
  assert.equal((await scenario(alias, ['dkim.cname.dangling']))[0]?.severity, 'error');
  const guessed = await scenario(alias, ['dkim.cname.dangling'], { selectors: common });
  assert.equal(guessed[0]?.severity, 'warning');
  await scenario(`${alias}\ns1.vendor.test. TXT ${quoted(good)}`, []);
  const faulty = `${alias}\ns1.vendor.test. TXT ${quoted(`v=DKIM1; t=y; p=${rsa2048}`)}`;
  assert.equal((await scenario(faulty, ['dkim.t.testing']))[0]?.fix.set, undefined);
});

test('an alias to another place than its sender wants', async () => {
  const expect = { type: 'CNAME', targets: ['s1.{domain}.vendor.test'] } as const;
  const selectors: readonly SelectorCandidate[] = [{ selector: 's1', origin: 'given', expect }];
  const alias = `s1._domainkey.example.com. CNAME old.vendor.test.\nold.vendor.test. TXT ${quoted(good)}`;
  const findings = await scenario(alias, ['dkim.cname.wrong_target'], { selectors });
  assert.equal(setOf(findings), 's1.example.com.vendor.test.');
  const right = `s1._domainkey.example.com. CNAME s1.example.com.vendor.test.\ns1.example.com.vendor.test. TXT ${quoted(good)}`;
  await scenario(right, [], { selectors });
  // Only a guess, and there is a key.
  await scenario(alias, [], { selectors: [{ selector: 's1', origin: 'profile', expect }] });
});

test('some of a sender’s aliases', async () => {
  const selectors = aliases('Fastmail', '{s}.{domain}.dkim.fmhosted.com', 'fm1', 'fm2', 'fm3');
  const at = (n: number): string =>
    `fm${n}._domainkey.example.com. CNAME fm${n}.example.com.dkim.fmhosted.com.\nfm${n}.example.com.dkim.fmhosted.com. TXT ${quoted(`v=DKIM1; p=${rsaKey(2048, n)}`)}`;
  const findings = await scenario(`${at(1)}\n${at(2)}`, ['dkim.cname.incomplete'], { selectors });
  assert.deepEqual(
    findings[0]?.fix.set?.map(({ name, data }) => [name, data[0]]),
    [['fm3._domainkey.example.com', 'fm3.example.com.dkim.fmhosted.com.']],
  );
  await scenario(`${at(1)}\n${at(2)}\n${at(3)}`, [], { selectors });
  await scenario(at(1), [], {
    selectors,
    failures: [
      ['fm2._domainkey.example.com', 'TXT', 'timeout'],
      ['fm3._domainkey.example.com', 'TXT', 'timeout'],
    ],
  });
  await scenario('example.com. A 192.0.2.1', ['dkim.none_known'], { selectors });
});

test('a token of Amazon SES in the wrong region', async () => {
  const context: DkimContext = { ses: { region: 'eu-south-1', zone: dnsName('dkim.eu-south-1.amazonses.com') } };
  const alias = 'abc._domainkey.example.com. CNAME abc.dkim.amazonses.com.';
  const findings = await scenario(alias, ['dkim.cname.ses_region'], { selectors: given('abc'), context });
  assert.equal(setOf(findings), 'abc.dkim.eu-south-1.amazonses.com.');
  // With a key at the end the identity lives in another region, which is fine.
  await scenario(`${alias}\nabc.dkim.amazonses.com. TXT ${quoted(`v=DKIM1; k=rsa; p=${rsa2048}`)}`, [], {
    selectors: given('abc'),
    context,
  });
  await scenario(alias, ['dkim.cname.dangling'], { selectors: given('abc') });
});

test('a Microsoft 365 alias made by hand', async () => {
  const targets = ['{s}-{dashes}._domainkey.*.onmicrosoft.com'];
  const selectors: readonly SelectorCandidate[] = ['selector1', 'selector2'].map((selector) => ({
    selector,
    origin: 'profile',
    group: 'Microsoft 365',
    expect: { type: 'CNAME', targets: targets.map((target) => target.replace('{s}', selector)) },
  }));
  const zone = (form: string): string =>
    ['selector1', 'selector2'].map((s) => `${s}._domainkey.example.com. CNAME ${s}-${form}.`).join('\n');
  await scenario(
    zone('example.com._domainkey.example.onmicrosoft.com'),
    ['dkim.cname.dash_form', 'dkim.cname.dash_form'],
    { selectors },
  );
  await scenario(
    zone('example-com._domainkey.example.onmicrosoft.com'),
    ['dkim.cname.dangling', 'dkim.cname.dangling'],
    { selectors },
  );
});

test('_domainkey as a zone of its own', async () => {
  // A zone text cannot show data below a cut, so the delegation is added to what was seen.
  const world = zoneWorld(s1(good));
  const observation = await lookupDkim(world, domain, { selectors: given('s1') });
  const parent = zoneWorld('_domainkey.example.com. NS ns1.vendor.test.');
  const delegation = await parent.resolver.query(dnsName('_domainkey.example.com'), 'NS');
  expectCodes(check({ ...observation, delegation }), ['dkim.ns.delegated']);
  expectCodes(check(observation), []);
  seenCodes.add('dkim.ns.delegated');
});

test('wildcards', async () => {
  const key = `*._domainkey.example.com. TXT ${quoted(good)}`;
  assert.equal((await scenario(key, ['dkim.wildcard'], { selectors: common }))[0]?.severity, 'warning');
  const parked = await scenario('*._domainkey.example.com. TXT "v=DKIM1; p="', ['dkim.wildcard'], {
    selectors: common,
  });
  assert.deepEqual([parked[0]?.severity, parked[0]?.state], ['info', 'pass']);
  await scenario('*._domainkey.example.com. CNAME gone.vendor.test.', ['dkim.wildcard'], { selectors: common });
  // Of the whole domain, and no key: a matter of the zone.
  await scenario('*.example.com. TXT "v=spf1 -all"', ['dkim.none_known'], { selectors: common });
  await scenario(`*.example.com. TXT ${quoted(good)}`, ['dkim.wildcard'], { selectors: common });
});

test('a large answer', async () => {
  const texts = [good, 'a'.repeat(400), 'b'.repeat(400)];
  await scenario(s1(...texts), ['dkim.record.unrelated_txt', 'dkim.answer.size']);
});

test('a server that denies _domainkey is asked for the canaries only', async () => {
  const world = zoneWorld('example.com. A 192.0.2.1');
  const observation = await lookupDkim(world, domain, { selectors: common });
  assert.deepEqual(
    observation.answers.map(({ name }) => name),
    ['_domainkey.example.com', 'default._domainkey.example.com', 'google._domainkey.example.com'],
  );
});

test('a server that wrongly denies _domainkey is asked on when a canary sings', async () => {
  const inner = zoneWorld(
    `google._domainkey.example.com. TXT ${quoted(good)}\nk1._domainkey.example.com. TXT ${quoted(`v=DKIM1; p=${rsaKey(2048, 2)}`)}`,
  );
  const absent = await inner.resolver.query(dnsName('nowhere.example.com'), 'TXT');
  assert.equal(absent.kind, 'nxdomain');
  const resolver: typeof inner.resolver = {
    query: (name, type, options) =>
      name === '_domainkey.example.com' && type === 'TXT'
        ? (Promise.resolve({ ...absent, name }) as ReturnType<typeof inner.resolver.query<typeof type>>)
        : inner.resolver.query(name, type, options),
  };
  const observation = await lookupDkim({ ...inner, resolver }, domain, { selectors: common });
  assert.deepEqual(
    observation.selectors.filter(({ answer }) => answer.kind === 'found').map(({ candidate }) => candidate.selector),
    ['google', 'k1'],
  );
});

test('of one selector from several sources the surest counts, with what the profile knows', async () => {
  const world = zoneWorld(s1(good));
  const expect = { type: 'CNAME', targets: ['s1.*.vendor.test'] } as const;
  const observation = await lookupDkim(world, domain, {
    selectors: [
      { selector: 's1', origin: 'common' },
      { selector: 'S1', origin: 'given' },
      { selector: 's1', origin: 'profile', expect },
    ],
  });
  assert.deepEqual(
    observation.selectors.map(({ candidate }) => candidate),
    [{ selector: 'S1', origin: 'given', expect }],
  );
});

test('no code is in the rows and among the later ones', () => {
  for (const code of Object.keys(later)) assert.ok(!Object.hasOwn(rows, code), code);
});

after(() => {
  const unseen = Object.keys(rows).filter((code) => !seenCodes.has(code));
  assert.deepEqual(unseen, [], 'each row occurs in a scenario');
});
