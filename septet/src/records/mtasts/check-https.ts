/** How the policy is served: addresses, TLS, status, headers (RFC 8461 §3.3). */
import type { Evidence, Finding, Subject } from '../../finding/finding.ts';
import { isAbsent } from '../../dns/rrset.ts';
import type { FetchOutcome } from '../../world/world.ts';
import { found } from './findings.ts';
import { policyUrl } from './lookup.ts';
import type { MtaStsObservation } from './lookup.ts';
import { mostPolicyOctets } from './policy.ts';

const expirySoonMs = 14 * 86_400_000;
const staleCacheSeconds = 3600;

export function checkPolicyHost(seen: MtaStsObservation, now: number): readonly Finding[] {
  const { policy, host } = seen;
  if (!host) return [];
  const subject: Subject = { name: host.name, type: 'HTTPS' };
  const url = policyUrl(seen.domain);
  if (policy.kind === 'not-asked') {
    if (policy.why !== 'no-host' || !isAbsent(host.a)) return [];
    const evidence: Evidence[] = [
      {
        kind: 'answer',
        name: host.name,
        type: 'A',
        outcome: host.a.kind === 'nxdomain' ? 'NXDOMAIN' : 'no such record',
      },
    ];
    return [
      found('mtasts.host.unresolvable', {
        subject: { name: host.name, type: 'A' },
        args: { host: host.name },
        evidence,
      }),
    ];
  }
  if (policy.kind === 'failed')
    return [failure(policy, subject, host.name, url)].filter((finding) => finding !== undefined);
  const findings = served(policy, subject, url);
  const certificate = policy.tls?.certificate;
  if (certificate && certificate.notAfter - now < expirySoonMs) {
    const date = new Date(certificate.notAfter).toISOString().slice(0, 10);
    findings.push(found('mtasts.https.expiring', { subject, args: { host: host.name, date } }));
  }
  if (policy.tls && /^TLSv1(\.1)?$/.test(policy.tls.protocol)) {
    findings.push(
      found('mtasts.https.tls_version', { subject, args: { host: host.name, protocol: policy.tls.protocol } }),
    );
  }
  const six = seen.policyOverIpv6;
  // `unreachable` is this machine's missing IPv6, not the host's fault.
  const broken =
    six &&
    (six.kind === 'failed'
      ? six.reason === 'unreachable'
        ? undefined
        : six.detail
      : six.status === policy.status
        ? undefined
        : `it answers ${six.status}`);
  if (broken) findings.push(found('mtasts.https.ipv6', { subject, args: { host: host.name, detail: broken } }));
  return findings;
}

function failure(
  policy: Extract<FetchOutcome, { kind: 'failed' }>,
  subject: Subject,
  host: string,
  url: string,
): Finding | undefined {
  const evidence: Evidence[] = [{ kind: 'http', url, detail: policy.detail }];
  switch (policy.reason) {
    case 'certificate-expired':
    case 'certificate-name':
    case 'certificate-untrusted':
      return found('mtasts.https.cert', { subject, args: { host, detail: policy.detail }, evidence });
    case 'too-large':
      return found('mtasts.policy.size', {
        subject,
        args: { octets: `more than ${mostPolicyOctets}` },
        severity: 'error',
        evidence,
      });
    case 'dns':
    case 'timeout':
      return found('mtasts.https.unreachable', {
        subject,
        args: { url, detail: policy.detail },
        evidence,
        state: 'unknown',
      });
    default:
      return found('mtasts.https.unreachable', { subject, args: { url, detail: policy.detail }, evidence });
  }
}

function served(policy: Extract<FetchOutcome, { kind: 'response' }>, subject: Subject, url: string): Finding[] {
  const { status, headers } = policy;
  const evidence: Evidence[] = [{ kind: 'http', url, status, detail: `status ${status}` }];
  if (status >= 300 && status < 400) {
    const location = headers['location'] ?? 'nowhere';
    return [found('mtasts.https.redirect', { subject, args: { url, status, location }, evidence })];
  }
  if (status === 401 || status === 403 || status === 407 || status === 429 || headers['cf-mitigated'] !== undefined) {
    return [found('mtasts.https.auth', { subject, args: { url, status }, evidence })];
  }
  if (status !== 200) return [found('mtasts.https.status', { subject, args: { url, status }, evidence })];
  const findings: Finding[] = [];
  const type = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (type !== 'text/plain') {
    const severity = type === 'text/html' || type === 'application/xhtml+xml' ? 'error' : 'warning';
    findings.push(
      found('mtasts.https.content_type', {
        subject,
        severity,
        args: { type: type === '' ? 'nothing' : type },
        evidence,
      }),
    );
  }
  const age = Number(headers['age'] ?? 0);
  if (Number.isFinite(age) && age > staleCacheSeconds)
    findings.push(found('mtasts.https.cdn_cache', { subject, args: { age }, evidence }));
  return findings;
}
