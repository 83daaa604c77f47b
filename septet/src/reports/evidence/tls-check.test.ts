import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { dnsName } from '../../dns/name.ts';
import type { Finding } from '../../finding/finding.ts';
import type { TlsReport } from '../tls.ts';
import { dayMs, startOf } from './days.ts';
import { checkTls, type TlsStanding } from './tls-check.ts';
import type { mtastsRows, tlsrptRows } from './tls-findings.ts';
import { measureTls, tlsLimits } from './tls-measure.ts';

const domain = dnsName('example.com');
const since = startOf('2026-01-05');

interface Day {
  readonly day: number;
  readonly successful?: number;
  readonly failures?: Readonly<Record<string, number>>;
}

function report({ day, successful = 100, failures = {} }: Day): TlsReport {
  const begin = (since + day * dayMs) / 1000;
  const kinds = Object.entries(failures);
  return {
    kind: 'tls',
    reporter: 'Google',
    reportId: `r${day}`,
    range: { begin, end: begin + 86_399 },
    policies: [
      {
        policyType: 'sts',
        policyString: [],
        policyDomain: domain,
        mxHosts: [],
        successful,
        failed: kinds.reduce((sum, [, count]) => sum + count, 0),
        failures: kinds.map(([resultType, failedSessions]) => ({
          resultType,
          failedSessions,
          receivingMxHostname: 'mx1.example.com',
        })),
      },
    ],
    repairs: [],
  };
}

function checked(days: readonly Day[], standing?: Omit<TlsStanding, 'since'> & { days: number }, window = 20) {
  const now = since + window * dayMs;
  const evidence = measureTls(days.map(report), { domain, since, now });
  return checkTls(domain, evidence, tlsLimits, standing && { mode: standing.mode, since: now - standing.days * dayMs });
}

const expired = { day: 18, failures: { 'certificate-expired': 4, 'validation-failure': 1 } };
const scenarios: Readonly<
  Record<keyof typeof tlsrptRows | keyof typeof mtastsRows, readonly [readonly Finding[], ...string[]]>
> = {
  'tlsrpt.report.failures': [checked([expired])],
  'tlsrpt.silent': [checked([{ day: 2 }])],
  'mtasts.mode.testing_over': [checked([{ day: 18 }], { mode: 'testing', days: 15 })],
  'mtasts.mode.enforce_too_early': [checked([expired], { mode: 'enforce', days: 5 }), 'tlsrpt.report.failures'],
};

describe('findings of TLS reports', () => {
  for (const [code, [findings, ...others]] of Object.entries(scenarios)) {
    test(`${code} stands where it applies`, () => {
      assert.deepEqual(findings.map((finding) => finding.code).sort(), [code, ...others].sort());
      for (const { message, consequence, fix } of findings)
        for (const text of [message, consequence, fix.text]) assert.doesNotMatch(text, /[{}]|undefined/);
    });
  }

  test('clean reports of the last days say nothing', () => {
    assert.deepEqual(checked([{ day: 18 }]), []);
    assert.deepEqual(checked([{ day: 18 }], { mode: 'enforce', days: 30 }), []);
    assert.deepEqual(checked([{ day: 18 }], { mode: 'testing', days: 14 }), []);
  });

  test('nothing within a week is nothing to speak of', () => {
    assert.deepEqual(checked([], undefined, 6), []);
    assert.deepEqual(
      checked([], undefined, 7).map(({ code }) => code),
      ['tlsrpt.silent'],
    );
  });

  test('testing with failures is not over, and the worst kind comes with its cure', () => {
    const [finding, ...more] = checked([expired], { mode: 'testing', days: 30 });
    assert.deepEqual([finding?.code, finding?.severity, more], ['tlsrpt.report.failures', 'warning', []]);
    assert.match(finding?.message ?? '', /^5 of 105 sessions .* certificate-expired, 4 times, and one other kind\.$/);
    assert.match(finding?.fix.text ?? '', /^Renew the certificate/);
  });

  test('failed sessions under enforce are an error', () => {
    const severities = checked([expired], { mode: 'enforce', days: 5 }).map(({ severity }) => severity);
    assert.deepEqual(severities, ['error', 'error']);
  });
});
