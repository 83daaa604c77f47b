/**
 * To whom a host belongs, as far as its name tells: the registrable domain, and for the large mailbox providers one name
 * for all the domains under which their own servers pass a message on.
 */
import { parseAddress } from '../../dns/address.ts';
import { labels, parseName, type DnsName } from '../../dns/name.ts';
import { registrableDomain } from '../../dns/public-suffix.ts';

/** Registrable domains of the servers of one provider, as seen in Received fields of 2025 and 2026. */
const families: readonly (readonly string[])[] = [
  ['google.com', 'gmail.com', 'googlemail.com', '1e100.net'],
  ['outlook.com', 'office365.com', 'office365.us', 'microsoft.com', 'hotmail.com', 'live.com', 'exchangelabs.com'],
  ['yahoo.com', 'yahoodns.net', 'aol.com', 'yahooinc.com', 'ymail.com'],
  ['icloud.com', 'apple.com', 'me.com', 'mac.com'],
  ['messagingengine.com', 'fastmail.com', 'fastmail.fm'],
  ['protonmail.ch', 'proton.ch', 'proton.me', 'protonmail.com'],
  ['gmx.net', 'gmx.com', 'gmx.de', 'web.de', 'mail.com'],
  ['zoho.com', 'zohomail.com', 'zoho.eu', 'zohomail.eu', 'zoho.in', 'zohomail.in'],
];

const byDomain = new Map(families.flatMap((family) => family.map((domain) => [domain, family[0] ?? domain] as const)));

/** A name of a Received field; `undefined` for addresses and for names of one label (`localhost`, `dovecot-lmtp`). */
export function hostName(text: string | undefined): DnsName | undefined {
  if (text === undefined || text === '') return undefined;
  const bare = text.replace(/^\[(?:IPv6:)?|\]$/gi, '');
  if (parseAddress(bare)) return undefined;
  const parsed = parseName(bare);
  if (!parsed.ok || labels(parsed.name).length < 2) return undefined;
  return parsed.name;
}

/** The organisation of a host name: one text for all that belong together; `undefined` where the name tells none. */
export function organisationOf(text: string | undefined): string | undefined {
  const name = hostName(text);
  const registered = name === undefined ? undefined : registrableDomain(name);
  return registered === undefined ? undefined : (byDomain.get(registered) ?? registered);
}
