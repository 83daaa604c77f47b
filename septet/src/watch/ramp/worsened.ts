/** Whether a step that was made hurts: failures of the owner's own senders rose. Pure. */
import { share } from '../../reports/evidence/counts.ts';
import { percent } from '../../reports/evidence/needs.ts';
import type { RampEvidence, RampName, WatchLimits } from './ramp.ts';

/** A sentence for each thing that got worse; none when nothing did, or nobody can tell. */
export function worsened(ramp: RampName, evidence: RampEvidence, limits: WatchLimits): readonly string[] {
  if (ramp === 'mta-sts') return worsenedTls(evidence, limits);
  if (ramp === 'bimi') return [];
  const worse: string[] = [];
  for (const before of evidence.before?.senders ?? []) {
    const after = evidence.dmarc?.senders.find(({ sender }) => sender === before.sender);
    if (!after || before.messages < limits.messages || after.messages < limits.messages) continue;
    const was = share(before.aligned, before.messages);
    const is = share(after.aligned, after.messages);
    // 1 - 0.99 is a little more than 0.01 in binary.
    if (was - is > limits.fall + 1e-9)
      worse.push(`of the mail of ${before.sender} ${percent(is)} passes; it was ${percent(was)} before this step`);
  }
  const { bounces } = evidence;
  if (bounces && bounces.since - bounces.before >= limits.bounces)
    worse.push(
      `${bounces.since} bounces name the authentication of the domain; it was ${bounces.before} before this step`,
    );
  return worse;
}

function worsenedTls({ tls, mtaSts }: RampEvidence, limits: WatchLimits): readonly string[] {
  const worse: string[] = [];
  if (tls && tls.failed >= limits.tlsSessions && share(tls.failed, tls.failed + tls.successful) > limits.fall)
    worse.push(
      `${tls.failed} of ${tls.failed + tls.successful} sessions failed: ${tls.failures[0] ?? 'no reason told'}`,
    );
  for (const host of mtaSts?.uncovered ?? []) worse.push(`the policy does not name the mail server ${host}`);
  return worse;
}
