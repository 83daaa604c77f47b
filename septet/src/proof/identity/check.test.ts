/** Scenarios: a message and zone text in, codes out. Every code that is not listed must not appear. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { expectCodes, zoneWorld, type FailingQuestion } from '../../../test/zone-world.ts';
import { dnsName } from '../../dns/name.ts';
import type { Finding } from '../../finding/finding.ts';
import { authorOf } from '../../mail/author-of.ts';
import { parseHeader } from '../../mail/parse-header.ts';
import type { DkimOutcome } from '../dkim/outcome.ts';
import { dmarcOf } from '../dmarc/dmarc-of.ts';
import { envelopeOf, type GivenEnvelope } from '../envelope/envelope-of.ts';
import { forwardingOf } from '../envelope/forwarded.ts';
import type { ProofVerdict } from '../proof.ts';
import { spfOf } from '../spf-of.ts';
import { verdictOf } from '../verdict.ts';
import { checkIdentity } from './check.ts';
import { bimiRows, dmarcRows, rows } from './findings.ts';
import { lookupIdentity } from './lookup.ts';

const met = new Set<string>();

interface Scenario {
  readonly title: string;
  readonly zone?: string;
  /** Fields above From, with the newest on top; default: one hop from 192.0.2.1. */
  readonly trace?: string;
  readonly returnPath?: string;
  /** All From fields and others below them. */
  readonly fields?: string;
  readonly dkim?: readonly Partial<DkimOutcome>[];
  readonly given?: GivenEnvelope;
  readonly failures?: readonly FailingQuestion[];
  readonly codes: readonly string[];
  readonly verdict: ProofVerdict['kind'];
  readonly says?: RegExp;
  readonly verify?: (finding: Finding) => void;
}

const base = `
yourcompany.com. A 192.0.2.80
yourcompany.com. TXT "v=spf1 ip4:192.0.2.1 -all"
mail.yourcompany.com. TXT "v=spf1 ip4:192.0.2.1 -all"
_dmarc.yourcompany.com. TXT "v=DMARC1; p=reject"
bounce.ses.com. TXT "v=spf1 ip4:192.0.2.1 -all"`;
const hop = (ip = '192.0.2.1'): string =>
  `Received: from mail.yourcompany.com (mail.yourcompany.com [${ip}]) by mx.example.net with ESMTPS id 1 for <me@example.net>; Mon, 23 Nov 2026 10:00:00 +0000`;
const signed: Partial<DkimOutcome> = {};
const weak = base.replace('p=reject', 'p=none');

