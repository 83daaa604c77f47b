import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { dnsName } from '../../dns/name.ts';
import type { Author } from '../../mail/author.ts';
import type { DkimOutcome } from '../dkim/outcome.ts';
import type { Envelope } from '../envelope/envelope.ts';
import type { Expected, ExpectedSender } from '../expected.ts';
import type { SpfOutcome } from '../proof.ts';
import { checkPlanSide, type PlanSideInput } from './check.ts';
import type { rows } from './findings.ts';

const domain = dnsName('yourcompany.com');
const sender = (over: Partial<ExpectedSender> = {}): ExpectedSender => ({
  id: 'postfix',
  title: 'Postfix',
  selectors: [{ selector: 's1', domain }],
  returnPaths: [domain],
  addresses: ['192.0.2.10'],
  spf: ['ip4:192.0.2.10'],
  where: { dkim: 'OpenDKIM: KeyTable' },
  ...over,
});
const ses = sender({
  id: 'ses',
  title: 'Amazon SES',
  selectors: [{ selector: 'abc', domain }],
  returnPaths: [dnsName('bounce.yourcompany.com')],
  addresses: [],
  spf: ['include:amazonses.com'],
  where: {},
});
const expected = (over: Partial<Expected> = {}): Expected => ({
  domain,
  senders: [sender()],
  tracking: [],
  unsubscribe: [],
  ...over,
});
const author = (name: string): Author => ({ kind: 'one', domain: dnsName(name), mailboxes: [] });
const envelope = (over: { ip?: string; mailFrom?: string } = {}): Envelope => ({
  ...(over.ip === undefined ? {} : { ip: { value: over.ip, from: 'Received' } }),
  ...(over.mailFrom === undefined ? {} : { mailFrom: { value: over.mailFrom, from: 'Return-Path' } }),
  why: '',
  hops: [],
});
const signature = (selector: string, over: Partial<DkimOutcome> = {}): DkimOutcome => ({
  line: 3,
  result: 'pass',
  reason: '',
  domain,
  selector,
  signedHeaders: ['from'],
  ...over,
});
const spf = (result: SpfOutcome['result'], over: Partial<SpfOutcome> = {}): SpfOutcome => ({
  scope: 'mfrom',
  domain,
  result,
  reason: '',
  ...over,
});
const input = (over: Partial<PlanSideInput> = {}): PlanSideInput => ({
  expected: expected(),
  author: author('yourcompany.com'),
  envelope: envelope({ ip: '192.0.2.10', mailFrom: 'bounce@yourcompany.com' }),
  spf: [spf('pass')],
  dkim: [signature('s1')],
  bulk: false,
  linkHosts: [],
  unsubscribeHosts: [],
  ...over,
});

const track = dnsName('track.yourcompany.com');
/** For each code: a message that has it, and the whole list of codes of that message. */
const scenarios: Readonly<Record<keyof typeof rows, { input: PlanSideInput; says: RegExp }>> = {
  'message.plan.domain': {
    input: input({ author: author('other.example') }),
    says: /From other\.example; the plan is for yourcompany\.com/,
  },
  'message.plan.sender': {
    input: input({
      expected: expected({ senders: [sender(), ses] }),
      envelope: envelope({ ip: '203.0.113.5', mailFrom: 'x@mailer.example' }),
      spf: [spf('fail')],
      dkim: [signature('k1', { domain: dnsName('mailer.example') })],
    }),
    says: /d=mailer\.example s=k1, return path mailer\.example, from address 203\.0\.113\.5/,
  },
  'message.plan.unsigned': {
    input: input({ dkim: [] }),
    says: /Your Postfix does not sign this message for yourcompany\.com; the plan publishes selector s1/,
  },
  'message.plan.selector': {
    input: input({ dkim: [signature('mail')] }),
    says: /Your Postfix signs with selector mail; the plan publishes s1/,
  },
  'message.plan.return_path': {
    input: input({ envelope: envelope({ ip: '192.0.2.10', mailFrom: 'www-data@host.example.net' }) }),
    says: /uses the return path host\.example\.net; the plan has yourcompany\.com/,
  },
  'message.plan.address': {
    input: input({ envelope: envelope({ ip: '198.51.100.7', mailFrom: 'a@yourcompany.com' }), spf: [spf('fail')] }),
    says: /came from 198\.51\.100\.7, and SPF does not pass it; the plan has 192\.0\.2\.10/,
  },
  'message.plan.tracking': {
    input: input({
      expected: expected({ tracking: [track] }),
      bulk: true,
      linkHosts: [dnsName('click.vendor.example'), dnsName('click.vendor.example')],
    }),
    says: /No link of this message leads over track\.yourcompany\.com; the links go to click\.vendor\.example\./,
  },
  'message.plan.unsubscribe': {
    input: input({ expected: expected({ unsubscribe: [track] }), unsubscribeHosts: [dnsName('vendor.example')] }),
    says: /leads to vendor\.example; the plan has track\.yourcompany\.com/,
  },
  'message.plan.agrees': {
    input: input(),
    says: /signed with selector s1, return path yourcompany\.com/,
  },
};

