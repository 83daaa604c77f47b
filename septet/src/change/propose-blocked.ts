/** Why nothing can be proposed at a name, for all records alike: nobody could tell, or an alias stands in the way. */
import { absolute } from '../dns/name.ts';
import type { Live, Proposal } from './change.ts';

type Blocked = Extract<Proposal, { kind: 'blocked' }>;

/** Nobody could tell what stands there. Publishing upon a guess may throw away what somebody needs. */
export function unknownAt(live: Extract<Live, { kind: 'unknown' }>): Blocked {
  return {
    kind: 'blocked',
    why: `Nobody could tell which ${live.type} stands at ${absolute(live.name)} (${live.detail}).`,
    cure: 'Plan again when the name servers answer; until then nothing is changed there.',
    unanswered: true,
  };
}

/** The name is an alias, and nothing else can stand beside a CNAME (RFC 1034 §3.6.2). */
export function aliasAt(live: Extract<Live, { kind: 'alias' }>): Blocked {
  const name = absolute(live.name);
  const target = absolute(live.target);
  return {
    kind: 'blocked',
    why: `${name} is an alias (CNAME) of ${target}, so no ${live.type} can stand there (RFC 1034 §3.6.2).`,
    cure: `Remove the CNAME at ${name} and plan again, or have whoever runs ${target} publish the ${live.type} there.`,
  };
}
