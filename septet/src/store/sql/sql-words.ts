/** Strings that stand in many rows get a number: own domains, source keys, reporters. */
import { createHash } from 'node:crypto';
import type { Kysely } from 'kysely';
import { insertAll, parts, plainText, type Bulk } from './sql-bulk.ts';
import type { SqlDialect } from './sql-dialect.ts';
import type { Tables } from './sql-tables.ts';

export interface Words {
  /** Numbers of all these, made where new. `keep` is for after the commit: what is rolled back has no number. */
  resolve(trx: Kysely<Tables>, texts: Iterable<string>): Promise<Resolved>;
  /** Without making one. */
  find(db: Kysely<Tables>, text: string): Promise<number | undefined>;
}

export interface Resolved {
  /** Of one of the texts that were asked for. */
  id(text: string): number;
  keep(): void;
}

const mostKept = 100_000; // in memory; a word is about 50 octets
const atOnce = 500; // parameters of one question

const wordBulk: Bulk = {
  table: 'word',
  columns: ['hash', 'text'],
  tail: () => 'on conflict (hash) do nothing returning id, hash',
};

export function wordsOf(dialect: SqlDialect): Words {
  const kept = new Map<string, number>();
  const keepAll = (found: ReadonlyMap<string, number>): void => {
    if (kept.size + found.size > mostKept) kept.clear();
    for (const [text, id] of found) kept.set(text, id);
  };
  const select = async (db: Kysely<Tables>, byHash: ReadonlyMap<string, string>, found: Map<string, number>) => {
    const hashes = [...byHash].flatMap(([hash, text]) => (found.has(text) ? [] : [hash]));
    for (const some of parts(hashes, atOnce)) {
      const rows = await db.selectFrom('word').select(['id', 'hash']).where('hash', 'in', some).execute();
      for (const { id, hash } of rows) found.set(byHash.get(hash) ?? '', id);
    }
  };
  return {
    resolve: async (trx, texts) => {
      const found = new Map<string, number>();
      const missing: string[] = [];
      for (const text of new Set(texts)) {
        const id = kept.get(text);
        if (id === undefined) missing.push(text);
        else found.set(text, id);
      }
      if (missing.length > 0) {
        // In one order for all, so that two who make the same words wait for each other and not in a circle.
        const byHash = new Map(
          missing.map((text) => [hashOf(text), text] as const).sort((a, b) => (a[0] < b[0] ? -1 : 1)),
        );
        await select(trx, byHash, found);
        const fresh = [...byHash].filter(([, text]) => !found.has(text));
        const made = await insertAll<{ id: number; hash: string }>(
          trx,
          dialect,
          wordBulk,
          fresh.map(([hash, text]) => [hash, plainText(text)]),
        );
        for (const { id, hash } of made) found.set(byHash.get(hash) ?? '', id);
        // Another made it in the same moment.
        if (made.length < fresh.length) await select(trx, byHash, found);
      }
      return {
        id: (text) => {
          const id = found.get(text);
          if (id === undefined) throw new Error(`word without a number: ${text}`);
          return id;
        },
        keep: () => keepAll(found),
      };
    },
    find: async (db, text) => {
      const known = kept.get(text);
      if (known !== undefined) return known;
      const row = await db.selectFrom('word').select('id').where('hash', '=', hashOf(text)).executeTakeFirst();
      return row?.id;
    },
  };
}

/** 144 bits: no two texts of this world share them. */
const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 24);
