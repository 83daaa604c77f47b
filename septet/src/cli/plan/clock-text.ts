/** Times for people: a clock time, and how long that is. */

/** `today 14:32 UTC`, `24 November 07:00 UTC`, with the year where it is another. */
export function clockText(at: number, now: number): string {
  const date = new Date(at);
  const time = `${date.toISOString().slice(11, 16)} UTC`;
  const day = date.toISOString().slice(0, 10);
  const today = new Date(now).toISOString().slice(0, 10);
  if (day === today) return `today ${time}`;
  const months = [
    'January',
    'February',
    'March',
    'April',
    'May',
    'June',
    'July',
    'August',
    'September',
    'October',
    'November',
    'December',
  ];
  const year = day.slice(0, 4) === today.slice(0, 4) ? '' : ` ${day.slice(0, 4)}`;
  return `${date.getUTCDate()} ${months[date.getUTCMonth()]}${year} ${time}`;
}

/** `45 seconds`, `30 minutes`, `2 hours`, `28 days`; rounded to the unit that a person would use. */
export function spanText(seconds: number): string {
  const units: readonly (readonly [number, string])[] = [
    [86_400, 'day'],
    [3600, 'hour'],
    [60, 'minute'],
    [1, 'second'],
  ];
  for (const [size, word] of units) {
    if (seconds < 2 * size && size > 1 && seconds % size !== 0) continue;
    if (seconds < size) continue;
    const count = Math.round(seconds / size);
    return `${count} ${word}${count === 1 ? '' : 's'}`;
  }
  return '0 seconds';
}
