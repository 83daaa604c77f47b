import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { dnsName } from '../../dns/name.ts';
import { parse } from '../../records/dmarc/record.ts';
import { noCounts, type SourceDay } from '../../reports/evidence/counts.ts';
import { dayMs, dayOf, startOf } from '../../reports/evidence/days.ts';
import { measureDmarc, type DmarcEvidence } from '../../reports/evidence/measure.ts';
import { measureTls, type TlsEvidence } from '../../reports/evidence/tls-measure.ts';
import { bimiBlocks } from './bimi-facts.ts';
import { decide, type DecideInput, type Decision } from './decide.ts';
import { evidenceSince, rampLimits as limits, type MtaStsFacts, type Ramp, type RampEvidence } from './ramp.ts';
import { bimiRamp, mtaStsRamp, mtaStsWithdrawal, ownRamp, spfRamp, usualDmarcRamp } from './stages.ts';
import { wouldBreak } from './would-break.ts';

const since = startOf('2026-02-02');
const ownKey = 'dkim=example.com spf=example.com';
const sesKey = 'dkim=amazonses.com,example.com spf=amazonses.com';

/** `counts`: messages of each key, and how many of them pass; on the first day, and on one long before. */
function measure(counts: Readonly<Record<string, readonly [number, number]>>, from = since, days = 28): DmarcEvidence {
  const on = (day: string): SourceDay[] =>
    Object.entries(counts).map(([source, [messages, aligned]]) => {
      const passing = { aligned, dkimAligned: aligned, spfAligned: aligned };
      return { ...noCounts, day, source, messages, ...passing };
    });
  return measureDmarc({
    days: [...on(dayOf(from)), ...on('2025-01-01')],
    reporters: ['google.com', 'Yahoo', 'mail.ru'].flatMap((reporter) =>
      Array.from({ length: days }, (_, day) => ({ reporter, day: dayOf(from + day * dayMs), messages: 10 })),
    ),
    marks: [],
    hints: {
      domain: dnsName('example.com'),
      services: ['Amazon SES'],
      organisations: [],
      addresses: [],
      reverseNames: new Map(),
    },
    since: from,
    now: from + days * dayMs,
    reportLagDays: 2,
  });
}
const good = measure({ [ownKey]: [1000, 1000] });
const dmarc = usualDmarcRamp(true, true);
const at = (over: Partial<DecideInput> & { days?: number } = {}): Decision =>
  decide({
    ramp: dmarc,
    stage: 'none',
    since,
    evidence: { dmarc: good },
    limits,
    approvals: new Set(),
    now: since + (over.days ?? 28) * dayMs,
    ...over,
  });
const summary = (decision: Decision): string => (decision.kind === 'stay' ? 'stay' : `${decision.kind} ${decision.to}`);
const unmet = (decision: Decision): readonly string[] =>
  decision.kind === 'stay' ? decision.needs.filter(({ met }) => !met).map(({ kind }) => kind) : [];

