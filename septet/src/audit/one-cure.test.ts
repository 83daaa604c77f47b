import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dnsName } from '../dns/name.ts';
import type { Finding, RecordToSet } from '../finding/finding.ts';
import { withOneCure } from './one-cure.ts';

const name = dnsName('_dmarc.shop.nl');
const publish = (text: string, at = name): RecordToSet => ({ name: at, type: 'TXT', ttlSeconds: 3600, data: [text] });
const finding = (code: string, set: readonly RecordToSet[], follows?: string): Finding => ({
  code,
  severity: 'error',
  state: 'fail',
  record: 'dmarc',
  subject: { name, type: 'TXT' },
  message: 'm',
  consequence: 'c',
  evidence: [],
  fix: { text: 'f', set },
  source: 's',
  ...(follows === undefined ? {} : { follows }),
});
const texts = (findings: readonly Finding[]): readonly unknown[] =>
  withOneCure(findings).map(({ fix }) => fix.set?.flatMap(({ data }) => data));

const good = 'v=DMARC1; p=reject; sp=reject; rua=mailto:a@shop.nl';
const faulty = 'v=DMARC1; p=reject; sp=rejct; rua=mailto:a@shop.nl';

test('the text with the fewest faults takes the place of the others', () => {
  assert.deepEqual(texts([finding('a', [publish(faulty)]), finding('b', [publish(good)])]), [[good], [good]]);
});

test('among equals the longest stays, because it keeps more of the old record', () => {
  const short = 'v=DMARC1; p=reject';
  assert.deepEqual(texts([finding('a', [publish(short)]), finding('b', [publish(good)])]), [[good], [good]]);
});

test('a new text for something missing gives way to the cause', () => {
  const fresh = 'v=DMARC1; p=none; rua=mailto:dmarc-reports@shop.nl';
  const old = 'v=DMARC1; p=reject';
  const findings = [
    finding('dns.name.doubled_suffix', [publish(old)]),
    finding('dmarc.missing', [publish(fresh)], 'dns.name.doubled_suffix'),
  ];
  assert.deepEqual(texts(findings), [[old], [old]]);
});

test('a text that is still faulty is mended as its home does', () => {
  assert.deepEqual(texts([finding('dns.txt.literal_quotes', [publish(faulty)])]), [[good]]);
});

test('what readers refuse is not proposed, and what else a cure removes is not removed alone', () => {
  const tls = publish('v=TLSRPTv1; rua=a@shop.nl', dnsName('_smtp._tls.shop.nl'));
  const stray: RecordToSet = { ...publish('v=TLSRPTv1; rua=a@shop.nl', dnsName('_tls.shop.nl')), action: 'remove' };
  assert.deepEqual(texts([finding('a', [tls])]), [undefined]);
  assert.deepEqual(texts([finding('a', [tls, stray])]), [undefined]);
  assert.deepEqual(texts([finding('a', [stray])]), [['v=TLSRPTv1; rua=a@shop.nl']]);
});

test('authorisations of reports and other types are left as they are', () => {
  const report = publish('v=DMARC1', dnsName('shop.nl._report._dmarc.host.nl'));
  const mx: RecordToSet = { name, type: 'MX', ttlSeconds: 300, data: ['10 a.'] };
  assert.deepEqual(texts([finding('a', [report, mx])]), [['v=DMARC1', '10 a.']]);
});
