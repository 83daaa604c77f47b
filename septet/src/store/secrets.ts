/**
 * Secrets at rest: AES-256-GCM (NIST SP 800-38D) with a key that only the environment has. The name is bound to the
 * value, so that nobody swaps two lines of the table. Neither value nor key stands in an error.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { SqlAccess } from './sql/sql-access.ts';
import { StoreFault } from './sql/sql-fault.ts';
import type { SecretShelf } from './store.ts';

export const keyOctets = 32; // AES-256
const nonceOctets = 12; // SP 800-38D §8.2.1
const tagOctets = 16;

/** 32 octets in base64, base64url or hexadecimal, as `openssl rand -base64 32` prints them. Throws `StoreFault`. */
export function parseSecretKey(text: string): Uint8Array {
  const trimmed = text.trim();
  if (/^[0-9a-f]{64}$/i.test(trimmed)) return Buffer.from(trimmed, 'hex');
  const octets = /^[\w+/-]{43}=?$/.test(trimmed) ? Buffer.from(trimmed, 'base64') : undefined;
  if (octets?.length === keyOctets) return octets;
  throw new StoreFault(
    `The key for secrets has to be ${keyOctets} octets in base64 or hexadecimal. Make one with: openssl rand -base64 ${keyOctets}`,
    false,
  );
}

export function secretShelf(
  sql: SqlAccess,
  key: Uint8Array | undefined,
  randomBytes: (length: number) => Uint8Array,
): SecretShelf {
  const withKey = (): Uint8Array => {
    if (key !== undefined) return key;
    throw new StoreFault(
      'Secrets are kept encrypted, and the environment has no key for them. Set one, made with: openssl rand -base64 32',
      false,
    );
  };
  return {
    put: async (name, value) => {
      const sealed = seal(withKey(), name, value, randomBytes(nonceOctets));
      await sql.change((db) =>
        db
          .insertInto('secret')
          .values({ name, sealed })
          .onConflict((conflict) => conflict.column('name').doUpdateSet({ sealed }))
          .execute(),
      );
    },
    get: async (name) => {
      const row = await sql.read((db) =>
        db.selectFrom('secret').select('sealed').where('name', '=', name).executeTakeFirst(),
      );
      return row && unseal(withKey(), name, row.sealed);
    },
    remove: async (name) => {
      const { numDeletedRows } = await sql.change((db) =>
        db.deleteFrom('secret').where('name', '=', name).executeTakeFirst(),
      );
      return numDeletedRows > 0n;
    },
    names: async () => {
      const rows = await sql.read((db) => db.selectFrom('secret').select('name').orderBy('name').execute());
      return rows.map(({ name }) => name);
    },
  };
}

/** `v1:` and base64 of nonce, ciphertext and tag. */
export function seal(key: Uint8Array, name: string, value: string, nonce: Uint8Array): string {
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(boundTo(name));
  const parts = [nonce, cipher.update(value, 'utf8'), cipher.final()];
  return `v1:${Buffer.concat([...parts, cipher.getAuthTag()]).toString('base64')}`;
}

/** Throws `StoreFault` where the key is another or the text was changed. */
export function unseal(key: Uint8Array, name: string, sealed: string): string {
  const octets = Buffer.from(sealed.slice(3), 'base64');
  try {
    if (!sealed.startsWith('v1:') || octets.length < nonceOctets + tagOctets) throw new Error('not sealed by us');
    const decipher = createDecipheriv('aes-256-gcm', key, octets.subarray(0, nonceOctets), {
      authTagLength: tagOctets,
    });
    decipher.setAAD(boundTo(name));
    decipher.setAuthTag(octets.subarray(-tagOctets));
    const value = Buffer.concat([decipher.update(octets.subarray(nonceOctets, -tagOctets)), decipher.final()]);
    return value.toString('utf8');
  } catch {
    throw new StoreFault(
      `The secret ${name} cannot be read: it was kept with another key, or changed since. Set the key it was kept with, or put the secret again.`,
      false,
    );
  }
}

const boundTo = (name: string): Buffer => Buffer.from(`septet secret v1\0${name}`);
