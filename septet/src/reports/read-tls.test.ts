/** TLS reports (RFC 8460): what is read, mended and refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readTlsReport } from './read-tls.ts';
import type { TlsReport } from './tls.ts';

const policy = {
  policy: {
    'policy-type': 'sts',
    'policy-domain': 'Example.com',
    'policy-string': ['version: STSv1'],
    'mx-host': 'MX.example.com',
  },
  summary: { 'total-successful-session-count': 5, 'total-failure-session-count': 2 },
  'failure-details': [
    {
      'result-type': 'Certificate-Expired',
      'sending-mta-ip': '2001:DB8::1',
      'failed-session-count': 2,
      'failure-reason-code': 'X',
    },
  ],
};
const report = {
  'organization-name': 'Receiver',
  'date-range': { 'start-datetime': '2026-11-22T00:00:00Z', 'end-datetime': '2026-11-22T23:59:59Z' },
  'contact-info': 'tls@receiver.example',
  'report-id': 'r1',
  policies: [policy],
};

function good(json: unknown): TlsReport {
  const result = readTlsReport(typeof json === 'string' ? json : JSON.stringify(json));
  assert.ok(result.kind === 'good', JSON.stringify(result));
  return result.report;
}
const repairs = (json: unknown): readonly string[] => good(json).repairs.map(({ code }) => code);
const without = (json: object, key: string): object =>
  Object.fromEntries(Object.entries(json).filter(([name]) => name !== key));

test('a report without faults', () => {
  assert.deepEqual(good(report), {
    kind: 'tls',
    reporter: 'Receiver',
    contact: 'tls@receiver.example',
    reportId: 'r1',
    range: { begin: 1_795_305_600, end: 1_795_391_999 },
    policies: [
      {
        policyType: 'sts',
        policyString: ['version: STSv1'],
        policyDomain: 'example.com',
        mxHosts: ['mx.example.com'],
        successful: 5,
        failed: 2,
        failures: [
          { resultType: 'certificate-expired', sendingMtaIp: '2001:db8::1', failedSessions: 2, reasonCode: 'X' },
        ],
      },
    ],
    repairs: [],
  });
});

test('what is missing or written otherwise is mended and told', () => {
  assert.deepEqual(repairs([report]), ['json.list']);
  assert.deepEqual(repairs(without(report, 'report-id')), ['report_id.missing']);
  assert.deepEqual(repairs(without(report, 'organization-name')), ['organization.missing']);
  assert.deepEqual(repairs({ ...report, policies: [] }), ['policies.none']);
  assert.deepEqual(repairs({ ...report, policies: [without(policy, 'summary')] }), [
    'count.missing',
    'count.failed_missing',
  ]);
  assert.equal(good({ ...report, policies: [without(policy, 'summary')] }).policies[0]?.failed, 2);
  assert.deepEqual(
    repairs(
      JSON.stringify(report)
        .replaceAll('-', '_')
        .replaceAll(/2026_11_22/g, '2026-11-22'),
    ),
    ['name.form'],
  );
  const texts = { ...policy, summary: { 'total-successful-session-count': '5', 'total-failure-session-count': ' 2 ' } };
  assert.deepEqual(repairs({ ...report, policies: [texts] }), []);
  const negative = { ...policy, summary: { 'total-successful-session-count': -5, 'total-failure-session-count': 1 } };
  assert.deepEqual(repairs({ ...report, policies: [negative] }), [
    'count.unreadable',
    'count.missing',
    'count.differs',
  ]);
});

test('what nothing follows from is refused', () => {
  const code = (text: unknown): string => {
    const result = readTlsReport(typeof text === 'string' ? text : JSON.stringify(text), { now: 1_800_000_000 });
    return result.kind === 'refused' ? result.refusal.code : 'good';
  };
  assert.equal(code(''), 'empty');
  assert.equal(code('{"policies":'), 'json');
  assert.equal(code('[1,2]'), 'not-report');
  assert.equal(code({ a: 1 }), 'not-report');
  assert.equal(code(without(report, 'date-range')), 'range');
  assert.equal(code({ ...report, policies: [without(policy, 'policy')] }), 'domain');
  assert.equal(
    code({ ...report, 'date-range': { 'start-datetime': '2026-11-23', 'end-datetime': '2026-11-22' } }),
    'range',
  );
  assert.equal(
    code({ ...report, 'date-range': { 'start-datetime': '2026-11-23', 'end-datetime': '2036-11-22' } }),
    'range',
  );
  assert.equal(code({ ...report, policies: Array.from({ length: 1001 }, () => policy) }), 'limit');
  assert.equal(code('['.repeat(1_000_000)), 'json');
  assert.equal(code(report), 'good');
});

test('any JSON in any place never throws', () => {
  fc.assert(
    fc.property(fc.json(), fc.constantFrom('policies', 'date-range', 'report-id', 'organization-name'), (json, key) => {
      readTlsReport(json);
      readTlsReport(JSON.stringify({ ...report, [key]: JSON.parse(json) as unknown }));
      readTlsReport(
        JSON.stringify({
          ...report,
          policies: [{ ...policy, summary: JSON.parse(json) as unknown }, JSON.parse(json) as unknown],
        }),
      );
      readTlsReport(
        JSON.stringify({ ...report, policies: [{ ...policy, 'failure-details': JSON.parse(json) as unknown }] }),
      );
    }),
    { numRuns: 300 },
  );
});
