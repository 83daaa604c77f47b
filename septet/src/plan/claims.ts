/** Which steps want data at one name that cannot stand together. Found before anything is compared: both steps stop. */
import type { DnsName } from '../dns/name.ts';
import type { RrType } from '../dns/rrset.ts';
import type { StepId } from './plan.ts';
import type { Want, Wish } from './wish.ts';

/** Two steps that want different data at one name. */
export interface Collision {
  readonly name: DnsName;
  readonly one: Claim;
  readonly other: Claim;
}

export interface Claim {
  readonly step: StepId;
  readonly type: RrType;
}

type Held = Claim & { readonly target?: DnsName };

/**
 * An alias stands alone (RFC 1034 §3.6.2), and a name has one. Texts live side by side, so two of them never collide.
 * `domain` itself as an alias is told by the step that wants it.
 */
export function collisionsOf(wishes: readonly Wish[], domain: DnsName): readonly Collision[] {
  const claims = new Map<DnsName, Held[]>();
  const collisions: Collision[] = [];
  for (const wish of wishes) {
    for (const want of wish.wants) {
      const claim = claimOf(want, wish.id);
      if (!claim || (claim.name === domain && claim.held.type === 'CNAME')) continue;
      const { name, held } = claim;
      const others = claims.get(name) ?? [];
      for (const other of others) {
        if (other.step === wish.id || !clashing(other, held)) continue;
        const { step, type } = other;
        collisions.push({ name, one: { step, type }, other: { step: wish.id, type: held.type } });
      }
      claims.set(name, [...others, held]);
    }
  }
  return collisions;
}

function clashing(a: Held, b: Held): boolean {
  if (a.type !== 'CNAME' && b.type !== 'CNAME') return false;
  return a.type !== b.type || a.target !== b.target;
}

function claimOf(want: Want, step: StepId): { readonly name: DnsName; readonly held: Held } | undefined {
  switch (want.kind) {
    case 'ptr':
    case 'missing':
      return undefined;
    case 'alias':
      return { name: want.name, held: { step, type: 'CNAME', target: want.target } };
    case 'mx':
      return { name: want.name, held: { step, type: 'MX' } };
    case 'addresses':
      return { name: want.name, held: { step, type: want.type } };
    default:
      return { name: want.name, held: { step, type: 'TXT' } };
  }
}
