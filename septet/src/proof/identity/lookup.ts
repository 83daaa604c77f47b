/** The one thing that the identity of a message asks DNS beyond SPF and DMARC: whether its BIMI selector has a record. */
import { under, type DnsName } from '../../dns/name.ts';
import { registrableDomain } from '../../dns/public-suffix.ts';
import { fieldsOf, valueOf, type Header } from '../../mail/header.ts';
import type { Author } from '../../mail/author.ts';
import { holdsBimi } from '../../records/bimi/lookup.ts';
import { scanTagList } from '../../text/tag-list.ts';
import type { World } from '../../world/world.ts';
import { authorDomains } from '../dmarc/dmarc-of.ts';
import type { DmarcOutcome } from '../dmarc/outcome.ts';

export interface BimiSeen {
  readonly domain: DnsName;
  /** From the BIMI-Selector field, else `default`; absent where the field cannot be read. */
  readonly selector?: string;
  /** The line of the BIMI-Selector field. */
  readonly line?: number;
  /** The name that has or lacks the record. */
  readonly name?: DnsName;
  readonly record: 'present' | 'missing' | 'unknown';
}

/**
 * Asks one or two questions where something may be wrong: a BIMI-Selector field, DMARC that does not pass, or several
 * From addresses. `undefined` where nothing needs asking. Rejects only with the reason of `signal`.
 */
export async function lookupIdentity(
  world: World,
  input: { readonly header: Header; readonly author: Author; readonly dmarc: DmarcOutcome },
  options: { readonly signal?: AbortSignal } = {},
): Promise<BimiSeen | undefined> {
  const { header, author, dmarc } = input;
  const domain = authorDomains(author)[0];
  if (domain === undefined) return undefined;
  const field = fieldsOf(header, 'bimi-selector')[0];
  const passes = dmarc.readings.some(({ reader, result }) => reader === 'RFC 9989' && result === 'pass');
  const several = author.kind === 'several' || (author.kind === 'one' && author.mailboxes.length > 1);
  if (!field && passes && !several) return undefined;
  const selector = field ? selectorOf(valueOf(field)) : 'default';
  const base = { domain, ...(field ? { line: field.line } : {}) };
  const name = selector === undefined ? undefined : under(`${selector}._bimi`, domain);
  if (selector === undefined || name === undefined) return { ...base, record: 'missing' };
  const organisation = registrableDomain(domain);
  const above =
    organisation === undefined || organisation === domain ? undefined : under(`${selector}._bimi`, organisation);
  const own = await world.resolver.query(name, 'TXT', options);
  if (holdsBimi(own)) return { ...base, selector, name, record: 'present' };
  const inherited = above && own.kind !== 'failed' ? await world.resolver.query(above, 'TXT', options) : undefined;
  if (inherited && above && holdsBimi(inherited)) return { ...base, selector, name: above, record: 'present' };
  const failed = own.kind === 'failed' || inherited?.kind === 'failed';
  return { ...base, selector, name, record: failed ? 'unknown' : 'missing' };
}

/** `v=BIMI1; s=brand;` (BIMI-D, BIMI-Selector). */
function selectorOf(value: string): string | undefined {
  const { tags } = scanTagList(value.slice(0, 1000));
  const version = tags.find(({ name }) => name.toLowerCase() === 'v')?.value;
  const selector = tags.find(({ name }) => name.toLowerCase() === 's')?.value.trim();
  if (version?.toUpperCase() !== 'BIMI1' || selector === undefined) return undefined;
  return /^[a-z0-9](?:[a-z0-9._-]{0,200}[a-z0-9])?$/i.test(selector) ? selector.toLowerCase() : undefined;
}
