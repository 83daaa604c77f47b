import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { judge, plain, sealed, zone, type JudgeOptions } from '../../../test/proof/arc-chains.ts';
import { expectCodes } from '../../../test/zone-world.ts';
import { dnsName } from '../../dns/name.ts';
import type { Finding } from '../../finding/finding.ts';
import { parseHeader } from '../../mail/parse-header.ts';
import { parseReceived } from '../../mail/parse-received.ts';
import type { Envelope } from '../envelope/envelope.ts';
import { checkArc } from './check.ts';
import { rows } from './findings.ts';

interface Scenario {
  readonly title: string;
  /** Octets of the message, the newest field first. */
  readonly message: string;
  readonly options?: JudgeOptions;
  readonly forwarded?: boolean;
  /** Which Received field, from the top, is the boundary; absent: none is known. */
  readonly boundary?: number;
  readonly expected?: string;
  readonly author?: string;
  readonly mailFrom?: string;
  readonly codes: readonly string[];
  readonly severities?: Readonly<Record<string, string>>;
  readonly says?: RegExp;
}

const hop = (by: string): string =>
  `Received: from a.example (a.example [192.0.2.9]) by ${by} with ESMTPS id 9;\r\n Mon, 23 Nov 2026 10:01:00 +0000\r\n`;
const oneSet = sealed(plain);
const withoutKey = zone.replace(/^s1\._domainkey\.list.*\n/m, '');

const scenarios: readonly Scenario[] = [
  { title: 'no ARC', message: plain, boundary: 0, codes: [] },
  {
    title: 'the receiver seals for itself, as Gmail does',
    message: sealed(hop('mx.receiver.example') + plain),
    boundary: 0,
    codes: ['arc.present'],
    says: /says nothing of the sender/,
  },
  {
    title: 'a list sealed it',
    message: hop('mx.receiver.example') + oneSet,
    boundary: 0,
    forwarded: true,
    codes: ['arc.present'],
    says: /came by a forwarder or list/,
  },
  {
    title: 'the sending side sealed it',
    message: hop('mx.receiver.example') + sealed(plain, { domain: 'author.example' }),
    boundary: 0,
    codes: ['arc.present', 'arc.sender_needless', 'arc.status'],
  },
  {
    title: 'the sending side sealed it, and no boundary is known',
    message: sealed(plain, { domain: 'author.example' }),
    codes: ['arc.present', 'arc.sender_needless', 'arc.status'],
  },
  { title: 'somebody sealed it, and no boundary is known', message: oneSet, codes: ['arc.present'] },
  {
    title: 'the list sealed it and a later server changed the body',
    message: `${hop('mx.receiver.example') + oneSet}A footer\r\n`,
    boundary: 0,
    forwarded: true,
    codes: ['arc.present', 'arc.chain'],
    severities: { 'arc.chain': 'warning' },
    says: /ARC chain fails\. .*body was changed/,
  },
  {
    title: 'the receiver changed the body after sealing it itself',
    message: `${sealed(hop('mx.receiver.example') + plain)}A footer\r\n`,
    boundary: 0,
    codes: ['arc.present', 'arc.chain'],
    severities: { 'arc.chain': 'info' },
  },
  {
    title: 'fields of ARC that make no set',
    message: `ARC-Seal: junk\r\n${plain}`,
    boundary: 0,
    codes: ['arc.chain'],
  },
  {
    title: 'the key of the list does not answer',
    message: hop('mx.receiver.example') + oneSet,
    options: { failures: [['s1._domainkey.list.example', 'TXT', 'timeout']] },
    boundary: 0,
    forwarded: true,
    codes: ['arc.present', 'arc.chain'],
    severities: { 'arc.chain': 'info' },
    says: /could not be validated/,
  },
  {
    title: 'the key of a foreign list is missing',
    message: hop('mx.receiver.example') + oneSet,
    options: { zone: withoutKey },
    boundary: 0,
    forwarded: true,
    codes: ['arc.present', 'arc.chain', 'arc.key'],
    severities: { 'arc.key': 'info' },
  },
  {
    title: 'the key of the own list is missing',
    message: hop('mx.receiver.example') + oneSet,
    options: { zone: withoutKey },
    boundary: 0,
    forwarded: true,
    expected: 'list.example',
    codes: ['arc.present', 'arc.chain', 'arc.key', 'arc.forwarder_required', 'arc.status'],
    severities: { 'arc.key': 'error', 'arc.forwarder_required': 'info' },
  },
  {
    title: 'the own list passes mail on and does not seal',
    message: hop('mx.receiver.example') + plain,
    boundary: 0,
    forwarded: true,
    expected: 'list.example',
    codes: ['arc.forwarder_required', 'arc.status'],
    severities: { 'arc.forwarder_required': 'warning' },
  },
  {
    title: 'the own forwarder is known by its return path',
    message: hop('mx.receiver.example') + plain,
    boundary: 0,
    forwarded: true,
    expected: 'fwd.example',
    mailFrom: 'srs0=x=author.example=ann@fwd.example',
    codes: ['arc.forwarder_required', 'arc.status'],
  },
  {
    title: 'the own list passes mail on and seals',
    message: hop('mx.receiver.example') + oneSet,
    boundary: 0,
    forwarded: true,
    expected: 'list.example',
    codes: ['arc.present', 'arc.forwarder_required', 'arc.status'],
    severities: { 'arc.forwarder_required': 'info' },
  },
  {
    title: 'mail of the own domain that a foreign list passed on asks nothing of the domain',
    message: hop('mx.receiver.example') + plain,
    boundary: 0,
    forwarded: true,
    expected: 'author.example',
    codes: [],
  },
  {
    title: 'a direct message of another domain: nobody knows whether the domain of the plan forwards',
    message: hop('mx.receiver.example') + plain,
    boundary: 0,
    expected: 'elsewhere.example',
    codes: [],
  },
];

