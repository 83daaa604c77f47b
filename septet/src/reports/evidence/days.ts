/** Days of reports, in UTC, as `2026-11-23`. Pure. */

export const dayMs = 86_400_000;

/** The day that holds the moment, in milliseconds since 1970. */
export const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** Its first millisecond. */
export const startOf = (day: string): number => Date.parse(`${day}T00:00:00Z`);

/** The whole days between the two moments, in order: only those that began after `since` and were over at `until`. */
export function wholeDays(since: number, until: number): readonly string[] {
  const days: string[] = [];
  for (let at = Math.ceil(since / dayMs) * dayMs; at + dayMs <= until; at += dayMs) days.push(dayOf(at));
  return days;
}
