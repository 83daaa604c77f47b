/** What the checks of DKIM share: what they are told, a selector with its texts judged, and its evidence. */
import type { DnsName } from '../../dns/name.ts';
import type { Answer } from '../../dns/rrset.ts';
import type { Evidence, RecordToSet } from '../../finding/finding.ts';
import type { Judged } from './judge.ts';
import type { SelectorSeen } from './lookup.ts';

export interface DkimContext {
  /** False for a domain that sends no mail: then it is not asked for a key. */
  readonly sends?: boolean;
  /** Where Amazon SES keeps the keys of the region in use, for example `dkim.eu-south-1.amazonses.com`. */
  readonly ses?: { readonly region: string; readonly zone: DnsName };
  /** RSA moduli (hexadecimal) of other names, to find keys that are shared or have a prime in common. */
  readonly otherKeys?: readonly { readonly where: string; readonly modulus: string }[];
}

/** A selector with what its texts turned out to be. */
export interface JudgedSelector {
  readonly seen: SelectorSeen;
  readonly selector: string;
  /** Whether mail is signed with it, as far as is known. */
  readonly inUse: boolean;
  readonly keys: readonly Judged[];
  readonly unrelated: readonly string[];
}

const defaultTtlSeconds = 3600;

export function textEvidence(name: DnsName, answer: Answer<'TXT'>, text: string, offset = 0, length = 0): Evidence {
  return {
    kind: 'record',
    name,
    type: 'TXT',
    text,
    server: answer.server,
    ...(length > 0 ? { marks: [{ offset, length }] } : {}),
    ...(answer.kind === 'found' ? { ttlSeconds: answer.set.ttlSeconds } : {}),
  };
}

export function aliasEvidence(answer: Answer): readonly Evidence[] {
  const [first] = answer.chain;
  if (!first) return [];
  const value = [first.owner, ...answer.chain.map(({ target }) => target)].join(' → ');
  return [{ kind: 'fact', label: 'alias', value }];
}

export function toSet(name: DnsName, answer: Answer<'TXT'>, text: string): RecordToSet {
  return {
    name,
    type: 'TXT',
    ttlSeconds: answer.kind === 'found' ? answer.set.ttlSeconds : defaultTtlSeconds,
    data: [text],
  };
}
