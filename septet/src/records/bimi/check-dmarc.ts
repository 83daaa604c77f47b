/** What BIMI asks of DMARC (BIMI-D, Authentication Requirements). */
import type { DnsName } from '../../dns/name.ts';
import { under } from '../../dns/name.ts';
import type { Evidence, Finding, Subject } from '../../finding/finding.ts';
import { found } from './findings.ts';

type Policy = 'none' | 'quarantine' | 'reject';

/** What a domain's own DMARC record says, as far as BIMI cares. Whoever calls has parsed the record. */
export interface DmarcFacts {
  /** Whether there is a usable record at `_dmarc` of the domain itself. */
  readonly present: boolean | 'unknown';
  readonly p?: Policy;
  readonly sp?: Policy;
  readonly np?: Policy;
  readonly pct?: number;
  /** `t=y` */
  readonly t?: boolean;
  /** The record, for the evidence. */
  readonly text?: string;
}

export function checkDmarc(
  names: { readonly domain: DnsName; readonly orgDomain: DnsName },
  dmarc: { readonly author: DmarcFacts; readonly organisational: DmarcFacts },
): readonly Finding[] {
  const { domain, orgDomain } = names;
  const findings: Finding[] = [];
  // A sub-domain without a record of its own falls under that of the organisational domain.
  if (dmarc.organisational.present === false) {
    findings.push(found('bimi.dmarc.missing', { subject: subjectOf(orgDomain), args: { domain: orgDomain } }));
  }
  policyFindings(orgDomain, dmarc.organisational, findings);
  if (domain !== orgDomain) policyFindings(domain, dmarc.author, findings);
  return findings;
}

function subjectOf(domain: DnsName): Subject {
  return { name: under('_dmarc', domain) ?? domain, type: 'TXT' };
}

function policyFindings(domain: DnsName, facts: DmarcFacts, findings: Finding[]): void {
  if (facts.present !== true) return;
  const { p, sp, np, pct, t, text } = facts;
  const subject = subjectOf(domain);
  const evidence: Evidence[] = text === undefined ? [] : [{ kind: 'record', name: subject.name, type: 'TXT', text }];
  if (p === 'none') findings.push(found('bimi.dmarc.none', { subject, args: { domain }, evidence }));
  if (sp === 'none') findings.push(found('bimi.dmarc.sp_none', { subject, args: { domain }, evidence }));
  if (np === 'none') findings.push(found('bimi.dmarc.np_none', { subject, args: { domain }, evidence }));
  if (pct !== undefined && p === 'quarantine' && pct < 100) {
    findings.push(found('bimi.dmarc.pct', { subject, args: { domain, pct }, evidence }));
  }
  if (pct !== undefined && p === 'reject')
    findings.push(found('bimi.dmarc.pct_reject', { subject, args: { domain, pct }, evidence }));
  if (t === true && (p === 'quarantine' || p === 'reject')) {
    const severity = p === 'quarantine' ? 'error' : 'warning';
    findings.push(found('bimi.dmarc.testing', { subject, args: { domain, p }, evidence, severity }));
  }
}
