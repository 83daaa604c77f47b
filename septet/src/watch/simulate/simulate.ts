/**
 * Aggregate reports of a simulated world, day by day: what receivers of both generations would write about the mail of
 * the scenario under the policy of that day. Pure: the same scenario, days and seed give the same reports.
 */
import { dnsName, parseName, type DnsName } from '../../dns/name.ts';
import { registrableDomain } from '../../dns/public-suffix.ts';
import { stageRecord } from '../../records/dmarc/plan-stage.ts';
import { readAs7489, readAs9989, type Effect } from '../../records/dmarc/readers.ts';
import { isPolicy, type DmarcRecord } from '../../records/dmarc/record.ts';
import type { AggregateHead, AggregateRow, PublishedPolicy } from '../../reports/aggregate.ts';
import { dayMs, startOf } from '../../reports/evidence/days.ts';
import { randomOf, type Random } from './random.ts';
import { sendsOn, type Receiver, type Scenario, type Source, type StageName } from './scenario.ts';

export interface SimulatedReport {
  readonly head: AggregateHead;
  readonly rows: readonly AggregateRow[];
}

export interface SimulatedDay {
  /** The day on which the reports arrive. */
  readonly day: number;
  readonly reports: readonly SimulatedReport[];
}

/** The mail of `days` days under `scenario.stages`; reports that come later than that are left out. */
export function* simulate(scenario: Scenario, days: number, seed: number): Generator<SimulatedDay> {
  const post = new Map<number, SimulatedReport[]>();
  for (let day = 0; day < days; day++) {
    yield { day, reports: post.get(day) ?? [] };
    post.delete(day);
    for (const { arrives, report } of mailOf(scenario, day, stageOn(scenario, day), seed))
      post.set(arrives, [...(post.get(arrives) ?? []), report]);
  }
}

function stageOn({ stages }: Scenario, day: number): StageName {
  return stages.filter((change) => change.day <= day).at(-1)?.stage ?? 'none';
}

/** The reports about the mail of one day, each with the day on which it arrives. */
export function mailOf(
  scenario: Scenario,
  day: number,
  stage: StageName,
  seed: number,
): readonly { readonly arrives: number; readonly report: SimulatedReport }[] {
  const record = stageRecord({ name: stage }, { reports: [], failureReports: [], readers: scenario.readers });
  return scenario.receivers.flatMap((receiver) => {
    const silent = receiver.silentFrom !== undefined && day >= receiver.silentFrom;
    if (silent || randomOf(seed, day, receiver.name, 'report').next() >= receiver.reliability) return [];
    const rows = rowsOf(scenario, receiver, record, day, seed);
    if (rows.length === 0) return [];
    const report = { head: headOf(scenario, receiver, record, day, rows), rows };
    return [{ arrives: day + Math.max(1, receiver.delayDays), report }];
  });
}

function rowsOf(
  scenario: Scenario,
  receiver: Receiver,
  record: DmarcRecord,
  day: number,
  seed: number,
): readonly AggregateRow[] {
  const domain = dnsName(scenario.domain);
  const effect = (receiver.reader === '9989' ? readAs9989(record) : readAs7489(record)).domain;
  const rows: AggregateRow[] = [];
  for (const source of scenario.sources) {
    if (!sendsOn(day, source)) continue;
    const random = randomOf(seed, day, receiver.name, source.name);
    let left = random.part(source.perDay, receiver.share);
    for (const forwarder of scenario.forwarders) {
      const passed = Math.min(left, random.part(left, forwarder.share));
      left -= passed;
      const whole = random.part(passed, forwarder.keepsDkim);
      for (const [count, dkim] of [
        [whole, true],
        [passed - whole, false],
      ] as const) {
        const envelope = forwarder.envelope ?? source.returnPath;
        const rewritten = forwarder.envelope !== undefined;
        const message = messageOf(domain, source, forwarder.address, envelope, dkim, rewritten, !dkim);
        rows.push(...judged(message, count, effect, receiver, random, true));
      }
    }
    const passing = source.broken && sendsOn(day, source.broken) ? source.broken : source;
    const signed = random.part(left, passing.dkim);
    for (const [count, dkim] of [
      [signed, true],
      [left - signed, false],
    ] as const) {
      const sent = random.part(count, passing.spf);
      const direct = (spf: boolean): Message => messageOf(domain, source, source.address, source.returnPath, dkim, spf);
      rows.push(...judged(direct(true), sent, effect, receiver, random, false));
      rows.push(...judged(direct(false), count - sent, effect, receiver, random, false));
    }
  }
  for (const spoofer of scenario.spoofers) {
    if (!sendsOn(day, spoofer)) continue;
    for (const address of spoofer.addresses) {
      const random = randomOf(seed, day, receiver.name, spoofer.name, address);
      const count = random.part(spoofer.perDay / spoofer.addresses.length, receiver.share);
      const message: Message = {
        sourceIp: address,
        headerFrom: domain,
        envelopeFrom: domain,
        dkim: 'fail',
        spf: 'fail',
        dkimAuth: [],
        spfAuth: [{ domain, scope: 'mfrom', result: 'fail' }],
      };
      rows.push(...judged(message, count, effect, receiver, random, false));
    }
  }
  return rows;
}

