/**
 * Carries a rotation on: does what Septet may do by itself, notes what a person says, and stops where something has to be
 * waited for. May be killed at any moment and run again: each event is on the disk before the next thing is done.
 */
import type { DnsName } from '../dns/name.ts';
import type { Authority } from '../dns/resolver.ts';
import { keyTypes, makeKey, revokedRecord, usualKeyType, type KeyType } from '../records/dkim/make-key.ts';
import { markRevoked, readOwnKeys, saveKey } from '../store/files/keys.ts';
import type { World } from '../world/world.ts';
import { lookAtKey, negativeTtlSeconds, type KeyLook } from './rotate-look.ts';
import { positionOf, type Position, type Rotation, type RotationEvent } from './rotate.ts';
import { appendEvent, readRotations } from './rotation-file.ts';

export interface RotateInput {
  readonly domain: DnsName;
  readonly stateFolder: string;
  readonly world: World;
  /** The servers of the zone, where the configuration names them. */
  readonly authority?: Authority;
  /** Septet may do its own things; false: only look. */
  readonly go: boolean;
  /** A person says so. */
  readonly proved: boolean;
  readonly switched: boolean;
  readonly abandoned: boolean;
}

export interface Rotated {
  readonly rotation: Rotation;
  readonly position: Position;
  /** What DNS says of the key that is waited for. */
  readonly look?: KeyLook;
  /** Of the old key, where it has to stay: mail under way needs it. */
  readonly oldLook?: KeyLook;
  /** What this run did, in order. */
  readonly did: readonly RotationEvent['kind'][];
  /** What a person said comes too early: the phase is another one. */
  readonly early?: 'proved' | 'switched' | 'abandoned';
}

/** Writes down that a rotation begins; nothing is made yet. */
export function beginRotation(
  input: Pick<RotateInput, 'domain' | 'stateFolder' | 'world'>,
  plan: { readonly from: string; readonly to: string; readonly type: KeyType },
): Promise<void> {
  return appendEvent(input.stateFolder, input.domain, { kind: 'begun', at: isoOf(input.world), ...plan });
}

/** Carries on the rotation whose new key has the selector `to`. Throws `KeyFileError`. */
export async function carryOn(input: RotateInput, to: string): Promise<Rotated> {
  const did: RotationEvent['kind'][] = [];
  let [proved, switched] = [input.proved, input.switched];
  const note = async (kind: Exclude<RotationEvent['kind'], 'begun' | 'visible'>): Promise<void> => {
    await appendEvent(input.stateFolder, input.domain, { kind, at: isoOf(input.world), to });
    did.push(kind);
  };
  for (;;) {
    const keys = await readOwnKeys(input.stateFolder, input.domain);
    const rotation = (await readRotations(input.stateFolder, input.domain)).findLast((one) => one.to === to);
    if (!rotation) throw new TypeError(`no rotation to ${to} was begun`);
    const position = positionOf(rotation, keys.has(to), input.world.now());
    const { phase } = position;
    const early = proved ? 'proved' : switched ? 'switched' : input.abandoned ? 'abandoned' : undefined;
    const stop = (looks: Pick<Rotated, 'look' | 'oldLook'> = {}): Rotated => ({
      rotation,
      position,
      ...looks,
      did,
      ...(early === undefined ? {} : { early }),
    });
    if (phase === 'abandoned' || phase === 'finished') return { rotation, position, did };
    if (input.abandoned) {
      if (rotation.switchedAt !== undefined) return stop();
      await note('abandoned');
      continue;
    }
    const record = keys.get(to);
    if (record === undefined) {
      if (!input.go) return stop();
      await makeFor(input, rotation);
      continue;
    }
    const lookNew = (): Promise<KeyLook> =>
      lookAtKey(input.world, input.domain, { selector: to, record }, input.authority);
    const lookOld = async (): Promise<Pick<Rotated, 'oldLook'>> => {
      const old = keys.get(rotation.from);
      if (old === undefined) return {};
      return {
        oldLook: await lookAtKey(input.world, input.domain, { selector: rotation.from, record: old }, input.authority),
      };
    };
    if (phase === 'publish') {
      const look = await lookNew();
      if (!input.go || look.kind !== 'visible') return stop({ look });
      const waitSeconds = await negativeTtlSeconds(input.world, input.domain, input.authority);
      await appendEvent(input.stateFolder, input.domain, { kind: 'visible', at: isoOf(input.world), to, waitSeconds });
      did.push('visible');
    } else if (phase === 'prove' && proved) {
      proved = false;
      await note('proved');
    } else if (phase === 'switch' && switched) {
      switched = false;
      await note('switched');
    } else if (phase === 'keep') {
      return stop(await lookOld());
    } else if (phase === 'revoke') {
      const look = await lookNew();
      // The old key stays where it is not sure that receivers find the new one.
      if (!input.go || look.kind !== 'visible') return stop({ look });
      await markRevoked(input.stateFolder, input.domain, rotation.from, input.world.now());
      await note('revoked');
    } else if (phase === 'withdrawn' || phase === 'remove') {
      const want = { selector: rotation.from, record: revokedRecord };
      const look = await lookAtKey(input.world, input.domain, want, input.authority);
      if (phase === 'withdrawn' || !input.go || look.kind !== 'absent') return stop({ look });
      await note('finished');
    } else return stop();
  }
}

async function makeFor({ domain, stateFolder, world }: RotateInput, { to, type }: Rotation): Promise<void> {
  const known = keyTypes.find((one) => one === type) ?? usualKeyType;
  await saveKey(stateFolder, domain, { selector: to, key: await makeKey(known), createdAt: world.now() });
}

const isoOf = (world: World): string => new Date(world.now()).toISOString();
