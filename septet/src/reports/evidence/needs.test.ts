import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { dnsName } from '../../dns/name.ts';
import { alignedPosition } from './aligned.ts';
import { noCounts, type ReporterDay, type SourceDay } from './counts.ts';
import { dayMs, dayOf, startOf } from './days.ts';
import { measureDmarc, organisationOf, reporterDays, type DmarcEvidence } from './measure.ts';
import {
  coverageNeed,
  dkimNeed,
  dmarcLimits as limits,
  eachSenderNeed,
  errorNeed,
  forwardedNeed,
  newSenderNeed,
  passRateNeed,
  percent,
  spfNeed,
  unclassifiedNeed,
  volumeNeed,
  type Need,
} from './needs.ts';
import { measureTls, tlsCleanNeed, tlsLimits, tlsReportsNeed } from './tls-measure.ts';

const since = startOf('2026-01-05');
const now = since + 28 * dayMs;
const dayAt = (index: number): string => dayOf(since + index * dayMs);

/** `source`: the key, first day, and the counts of all days together, which stand on that day. */
const line = (source: string, messages: number, over: Partial<SourceDay> = {}): SourceDay => ({
  ...noCounts,
  day: dayAt(0),
  source,
  messages,
  aligned: messages,
  dkimAligned: messages,
  spfAligned: messages,
  ...over,
});
const ownKey = 'dkim=example.com spf=example.com';
const sesKey = 'dkim=amazonses.com,example.com spf=amazonses.com';
const allReport = (names = ['google.com', 'Outlook.com', 'Yahoo'], days = 28): readonly ReporterDay[] =>
  names.flatMap((reporter, index) =>
    Array.from({ length: days }, (_, day) => ({ reporter, day: dayAt(day), messages: 100 - index })),
  );
const measure = (days: readonly SourceDay[], reporters = allReport(), at = now): DmarcEvidence =>
  measureDmarc({
    days,
    reporters,
    marks: [],
    hints: {
      domain: dnsName('example.com'),
      services: ['Amazon SES'],
      organisations: [],
      addresses: [],
      reverseNames: new Map(),
    },
    since,
    now: at,
    reportLagDays: limits.reportLagDays,
  });

type Edge = readonly [
  name: string,
  need: (evidence: DmarcEvidence) => Need,
  open: DmarcEvidence,
  closed: DmarcEvidence,
];
const silentFor = (days: number): readonly ReporterDay[] =>
  allReport().filter(({ reporter, day }) => reporter !== 'google.com' || day < dayAt(26 - days));
