/**
 * DKIM keys that Septet keeps, below `<state>/keys/<domain>/`: the private half in `<selector>.pem` (PKCS#8, mode 0600,
 * folders 0700), the public half in `<selector>.json`, which is all that a plan reads. A pair exists as soon as its
 * private half does: a run that was killed between the two files has lost nothing.
 */
import type { KeyObject } from 'node:crypto';
import { readdir, readFile, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import type { DnsName } from '../../dns/name.ts';
import {
  factsOf,
  fitsRecord,
  maxPemOctets,
  parseSelector,
  pemOf,
  readPrivateKey as readPem,
  recordOf,
  revokedRecord,
  type KeyFacts,
} from '../../records/dkim/make-key.ts';
import { parse } from '../../records/dkim/record.ts';
import {
  codeOf,
  KeyFileError,
  makePrivateFolder,
  removeStaleDrafts,
  syncFolder,
  unreadable,
  writePrivately,
} from './key-files.ts';

/** What `<selector>.json` holds. */
export interface PublicHalf extends KeyFacts {
  readonly selector: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** What is to be published: the key, or `v=DKIM1; p=` once it is revoked. */
  readonly record: string;
  readonly revokedAt?: string;
}

export interface StoredKey extends PublicHalf {
  /** The private half; undefined where it is kept elsewhere. */
  readonly pemFile?: string;
  readonly warnings: readonly KeyWarning[];
}

export interface KeyWarning {
  /** A code of the catalogue. */
  readonly code: 'dkim.private.permissions' | 'dkim.private.mismatch';
  /** A sentence for a person, with the cure. */
  readonly text: string;
}

export const keysFolder = (stateFolder: string, domain: DnsName): string => path.join(stateFolder, 'keys', domain);

export const pemPath = (stateFolder: string, domain: DnsName, selector: string): string =>
  path.join(keysFolder(stateFolder, domain), `${selector}.pem`);

const jsonPath = (stateFolder: string, domain: DnsName, selector: string): string =>
  path.join(keysFolder(stateFolder, domain), `${selector}.json`);

/**
 * The records of a domain's keys by selector; a revoked key has an empty `p=`. Reads no private half where the public one
 * is there. Throws `KeyFileError` on a damaged file.
 */
export async function readOwnKeys(stateFolder: string, domain: DnsName): Promise<ReadonlyMap<string, string>> {
  const selectors = await selectorsIn(stateFolder, domain);
  const halves = await Promise.all(selectors.map((selector) => publicHalf(stateFolder, domain, selector)));
  return new Map(halves.map(({ selector, record }) => [selector, record]));
}

/** The keys with what is wrong about their files, in the order of their selectors. Throws as `readOwnKeys`. */
export async function listKeys(stateFolder: string, domain: DnsName): Promise<readonly StoredKey[]> {
  const selectors = await selectorsIn(stateFolder, domain);
  return Promise.all(
    selectors.map(async (selector): Promise<StoredKey> => {
      const half = await publicHalf(stateFolder, domain, selector);
      const file = pemPath(stateFolder, domain, selector);
      const facts = await stat(file).catch(() => undefined);
      if (!facts) return { ...half, warnings: [] };
      const warnings = permissionWarnings(file, facts.mode);
      const key = await readPrivateKey(stateFolder, domain, selector).catch((error: unknown) => {
        // A private half that belongs to the signer alone is as it should be.
        if (error instanceof KeyFileError && error.denied) return undefined;
        throw error;
      });
      if (key && half.revokedAt === undefined && !fitsRecord(key, half.record)) {
        const text = `${file} is not the private half of the record in ${jsonPath(stateFolder, domain, selector)}: mail that it signs fails. Put the right file back, or make a new key under another selector.`;
        warnings.push({ code: 'dkim.private.mismatch', text });
      }
      return { ...half, pemFile: file, warnings };
    }),
  );
}

/** The private half; undefined where it is not kept here. Throws `KeyFileError` on a damaged or unreadable file. */
export async function readPrivateKey(
  stateFolder: string,
  domain: DnsName,
  selector: string,
): Promise<KeyObject | undefined> {
  const file = pemPath(stateFolder, domain, selector);
  const text = await textOf(file);
  if (text === undefined) return undefined;
  const reading = readPem(text);
  if (reading.kind === 'bad') throw new KeyFileError(`${file} ${reading.why}`);
  return reading.key;
}

export interface NewKey {
  readonly selector: string;
  readonly key: KeyObject;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** Puts a pair that is there into the folder `replaced/` first. */
  readonly replace?: boolean;
  /** Told of each thing that is on the disk; tests kill the run there. */
  readonly tell?: (moment: 'set-aside' | 'private' | 'public') => void;
}

export type SavedKey =
  | {
      readonly kind: 'saved';
      readonly half: PublicHalf;
      readonly pemFile: string;
      /** Where the old private half lies now. */ readonly setAside?: string;
    }
  /** A key stands under that selector already; nothing was written. */
  | { readonly kind: 'exists'; readonly file: string };

/** Keeps a key pair. Never writes over one. Throws `KeyFileError` where the folder cannot be written. */
export async function saveKey(stateFolder: string, domain: DnsName, made: NewKey): Promise<SavedKey> {
  const { selector, key, tell } = made;
  const folder = keysFolder(stateFolder, domain);
  const pem = pemPath(stateFolder, domain, selector);
  const json = jsonPath(stateFolder, domain, selector);
  await makePrivateFolder(folder);
  // State folders often lie beside a configuration that is kept in Git; keys do not belong there.
  await writePrivately(path.join(stateFolder, 'keys', '.gitignore'), '*\n', 'only-new');
  const taken = await firstThere(pem, json);
  if (taken !== undefined && !made.replace) return { kind: 'exists', file: taken };
  const setAside = taken === undefined ? undefined : await moveAside(folder, selector, made.createdAt);
  if (setAside !== undefined) tell?.('set-aside');
  const half: PublicHalf = {
    selector,
    ...factsOf(key),
    createdAt: new Date(made.createdAt).toISOString(),
    record: recordOf(key),
  };
  if (!(await writePrivately(pem, pemOf(key), 'only-new'))) return { kind: 'exists', file: pem };
  tell?.('private');
  await writeHalf(json, half);
  tell?.('public');
  await removeStaleDrafts(folder);
  return { kind: 'saved', half, pemFile: pem, ...(setAside === undefined ? {} : { setAside }) };
}

/** From now on the key is published as revoked. Nothing happens where it is not kept here, or is revoked already. */
export async function markRevoked(stateFolder: string, domain: DnsName, selector: string, at: number): Promise<void> {
  if (!(await selectorsIn(stateFolder, domain)).includes(selector)) return;
  const half = await publicHalf(stateFolder, domain, selector);
  if (half.revokedAt !== undefined) return;
  const revokedAt = new Date(at).toISOString();
  await writeHalf(jsonPath(stateFolder, domain, selector), { ...half, record: revokedRecord, revokedAt });
}

const writeHalf = (file: string, half: PublicHalf): Promise<boolean> =>
  writePrivately(file, `${JSON.stringify(half, undefined, 2)}\n`, 'replace');

async function selectorsIn(stateFolder: string, domain: DnsName): Promise<readonly string[]> {
  const folder = keysFolder(stateFolder, domain);
  let names: readonly string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw unreadable(folder, error);
  }
  const selectors = new Set<string>();
  for (const name of names) {
    const selector = /^(.+)\.(?:pem|json)$/.exec(name)?.[1];
    if (selector !== undefined && parseSelector(selector, domain) === selector) selectors.add(selector);
  }
  return [...selectors].sort();
}

