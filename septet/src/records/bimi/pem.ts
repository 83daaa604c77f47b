/** Reads PEM text (RFC 7468) as evidence documents are served: one certificate after another, and what else got in. */

export type PemFault = 'empty' | 'too-large' | 'html' | 'der' | 'not-pem' | 'pkcs7' | 'bad-base64' | 'no-certificate';

export interface PemDocument {
  /** The DER of each certificate, in the order of the file. */
  readonly certificates: readonly Uint8Array[];
  /** Why the file cannot be used as a chain. */
  readonly fault?: PemFault;
  /** The line of a private key, from 1. Its content is never kept. */
  readonly privateKeyLine?: number;
  /** The first line of text, shortened, for a person; empty for binary data and for keys. */
  readonly firstLine: string;
}

/** House limits: a chain with its logo has about 20 KB. */
const maxPemOctets = 256 * 1024;
const maxCertificates = 10;

/** Linear; never throws. */
export function readPem(bytes: Uint8Array): PemDocument {
  const none = { certificates: [], firstLine: '' };
  if (bytes.length === 0) return { ...none, fault: 'empty' };
  if (bytes.length > maxPemOctets) return { ...none, fault: 'too-large' };
  if (bytes[0] === 0x30 && (bytes[1] ?? 0) >= 0x80) return { ...none, fault: 'der' };
  const lines = Buffer.from(bytes)
    .toString('latin1')
    .split(/\r\n|\r|\n/);
  const first = lines.find((line) => line.trim() !== '')?.trim() ?? '';
  const firstLine = first.length > 80 ? `${first.slice(0, 79)}…` : first;
  const certificates: Uint8Array[] = [];
  let fault: PemFault | undefined;
  let privateKeyLine: number | undefined;
  let label: string | undefined;
  let body = '';
  for (const [index, raw] of lines.entries()) {
    const line = raw.trim();
    const begin = /^-----BEGIN ([A-Z0-9 ]+)-----$/.exec(line)?.[1];
    if (begin !== undefined) {
      label = begin;
      body = '';
      if (begin.endsWith('PRIVATE KEY')) privateKeyLine ??= index + 1;
      if (begin === 'PKCS7' || begin === 'CMS') fault ??= 'pkcs7';
    } else if (line.startsWith('-----END ')) {
      if (label === 'CERTIFICATE' || label === 'X509 CERTIFICATE') {
        const der = fromBase64(body);
        if (der && certificates.length < maxCertificates) certificates.push(der);
        else fault ??= der ? 'too-large' : 'bad-base64';
      }
      label = undefined;
    } else if (label?.endsWith('CERTIFICATE')) body += line;
  }
  if (certificates.length === 0) fault ??= kindOf(first, lines);
  return {
    certificates,
    firstLine: privateKeyLine === undefined ? firstLine : '',
    ...(fault ? { fault } : {}),
    ...(privateKeyLine === undefined ? {} : { privateKeyLine }),
  };
}

function kindOf(first: string, lines: readonly string[]): PemFault {
  if (/^<(!doctype|html|\?xml|head)/i.test(first)) return 'html';
  return lines.some((line) => line.startsWith('-----BEGIN ')) ? 'no-certificate' : 'not-pem';
}

function fromBase64(text: string): Uint8Array | undefined {
  if (text === '' || text.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
  return Buffer.from(text, 'base64');
}
