/** Needs of two senders that cannot both be met: the same name with different data. */
import type { DnsName } from '../dns/name.ts';
import type { Mx } from '../dns/rrset.ts';
import type { DkimNeed, SenderNeeds } from './needs.ts';

/** What a sender wants at a name. */
interface Claim {
  readonly sender: number;
  readonly name: string;
  readonly type: 'CNAME' | 'MX' | 'key' | 'other';
  /** Equal for equal data; a name may hold several claims of type `other`. */
  readonly data: string;
  readonly selector?: string;
}

export interface Clash {
  readonly text: string;
  /** Index of the sender that comes later in the list. */
  readonly second: number;
}

/** At most one clash for each pair of senders and name. `places` are where the settings stand. */
export function clashesOf(
  domain: DnsName,
  needs: readonly SenderNeeds[],
  places: readonly (string | undefined)[],
): readonly Clash[] {
  const first = new Map<string, Claim[]>();
  const clashes: Clash[] = [];
  const told = new Set<string>();
  const nameOf = (sender: number): string => {
    const place = places[sender];
    const need = needs[sender];
    return `${need?.title} (${need?.id}${place === undefined ? '' : `, ${place}`})`;
  };
  for (const [sender, need] of needs.entries()) {
    for (const claim of claimsOf(domain, need, sender)) {
      const others = first.get(claim.name);
      if (others === undefined) {
        first.set(claim.name, [claim]);
        continue;
      }
      const other = others.find((one) => clashing(one, claim));
      if (other !== undefined) {
        const key = `${other.sender} ${sender} ${claim.name}`;
        if (!told.has(key)) clashes.push({ text: sentence(other, claim, nameOf), second: sender });
        told.add(key);
      }
      others.push(claim);
    }
  }
  return clashes;
}

function claimsOf(domain: DnsName, need: SenderNeeds, sender: number): readonly Claim[] {
  const claims: Claim[] = [];
  for (const { name, mechanisms } of need.spf) {
    if (mechanisms.length > 0) claims.push({ sender, name, type: 'other', data: '' });
  }
  for (const key of need.dkim) {
    if (key.kind === 'missing') continue;
    const signer = key.kind === 'own-key' ? domain : (key.domain ?? domain);
    const name = `${key.selector}._domainkey.${signer}`;
    claims.push({ sender, name, ...keyData(key), selector: key.selector });
  }
  for (const record of need.records) {
    const { name, type } = record;
    if (type === 'CNAME') claims.push({ sender, name, type, data: record.target });
    else if (type === 'MX') claims.push({ sender, name, type, data: mxData(record.exchanges) });
    else claims.push({ sender, name, type: 'other', data: '' });
  }
  return claims;
}

function keyData(key: Exclude<DkimNeed, { kind: 'missing' }>): Pick<Claim, 'type' | 'data'> {
  switch (key.kind) {
    case 'cname':
      return { type: 'CNAME', data: key.target };
    case 'txt':
      return { type: 'key', data: key.value.replaceAll(/\s+/g, '').replace(/;$/, '') };
    case 'own-key':
      return { type: 'key', data: 'own-key' };
  }
}

const mxData = (exchanges: readonly Mx[]): string =>
  exchanges
    .map(({ preference, exchange }) => `${preference} ${exchange}`)
    .sort()
    .join('\n');

function clashing(a: Claim, b: Claim): boolean {
  if (a.type === 'CNAME' || b.type === 'CNAME') return a.type !== b.type || a.data !== b.data;
  return a.type === b.type && a.type !== 'other' && a.data !== b.data;
}

function sentence(a: Claim, b: Claim, nameOf: (sender: number) => string): string {
  const both =
    a.sender === b.sender ? `${nameOf(a.sender)} needs twice` : `${nameOf(a.sender)} and ${nameOf(b.sender)} both need`;
  const selector = a.selector ?? b.selector;
  if (selector !== undefined) {
    return `${both} the selector ${selector}, with different data. A selector names one key: let one of them sign with another selector, or take out the one that no longer signs.`;
  }
  if (a.type === 'MX' && b.type === 'MX') {
    return `${both} the name ${a.name} for bounces, with a different MX. Give one of them a name of its own.`;
  }
  return `${both} the name ${a.name}, and an alias stands alone (RFC 1034 §3.6.2). Give one of them another name.`;
}
