/** Who wants no more mail or no tracking, see `SuppressionShelf`, and what other programs are to be told of it. */
import { sql as raw } from 'kysely';
import type { DnsName } from '../../dns/name.ts';
import type { SqlAccess } from '../sql/sql-access.ts';
import { parts, plainText } from '../sql/sql-bulk.ts';
import type { OutboxShelf, Suppression, SuppressionKind, SuppressionShelf, SuppressionSource } from '../tracking.ts';

const rowsAPage = 1000;
const rowsAtOnce = 500;

/** Mailboxes differ in letters' case nowhere that counts (RFC 5321 §2.4 advises against it), and people write as they like. */
const keyOf = (recipient: string): string => plainText(recipient.trim().toLowerCase());

export function suppressionRow({ domain, kind, recipient, reader, at, source, campaign }: Suppression) {
  const shown = plainText(recipient.trim());
  return { domain, kind, key: keyOf(recipient), recipient: shown, reader, at, source, campaign: plainText(campaign) };
}

export function suppressionShelf(sql: SqlAccess): SuppressionShelf {
  return {
    add: async (entries) => {
      let added = 0;
      for (const some of parts(entries, rowsAtOnce)) {
        // Of one recipient that comes twice in one statement, the first counts.
        const rows = new Map(
          some.map((entry) => [`${entry.domain} ${entry.kind} ${keyOf(entry.recipient)}`, entry] as const).reverse(),
        );
        const { numInsertedOrUpdatedRows } = await sql.change((trx) =>
          trx
            .insertInto('suppression')
            .values([...rows.values()].map(suppressionRow))
            .onConflict((conflict) => conflict.columns(['domain', 'kind', 'key']).doNothing())
            .executeTakeFirst(),
        );
        added += Number(numInsertedOrUpdatedRows ?? 0n);
      }
      return added;
    },
    remove: async (domain, kind, recipient) => {
      const { numDeletedRows } = await sql.change((trx) =>
        trx
          .deleteFrom('suppression')
          .where('domain', '=', domain)
          .where('kind', '=', kind)
          .where('key', '=', keyOf(recipient))
          .executeTakeFirst(),
      );
      return numDeletedRows > 0n;
    },
    list: (domain) => listed(sql, domain),
    has: async (domain, kind, recipient) => {
      const row = await sql.read((db) =>
        db
          .selectFrom('suppression')
          .select('at')
          .where('domain', '=', domain)
          .where('kind', '=', kind)
          .where('key', '=', keyOf(recipient))
          .executeTakeFirst(),
      );
      return row !== undefined;
    },
    untracked: async () => {
      const rows = await sql.read((db) =>
        db
          .selectFrom('suppression')
          .select(['domain', 'reader'])
          .where('kind', '=', 'do-not-track')
          .where('reader', '!=', '')
          .execute(),
      );
      return new Set(rows.map(({ domain, reader }) => `${domain} ${reader}`));
    },
    state: async () => {
      const row = await sql.read((db) =>
        db
          .selectFrom('suppression')
          .select([raw<number>`count(*)`.as('count'), raw<number>`max(at)`.as('last')])
          .where('kind', '=', 'do-not-track')
          .executeTakeFirst(),
      );
      return `${row?.count ?? 0} ${row?.last ?? 0}`;
    },
  };
}

async function* listed(sql: SqlAccess, domain: DnsName | undefined): AsyncGenerator<Suppression> {
  let last: { readonly domain: string; readonly kind: string; readonly key: string } | undefined;
  for (;;) {
    const after = last;
    const rows = await sql.read((db) => {
      let found = db
        .selectFrom('suppression')
        .selectAll()
        .orderBy('domain')
        .orderBy('kind')
        .orderBy('key')
        .limit(rowsAPage);
      if (domain !== undefined) found = found.where('domain', '=', domain);
      if (after)
        found = found.where(raw<boolean>`(domain, kind, "key") > (${after.domain}, ${after.kind}, ${after.key})`);
      return found.execute();
    });
    for (const { key: _key, ...row } of rows) {
      yield {
        ...row,
        domain: row.domain as DnsName,
        kind: row.kind as SuppressionKind,
        source: row.source as SuppressionSource,
      };
    }
    last = rows.at(-1);
    if (rows.length < rowsAPage) return;
  }
}

export function outboxShelf(sql: SqlAccess): OutboxShelf {
  return {
    take: (now, until, limit) =>
      sql.change(async (trx) => {
        const due = await trx
          .selectFrom('outbox')
          .selectAll()
          .where('next_at', '<=', now)
          .orderBy('next_at')
          .limit(limit)
          .execute();
        const taken: typeof due = [];
        for (const row of due) {
          // Of two machines that see it, one changes the time that both saw.
          const { numUpdatedRows } = await trx
            .updateTable('outbox')
            .set({ next_at: until, tries: row.tries + 1 })
            .where('id', '=', row.id)
            .where('next_at', '=', row.next_at)
            .executeTakeFirst();
          if (numUpdatedRows > 0n) taken.push({ ...row, tries: row.tries + 1 });
        }
        return taken.map(({ next_at, ...row }) => ({ ...row, domain: row.domain as DnsName, nextAt: next_at }));
      }),
    done: async (id) => {
      await sql.change((trx) => trx.deleteFrom('outbox').where('id', '=', id).execute());
    },
    later: async (id, at) => {
      await sql.change((trx) => trx.updateTable('outbox').set({ next_at: at }).where('id', '=', id).execute());
    },
    waiting: async () => {
      const row = await sql.read((db) =>
        db
          .selectFrom('outbox')
          .select(raw<number>`count(*)`.as('count'))
          .executeTakeFirst(),
      );
      return Number(row?.count ?? 0);
    },
  };
}
