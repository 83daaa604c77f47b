/** What stands at `_domainkey` and around it, wildcards, and whether any key is known at all. */
import type { DnsName } from '../../dns/name.ts';
import { type Answer, dataOf, txtText } from '../../dns/rrset.ts';
import type { Evidence, Finding } from '../../finding/finding.ts';
import { aliasEvidence, type DkimContext, type JudgedSelector, textEvidence, toSet } from './evidence.ts';
import { found } from './findings.ts';
import { judge } from './judge.ts';
import { type DkimObservation, sameAnswer } from './lookup.ts';

/** What stands at and around `_domainkey`. */
export function checkBase(observation: DkimObservation, findings: Finding[]): void {
  const { base, delegation, adsp, random, domain } = observation;
  if (base && delegation?.kind === 'found' && delegation.chain.length === 0) {
    const args = { domain, servers: delegation.set.data.join(', ') };
    findings.push(found('dkim.ns.delegated', { subject: { name: base.name, type: 'NS' }, args }));
  }
  const policies: [Answer<'TXT'> | undefined, RegExp][] = [
    [base, /(?:^|;)\s*o\s*=\s*[~!.\-^?]/],
    [adsp, /^\s*dkim\s*=/i],
  ];
  for (const [answer, pattern] of policies) {
    if (answer?.kind !== 'found') continue;
    const text = answer.set.data.map(txtText).find((value) => pattern.test(value));
    if (text === undefined) continue;
    const { name } = answer;
    findings.push(
      found('dkim.policy.leftover', {
        subject: { name, type: 'TXT' },
        args: { name },
        evidence: [textEvidence(name, answer, text)],
        set: [{ ...toSet(name, answer, text), action: 'remove' }],
      }),
    );
  }
  if (random) checkWildcard(random, base, domain, findings);
}

function checkWildcard(
  random: Answer<'TXT'>,
  base: Answer<'TXT'> | undefined,
  domain: DnsName,
  findings: Finding[],
): void {
  const texts = dataOf(random).map(txtText);
  if (texts.length === 0 && random.chain.length === 0) return;
  const keys = texts.map(judge).filter((key) => key.kind !== 'other');
  // A wildcard of the whole domain without a key is a matter of the zone, not of DKIM.
  if (keys.length === 0 && base && sameAnswer(base, random)) return;
  const revoked =
    texts.length > 0 && keys.length === texts.length && keys.every((key) => key.kind === 'good' && !key.key);
  findings.push(
    found('dkim.wildcard', {
      subject: { name: random.name, type: 'TXT' },
      args: { domain },
      evidence: [...texts.map((text) => textEvidence(random.name, random, judge(text).text)), ...aliasEvidence(random)],
      ...(revoked ? ({ severity: 'info', state: 'pass' } as const) : {}),
    }),
  );
}

/** House limit: so many of the selectors that were tried are named. */
const shownSelectors = 10;

export function checkNoneKnown(
  observation: DkimObservation,
  judged: readonly JudgedSelector[],
  context: DkimContext,
  findings: Finding[],
): void {
  const { domain, base, random, selectors } = observation;
  if (context.sends === false || observation.impossible.length > 0) return;
  for (const { seen, keys } of judged) {
    if (keys.length > 0 || seen.candidate.origin === 'given' || seen.answer.chain.length > 0) return;
  }
  if (random && (random.chain.length > 0 || liveOrRevoked(random))) return;
  const evidence: Evidence[] = [];
  if (base && base.kind !== 'found') {
    const outcome = base.kind === 'failed' ? base.reason : base.kind === 'nxdomain' ? 'NXDOMAIN' : 'no data';
    evidence.push({ kind: 'answer', name: base.name, type: 'TXT', outcome, server: base.server });
  }
  const names = selectors.map(({ candidate }) => `\`${candidate.selector}\``);
  const more = names.length - shownSelectors;
  const tried = names.slice(0, shownSelectors).join(', ') + (more > 0 ? ` and ${more} more` : '');
  findings.push(
    found('dkim.none_known', {
      subject: { name: base?.name ?? domain, type: 'TXT' },
      args: { domain, tried: tried === '' ? 'none' : tried },
      evidence,
    }),
  );
}

function liveOrRevoked(answer: Answer<'TXT'>): boolean {
  return dataOf(answer).some((txt) => judge(txtText(txt)).kind !== 'other');
}
