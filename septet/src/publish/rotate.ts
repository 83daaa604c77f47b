/**
 * The rotation of a DKIM key without a gap, as a value: what has happened, and from that and the clock where it stands.
 * Both keys are published for a while, so that mail under way keeps its signature (RFC 6376 §3.1):
 *
 *   1 make a key under a new selector   2 see it everywhere, and let its absence leave the caches (RFC 2308 §5)
 *   3 prove it   4 switch the signer   5 keep the old key for 7 days   6 revoke it: `p=` (RFC 6376 §3.6.1)   7 remove it
 */

/** One line of `rotation.ndjson`. `at` is ISO 8601, UTC; `to` names the rotation. */
export type RotationEvent =
  | { readonly kind: 'begun'; readonly at: string; readonly from: string; readonly to: string; readonly type: string }
  /** The new key was seen on every server and resolver; its absence may be remembered for so long. */
  | { readonly kind: 'visible'; readonly at: string; readonly to: string; readonly waitSeconds: number }
  /** A person saw a message pass with it. */
  | { readonly kind: 'proved'; readonly at: string; readonly to: string }
  /** A person says that the signer uses it. */
  | { readonly kind: 'switched'; readonly at: string; readonly to: string }
  | { readonly kind: 'revoked'; readonly at: string; readonly to: string }
  | { readonly kind: 'finished'; readonly at: string; readonly to: string }
  | { readonly kind: 'abandoned'; readonly at: string; readonly to: string };

/** Times in milliseconds since 1970; absent: not yet. */
export interface Rotation {
  /** Selector of the key that goes. */
  readonly from: string;
  /** Selector of the key that comes. */
  readonly to: string;
  /** The type of key that was asked for. */
  readonly type: string;
  readonly begunAt: number;
  readonly visible?: { readonly at: number; readonly waitSeconds: number };
  readonly provedAt?: number;
  readonly switchedAt?: number;
  readonly revokedAt?: number;
  readonly endedAt?: number;
  readonly abandoned?: true;
}

/** M3AAWG DKIM key rotation: mail may be under way, or wait in a queue, for days. */
export const keepSeconds = 7 * 86_400;
/** How long the empty `p=` stands before the record may go (house). */
export const withdrawnSeconds = 30 * 86_400;

/**
 * The rotations in the order in which they were begun. Events that do not fit what came before count for nothing. A
 * rotation ends without a trace when another one brings its old key back.
 */
export function rotationsOf(events: readonly RotationEvent[]): readonly Rotation[] {
  const rotations = new Map<string, Rotation>();
  for (const event of events) {
    const at = Date.parse(event.at);
    const known = rotations.get(event.to);
    if (event.kind === 'begun') {
      const { from, to, type } = event;
      if (known !== undefined && known.endedAt === undefined) continue;
      // A key that signs again is not revoked by the rotation that had replaced it.
      for (const one of rotations.values()) {
        if (one.from === to && isOpen(one) && one.switchedAt !== undefined) rotations.delete(one.to);
      }
      rotations.set(to, { from, to, type, begunAt: at });
    } else if (known && known.endedAt === undefined) {
      const next = after(known, event, at);
      if (next) rotations.set(event.to, next);
    }
  }
  return [...rotations.values()];
}

function after(known: Rotation, event: Exclude<RotationEvent, { kind: 'begun' }>, at: number): Rotation | undefined {
  switch (event.kind) {
    case 'visible':
      return known.visible ? undefined : { ...known, visible: { at, waitSeconds: event.waitSeconds } };
    case 'proved':
      return known.visible && known.provedAt === undefined ? { ...known, provedAt: at } : undefined;
    case 'switched':
      return known.provedAt !== undefined && known.switchedAt === undefined ? { ...known, switchedAt: at } : undefined;
    case 'revoked':
      return known.switchedAt !== undefined && known.revokedAt === undefined ? { ...known, revokedAt: at } : undefined;
    case 'finished':
      return known.revokedAt !== undefined ? { ...known, endedAt: at } : undefined;
    case 'abandoned':
      return known.switchedAt === undefined ? { ...known, endedAt: at, abandoned: true } : undefined;
  }
}

export type Phase =
  /** The new key is still to be made. */
  | 'key'
  /** It is made, and not yet seen everywhere. */
  | 'publish'
  /** It is seen; resolvers may still remember that it was not there. */
  | 'spread'
  | 'prove'
  | 'switch'
  /** The signer uses the new key; mail signed with the old one is under way. */
  | 'keep'
  | 'revoke'
  /** The old key is published as revoked. */
  | 'withdrawn'
  /** Its record may go. */
  | 'remove'
  | 'finished'
  | 'abandoned';

export interface Position {
  readonly phase: Phase;
  /** Milliseconds since 1970, where the clock alone opens the next phase. */
  readonly until?: number;
}

/** Where a rotation stands. `hasKey`: the new key is kept. */
export function positionOf(rotation: Rotation, hasKey: boolean, now: number): Position {
  const { visible, switchedAt, revokedAt } = rotation;
  if (rotation.endedAt !== undefined) return { phase: rotation.abandoned ? 'abandoned' : 'finished' };
  if (!hasKey) return { phase: 'key' };
  if (!visible) return { phase: 'publish' };
  const spread = visible.at + visible.waitSeconds * 1000;
  if (rotation.provedAt === undefined && now < spread) return { phase: 'spread', until: spread };
  if (rotation.provedAt === undefined) return { phase: 'prove' };
  if (switchedAt === undefined) return { phase: 'switch' };
  const kept = switchedAt + keepSeconds * 1000;
  if (revokedAt === undefined) return now < kept ? { phase: 'keep', until: kept } : { phase: 'revoke' };
  const withdrawn = revokedAt + withdrawnSeconds * 1000;
  return now < withdrawn ? { phase: 'withdrawn', until: withdrawn } : { phase: 'remove' };
}

export const isOpen = (rotation: Rotation): boolean => rotation.endedAt === undefined;

/**
 * A selector made of the date: `s20261123`; a letter follows where that one is taken. `taken` are the selectors of keys,
 * past and present.
 */
export function datedSelector(now: number, taken: ReadonlySet<string>): string {
  const base = `s${new Date(now).toISOString().slice(0, 10).replaceAll('-', '')}`;
  if (!taken.has(base)) return base;
  for (const letter of 'bcdefghijklmnopqrstuvwxyz') if (!taken.has(base + letter)) return base + letter;
  for (let count = 2; ; count++) if (!taken.has(`${base}-${count}`)) return `${base}-${count}`;
}

/** Selectors whose keys sign now: those that are neither revoked, nor not yet proved, nor switched away from. */
export function signingSelectors(
  keys: readonly { readonly selector: string; readonly revokedAt?: string }[],
  rotations: readonly Rotation[],
): readonly string[] {
  const idle = new Set<string>();
  for (const rotation of rotations) {
    if (rotation.switchedAt !== undefined) idle.add(rotation.from);
    else if (rotation.abandoned || (isOpen(rotation) && rotation.provedAt === undefined)) idle.add(rotation.to);
    else if (isOpen(rotation)) idle.add(rotation.from);
  }
  return keys.filter((key) => key.revokedAt === undefined && !idle.has(key.selector)).map(({ selector }) => selector);
}
