import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { expectCodes } from '../../../test/zone-world.ts';
import {
  fastmail,
  gmail,
  headerOf,
  icloud,
  outlook,
  own,
  proton,
  receiverOf,
  yahoo,
} from '../../../test/proof/receiver-samples.ts';
import { dnsName } from '../../dns/name.ts';
import type { Finding } from '../../finding/finding.ts';
import type { DmarcOutcome } from '../dmarc/outcome.ts';
import type { ProofVerdict } from '../proof.ts';
import { checkAuthres, type AuthresCheckInput } from './check.ts';
import { rows } from './findings.ts';

const author = dnsName('example.com');
const record = (policy: string, more = ''): DmarcOutcome => ({
  readings: [
    {
      reader: 'RFC 9989',
      author,
      result: 'pass',
      reason: 'So it is.',
      record: { name: dnsName('_dmarc.example.com'), text: `v=DMARC1; p=${policy}${more}` },
      source: 'author',
      organisationalDomain: author,
      adkim: more.includes('adkim=s') ? 's' : 'r',
      aspf: 'r',
      identifiers: [],
      published: { kind: 'policy', policy: 'reject', tag: 'p' },
      disposition: 'none',
    },
  ],
});
const forwarded: ProofVerdict = { kind: 'bar', text: 'DMARC passes.', forwarded: true };

interface Scenario {
  readonly title: string;
  readonly text: string;
  readonly more?: Partial<AuthresCheckInput>;
  readonly codes: readonly string[];
  /** In a message, consequence or cure. */
  readonly holds?: readonly RegExp[];
  readonly severities?: Readonly<Record<string, string>>;
}

const mine = (...values: readonly string[]): string => own(values.map((value) => `mx.example.net${value}`));
const good =
  'dkim=pass header.d=example.com header.s=mail; spf=pass smtp.mailfrom=b@example.com; dmarc=pass header.from=example.com';
const verdict = 'authres.verdict';

