/**
 * The history of a domain's rotations on disk, and what a plan has to know of it: `<state>/keys/<domain>/rotation.ndjson`,
 * one event a line, each on the disk before the next thing is done. Nothing in it is secret.
 */
import { open, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { DnsName } from '../dns/name.ts';
import { revokedRecord } from '../records/dkim/make-key.ts';
import { codeOf, makePrivateFolder, syncFolder, unreadable, unwritable } from '../store/files/key-files.ts';
import { keysFolder, readOwnKeys } from '../store/files/keys.ts';
import { isOpen, positionOf, rotationsOf, type Rotation, type RotationEvent } from './rotate.ts';

/** Another ending than those of keys: a selector may be called `rotation`. */
export const rotationPath = (stateFolder: string, domain: DnsName): string =>
  path.join(keysFolder(stateFolder, domain), 'rotation.ndjson');

/** The rotations of a domain, begun first first. Lines that a crash cut off, or that are no events, are left out. */
export async function readRotations(stateFolder: string, domain: DnsName): Promise<readonly Rotation[]> {
  return rotationsOf(readEvents(await historyOf(rotationPath(stateFolder, domain))));
}

/** Appends an event, and waits until it is on the disk. Throws `KeyFileError`. */
export async function appendEvent(stateFolder: string, domain: DnsName, event: RotationEvent): Promise<void> {
  const file = rotationPath(stateFolder, domain);
  const before = await historyOf(file);
  await makePrivateFolder(path.dirname(file));
  try {
    const handle = await open(file, 'a', 0o600);
    try {
      // A line that was cut off stays alone.
      await handle.writeFile(`${before === '' || before.endsWith('\n') ? '' : '\n'}${JSON.stringify(event)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (before === '') await syncFolder(path.dirname(file));
  } catch (error) {
    throw unwritable(file, error);
  }
}

/** What shall stand at a selector because of a rotation; `v=DKIM1; p=` where the key is revoked. */
export interface RotationWant {
  readonly selector: string;
  readonly record: string;
}

/**
 * The records that rotations want at `now` (milliseconds since 1970), each selector once: the key that comes, and the one
 * that goes until 30 days after it was revoked. A plan takes them before what the configuration names at the same
 * selector. Throws `KeyFileError` on a damaged file.
 */
export async function rotationWants(
  stateFolder: string,
  domain: DnsName,
  now: number,
): Promise<readonly RotationWant[]> {
  const rotations = (await readRotations(stateFolder, domain)).filter(isOpen);
  if (rotations.length === 0) return [];
  const keys = await readOwnKeys(stateFolder, domain);
  const wants = new Map<string, string>();
  for (const rotation of rotations) {
    const { phase } = positionOf(rotation, keys.has(rotation.to), now);
    const old = rotation.revokedAt === undefined ? keys.get(rotation.from) : revokedRecord;
    // Past its time a revoked key is only kept away: nothing is wanted there any more.
    if (old !== undefined && phase !== 'remove') wants.set(rotation.from, old);
    const coming = keys.get(rotation.to);
    if (coming !== undefined) wants.set(rotation.to, coming);
  }
  return [...wants].map(([selector, record]) => ({ selector, record }));
}

/** Events of the text of a history; exported for tests. */
export function readEvents(text: string): readonly RotationEvent[] {
  return text.split('\n').flatMap((line) => {
    const event = eventOf(line);
    return event ? [event] : [];
  });
}

const kinds: ReadonlySet<unknown> = new Set([
  'begun',
  'visible',
  'proved',
  'switched',
  'revoked',
  'finished',
  'abandoned',
]);

function eventOf(line: string): RotationEvent | undefined {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof json !== 'object' || json === null) return undefined;
  const { kind, at, to, from, type, waitSeconds } = json as Readonly<Record<string, unknown>>;
  if (!kinds.has(kind) || typeof to !== 'string') return undefined;
  if (typeof at !== 'string' || Number.isNaN(Date.parse(at))) return undefined;
  if (kind === 'begun' && (typeof from !== 'string' || typeof type !== 'string')) return undefined;
  if (kind === 'visible' && !(typeof waitSeconds === 'number' && waitSeconds >= 0)) return undefined;
  return json as RotationEvent;
}

async function historyOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return '';
    throw unreadable(file, error);
  }
}
