/** Numbers over time in one line of a terminal. Pure. */

const levels = '▁▂▃▄▅▆▇█';

/** A day without reports is a `·`; the highest value has the highest bar. At most `width` characters: days are joined. */
export function sparkline(values: readonly (number | undefined)[], width: number): string {
  const size = Math.max(1, Math.ceil(values.length / Math.max(1, width)));
  const groups: (number | undefined)[] = [];
  for (let at = 0; at < values.length; at += size) {
    const some = values.slice(at, at + size).filter((value) => value !== undefined);
    // The mean of the days that were reported on: a last group that is short shows as high as the others.
    groups.push(some.length === 0 ? undefined : some.reduce((sum, value) => sum + value, 0) / some.length);
  }
  const most = Math.max(0, ...groups.filter((value) => value !== undefined));
  return groups
    .map((value) => {
      if (value === undefined) return '·';
      const level = most === 0 ? 0 : Math.min(levels.length - 1, Math.floor((value / most) * levels.length));
      return levels[value > 0 ? Math.max(level, 0) : 0] ?? '·';
    })
    .join('');
}