describe('DMARC', () => {
  test('moves on its day and not before', () => {
    assert.equal(summary(at()), 'advance sampled');
    const early = at({ now: since + 28 * dayMs - 1 });
    assert.deepEqual(unmet(early), ['days']);
    assert.match(early.kind === 'stay' ? (early.reasons[0] ?? '') : '', /27 of 28 days, on 2026-03-02 at the earliest/);
  });
  test('every stage has its days: 28, 7, 28 with people, 21, 7, 14 without', () => {
    const days = (people: boolean) => usualDmarcRamp(people, true).stages.map((stage) => stage.days);
    assert.deepEqual(days(true), [28, 7, 28, 0]);
    assert.deepEqual(days(false), [21, 7, 14, 0]);
    assert.deepEqual(
      usualDmarcRamp(true).stages.map(({ name }) => name),
      ['none', 'sampled', 'quarantine'],
    );
  });
  test('signatures count before reject', () => {
    const unsigned = measure({ [ownKey]: [1000, 1000] });
    const evidence = { dmarc: { ...unsigned, mine: { ...unsigned.mine, dkimAligned: 979 } } };
    assert.deepEqual(unmet(at({ stage: 'quarantine', evidence })), ['dkim-rate']);
    assert.equal(summary(at({ stage: 'sampled', evidence })), 'advance quarantine');
  });
  test('without evidence it stays, and says that nothing could be told', () => {
    const decision = at({ evidence: {} });
    assert.equal(summary(decision), 'stay');
    assert.match(decision.kind === 'stay' ? decision.reasons.join() : '', /DMARC reports: could not be told/);
  });
  test('the end is the end', () => {
    const end = at({ stage: 'reject' });
    assert.deepEqual(end, { kind: 'stay', reasons: ['the last stage is reached'], needs: [], alerts: [] });
  });
  test('a stage that the configuration no longer has moves nothing', () => {
    const decision = at({ stage: 'pct=50' });
    assert.match(
      decision.kind === 'stay' ? (decision.alerts[0] ?? '') : '',
      /no stage pct=50; name one of none, sampled/,
    );
  });
  test('a question has to be answered for this very stage', () => {
    const asked = { ...limits, asksAlways: true };
    assert.deepEqual(unmet(at({ limits: asked })), ['approval']);
    assert.deepEqual(unmet(at({ limits: asked, approvals: new Set(['quarantine']) })), ['approval']);
    assert.equal(summary(at({ limits: asked, approvals: new Set(['sampled']) })), 'advance sampled');
  });
  test('evidence counts since the stage stands, and no longer than the window', () => {
    const [none, sampled] = dmarc.stages;
    assert.ok(none && sampled);
    assert.equal(evidenceSince(none, since, since + 10 * dayMs, limits), since);
    assert.equal(evidenceSince(sampled, since, since + 100 * dayMs, limits), since + 72 * dayMs);
  });
});

describe('the watch after a step', () => {
  const before = measure({ [ownKey]: [1000, 1000], [sesKey]: [1000, 1000] }, since - 28 * dayMs);
  const after = (passing: number, messages = 100): RampEvidence => ({
    before,
    dmarc: measure({ [ownKey]: [1000, 1000], [sesKey]: [messages, passing] }, since, 3),
  });
  const watched = (evidence: RampEvidence, over: Partial<DecideInput> & { days?: number } = {}): Decision =>
    at({ stage: 'quarantine', evidence, days: 3, ...over });

  test('a fall of more than a point goes back one stage and says why', () => {
    const decision = watched(after(98));
    assert.equal(summary(decision), 'back sampled');
    assert.match(decision.kind === 'back' ? decision.why : '', /mail of Amazon SES 98 % passes; it was 100 %/);
    assert.equal(summary(watched(after(99))), 'stay');
  });
  test('under a hundred messages nothing is concluded', () => {
    assert.equal(summary(watched(after(0, 99))), 'stay');
  });
  test('the time before has to have shown a hundred messages too', () => {
    const thin = measure({ [sesKey]: [99, 99] }, since - 28 * dayMs);
    assert.equal(summary(watched({ ...after(0), before: thin })), 'stay');
  });
  test('a fall that the gates would bear holds the ramp all the same', () => {
    const dmarcNow = measure({ [ownKey]: [1000, 1000], [sesKey]: [100, 98] });
    const decision = watched({ before, dmarc: dmarcNow }, { days: 28 });
    assert.deepEqual([summary(decision), unmet(decision)], ['stay', []]);
    assert.equal(summary(watched({ before, dmarc: good }, { days: 28 })), 'advance reject');
  });
  test('after the window, or where going back is not allowed, it alerts', () => {
    const late = watched(after(90), { days: 7 });
    assert.deepEqual([late.kind, late.kind === 'stay' && late.alerts.length], ['stay', 1]);
    assert.equal(summary(watched(after(90), { now: since + 7 * dayMs - 1 })), 'back sampled');
    const denied = watched(after(90), { limits: { ...limits, watch: { ...limits.watch, mayGoBack: false } } });
    assert.deepEqual([denied.kind, denied.kind === 'stay' && denied.alerts.length], ['stay', 1]);
  });
  test('bounces take it back, a few do not', () => {
    const evidence = after(100);
    assert.equal(summary(watched({ ...evidence, bounces: { before: 1, since: 6 } })), 'back sampled');
    assert.equal(summary(watched({ ...evidence, bounces: { before: 1, since: 5 } })), 'stay');
  });
  test('before the first stage there is nothing to go back to', () => {
    assert.equal(summary(watched(after(0), { stage: 'none' })), 'stay');
  });
  test('forged mail that fails takes nothing back', () => {
    const flood = measure({ [ownKey]: [1000, 1000], 'ip=203.0.113.0/24': [9000, 0] }, since, 3);
    assert.equal(summary(watched({ before, dmarc: flood })), 'stay');
  });
});

