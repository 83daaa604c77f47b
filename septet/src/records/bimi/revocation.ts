/** Turns fetched revocation lists into the finding on revocation, if there is one to make. */
import type { Evidence, Finding, Subject } from '../../finding/finding.ts';
import { revocationOf } from './certificate.ts';
import { found } from './findings-mc.ts';
import { date } from './mark-source.ts';
import type { RevocationList } from './mark-source.ts';
import type { MarkCertificate } from './x509.ts';

/** `undefined` when a list that can be trusted says that the certificate is good. */
export function revocationFinding(
  leaf: MarkCertificate,
  issuer: MarkCertificate | undefined,
  lists: readonly RevocationList[],
  source: { readonly subject: Subject; readonly now: number },
): Finding | undefined {
  const { subject, now } = source;
  const reasons: string[] = [];
  for (const list of lists) {
    if (list.kind === 'not-fetched') continue;
    if (list.kind === 'failed') {
      reasons.push(list.reason);
      continue;
    }
    const revocation = revocationOf(leaf, issuer, list.bytes, now);
    if (revocation.kind === 'good') return undefined;
    if (revocation.kind === 'unknown') {
      reasons.push(revocation.reason);
      continue;
    }
    const evidence: Evidence[] = [
      { kind: 'http', url: list.url, detail: 'the revocation list of the issuer' },
      { kind: 'fact', label: 'serial number', value: leaf.serial },
    ];
    return found('mc.revoked', {
      subject,
      args: { what: `The certificate was revoked on ${date(revocation.at)}` },
      evidence,
    });
  }
  const evidence = lists.map(({ url }): Evidence => ({
    kind: 'http',
    url,
    detail: 'the revocation list of the issuer',
  }));
  const offline = lists.every(({ kind }) => kind === 'not-fetched');
  const what = offline
    ? 'Whether the certificate was revoked was not asked, because HTTPS is off'
    : `Whether the certificate was revoked could not be told: ${[...new Set(reasons)].join('; ')}`;
  const state = offline ? 'skip' : 'unknown';
  return found('mc.revoked', { subject, args: { what }, evidence, severity: 'info', state });
}
