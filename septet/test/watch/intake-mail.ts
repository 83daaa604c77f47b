/** Report mails for the tests of the intake: made and signed here, with the keys as zone text. */
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { dnsName } from '../../src/dns/name.ts';
import { parseHeader } from '../../src/mail/parse-header.ts';
import { signMessage } from '../../src/proof/dkim/sign.ts';
import { reportPieces } from '../../scripts/make-reports.ts';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64');

/** A key that signs for these domains, at the selector `s`. */
export const keyZone = (...domains: readonly string[]): string =>
  domains.map((domain) => `s._domainkey.${domain}. TXT "v=DKIM1; k=ed25519; p=${raw}"`).join('\n');

export interface WantedMail {
  readonly from?: string;
  /** `d=`; absent: not signed. */
  readonly signer?: string;
  readonly attachment: Uint8Array | string;
  readonly type?: string;
}

/** A message with one attachment in base64. */
export function mail({
  from = 'dmarc@receiver.example',
  signer,
  attachment,
  type = 'application/gzip',
}: WantedMail): Buffer {
  const body = Buffer.from(attachment).toString('base64').replaceAll(/.{76}/g, '$&\r\n');
  const text = [
    `From: <${from}>`,
    'To: <dmarc@example.com>',
    'Subject: Report',
    'Message-ID: <1@receiver.example>',
    'MIME-Version: 1.0',
    `Content-Type: ${type}; name="report"`,
    'Content-Transfer-Encoding: base64',
    'Content-Disposition: attachment; filename="report"',
    '',
    body,
    '',
  ].join('\r\n');
  return signer === undefined ? Buffer.from(text) : signed(text, signer);
}

export function signed(text: string, domain: string): Buffer {
  const octets = Buffer.from(text);
  const header = parseHeader(octets);
  const top = signMessage(
    { header, body: octets.subarray(header.octets) },
    { domain: dnsName(domain), selector: 's', keys: [{ key: privateKey }], now: Date.parse('2026-11-23T00:00:00Z') },
  );
  return Buffer.concat([Buffer.from(top), octets]);
}

/** A body whose first part alone is signed (`l=`, RFC 6376 §3.5), with a report in a part that anybody may have added. */
export function signedInPart(domain: string, report: string): Buffer {
  const first = '--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n';
  const from = `From: <a@${domain}>\r\n`;
  const hash = createHash('sha256').update(first).digest('base64');
  const field = `DKIM-Signature: v=1; a=ed25519-sha256; c=simple/simple; d=${domain}; s=s; l=${first.length}; h=From; bh=${hash}; b=`;
  const digest = createHash('sha256').update(`${from}${field}`).digest();
  const header = `${field}${sign(null, digest, privateKey).toString('base64')}\r\n${from}MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n`;
  return Buffer.from(`${header}${first}--b\r\nContent-Type: text/xml\r\n\r\n${report}\r\n--b--\r\n`);
}

export interface WantedXml {
  readonly id: string;
  readonly rows?: number;
  readonly domain?: string;
  readonly reporter?: string;
  readonly seed?: number;
}

/** A report of a day in November 2026. */
export function xml({
  id,
  rows = 10,
  domain = 'example.com',
  reporter = 'Receiver Example',
  seed = 1,
}: WantedXml): string {
  const begin = Date.parse('2026-11-20T00:00:00Z') / 1000;
  return [...reportPieces({ rows, form: '9990', domain, reporter, reportId: id, seed, begin })].join('');
}

export const gz = (text: string): Buffer => gzipSync(text);

export const failureMail = [
  'From: <dmarc@receiver.example>',
  'To: <ruf@example.com>',
  'Subject: FW: a private subject',
  'Message-ID: <failure-1@receiver.example>',
  'MIME-Version: 1.0',
  'Content-Type: multipart/report; report-type=feedback-report; boundary=b',
  '',
  '--b',
  'Content-Type: text/plain',
  '',
  'A message failed.',
  '--b',
  'Content-Type: message/feedback-report',
  '',
  'Feedback-Type: auth-failure',
  'User-Agent: Test/1',
  'Version: 1',
  'Original-Rcpt-To: <person@example.net>',
  'Arrival-Date: Fri, 20 Nov 2026 10:00:00 +0000',
  'Source-IP: 192.0.2.77',
  'Reported-Domain: example.com',
  'Auth-Failure: dmarc',
  '',
  '--b',
  'Content-Type: text/rfc822-headers',
  '',
  'From: someone <someone@example.com>',
  'To: person@example.net',
  'Subject: a private subject',
  '',
  '--b--',
  '',
].join('\r\n');

export const tlsJson = (id: string, domains: readonly string[]): string =>
  JSON.stringify({
    'organization-name': 'receiver.example',
    'date-range': { 'start-datetime': '2026-11-20T00:00:00Z', 'end-datetime': '2026-11-20T23:59:59Z' },
    'contact-info': 'tls@receiver.example',
    'report-id': id,
    policies: domains.map((domain, index) => ({
      policy: { 'policy-type': 'sts', 'policy-string': [], 'policy-domain': domain, 'mx-host': [] },
      summary: { 'total-successful-session-count': 40 + index, 'total-failure-session-count': 2 },
      'failure-details': [
        { 'result-type': 'certificate-expired', 'receiving-mx-hostname': `mx.${domain}`, 'failed-session-count': 2 },
      ],
    })),
  });
