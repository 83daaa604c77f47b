/** What a channel is told now, and what waits until when. Pure: `now` is an argument. */
import type { StoredAlert } from '../../store/store.ts';
import { bySeverity, isAtLeast, type ChannelRules } from './channel.ts';
import { nextAt, quietUntil } from './wall-clock.ts';

/** An alert of which the channel does not know yet that it is there, has changed, or is over. */
export interface Waiting {
  readonly alert: StoredAlert;
  /** Since when it waits to be told. */
  readonly at: number;
}

/** One message. `digest` is the message of the day; `summary` stands for the messages over the limit of an hour. */
export type Notice =
  | { readonly kind: 'alert' | 'over'; readonly alert: StoredAlert }
  | {
      readonly kind: 'digest' | 'summary';
      readonly changed: readonly StoredAlert[];
      readonly settled: readonly StoredAlert[];
      /** What holds and was told before, for the whole picture. */
      readonly still: readonly StoredAlert[];
    };

export interface SendingInput {
  /** All that hold now. */
  readonly open: readonly StoredAlert[];
  readonly changed: readonly Waiting[];
  /** What was told and no longer holds. */
  readonly settled: readonly Waiting[];
  readonly channel: ChannelRules;
  readonly now: number;
  readonly lastDigestAt?: number;
  /** When messages went out; those older than an hour do not count. */
  readonly sentAt: readonly number[];
}

export interface Sending {
  /** In this order. */
  readonly send: readonly Notice[];
  /** How many wait, and the earliest time at which one of them may go. */
  readonly later?: { readonly count: number; readonly until: number };
}

const hourMs = 3_600_000;

type Entry = Waiting & { readonly kind: 'alert' | 'over' };

/** Decides for one channel. What is not severe enough neither goes nor waits. */
export function decideSending(input: SendingInput): Sending {
  const { channel, now } = input;
  const counts = ({ alert }: Waiting): boolean => isAtLeast(alert.severity, channel.severity);
  const entries: readonly Entry[] = [
    ...input.changed.filter(counts).map((one) => ({ ...one, kind: 'alert' as const })),
    // A settled alert was told, so its end is told too, whatever its severity.
    ...input.settled.map((one) => ({ ...one, kind: 'over' as const })),
  ];
  if (entries.length === 0) return { send: [] };
  const holds: { readonly entry: Entry; readonly until: number }[] = [];
  const go: Entry[] = [];
  let digest = false;
  const quietEnd = channel.quiet && quietUntil(channel.quiet, now);
  const digestAt = digestDue(entries, input);
  for (const entry of entries) {
    const urgent = channel.errorsAtOnce && entry.kind === 'alert' && entry.alert.severity === 'error';
    const until = urgent ? now : Math.max(quietEnd ?? now, digestAt ?? now);
    if (until > now) holds.push({ entry, until });
    else {
      go.push(entry);
      digest ||= digestAt !== undefined && !urgent;
    }
  }
  // The message of the day holds all that goes; without it each goes on its own.
  const wanted: readonly Notice[] = digest ? [together('digest', go, input)] : inOrder(go).map(alone);
  const recent = input.sentAt.filter((at) => at > now - hourMs).toSorted((a, b) => a - b);
  const room = Math.max(1, channel.mostPerHour) - recent.length;
  if (wanted.length > 0 && room <= 0) {
    // The limit is free again when the oldest messages have left the hour.
    const until = (recent[recent.length - Math.max(1, channel.mostPerHour)] ?? now) + hourMs;
    return { send: [], ...later([...holds, ...go.map((entry) => ({ entry, until }))]) };
  }
  if (wanted.length <= room) return { send: wanted, ...later(holds) };
  const rest = inOrder(go).slice(room - 1);
  const send = [...wanted.slice(0, room - 1), together('summary', rest, input)];
  return { send, ...later(holds) };
}

/** When the digest with the entry that waits longest is due; `undefined` for a channel without. */
function digestDue(
  entries: readonly Entry[],
  { channel, lastDigestAt }: Pick<SendingInput, 'channel' | 'lastDigestAt'>,
): number | undefined {
  if (!channel.digest) return undefined;
  const oldest = Math.min(...entries.map(({ at }) => at));
  return nextAt(channel.digest, Math.max(oldest, lastDigestAt ?? oldest));
}

const alone = ({ kind, alert }: Entry): Notice => ({ kind, alert });

/** New and changed ones first, the more severe before; then what is over. */
const inOrder = (entries: readonly Entry[]): readonly Entry[] =>
  entries.toSorted((a, b) => (a.kind === b.kind ? bySeverity(a.alert, b.alert) : a.kind === 'alert' ? -1 : 1));

function together(kind: 'digest' | 'summary', entries: readonly Entry[], input: SendingInput): Notice {
  const of = (which: Entry['kind']): readonly StoredAlert[] =>
    inOrder(entries.filter((entry) => entry.kind === which)).map(({ alert }) => alert);
  const waits = new Set(input.changed.map(({ alert }) => alert));
  const still = input.open
    .filter((alert) => !waits.has(alert) && isAtLeast(alert.severity, input.channel.severity))
    .toSorted(bySeverity);
  return { kind, changed: of('alert'), settled: of('over'), still };
}

function later(holds: readonly { readonly until: number }[]): Pick<Sending, 'later'> {
  if (holds.length === 0) return {};
  return { later: { count: holds.length, until: Math.min(...holds.map(({ until }) => until)) } };
}
