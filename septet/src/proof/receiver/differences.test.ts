import assert from 'node:assert/strict';
import { test } from 'node:test';
import { own, receiverOf } from '../../../test/proof/receiver-samples.ts';
import { dnsName } from '../../dns/name.ts';
import type { ArcOutcome } from '../arc/outcome.ts';
import type { DkimOutcome } from '../dkim/outcome.ts';
import type { DmarcReading } from '../dmarc/outcome.ts';
import type { SpfOutcome } from '../proof.ts';
import { differencesOf, type DifferencesInput } from './differences.ts';

const d = dnsName('example.com');
const now = Date.parse('2026-11-23T12:00:00Z');
const dkim = (more: Partial<DkimOutcome> = {}): DkimOutcome => ({
  line: 9,
  result: 'pass',
  reason: 'It verifies.',
  domain: d,
  selector: 'mail',
  algorithm: 'rsa-sha256',
  signatureStart: 'AbCdEfGhIjKl',
  signedHeaders: ['from'],
  ...more,
});
const spf = (result: SpfOutcome['result'], domain = 'example.com'): SpfOutcome => ({
  scope: 'mfrom',
  domain,
  result,
  reason: 'So it is.',
});
const dmarc = (result: DmarcReading['result']): DmarcReading => ({
  reader: 'RFC 9989',
  author: d,
  result,
  reason: 'So it is.',
  source: 'author',
  adkim: 'r',
  aspf: 'r',
  identifiers: [],
  published: { kind: 'policy', policy: 'none', tag: 'p' },
  disposition: 'none',
});
const noArc: ArcOutcome = { result: 'none', reason: 'There is no set.', sets: [] };
const sealed = (domain: string, result: ArcOutcome['result'] = 'pass'): ArcOutcome => ({
  result,
  reason: 'So it is.',
  sets: [{ instance: 1, domain: dnsName(domain), selector: 's' }],
});
const changed = (fault: DkimOutcome['fault'], changes: DkimOutcome['changes'] = []): DkimOutcome =>
  dkim({ result: 'fail', reason: 'It does not verify.', ...(fault === undefined ? {} : { fault }), changes });

interface Case {
  readonly title: string;
  /** What the receiver says behind its name. */
  readonly says: string;
  readonly ours: Partial<DifferencesInput>;
  readonly expected: readonly (readonly [method: string, ours: string, theirs: string, why: RegExp])[];
}