describe('SPF', () => {
  const forwarded = { dmarc: measure({ [ownKey]: [1000, 1000], 'dkim=example.com': [20, 20] }) };
  test('two clean weeks come before -all', () => {
    assert.equal(summary(at({ ramp: spfRamp, stage: '~all', days: 14 })), 'advance -all');
    assert.deepEqual(unmet(at({ ramp: spfRamp, stage: '~all', days: 13 })), ['days']);
  });
  test('mail that is passed on needs a person', () => {
    assert.deepEqual(unmet(at({ ramp: spfRamp, stage: '~all', evidence: forwarded })), ['forwarded']);
    const approvals = new Set(['-all']);
    assert.equal(summary(at({ ramp: spfRamp, stage: '~all', evidence: forwarded, approvals })), 'advance -all');
    const thin = { dmarc: measure({ [ownKey]: [499, 499] }) };
    assert.deepEqual(unmet(at({ ramp: spfRamp, stage: '~all', evidence: thin, approvals })), ['volume']);
  });
});

const tls = (successful: number, failed: number, days = 7): TlsEvidence =>
  measureTls(
    [
      {
        kind: 'tls',
        reporter: 'google.com',
        reportId: '1',
        range: { begin: (since + (days - 1) * dayMs) / 1000, end: (since + days * dayMs) / 1000 - 1 },
        policies: [
          {
            policyType: 'sts',
            policyString: [],
            policyDomain: 'example.com',
            mxHosts: [],
            successful,
            failed,
            failures: [],
          },
        ],
        repairs: [],
      },
    ],
    { domain: 'example.com', since, now: since + days * dayMs },
  );
const facts = (over: Partial<MtaStsFacts> = {}): MtaStsFacts => ({
  uncovered: [],
  badCertificates: [],
  served: true,
  ...over,
});
const sts = (evidence: RampEvidence, over: Partial<DecideInput> & { days?: number } = {}): Decision =>
  at({ ramp: mtaStsRamp, stage: 'testing', days: 7, evidence, ...over });

