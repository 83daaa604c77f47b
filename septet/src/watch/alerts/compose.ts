/** Notices as messages for people: a subject and a text, the same for every channel. Pure. */
import { createHash } from 'node:crypto';
import type { DnsName } from '../../dns/name.ts';
import type { StoredAlert } from '../../store/store.ts';
import { restOf, titleOf } from './alert-text.ts';
import { alertId, bySeverity, type AlertSeverity } from './channel.ts';
import type { Notice } from './decide.ts';

/** What a channel is given. All texts are clean: no controls but `\n` in `text`. */
export interface AlertMessage {
  /** 24 hexadecimal digits; the same when the same message is tried again. */
  readonly id: string;
  readonly kind: Notice['kind'] | 'test';
  readonly severity: AlertSeverity;
  readonly subject: string;
  readonly text: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The id of the first message about the same alert, for threads. */
  readonly thread?: string;
  readonly alerts: readonly {
    readonly alert: StoredAlert;
    readonly state: 'changed' | 'over' | 'still';
  }[];
}

export interface ComposeFacts {
  /** The name of the channel. */
  readonly channel: string;
  readonly now: number;
  /** Messages that the channel took before; part of the id, so that what comes back later is a message of its own. */
  readonly turn: number;
  /** Of the first message about the same alert. */
  readonly thread?: string;
}

const maxListed = 40;

export function messageOf(notice: Notice, facts: ComposeFacts): AlertMessage {
  if ('alert' in notice) return single(notice.kind, notice.alert, facts);
  const { changed, settled, still } = notice;
  const all = [
    ...changed.map((alert) => ({ alert, state: 'changed' as const })),
    ...settled.map((alert) => ({ alert, state: 'over' as const })),
    ...still.map((alert) => ({ alert, state: 'still' as const })),
  ];
  const worst = [...changed, ...still].toSorted(bySeverity)[0]?.severity ?? 'info';
  const domains = [...new Set([...changed, ...settled].map(({ domain }) => domain))];
  const where = domains.length === 1 ? `${domains[0]}` : `${domains.length} domains`;
  const counts = [
    ...(changed.length > 0 ? [`${changed.length} new or changed`] : []),
    ...(settled.length > 0 ? [`${settled.length} over`] : []),
  ].join(', ');
  const lead =
    notice.kind === 'digest'
      ? 'What changed since the last message of this kind.'
      : 'More changed than this channel takes in an hour; this is all that was left.';
  const text = [
    lead,
    ...section('New or changed:', changed, facts.now),
    ...section('Over:', settled, facts.now),
    ...section('Still there, told before:', still, facts.now),
    '',
    'Run:',
    ...domains.slice(0, 10).map((domain) => `  septet check ${domain}`),
    '  septet alerts show',
  ].join('\n');
  const subject = `[septet] ${where}: ${counts}${notice.kind === 'digest' ? ' (digest)' : ''}`;
  return {
    id: idOf(
      notice.kind,
      all.map(({ alert }) => alert),
      facts,
    ),
    kind: notice.kind,
    severity: worst,
    subject,
    text,
    at: facts.now,
    alerts: all,
  };
}

/** For `septet alerts test`: says itself that nothing has happened. */
export function testAlert(domain: DnsName | undefined, facts: ComposeFacts): AlertMessage {
  const alert: StoredAlert = {
    domain: domain ?? ('example.com' as DnsName),
    key: 'test',
    severity: 'info',
    since: facts.now,
    text: 'Test alert\n\nThis is a test of septet alerts. Nothing has happened, and nothing is to be done.',
  };
  const message = single('alert', alert, facts);
  return { ...message, kind: 'test' };
}

function single(kind: 'alert' | 'over', alert: StoredAlert, facts: ComposeFacts): AlertMessage {
  const over = kind === 'over';
  const title = titleOf(alert);
  const since = `Since ${timeText(alert.since)}.`;
  const text = over
    ? [`${alert.domain}: it is over.`, '', title, since, `Over at ${timeText(facts.now)}. Nothing is to be done.`].join(
        '\n',
      )
    : [`${alert.domain}: ${title}`, since, '', restOf(alert)].join('\n').trimEnd();
  return {
    id: idOf(kind, [alert], facts),
    kind,
    severity: over ? 'info' : alert.severity,
    subject: `[septet] ${alert.domain}: ${over ? 'over: ' : ''}${title}`,
    text,
    at: facts.now,
    ...(facts.thread === undefined ? {} : { thread: facts.thread }),
    alerts: [{ alert, state: over ? 'over' : 'changed' }],
  };
}

function section(title: string, alerts: readonly StoredAlert[], now: number): readonly string[] {
  if (alerts.length === 0) return [];
  const shown = alerts.slice(0, maxListed);
  return [
    '',
    title,
    ...shown.map((alert) => `  ${alert.domain}: ${titleOf(alert)} (${alert.severity}, ${sinceText(alert.since, now)})`),
    ...(alerts.length > shown.length ? [`  and ${alerts.length - shown.length} more`] : []),
  ];
}

const sinceText = (since: number, now: number): string =>
  now - since < 60_000 ? 'just now' : `since ${timeText(since)}`;

/** `2026-11-23 12:00 UTC`. */
export const timeText = (instant: number): string =>
  `${new Date(instant).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

const idOf = (kind: string, alerts: readonly StoredAlert[], { channel, turn }: ComposeFacts): string =>
  createHash('sha256')
    .update(JSON.stringify([kind, channel, turn, alerts.map((alert) => [alertId(alert), alert.severity, alert.text])]))
    .digest('hex')
    .slice(0, 24);