const scenarios: readonly Scenario[] = [
  { title: 'all in order', dkim: [signed], codes: [], verdict: 'ideal', says: /both are aligned/ },
  {
    title: 'SPF of a service that uses its own return path',
    returnPath: 'x@bounce.ses.com',
    dkim: [signed],
    codes: ['message.spf.unaligned'],
    verdict: 'bar',
    verify: ({ message, fix }) => {
      assert.equal(message, 'SPF passes for bounce.ses.com, which is not of the organisation of yourcompany.com.');
      assert.match(fix.text, /custom MAIL FROM/);
    },
  },
  {
    title: 'a service that proves itself and not the author',
    returnPath: 'x@bounce.ses.com',
    dkim: [{ domain: dnsName('ses.com') }],
    codes: ['message.spf.unaligned', 'message.dmarc.fail'],
    verdict: 'fail',
    verify: ({ code, message, consequence, fix, evidence, severity }) => {
      if (code !== 'message.dmarc.fail') return;
      assert.equal(severity, 'error');
      assert.match(
        message,
        /SPF passed for bounce\.ses\.com, which is not the organisation of yourcompany\.com; DKIM passed for ses\.com/,
      );
      assert.match(consequence, /asks receivers to refuse it \(reject \(p\)\)/);
      assert.match(fix.text, /d=yourcompany\.com.*custom MAIL FROM/);
      assert.deepEqual(
        evidence.map((one) => one.kind),
        ['file', 'record'],
      );
    },
  },
  { title: 'unsigned', codes: ['message.dmarc.spf_only'], verdict: 'weak', says: /no DKIM signature/ },
  {
    title: 'a signature that does not verify beside SPF that passes',
    dkim: [{ result: 'fail' }],
    codes: ['message.dmarc.spf_only'],
    verdict: 'weak',
    says: /no DKIM signature verifies/,
  },
  {
    title: 'an address that SPF does not know',
    trace: hop('192.0.2.9'),
    dkim: [signed],
    codes: ['message.spf.fail', 'message.spf.helo_fail'],
    verdict: 'bar',
  },
  {
    title: 'nothing passes under p=none',
    zone: weak,
    trace: hop('192.0.2.9'),
    dkim: [{ result: 'fail' }],
    codes: ['message.spf.fail', 'message.spf.helo_fail', 'message.dmarc.fail'],
    verdict: 'fail',
    verify: ({ code, consequence }) => {
      if (code === 'message.dmarc.fail') assert.match(consequence, /nothing special \(none \(p\)\)/);
    },
  },
  {
    title: 'no SPF record',
    zone: base.replace('yourcompany.com. TXT "v=spf1 ip4:192.0.2.1 -all"\nmail', 'mail'),
    dkim: [signed],
    codes: ['message.spf.none'],
    verdict: 'bar',
  },
  {
    title: 'two SPF records',
    zone: `${base}\nyourcompany.com. TXT "v=spf1 -all"`,
    dkim: [signed],
    codes: ['message.spf.permerror'],
    verdict: 'bar',
  },
  {
    title: 'SPF without an answer',
    failures: [['yourcompany.com', 'TXT', 'servfail']],
    dkim: [signed],
    codes: ['message.spf.unknown'],
    verdict: 'bar',
    verify: ({ state, severity }) => assert.deepEqual([state, severity], ['unknown', 'info']),
  },
  {
    title: 'SPF without an answer, and nothing else: neither pass nor fail',
    failures: [['yourcompany.com', 'TXT', 'servfail']],
    codes: ['message.spf.unknown', 'message.dmarc.undecided'],
    verdict: 'unknown',
    verify: ({ state }) => assert.equal(state, 'unknown'),
  },
  {
    title: 'the DMARC record without an answer',
    failures: [['_dmarc.yourcompany.com', 'TXT', 'timeout']],
    dkim: [signed],
    codes: ['message.dmarc.undecided'],
    verdict: 'unknown',
  },
  {
    title: 'no envelope and a good signature',
    trace: '',
    dkim: [signed],
    codes: ['message.envelope.unknown'],
    verdict: 'bar',
    verify: ({ state, message }) => {
      assert.equal(state, 'unknown');
      assert.match(message, /--ip/);
    },
  },
  {
    title: 'no envelope and no signature',
    trace: '',
    codes: ['message.envelope.unknown', 'message.dmarc.undecided'],
    verdict: 'unknown',
    verify: ({ code, fix }) => {
      if (code === 'message.dmarc.undecided') assert.match(fix.text, /--ip and --mail-from/);
    },
  },
  {
    title: 'a copy from the Sent folder',
    trace:
      'Received: from laptop (x [198.51.100.7]) by mail.yourcompany.com with ESMTPSA id 1; Mon, 23 Nov 2026 10:00:00 +0000',
    codes: ['message.envelope.submission', 'message.dmarc.undecided'],
    verdict: 'unknown',
    verify: ({ state }) => assert.equal(state, 'unknown'),
  },
  {
    title: 'an address that --ip gives settles it',
    trace: '',
    given: { ip: '192.0.2.1', mailFrom: 'a@yourcompany.com' },
    dkim: [signed],
    codes: [],
    verdict: 'ideal',
  },
  { title: 'the null sender', returnPath: '', dkim: [signed], codes: ['message.spf.null_sender'], verdict: 'ideal' },
  {
    title: 'aspf=s',
    zone: base.replace('p=reject', 'p=reject; aspf=s'),
    returnPath: 'a@mail.yourcompany.com',
    dkim: [signed],
    codes: ['message.spf.strict'],
    verdict: 'bar',
  },
  {
    title: 'adkim=s',
    zone: base.replace('p=reject', 'p=reject; adkim=s'),
    dkim: [{ domain: dnsName('news.yourcompany.com') }],
    codes: ['message.dmarc.spf_only', 'message.dmarc.strict'],
    verdict: 'weak',
  },
  {
    title: 'no DMARC record',
    zone: base.replace(/_dmarc.*/, ''),
    dkim: [signed],
    codes: ['message.dmarc.none'],
    verdict: 'fail',
    says: /SPF and DKIM would be aligned/,
  },
  {
    title: 'a DMARC record that cannot be used',
    zone: base.replace('p=reject', 'p=rejcet'),
    dkim: [signed],
    codes: ['message.dmarc.permerror'],
    verdict: 'fail',
  },
  {
    title: 'pct without t=y: the readers part',
    zone: base.replace('p=reject', 'p=quarantine; pct=10'),
    trace: hop('192.0.2.9'),
    codes: ['message.spf.fail', 'message.spf.helo_fail', 'message.dmarc.fail', 'message.dmarc.readers_differ'],
    verdict: 'fail',
    verify: ({ code, message }) => {
      if (code === 'message.dmarc.readers_differ')
        assert.match(message, /RFC 9989 it fails and meets `quarantine`, by RFC 7489 .* in 10 of 100 cases/);
    },
  },
  {
    title: 'the readers find other organisations',
    zone: `${base}\n_dmarc.dept.yourcompany.com. TXT "v=DMARC1; p=reject; psd=n"`,
    fields: 'From: a@mail.dept.yourcompany.com',
    dkim: [signed],
    codes: ['message.spf.unaligned', 'message.dmarc.fail', 'message.dmarc.readers_differ'],
    verdict: 'fail',
  },
  {
    title: 'forwarded with a rewritten sender: SPF tells of the forwarder',
    returnPath: 'SRS0=x=y=yourcompany.com=a@forward.example',
    dkim: [signed],
    codes: ['message.spf.forwarded'],
    verdict: 'bar',
    says: /came by a forwarder.*nothing is wrong/,
  },
  {
    title: 'by a list that breaks the signature',
    returnPath: 'list-bounces@lists.example',
    fields: 'List-Post: <mailto:list@lists.example>\nFrom: a@yourcompany.com',
    dkim: [{ result: 'fail' }],
    codes: ['message.spf.forwarded', 'message.dmarc.fail'],
    verdict: 'fail',
    says: /mailing list, which can break both proofs/,
    verify: ({ code, severity }) => {
      if (code === 'message.dmarc.fail') assert.equal(severity, 'warning');
    },
  },
  { title: 'no From', fields: 'Subject: x', codes: ['message.from.missing'], verdict: 'fail' },
  {
    title: 'From without an address',
    fields: 'From: Your Company',
    codes: ['message.from.unreadable'],
    verdict: 'fail',
  },
  {
    title: 'From with two domains',
    fields: 'From: a@yourcompany.com, b@other.example',
    dkim: [signed],
    codes: ['dmarc.from.multi', 'message.dmarc.none', 'message.spf.unaligned'],
    verdict: 'fail',
    says: /From names several domains/,
  },
  {
    title: 'two From fields',
    fields: 'From: a@yourcompany.com\nFrom: b@yourcompany.com',
    dkim: [signed],
    codes: ['dmarc.from.multi'],
    verdict: 'fail',
    verify: ({ message, evidence }) => {
      assert.match(message, /2 From fields: yourcompany\.com/);
      assert.equal(evidence.length, 2);
    },
  },
  {
    title: 'two From addresses of one domain are no matter to DMARC, but to BIMI',
    zone: `${base}\ndefault._bimi.yourcompany.com. TXT "v=BIMI1; l=https://yourcompany.com/l.svg"`,
    fields: 'From: a@yourcompany.com, b@yourcompany.com',
    dkim: [signed],
    codes: ['bimi.from.multi'],
    verdict: 'ideal',
  },
  {
    title: 'two From addresses of one domain without BIMI',
    fields: 'From: a@yourcompany.com, b@yourcompany.com',
    dkim: [signed],
    codes: [],
    verdict: 'ideal',
  },
  {
    title: 'BIMI without a DMARC pass',
    zone: `${base}\ndefault._bimi.yourcompany.com. TXT "v=BIMI1; l=https://yourcompany.com/l.svg"`,
    trace: hop('192.0.2.9'),
    codes: ['message.spf.fail', 'message.spf.helo_fail', 'message.dmarc.fail', 'bimi.dmarc.result'],
    verdict: 'fail',
  },
  {
    title: 'a BIMI selector without a record',
    fields: 'BIMI-Selector: v=BIMI1; s=brand;\nFrom: a@news.yourcompany.com',
    dkim: [signed],
    codes: ['bimi.selector.header'],
    verdict: 'ideal',
    verify: ({ message, fix }) => {
      assert.match(message, /the selector `brand`/);
      assert.match(fix.text, /brand\._bimi\.news\.yourcompany\.com/);
    },
  },
  {
    title: 'a BIMI selector with a record at the organisational domain',
    zone: `${base}\nbrand._bimi.yourcompany.com. TXT "v=BIMI1; l=https://yourcompany.com/l.svg"`,
    fields: 'BIMI-Selector: v=BIMI1; s=brand;\nFrom: a@news.yourcompany.com',
    dkim: [signed],
    codes: [],
    verdict: 'ideal',
  },
  {
    title: 'a BIMI selector that cannot be looked up says nothing',
    failures: [['brand._bimi.yourcompany.com', 'TXT', 'timeout']],
    fields: 'BIMI-Selector: v=BIMI1; s=brand;\nFrom: a@yourcompany.com',
    dkim: [signed],
    codes: [],
    verdict: 'ideal',
  },
  {
    title: 'a BIMI-Selector field that cannot be read',
    fields: 'BIMI-Selector: brand\nFrom: a@yourcompany.com',
    dkim: [signed],
    codes: ['bimi.selector.header'],
    verdict: 'ideal',
    verify: ({ message }) => assert.match(message, /cannot be read/),
  },
  {
    title: 'a BIMI-Location that the sender wrote',
    fields: 'BIMI-Location: v=BIMI1; l=https://x.example/l.svg\nFrom: a@yourcompany.com',
    dkim: [signed],
    codes: ['bimi.header.forged'],
    verdict: 'ideal',
  },
  {
    title: 'a BIMI-Location of the receiver',
    trace: `BIMI-Location: v=BIMI1; l=https://x.example/l.svg\n${hop()}`,
    dkim: [signed],
    codes: [],
    verdict: 'ideal',
  },
];

