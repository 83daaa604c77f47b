/** Marks of sources, and reverse names that were asked for, see `SourceShelf`. */
import type { DnsName } from '../../dns/name.ts';
import type { SqlAccess } from '../sql/sql-access.ts';
import { insertAll, parts, plainText, type Bulk } from '../sql/sql-bulk.ts';
import type { SourceMark, SourceShelf } from '../store.ts';

const reverseBulk: Bulk = {
  table: 'reverse_name',
  columns: ['address', 'name', 'at'],
  tail: () => 'on conflict (address) do update set name = excluded.name, at = excluded.at',
};

export function sourceShelf(sql: SqlAccess): SourceShelf {
  return {
    marks: async (domain) => {
      const rows = await sql.read((db) =>
        db.selectFrom('source_mark').selectAll().where('domain', '=', domain).orderBy('source_key').execute(),
      );
      return rows.map((row) => ({
        domain: row.domain as DnsName,
        sourceKey: row.source_key,
        mark: row.mark as SourceMark,
        ...(row.note === null ? {} : { note: row.note }),
        at: row.at,
      }));
    },
    mark: async ({ domain, sourceKey, mark, note, at }) => {
      const values = { mark, note: note === undefined ? null : plainText(note), at };
      await sql.change((db) =>
        db
          .insertInto('source_mark')
          .values({ domain, source_key: plainText(sourceKey), ...values })
          .onConflict((conflict) => conflict.columns(['domain', 'source_key']).doUpdateSet(values))
          .execute(),
      );
    },
    unmark: async (domain, sourceKey) => {
      const { numDeletedRows } = await sql.change((db) =>
        db
          .deleteFrom('source_mark')
          .where('domain', '=', domain)
          .where('source_key', '=', plainText(sourceKey))
          .executeTakeFirst(),
      );
      return numDeletedRows > 0n;
    },
    reverseNames: async (addresses) => {
      const found = new Map<string, { readonly name: string | null; readonly at: number }>();
      for (const some of parts([...new Set(addresses)], 500)) {
        const rows = await sql.read((db) =>
          db.selectFrom('reverse_name').selectAll().where('address', 'in', some.map(plainText)).execute(),
        );
        for (const { address, name, at } of rows) found.set(address, { name, at });
      }
      return found;
    },
    rememberReverseNames: async (names, at) => {
      const rows = [...names].sort((a, b) => (a[0] < b[0] ? -1 : 1));
      await sql.change((trx) =>
        insertAll(
          trx,
          sql.dialect,
          reverseBulk,
          rows.map(([address, name]) => [plainText(address), name === null ? null : plainText(name), at]),
        ),
      );
    },
  };
}
