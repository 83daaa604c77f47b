/** `septet alerts show`: the channels with their rules, what each has been told, and what waits. */
import type { AlertConfig } from '../config/alerts-keys.ts';
import type { Config } from '../config/read-config.ts';
import { fileChannels } from '../watch/alerts/channel-files.ts';
import type { ChannelShelf, ChannelState } from '../watch/alerts/channel-state.ts';
import { storeChannels } from '../watch/loop/store-channels.ts';
import { titleOf } from '../watch/alerts/alert-text.ts';
import { timeText } from '../watch/alerts/compose.ts';
import { configWithChannels, placeOf, tableOf, type TableRow } from './alerts-table.ts';
import type { Io } from './io.ts';
import { painter } from './paint.ts';
import type { StoreOptions } from './store-option.ts';
import { visibleJson } from './visible.ts';

export interface AlertsShowOptions extends StoreOptions {
  readonly config?: string;
  readonly state?: string;
  readonly json?: boolean;
}

const maxShown = 20;

/** Exit code: 0; 1 where a channel does not take messages. */
export async function alertsShow(options: AlertsShowOptions, io: Io): Promise<number> {
  const config = await configWithChannels(io, options.config);
  const states = await statesOf(config, options, io);
  const inTrouble = states.some((state) => state?.trouble !== undefined);
  if (options.json) {
    const channels = config.alerts.map((alert, index) => ({ ...settingsOf(alert), ...told(states[index]) }));
    await io.out(`${visibleJson({ version: 1, channels }, 2)}\n`);
    return inTrouble ? 1 : 0;
  }
  const rows = config.alerts.map((alert, index) => rowOf(alert, states[index]));
  await io.out(tableOf(rows, ['Channel', 'State', 'Where'], painter(io.columns, io.colours)));
  return inTrouble ? 1 : 0;
}

/** Where several machines watch, the states of the channels stand in their database. */
async function statesOf(
  config: Config,
  options: AlertsShowOptions,
  io: Io,
): Promise<readonly (ChannelState | undefined)[]> {
  const load = (shelf: ChannelShelf) => Promise.all(config.alerts.map(({ id }) => shelf.load(id)));
  const shared = options.data === undefined ? (options.store ?? io.env['SEPTET_STORE'] ?? '') : '';
  if (shared === '' && options.store === undefined) return load(fileChannels(options.state ?? config.state));
  const { openSql } = await import('./watch/open-sql.ts');
  const sql = await openSql(options, io);
  try {
    return await load(storeChannels(sql));
  } finally {
    await sql.close();
  }
}

function settingsOf(alert: AlertConfig) {
  const { id, target, severity, quiet, digest, errorsAtOnce, perHour } = alert;
  return {
    channel: id,
    kind: target.kind,
    where: placeOf(alert),
    severity,
    quiet: quiet ? `${clock(quiet.from)}-${clock(quiet.until)}` : null,
    digest: digest ? clock(digest.minutes) : null,
    errors: errorsAtOnce ? 'at-once' : 'wait',
    perHour,
  };
}

const told = (state: ChannelState | undefined) => ({
  told: (state?.told ?? []).map(({ alert }) => ({
    domain: alert.domain,
    severity: alert.severity,
    title: titleOf(alert),
    since: new Date(alert.since).toISOString(),
  })),
  waiting: state?.waiting.length ?? 0,
  trouble: state?.trouble
    ? {
        since: new Date(state.trouble.since).toISOString(),
        next: new Date(state.trouble.nextAt).toISOString(),
        why: state.trouble.why,
      }
    : null,
});

function rowOf(alert: AlertConfig, state: ChannelState | undefined): TableRow {
  const { severity, quiet, digest, errors, perHour } = settingsOf(alert);
  const rules = [
    severity === 'info' ? 'all alerts' : severity === 'warning' ? 'warnings and errors' : 'errors only',
    ...(quiet === null ? [] : [`quiet ${quiet}`]),
    ...(digest === null ? [] : [`digest at ${digest}`]),
    ...(errors === 'at-once' && (quiet ?? digest) !== null ? ['errors at once'] : []),
    `${perHour} an hour`,
  ].join(', ');
  const base = { channel: alert.id, place: placeOf(alert) };
  if (!state) return { ...base, result: 'not used', style: 'dim', notes: [`${rules}.`] };
  const open = state.told.slice(0, maxShown).map((one) => `${one.alert.domain}: ${titleOf(one.alert)}`);
  const more = state.told.length > maxShown ? [`And ${state.told.length - maxShown} more.`] : [];
  const waits = state.waiting.length === 0 ? [] : [`${state.waiting.length} to be told.`];
  const { trouble } = state;
  const down = trouble
    ? [`Since ${timeText(trouble.since)} it takes nothing: ${trouble.why} Next try ${timeText(trouble.nextAt)}.`]
    : [];
  return {
    ...base,
    result: trouble ? 'in trouble' : waits.length > 0 ? 'waiting' : 'up to date',
    style: trouble ? 'red' : waits.length > 0 ? 'yellow' : 'green',
    notes: [`${rules}.`, ...down, ...waits, ...open, ...more],
  };
}

const clock = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