const passing = 'dkim=pass header.d=example.com header.s=mail header.b=AbCdEfGh';
const cases: readonly Case[] = [
  {
    title: 'nothing differs',
    says: `${passing}; spf=pass smtp.mailfrom=example.com; dmarc=pass; arc=none`,
    ours: { dkim: [dkim()], spf: [spf('pass')], dmarc: { readings: [dmarc('pass')] } },
    expected: [],
  },
  {
    title: 'hardfail is fail',
    says: 'spf=hardfail smtp.mailfrom=a@example.com',
    ours: { spf: [spf('fail')] },
    expected: [],
  },
  {
    title: 'the key is gone',
    says: passing,
    ours: { dkim: [changed('key_missing')] },
    expected: [['dkim', 'fail', 'pass', /rotated or removed since. The message came 3 days ago/]],
  },
  {
    title: 'the key is another',
    says: passing,
    ours: { dkim: [changed('key_hash')] },
    expected: [['dkim', 'fail', 'pass', /key record has been changed/]],
  },
  {
    title: 'a footer came behind',
    says: passing,
    ours: { dkim: [changed('body_hash', [{ kind: 'footer', fromLine: 3, lines: 2, text: 'x', certainty: 'proved' }])] },
    expected: [['dkim', 'fail', 'pass', /Lines were put into the body after/]],
  },
  {
    title: 'mbox quoting',
    says: passing,
    ours: { dkim: [changed('body_hash', [{ kind: 'form', what: 'mbox-quoting', text: 'x', certainty: 'proved' }])] },
    expected: [['dkim', 'fail', 'pass', /mailbox file quotes/]],
  },
  {
    title: 'line ends',
    says: passing,
    ours: { dkim: [changed('body_hash', [{ kind: 'form', what: 'line-ends', text: 'x', certainty: 'proved' }])] },
    expected: [['dkim', 'fail', 'pass', /another form/]],
  },
  {
    title: 'the body, one cannot say how',
    says: passing,
    ours: { dkim: [changed('body_hash')] },
    expected: [['dkim', 'fail', 'pass', /altered after the receiver judged it/]],
  },
  {
    title: 'a header',
    says: passing,
    ours: { dkim: [changed('signature')] },
    expected: [['dkim', 'fail', 'pass', /signed header was altered after/]],
  },
  {
    title: 'expired since',
    says: passing,
    ours: { dkim: [changed('expired')] },
    expected: [['dkim', 'fail', 'pass', /still valid/]],
  },
  {
    title: 'SHA-1',
    says: passing,
    ours: { dkim: [changed('sha1')] },
    expected: [['dkim', 'fail', 'pass', /RFC 8301/]],
  },
  {
    title: 'we could not look the key up',
    says: passing,
    ours: { dkim: [dkim({ result: 'temperror', fault: 'key_unavailable' })] },
    expected: [['dkim', 'temperror', 'pass', /could not be looked up/]],
  },
  {
    title: 'the receiver could not',
    says: passing.replace('pass', 'temperror'),
    ours: { dkim: [dkim()] },
    expected: [['dkim', 'pass', 'temperror', /receiver could not look the key up/]],
  },
  {
    title: 'no key yet',
    says: passing.replace('pass', 'permerror (no key for signature)'),
    ours: { dkim: [dkim()] },
    expected: [['dkim', 'pass', 'permerror', /published after that/]],
  },
  {
    title: 'another form at the receiver',
    says: passing.replace('pass', 'fail (body hash did not verify)'),
    ours: { dkim: [dkim()] },
    expected: [['dkim', 'pass', 'fail', /another form of the message/]],
  },
  {
    title: 'another word for the same',
    says: passing.replace('pass', 'neutral (body hash did not verify)'),
    ours: { dkim: [changed('body_hash')] },
    expected: [['dkim', 'fail', 'neutral', /different words/]],
  },
  {
    title: 'Ed25519 passed over',
    says: passing,
    ours: { dkim: [dkim(), dkim({ selector: 'ed', algorithm: 'ed25519-sha256', signatureStart: 'ZZZZZZZZZZ' })] },
    expected: [['dkim', 'pass', 'not mentioned', /Ed25519/]],
  },
  {
    title: 'stops at the first',
    says: 'dkim=pass (signature was verified) header.d=example.com',
    ours: { dkim: [dkim(), dkim({ domain: dnsName('esp.example'), selector: 'k', signatureStart: 'ZZZZZZZZZZ' })] },
    expected: [['dkim', 'pass', 'not mentioned', /stops at the first/]],
  },
  {
    title: 'header.b tells two signatures of one selector apart',
    says: 'dkim=fail header.d=example.com header.s=mail header.b=AbCdEfGh; dkim=pass header.d=example.com header.s=mail header.b=ZZZZZZZZ',
    ours: { dkim: [dkim({ signatureStart: 'ZZZZZZZZZZ' }), changed('signature')] },
    expected: [],
  },
  {
    title: 'header.i stands for d',
    says: 'dkim=pass header.i=@news.example.com',
    ours: { dkim: [dkim()] },
    expected: [],
  },
  {
    title: 'a signature that is gone',
    says: `${passing}; dkim=pass header.d=other.example header.s=x`,
    ours: { dkim: [dkim()] },
    expected: [['dkim', 'not there', 'pass', /not in this copy/]],
  },
  {
    title: 'the receiver saw none',
    says: 'dkim=none',
    ours: { dkim: [dkim()] },
    expected: [['dkim', 'pass', 'none', /added behind it/]],
  },
  {
    title: 'it does not speak of DKIM',
    says: 'spf=pass smtp.mailfrom=example.com',
    ours: { dkim: [dkim()], spf: [spf('pass')] },
    expected: [],
  },
  {
    title: 'another envelope',
    says: 'spf=pass smtp.mailfrom=b@bounce.example',
    ours: { spf: [spf('fail')] },
    expected: [['spf', 'fail', 'pass', /--mail-from/]],
  },
  {
    title: 'another client',
    says: 'spf=pass (sender IP is 192.0.2.9) smtp.mailfrom=example.com',
    ours: { spf: [spf('fail')], ip: '192.0.2.25' },
    expected: [['spf', 'fail', 'pass', /--ip 192\.0\.2\.9/]],
  },
  {
    title: 'a guess',
    says: 'spf=bestguesspass smtp.mailfrom=example.com',
    ours: { spf: [spf('none')] },
    expected: [['spf', 'none', 'bestguesspass', /guessed/]],
  },
  {
    title: 'the record changed',
    says: 'spf=softfail smtp.mailfrom=example.com',
    ours: { spf: [spf('pass')] },
    expected: [['spf', 'pass', 'softfail', /came 3 days ago; the record/]],
  },
  {
    title: 'no answer here',
    says: 'spf=pass smtp.mailfrom=example.com',
    ours: { spf: [spf('unknown')] },
    expected: [['spf', 'unknown', 'pass', /could not be looked up/]],
  },
  {
    title: 'no answer there',
    says: 'spf=temperror smtp.mailfrom=example.com',
    ours: { spf: [spf('pass')] },
    expected: [['spf', 'pass', 'temperror', /receiver could not/]],
  },
  {
    title: 'DMARC follows',
    says: `${passing}; dmarc=pass header.from=example.com`,
    ours: { dkim: [changed('key_missing')], dmarc: { readings: [dmarc('fail')] } },
    expected: [
      ['dkim', 'fail', 'pass', /rotated/],
      ['dmarc', 'fail', 'pass', /follows from DKIM/],
    ],
  },
  {
    title: 'no record then',
    says: 'dmarc=none header.from=example.com',
    ours: { dmarc: { readings: [dmarc('pass')] } },
    expected: [['dmarc', 'pass', 'none', /found no policy record/]],
  },
  {
    title: 'no record now',
    says: 'dmarc=pass header.from=example.com',
    ours: { dmarc: { readings: [dmarc('none')] } },
    expected: [['dmarc', 'none', 'pass', /Here there is no policy record/]],
  },
  {
    title: 'bestguesspass',
    says: 'dmarc=bestguesspass header.from=example.com',
    ours: { dmarc: { readings: [dmarc('none')] } },
    expected: [['dmarc', 'none', 'bestguesspass', /guessed/]],
  },
  {
    title: 'another author',
    says: 'dmarc=pass header.from=other.example',
    ours: { dmarc: { readings: [dmarc('fail')] } },
    expected: [['dmarc', 'fail', 'pass', /judged other\.example/]],
  },
  {
    title: 'ARC stood in',
    says: 'dmarc=pass; arc=pass',
    ours: { dmarc: { readings: [dmarc('fail')] }, arc: sealed('list.example') },
    expected: [['dmarc', 'fail', 'pass', /ARC chain/]],
  },
  {
    title: 'one of the readers agrees',
    says: 'dmarc=fail',
    ours: { dmarc: { readings: [dmarc('pass'), { ...dmarc('fail'), reader: 'RFC 7489' }] } },
    expected: [],
  },
  {
    title: 'ARC altered after',
    says: 'arc=pass',
    ours: { arc: sealed('list.example', 'fail') },
    expected: [['arc', 'fail', 'pass', /altered after/]],
  },
];