async function publicHalf(stateFolder: string, domain: DnsName, selector: string): Promise<PublicHalf> {
  const file = jsonPath(stateFolder, domain, selector);
  const text = await textOf(file);
  if (text !== undefined) return readHalf(file, text, selector);
  const key = await readPrivateKey(stateFolder, domain, selector);
  if (!key) throw new KeyFileError(`${file} was there a moment ago and is gone. Run the command again.`);
  const facts = await stat(pemPath(stateFolder, domain, selector));
  return { selector, ...factsOf(key), createdAt: facts.mtime.toISOString(), record: recordOf(key) };
}

function readHalf(file: string, text: string, selector: string): PublicHalf {
  const damaged = (what: string): KeyFileError =>
    new KeyFileError(
      `${file} is damaged: ${what}. Delete it when ${selector}.pem is beside it, and Septet reads the key from there; otherwise put it back from a copy.`,
    );
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw damaged('it is not JSON');
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw damaged('it is not a JSON object');
  const { selector: named, type, bits, createdAt, record, revokedAt } = json as Readonly<Record<string, unknown>>;
  if (named !== selector) throw damaged(`"selector" is not ${selector}`);
  if (type !== 'rsa' && type !== 'ed25519') throw damaged('"type" is neither rsa nor ed25519');
  if (typeof bits !== 'number') throw damaged('"bits" is not a number');
  if (!isTime(createdAt)) throw damaged('"createdAt" is not a time');
  if (typeof record !== 'string' || parse(record).kind !== 'good') throw damaged('"record" is not a DKIM key record');
  if (revokedAt !== undefined && !isTime(revokedAt)) throw damaged('"revokedAt" is not a time');
  return { selector, type, bits, createdAt, record, ...(revokedAt === undefined ? {} : { revokedAt }) };
}

