/** Channels of alerts in tables for the terminal, without their secrets. */
import type { AlertConfig } from '../config/alerts-keys.ts';
import { loadConfig } from '../config/find-config.ts';
import type { Config } from '../config/read-config.ts';
import { InputError, type Io } from './io.ts';
import { cutTo, wrap, type Paint } from './paint.ts';
import { visible, widthOf } from './visible.ts';

/** The configuration with at least one channel. Throws `InputError`. */
export async function configWithChannels(io: Io, file: string | undefined): Promise<Config> {
  const loaded = await loadConfig(io, file);
  if (loaded.kind !== 'good') throw new InputError(loaded.message);
  const { config } = loaded;
  if (config.alerts.length === 0)
    throw new InputError(
      `${config.file} names no channel of alerts. Add, for example:\nalerts:\n  - ntfy: { url: https://ntfy.sh/your-own-topic }`,
    );
  return config;
}

/** Where it goes, as far as that is no secret: topics and paths of webhooks stay out. */
export function placeOf({ target }: AlertConfig): string {
  switch (target.kind) {
    case 'mail':
      return target.to.length === 1 ? `${target.to[0]}` : `${target.to[0]} and ${target.to.length - 1} more`;
    case 'slack':
      return 'the webhook of Slack';
    default:
      return new URL(target.url).host;
  }
}

export interface TableRow {
  readonly channel: string;
  readonly place: string;
  readonly result: string;
  readonly style: 'green' | 'yellow' | 'red' | 'dim';
  /** Below the row, wrapped. */
  readonly notes: readonly string[];
}

const channelWidth = 12;
const resultWidth = 12;

/** At most as wide as the terminal, 80 columns or more. */
export function tableOf(rows: readonly TableRow[], heads: readonly [string, string, string], paint: Paint): string {
  const placeWidth = Math.max(20, Math.min(60, paint.columns - channelWidth - resultWidth - 4));
  const line = (channel: string, result: string, place: string): string =>
    `${fitted(channel, channelWidth)}  ${fitted(result, resultWidth)}  ${cutTo(place, placeWidth)}`.trimEnd();
  const lines = [paint('bold', line(heads[0], heads[1], heads[2]))];
  for (const { channel, place, result, style, notes } of rows) {
    const head = `${fitted(channel, channelWidth)}  `;
    lines.push(`${head}${paint(style, fitted(result, resultWidth))}  ${cutTo(visible(place), placeWidth)}`.trimEnd());
    for (const note of notes) lines.push(wrap(note, paint.columns, ' '.repeat(channelWidth + 2)));
  }
  return `${lines.join('\n')}\n`;
}

function fitted(text: string, width: number): string {
  const cut = cutTo(visible(text), width);
  return cut + ' '.repeat(Math.max(0, width - widthOf(cut)));
}
