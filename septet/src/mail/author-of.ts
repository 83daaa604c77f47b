/** The author domain of a message, as DMARC takes it from the From field (RFC 9989 §5.3.1). */
import type { DnsName } from '../dns/name.ts';
import { parseAddressList } from './addresses.ts';
import type { Author, Mailbox } from './author.ts';
import { bodyOf, fieldsOf } from './header.ts';
import type { Header } from './header.ts';

/**
 * Takes the domain of every address in every From field. DMARC works where that is one domain in one field; where it is
 * none or several, a receiver stops there (or, for several, judges as it likes). Addresses inside a group count
 * (RFC 6854); a U-label becomes an A-label.
 */
export function authorOf(header: Header): Author {
  const fields = fieldsOf(header, 'from');
  if (fields.length === 0) return { kind: 'none', why: 'no-field' };
  const mailboxes: Mailbox[] = [];
  const domains = new Set<DnsName>();
  let empty = true;
  for (const field of fields) {
    const body = bodyOf(field);
    if (/[^ \t\r\n]/.test(body)) empty = false;
    for (const mailbox of parseAddressList(body).mailboxes) {
      mailboxes.push(mailbox);
      if (mailbox.domain !== undefined) domains.add(mailbox.domain);
    }
  }
  const [domain] = domains;
  if (fields.length > 1 || domains.size > 1) {
    return { kind: 'several', domains: [...domains], mailboxes, fields: fields.length };
  }
  if (domain !== undefined) return { kind: 'one', domain, mailboxes };
  return { kind: 'none', why: empty ? 'empty' : mailboxes.length === 0 ? 'no-address' : 'no-domain' };
}