type Message = Omit<AggregateRow, 'count' | 'disposition' | 'reasons'>;

function messageOf(
  domain: DnsName,
  source: Source,
  sourceIp: string,
  envelope: string,
  dkim: boolean,
  spf: boolean,
  changed = false,
): Message {
  const own = (name: string): boolean => organisation(name) === organisation(domain);
  return {
    sourceIp,
    headerFrom: domain,
    envelopeFrom: envelope,
    dkim: dkim && source.signs.some(own) ? 'pass' : 'fail',
    spf: spf && own(envelope) ? 'pass' : 'fail',
    dkimAuth: source.signs.map((name) => ({
      domain: name,
      selector: 's1',
      result: (own(name) ? dkim : !changed) ? ('pass' as const) : ('fail' as const),
    })),
    spfAuth: [{ domain: envelope, scope: 'mfrom', result: spf ? 'pass' : 'fail' }],
  };
}

function organisation(text: string): string {
  const parsed = parseName(text);
  return parsed.ok ? (registrableDomain(parsed.name) ?? parsed.name) : text;
}

/** The rows that `count` such messages give at the receiver: each with its disposition, and why it is milder. */
function judged(
  message: Message,
  count: number,
  effect: Effect,
  receiver: Receiver,
  random: Random,
  forwarded: boolean,
): readonly AggregateRow[] {
  if (count === 0) return [];
  const row = (of: number, disposition: AggregateRow['disposition'], reason?: string): readonly AggregateRow[] =>
    of === 0 ? [] : [{ ...message, count: of, disposition, reasons: reason === undefined ? [] : [{ type: reason }] }];
  // Only reports of RFC 9990 know `pass` (§3.1.1.9).
  if (message.dkim === 'pass' || message.spf === 'pass')
    return row(count, receiver.reader === '9989' ? 'pass' : 'none');
  const known = forwarded ? random.part(count, receiver.knowsForwarders ?? 0) : 0;
  const rest = count - known;
  const spared = row(known, 'none', receiver.reader === '9989' ? 'trusted_forwarder' : 'forwarded');
  if (effect.kind !== 'policy') return [...spared, ...row(rest, 'none')];
  if (!effect.sample) return [...spared, ...row(rest, effect.policy, effect.test ? 'policy_test_mode' : undefined)];
  const drawn = random.part(rest, effect.sample.percent / 100);
  return [...spared, ...row(drawn, effect.policy), ...row(rest - drawn, effect.sample.rest, 'sampled_out')];
}

function headOf(
  { domain, start }: Scenario,
  { name, reader }: Receiver,
  record: DmarcRecord,
  day: number,
  rows: readonly AggregateRow[],
): AggregateHead {
  const begin = (startOf(start) + day * dayMs) / 1000;
  return {
    kind: 'aggregate',
    form: reader === '9989' ? 'RFC 9990' : 'RFC 7489',
    reporter: name,
    email: `dmarc@${name}`,
    reportId: `${begin}.${name}`,
    range: { begin, end: begin + dayMs / 1000 - 1 },
    errors: [],
    policy: publishedOf(domain, record, reader),
    extensions: [],
    rows: rows.length,
    messages: rows.reduce((sum, { count }) => sum + count, 0),
    repairs: [],
  };
}

function publishedOf(domain: string, record: DmarcRecord, reader: Receiver['reader']): PublishedPolicy {
  const p = isPolicy(record.p) ? { p: record.p } : {};
  return reader === '9989'
    ? { domain, ...p, testing: record.t === 'y', discoveryMethod: 'treewalk' }
    : { domain, ...p, pct: record.pct ?? 100 };
}
