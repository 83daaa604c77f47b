/** DKIM signatures (RFC 6376 §3.5) that a change of the message breaks: whose they are. */
import { isAtOrBelow, parseDomain, type DnsName } from '../dns/name.ts';
import { fieldsOf, valueOf, type Field, type Header } from '../mail/header.ts';

export interface OwnSignatures {
  /** Of the domain or one below it: they are made anew. */
  readonly own: readonly Field[];
  /** Others: they stay, for only their signer knows what they are for. */
  readonly foreign: readonly Field[];
}

export function signaturesOf(header: Header, domain: DnsName): OwnSignatures {
  const own: Field[] = [];
  const foreign: Field[] = [];
  for (const field of fieldsOf(header, 'dkim-signature')) {
    const text = /(?:^|;)\s*d\s*=([^;]*)/.exec(valueOf(field))?.[1]?.replaceAll(/\s+/g, '') ?? '';
    const parsed = parseDomain(text);
    (parsed.ok && isAtOrBelow(parsed.name, domain) ? own : foreign).push(field);
  }
  return { own, foreign };
}
