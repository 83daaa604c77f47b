/**
 * How the large mailbox providers write Authentication-Results: by which names they go, which hosts of theirs stand
 * behind `by` in Received, and where they put the field. Seen in real messages, November 2026.
 */
import { parseName, isAtOrBelow, dnsName, type DnsName } from '../../dns/name.ts';
import { addressClass, parseAddress } from '../../dns/address.ts';
import type { AuthenticationResults } from '../../mail/authres.ts';

export interface Dialect {
  readonly id: string;
  /** For a person. */
  readonly title: string;
  /** What stands in the place of an authserv-id in our reports. */
  readonly speaker?: string;
  /** Suffixes of its authserv-ids. Fields with different ids below one suffix speak for the same receiver. */
  readonly ids: readonly DnsName[];
  /** Suffixes of its hosts in Received. */
  readonly hosts: readonly DnsName[];
  /** It may write the field below its own Received line, above the fields of the sender. */
  readonly below: boolean;
  /** What a reader of its fields has to know, in a sentence. */
  readonly note: string;
}

const names = (text: string): readonly DnsName[] => text.split(' ').map((name) => dnsName(name));

export const dialects: readonly Dialect[] = [
  {
    id: 'gmail',
    title: 'Gmail',
    ids: names('mx.google.com'),
    hosts: names('google.com gmail.com'),
    below: true,
    note: 'Gmail names the signing domain in header.i and the policy in a comment.',
  },
  {
    id: 'microsoft',
    title: 'Microsoft',
    speaker: '(microsoft)',
    ids: names('mx.microsoft.com protection.outlook.com'),
    hosts: names('outlook.com office365.com office.com exchangelabs.com hotmail.com microsoft.com'),
    below: false,
    note: 'Microsoft writes no authserv-id; action=, compauth= and its reason are private.',
  },
  {
    id: 'yahoo',
    title: 'Yahoo',
    ids: names('yahoo.com aol.com yahoo.co.jp'),
    hosts: names('yahoo.com yahoodns.net aol.com'),
    below: false,
    note: 'Yahoo puts the comment close to the result and ends with a semicolon.',
  },
  {
    id: 'icloud',
    title: 'iCloud',
    ids: names('icloud.com'),
    hosts: names('icloud.com me.com mac.com apple.com'),
    below: true,
    note: 'iCloud writes one field per method, each with a name of its own, below its Received line.',
  },
  {
    id: 'fastmail',
    title: 'Fastmail',
    ids: names('messagingengine.com'),
    hosts: names('messagingengine.com fastmail.com'),
    below: false,
    note: 'Fastmail writes several fields with the same name.',
  },
  {
    id: 'ovh',
    title: 'OVH',
    ids: names('mail.ovh.net ovh.net'),
    hosts: names('ovh.net ovh.com'),
    below: false,
    note: 'OVH writes one field, with the properties policy.*.',
  },
  {
    id: 'proton',
    title: 'Proton',
    ids: names('mail.protonmail.ch protonmail.ch'),
    hosts: names('protonmail.ch proton.ch protonmail.com proton.me'),
    below: false,
    note: 'Proton writes one field per method, all with the same name.',
  },
];

/** The dialect of a field: by its authserv-id, for Microsoft by its shape. */
export function dialectOf(value: AuthenticationResults): Dialect | undefined {
  if (value.authservId === undefined) return looksLikeMicrosoft(value) ? dialectById('microsoft') : undefined;
  const name = nameOf(value.authservId);
  return name === undefined
    ? undefined
    : dialects.find((dialect) => dialect.ids.some((suffix) => isAtOrBelow(name, suffix)));
}

const dialectById = (id: string): Dialect | undefined => dialects.find((dialect) => dialect.id === id);

/** Results without an authserv-id that bear a private mark of Microsoft, or the words it writes. */
function looksLikeMicrosoft(value: AuthenticationResults): boolean {
  return value.results.some(
    (result) =>
      result.method === 'compauth' ||
      result.properties.some((p) => p.ptype === '' && p.property === 'action') ||
      result.comments.some((text) =>
        /^(sender ip is |signature was verified|message not signed|no key for signature)/i.test(text),
      ),
  );
}

/** A host name as it stands in a field; `undefined` for an address, or what is no name. */
export function nameOf(text: string): DnsName | undefined {
  if (parseAddress(text.replace(/^\[(?:ipv6:)?/i, '').replace(/\]$/, '')) !== undefined) return undefined;
  const parsed = parseName(text);
  return parsed.ok && parsed.name !== '' ? parsed.name : undefined;
}

/**
 * Whether a `by` tells nothing of who wrote the line: it is absent, an address, a name of one label, or one that no
 * outside sender can see (`.internal`, `.local`).
 */
export function isInner(by: string | undefined): boolean {
  if (by === undefined || by === '') return true;
  const bare = by.replace(/^\[(?:ipv6:)?/i, '').replace(/\]$/, '');
  const address = parseAddress(bare);
  if (address !== undefined) return addressClass(address) !== 'public';
  const name = nameOf(by);
  return name === undefined || !name.includes('.') || /\.(?:internal|local|localdomain|lan|corp|home|arpa)$/.test(name);
}
