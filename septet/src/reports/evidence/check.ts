/** What was measured in the reports, as findings. Pure. */
import { under, type DnsName } from '../../dns/name.ts';
import type { Evidence, Finding } from '../../finding/finding.ts';
import { listed, needText } from './aligned.ts';
import { share } from './counts.ts';
import { dayMs, dayOf, wholeDays } from './days.ts';
import { foundInRamp, foundInReports, foundInSpf, type rampRows } from './findings.ts';
import type { DmarcEvidence } from './measure.ts';
import { forwardLoss, percent, type DmarcLimits, type Need, type NeedKind } from './needs.ts';

/** RFC 9989 asks for daily reports; three days leave room for the mail (catalogue 5.3). */
const waitDays = 3;
/** Senders with fewer messages a day in the time before say nothing about a drop (house). */
const dropFrom = 10;

/**
 * `before`: a window of the same domain that ended where this one begins, to see what has dropped. Absent: not looked at.
 */
export function checkReports(
  domain: DnsName,
  evidence: DmarcEvidence,
  limits: DmarcLimits,
  before?: DmarcEvidence,
): readonly Finding[] {
  const subject = { name: under('_dmarc', domain) ?? domain, type: 'reports' };
  const findings: Finding[] = [];
  if (evidence.reporters.length === 0) {
    if (evidence.now - evidence.since < waitDays * dayMs) return [];
    return [foundInReports('rua.none_received', { subject, args: { domain, since: dayOf(evidence.since) } })];
  }
  for (const source of evidence.sources) {
    if (source.standing !== 'unknown' || source.aligned === 0) continue;
    const args = { domain, source: source.title, count: source.aligned, todo: source.toDo };
    findings.push(foundInReports('rua.source.unknown', { subject, args, evidence: [fact('because', source.because)] }));
  }
  for (const sender of evidence.senders) {
    const { messages, aligned } = sender;
    if (messages < limits.eachMessages || share(aligned, messages) >= limits.eachAligned) continue;
    const worst = evidence.sources
      .filter((source) => source.sender === sender.sender && source.standing === 'mine')
      .sort((a, b) => b.messages - b.aligned - (a.messages - a.aligned))[0];
    const args = { domain, source: sender.sender, messages, failing: messages - aligned, todo: worst?.toDo ?? '' };
    findings.push(foundInReports('rua.source.unaligned_own', { subject, args }));
  }
  const strangers = evidence.sources
    .filter(({ standing }) => standing === 'unknown' || standing === 'not mine')
    .filter(({ messages, aligned }) => messages > aligned)
    .sort((a, b) => b.messages - b.aligned - (a.messages - a.aligned));
  const most = strangers[0];
  if (most) {
    const count = strangers.reduce((sum, { messages, aligned }) => sum + messages - aligned, 0);
    const args = { domain, count, sources: strangers.length, most: most.title };
    findings.push(foundInReports('rua.source.spoof', { subject, args }));
  }
  return [...findings, ...drops(domain, subject, evidence, before)];
}

function drops(
  domain: DnsName,
  subject: Finding['subject'],
  evidence: DmarcEvidence,
  before: DmarcEvidence | undefined,
): readonly Finding[] {
  const days = evidence.dueDays.length;
  const daysBefore = before ? wholeDays(before.since, before.now).length : 0;
  if (!before || days === 0 || daysBefore === 0) return [];
  return before.senders.flatMap((sender) => {
    const was = sender.messages / daysBefore;
    const same = evidence.senders.find((other) => other.sender === sender.sender);
    const is = (same?.messages ?? 0) / days;
    if (was < dropFrom || is * 2 >= was) return [];
    const args = { domain, source: sender.sender, now: Math.round(is), before: Math.round(was) };
    return [foundInReports('rua.volume.drop', { subject, args })];
  });
}

const codes: Readonly<Partial<Record<NeedKind, Exclude<keyof typeof rampRows, 'ramp.forward_loss'>>>> = {
  coverage: 'ramp.coverage',
  volume: 'ramp.volume',
  'pass-rate': 'ramp.pass_rate',
  'each-sender': 'ramp.source.each',
  unclassified: 'ramp.source.unclassified',
  'new-sender': 'ramp.source.new',
  'dkim-rate': 'ramp.dkim_rate',
  errors: 'ramp.errors',
};

/** The unmet needs of the next DMARC step. `to`: the stage that it leads to. */
export function checkRamp(
  domain: DnsName,
  needs: readonly Need[],
  to: string,
  evidence: DmarcEvidence,
): readonly Finding[] {
  const subject = { name: under('_dmarc', domain) ?? domain, type: 'reports' };
  const findings: Finding[] = [];
  for (const need of needs) {
    const code = codes[need.kind];
    if (need.met || code === undefined) continue;
    const items = need.items.length > 0 ? listed(need.items) : 'see septet sources';
    const found = foundInRamp(code, {
      subject,
      args: { domain, has: need.has, wants: need.wants, items },
      evidence: need.items.map((item) => fact(need.what, item)),
      ...(code === 'ramp.dkim_rate' && to === 'reject' ? { severity: 'error' as const } : {}),
    });
    findings.push(found);
  }
  const loss = forwardLoss(evidence);
  if (loss.messages > 0) {
    const args = { domain, count: loss.messages, share: percent(loss.share) };
    findings.push(foundInRamp('ramp.forward_loss', { subject, args }));
  }
  return findings;
}

/** `needs`: those of the step to `-all`, met or not; `wanted`: the configuration or a plan asks for the step now. */
export function checkSpfTighten(domain: DnsName, needs: readonly Need[], wanted: boolean): readonly Finding[] {
  const subject = { name: domain, type: 'TXT' };
  const open = needs.filter(({ met }) => !met);
  if (open.length === 0) return [foundInSpf('spf.tighten.ready', { subject, args: { domain } })];
  if (!wanted) return [];
  return [foundInSpf('spf.tighten.too_early', { subject, args: { domain, needs: open.map(needText).join('; ') } })];
}

const fact = (label: string, value: string): Evidence => ({ kind: 'fact', label, value });
