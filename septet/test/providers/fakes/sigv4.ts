/**
 * AWS Signature Version 4 checked from the description ("Create a signed AWS API request"), with node:crypto alone, so
 * that neither signer under test checks itself.
 */
import { createHash, createHmac } from 'node:crypto';
import type { Asked } from './server.ts';

export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** The error code of AWS, or `undefined` when the signature is right. */
export function signatureFault(
  { method, path, query, headers, body }: Asked,
  keys: readonly Keys[],
  scope: { readonly region: string; readonly service: string; readonly now: number },
): string | undefined {
  const form = /^AWS4-HMAC-SHA256 Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$/;
  const [, credential = '', list = '', signature] = form.exec(headers.authorization ?? '') ?? [];
  if (signature === undefined) return 'MissingAuthenticationToken';
  const [accessKeyId, day = '', region = '', service = '', end = ''] = credential.split('/');
  const key = keys.find((one) => one.accessKeyId === accessKeyId);
  if (key === undefined) return 'InvalidClientTokenId';
  if (headers['x-amz-security-token'] !== key.sessionToken) return 'InvalidClientTokenId';
  const date = headers['x-amz-date'];
  if (typeof date !== 'string' || !date.startsWith(day)) return 'IncompleteSignature';
  if (region !== scope.region || service !== scope.service || end !== 'aws4_request') return 'SignatureDoesNotMatch';
  const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date)?.map(Number) ?? [];
  const at = Date.UTC(y ?? 0, (mo ?? 1) - 1, d, h, mi, s);
  if (!(Math.abs(at - scope.now) < 15 * 60_000)) return 'RequestExpired';
  const signed = list.split(';');
  const must = ['host', ...Object.keys(headers).filter((name) => name.startsWith('x-amz-'))];
  if (!must.every((name) => signed.includes(name))) return 'SignatureDoesNotMatch';
  const canonical = [
    method,
    path.split('/').map(encode).join('/'),
    [...query]
      .map(([name, value]) => `${encode(name)}=${encode(value)}`)
      .sort()
      .join('&'),
    ...signed.map((name) => `${name}:${String(headers[name]).trim().replaceAll(/\s+/g, ' ')}`),
    '',
    list,
    sha256(body),
  ].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', date, `${day}/${region}/${service}/aws4_request`, sha256(canonical)].join('\n');
  const signing = [day, region, service, 'aws4_request'].reduce(
    (secret: Buffer, part) => createHmac('sha256', secret).update(part).digest(),
    Buffer.from(`AWS4${key.secretAccessKey}`),
  );
  const expected = createHmac('sha256', signing).update(toSign).digest('hex');
  return expected === signature ? undefined : 'SignatureDoesNotMatch';
}

const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

/** RFC 3986: everything but letters, digits and - _ . ~ */
const encode = (text: string): string =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
