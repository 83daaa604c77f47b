/**
 * What a channel has been told. What is to be told is the difference between that and the alerts that are open, so that
 * nothing is lost while a channel is down, in quiet hours, or when the process dies between raising and sending. Pure.
 */
import type { AlertShelf, StoredAlert } from '../../store/store.ts';
import { gistOf } from './alert-text.ts';
import { alertId } from './channel.ts';
import type { Waiting } from './decide.ts';

export interface ToldAlert {
  /** As it was told last. */
  readonly alert: StoredAlert;
  /** The id of the first message about it. */
  readonly thread: string;
}

export interface ChannelState {
  /** The channel's name. */
  readonly channel: string;
  readonly told: readonly ToldAlert[];
  /** Since when each alert (`alertId`) waits to be told, also for the message that it is over. */
  readonly waiting: readonly { readonly id: string; readonly at: number }[];
  /** When messages went out, of the last hour. */
  readonly sentAt: readonly number[];
  /** Messages that were taken in all. */
  readonly turn: number;
  readonly lastDigestAt?: number;
  /** The channel does not take messages. Until `nextAt` it is not tried again. */
  readonly trouble?: {
    readonly since: number;
    readonly tries: number;
    readonly nextAt: number;
    /** A sentence without secrets. */
    readonly why: string;
  };
  /** Until then a process that has begun is sending; 0 when none is. */
  readonly busyUntil: number;
  /** Grows with every change. */
  readonly revision: number;
}

/** Where states are kept. */
export interface ChannelShelf {
  load(channel: string): Promise<ChannelState | undefined>;
  /** Compare and set: false where `revision` is not one more than the stored one (or 1 where there is none). */
  save(state: ChannelState): Promise<boolean>;
}

export const freshState = (channel: string): ChannelState => ({
  channel,
  told: [],
  waiting: [],
  sentAt: [],
  turn: 0,
  busyUntil: 0,
  revision: 0,
});

export interface Difference {
  readonly changed: readonly Waiting[];
  readonly settled: readonly Waiting[];
  /** The state with the times since when each of them waits. */
  readonly state: ChannelState;
}

/** What the channel does not know yet. An alert that came and went before it was told is nothing to tell. */
export function differenceOf(state: ChannelState, open: readonly StoredAlert[], now: number): Difference {
  const since = new Map(state.waiting.map(({ id, at }) => [id, at]));
  const told = new Map(state.told.map((one) => [alertId(one.alert), one]));
  const ids = new Set(open.map(alertId));
  const waits = (alert: StoredAlert): Waiting => ({ alert, at: since.get(alertId(alert)) ?? now });
  const changed = open.filter((alert) => !isSame(alert, told.get(alertId(alert))?.alert)).map(waits);
  const settled = state.told.filter(({ alert }) => !ids.has(alertId(alert))).map(({ alert }) => waits(alert));
  const waiting = [...changed, ...settled].map(({ alert, at }) => ({ id: alertId(alert), at }));
  return { changed, settled, state: { ...state, waiting } };
}

const isSame = (alert: StoredAlert, told: StoredAlert | undefined): boolean =>
  told !== undefined && told.severity === alert.severity && gistOf(told) === gistOf(alert);

/** The state when a message about these alerts has been taken. */
export function afterSending(
  state: ChannelState,
  message: {
    readonly id: string;
    readonly changed: readonly StoredAlert[];
    readonly settled: readonly StoredAlert[];
    readonly digest: boolean;
  },
  now: number,
): ChannelState {
  const told = new Map(state.told.map((one) => [alertId(one.alert), one]));
  for (const alert of message.settled) told.delete(alertId(alert));
  for (const alert of message.changed) {
    const thread = told.get(alertId(alert))?.thread ?? message.id;
    told.set(alertId(alert), { alert, thread });
  }
  const done = new Set([...message.changed, ...message.settled].map(alertId));
  const { trouble: _over, ...rest } = state;
  return {
    ...rest,
    told: [...told.values()],
    waiting: state.waiting.filter(({ id }) => !done.has(id)),
    sentAt: [...state.sentAt.filter((at) => at > now - 3_600_000), now],
    turn: state.turn + 1,
    ...(message.digest ? { lastDigestAt: now } : {}),
  };
}

const firstPauseMs = 60_000; // house; doubled with each try
const longestPauseMs = 3_600_000; // house

/** The state when the channel did not take a message. */
export function afterFailure(
  state: ChannelState,
  { why, afterMs, refused }: { readonly why: string; readonly afterMs?: number; readonly refused: boolean },
  now: number,
): ChannelState {
  const tries = (state.trouble?.tries ?? 0) + 1;
  const pause = refused ? longestPauseMs : Math.min(firstPauseMs * 2 ** Math.min(tries - 1, 10), longestPauseMs);
  return {
    ...state,
    trouble: { since: state.trouble?.since ?? now, tries, nextAt: now + Math.max(pause, afterMs ?? 0), why },
  };
}

/** For tests, and for runs that keep nothing. */
export function memoryChannels(): ChannelShelf {
  const states = new Map<string, ChannelState>();
  return {
    load: async (channel) => states.get(channel),
    save: async (state) => {
      if (state.revision !== (states.get(state.channel)?.revision ?? 0) + 1) return false;
      states.set(state.channel, state);
      return true;
    },
  };
}

/** Puts what was found into the store: raises what holds, settles what is over. Answers how many of each are news. */
export async function keepAlerts(
  shelf: AlertShelf,
  alerts: readonly StoredAlert[],
  settled: readonly StoredAlert[],
  now: number,
): Promise<{ readonly raised: number; readonly settled: number }> {
  const raised = await Promise.all(alerts.map((alert) => shelf.raise(alert)));
  const over = await Promise.all(settled.map(({ domain, key }) => shelf.settle(domain, key, now)));
  const count = (answers: readonly boolean[]): number => answers.filter(Boolean).length;
  return { raised: count(raised), settled: count(over) };
}
