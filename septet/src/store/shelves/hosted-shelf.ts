/** What a domain has hosted and where its mail went, see `HostedShelf`. */
import type { DnsName } from '../../dns/name.ts';
import type { SqlAccess } from '../sql/sql-access.ts';
import type { HostedShelf } from '../tracking.ts';

export function hostedShelf(sql: SqlAccess): HostedShelf {
  return {
    facts: async (kind) => {
      const rows = await sql.read((db) =>
        db
          .selectFrom('hosted')
          .select(['domain', 'name', 'value', 'at'])
          .where('kind', '=', kind)
          .orderBy('domain')
          .orderBy('name')
          .execute(),
      );
      return rows.map((row) => ({ ...row, domain: row.domain as DnsName }));
    },
    remember: async (kind, facts) => {
      if (facts.length === 0) return;
      const ordered = [...facts].sort((a, b) => (`${a.domain} ${a.name}` < `${b.domain} ${b.name}` ? -1 : 1));
      await sql.change(async (trx) => {
        for (const { domain, name, value, at } of ordered) {
          await trx
            .insertInto('hosted')
            .values({ domain, kind, name, value, at })
            .onConflict((conflict) =>
              conflict.columns(['domain', 'kind', 'name']).doUpdateSet({ at, value }).where('hosted.at', '<', at),
            )
            .execute();
        }
      });
    },
    forget: async (before) => {
      const { numDeletedRows } = await sql.change((trx) =>
        trx.deleteFrom('hosted').where('at', '<', before).executeTakeFirst(),
      );
      return Number(numDeletedRows);
    },
  };
}
