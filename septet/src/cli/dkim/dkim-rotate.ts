/** `septet dkim rotate`: shows where the rotation of a key stands, and does the next thing. */
import path from 'node:path';
import { exitCodes } from '../../audit/report.ts';
import { keyTypes, usualKeyType, type KeyType } from '../../records/dkim/make-key.ts';
import { datedSelector, isOpen, type Rotation } from '../../publish/rotate.ts';
import { beginRotation, carryOn, type RotateInput, type Rotated } from '../../publish/rotate-run.ts';
import { readRotations, rotationWants } from '../../publish/rotation-file.ts';
import { listKeys, keysFolder, type StoredKey } from '../../store/files/keys.ts';
import { takeLock } from '../../store/files/lock.ts';
import { configOf, configText, keysToExport, signerOf } from './dkim-export.ts';
import { keyTypeOf } from './dkim-generate.ts';
import { proposalText, rotationText, rotationValue } from './dkim-rotate-text.ts';
import { openKeys, selectorOf, warnAboutKeys, type KeyOptions, type KeySession } from './dkim-session.ts';
import { InputError, type Io } from '../io.ts';
import { openWorld, type WorldOptions } from '../open-world.ts';
import { painter } from '../paint.ts';
import { visibleJson } from '../visible.ts';

export interface RotateOptions extends WorldOptions {
  readonly from?: string;
  readonly selector?: string;
  readonly type?: string;
  readonly for?: string;
  readonly yes?: boolean;
  /** A message that shows it, or the user's word. */
  readonly proved?: boolean | string;
  readonly switched?: boolean;
  readonly abandon?: boolean;
}

type Options = RotateOptions & KeyOptions;

export async function rotateKey(text: string | undefined, options: Options, io: Io): Promise<number> {
  const session = await openKeys(text, options, io);
  const signer = options.for === undefined ? undefined : signerOf(options.for);
  const type = options.type === undefined ? undefined : keyTypeOf(options.type);
  const servers = session.settings?.host.servers ?? [];
  const resolvers = session.config?.resolvers ?? [];
  const asked: WorldOptions =
    options.resolver || options.zone || options.replay || resolvers.length === 0
      ? { ...options, https: false }
      : { ...options, https: false, resolver: resolvers, authoritative: true };
  const writes = options.yes || options.proved || options.switched || options.abandon;
  const lock = writes ? await locked(session, io) : undefined;
  const { world, close } = await openWorld(asked, io, { fresh: true });
  try {
    const named = servers.length > 0 && options.zone === undefined && options.replay === undefined;
    const authority = named
      ? await (
          await import('../../dns/authoritative.ts')
        ).namedAuthority(session.settings?.intent.zone ?? session.domain, servers)
      : undefined;
    const input: RotateInput = {
      domain: session.domain,
      stateFolder: session.state,
      world,
      ...(authority ? { authority } : {}),
      go: options.yes === true,
      proved: options.proved !== undefined && options.proved !== false,
      switched: options.switched === true,
      abandoned: options.abandon === true,
    };
    const keys = await listKeys(session.state, session.domain);
    const paint = painter(io.columns, io.colours);
    warnAboutKeys(keys, paint, io);
    const chosen = await choose(session, keys, options, world.now());
    if (chosen.kind === 'new') {
      if (writes && !options.yes)
        throw new InputError(
          `No key of ${session.domain} is being replaced. Begin with: ${session.command('dkim rotate', '--yes')}`,
        );
      const plan = { from: chosen.from, to: chosen.to, type: type ?? chosen.type };
      if (!options.yes) {
        await io.out(
          options.format === 'json'
            ? await jsonText(session, [], world.now(), plan)
            : proposalText(session, plan, keys, world.now(), paint),
        );
        return exitCodes.fine;
      }
      await beginRotation(input, plan);
    }
    const which = chosen.kind === 'new' ? [chosen.to] : chosen.rotations.map((rotation) => rotation.to);
    const [only] = which;
    if (typeof options.proved === 'string' && only !== undefined) {
      const { provedBy } = await import('./dkim-proved.ts');
      await provedBy(options.proved, session.domain, only, world, io);
    }
    const rotated: Rotated[] = [];
    // oxlint-disable-next-line no-await-in-loop -- one after the other: they write into one file
    for (const to of which) rotated.push(await carryOn(input, to));
    const now = world.now();
    if (options.format === 'json') await io.out(await jsonText(session, rotated, now));
    else {
      const after = await listKeys(session.state, session.domain);
      await io.out(rotated.map((one) => rotationText(session, one, after, now, paint)).join('\n'));
      // Before the key is made there is nothing to sign with.
      if (signer && which.every((to) => after.some((key) => key.selector === to))) {
        await io.out(`\n${await signerText(session, signer.id, rotated, io.columns)}`);
      }
    }
    const early = rotated.find((one) => one.early !== undefined);
    if (early) return exitCodes.misuse;
    return rotated.some((one) => one.look?.kind === 'unknown') ? exitCodes.couldNotTell : exitCodes.fine;
  } finally {
    await close();
    await lock?.release();
  }
}

