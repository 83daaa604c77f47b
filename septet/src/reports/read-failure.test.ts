/** Failure reports: fields, plain text, and what redaction takes away. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseHeader } from '../mail/parse-header.ts';
import type { FailureReport } from './failure.ts';
import { readFailure, readPlainFailure, redacted } from './read-failure.ts';

const carrier = parseHeader(
  Buffer.from('From: Reporter <noreply@receiver.example>\r\nMessage-ID: <m1@receiver.example>\r\n\r\n'),
);
const sample = parseHeader(
  Buffer.from(
    'From: "A. Person" <person@example.com>\r\nTo: <other@mailbox.example>\r\nSubject: =?utf-8?Q?Gru=C3=9F?=\r\nMessage-ID: <x@example.com>\r\n\r\n',
  ),
);
const fields = [
  'Feedback-Type: auth-failure',
  'User-Agent: Agent/1',
  'Version: 1',
  'Original-Mail-From: <bounce+other=mailbox.example@example.com>',
  'Original-Rcpt-To: <other@mailbox.example>',
  'Arrival-Date: Mon, 23 Nov 2026 10:00:00 +0000',
  'Reported-Domain: Example.com',
  'Source-IP: 2001:DB8::1',
  'Auth-Failure: dkim, spf',
  'Delivery-Result: Reject',
  'Identity-Alignment: none',
  'DKIM-Domain: example.com',
  'DKIM-Selector: s1',
  'DKIM-Identity: person@example.com',
  'SPF-DNS: txt : example.com : v=spf1 -all',
  'Authentication-Results: mx.receiver.example; spf=fail smtp.mailfrom=bounce+other=mailbox.example@example.com (domain of "p q"@example.com); dkim=fail header.i=@example.com',
  'Incidents: 3',
].join('\r\n');

const read = (report: string, inside = sample): FailureReport | undefined =>
  readFailure({ carrier, report, sample: inside });

test('every field of RFC 6591 and RFC 9991 is read', () => {
  assert.deepEqual(read(fields), {
    kind: 'failure',
    reporter: 'receiver.example',
    reportId: 'm1@receiver.example',
    feedbackType: 'auth-failure',
    arrival: 1_795_428_000,
    sourceIp: '2001:db8::1',
    reportedDomain: 'example.com',
    authFailure: ['dkim', 'spf'],
    deliveryResult: 'reject',
    identityAlignment: ['none'],
    dkimDomain: 'example.com',
    dkimSelector: 's1',
    dkimIdentity: 'person@example.com',
    spfDns: 'txt : example.com : v=spf1 -all',
    authenticationResults:
      'mx.receiver.example; spf=fail smtp.mailfrom=bounce+other=mailbox.example@example.com (domain of "p q"@example.com); dkim=fail header.i=@example.com',
    incidents: 3,
    userAgent: 'Agent/1',
    person: {
      originalMailFrom: '<bounce+other=mailbox.example@example.com>',
      originalRcptTo: ['<other@mailbox.example>'],
      subject: 'Gruß',
      headerFrom: '"A. Person" <person@example.com>',
      messageId: '<x@example.com>',
      sample:
        'From: "A. Person" <person@example.com>\r\nTo: <other@mailbox.example>\r\nSubject: =?utf-8?Q?Gru=C3=9F?=\r\nMessage-ID: <x@example.com>',
    },
    repairs: [],
  });
});

test('what is missing or wrong is mended and told; without Feedback-Type it is no report', () => {
  const codes = (text: string): readonly string[] | undefined => read(text)?.repairs.map(({ code }) => code);
  assert.deepEqual(codes('Feedback-Type: abuse\nVersion: 1\nAuth-Failure: dmarc'), ['domain.missing']);
  assert.equal(read('Feedback-Type: abuse')?.reportedDomain, 'example.com');
  assert.deepEqual(codes(fields.replace('Incidents: 3', 'Incidents: -3')), ['incidents']);
  assert.deepEqual(codes(fields.replace('2001:DB8::1', 'unknown')), ['source_ip']);
  assert.deepEqual(codes(`\r\n\r\n${fields.replace('Version: 1\r\n', '')}`), ['version.missing']);
  assert.equal(read('Version: 1'), undefined);
});

test('redaction leaves no address and no word of the message', () => {
  const report = read(fields);
  assert.ok(report);
  const kept = redacted(report);
  const text = JSON.stringify(kept);
  for (const secret of ['person', 'Person', 'bounce', 'other', 'mailbox', 'Gru', 'p q', 'x@example'])
    assert.equal(text.replace('"person":{}', '').includes(secret), false, `${secret} is still there: ${text}`);
  assert.equal(kept.dkimIdentity, '@example.com');
  assert.equal(
    kept.authenticationResults,
    'mx.receiver.example; spf=fail smtp.mailfrom=@example.com (domain of @example.com); dkim=fail header.i=@example.com',
  );
  assert.deepEqual([kept.sourceIp, kept.reportId, kept.incidents], ['2001:db8::1', 'm1@receiver.example', 3]);
});

test('a report without Message-ID has an identity of its content', () => {
  const plain = parseHeader(Buffer.from('From: a@b.example\r\n\r\n'));
  const one = readFailure({ carrier: plain, report: fields, sample: undefined });
  assert.match(one?.reportId ?? '', /^sha256:[0-9a-f]{64}$/);
  assert.notEqual(
    one?.reportId,
    readFailure({ carrier: plain, report: `${fields}\r\nX: y`, sample: undefined })?.reportId,
  );
});

test('other text is no plain failure report', () => {
  assert.equal(readPlainFailure({ carrier, report: 'Dear customer,\nSender Domain: nothing' }), undefined);
  assert.equal(readPlainFailure({ carrier, report: '' }), undefined);
});

test('any text never throws, and redaction is complete for any local part', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      const report = read(`Feedback-Type: x\r\n${text}`);
      if (report !== undefined) redacted(report);
      readPlainFailure({ carrier, report: `Sender Domain: a.example\nSender IP Address: 1\n${text}` });
    }),
  );
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z0-9+=._-]{3,30}$/), (local) => {
      const text = `Feedback-Type: auth-failure\r\nAuthentication-Results: r.example; spf=fail smtp.mailfrom=QQ${local}@e.example`;
      const report = read(text);
      assert.ok(report);
      assert.equal(JSON.stringify(redacted(report)).includes('QQ'), false);
    }),
  );
});
