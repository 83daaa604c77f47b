/** What a plan has to see of SPF: the live record, and what the wanted mechanisms would lead to. */
import type { Live } from '../../change/change.ts';
import { txtSet } from '../../change/txt.ts';
import type { DnsName } from '../../dns/name.ts';
import type { Resolver } from '../../dns/resolver.ts';
import { txtText, type Answer, type RrType } from '../../dns/rrset.ts';
import type { World } from '../../world/world.ts';
import { lookup, type SpfObservation } from './lookup.ts';
import { mechanismIn, type MergeNeed } from './merge.ts';
import { startOf } from './merge-records.ts';
import { isSpfText } from './record.ts';

export interface SpfPlanObservation {
  /** The live record and everything that it leads to. */
  readonly seen: SpfObservation;
  /**
   * The same for a record with the wanted mechanisms, and with the terms of the live ones where receivers see only an
   * error there. Its own text is made up; what is behind it counts.
   */
  readonly added: SpfObservation;
}

/** The wanted mechanisms that can be read, each once. */
export function wantedMechanisms(needs: readonly MergeNeed[]): readonly string[] {
  return [...new Set(needs.flatMap((need) => need.mechanisms))].filter((text) => mechanismIn(text) !== undefined);
}

/** The names that have to be asked besides the live record: where the wanted mechanisms lead. */
export function lookupsNeeded(name: DnsName, needs: readonly MergeNeed[]): readonly DnsName[] {
  const names = new Set<DnsName>();
  for (const text of wantedMechanisms(needs)) {
    const term = mechanismIn(text);
    if (!term || !('domain' in term)) continue;
    const target = term.domain === null ? name : term.domain.name;
    if (target !== null) names.add(target);
  }
  return [...names];
}

/** Asks for both. `live` is what stands at the name, read before: it is not asked again. */
export async function lookupForPlan(
  world: World,
  name: DnsName,
  needs: readonly MergeNeed[],
  live: Live<'TXT'>,
): Promise<SpfPlanObservation> {
  const wanted = ['v=spf1', ...hiddenTerms(name, live), ...wantedMechanisms(needs)].join(' ');
  const made: Answer<'TXT'> = { ...base(name), kind: 'found', set: txtSet(name, 0, wanted) };
  const [seen, added] = await Promise.all([
    lookup(telling(world, liveAnswer(live)), name, { neighbours: false }),
    lookup(telling(world, made), name, { neighbours: false }),
  ]);
  return { seen, added };
}

/** Mechanisms of a broken record, or of several: an observation of the name itself does not follow them. */
function hiddenTerms(name: DnsName, live: Live<'TXT'>): readonly string[] {
  const set = live.kind === 'present' || live.kind === 'alias' ? live.set : undefined;
  const texts = (set?.data ?? []).map(txtText).filter(isSpfText);
  const start = startOf(name, texts);
  if (typeof start === 'string' || !start.conflicting) return [];
  return start.record.terms
    .filter((term) => ('qualifier' in term ? term.kind !== 'all' : term.kind === 'redirect'))
    .map((term) => term.text);
}

const base = (name: DnsName) => ({ name, type: 'TXT', server: 'plan', chain: [], dnssec: 'unknown' }) as const;

function liveAnswer(live: Live<'TXT'>): Answer<'TXT'> {
  const { name } = live;
  if (live.kind === 'unknown') return { ...base(name), kind: 'failed', reason: 'timeout', detail: live.detail };
  if (live.kind === 'absent') return { ...base(name), kind: 'nodata', negativeTtlSeconds: live.negativeTtlSeconds };
  return live.set
    ? { ...base(name), kind: 'found', set: live.set }
    : { ...base(name), kind: 'nodata', negativeTtlSeconds: 0 };
}

/** The world, in which one answer is known already. */
function telling(world: World, told: Answer<'TXT'>): World {
  const { resolver } = world;
  const known = <T extends RrType>(name: DnsName, type: T): Answer<T> | undefined =>
    name === told.name && type === 'TXT' ? (told as unknown as Answer<T>) : undefined;
  const telling: Resolver = {
    query: (name, type, options) => {
      const answer = known(name, type);
      return answer ? Promise.resolve(answer) : resolver.query(name, type, options);
    },
    peek: (name, type) => known(name, type) ?? resolver.peek?.(name, type),
  };
  return { ...world, resolver: telling };
}