describe('MTA-STS', () => {
  test('enforces after a clean week', () => {
    assert.equal(summary(sts({ tls: tls(10, 0), mtaSts: facts() })), 'advance enforce');
    assert.deepEqual(unmet(sts({ tls: tls(10, 0), mtaSts: facts() }, { days: 6 })), ['days']);
  });
  for (const [name, evidence, gates] of [
    ['a failed session', { tls: tls(10, 1), mtaSts: facts() }, ['tls-clean']],
    [
      'an exchange that the policy does not name',
      { tls: tls(10, 0), mtaSts: facts({ uncovered: ['mx2'] }) },
      ['mx-covered'],
    ],
    ['a bad certificate', { tls: tls(10, 0), mtaSts: facts({ badCertificates: ['mx1'] }) }, ['certificates']],
    ['a policy that is not served', { tls: tls(10, 0), mtaSts: facts({ served: false }) }, ['policy-served']],
    ['no reports', { mtaSts: facts() }, ['tls-reports', 'tls-clean']],
    ['nothing known', { tls: tls(10, 0) }, ['policy-served', 'mx-covered', 'certificates']],
  ] as const) {
    test(`${name} holds it`, () => assert.deepEqual(unmet(sts(evidence)), gates));
  }
  test('the long max_age comes after thirty days of enforcing', () => {
    const evidence = { tls: tls(10, 0, 30), mtaSts: facts() };
    assert.equal(summary(sts(evidence, { stage: 'enforce', days: 30 })), 'advance long');
    assert.deepEqual(unmet(sts(evidence, { stage: 'enforce', days: 29 })), ['days']);
  });
  test('failures after the step take it back to testing', () => {
    assert.equal(summary(sts({ tls: tls(90, 5, 2), mtaSts: facts() }, { stage: 'enforce', days: 2 })), 'back testing');
    assert.equal(summary(sts({ tls: tls(90, 4, 2), mtaSts: facts() }, { stage: 'enforce', days: 2 })), 'stay');
    const uncovered = { tls: tls(90, 0, 2), mtaSts: facts({ uncovered: ['mx2.example.com'] }) };
    assert.equal(summary(sts(uncovered, { stage: 'enforce', days: 2 })), 'back testing');
  });
  test('withdrawal: mode none first, the records when the longest max_age is over', () => {
    const ramp = mtaStsWithdrawal('enforce', 604_801);
    const evidence = { mtaSts: facts() };
    assert.equal(summary(at({ ramp, stage: 'enforce', evidence, days: 0 })), 'advance withdrawn');
    assert.deepEqual(unmet(at({ ramp, stage: 'withdrawn', evidence, days: 7 })), ['days']);
    assert.equal(summary(at({ ramp, stage: 'withdrawn', evidence, days: 8 })), 'advance gone');
    const broken = { ...evidence, tls: tls(90, 50, 1) };
    assert.equal(summary(at({ ramp, stage: 'withdrawn', evidence: broken, days: 1 })), 'stay');
    const notServed = { mtaSts: facts({ served: false }) };
    assert.deepEqual(unmet(at({ ramp, stage: 'withdrawn', evidence: notServed, days: 8 })), ['policy-served']);
  });
});

describe('BIMI', () => {
  const record = (text: string) => {
    const parsed = parse(text);
    assert.equal(parsed.kind, 'good');
    return parsed.kind === 'good' ? parsed.value : undefined;
  };
  const open = (text: string, logo: readonly string[] = []): string =>
    summary(
      at({
        ramp: bimiRamp,
        stage: 'closed',
        evidence: { bimi: { dmarc: bimiBlocks('example.com', record(text)), logo } },
      }),
    );
  for (const [text, expected] of [
    ['v=DMARC1; p=quarantine', 'advance open'],
    ['v=DMARC1; p=reject; sp=quarantine', 'advance open'],
    ['v=DMARC1; p=none', 'stay'],
    ['v=DMARC1; p=reject; sp=none', 'stay'],
    ['v=DMARC1; p=quarantine; t=y; pct=10', 'stay'],
    ['v=DMARC1; p=reject; t=y', 'stay'],
    ['v=DMARC1; p=quarantine; pct=99', 'stay'],
  ] as const) {
    test(`${text}: ${expected}`, () => assert.equal(open(text), expected));
  }
  test('no record, or a bad logo, keeps it closed', () => {
    assert.deepEqual(bimiBlocks('example.com', undefined), ['example.com has no DMARC record']);
    assert.equal(open('v=DMARC1; p=reject', ['the certificate has expired']), 'stay');
  });
});

describe('stages of an owner', () => {
  test('are taken as they are', () => {
    const { ramp, faults } = ownRamp('dmarc', [
      { name: 'none', days: 3, gates: [] },
      { name: 'quarantine', days: 0, gates: ['pass-rate'], asks: 'Now?' },
    ]);
    assert.deepEqual(faults, []);
    assert.deepEqual(unmet(at({ ramp, days: 3 })), ['approval']);
  });
  test('need something before each step', () => {
    const stage = (name: string, days: number) => ({ name, days, gates: [] });
    assert.match(ownRamp('spf', [stage('a', 0), stage('b', 0)]).faults.join(), /nothing stands before the stage b/);
    assert.match(ownRamp('spf', [stage('a', 1), stage('a', 0)]).faults.join(), /stands twice/);
    assert.match(ownRamp('spf', [stage('a', 1.5)]).faults.join(), /whole days/);
    assert.match(ownRamp('spf', []).faults.join(), /needs a stage/);
  });
});

