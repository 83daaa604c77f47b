/** What `reports show` shows, before it is text, JSON or CSV. Pure. */
import type { DnsName } from '../../dns/name.ts';
import type { Period, Store, TallyLine } from '../../store/store.ts';
import type { TlsShown } from './tls-shown.ts';

export const showKinds = ['source', 'day', 'receiver', 'result'] as const;
export type ShowBy = (typeof showKinds)[number];

export interface ShownLine extends TallyLine {
  /** For a person: a source by name. */
  readonly title: string;
}

export interface ShownDomain {
  readonly domain: DnsName;
  readonly days: readonly TallyLine[];
  /** By what was asked for; of `result` the dispositions. */
  readonly lines: readonly ShownLine[];
  /** Messages of reports that nobody vouches for and that are not counted. */
  readonly unproved: number;
  readonly tls: TlsShown;
}

export interface Shown {
  readonly period: Period;
  readonly by: ShowBy;
  readonly domains: readonly ShownDomain[];
  readonly foreign: readonly { readonly domain: string; readonly reports: number }[];
  readonly refusals: Awaited<ReturnType<Store['reports']['refusals']>>;
}

/** Sources of one name together: a sender comes under several keys when a proof fails at times. Most messages first. */
export function byTitle(lines: readonly ShownLine[]): readonly ShownLine[] {
  const sums = new Map<string, ShownLine>();
  for (const line of lines) {
    const before = sums.get(line.title);
    const summed = before === undefined ? line : { ...before };
    if (before !== undefined) {
      for (const counter of counters) Object.assign(summed, { [counter]: before[counter] + line[counter] });
    }
    sums.set(line.title, summed);
  }
  return [...sums.values()].sort((a, b) => b.messages - a.messages || (a.title < b.title ? -1 : 1));
}

export const counters = [
  'messages',
  'aligned',
  'dkimAligned',
  'spfAligned',
  'quarantined',
  'rejected',
  'forwarded',
  'errors',
] as const;

export const messagesOf = (lines: readonly TallyLine[]): number =>
  lines.reduce((sum, { messages }) => sum + messages, 0);