describe('what a message shows against the plan', () => {
  for (const [code, scenario] of Object.entries(scenarios)) {
    test(`${code} stands alone where it applies`, () => {
      const { findings } = checkPlanSide(scenario.input);
      assert.deepEqual(
        findings.map((finding) => finding.code),
        [code],
      );
      assert.match(findings[0]?.message ?? '', scenario.says);
    });
  }

  test('the place of the setting is named where it is known, and nothing hangs in the air where not', () => {
    const [known] = checkPlanSide(scenarios['message.plan.selector'].input).findings;
    assert.match(known?.fix.text ?? '', /Set it in OpenDKIM: KeyTable\.$/);
    const [unknown] = checkPlanSide(
      input({
        expected: expected({ senders: [ses] }),
        envelope: envelope({ mailFrom: 'x@bounce.yourcompany.com' }),
        dkim: [signature('zzz')],
      }),
    ).findings;
    assert.equal(unknown?.code, 'message.plan.selector');
    assert.match(unknown?.fix.text ?? '', /plan again\.$/);
  });

  test('a key decides over an address, a return path below the domain over SPF', () => {
    const both = expected({ senders: [sender(), ses] });
    assert.equal(checkPlanSide(input({ expected: both, dkim: [signature('abc')] })).match?.sender.id, 'ses');
    assert.equal(
      checkPlanSide(
        input({
          expected: both,
          dkim: [],
          envelope: envelope({ ip: '203.0.113.9', mailFrom: 'b@bounce.yourcompany.com' }),
        }),
      ).match?.sender.id,
      'ses',
    );
  });

  test('an include that led to the matching mechanism tells the sender', () => {
    const detail = {
      kind: 'result' as const,
      result: 'pass' as const,
      domain: 'yourcompany.com',
      lookups: 1,
      voids: 0,
      matched: { term: 'ip4:203.0.113.0/24', path: [domain, dnsName('amazonses.com')] },
    } satisfies SpfOutcome['detail'];
    const { match } = checkPlanSide(
      input({
        expected: expected({ senders: [sender(), ses] }),
        dkim: [],
        envelope: envelope({ ip: '203.0.113.9', mailFrom: 'b@yourcompany.com' }),
        spf: [spf('pass', { detail })],
      }),
    );
    assert.equal(match?.sender.id, 'ses');
    assert.match(match?.because ?? '', /include:amazonses\.com/);
  });

  test('the selector of another planned sender is not an unknown one, but it is not this sender’s either', () => {
    const { findings } = checkPlanSide(
      input({ expected: expected({ senders: [sender()] }), dkim: [signature('mail', { result: 'permerror' })] }),
    );
    assert.deepEqual(
      findings.map(({ code }) => code),
      ['message.plan.selector'],
    );
  });

  test('a message below the domain belongs to its plan', () => {
    const { findings } = checkPlanSide(input({ author: author('news.yourcompany.com') }));
    assert.deepEqual(
      findings.map(({ code }) => code),
      ['message.plan.agrees'],
    );
  });

  test('with a signature that does not pass nothing is said to agree', () => {
    assert.deepEqual(checkPlanSide(input({ dkim: [signature('s1', { result: 'fail' })] })).findings, []);
  });
});