const scenarios: readonly Scenario[] = [
  { title: 'all good', text: mine(`; ${good}`), codes: [verdict], holds: [/all three pass, and both are aligned/] },
  {
    title: 'Gmail',
    text: gmail,
    codes: ['authres.original', verdict],
    holds: [/Gmail \(mx\.google\.com\) says SPF pass/],
  },
  {
    title: 'Outlook',
    text: outlook,
    codes: ['authres.id.missing', 'authres.syntax', 'authres.original', 'authres.compauth', verdict],
    holds: [/begins with `spf=pass` and names no receiver, as Microsoft/, /reason 100: SPF or DKIM passed/],
  },
  { title: 'Yahoo', text: yahoo, codes: ['authres.syntax', verdict] },
  {
    title: 'iCloud',
    text: icloud,
    codes: ['authres.dkim.keylen', 'authres.bimi', verdict],
    holds: [/DMARC policy is not strict enough/],
  },
  {
    title: 'Fastmail',
    text: fastmail,
    codes: ['authres.bimi', verdict],
    holds: [/default\._bimi\.example\.com, certificate: pass/],
  },
  { title: 'Proton', text: proton, codes: [verdict] },
  {
    title: 'the sample of the seed lacks semicolons',
    text: mine(
      '; dkim=pass header.d=example.com spf=pass smtp.mailfrom=example.com dmarc=pass header.from=example.com',
    ),
    codes: ['authres.syntax', verdict],
    holds: [/in 2 places: A semicolon is missing before this result\./],
  },
  { title: 'no field', text: own([]), codes: ['authres.none'] },
  { title: 'no field, and none can be there', text: own([]), more: { received: false }, codes: [] },
  {
    title: 'unreadable',
    text: `${mine(`; ${good}`)}`.replace('Received:', 'Authentication-Results: nothing to see\nReceived:'),
    codes: ['authres.unparsable', verdict],
  },
  {
    title: 'a claim alone',
    text: own(['OpenDMARC; dmarc=pass']),
    codes: ['authres.id.untrusted'],
    severities: { 'authres.id.untrusted': 'warning' },
    holds: [/--trust OpenDMARC/],
  },
  {
    title: 'a claim beside the receiver',
    text: own([`mx.example.net; ${good}`, 'filter; dmarc=pass']),
    codes: ['authres.id.untrusted', verdict],
    severities: { 'authres.id.untrusted': 'info' },
  },
  {
    title: 'forged',
    text: own([`mx.example.net; ${good}`], 'Authentication-Results: mx.example.net; dmarc=pass\n'),
    codes: ['authres.position', verdict],
  },
  { title: 'version 2', text: mine(` 2; ${good}`), codes: ['authres.version', verdict], holds: [/version `2`/] },
  {
    title: 'version x',
    text: mine(` vx; ${good}`),
    codes: ['authres.version', 'authres.syntax', verdict],
    holds: [/version `vx`/],
  },
  { title: 'version 1 written', text: mine(` 1; ${good}`), codes: [verdict] },
  {
    title: 'two fields disagree',
    text: mine(`; ${good}`, '; dmarc=fail header.from=example.com'),
    codes: ['authres.multi_conflict', verdict],
    holds: [/`dmarc=pass` at line 1, and `dmarc=fail` at line 2/],
  },
  { title: 'two fields agree', text: mine(`; ${good}`, '; dmarc=pass header.from=example.com'), codes: [verdict] },
  {
    title: 'SPF fails, DKIM carries',
    text: mine(`; ${good.replace('spf=pass', 'spf=softfail')}`),
    codes: ['authres.spf.notpass', verdict],
    holds: [/DMARC passes all the same/, /That is enough/],
    severities: { 'authres.spf.notpass': 'warning' },
  },
  {
    title: 'the same, forwarded',
    text: mine(`; ${good.replace('spf=pass', 'spf=fail')}`),
    more: { verdict: forwarded },
    codes: ['authres.spf.notpass', verdict],
    severities: { 'authres.spf.notpass': 'info' },
    holds: [/not forwarded/],
  },
  {
    title: 'SPF of the service',
    text: mine(`; ${good.replace('b@example.com', 'b@esp.example')}`),
    codes: ['authres.spf.domain', verdict],
  },
  {
    title: 'SPF of a sub-domain is ours',
    text: mine(`; ${good.replace('b@example.com', 'b@bounce.example.com')}`),
    codes: [verdict],
  },
  {
    title: 'the null sender',
    text: mine('; spf=pass smtp.mailfrom="" smtp.helo=mail.example.com'),
    codes: ['authres.spf.helo_only', verdict],
  },
  {
    title: 'no signature',
    text: mine('; dkim=none; spf=pass smtp.mailfrom=example.com; dmarc=pass header.from=example.com'),
    codes: ['authres.dkim.none', verdict],
    holds: [/direct mail only/],
  },
  {
    title: 'a broken body',
    text: mine(
      '; dkim=fail (body hash did not verify) header.d=example.com header.s=mail; dmarc=fail (p=reject dis=none) header.from=example.com',
    ),
    codes: ['authres.dkim.notpass', 'authres.dmarc.fail', verdict],
    holds: [/changed the body after it was signed/, /let the message in all the same/],
    severities: { 'authres.dkim.notpass': 'error' },
  },
  {
    title: 'no key',
    text: mine('; dkim=permerror reason="no key for signature" header.d=example.com header.s=mail'),
    codes: ['authres.dkim.notpass', verdict],
    holds: [/Publish the public key of d=example\.com s=mail/],
  },
  {
    title: 'one fails, another carries',
    text: mine(`; dkim=fail (bad signature) header.d=list.example header.s=x; ${good}`),
    codes: ['authres.dkim.notpass', verdict],
    severities: { 'authres.dkim.notpass': 'warning' },
  },
  {
    title: 'signed by the service only',
    text: mine(`; ${good.replace('header.d=example.com', 'header.i=@esp.example')}`),
    codes: ['authres.dkim.unaligned', verdict],
    holds: [/DKIM passes for esp\.example/],
  },
  {
    title: 'a sub-domain signs',
    text: mine(`; ${good.replace('header.d=example.com', 'header.d=news.example.com')}`),
    codes: [verdict],
    holds: [/all three/],
  },
  {
    title: 'a sub-domain signs, and adkim=s',
    text: mine(`; ${good.replace('header.d=example.com', 'header.d=news.example.com')}`),
    more: { dmarc: record('reject', '; adkim=s') },
    codes: [verdict],
    holds: [/direct mail only/],
  },
  {
    title: 'test mode',
    text: mine(`; ${good.replace('dkim=pass', 'dkim=pass (test mode)')}`),
    codes: ['authres.dkim.testing', verdict],
  },
  {
    title: '1024 bits',
    text: mine(`; ${good.replace('dkim=pass', 'dkim=pass (1024-bit rsa key sha256)')}`),
    codes: ['authres.dkim.keylen', verdict],
  },
  {
    title: '2048 bits, and Ed25519',
    text: mine(
      `; ${good.replace('dkim=pass', 'dkim=pass (2048-bit key)')}; dkim=pass (256-bit ed25519 key sha256) header.d=example.com header.s=ed`,
    ),
    codes: [verdict],
  },
  {
    title: 'no policy at the receiver',
    text: mine(`; ${good.replace('dmarc=pass', 'dmarc=bestguesspass')}`),
    codes: ['authres.dmarc.none', verdict],
    holds: [/_dmarc\.example\.com, with p=none/],
  },
  {
    title: 'no policy there, but one here',
    text: mine(`; ${good.replace('dmarc=pass', 'dmarc=none')}`),
    more: { dmarc: record('none') },
    codes: ['authres.dmarc.none', verdict],
    holds: [/DNS has one now, at _dmarc\.example\.com/],
  },
  {
    title: 'Microsoft files a reject as junk',
    text: outlook
      .replace('dmarc=pass action=none', 'dmarc=fail action=oreject')
      .replace('compauth=pass reason=100', 'compauth=fail reason=000')
      .replace('Authentication-Results-Original', 'X-Old'),
    codes: ['authres.id.missing', 'authres.syntax', 'authres.dmarc.fail', 'authres.compauth', verdict],
    holds: [/although the policy is reject/, /reason 000: DMARC failed/],
  },
  {
    title: 'pct spares',
    text: mine('; dmarc=fail action=pct.quarantine header.from=example.com'),
    codes: ['authres.syntax', 'authres.dmarc.fail', verdict],
    holds: [/pct is under 100/],
  },
  {
    title: 'another policy now',
    text: mine(`; ${good.replace('dmarc=pass', 'dmarc=pass (p=NONE dis=NONE)')}`),
    more: { dmarc: record('reject') },
    codes: ['authres.dmarc.policy_stale', verdict],
    holds: [/read p=none for example\.com; DNS now says p=reject/],
  },
  {
    title: 'the same policy now',
    text: mine(`; ${good.replace('dmarc=pass', 'dmarc=pass (p=REJECT dis=NONE)')}`),
    more: { dmarc: record('reject') },
    codes: [verdict],
  },
  {
    title: 'temperror',
    text: mine('; spf=temperror smtp.mailfrom=example.com; dkim=temperror header.d=example.com'),
    codes: ['authres.temperror', 'authres.temperror', verdict],
  },
  {
    title: 'iprev',
    text: mine(`; iprev=fail smtp.remote-ip=192.0.2.25 (NOT FOUND); ${good}`),
    codes: ['authres.iprev', verdict],
    holds: [/for 192\.0\.2\.25/],
  },
  {
    title: 'x-ptr',
    text: mine(`; x-ptr=fail smtp.helo=bad.example policy.ptr=""; iprev=pass; ${good}`),
    codes: ['authres.iprev', verdict],
    holds: [/bad\.example/],
  },
  { title: 'nothing that counts for a verdict', text: mine('; auth=pass smtp.auth=a@b.example'), codes: [] },
];

