/**
 * The secrets behind tracking addresses: `tracking-keys.json` in the data folder. The newest key makes addresses, all of
 * them read, because mail is opened years after it was sent. Machines that serve one tracking host share the file.
 *
 *     { "version": 1, "readers": "<base64url>", "keys": [{ "id": 1, "secret": "<base64url>", "createdAt": "2026-…" }] }
 *
 * `readers` is not rotated: it makes the pseudonyms of recipients, which stay the same from message to message.
 */
import { Buffer } from 'node:buffer';
import { createSecretKey, hkdfSync, randomBytes, type KeyObject } from 'node:crypto';
import { link, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';

export const trackingKeysFile = 'tracking-keys.json';

export interface TrackingKeys {
  /** For pseudonyms. */
  readonly readers: KeyObject;
  /** The last one is the newest: it makes addresses. Never empty. */
  readonly keys: readonly TrackingKey[];
}

export interface TrackingKey {
  /** 1 to 255. */
  readonly id: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** HMAC-SHA256 over an address. */
  readonly mac: KeyObject;
  /** AES-256-GCM of the recipient, and HMAC-SHA256 for its nonce. */
  readonly cipher: KeyObject;
  readonly nonce: KeyObject;
}

/** What is not to be read or written; the message names the file and holds no octet of a key. */
export class TrackingKeysFault extends Error {
  override readonly name = 'TrackingKeysFault';
}

export interface KeyMaking {
  /** Milliseconds since 1970. */
  now(): number;
  randomBytes(count: number): Uint8Array;
}

/** Of keys in the file; an id is one octet of an address. */
export const maxTrackingKeys = 255;
const secretOctets = 32;
/** 255 keys have 30 kB. */
const maxFileOctets = 128 * 1024; // house

interface StoredKey {
  readonly id: number;
  readonly secret: string;
  readonly createdAt: string;
}
interface Stored {
  readonly readers: string;
  readonly keys: readonly StoredKey[];
}

/** The keys of a data folder; made, with the folder, where there are none. Throws `TrackingKeysFault`. */
export async function openTrackingKeys(folder: string, making: KeyMaking): Promise<TrackingKeys> {
  const there = await readTrackingKeys(folder);
  if (there) return there;
  const first: Stored = { readers: newSecret(making), keys: [newKey(1, making)] };
  // Of two programs that start together one makes the file; the other reads it.
  if (await writeStored(folder, first, 'only-new')) return derived(first);
  const now = await readTrackingKeys(folder);
  if (now) return now;
  throw new TrackingKeysFault(`${path.join(folder, trackingKeysFile)} was there a moment ago and is gone. Try again.`);
}

/** The keys of a data folder; undefined where there are none yet. Throws `TrackingKeysFault`. */
export async function readTrackingKeys(folder: string): Promise<TrackingKeys | undefined> {
  const stored = await readStored(folder);
  return stored && derived(stored);
}

/** Adds a key, which makes the addresses from now on. Old addresses keep working. Throws `TrackingKeysFault`. */
export async function rotateTrackingKeys(folder: string, making: KeyMaking): Promise<TrackingKeys> {
  const stored = await readStored(folder);
  if (!stored) return openTrackingKeys(folder, making);
  const taken = new Set(stored.keys.map(({ id }) => id));
  let id = (stored.keys.at(-1)?.id ?? 0) + 1;
  while (id > maxTrackingKeys || taken.has(id)) id = id > maxTrackingKeys ? 1 : id + 1;
  // A full file loses its oldest key: at one rotation a month that is 21 years old.
  const kept = stored.keys.length >= maxTrackingKeys - 1 ? stored.keys.slice(1) : stored.keys;
  const next: Stored = { readers: stored.readers, keys: [...kept, newKey(id, making)] };
  await writeStored(folder, next, 'replace');
  return derived(next);
}

const newSecret = (making: KeyMaking): string => Buffer.from(making.randomBytes(secretOctets)).toString('base64url');

const newKey = (id: number, making: KeyMaking): StoredKey => ({
  id,
  secret: newSecret(making),
  createdAt: new Date(making.now()).toISOString(),
});

/** One key for each purpose (RFC 5869), so that none speaks for another. */
function derive(secret: string, purpose: string): KeyObject {
  const octets = hkdfSync(
    'sha256',
    Buffer.from(secret, 'base64url'),
    '',
    `septet tracking v1: ${purpose}`,
    secretOctets,
  );
  return createSecretKey(Buffer.from(octets));
}

function derived({ readers, keys }: Stored): TrackingKeys {
  return {
    readers: derive(readers, 'readers'),
    keys: keys.map(({ id, secret, createdAt }) => ({
      id,
      createdAt: Date.parse(createdAt),
      mac: derive(secret, 'address'),
      cipher: derive(secret, 'recipient'),
      nonce: derive(secret, 'nonce'),
    })),
  };
}

async function readStored(folder: string): Promise<Stored | undefined> {
  const file = path.join(folder, trackingKeysFile);
  let octets: Buffer;
  try {
    octets = await readFile(file);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new TrackingKeysFault(`${file} cannot be read: ${reasonOf(error)}.`);
  }
  const stored = octets.length > maxFileOctets ? 'it is too large' : storedIn(octets.toString('utf8'));
  if (typeof stored !== 'string') return stored;
  throw new TrackingKeysFault(
    `${file} is damaged: ${stored}. Put it back from a copy. Without one, move it away and Septet makes a new one; links in mail that was sent before then lead nowhere.`,
  );
}

/** A sentence's end where the text is not what this file writes. */
function storedIn(text: string): Stored | string {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return 'it is not JSON';
  }
  if (!isRecord(json)) return 'it is not a JSON object';
  if (json['version'] !== 1) return '"version" is not 1';
  const { readers, keys } = json;
  if (!isSecret(readers)) return '"readers" is not a secret of 32 octets';
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > maxTrackingKeys) return '"keys" is no list of keys';
  const read: StoredKey[] = [];
  for (const [index, key] of (keys as readonly unknown[]).entries()) {
    const place = `keys[${index}]`;
    if (!isRecord(key)) return `${place} is not an object`;
    const { id, secret, createdAt } = key;
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 1 || id > maxTrackingKeys)
      return `${place}.id is no number from 1 to ${maxTrackingKeys}`;
    if (read.some((other) => other.id === id)) return `${place}.id stands there twice`;
    if (!isSecret(secret)) return `${place}.secret is not a secret of 32 octets`;
    if (typeof createdAt !== 'string' || Number.isNaN(Date.parse(createdAt))) return `${place}.createdAt is not a time`;
    read.push({ id, secret, createdAt });
  }
  return { readers, keys: read };
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isSecret = (value: unknown): value is string => typeof value === 'string' && /^[\w-]{43}$/.test(value);