const isTime = (value: unknown): value is string => typeof value === 'string' && !Number.isNaN(Date.parse(value));

/** The text of a file; undefined where it is not there. */
async function textOf(file: string): Promise<string | undefined> {
  try {
    const facts = await stat(file);
    if (facts.size > maxPemOctets)
      throw new KeyFileError(`${file} has more than ${maxPemOctets / 1024} kB and is no key.`);
    return await readFile(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error instanceof KeyFileError ? error : unreadable(file, error);
  }
}

/** Whoever reads a private key can sign as the domain (OpenDKIM refuses such files: RequireSafeKeys). */
function permissionWarnings(file: string, mode: number): KeyWarning[] {
  // Windows has no such modes.
  if (path.sep === '\\' || (mode & 0o077) === 0) return [];
  const who = (mode & 0o007) === 0 ? 'its group' : 'other users of this machine';
  const shown = (mode & 0o777).toString(8).padStart(4, '0');
  const text = `${file} can be read or changed by ${who} (mode ${shown}), who could then sign as the domain. Close it: chmod 600 ${file}`;
  return [{ code: 'dkim.private.permissions', text }];
}

async function firstThere(...files: readonly string[]): Promise<string | undefined> {
  const there = await Promise.all(
    files.map((file) =>
      stat(file).then(
        () => true,
        () => false,
      ),
    ),
  );
  return files.find((_, i) => there[i]);
}

/** Moves both halves into `replaced/`; answers where the private half lies, or the public one where it is alone. */
async function moveAside(folder: string, selector: string, at: number): Promise<string | undefined> {
  const aside = path.join(folder, 'replaced');
  await makePrivateFolder(aside);
  const stamp = new Date(at).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  let first: string | undefined;
  for (const ending of ['pem', 'json']) {
    const from = path.join(folder, `${selector}.${ending}`);
    // oxlint-disable-next-line no-await-in-loop -- the private half first: it is what makes the pair
    const to = await freeName(aside, `${selector}-${stamp}`, ending);
    try {
      // oxlint-disable-next-line no-await-in-loop -- as above
      await rename(from, to);
      first ??= to;
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw new KeyFileError(`${from} cannot be moved to ${to}.`);
    }
  }
  await syncFolder(aside);
  await syncFolder(folder);
  return first;
}

async function freeName(folder: string, base: string, ending: string): Promise<string> {
  for (let count = 1; ; count++) {
    const file = path.join(folder, `${base}${count === 1 ? '' : `-${count}`}.${ending}`);
    // oxlint-disable-next-line no-await-in-loop -- the first free one
    if ((await firstThere(file)) === undefined) return file;
  }
}
