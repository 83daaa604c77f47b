import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { expectCodes } from '../../../test/zone-world.ts';
import { dnsName, type DnsName } from '../../dns/name.ts';
import type { Finding } from '../../finding/finding.ts';
import type { BodyFacts } from '../../mail/mime.ts';
import { parseHeader } from '../../mail/parse-header.ts';
import type { SignaturesInput } from './check-input.ts';
import { checkSignatures } from './check.ts';
import { rows } from './findings.ts';
import type { Change, DkimFault, DkimOutcome } from './outcome.ts';

const author = dnsName('example.com');
const esp = dnsName('sendservice.net');
const now = Date.parse('2026-11-23T12:00:00Z');
const all = ['From', 'From', 'To', 'Subject', 'Date', 'Message-ID', 'MIME-Version', 'Content-Type', 'Reply-To'];
const relaxed = { header: 'relaxed', body: 'relaxed' } as const;
const name = dnsName('s1._domainkey.example.com');

const good: DkimOutcome = {
  line: 1,
  result: 'pass',
  reason: 'The signature holds.',
  domain: author,
  selector: 's1',
  identity: '@example.com',
  algorithm: 'rsa-sha256',
  canonicalization: relaxed,
  signedHeaders: all,
  key: { name, kind: 'found', texts: ['v=DKIM1; p=abc'], aliases: [], type: 'rsa', bits: 2048 },
};
const foreign: DkimOutcome = { ...good, domain: esp, line: 2 };
const failing = (fault: DkimFault, more: Partial<DkimOutcome> = {}): DkimOutcome => ({
  ...good,
  result: 'fail',
  reason: `It is ${fault}.`,
  fault,
  ...more,
});
const footer: Change = { kind: 'footer', fromLine: 42, lines: 3, text: '-- list', certainty: 'proved' };

const plainBody: BodyFacts = {
  octets: 100,
  lines: 5,
  longestLine: { octets: 70, line: 12 },
  longLines: 0,
  bareLf: 0,
  bareCr: 0,
  nul: 0,
  eightBit: 0,
  closed: true,
};
const lines = [
  'DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=s1; t=1; x=2; l=3; i=@example.com; h=from:to; bh=abc; b=abcdefghijklmnop',
  'DKIM-Signature: v=1; a=rsa-sha256; d=sendservice.net; s=s1; h=from; bh=abc; b=qrstuvwxyz',
  'From: ann@example.com',
  'To: bob@example.net',
  'Subject: x',
  'Date: Mon, 23 Nov 2026 12:00:00 +0000',
  'Message-ID: <1@example.com>',
];

interface Scenario {
  readonly title: string;
  readonly outcomes: readonly DkimOutcome[];
  readonly more?: readonly string[];
  readonly input?: Partial<SignaturesInput>;
  /** `code`, or `code severity` where that matters. */
  readonly codes: readonly string[];
}

function run({ outcomes, more = [], input = {} }: Omit<Scenario, 'title' | 'codes'>): readonly Finding[] {
  const header = parseHeader(Buffer.from([...lines, ...more, '', ''].join('\r\n'), 'latin1'));
  const alignedWith = (domain: DnsName) => (domain === author ? 'strict' : 'none');
  return checkSignatures({
    source: 'mail.eml',
    header,
    author,
    outcomes,
    alignedWith,
    bulk: false,
    enforcing: false,
    now,
    body: plainBody,
    ...input,
  });
}

const list = ['List-Unsubscribe: <https://example.com/u>', 'List-Unsubscribe-Post: List-Unsubscribe=One-Click'];
const covered = [...all, 'List-Unsubscribe', 'List-Unsubscribe-Post'];
const without = (...names: string[]): string[] => all.filter((name) => !names.includes(name));