/** By way of a draft beside it, mode 0600, on the disk before the call returns. `only-new`: false where a file is there. */
async function writeStored(folder: string, { readers, keys }: Stored, how: 'only-new' | 'replace'): Promise<boolean> {
  const file = path.join(folder, trackingKeysFile);
  const draft = path.join(folder, `.${trackingKeysFile}.${randomBytes(6).toString('hex')}.part`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const handle = await open(draft, 'wx', 0o600);
    try {
      await handle.writeFile(`${JSON.stringify({ version: 1, readers, keys }, undefined, 2)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (how === 'replace') await rename(draft, file);
    else await link(draft, file);
    await syncFolder(folder);
    return true;
  } catch (error) {
    if (how === 'only-new' && codeOf(error) === 'EEXIST') return false;
    throw new TrackingKeysFault(`${file} cannot be written: ${reasonOf(error)}.`);
  } finally {
    await rm(draft, { force: true });
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;

function reasonOf(error: unknown): string {
  const words: Readonly<Record<string, string>> = {
    EACCES: 'permission denied',
    EPERM: 'permission denied',
    EISDIR: 'it is a folder',
    ENOTDIR: 'a file stands where a folder is needed',
    EEXIST: 'a file stands where a folder is needed',
    ENOSPC: 'no space is left',
    EROFS: 'the disk is read-only',
  };
  return words[codeOf(error) ?? ''] ?? 'the system gives no reason';
}
