/** Clicks and opens as rows, for both databases and for the thread that writes them. Pure. */
import { dayOf } from '../sql/rollups.ts';
import { plainText, type Bulk, type Value } from '../sql/sql-bulk.ts';
import type { HitAgent, HitKind, TrackingHit } from '../tracking.ts';

/** In the order of the numbers that are stored; new ones go to the end. */
export const hitKinds = ['click', 'open', 'unsubscribe'] as const satisfies readonly HitKind[];
export const hitAgents = ['person', 'proxy', 'scanner'] as const satisfies readonly HitAgent[];

export const hitBulk: Bulk = {
  table: 'tracking_hit',
  columns: ['domain', 'at', 'kind', 'agent', 'campaign', 'message', 'reader', 'link', 'address'],
};
export const hitColumns = hitBulk.columns.length;

export const dayBulk: Bulk = {
  table: 'tracking_day',
  columns: ['domain', 'day', 'campaign', 'kind', 'agent', 'count'],
  tail: () =>
    'on conflict (domain, day, campaign, kind, agent) do update set count = tracking_day.count + excluded.count',
};

/** The columns of `hitBulk`, put behind what stands in the list. */
export function putHit(values: Value[], hit: TrackingHit): void {
  values.push(
    hit.domain,
    hit.at,
    hitKinds.indexOf(hit.kind),
    hitAgents.indexOf(hit.agent),
    plainText(hit.campaign),
    plainText(hit.message),
    hit.reader,
    hit.link ?? null,
    hit.address ?? null,
  );
}

/** What the hits add to the days, in one order on all machines: so two of them never wait for each other in a circle. */
export function dayRows(values: readonly Value[]): readonly (readonly Value[])[] {
  const counts = new Map<string, Value[]>();
  for (let at = 0; at < values.length; at += hitColumns) {
    const [domain = '', time, kind = 0, agent = 0, campaign = ''] = values.slice(at, at + 5);
    const day = dayOf(Number(time));
    const key = `${domain} ${day} ${kind} ${agent} ${campaign}`;
    const count = counts.get(key);
    if (count) count[5] = Number(count[5]) + 1;
    else counts.set(key, [domain, day, campaign, kind, agent, 1]);
  }
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}
