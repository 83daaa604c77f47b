/** The limits of a host that is known to be in the table. */
import { hostLimits, type KnownLimits } from '../limits.ts';

export function limitsOf(key: string): KnownLimits {
  const limits = hostLimits[key];
  if (limits === undefined) throw new TypeError(`no limits for ${key}`);
  return limits;
}