/** `next`: what could be begun, where nothing is going on. */
async function jsonText(
  { state, domain }: KeySession,
  rotated: readonly Rotated[],
  now: number,
  next?: Readonly<Record<'from' | 'to' | 'type', string>>,
): Promise<string> {
  const wants = await rotationWants(state, domain, now);
  const value = { version: 1, domain, rotations: rotated.map(rotationValue), wants, ...(next && { next }) };
  return `${visibleJson(value, 2)}\n`;
}

async function locked(session: KeySession, io: Io): Promise<{ release(): Promise<void> }> {
  const lock = await takeLock(path.join(keysFolder(session.state, session.domain), 'rotation.lock'), io);
  if (lock.kind === 'held') return lock;
  throw new InputError(`Another run (process ${lock.pid}) works on the keys of ${session.domain}. Wait until it ends.`);
}

type Choice =
  | { readonly kind: 'going'; readonly rotations: readonly Rotation[] }
  | { readonly kind: 'new'; readonly from: string; readonly to: string; readonly type: KeyType };

async function choose(session: KeySession, keys: readonly StoredKey[], options: Options, now: number): Promise<Choice> {
  const { domain, state } = session;
  const rotations = await readRotations(state, domain);
  const from = options.from === undefined ? undefined : selectorOf(options.from, domain);
  const to = options.selector === undefined ? undefined : selectorOf(options.selector, domain);
  const open = rotations.filter(
    (one) => isOpen(one) && (from === undefined || one.from === from) && (to === undefined || one.to === to),
  );
  if (open.length > 1 && (options.proved || options.switched || options.abandon)) {
    throw new InputError(
      `Several keys of ${domain} are being replaced. Say which one you mean: --from ${open.map((one) => one.from).join(' or --from ')}`,
    );
  }
  if (open.length > 0) return { kind: 'going', rotations: open };
  const old = from ?? onlyKey(session, keys, to);
  const busy = rotations.find(
    (one) => isOpen(one) && (one.from === old || one.to === old) && one.switchedAt === undefined,
  );
  if (busy)
    throw new InputError(
      `${busy.from} is giving way to ${busy.to} already. Carry on with: ${session.command('dkim rotate', '--from', busy.from)}`,
    );
  const known = keys.find((key) => key.selector === old);
  if (known?.revokedAt !== undefined) throw new InputError(`The key ${old} of ${domain} is revoked already.`);
  const taken = new Set([...keys.map((key) => key.selector), ...rotations.flatMap((one) => [one.from, one.to]), old]);
  const coming = to ?? datedSelector(now, taken);
  if (coming === old)
    throw new InputError(`The new key needs another selector than ${old}: both are published for a while.`);
  const there = keys.find((key) => key.selector === coming);
  if (there?.revokedAt !== undefined) throw new InputError(`The key ${coming} is revoked. Give another --selector.`);
  return { kind: 'new', from: old, to: coming, type: alike(known) };
}

/** The key that goes, where there is only one that could. */
function onlyKey(session: KeySession, keys: readonly StoredKey[], coming: string | undefined): string {
  const able = keys.filter((key) => key.revokedAt === undefined && key.selector !== coming).map((key) => key.selector);
  const [only, ...others] = able;
  if (only !== undefined && others.length === 0) return only;
  if (only !== undefined) {
    throw new InputError(
      `${session.domain} has the keys ${able.join(', ')}. Say which one goes: --from ${able.join(' or --from ')}`,
    );
  }
  throw new InputError(
    `${session.domain} has no key here to replace. Make one with: ${session.command('dkim generate')}\nWhere the key that goes was made elsewhere, name its selector with --from.`,
  );
}

/** The same type as the old key, not shorter than 2048 bits. */
function alike(key: StoredKey | undefined): KeyType {
  if (key?.type === 'ed25519') return 'ed25519';
  return keyTypes.find((type) => type === `rsa${key?.bits}`) ?? usualKeyType;
}

async function signerText(
  session: KeySession,
  id: string,
  rotated: readonly Rotated[],
  columns: number,
): Promise<string> {
  const signer = signerOf(id);
  const named = rotated.map((one) => one.rotation.to);
  const keys = await keysToExport(session, signer, named);
  return configText(session, signer, keys, configOf(session, signer, keys, {}), columns);
}
