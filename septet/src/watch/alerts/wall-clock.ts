/**
 * Times of day in a time zone, as instants. Where the clock is put forward over a time, the time is the moment of the
 * change; where it is put back, the first of the two counts. So each time of day comes once a day, whatever the clock does.
 */
import type { QuietHours, TimeOfDay } from './channel.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  const made = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    era: 'short',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  formats.set(zone, made);
  return made;
}

/** What the clock on the wall shows, written as if it were UTC: milliseconds since 1970, whole seconds. */
function wallOf(instant: number, zone: string): number {
  const parts = new Map(
    formatOf(zone)
      .formatToParts(instant)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
}

/** The instant at which a clock shows the wall time; see the head of this file for changes of the clock. */
function instantOf(wall: number, zone: string): number {
  // The offset before and after any change of that day.
  const offsets = [wall - dayMs, wall + dayMs].map((near) => wallOf(near, zone) - near);
  const exact = offsets.map((offset) => wall - offset).filter((instant) => wallOf(instant, zone) === wall);
  if (exact.length > 0) return Math.min(...exact);
  // The clock jumps over it: the first instant at which it shows a later time.
  let before = Math.min(...offsets.map((offset) => wall - offset));
  let after = Math.max(...offsets.map((offset) => wall - offset));
  while (after - before > 1000) {
    const middle = Math.floor((before + after) / 2000) * 1000;
    if (wallOf(middle, zone) > wall) after = middle;
    else before = middle;
  }
  return after;
}

function daysAround(time: TimeOfDay, instant: number): readonly number[] {
  const today = Math.floor(wallOf(instant, time.zone) / dayMs);
  return [-2, -1, 0, 1, 2].map((day) => instantOf((today + day) * dayMs + time.minutes * minuteMs, time.zone));
}

/** The next instant behind `after` at which the clock shows the time. */
export function nextAt(time: TimeOfDay, after: number): number {
  return Math.min(...daysAround(time, after).filter((instant) => instant > after));
}

/** The last instant, `now` included, at which the clock showed the time. */
export function lastAt(time: TimeOfDay, now: number): number {
  return Math.max(...daysAround(time, now).filter((instant) => instant <= now));
}

/** When the quiet hours end that `now` lies in; `undefined` outside of them. */
export function quietUntil(quiet: QuietHours, now: number): number | undefined {
  const end = nextAt(quiet.until, lastAt(quiet.from, now));
  return now < end ? end : undefined;
}