for (const { title, says, ours, expected } of cases) {
  test(`differences: ${title}`, () => {
    const receiver = receiverOf(own([`mx.example.net; ${says}`]));
    const found = differencesOf({
      receiver,
      spf: [],
      dkim: [],
      dmarc: { readings: [] },
      arc: noArc,
      evaluatedAt: now,
      messageAt: now - 3 * 86_400_000,
      ...ours,
    });
    assert.deepEqual(
      found.map((one) => [one.method, one.ours, one.theirs]),
      expected.map(([method, o, t]) => [method, o, t]),
      JSON.stringify(found),
    );
    for (const [index, [, , , why]] of expected.entries()) assert.match(found[index]?.why ?? '', why);
    for (const one of found) assert.equal(one.line, 1);
  });
}

test('differences: the set that the receiver adds itself is none', () => {
  const text = own([]).replace(/by mx\.example\.net \(Postfix\)/, 'by A.mail.protection.outlook.com');
  const receiver = receiverOf(
    `Authentication-Results: spf=pass (sender IP is 192.0.2.25) smtp.mailfrom=example.com; arc=none\n${text}`,
  );
  assert.equal(receiver.speaker, '(microsoft)');
  const input = { receiver, spf: [spf('pass')], dkim: [], dmarc: { readings: [] }, evaluatedAt: now };
  assert.deepEqual(differencesOf({ ...input, arc: sealed('microsoft.com') }), []);
  assert.equal(differencesOf({ ...input, arc: sealed('list.example') }).length, 1);
});