const edges: readonly Edge[] = [
  [
    'coverage: 24 of 26 due days, 23 are too few',
    (evidence) => coverageNeed(evidence, limits),
    measure(
      [],
      allReport().filter(({ day }) => day !== dayAt(3) && day !== dayAt(4)),
    ),
    measure(
      [],
      allReport().filter(({ day }) => ![3, 4, 5].map(dayAt).includes(day)),
    ),
  ],
  [
    'coverage: three receivers',
    (evidence) => coverageNeed(evidence, limits),
    measure([], allReport()),
    measure([], allReport(['google.com', 'Outlook.com', 'Enterprise Outlook'])),
  ],
  [
    'coverage: the largest may be silent for less than three days',
    (evidence) => coverageNeed(evidence, limits),
    measure([], silentFor(2)),
    measure([], silentFor(3)),
  ],
  [
    'volume: 500',
    (evidence) => volumeNeed(evidence, limits),
    measure([line(ownKey, 500)]),
    measure([line(ownKey, 499)]),
  ],
  [
    'volume: what fails does not count',
    (evidence) => volumeNeed(evidence, limits),
    measure([line(ownKey, 501, { aligned: 500 })]),
    measure([line(ownKey, 900, { aligned: 499 })]),
  ],
  [
    'pass rate: 99.5 %',
    (evidence) => passRateNeed(evidence, limits),
    measure([line(ownKey, 1000, { aligned: 995 })]),
    measure([line(ownKey, 1000, { aligned: 994 })]),
  ],
  [
    'pass rate: silence is not success',
    (evidence) => passRateNeed(evidence, limits),
    measure([line(ownKey, 1)]),
    measure([]),
  ],
  [
    'each sender: 98 %',
    (evidence) => eachSenderNeed(evidence, limits),
    measure([line(ownKey, 100000), line(sesKey, 100, { aligned: 98 })]),
    measure([line(ownKey, 100000), line(sesKey, 100, { aligned: 97 })]),
  ],
  [
    'each sender: keys of one sender count together',
    (evidence) => eachSenderNeed(evidence, limits),
    measure([line(sesKey, 980), line('dkim=amazonses.com spf=amazonses.com', 20, { aligned: 0 })]),
    measure([line(sesKey, 970), line('dkim=amazonses.com spf=amazonses.com', 30, { aligned: 0 })]),
  ],
  [
    'each sender: from ten messages on',
    (evidence) => eachSenderNeed(evidence, limits),
    measure([line(ownKey, 1000), line(sesKey, 9, { aligned: 0 })]),
    measure([line(ownKey, 1000), line(sesKey, 10, { aligned: 0 })]),
  ],
  [
    'unclassified: under a thousandth',
    (evidence) => unclassifiedNeed(evidence, limits),
    measure([line(ownKey, 10000), line('ip=203.0.113.0/24', 9, { aligned: 0 })]),
    measure([line(ownKey, 10000), line('ip=203.0.113.0/24', 10, { aligned: 0 })]),
  ],
  [
    'unclassified: single messages are passed over',
    (evidence) => unclassifiedNeed(evidence, limits),
    measure([line(ownKey, 500), line('ip=203.0.113.0/24', 2, { aligned: 0 })]),
    measure([line(ownKey, 500), line('ip=203.0.113.0/24', 3, { aligned: 0 })]),
  ],
  [
    'new sender: seven days',
    (evidence) => newSenderNeed(evidence, limits),
    measure([line(ownKey, 500), line(sesKey, 50, { day: dayAt(21) })]),
    measure([line(ownKey, 500), line(sesKey, 50, { day: dayAt(22) })]),
  ],
  [
    'new sender: a stranger that fails is not one',
    (evidence) => newSenderNeed(evidence, limits),
    measure([line(ownKey, 500), line('ip=203.0.113.0/24', 50, { day: dayAt(25), aligned: 0 })]),
    measure([line(ownKey, 500), line('dkim=mailgun.org spf=mailgun.org', 50, { day: dayAt(25), aligned: 0 })]),
  ],
  [
    'DKIM: 98 %',
    (evidence) => dkimNeed(evidence, limits),
    measure([line(ownKey, 100, { dkimAligned: 98 })]),
    measure([line(ownKey, 100, { dkimAligned: 97 })]),
  ],
  [
    'SPF: 98 % of a sender',
    (evidence) => spfNeed(evidence, limits),
    measure([line(sesKey, 98), line('dkim=amazonses.com,example.com', 2)]),
    measure([line(sesKey, 97), line('dkim=amazonses.com,example.com', 3)]),
  ],
  [
    'forwarded: a thousandth',
    (evidence) => forwardedNeed(evidence, limits),
    measure([line(ownKey, 10000), line('dkim=example.com', 10)]),
    measure([line(ownKey, 10000), line('dkim=example.com', 11)]),
  ],
  [
    'errors: a thousandth',
    (evidence) => errorNeed(evidence, limits),
    measure([line(ownKey, 1000, { errors: 1 })]),
    measure([line(ownKey, 1000, { errors: 2 })]),
  ],
  [
    'errors: of what passes, so that mail which fails hides none',
    (evidence) => errorNeed(evidence, limits),
    measure([line(ownKey, 1000, { errors: 1 })]),
    measure([line(ownKey, 1000, { errors: 1, aligned: 999 })]),
  ],
  [
    'unclassified: of what passes, so that mail which fails hides none',
    (evidence) => unclassifiedNeed(evidence, limits),
    measure([line(ownKey, 10000), line('ip=203.0.113.0/24', 9, { aligned: 0 })]),
    measure([line(ownKey, 10000, { aligned: 9000 }), line('ip=203.0.113.0/24', 9, { aligned: 0 })]),
  ],
];

describe('each need at its edge', () => {
  for (const [name, need, open, closed] of edges) {
    test(name, () => {
      assert.equal(need(open).met, true, JSON.stringify(need(open)));
      assert.equal(need(closed).met, false, JSON.stringify(need(closed)));
    });
  }

  test('a new sender says when it is no longer new', () => {
    const need = newSenderNeed(measure([line(ownKey, 500), line(sesKey, 50, { day: dayAt(25) })]), limits);
    assert.equal(dayOf(need.earliest ?? 0), dayAt(32));
  });

  test('shares are cut, not rounded up to what is wanted', () => {
    assert.equal(percent(0.99499), '99.49 %');
    assert.equal(percent(0.995), '99.5 %');
    assert.equal(percent(1), '100 %');
    assert.equal(percent(0.29), '29 %');
  });
});

