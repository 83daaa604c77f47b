/** Tells the channels what they do not know yet. Called by the watch loop after each look, and when something waits. */
import type { AlertShelf, StoredAlert } from '../../store/store.ts';
import { alertId, isAtLeast, type Channel } from './channel.ts';
import {
  afterFailure,
  afterSending,
  differenceOf,
  freshState,
  type ChannelShelf,
  type ChannelState,
} from './channel-state.ts';
import { messageOf } from './compose.ts';
import { decideSending, type Notice } from './decide.ts';
import { deliver, type DeliveryOptions } from './deliver.ts';

export interface TellOptions extends DeliveryOptions {
  readonly alerts: Pick<AlertShelf, 'open'>;
  readonly channels: readonly Channel[];
  readonly shelf: ChannelShelf;
}

export interface Told {
  readonly channel: string;
  /** Messages that were taken. */
  readonly sent: number;
  /** What waits, and the earliest time at which that is worth another call. */
  readonly later?: { readonly count: number; readonly until: number };
  /** Why the channel did not take it; a sentence. */
  readonly trouble?: string;
  /** Another process is telling this channel. */
  readonly busy?: true;
}

/** A process that died while sending keeps the channel to itself for so long. */
const busyMs = 5 * 60_000; // house

/** All channels at the same time; the trouble of one is none of the others'. Rejects only as the shelves do. */
export async function tell(options: TellOptions): Promise<readonly Told[]> {
  const open = await options.alerts.open();
  return Promise.all(options.channels.map((channel) => tellOne(channel, open, options)));
}

async function tellOne(channel: Channel, open: readonly StoredAlert[], options: TellOptions): Promise<Told> {
  const { shelf, world } = options;
  const now = world.now();
  const stored = (await shelf.load(channel.id)) ?? freshState(channel.id);
  const base = { channel: channel.id, sent: 0 };
  if (stored.busyUntil > now) return { ...base, busy: true };
  // What was told stays of interest when it has become less severe.
  const known = new Set(stored.told.map((told) => alertId(told.alert)));
  const wanted = open.filter((alert) => isAtLeast(alert.severity, channel.rules.severity) || known.has(alertId(alert)));
  const { changed, settled, state } = differenceOf(stored, wanted, now);
  const { lastDigestAt, trouble } = state;
  const plan = decideSending({
    open: wanted,
    changed,
    settled,
    channel: channel.rules,
    now,
    sentAt: state.sentAt,
    ...(lastDigestAt === undefined ? {} : { lastDigestAt }),
  });
  const later = plan.later ? { later: plan.later } : {};
  const rests = trouble !== undefined && trouble.nextAt > now;
  if (plan.send.length === 0 || rests) {
    // The times since when each waits are worth keeping, and nothing else has changed.
    if (!sameWaiting(state, stored)) await shelf.save({ ...state, revision: stored.revision + 1 });
    if (plan.send.length === 0 || !rests) return { ...base, ...later };
    return { ...base, later: { count: changed.length + settled.length, until: trouble.nextAt }, trouble: trouble.why };
  }
  const claimed = { ...state, busyUntil: now + busyMs, revision: stored.revision + 1 };
  if (!(await shelf.save(claimed))) return { ...base, busy: true };
  return sendAll(channel, plan.send, claimed, options, plan.later);
}

async function sendAll(
  channel: Channel,
  notices: readonly Notice[],
  claimed: ChannelState,
  options: TellOptions,
  planned: Told['later'],
): Promise<Told> {
  const { shelf, world } = options;
  let state = claimed;
  let sent = 0;
  const keep = async (next: ChannelState): Promise<boolean> => {
    state = { ...next, revision: state.revision + 1 };
    return shelf.save(state);
  };
  for (const [index, notice] of notices.entries()) {
    const { changed, settled } = partsOf(notice);
    const thread = 'alert' in notice ? threadOf(state, notice.alert) : undefined;
    const message = messageOf(notice, {
      channel: channel.id,
      now: world.now(),
      turn: state.turn,
      ...(thread === undefined ? {} : { thread }),
    });
    // oxlint-disable-next-line no-await-in-loop -- in this order, and none after one that was not taken
    const delivery = await deliver(message, channel, options).catch(async (error: unknown) => {
      // Only where the World was told to stop: the next process need not wait.
      await keep({ ...state, busyUntil: 0 });
      throw error;
    });
    const now = world.now();
    const last = index === notices.length - 1;
    if (delivery.kind !== 'sent') {
      const afterMs = delivery.kind === 'later' ? delivery.afterMs : undefined;
      const failure = {
        why: delivery.detail,
        refused: delivery.kind === 'refused',
        ...(afterMs === undefined ? {} : { afterMs }),
      };
      const failed = { ...afterFailure(state, failure, now), busyUntil: 0 };
      // oxlint-disable-next-line no-await-in-loop -- the end of the loop
      await keep(failed);
      const later = { count: failed.waiting.length, until: failed.trouble?.nextAt ?? now };
      return { channel: channel.id, sent, later, trouble: delivery.detail };
    }
    sent++;
    const after = afterSending(state, { id: message.id, changed, settled, digest: notice.kind === 'digest' }, now);
    // oxlint-disable-next-line no-await-in-loop -- kept before the next one goes, so that none goes twice
    const mine = await keep({ ...after, busyUntil: last ? 0 : now + busyMs });
    if (!mine) return { channel: channel.id, sent, busy: true };
  }
  return { channel: channel.id, sent, ...(planned ? { later: planned } : {}) };
}

const threadOf = (state: ChannelState, alert: StoredAlert): string | undefined =>
  state.told.find((one) => alertId(one.alert) === alertId(alert))?.thread;

const partsOf = (
  notice: Notice,
): { readonly changed: readonly StoredAlert[]; readonly settled: readonly StoredAlert[] } =>
  'alert' in notice
    ? { changed: notice.kind === 'alert' ? [notice.alert] : [], settled: notice.kind === 'over' ? [notice.alert] : [] }
    : notice;

const sameWaiting = (a: ChannelState, b: ChannelState): boolean =>
  JSON.stringify(a.waiting) === JSON.stringify(b.waiting);
