/** What holds now and was told, see `AlertShelf`. */
import type { DnsName } from '../../dns/name.ts';
import type { SqlAccess } from '../sql/sql-access.ts';
import { plainText } from '../sql/sql-bulk.ts';
import type { AlertShelf, StoredAlert } from '../store.ts';

export function alertShelf(sql: SqlAccess): AlertShelf {
  return {
    // One statement: of two machines that raise the same, one is told to send it. `since` stays that of the first.
    raise: async ({ domain, key, severity, text, since }) => {
      const rows = await sql.change((db) =>
        db
          .insertInto('alert')
          .values({ domain, key: plainText(key), severity, text: plainText(text), since })
          .onConflict((conflict) =>
            conflict
              .columns(['domain', 'key'])
              .doUpdateSet({ severity, text: plainText(text) })
              .where((eb) => eb.or([eb('alert.severity', '!=', severity), eb('alert.text', '!=', plainText(text))])),
          )
          .returning('key')
          .execute(),
      );
      return rows.length > 0;
    },
    settle: async (domain, key) => {
      const { numDeletedRows } = await sql.change((db) =>
        db.deleteFrom('alert').where('domain', '=', domain).where('key', '=', plainText(key)).executeTakeFirst(),
      );
      return numDeletedRows > 0n;
    },
    open: async (domain) => {
      const rows = await sql.read((db) => {
        const found = db.selectFrom('alert').selectAll().orderBy('domain').orderBy('key');
        return (domain === undefined ? found : found.where('domain', '=', domain)).execute();
      });
      return rows.map((row): StoredAlert => ({
        ...row,
        domain: row.domain as DnsName,
        severity: row.severity as StoredAlert['severity'],
      }));
    },
  };
}
