/** `--since` and `--until`: the days that a table is about. */
import type { Period } from '../../store/store.ts';
import { InputError } from '../io.ts';
import { visible } from '../visible.ts';

const dayMs = 86_400_000;
const units: Readonly<Record<string, number>> = { d: 1, w: 7, m: 30, y: 365 };
const maxDays = 36_500;

/** Throws `InputError`. The days of both ends are in. */
export function periodOf(
  options: { readonly since: string; readonly until?: string | undefined },
  now: number,
): Period {
  const until = options.until === undefined ? now : dayAt(options.until, '--until') + dayMs;
  const since = sinceOf(options.since, Math.min(until, now));
  if (since >= until) throw new InputError('--since is later than --until: no day lies between them.');
  return { since, until };
}

function sinceOf(text: string, now: number): number {
  const [, count, unit] = /^(\d{1,6})([dwmy])$/i.exec(text.trim()) ?? [];
  if (count === undefined || unit === undefined) return dayAt(text, '--since');
  const days = Number(count) * (units[unit.toLowerCase()] ?? 1);
  if (days < 1 || days > maxDays) throw new InputError(`--since goes back 1 to ${maxDays} days, not ${days}.`);
  return now - days * dayMs;
}

function dayAt(text: string, option: string): number {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text.trim()) ? Date.parse(`${text.trim()}T00:00:00Z`) : NaN;
  if (Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== text.trim()) {
    const days = option === '--since' ? 'a number of days such as 30d, or ' : '';
    throw new InputError(`${option} is ${days}a date such as 2026-11-23, not ${visible(text.slice(0, 40))}.`);
  }
  return at;
}

/** `2026-10-24 to 2026-11-23`. */
export const periodText = ({ since, until }: Period): string =>
  `${new Date(since).toISOString().slice(0, 10)} to ${new Date(until - 1).toISOString().slice(0, 10)}`;