async function findingsOf(scenario: Scenario): Promise<readonly Finding[]> {
  const header = parseHeader(Buffer.from(scenario.message, 'latin1'));
  const hops = header.fields.filter(({ key }) => key === 'received').map(parseReceived);
  const boundary = scenario.boundary === undefined ? undefined : hops[scenario.boundary];
  const envelope: Envelope = {
    hops,
    why: 'test',
    ...(boundary ? { hop: boundary } : {}),
    ...(scenario.mailFrom === undefined ? {} : { mailFrom: { value: scenario.mailFrom, from: 'Return-Path' } }),
  };
  return checkArc({
    source: 'mail.eml',
    header,
    arc: await judge(scenario.message, scenario.options),
    envelope,
    forwarded: scenario.forwarded ?? false,
    author: dnsName(scenario.author ?? 'author.example'),
    ...(scenario.expected === undefined ? {} : { expected: dnsName(scenario.expected) }),
  });
}

for (const scenario of scenarios) {
  test(scenario.title, async () => {
    const findings = await findingsOf(scenario);
    expectCodes(findings, scenario.codes);
    for (const [code, severity] of Object.entries(scenario.severities ?? {}))
      assert.equal(findings.find((one) => one.code === code)?.severity, severity, code);
    if (scenario.says) assert.match(findings.map(({ message }) => message).join('\n'), scenario.says);
  });
}

test('every row appears in a scenario, and no finding demands ARC of a sender', () => {
  const told = new Set(scenarios.flatMap(({ codes }) => codes));
  assert.deepEqual(
    Object.keys(rows).filter((code) => !told.has(code)),
    [],
  );
  const direct = scenarios.filter(({ forwarded, expected }) => !forwarded && expected === undefined);
  for (const { codes, title } of direct) assert.ok(!codes.includes('arc.forwarder_required'), title);
});

test('a chain that could not be validated is unknown, never fail', async () => {
  const scenario = scenarios.find(({ options }) => options?.failures !== undefined);
  assert.ok(scenario);
  const chain = (await findingsOf(scenario)).find(({ code }) => code === 'arc.chain');
  assert.equal(chain?.state, 'unknown');
});

test('the evidence is the line of the seal', async () => {
  const [finding] = await findingsOf({
    title: '',
    message: hop('mx.receiver.example') + oneSet,
    boundary: 0,
    codes: [],
  });
  const [first] = finding?.evidence ?? [];
  assert.ok(
    first?.kind === 'file' && first.line === 3 && first.text.startsWith('ARC-Seal: a=rsa-sha256;'),
    JSON.stringify(first),
  );
});