const scenarios: readonly Scenario[] = [
  { title: 'a signature in good order', outcomes: [good], codes: [] },
  { title: 'no signature', outcomes: [], codes: ['dkim.sig.missing error'] },
  { title: 'two in good order, of the author and of the service', outcomes: [good, foreign], codes: [] },
  { title: 'only another domain signs', outcomes: [foreign], codes: ['dkim.sig.unaligned warning'] },
  {
    title: 'only another domain signs, and the policy enforces',
    outcomes: [foreign],
    input: { enforcing: true },
    codes: ['dkim.sig.unaligned error'],
  },
  {
    title: 'only the service signs bulk mail',
    outcomes: [foreign],
    input: { esp: () => 'Sendservice', bulk: true },
    codes: ['dkim.sig.d_is_esp_only error'],
  },
  {
    title: 'whether it is aligned could not be told',
    outcomes: [foreign],
    input: { alignedWith: () => 'unknown' },
    codes: [],
  },
  { title: 'an author that nobody can name', outcomes: [foreign], input: { author: undefined as never }, codes: [] },
  { title: 'the body altered', outcomes: [failing('body_hash')], codes: ['dkim.sig.body_hash error'] },
  {
    title: 'the body altered, another of ours holds',
    outcomes: [good, failing('body_hash', { line: 2 })],
    codes: ['dkim.sig.body_hash warning'],
  },
  {
    title: 'the body altered for the service only',
    outcomes: [good, { ...failing('body_hash'), domain: esp }],
    codes: ['dkim.sig.body_hash info'],
  },
  {
    title: 'the body altered, the service signs alone',
    outcomes: [{ ...failing('body_hash'), domain: esp }],
    codes: ['dkim.sig.body_hash warning', 'dkim.sig.unaligned'],
  },
  {
    title: 'the body altered where it was forwarded',
    outcomes: [failing('body_hash')],
    input: { forwarded: true },
    codes: ['dkim.sig.body_hash warning'],
  },
  {
    title: 'the body shortened',
    outcomes: [failing('body_length', { length: { signed: 9, beyond: 0 } })],
    codes: ['dkim.sig.body_hash', 'dkim.sig.length_tag'],
  },
  { title: 'the header altered', outcomes: [failing('signature')], codes: ['dkim.sig.bad error'] },
  {
    title: 'From not signed',
    outcomes: [failing('from_unsigned', { result: 'permerror', signedHeaders: without('From') })],
    codes: ['dkim.sig.from_unsigned error'],
  },
  {
    title: 'Subject and Date not signed',
    outcomes: [{ ...good, signedHeaders: without('Subject', 'Date') }],
    codes: ['dkim.sig.headers_weak'],
  },
  {
    title: 'a field that is not there need not be signed',
    outcomes: [{ ...good, signedHeaders: without('Reply-To') }],
    codes: [],
  },
  {
    title: 'Reply-To is there and not signed',
    outcomes: [{ ...good, signedHeaders: without('Reply-To') }],
    more: ['Reply-To: c@example.com'],
    codes: ['dkim.sig.headers_weak'],
  },
  {
    title: 'one of two is weak',
    outcomes: [
      { ...good, signedHeaders: ['From', 'From'] },
      { ...good, line: 2 },
    ],
    codes: [],
  },
  {
    title: 'weak ones that fail beside a good one',
    outcomes: [good, failing('key_missing', { signedHeaders: ['From'], line: 2 })],
    codes: ['dkim.sig.key_missing warning'],
  },
  {
    title: 'list headers signed',
    outcomes: [{ ...good, signedHeaders: covered }],
    more: list,
    input: { bulk: true },
    codes: [],
  },
  {
    title: 'list headers not signed, bulk',
    outcomes: [good],
    more: list,
    input: { bulk: true },
    codes: ['dkim.sig.list_headers error'],
  },
  { title: 'list headers not signed', outcomes: [good], more: list, codes: ['dkim.sig.list_headers warning'] },
  {
    title: 'BIMI-Selector not signed',
    outcomes: [good],
    more: ['BIMI-Selector: v=BIMI1; s=brand'],
    codes: ['dkim.sig.bimi_selector'],
  },
  {
    title: 'BIMI-Selector signed',
    outcomes: [{ ...good, signedHeaders: [...all, 'bimi-selector'] }],
    more: ['BIMI-Selector: v=BIMI1; s=brand'],
    codes: [],
  },
  {
    title: 'BIMI-Location signed',
    outcomes: [{ ...good, signedHeaders: [...all, 'BIMI-Location'] }],
    codes: ['dkim.sig.bimi_output_signed'],
  },
  { title: 'From named once', outcomes: [{ ...good, signedHeaders: all.slice(1) }], codes: ['dkim.sig.no_oversign'] },
  {
    title: 'l= with more text below',
    outcomes: [{ ...good, fault: 'body_length', length: { signed: 9, beyond: 4 } }],
    codes: ['dkim.sig.length_tag'],
  },
  {
    title: 'expired',
    outcomes: [failing('expired', { result: 'permerror', timestamp: now / 1000 - 900_000, expires: now / 1000 - 5 })],
    codes: ['dkim.sig.expired error'],
  },
  {
    title: 'expired since it arrived',
    outcomes: [failing('expired', { result: 'permerror', timestamp: now / 1000 - 900_000, expires: now / 1000 - 5 })],
    more: ['Received: from a by b (c) with ESMTPS id 1;\r\n Fri, 20 Nov 2026 09:00:00 +0000 (UTC)'],
    codes: ['dkim.sig.expired info'],
  },
  {
    title: 'ends before it begins',
    outcomes: [failing('timestamps', { timestamp: 200, expires: 100 })],
    codes: ['dkim.sig.expired error'],
  },
  {
    title: 'of the future, and holds',
    outcomes: [{ ...good, fault: 'future', timestamp: now / 1000 + 9000 }],
    codes: ['dkim.sig.future warning'],
  },
  {
    title: 'of the future, and refused',
    outcomes: [failing('future', { timestamp: now / 1000 + 9000 })],
    codes: ['dkim.sig.future error'],
  },
  {
    title: 'holds for an hour',
    outcomes: [{ ...good, timestamp: 0, expires: 3600 }],
    codes: ['dkim.sig.expiry_short'],
  },
  { title: 'holds for a week', outcomes: [{ ...good, timestamp: 0, expires: 604_800 }], codes: [] },
  { title: 'SHA-1', outcomes: [failing('sha1', { result: 'permerror' })], codes: ['dkim.sig.sha1 error'] },
  {
    title: 'simple/simple',
    outcomes: [{ ...good, canonicalization: { header: 'simple', body: 'simple' } }],
    codes: ['dkim.sig.canon_simple'],
  },
  {
    title: 'relaxed/simple',
    outcomes: [{ ...good, canonicalization: { header: 'relaxed', body: 'simple' } }],
    codes: [],
  },
  { title: 'i= outside d=', outcomes: [failing('i_outside_d')], codes: ['dkim.sig.i_outside_d error'] },
  { title: 't=s and i= below', outcomes: [failing('i_strict')], codes: ['dkim.t.strict_i error'] },
  {
    title: 'a field that cannot be read',
    outcomes: [failing('tag_missing', { signedHeaders: [] })],
    codes: ['dkim.sig.syntax error'],
  },
  {
    title: 'no key',
    outcomes: [failing('key_missing', { result: 'permerror' })],
    codes: ['dkim.sig.key_missing error'],
  },
  {
    title: 'the key could not be asked for',
    outcomes: [failing('key_unavailable', { result: 'temperror' })],
    codes: ['dkim.sig.key_unavailable warning'],
  },
  { title: 'a revoked key', outcomes: [failing('key_revoked')], codes: ['dkim.sig.key_revoked error'] },
  { title: 'a short key', outcomes: [failing('key_short')], codes: ['dkim.sig.key_short error'] },
  { title: 'a key of another kind', outcomes: [failing('key_type')], codes: ['dkim.sig.key_unusable error'] },
  {
    title: 'a key that cannot be read, of the service',
    outcomes: [good, failing('key_syntax', { domain: esp })],
    codes: ['dkim.sig.key_unusable info'],
  },
  { title: 'four signatures', outcomes: [good, good, foreign, foreign], codes: ['dkim.sig.dup_selector_domains'] },
  { title: 'three signatures', outcomes: [good, good, foreign], codes: [] },
  {
    title: 'more than are looked at',
    outcomes: [good, foreign, failing('limit', { signedHeaders: [] })],
    codes: ['dkim.sig.limit info'],
  },
  {
    title: 'a line of 1200 octets',
    outcomes: [good],
    input: { body: { ...plainBody, longLines: 1, longestLine: { octets: 1200, line: 14 } } },
    codes: ['dkim.sig.line_length warning'],
  },
  {
    title: '8-bit text',
    outcomes: [good],
    input: { body: { ...plainBody, eightBit: 5 } },
    codes: ['dkim.sig.line_length info'],
  },
  {
    title: 'bare LF',
    outcomes: [good],
    input: { body: { ...plainBody, bareLf: 5 } },
    codes: ['dkim.sig.line_length warning'],
  },
];