const allText = (findings: readonly Finding[]): string =>
  findings.map((finding) => [finding.message, finding.consequence, finding.fix.text].join('\n')).join('\n');

for (const { title, text, more = {}, codes, holds = [], severities = {} } of scenarios) {
  test(`authres: ${title}`, () => {
    const findings = checkAuthres({
      source: 'mail.eml',
      header: headerOf(text),
      receiver: receiverOf(text),
      differences: [],
      dmarc: { readings: [] },
      author,
      ...more,
    });
    expectCodes(findings, codes);
    for (const pattern of holds) assert.match(allText(findings), pattern);
    for (const [code, severity] of Object.entries(severities))
      assert.equal(findings.find((finding) => finding.code === code)?.severity, severity);
    for (const finding of findings) {
      assert.equal(finding.record, 'message');
      for (const one of finding.evidence) {
        if (one.kind !== 'file') continue;
        assert.notEqual(one.text, '', finding.code);
        for (const mark of one.marks ?? []) assert.ok(mark.offset + mark.length <= one.text.length, finding.code);
      }
    }
  });
}

test('authres: every row has a scenario', () => {
  const seen = new Set(scenarios.flatMap((scenario) => scenario.codes));
  assert.deepEqual(
    Object.keys(rows).filter((code) => !seen.has(code)),
    [],
  );
});

test('authres: the mark of a result is that result, and our reason stands beside it', () => {
  const text = mine('; spf=pass smtp.mailfrom=example.com; dkim=fail (bad signature) header.d=example.com');
  const why = 'The receiver judged another form of the message.';
  const findings = checkAuthres({
    source: 'mail.eml',
    header: headerOf(text),
    receiver: receiverOf(text),
    differences: [{ method: 'dkim', about: 'd=example.com', ours: 'pass', theirs: 'fail', why, line: 1 }],
    dmarc: { readings: [] },
    author,
  });
  const evidence = findings.find((finding) => finding.code === 'authres.dkim.notpass')?.evidence ?? [];
  const [file, fact] = evidence;
  assert.ok(file?.kind === 'file' && fact?.kind === 'fact');
  const mark = file.marks?.[0];
  assert.ok(mark);
  assert.equal(
    file.text.slice(mark.offset, mark.offset + mark.length),
    'dkim=fail (bad signature) header.d=example.com',
  );
  assert.equal(fact.value, why);
});

test('authres: mutated headers never throw', () => {
  const samples = [gmail, outlook, yahoo, icloud, fastmail, proton];
  fc.assert(
    fc.property(
      fc.constantFrom(...samples),
      fc.array(fc.tuple(fc.nat(2000), fc.nat(40), fc.string({ unit: 'binary-ascii', maxLength: 5 })), { maxLength: 5 }),
      fc.constantFrom([], ['gmail'], ['mx.google.com', '(microsoft)', '..', '']),
      (sample, cuts, trust) => {
        let text = sample;
        for (const [at, length, put] of cuts) text = text.slice(0, at) + put + text.slice(at + length);
        checkAuthres({
          source: 'mail.eml',
          header: headerOf(text),
          receiver: receiverOf(text, trust),
          differences: [],
          dmarc: record('none'),
          author,
        });
      },
    ),
    { numRuns: 1000 },
  );
});
