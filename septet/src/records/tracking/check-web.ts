/** The rules about the web server of a tracking host: HTTPS, its certificate, HSTS, and what port 80 does. */
import type { DnsName } from '../../dns/name.ts';
import type { Evidence, Finding } from '../../finding/finding.ts';
import type { FetchFailure } from '../../world/world.ts';
import { found } from './findings.ts';
import { expiringMs, type PageSeen, type WebSeen } from './lookup.ts';

const dayMs = 24 * 3600 * 1000;
/** Failures before anything answered on the port. */
const silent: ReadonlySet<FetchFailure> = new Set(['dns', 'refused', 'unreachable', 'timeout']);
const oldProtocols: ReadonlySet<string> = new Set(['SSLv2', 'SSLv3', 'TLSv1', 'TLSv1.0', 'TLSv1.1']);
const challengeFolder = '/.well-known/acme-challenge/';

/** Adds to `out` what the pages say. Only a refused connection is a failure; silence may be on our side, so it is `unknown`. */
export function checkWeb(
  host: DnsName,
  domain: DnsName,
  web: WebSeen & { kind: 'asked' },
  now: number,
  out: Finding[],
): void {
  const { https, http } = web;
  const subject = { name: host, type: 'HTTPS' };
  const httpsSilent = isSilent(https);
  if (httpsSilent && isSilent(http)) {
    const state = https.reason === 'refused' && http.reason === 'refused' ? 'fail' : 'unknown';
    const detail = https.reason === http.reason ? https.reason : `${https.reason}, ${http.reason}`;
    const evidence = [evidenceOf(https), evidenceOf(http)];
    out.push(found('track.http.unreachable', { subject, args: { host, detail }, evidence, state }));
    return;
  }
  if (https.kind === 'failed') checkFailure(host, https, out);
  checkTls(host, https, now, out);
  if (https.kind === 'response') checkHeaders(host, https, http, out);
  else if (web.parent && !(httpsSilent && https.reason !== 'refused')) checkParent(host, domain, web.parent, out);
  if (web.acme) checkChallenge(host, web.acme, out);
}

function checkFailure(host: DnsName, https: PageSeen & { kind: 'failed' }, out: Finding[]): void {
  const subject = { name: host, type: 'HTTPS' };
  const evidence = [evidenceOf(https)];
  switch (https.reason) {
    case 'certificate-name': {
      const names = https.tls?.certificate?.names ?? [];
      const shown = names.length === 0 ? 'another name' : names.slice(0, 5).join(', ');
      out.push(found('track.tls.name', { subject, args: { host, names: shown }, evidence }));
      return;
    }
    case 'certificate-expired': {
      const ended = https.tls?.certificate?.notAfter;
      out.push(
        found('track.tls.expired', {
          subject,
          args: { host, date: ended === undefined ? 'an earlier day' : dateOf(ended) },
          evidence,
        }),
      );
      return;
    }
    case 'certificate-untrusted':
      out.push(found('track.tls.chain', { subject, args: { host, detail: https.detail }, evidence }));
      return;
    case 'tls':
      if (https.tls && oldProtocols.has(https.tls.protocol)) return;
      out.push(found('track.https.missing', { subject, args: { host, detail: https.detail }, evidence }));
      return;
    case 'refused':
    case 'timeout':
    case 'unreachable':
    case 'dns': {
      const state = https.reason === 'refused' ? 'fail' : 'unknown';
      out.push(found('track.https.missing', { subject, args: { host, detail: https.reason }, evidence, state }));
      return;
    }
    case 'too-large':
    case 'protocol':
    case 'too-many-redirects':
      // The connection and its certificate are good, and that is all the root page is asked for.
      return;
  }
}

function checkTls(host: DnsName, https: PageSeen, now: number, out: Finding[]): void {
  const { tls } = https;
  if (!tls) return;
  const subject = { name: host, type: 'HTTPS' };
  if (oldProtocols.has(tls.protocol)) {
    out.push(
      found('track.tls.version', { subject, args: { host, protocol: tls.protocol }, evidence: [evidenceOf(https)] }),
    );
  }
  const ends = tls.certificate?.notAfter;
  if (ends === undefined || ends <= now || ends - now > expiringMs) return;
  const args = { host, date: dateOf(ends), days: Math.floor((ends - now) / dayMs) };
  out.push(found('track.tls.expiring', { subject, args, evidence: [evidenceOf(https)] }));
}