for (const scenario of scenarios) {
  test(`signatures: ${scenario.title}`, () => {
    const findings = run(scenario);
    expectCodes(
      findings,
      scenario.codes.map((code) => code.split(' ')[0] ?? ''),
    );
    for (const code of scenario.codes) {
      const [name, severity] = code.split(' ');
      if (severity !== undefined)
        assert.equal(findings.find((finding) => finding.code === name)?.severity, severity, code);
    }
    for (const { code, severity } of findings) {
      const row = (rows as Readonly<Record<string, { severity: string; or?: readonly string[] }>>)[code];
      assert.ok(row && [row.severity, ...(row.or ?? [])].includes(severity), `${code} may not be ${severity}`);
    }
  });
}

test('every row has a scenario', () => {
  const seen = new Set(scenarios.flatMap(({ codes }) => codes.map((code) => code.split(' ')[0])));
  assert.deepEqual(
    Object.keys(rows).filter((code) => !seen.has(code)),
    [],
  );
});

test('a key that could not be asked for is unknown, not failed', () => {
  const [finding] = run({ outcomes: [failing('key_unavailable')] });
  assert.equal(finding?.state, 'unknown');
});

test('what happened stands in the message, the evidence and the cure', () => {
  const of = (changes: readonly Change[], fault: DkimFault = 'body_hash', keyFits?: boolean): Finding => {
    const input = keyFits === undefined ? {} : { keyFits: new Map([[1, keyFits]]) };
    const [finding] = run({ outcomes: [failing(fault, { changes, bodyHash: { signed: 'a', computed: 'b' } })], input });
    assert.ok(finding);
    return finding;
  };
  const list = of([footer]);
  assert.match(list.message, /a footer was put in/);
  assert.match(list.fix.text, /mailing list or gateway/);
  assert.ok(
    list.evidence.some(
      (one) =>
        one.kind === 'fact' &&
        one.label === 'footer (proved)' &&
        one.value === '3 lines below line 41 of the body: -- list',
    ),
  );
  const subject: Change = {
    kind: 'field',
    field: 'Subject',
    how: 'altered',
    was: 'x',
    is: '[l] x',
    line: 5,
    certainty: 'proved',
  };
  assert.match(of([subject], 'signature').message, /Subject was changed/);
  assert.ok(
    of([subject], 'signature').evidence.some((one) => one.kind === 'fact' && one.value === 'was `x`, is `[l] x`'),
  );
  assert.match(of([{ ...subject, how: 'refolded' }], 'signature').fix.text, /relaxed\/relaxed/);
  assert.match(of([{ ...subject, certainty: 'likely' }], 'signature').message, /probably Subject/);
  assert.match(of([], 'signature', false).fix.text, /public key that belongs/);
  assert.match(of([], 'signature', true).fix.text, /--original/);
  const form = (what: Extract<Change, { kind: 'form' }>['what'], text = 'A server did it.'): Change => ({
    kind: 'form',
    what,
    text,
    certainty: 'proved',
  });
  assert.match(of([form('wrapped'), footer]).message, /wrapped into another/);
  assert.match(of([form('transfer-encoding')]).fix.text, /quoted-printable/);
  assert.match(of([form('line-ends', 'The signer hashed it otherwise.')]).fix.text, /program that signs/);
  assert.match(of([form('blank-lines')]).message, /blanks, empty lines/);
  const short = run({ outcomes: [failing('body_length', { length: { signed: 9, beyond: 0 } })] });
  assert.match(short[0]?.message ?? '', /shorter than what was signed/);
});

test('the signature is shown with its tag marked and its value cut short', () => {
  const [finding] = run({ outcomes: [failing('i_outside_d')] });
  const shown = finding?.evidence[0];
  assert.ok(shown?.kind === 'file');
  assert.deepEqual([shown.place, shown.line], ['mail.eml', 1]);
  assert.match(shown.text, /bh=abc; b=abcdefgh\.\.\.$/);
  assert.deepEqual(
    shown.marks?.map(({ offset, length }) => shown.text.slice(offset, offset + length)),
    ['d=example.com', 'i=@example.com'],
  );
});
