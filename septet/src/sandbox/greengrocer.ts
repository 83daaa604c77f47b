/**
 * The sandbox's domain: a greengrocer who sends newsletters from a server of his own. First with the classic mistakes,
 * then mended. The other zone is rooted at `.`, so that nothing outside exists.
 */
import { generateKeyPairSync } from 'node:crypto';
import type { Authority } from './certificates.ts';
import type { SandboxPlan } from './sandbox.ts';
import type { Page, Site } from './web.ts';

export const greengrocer = 'greengrocer.test';
/** The selector that the greengrocer's server signs with. */
export const selector = 's2026';
export const trackingHost = `track.${greengrocer}`;

/** The rest of the world, as far as the greengrocer's mail touches it. */
const world = `
  .                            300 SOA  ns1.test. hostmaster.test. 1 7200 3600 1209600 300
  .                            300 NS   ns1.test.
  ns1.test.                   3600 A    127.0.0.1
  ns2.test.                   3600 A    127.0.0.2
  ${greengrocer}.             3600 NS   ns1.test.
  ${greengrocer}.             3600 NS   ns2.test.
  25.97.61.20.in-addr.arpa.   3600 PTR  mail.${greengrocer}.
  newsletter.test.            3600 A    127.0.0.1
  newsletter.test.            3600 MX   10 mx.newsletter.test.
  _spf.newsletter.test.       3600 TXT  "v=spf1 ip4:20.61.98.0/24 -all"
`;

/** What is right in both states of the greengrocer's zone. */
const common = `
  ${greengrocer}.             3600 SOA  ns1.test. hostmaster.test. 2026112301 7200 3600 1209600 300
  ${greengrocer}.             3600 NS   ns1.test.
  ${greengrocer}.             3600 NS   ns2.test.
  ${greengrocer}.             3600 A    127.0.0.1
  www.${greengrocer}.         3600 A    127.0.0.1
  mail.${greengrocer}.        3600 A    20.61.97.25
  mail.${greengrocer}.        3600 AAAA 2603:1020:200::25
  mail.${greengrocer}.        3600 TXT  "v=spf1 a -all"
  mx2.${greengrocer}.         3600 A    20.61.97.26
  mx2.${greengrocer}.         3600 AAAA 2603:1020:200::26
  mta-sts.${greengrocer}.     3600 A    127.0.0.1
  logo.${greengrocer}.        3600 A    127.0.0.1
`;

/** Twelve look-ups behind one include: how vendors' records grow. */
const crowded = Array.from(
  { length: 11 },
  (_, index) => `  s${index}.crm.test. 3600 TXT "v=spf1 ip4:20.62.${index}.0/24 -all"`,
).join('\n');

const logo = `<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" version="1.2" baseProfile="tiny-ps" viewBox="0 0 100 100">
  <title>Greengrocer</title>
  <desc>A green apple</desc>
  <rect x="0" y="0" width="100" height="100" fill="#ffffff"/>
  <circle cx="50" cy="54" r="30" fill="#2e8b57"/>
  <rect x="47" y="14" width="6" height="16" fill="#8b5a2b"/>
</svg>
`;

const policyText = (mode: string, mx: readonly string[], maxAge: number): string =>
  ['version: STSv1', `mode: ${mode}`, ...mx.map((host) => `mx: ${host}`), `max_age: ${maxAge}`]
    .map((line) => `${line}\r\n`)
    .join('');

const plain = (body: string): Page => ({ headers: { 'content-type': 'text/plain' }, body });

