/**
 * Private keys that somebody published by mistake. A report is copied into tickets and mails, so it never repeats one:
 * wherever it quotes a record, the key's characters become asterisks, as many as there were, so that marks still fit.
 * The record homes hide what they know to be a key; this is for texts that are damaged or stand where no key belongs.
 */
import type { Finding } from '../finding/finding.ts';
import type { Report } from './report.ts';

/**
 * How a private key begins: as PEM (RFC 7468), or as Base64 of its DER: a SEQUENCE whose first member is the version,
 * INTEGER 0 or 1 (PKCS #1, PKCS #8, RFC 5208, RFC 5915). Public keys have no version there.
 */
const privateKey =
  /PRIVATE KEY-----|MII[A-Za-z0-9+/]{2}[AQgw]IBA[A-Za-z0-9+/]|MI[GH][A-Za-z0-9+/]Ag[EH]|M[A-Za-z0-9+/][A-Za-z0-9+/]CAQ[AE]/;

/** Whether the text shows more than the beginning of a private key. */
export function holdsPrivateKey(text: string): boolean {
  return text.length >= 40 && hidden(text) !== text;
}

export function withoutSecrets(report: Report): Report {
  const isClean = report.findings.every(isSafe) && Object.values(report.records).every((one) => isSafe(one));
  return isClean ? report : (mapTexts(report, hidden) as Report);
}

type Quoting =
  | Pick<Finding, 'evidence' | 'fix'>
  | { readonly observed: readonly { readonly data: readonly string[] }[] };

function isSafe(one: Quoting): boolean {
  const isBad = (text: string): boolean => text.length >= 40 && privateKey.test(text);
  if ('observed' in one) return !one.observed.some(({ data }) => data.some(isBad));
  return (
    !one.evidence.some((evidence) => 'text' in evidence && isBad(evidence.text)) &&
    !one.fix.set?.some(({ data }) => data.some(isBad))
  );
}

/** The text with everything after the beginning of a private key blotted out, except what is no Base64. */
function hidden(text: string): string {
  const start = privateKey.exec(text);
  if (start === null) return text;
  const end = start.index + (start[0].startsWith('PRIVATE') ? start[0].length : 0);
  const rest = text.slice(end);
  return /[A-Za-z0-9+/]{16}/.test(rest) ? text.slice(0, end) + rest.replaceAll(/[A-Za-z0-9+/=]/g, '*') : text;
}

function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((one) => mapTexts(one, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, mapTexts(one, change)]));
}
