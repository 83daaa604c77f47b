import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { dnsName } from '../../dns/name.ts';
import type { Finding } from '../../finding/finding.ts';
import { dmarcStepNeeds } from './aligned.ts';
import { checkRamp, checkReports, checkSpfTighten } from './check.ts';
import { noCounts, type ReporterDay, type SourceDay } from './counts.ts';
import { dayMs, dayOf, startOf } from './days.ts';
import type { rampRows, ruaRows, spfRows } from './findings.ts';
import { measureDmarc, type DmarcEvidence } from './measure.ts';
import { dkimNeed, dmarcLimits as limits, forwardedNeed, spfNeed } from './needs.ts';

const domain = dnsName('example.com');
const since = startOf('2026-01-05');
const dayAt = (index: number): string => dayOf(since + index * dayMs);
const line = (source: string, messages: number, over: Partial<SourceDay> = {}): SourceDay => ({
  ...noCounts,
  day: dayAt(-1),
  source,
  messages,
  aligned: messages,
  dkimAligned: messages,
  spfAligned: messages,
  ...over,
});
const reporters = ['google.com', 'Outlook.com', 'Yahoo'].flatMap((reporter): ReporterDay[] =>
  Array.from({ length: 28 }, (_, day) => ({ reporter, day: dayAt(day), messages: 10 })),
);
const measure = (days: readonly SourceDay[], heard = reporters, window = 28, from = since): DmarcEvidence =>
  measureDmarc({
    days,
    reporters: heard,
    marks: [],
    hints: { domain, services: ['Amazon SES'], organisations: [], addresses: [], reverseNames: new Map() },
    since: from,
    now: from + window * dayMs,
    reportLagDays: 2,
  });
const ownKey = 'dkim=example.com spf=example.com';
const sesKey = 'dkim=amazonses.com,example.com spf=amazonses.com';
/** Known from before the window, a thousand messages on its first day. */
const good = [line(ownKey, 40), line(ownKey, 1000, { day: dayAt(0) })];
const inWindow = { day: dayAt(0) };
const fails = { ...inWindow, aligned: 0, dkimAligned: 0, spfAligned: 0 };
const stranger = line('ip=203.0.113.0/24', 2, fails);

const rua = (evidence: DmarcEvidence, before?: DmarcEvidence) => checkReports(domain, evidence, limits, before);
const ramp = (evidence: DmarcEvidence) =>
  checkRamp(domain, [...dmarcStepNeeds(evidence, limits), dkimNeed(evidence, limits)], 'reject', evidence);
const spf = (evidence: DmarcEvidence, wanted = true) =>
  checkSpfTighten(domain, [spfNeed(evidence, limits), forwardedNeed(evidence, limits)], wanted);

/** For each code: findings in which it appears, and every other code that appears with it. */
const scenarios: Readonly<
  Record<
    keyof typeof ruaRows | keyof typeof rampRows | keyof typeof spfRows,
    readonly [readonly Finding[], ...string[]]
  >
> = {
  'rua.none_received': [rua(measure([], []))],
  'rua.source.unknown': [rua(measure([...good, line('dkim=example.com,mailgun.org spf=mailgun.org', 5, inWindow)]))],
  'rua.source.unaligned_own': [rua(measure([...good, line('dkim=amazonses.com spf=amazonses.com', 50, fails)]))],
  'rua.source.spoof': [rua(measure([...good, stranger]))],
  'rua.volume.drop': [
    rua(measure([...good, line(sesKey, 280)]), measure([line(sesKey, 280)], reporters, 28, since - 28 * dayMs)),
  ],
  'ramp.coverage': [ramp(measure(good, reporters.slice(0, 56)))],
  'ramp.volume': [ramp(measure([line(ownKey, 40), line(ownKey, 499, inWindow)]))],
  'ramp.pass_rate': [ramp(measure([...good, line('spf=example.com', 6, fails)]))],
  'ramp.source.each': [
    ramp(measure([...good, ...good, ...good, line(sesKey, 1), line(sesKey, 12, { ...inWindow, aligned: 11 })])),
  ],
  'ramp.source.unclassified': [ramp(measure([...good, line('ip=203.0.113.0/24', 3, fails)]))],
  'ramp.source.new': [ramp(measure([...good, line(sesKey, 50, { day: dayAt(25) })]))],
  'ramp.dkim_rate': [ramp(measure([...good, line('spf=example.com', 30, { ...inWindow, dkimAligned: 0 })]))],
  'ramp.forward_loss': [ramp(measure([...good, line('spf=lists.example', 5, { ...fails, forwarded: 5 })]))],
  'ramp.errors': [ramp(measure([...good, line(ownKey, 10, { ...inWindow, errors: 2 })]))],
  'spf.tighten.too_early': [spf(measure([...good, line('dkim=example.com', 20, inWindow)]))],
  'spf.tighten.ready': [spf(measure(good))],
};

describe('findings of the reports', () => {
  for (const [code, [findings, ...others]] of Object.entries(scenarios)) {
    test(`${code} stands alone where it applies`, () => {
      assert.deepEqual(
        findings.map((finding) => finding.code),
        [code, ...others],
      );
      for (const text of [findings[0]?.message, findings[0]?.fix.text]) assert.doesNotMatch(text ?? '{', /[{}]/);
    });
  }

  test('good reports say nothing', () => {
    assert.deepEqual(rua(measure(good)), []);
    assert.deepEqual(rua(measure(good), measure(good, reporters, 28, since - 28 * dayMs)), []);
    assert.deepEqual(ramp(measure(good)), []);
  });

  test('no report is nothing to speak of within three days', () => {
    assert.deepEqual(rua(measure([], [], 2)), []);
    assert.equal(rua(measure([], [], 3)).length, 1);
  });

  test('nobody asked for -all, so nobody is told that it is too early', () => {
    assert.deepEqual(spf(measure([...good, line('dkim=example.com', 20, inWindow)]), false), []);
  });

  test('missing signatures are an error before reject only', () => {
    const evidence = measure([...good, line('spf=example.com', 30, { ...inWindow, dkimAligned: 0 })]);
    const severity = (to: string) => checkRamp(domain, [dkimNeed(evidence, limits)], to, evidence)[0]?.severity;
    assert.deepEqual([severity('reject'), severity('quarantine')], ['error', 'warning']);
  });
});
