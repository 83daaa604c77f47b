/** The limits of a host that is known to be in the table. */
import type { HostLimits } from '../../plan/limits.ts';
import { hostLimits } from '../limits.ts';

export function limitsOf(key: string): HostLimits {
  const limits = hostLimits[key];
  if (limits === undefined) throw new TypeError(`no limits for ${key}`);
  return limits;
}
