/** What was measured in TLS reports, as findings. Pure. */
import { under, type DnsName } from '../../dns/name.ts';
import type { Evidence, Finding } from '../../finding/finding.ts';
import { dayMs, dayOf } from './days.ts';
import { foundInMtaSts, foundInTls } from './tls-findings.ts';
import { tlsCleanNeed, tlsReportsNeed, type TlsEvidence, type TlsLimits } from './tls-measure.ts';

/** House: a week is the least for `testing` (RFC 8461 names none), two are enough. */
export const testingDays = 14;

/** What to do about each result type (RFC 8460 §4.3.1, §4.3.2). */
const hints: ReadonlyMap<string, string> = new Map([
  ['starttls-not-supported', 'Switch STARTTLS on at that server, and see that no firewall takes the word out.'],
  ['certificate-host-mismatch', 'Give the server a certificate for the name that stands in the MX record.'],
  ['certificate-expired', 'Renew the certificate of that server, and let it be renewed by itself.'],
  ['certificate-not-trusted', 'Use a certificate of a public authority, and send its intermediate certificates along.'],
  ['validation-failure', 'Look at the server with `septet check`; the reporter gives no closer reason.'],
  ['tlsa-invalid', 'Publish TLSA records that fit the certificate of the server, or take them away.'],
  ['dnssec-invalid', 'Mend the DNSSEC signatures of the zone that the mail servers stand in.'],
  ['dane-required', 'The sender wants DANE: publish TLSA records in a signed zone.'],
  [
    'sts-policy-fetch-error',
    'See that the policy is served over HTTPS without a redirect: septet mta-sts, septet check.',
  ],
  ['sts-policy-invalid', 'Mend the policy file; `septet mta-sts FILE` says what is wrong in it.'],
  ['sts-webpki-invalid', 'Give the host of the policy a certificate of a public authority that is valid for its name.'],
]);

export interface TlsStanding {
  /** The mode of the policy that is live. */
  readonly mode: 'none' | 'testing' | 'enforce';
  /** Since when, milliseconds since 1970. */
  readonly since: number;
}

/** `standing`: absent where there is no policy, or DNS did not tell. */
export function checkTls(
  domain: DnsName,
  evidence: TlsEvidence,
  limits: TlsLimits,
  standing?: TlsStanding,
): readonly Finding[] {
  const { now, successful, failed, types, failures } = evidence;
  const subject = { name: under('_smtp._tls', domain) ?? domain, type: 'reports' };
  const findings: Finding[] = [];
  const [worst] = types;
  const hint = worst ? (hints.get(worst.resultType) ?? 'Ask the reporter what it means.') : '';
  const enforced = standing?.mode === 'enforce';
  if (failed > 0) {
    const others = types.length - 1;
    const args = {
      domain,
      failed,
      sessions: successful + failed,
      type: worst?.resultType ?? 'for a reason that no report gives',
      count: worst?.sessions ?? failed,
      more: others > 0 ? `, and ${others === 1 ? 'one other kind' : `${others} other kinds`}` : '',
      consequence: enforced
        ? 'The policy is `enforce`, so this mail was not delivered in these sessions.'
        : 'This mail came without protection, or was not delivered by servers that insist on it.',
      hint: hint === '' ? 'See which servers it was: septet reports show.' : hint,
    };
    const severity = enforced ? 'error' : 'warning';
    findings.push(foundInTls('tlsrpt.report.failures', { subject, args, severity, evidence: failures.map(told) }));
  } else if (
    evidence.lastDay === undefined ? now - evidence.since >= limits.silentDays * dayMs : isOld(evidence, limits)
  ) {
    const since = evidence.lastDay ?? dayOf(evidence.since);
    findings.push(foundInTls('tlsrpt.silent', { subject, args: { domain, since } }));
  }
  if (standing === undefined) return findings;
  const policy = { name: under('_mta-sts', domain) ?? domain, type: 'policy' };
  const since = dayOf(standing.since);
  if (enforced && failed > 0) {
    const args = { domain, failed, since, cause: failures[0] ?? 'no report says which' };
    findings.push(foundInMtaSts('mtasts.mode.enforce_too_early', { subject: policy, args }));
  }
  const clean = tlsReportsNeed(evidence, limits).met && tlsCleanNeed(evidence, limits).met;
  if (standing.mode === 'testing' && clean && now - standing.since > testingDays * dayMs)
    findings.push(foundInMtaSts('mtasts.mode.testing_over', { subject: policy, args: { domain, since } }));
  return findings;
}

const told = (failure: string): Evidence => ({ kind: 'fact', label: 'reported', value: failure });

const isOld = ({ lastDay, now }: TlsEvidence, { silentDays }: TlsLimits): boolean =>
  lastDay !== undefined && lastDay < dayOf(now - silentDays * dayMs);