function checkHeaders(host: DnsName, https: PageSeen & { kind: 'response' }, http: PageSeen, out: Finding[]): void {
  const subject = { name: host, type: 'HTTPS' };
  const evidence = [evidenceOf(https)];
  if (hstsOf(https.hsts).maxAge === 0) out.push(found('track.hsts.missing', { subject, args: { host }, evidence }));
  if (http.kind === 'response' && !(isRedirect(http.status) && http.location?.toLowerCase().startsWith('https://'))) {
    out.push(
      found('track.http.redirect_https', {
        subject,
        args: { host, status: http.status },
        evidence: [evidenceOf(http)],
      }),
    );
  }
  const isPage = https.status === 200 && (https.contentType ?? '').toLowerCase().startsWith('text/html');
  if (isPage && !/\b(?:noindex|none)\b/i.test(https.robots ?? '')) {
    out.push(found('track.robots', { subject, args: { host }, evidence }));
  }
}

function checkParent(host: DnsName, domain: DnsName, parent: PageSeen, out: Finding[]): void {
  if (parent.kind !== 'response' || parent.hsts === undefined) return;
  const { maxAge, includeSubDomains } = hstsOf(parent.hsts);
  if (maxAge === 0 || !includeSubDomains) return;
  const args = { host, domain, hsts: parent.hsts };
  const evidence: Evidence[] = [
    { kind: 'http', url: parent.url, status: parent.status, detail: `Strict-Transport-Security: ${parent.hsts}` },
  ];
  out.push(found('track.hsts.parent_lockout', { subject: { name: host, type: 'HTTPS' }, args, evidence }));
}

/** A login, or a redirect that leaves the folder of the challenges. Any other status says that the path is served. */
function checkChallenge(host: DnsName, acme: PageSeen, out: Finding[]): void {
  if (acme.kind !== 'response') return;
  const redirected = isRedirect(acme.status) && acme.location !== undefined && !acme.location.includes(challengeFolder);
  if (!redirected && acme.status !== 401 && acme.status !== 403) return;
  const answer = redirected ? `with a redirect to ${acme.location}` : String(acme.status);
  const args = { url: acme.url, answer };
  out.push(
    found('track.tls.acme_blocked', { subject: { name: host, type: 'HTTP' }, args, evidence: [evidenceOf(acme)] }),
  );
}

/** The two directives of RFC 6797 §6.1 that matter here; a `maxAge` of 0 stands for no policy. */
function hstsOf(header: string | undefined): { readonly maxAge: number; readonly includeSubDomains: boolean } {
  let maxAge = 0;
  let includeSubDomains = false;
  // RFC 6797 §8.1: only the first header counts; the directives of several are joined with commas.
  for (const directive of (header?.split(',')[0] ?? '').split(';')) {
    const [name = '', value = ''] = directive.split('=');
    const key = name.trim().toLowerCase();
    if (key === 'includesubdomains') includeSubDomains = true;
    if (key === 'max-age') maxAge = Number(value.trim().replaceAll('"', '')) || 0;
  }
  return { maxAge, includeSubDomains };
}

function isSilent(page: PageSeen): page is PageSeen & { kind: 'failed' } {
  return page.kind === 'failed' && silent.has(page.reason);
}

const isRedirect = (status: number): boolean => status >= 300 && status < 400;

/** The day, or what to say of a date that a certificate got wrong. */
const dateOf = (ms: number): string =>
  Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString().slice(0, 10) : 'an unknown day';

function evidenceOf(page: PageSeen): Evidence {
  if (page.kind === 'failed') return { kind: 'http', url: page.url, detail: page.detail };
  const detail =
    page.location === undefined ? `answered ${page.status}` : `answered ${page.status}, Location: ${page.location}`;
  return { kind: 'http', url: page.url, status: page.status, detail };
}
