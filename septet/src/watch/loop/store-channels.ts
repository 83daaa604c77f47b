/** What each channel of alerts has been told, in the store: for several machines that tell the same people. */
import { sql as raw } from 'kysely';
import type { SqlAccess } from '../../store/sql/sql-access.ts';
import { plainText } from '../../store/sql/sql-bulk.ts';
import type { ChannelShelf, ChannelState } from '../alerts/channel-state.ts';

export function storeChannels(sql: SqlAccess): ChannelShelf {
  return {
    load: async (channel) => {
      const { rows } = await sql.read((db) =>
        raw<{ state: string }>`select state from channel_state where channel = ${channel}`.execute(db),
      );
      return rows[0] && (JSON.parse(rows[0].state) as ChannelState);
    },
    save: (state) =>
      sql.change(async (trx) => {
        const { channel, revision } = state;
        const text = plainText(JSON.stringify(state));
        const { rows } =
          revision === 1
            ? await raw`insert into channel_state (channel, revision, state) values (${channel}, 1, ${text})
                on conflict do nothing returning channel`.execute(trx)
            : await raw`update channel_state set revision = ${revision}, state = ${text}
                where channel = ${channel} and revision = ${revision - 1} returning channel`.execute(trx);
        return rows.length > 0;
      }),
  };
}
