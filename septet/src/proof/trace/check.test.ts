import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { expectCodes } from '../../../test/zone-world.ts';
import type { Finding } from '../../finding/finding.ts';
import { authorOf } from '../../mail/author-of.ts';
import type { Header } from '../../mail/header.ts';
import { mimeReader } from '../../mail/mime-reader.ts';
import { splitMessage } from '../../mail/parse-header.ts';
import { envelopeOf, type ListenerEnvelope } from '../envelope/envelope-of.ts';
import { checkTrace } from './check.ts';
import { hostRows, rows } from './findings.ts';

const now = Date.parse('2026-11-23T12:00:00Z');

interface Parts {
  /** `from … by … with … ; date` of each hop, the newest first. */
  readonly received?: readonly string[];
  /** Fields by name; `undefined` takes one away. */
  readonly fields?: Readonly<Record<string, string | undefined>>;
  /** Whole lines in front of the fields. */
  readonly extra?: string;
  readonly body?: string;
  readonly lineEnd?: string;
}

interface Scenario extends Parts {
  readonly title: string;
  readonly listener?: ListenerEnvelope;
  readonly change?: (header: Header) => Header;
  readonly codes: readonly string[];
  readonly severity?: string;
  readonly says?: RegExp;
}

const out =
  'from out.author.example (out.author.example [203.0.113.9]) by mx.receiver.example with ESMTPS id 2; Mon, 23 Nov 2026 10:00:05 +0000';
const inside = (clock: string, by = 'out.author.example', protocol = 'ESMTPS'): string =>
  `from app.author.example (app.author.example [203.0.113.8]) by ${by} with ${protocol} id 1; Mon, 23 Nov 2026 ${clock} +0000`;