/** The domain as its owner left it: something is wrong with every record. */
export function broken(authority: Authority): SandboxPlan {
  const key = rsaKey(1024);
  const elsewhere = `${world}${crowded}
  crm.test.                              3600 TXT   "v=spf1 ${Array.from({ length: 11 }, (_, i) => `include:s${i}.crm.test`).join(' ')} -all"
`;
  const zone = `${common}
  ${greengrocer}.                        3600 MX    10 smtp.${greengrocer}.
  smtp.${greengrocer}.                   3600 CNAME mail.${greengrocer}.
  ${greengrocer}.                        3600 TXT   "v=spf1 a mx include:_spf.newsletter.test include:crm.test ?all"
  ${selector}._domainkey.${greengrocer}. 3600 TXT   "v=DKIM1; k=rsa; t=y; p=${key}"
  _dmarc.${greengrocer}.                 3600 TXT   "v=DMARC1; p=quarantine; pct=10; rua=dmarc@${greengrocer}"
  ${trackingHost}.                       3600 CNAME newsletter.test.
  _mta-sts.${greengrocer}.               3600 TXT   "v=STSv1; id=2026-05-08;"
  _smtp._tls.${greengrocer}.${greengrocer}. 3600 TXT "v=TLSRPTv1; rua=mailto:tls@${greengrocer}"
  default._bimi.${greengrocer}.          3600 TXT   "v=BIMI1; l=https://logo.${greengrocer}/logo.png"
`;
  const sites = new Map<string, Site>([
    ['newsletter.test', { certificate: authority.issue(['newsletter.test']), pages: { '/': plain('newsletter\n') } }],
    [
      `mta-sts.${greengrocer}`,
      {
        certificate: authority.issue([`mta-sts.${greengrocer}`]),
        pages: { '/.well-known/mta-sts.txt': plain(policyText('enforce', [`*.mail.${greengrocer}`], 86_400)) },
      },
    ],
    [
      `logo.${greengrocer}`,
      {
        certificate: authority.issue([`logo.${greengrocer}`]),
        pages: { '/logo.png': { headers: { 'content-type': 'image/png' }, body: 'not a picture' } },
      },
    ],
  ]);
  return { zones: [flush(elsewhere), flush(zone)], sites, authority };
}

/** The same domain after every cure. */
export function mended(authority: Authority): SandboxPlan {
  const key = rsaKey(2048);
  const zone = `${common}
  ${greengrocer}.                        3600 MX    10 mail.${greengrocer}.
  ${greengrocer}.                        3600 MX    20 mx2.${greengrocer}.
  ${greengrocer}.                        3600 TXT   "v=spf1 ip4:20.61.97.25 ip6:2603:1020:200::25 include:_spf.newsletter.test ~all"
  ${selector}._domainkey.${greengrocer}. 3600 TXT   "v=DKIM1; k=rsa; p=${key.slice(0, 200)}" "${key.slice(200)}"
  _dmarc.${greengrocer}.                 3600 TXT   "v=DMARC1; p=quarantine; np=reject; rua=mailto:dmarc@${greengrocer}"
  ${trackingHost}.                       3600 CNAME newsletter.test.
  _mta-sts.${greengrocer}.               3600 TXT   "v=STSv1; id=20261123T120000;"
  _smtp._tls.${greengrocer}.             3600 TXT   "v=TLSRPTv1; rua=mailto:tls@${greengrocer},https://newsletter.test/tls"
  default._bimi.${greengrocer}.          3600 TXT   "v=BIMI1; l=https://logo.${greengrocer}/logo.svg"
`;
  const sites = new Map<string, Site>([
    [
      trackingHost,
      {
        certificate: authority.issue([trackingHost]),
        pages: {
          '/': {
            headers: {
              'content-type': 'text/plain',
              'strict-transport-security': 'max-age=31536000',
              'x-robots-tag': 'noindex',
            },
            body: 'newsletter\n',
          },
        },
      },
    ],
    [
      `mta-sts.${greengrocer}`,
      {
        certificate: authority.issue([`mta-sts.${greengrocer}`]),
        pages: {
          '/.well-known/mta-sts.txt': plain(
            policyText('enforce', [`mail.${greengrocer}`, `mx2.${greengrocer}`], 2_592_000),
          ),
        },
      },
    ],
    [
      `logo.${greengrocer}`,
      {
        certificate: authority.issue([`logo.${greengrocer}`]),
        pages: { '/logo.svg': { headers: { 'content-type': 'image/svg+xml' }, body: logo } },
      },
    ],
  ]);
  return { zones: [flush(world), flush(zone)], sites, authority };
}

/** A new public key in the form of a DKIM `p=` value. */
function rsaKey(bits: number): string {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: bits });
  return publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
}

/** Without the blanks that begin the lines, which would mean "the owner of the line before" (RFC 1035 §5.1). */
const flush = (zone: string): string => zone.replaceAll(/^ +/gm, '');
