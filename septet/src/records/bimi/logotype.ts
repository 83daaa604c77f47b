/** The logotype extension (RFC 9399): the logo inside a mark certificate. */
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { AsnConvert } from '@peculiar/asn1-schema';
import type { Extension } from '@peculiar/asn1-x509';
import { LogotypeExtn } from '@peculiar/asn1-x509-logotype';

export interface Logotype {
  readonly critical: boolean;
  /** What keeps the logo from being read, for a person. */
  readonly fault?: string;
  /** The logo after decompression. */
  readonly svg?: Uint8Array;
  readonly hash: 'equal' | 'different' | 'unknown' | 'none';
  /** `sha256` and so on. */
  readonly hashAlgorithm: string;
  /** Lower-case hexadecimal. */
  readonly statedHash: string;
}

const maxLogoOctets = 1024 * 1024;

const hashNames: ReadonlyMap<string, string> = new Map([
  ['1.2.840.113549.2.5', 'md5'],
  ['1.3.14.3.2.26', 'sha1'],
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
]);

/** Never throws. */
export function readLogotype(extension: Extension): Logotype {
  const { critical } = extension;
  const broken = (fault: string): Logotype => ({ critical, fault, hash: 'none', hashAlgorithm: '', statedHash: '' });
  let logotypes: LogotypeExtn;
  try {
    logotypes = AsnConvert.parse(extension.extnValue, LogotypeExtn);
  } catch {
    return broken('the extension cannot be read');
  }
  const details = logotypes.subjectLogo?.direct?.image?.[0]?.imageDetails;
  if (!details) return broken('there is no image for the subject');
  const stated = details.logotypeHash[0];
  const oid = stated?.hashAlg.algorithm ?? '';
  const hashAlgorithm = hashNames.get(oid) ?? oid;
  const statedHash = stated ? Buffer.from(stated.hashValue.buffer).toString('hex') : '';
  const facts = { critical, hashAlgorithm, statedHash };
  const uri = details.logotypeURI[0] ?? '';
  const embedded = decodeDataUri(uri);
  if ('fault' in embedded) return { ...facts, fault: embedded.fault, hash: 'none' };
  if (!/^image\/svg\+xml(\+gzip)?$/i.test(details.mediaType)) {
    return { ...facts, fault: `the image is declared as ${details.mediaType}`, hash: 'none' };
  }
  const { svg, raw } = embedded;
  if (!stated) return { ...facts, svg, hash: 'none' };
  if (!hashNames.has(oid)) return { ...facts, svg, hash: 'unknown' };
  // RFC 9399 §7 hashes the SVG without compression; some issuers hashed what stands in the URI.
  const equal = [svg, raw].some((bytes) => createHash(hashAlgorithm).update(bytes).digest('hex') === statedHash);
  return { ...facts, svg, hash: equal ? 'equal' : 'different' };
}

type Embedded = { readonly svg: Uint8Array; readonly raw: Uint8Array } | { readonly fault: string };

function decodeDataUri(uri: string): Embedded {
  if (!uri.startsWith('data:'))
    return { fault: `it refers to ${uri.slice(0, 60) || 'nothing'} instead of holding the logo` };
  const comma = uri.indexOf(',');
  const [type = '', ...parameters] = uri.slice(5, Math.max(comma, 5)).split(';');
  if (comma < 0 || !/^image\/svg\+xml$/i.test(type)) return { fault: `the data is declared as ${type || 'nothing'}` };
  if (parameters.at(-1)?.toLowerCase() !== 'base64') return { fault: 'the data is not base64' };
  const raw = Buffer.from(uri.slice(comma + 1), 'base64');
  if (raw[0] !== 0x1f || raw[1] !== 0x8b) return { fault: 'the logo is not compressed with gzip' };
  try {
    return { raw, svg: gunzipSync(raw, { maxOutputLength: maxLogoOctets }) };
  } catch {
    return { fault: 'the gzip data is damaged or too large' };
  }
}