function messageOf({ received = [out], fields = {}, extra = '', body = 'Hello\r\n', lineEnd = '\r\n' }: Parts): string {
  const all: Record<string, string | undefined> = {
    From: 'Ann <ann@author.example>',
    To: 'bob@receiver.example',
    Subject: 'Plans',
    Date: 'Mon, 23 Nov 2026 10:00:00 +0000',
    'Message-ID': '<1@author.example>',
    'MIME-Version': '1.0',
    'Content-Type': 'text/plain; charset=utf-8',
    ...fields,
  };
  const lines = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}\r\n`]));
  const text = `${received.map((one) => `Received: ${one}\r\n`).join('')}${extra}${lines.join('')}\r\n`;
  return text.replaceAll('\r\n', lineEnd) + body;
}

const listener: ListenerEnvelope = { ip: '203.0.113.9', helo: 'out.author.example', mailFrom: 'ann@author.example' };
const long = 'x'.repeat(1200);
const html = { 'Content-Type': 'text/html; charset=utf-8' };
const paragraph = `<p>${'words '.repeat(12)}</p>\r\n`;

const scenarios: readonly Scenario[] = [
  { title: 'a message in good order', codes: [] },
  { title: 'a file of a Unix system, with LF alone', lineEnd: '\n', body: 'Hello\n', codes: [] },
  { title: 'no Received at all', received: [], codes: [] },
  { title: 'no From', fields: { From: undefined }, codes: [] },
  { title: 'an empty From', fields: { From: '' }, codes: [] },
  { title: 'a From without a domain', fields: { From: 'ann' }, codes: [] },
  { title: 'two From fields', extra: 'From: eve@elsewhere.example\r\n', codes: [] },
  {
    title: 'two Subjects',
    extra: 'Subject: Other\r\n',
    codes: ['message.field.duplicate'],
    says: /Subject stands 2 times/,
  },
  {
    title: 'two Dates and two Message-IDs',
    extra: 'Date: Mon, 23 Nov 2026 10:00:00 +0000\r\nmessage-id: <2@author.example>\r\n',
    codes: ['message.field.duplicate', 'message.field.duplicate'],
  },
  {
    title: 'several Comments, Keywords and DKIM-Signature fields are allowed',
    extra: 'Comments: a\r\nComments: b\r\nKeywords: a\r\nKeywords: b\r\nDKIM-Signature: a\r\nDKIM-Signature: b\r\n',
    codes: [],
  },
  { title: 'no Date', fields: { Date: undefined }, codes: ['message.date.missing'] },
  {
    title: 'a Date in another order',
    fields: { Date: '2026-11-23 10:00:00' },
    codes: ['message.date.syntax'],
    severity: 'warning',
    says: /cannot be read/,
  },
  {
    title: 'a Date with the wrong day',
    fields: { Date: 'Tue, 23 Nov 2026 10:00:00 +0000' },
    codes: ['message.date.syntax'],
    severity: 'warning',
    says: /day of the week/,
  },
  {
    title: 'a Date in an obsolete form',
    fields: { Date: 'Mon, 23 Nov 26 10:00:00 GMT' },
    codes: ['message.date.syntax'],
    severity: 'info',
  },
  {
    title: 'a Date two days before the first hop',
    fields: { Date: 'Sat, 21 Nov 2026 10:00:00 +0000' },
    codes: ['message.date.off'],
    says: /2 days before the time at which mx\.receiver\.example/,
  },
  {
    title: 'a Date two days after the first hop',
    fields: { Date: 'Wed, 25 Nov 2026 10:00:00 +0000' },
    codes: ['message.date.off'],
    says: /after the time/,
  },
  {
    title: 'a Date in the future, without a hop',
    received: [],
    fields: { Date: 'Wed, 25 Nov 2026 13:00:00 +0000' },
    codes: ['message.date.off'],
    says: /after the time at which this computer/,
  },
  { title: 'an old file without a hop', received: [], fields: { Date: 'Wed, 25 Nov 2015 13:00:00 +0000' }, codes: [] },
  {
    title: 'a clock that is an hour ahead',
    fields: { Date: 'Mon, 23 Nov 2026 11:00:05 +0000' },
    codes: ['host.clock.skew'],
    says: /60 minutes later/,
  },
  {
    title: 'an hour in the outbox is no fault of the clock',
    fields: { Date: 'Mon, 23 Nov 2026 09:00:00 +0000' },
    codes: [],
  },
  { title: 'no Message-ID', fields: { 'Message-ID': undefined }, codes: ['message.id.missing'] },
  {
    title: 'a Message-ID without angle brackets',
    fields: { 'Message-ID': '1@author.example' },
    codes: ['message.id.syntax'],
  },
  { title: 'a Message-ID without @', fields: { 'Message-ID': '<1234>' }, codes: ['message.id.syntax'], says: /no @/ },
  {
    title: 'two in one Message-ID',
    fields: { 'Message-ID': '<1@author.example> <2@author.example>' },
    codes: ['message.id.syntax'],
  },
  { title: 'a Message-ID of localhost', fields: { 'Message-ID': '<1@localhost>' }, codes: ['message.id.domain'] },
  {
    title: 'a Message-ID of a host without a name',
    fields: { 'Message-ID': '<1@web01.local>' },
    codes: ['message.id.domain'],
  },
  { title: 'a Message-ID with an address literal', fields: { 'Message-ID': '<1@[192.0.2.1]>' }, codes: [] },
  {
    title: 'an over-long header line',
    fields: { Subject: long },
    codes: ['message.header.long_line'],
    says: /One line of the header is longer/,
  },
  {
    title: 'an over-long field that is folded',
    fields: { Subject: `${'x'.repeat(600)}\r\n ${'x'.repeat(600)}` },
    codes: [],
  },
  { title: 'Latin-1 in the header', fields: { Subject: 'Gr\u00fc\u00dfe' }, codes: ['message.header.not_utf8'] },
  {
    title: 'UTF-8 in the header',
    fields: { Subject: 'Gr\u00c3\u00bc' },
    codes: ['message.header.utf8'],
    severity: 'warning',
  },
  {
    title: 'UTF-8 in the header over SMTPUTF8',
    received: [out.replace('ESMTPS', 'UTF8SMTPS')],
    fields: { Subject: 'Gr\u00c3\u00bc' },
    codes: ['message.header.utf8'],
    severity: 'info',
  },
  { title: 'a line that is no field', extra: 'this is no field\r\n', codes: ['message.header.not_field'] },
  {
    title: 'a bare LF in the header',
    fields: { Subject: 'a\nb' },
    codes: ['message.header.control'],
    severity: 'error',
  },
  { title: 'NUL in the header', fields: { Subject: 'a\0b' }, codes: ['message.header.control'], severity: 'warning' },
  { title: 'a blank before the colon', extra: 'X-Old : a\r\n', codes: ['message.header.obsolete'] },
  {
    title: 'a header alone',
    change: (header) => ({ ...header, problems: [{ code: 'end.missing', line: 9, count: 1 }] }),
    codes: ['message.header.unfinished'],
  },
  {
    title: 'more fields than are read',
    change: (header) => ({ ...header, problems: [{ code: 'limit.fields', line: 10_001, count: 7 }] }),
    codes: ['message.header.cut'],
    says: /7 fields from line 10001 on were passed over/,
  },
  {
    title: 'a multipart that is cut off',
    fields: { 'Content-Type': 'multipart/mixed; boundary=b' },
    body: '--b\r\n\r\nHello\r\n',
    codes: ['message.mime.faulty'],
    severity: 'warning',
    says: /^The message has no closing boundary/,
  },
  {
    title: 'two faults in one part',
    fields: { 'Content-Type': 'multipart/mixed; boundary=b' },
    body: '--b\r\nContent-Type: text\r\nContent-Transfer-Encoding: rot13\r\n\r\nHello\r\n--b--\r\n',
    codes: ['message.mime.faulty'],
    says: /^Part 1 has a Content-T[^]*, and there is one more fault\.$/,
  },
  {
    title: 'another charset than is named',
    body: 'Gr\u00fc\u00dfe\r\n',
    fields: { 'Content-Transfer-Encoding': '8bit' },
    codes: ['message.mime.faulty'],
    severity: 'info',
  },
  {
    title: 'parts in parts, a thousand deep',
    fields: { 'Content-Type': 'multipart/mixed; boundary=b' },
    body: Array.from(
      { length: 1000 },
      (_, at) => `--b${at || ''}\r\nContent-Type: multipart/mixed; boundary=b${at + 1}\r\n\r\n`,
    ).join(''),
    codes: ['message.mime.cut', 'message.mime.faulty'],
    severity: 'warning',
  },
  { title: 'bare LF in the body', body: 'a\nb\r\n', codes: ['message.body.bare_line_end'], says: /1 LF without CR/ },
  { title: 'bare CR in the body', body: 'a\rb\r\n', codes: ['message.body.bare_line_end'], says: /1 CR without LF/ },
  { title: 'NUL in the body', body: 'a\0b\r\n', codes: ['message.body.nul'] },
  {
    title: 'an over-long body line',
    body: `a\r\n${long}\r\n`,
    codes: ['message.body.long_line'],
    says: /has 1200 octets, in line 11\b/,
  },
  { title: '998 octets are allowed', body: `${'x'.repeat(998)}\r\n`, codes: [] },
  { title: '8-bit octets that nobody declares', body: 'Gr\u00c3\u00bc\r\n', codes: ['message.body.undeclared_8bit'] },
  {
    title: '8-bit octets in an 8bit part',
    fields: { 'Content-Transfer-Encoding': '8bit' },
    body: 'Gr\u00c3\u00bc\r\n',
    codes: [],
  },
  {
    title: 'HTML of 110 KB',
    fields: html,
    body: paragraph.repeat(1400),
    codes: [],
  },
  { title: 'HTML of 90 KB', fields: html, body: paragraph.repeat(1150), codes: [] },
  {
    title: 'plain text of 11 MB',
    body: `${'x'.repeat(76)}\r\n`.repeat(150_000),
    codes: ['message.size.large'],
    severity: 'warning',
  },
  {
    title: 'a message of 60 MB',
    change: (header) => ({ ...header, octets: 60 * 1024 * 1024 }),
    codes: ['message.size.large'],
    severity: 'error',
    says: /60\.0 MB/,
  },
  {
    title: 'a hop whose clock is behind',
    received: [out, inside('10:30:00')],
    fields: { Date: 'Mon, 23 Nov 2026 10:29:00 +0000' },
    codes: ['message.received.time'],
    says: /mx\.receiver\.example says that it took the message 30 minutes before out\.author\.example/,
  },
  {
    title: 'a queue of an hour',
    received: [out, inside('09:00:00')],
    fields: { Date: 'Mon, 23 Nov 2026 09:00:00 +0000' },
    codes: [],
  },
  {
    title: 'a login without TLS',
    received: [out, inside('10:00:02', 'out.author.example', 'ESMTPA')],
    codes: ['message.submission.plaintext'],
  },
  { title: 'a login with TLS', received: [out, inside('10:00:02', 'out.author.example', 'ESMTPSA')], codes: [] },
  {
    title: 'a login over the loopback',
    received: [out, inside('10:00:02', 'out.author.example', 'ESMTPA').replace('203.0.113.8', '127.0.0.1')],
    codes: [],
  },
  {
    title: 'the receiver shows no TLS',
    received: [out.replace('ESMTPS', 'ESMTP')],
    codes: ['authres.tls'],
    says: /mx\.receiver\.example shows no TLS: the message came by ESMTP/,
  },
  { title: 'a protocol that tells nothing of TLS', received: [out.replace('ESMTPS', 'HTTP')], codes: [] },
  {
    title: 'our listener offered TLS and it was not used',
    received: [],
    listener: { ...listener, tls: false },
    codes: ['host.tls.outbound_off'],
  },
  { title: 'our listener took it over TLS', received: [], listener: { ...listener, tls: true }, codes: [] },
  {
    title: 'our listener on the loopback',
    received: [],
    listener: { ...listener, ip: '127.0.0.1', tls: false },
    codes: [],
  },
];

function findingsOf(scenario: Scenario): readonly Finding[] {
  const { header: read, body } = splitMessage(Buffer.from(messageOf(scenario), 'latin1'));
  const header = scenario.change?.(read) ?? read;
  const reader = mimeReader(header);
  reader.write(body);
  const envelope = envelopeOf(header, {}, { trustedHosts: ['mx.receiver.example'], listener: scenario.listener });
  return checkTrace({ source: 'mail.eml', header, mime: reader.end(), envelope, author: authorOf(header), now });
}

for (const scenario of scenarios) {
  test(scenario.title, () => {
    const findings = findingsOf(scenario);
    expectCodes(findings, scenario.codes);
    if (scenario.severity !== undefined) assert.equal(findings[0]?.severity, scenario.severity);
    if (scenario.says) assert.match(findings[0]?.message ?? '', scenario.says);
  });
}

test('every row appears in a scenario, with whom it stands', () => {
  const told = new Set(scenarios.flatMap(({ codes }) => codes));
  assert.deepEqual(
    [...Object.keys(rows), ...Object.keys(hostRows)].filter((code) => !told.has(code)),
    [],
  );
  for (const finding of scenarios.flatMap(findingsOf))
    assert.equal(finding.record, finding.code.startsWith('host.') ? 'host' : 'message');
});

test('TLS is told once, by the listener or by the receiver', () => {
  const both = findingsOf({
    title: '',
    received: [out.replace('ESMTPS', 'ESMTP')],
    listener: { ...listener, tls: false },
    codes: [],
  });
  assert.equal(both.filter(({ code }) => code === 'authres.tls' || code === 'host.tls.outbound_off').length, 1);
});

test('thousands of fields are looked at in moderate time, and told in moderation', () => {
  const extra = 'Subject: again\r\n'.repeat(9000);
  const started = performance.now();
  const findings = findingsOf({ title: '', extra, codes: [] });
  assert.ok(performance.now() - started < 40_000);
  assert.ok((findings[0]?.evidence.length ?? 0) <= 10);
});
