/** Judges what the record points to: how logo and certificate are served, what they are, whether they agree. */
import { createHash } from 'node:crypto';
import type { Evidence, Finding, Subject } from '../../finding/finding.ts';
import { found } from './findings.ts';
import type { BimiObservation, Fetched } from './lookup.ts';
import { checkCertificate } from './mark-check.ts';
import type { RevocationList } from './mark-source.ts';
import type { MarkRoot } from './roots.ts';
import { checkSvg } from './svg-check.ts';

const slowMilliseconds = 5000; // house

export function checkAssets(
  seen: BimiObservation,
  context: { readonly now: number; readonly roots?: readonly MarkRoot[] },
): readonly Finding[] {
  const name = seen.author?.name ?? seen.domain;
  const findings: Finding[] = [];
  const { logo, evidence } = seen;
  let published: Uint8Array | undefined;
  const logoProblem = problemOf(logo);
  if (logoProblem) findings.push(fetchFinding('bimi.l.fetch', name, logo, logoProblem));
  else if (logo.kind === 'response') {
    findings.push(...serviceFindings(logo, { name, type: 'HTTPS' }));
    const verdict = checkSvg(Buffer.from(logo.body, 'base64'), { place: logo.url, subject: { name, type: 'SVG' } });
    findings.push(...verdict.findings);
    published = verdict.plain;
  }
  const certificateProblem = problemOf(evidence) ?? oldTls(evidence);
  if (certificateProblem) findings.push(fetchFinding('bimi.a.fetch', name, evidence, certificateProblem));
  if (evidence.kind !== 'response' || evidence.status !== 200) return findings;
  const { domain, orgDomain, selector } = seen;
  const verdict = checkCertificate(Buffer.from(evidence.body, 'base64'), {
    place: evidence.url,
    subject: { name, type: 'PEM' },
    now: context.now,
    owner: { domain, orgDomain, selector },
    crls: seen.crls.flatMap(revocationList),
    ...(context.roots ? { roots: context.roots } : {}),
  });
  findings.push(...verdict.findings);
  if (published && published.length > 0 && verdict.logo) {
    const mismatch = compareLogos(published, verdict.logo, { name, type: 'SVG' });
    if (mismatch) findings.push(mismatch);
  }
  return findings;
}

/** Both logos after decompression. `undefined` when they are equal. */
export function compareLogos(published: Uint8Array, certified: Uint8Array, subject: Subject): Finding | undefined {
  if (Buffer.compare(published, certified) === 0) return undefined;
  const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
  const evidence: Evidence[] = [
    {
      kind: 'fact',
      label: 'SHA-256 of the published logo',
      value: `${sha256(published)} (${published.length} octets)`,
    },
    {
      kind: 'fact',
      label: 'SHA-256 of the logo in the certificate',
      value: `${sha256(certified)} (${certified.length} octets)`,
    },
  ];
  return found('bimi.logo_mismatch', { subject, evidence });
}

interface Problem {
  readonly text: string;
  readonly state: 'fail' | 'unknown' | 'skip';
}

/** What kept a file from being fetched; failures of the way there prove nothing about the file. */
function problemOf(fetched: Fetched): Problem | undefined {
  switch (fetched.kind) {
    case 'not-needed':
      return undefined;
    case 'not-fetched':
      return { text: 'was not fetched, because HTTPS is off', state: 'skip' };
    case 'failed': {
      const transient = fetched.reason === 'timeout' || fetched.reason === 'unreachable';
      return { text: `cannot be fetched: ${fetched.detail}`, state: transient ? 'unknown' : 'fail' };
    }
    case 'response': {
      const plain = fetched.redirects.find((url) => !/^https:/i.test(url));
      if (plain !== undefined) return { text: `leads to \`${plain}\`, without TLS`, state: 'fail' };
      if (fetched.status !== 200)
        return { text: `answers with status ${fetched.status}`, state: statusState(fetched.status) };
      return undefined;
    }
    default:
      return fetched satisfies never;
  }
}

/** A server in trouble may be well again in an hour. */
function statusState(status: number): Problem['state'] {
  return status === 429 || status >= 500 ? 'unknown' : 'fail';
}

function oldTls(fetched: Fetched): Problem | undefined {
  if (fetched.kind !== 'response' || fetched.protocol === undefined) return undefined;
  if (fetched.protocol !== 'TLSv1' && fetched.protocol !== 'TLSv1.1') return undefined;
  return { text: `is served over ${fetched.protocol}; TLS 1.2 is the least`, state: 'fail' };
}

function fetchFinding(
  code: 'bimi.l.fetch' | 'bimi.a.fetch',
  name: Subject['name'],
  fetched: Fetched,
  problem: Problem,
): Finding {
  const url = fetched.kind === 'not-needed' ? '' : fetched.url;
  const status = fetched.kind === 'response' ? { status: fetched.status } : {};
  const evidence: Evidence = { kind: 'http', url, ...status, detail: problem.text };
  const severity = problem.state === 'skip' ? 'info' : 'error';
  const args = { url, problem: problem.text };
  return found(code, { subject: { name, type: 'HTTPS' }, args, evidence: [evidence], severity, state: problem.state });
}

function serviceFindings(logo: Extract<Fetched, { kind: 'response' }>, subject: Subject): readonly Finding[] {
  const findings: Finding[] = [];
  const { url, status, contentType, elapsedMs } = logo;
  const type = contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  if (type !== 'image/svg+xml') {
    const evidence: Evidence = { kind: 'http', url, status, detail: `Content-Type: ${contentType || '(none)'}` };
    const args = { found: type === '' ? 'a file without a type' : `\`${type}\`` };
    findings.push(found('bimi.l.content_type', { subject, args, evidence: [evidence] }));
  }
  if (elapsedMs > slowMilliseconds) {
    const evidence: Evidence = { kind: 'http', url, status, detail: `${elapsedMs} ms` };
    findings.push(
      found('bimi.l.slow', { subject, args: { seconds: (elapsedMs / 1000).toFixed(1) }, evidence: [evidence] }),
    );
  }
  return findings;
}

function revocationList(fetched: Fetched): readonly RevocationList[] {
  switch (fetched.kind) {
    case 'not-needed':
      return [];
    case 'not-fetched':
      return [{ kind: 'not-fetched', url: fetched.url }];
    case 'failed':
      return [{ kind: 'failed', url: fetched.url, reason: fetched.detail }];
    case 'response': {
      if (fetched.status !== 200) return [{ kind: 'failed', url: fetched.url, reason: `status ${fetched.status}` }];
      return [{ kind: 'fetched', url: fetched.url, bytes: Buffer.from(fetched.body, 'base64') }];
    }
    default:
      return fetched satisfies never;
  }
}
