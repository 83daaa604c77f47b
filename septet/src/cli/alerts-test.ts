/** `septet alerts test`: a test alert to each channel. Quiet hours and digests do not count; nothing is remembered. */
import { setTimeout as sleep } from 'node:timers/promises';
import { resolveAlertChannels } from '../config/alert-channels.ts';
import type { AlertConfig } from '../config/alerts-keys.ts';
import type { World } from '../world/world.ts';
import type { Channel } from '../watch/alerts/channel.ts';
import { testAlert } from '../watch/alerts/compose.ts';
import { deliver, type Delivery } from '../watch/alerts/deliver.ts';
import { configWithChannels, placeOf, tableOf, type TableRow } from './alerts-table.ts';
import { InputError, type Io } from './io.ts';
import { openWorld, type WorldOptions } from './open-world.ts';
import { painter } from './paint.ts';
import { visible, visibleJson } from './visible.ts';

export interface AlertsTestOptions extends WorldOptions {
  readonly channel?: readonly string[];
  readonly config?: string;
  readonly json?: boolean;
}

interface Tested {
  readonly alert: AlertConfig;
  /** `not-set-up`: a secret is not where the configuration says. */
  readonly outcome: Delivery | { readonly kind: 'not-set-up'; readonly detail: string };
}

/** Exit code: 0 every channel took it, 1 one did not. */
export async function alertsTest(options: AlertsTestOptions, io: Io): Promise<number> {
  const config = await configWithChannels(io, options.config);
  const wanted = chosen(config.alerts, options.channel);
  const ca = await Promise.all((options.ca ?? []).map(async (file) => (await io.readFile(file)).toString('utf8')));
  const resolved = await resolveAlertChannels(wanted, io, ca);
  const [domain] = config.domains.keys();
  const asked: WorldOptions = {
    ...(config.resolvers.length > 0 ? { resolver: config.resolvers } : {}),
    ...options,
  };
  const { world, close } = await openWorld(asked, io);
  try {
    const tested = await Promise.all(
      resolved.map(async (one, index): Promise<Tested> => {
        const alert = wanted[index] as AlertConfig;
        if (one.kind === 'missing') return { alert, outcome: { kind: 'not-set-up', detail: one.problem } };
        return { alert, outcome: await send(one.channel, world, domain) };
      }),
    );
    await io.out(options.json ? json(tested) : table(tested, io));
    return tested.every(({ outcome }) => outcome.kind === 'sent') ? 0 : 1;
  } finally {
    await close();
  }
}

/** By name, or all of a kind. */
function chosen(alerts: readonly AlertConfig[], names: readonly string[] | undefined): readonly AlertConfig[] {
  if (names === undefined) return alerts;
  const fits = (alert: AlertConfig, name: string): boolean => alert.id === name || alert.target.kind === name;
  const unknown = names.find((name) => !alerts.some((alert) => fits(alert, name)));
  if (unknown !== undefined)
    throw new InputError(
      `There is no channel ${visible(unknown.slice(0, 60))}. There are: ${alerts.map(({ id }) => id).join(', ')}.`,
    );
  return alerts.filter((alert) => names.some((name) => fits(alert, name)));
}

function send(channel: Channel, world: World, domain: Parameters<typeof testAlert>[0]): Promise<Delivery> {
  const now = world.now();
  const turn = Buffer.from(world.randomBytes(6)).readUIntBE(0, 6);
  const message = testAlert(domain, { channel: channel.id, now, turn });
  return deliver(message, channel, {
    world,
    sleep: async (milliseconds) => void (await sleep(milliseconds)),
    tries: 2,
  });
}

const words: Readonly<Record<Tested['outcome']['kind'], readonly [string, TableRow['style']]>> = {
  sent: ['sent', 'green'],
  later: ['no answer', 'red'],
  refused: ['refused', 'red'],
  'not-set-up': ['not set up', 'red'],
};

function table(tested: readonly Tested[], io: Io): string {
  const rows = tested.map(({ alert, outcome }): TableRow => {
    const [result, style] = words[outcome.kind];
    const tries = 'tries' in outcome && outcome.tries > 1 ? ` Tried ${outcome.tries} times.` : '';
    const detail = /[.!?]$/.test(outcome.detail) ? outcome.detail : `${outcome.detail}.`;
    return { channel: alert.id, place: placeOf(alert), result, style, notes: [`${detail}${tries}`] };
  });
  return tableOf(rows, ['Channel', 'Outcome', 'Where'], painter(io.columns, io.colours));
}

const json = (tested: readonly Tested[]): string =>
  `${visibleJson(
    {
      version: 1,
      channels: tested.map(({ alert, outcome }) => ({
        channel: alert.id,
        kind: alert.target.kind,
        where: placeOf(alert),
        outcome: outcome.kind,
        detail: outcome.detail,
      })),
    },
    2,
  )}\n`;