describe('what would break', () => {
  const evidence = {
    dmarc: measure({ [ownKey]: [1000, 990], 'ip=203.0.113.0/24': [50, 0], [sesKey]: [100, 100] }),
    tls: tls(10, 2),
    mtaSts: facts({ uncovered: ['mx2.example.com'] }),
  };
  const lines = (to: string) =>
    wouldBreak(evidence, to).map(({ title, messages, of, fate }) => `${title}: ${messages}/${of} ${fate}`);
  test('own mail first', () => {
    assert.deepEqual(lines('reject'), ['own hosts of example.com: 10/1000 refused', '203.0.113.0/24: 50/50 refused']);
  });
  test('SPF asks for SPF only', () => {
    assert.deepEqual(lines('-all'), ['203.0.113.0/24: 50/50 refused where SPF is judged alone']);
  });
  test('MTA-STS concerns mail that comes in', () => {
    assert.deepEqual(
      wouldBreak(evidence, 'enforce').map(({ messages, of }) => [messages, of]),
      [
        [2, 12],
        [12, 12],
      ],
    );
  });
  test('a stage that touches no mail breaks none', () => assert.deepEqual(lines('none'), []));
});

describe('always', () => {
  const everyRamp: readonly Ramp[] = [dmarc, usualDmarcRamp(false), spfRamp, mtaStsRamp, bimiRamp];
  const key = fc.constantFrom(
    ownKey,
    sesKey,
    'spf=example.com',
    'ip=203.0.113.0/24',
    'dkim=mailgun.org spf=mailgun.org',
  );
  const counts = fc.dictionary(
    key,
    fc
      .tuple(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 0, max: 30 }))
      .map(([messages, fail]) => [messages, Math.max(0, messages - fail)] as const),
  );
  const position = fc.record({
    ramp: fc.constantFrom(...everyRamp),
    index: fc.integer({ min: 0, max: 3 }),
    days: fc.integer({ min: 0, max: 60 }),
    before: counts,
    now: counts,
    approve: fc.boolean(),
  });
  const run = (from: { ramp: Ramp; index: number; days: number; approve: boolean }, evidence: RampEvidence): Decision =>
    decide({
      ramp: from.ramp,
      stage: from.ramp.stages[from.index % from.ramp.stages.length]?.name ?? '',
      since,
      evidence,
      limits,
      approvals: new Set(from.approve ? from.ramp.stages.map(({ name }) => name) : []),
      now: since + from.days * dayMs,
    });
  const evidenceOf = (from: {
    before: Record<string, readonly [number, number]>;
    now: Record<string, readonly [number, number]>;
  }) => ({
    before: measure(from.before, since - 28 * dayMs),
    dmarc: measure(from.now),
    tls: tls(5, 0),
    mtaSts: facts(),
    bimi: { dmarc: [], logo: [] },
  });

  test('one stage at a time, forward or back, and the same every time', () => {
    fc.assert(
      fc.property(position, (from) => {
        const decision = run(from, evidenceOf(from));
        assert.deepEqual(run(from, evidenceOf(from)), decision);
        if (decision.kind === 'stay') return;
        const names = from.ramp.stages.map(({ name }) => name);
        const moved = names.indexOf(decision.to) - (from.index % names.length);
        assert.equal(moved, decision.kind === 'advance' ? 1 : -1);
      }),
    );
  });
  test('never forward without evidence', () => {
    fc.assert(fc.property(position, (from) => assert.equal(run(from, {}).kind, 'stay')));
  });
  test('more failures never lead forward where fewer did not', () => {
    let advanced = 0;
    fc.assert(
      fc.property(position, key, fc.integer({ min: 1, max: 200 }), fc.boolean(), (from, where, failures, added) => {
        const worse = { ...from.now };
        const [messages, passing] = worse[where] ?? [0, 0];
        worse[where] = added
          ? [messages + failures, passing]
          : [Math.max(messages, failures), Math.max(0, passing - failures)];
        if (run(from, evidenceOf({ ...from, now: worse })).kind !== 'advance') return;
        advanced++;
        assert.equal(run(from, evidenceOf(from)).kind, 'advance');
      }),
      { numRuns: 500 },
    );
    assert.ok(advanced > 20, `only ${advanced} runs said anything`);
  });
});