describe('the measure', () => {
  test('days before the stage tell what is new, and are not counted', () => {
    const evidence = measure([line(ownKey, 70, { day: '2026-01-04' }), line(ownKey, 30)]);
    assert.equal(evidence.mine.messages, 30);
    assert.equal(evidence.senders[0]?.firstDay, '2026-01-04');
  });
  test('a day that had begun when the stage came does not count', () => {
    const evidence = measureDmarc({
      days: [line(ownKey, 5), line(ownKey, 7, { day: dayAt(1) })],
      reporters: [],
      marks: [],
      hints: {
        domain: dnsName('example.com'),
        services: [],
        organisations: [],
        addresses: [],
        reverseNames: new Map(),
      },
      since: since + 3_600_000,
      now,
      reportLagDays: 2,
    });
    assert.equal(evidence.mine.messages, 7);
    assert.equal(evidence.dueDays[0], dayAt(1));
  });
  test('names of one organisation are one reporter', () => {
    assert.equal(organisationOf('Enterprise Outlook'), organisationOf('outlook.com'));
    assert.notEqual(organisationOf('google.com'), organisationOf('Mail.Ru'));
  });
  test('a report of a week covers seven days, one of a year a month at most', () => {
    const range = (days: number) => ({ begin: since / 1000, end: since / 1000 + days * 86_400 - 1 });
    const days = reporterDays([{ reporter: 'a', range: range(7), messages: 9 }]);
    assert.deepEqual([days.length, days[0]?.messages, days[6]?.day], [7, 9, dayAt(6)]);
    assert.equal(reporterDays([{ reporter: 'a', range: range(366), messages: 9 }]).length, 32);
    assert.equal(
      reporterDays([{ reporter: 'a', range: { begin: since / 1000, end: since / 1000 + 86_400 }, messages: 1 }]).length,
      1,
    );
  });
});

const tlsReport = (day: number, successful: number, failed: number, domain = 'example.com') => ({
  kind: 'tls' as const,
  reporter: 'Google',
  reportId: `${day}`,
  range: { begin: (since + day * dayMs) / 1000, end: (since + (day + 1) * dayMs) / 1000 - 1 },
  policies: [
    {
      policyType: 'sts',
      policyString: [],
      policyDomain: domain,
      mxHosts: [],
      successful,
      failed,
      failures: failed > 0 ? [{ resultType: 'certificate-expired', failedSessions: failed }] : [],
    },
  ],
  repairs: [],
});
const tls = (reports: readonly ReturnType<typeof tlsReport>[], at = since + 7 * dayMs) =>
  measureTls(reports, { domain: 'example.com', since, now: at });

describe('TLS reports', () => {
  test('one clean report opens, none and one of another domain do not', () => {
    assert.equal(tlsReportsNeed(tls([tlsReport(5, 1, 0)]), tlsLimits).met, true);
    assert.equal(tlsReportsNeed(tls([]), tlsLimits).met, false);
    assert.equal(tlsReportsNeed(tls([tlsReport(5, 1, 0, 'example.net')]), tlsLimits).met, false);
    assert.equal(tlsCleanNeed(tls([]), tlsLimits).met, false);
  });
  test('one failed session of a thousand closes, and says why', () => {
    const need = tlsCleanNeed(tls([tlsReport(5, 999, 1)]), tlsLimits);
    assert.equal(need.met, false);
    assert.deepEqual(need.items, ['certificate-expired: 1 sessions']);
    assert.equal(tlsCleanNeed(tls([tlsReport(5, 1000, 0)]), tlsLimits).met, true);
  });
  test('a report from before the window does not count, and the last may be a week old', () => {
    assert.equal(tlsReportsNeed(tls([tlsReport(-1, 9, 0)]), tlsLimits).met, false);
    assert.equal(tlsReportsNeed(tls([tlsReport(0, 9, 0)], since + 7 * dayMs), tlsLimits).met, true);
    assert.equal(tlsReportsNeed(tls([tlsReport(0, 9, 0)], since + 8 * dayMs), tlsLimits).met, false);
  });
});

describe('the gate of a plan', () => {
  const gate = { reports: 'dmarc', days: 28, messages: 500, share: 0.995 } as const;
  const both = { dmarc: limits, tls: tlsLimits };
  const good = measure([line(ownKey, 500)]);
  test('opens on the day, not before it', () => {
    assert.equal(alignedPosition(gate, { dmarc: good }, both, now).state, 'open');
    const early = alignedPosition(gate, { dmarc: good }, both, now - 1);
    assert.deepEqual([early.state, early.until], ['closed', now]);
  });
  test('reports that do not suffice have no date', () => {
    const position = alignedPosition({ ...gate, messages: 501 }, { dmarc: good }, both, now);
    assert.deepEqual([position.state, position.until], ['closed', undefined]);
    assert.match(position.detail, /messages of yours that pass: 500, needs 501/);
  });
  test('a store that cannot be read is not the same as no reports', () => {
    assert.equal(alignedPosition(gate, {}, both, now).state, 'unknown');
    assert.equal(alignedPosition(gate, { dmarc: measure([], []) }, both, now).state, 'closed');
  });
  test('TLS', () => {
    const tlsGate = { reports: 'tls', days: 7, messages: 1, share: 1 } as const;
    assert.equal(alignedPosition(tlsGate, { tls: tls([tlsReport(5, 3, 0)]) }, both, now).state, 'open');
    assert.equal(alignedPosition(tlsGate, { tls: tls([tlsReport(5, 3, 1)]) }, both, now).state, 'closed');
  });
});
