/** A source key, read back: what the mail of a source proves of itself (`source-key.ts` makes the keys). */
import { contains, parseAddress, parseNetwork } from '../../dns/address.ts';
import { parseName, type DnsName } from '../../dns/name.ts';

export interface SourceProof {
  /** Organisations whose signatures pass. */
  readonly signers: readonly DnsName[];
  /** The organisation whose SPF passes. */
  readonly spf?: DnsName;
  /** Only where nothing is proved: `192.0.2.0/24`. */
  readonly network?: string;
}

/** Keys that another release made, and that say nothing to this one, prove nothing. */
export function proofOf(key: string): SourceProof {
  let signers: readonly DnsName[] = [];
  let spf: DnsName | undefined;
  let network: string | undefined;
  for (const part of key.split(' ')) {
    const value = part.slice(part.indexOf('=') + 1);
    if (part.startsWith('dkim=')) signers = value.split(',').flatMap(named);
    else if (part.startsWith('spf=')) [spf] = named(value);
    else if (part.startsWith('ip=')) network = value;
  }
  return { signers, ...(spf === undefined ? {} : { spf }), ...(network === undefined ? {} : { network }) };
}

const named = (text: string): readonly DnsName[] => {
  const parsed = parseName(text);
  return parsed.ok && parsed.name !== '' ? [parsed.name] : [];
};

/** Whether one of the addresses stands in the network of a key. */
export function isIn(network: string | undefined, addresses: readonly string[]): string | undefined {
  const parsed = network === undefined ? undefined : parseNetwork(network);
  if (!parsed) return undefined;
  return addresses.find((text) => {
    const address = parseAddress(text);
    return address !== undefined && contains(parsed, address);
  });
}