describe('the identity of a message', () => {
  for (const scenario of scenarios) {
    test(scenario.title, async () => {
      const { trace = hop(), returnPath = 'a@yourcompany.com', fields = 'From: a@yourcompany.com' } = scenario;
      const top = trace === '' ? '' : `Return-Path: <${returnPath}>\n${trace}\n`;
      const text = `${top}${fields}\n\nbody`.replaceAll('\n', '\r\n');
      const header = parseHeader(Buffer.from(text, 'latin1'));
      const world = zoneWorld(scenario.zone ?? base, scenario.failures ? { failures: scenario.failures } : {});
      const dkim = (scenario.dkim ?? []).map((one): DkimOutcome => ({
        line: 1,
        result: 'pass',
        reason: '',
        domain: dnsName('yourcompany.com'),
        selector: 's1',
        signedHeaders: ['from'],
        ...one,
      }));
      const author = authorOf(header);
      const envelope = envelopeOf(header, scenario.given ?? {}, { trustedHosts: [] });
      const spf = await spfOf(world, envelope);
      const dmarc = await dmarcOf(world, { author, spf, dkim, envelope });
      const forwarding = forwardingOf({ header, envelope });
      const bimi = await lookupIdentity(world, { header, author, dmarc });
      const findings = checkIdentity({
        source: 'mail.eml',
        header,
        author,
        envelope,
        spf,
        dkim,
        dmarc,
        forwarding,
        bimi,
      });
      expectCodes(findings, scenario.codes);
      for (const finding of findings) {
        met.add(finding.code);
        if (finding.state === 'unknown') assert.equal(finding.severity, 'info');
        scenario.verify?.(finding);
      }
      const verdict = verdictOf({ author, dmarc, forwarding });
      assert.equal(verdict.kind, scenario.verdict, verdict.text);
      assert.equal(verdict.forwarded, forwarding !== undefined);
      assert.match(verdict.text, /\.$/);
      if (scenario.says) assert.match(verdict.text, scenario.says);
    });
  }

  after(() => {
    const all = Object.keys({ ...rows, ...dmarcRows, ...bimiRows });
    assert.deepEqual(
      all.filter((code) => !met.has(code)),
      [],
      'every row has a scenario',
    );
  });
});
