/** What both generations of receivers do with failing mail from a domain and from its sub-domains. */
import { type Discovery, type Source, walkBelow } from './discover.ts';
import { type Effect, type Reading, readAs7489, readAs9989 } from './readers.ts';
import type { DmarcRecord } from './record.ts';

export interface EffectiveFor {
  /** Mail from the domain itself. */
  readonly domain: Effect;
  /** Mail from a sub-domain that exists and has no record of its own. */
  readonly existing: Effect;
  /** Mail from a sub-domain that does not exist. */
  readonly ghost: Effect;
}

export interface Effective {
  /** Readers of RFC 9989. */
  readonly new: EffectiveFor;
  /** Readers of RFC 7489. */
  readonly old: EffectiveFor;
}

/** The matrix domain / existing sub-domain / ghost sub-domain × new / old reader. */
export function effectiveOf(discovery: Discovery): Effective {
  const { walk, list, domain } = discovery;
  const below = walkBelow(walk, domain);
  const listBelow: Source =
    list.organisation === undefined || list.organisation === domain ? list.source : aboveIn(discovery);
  return {
    new: {
      domain: pick(walk.source, readAs9989, 'domain'),
      existing: pick(below.source, readAs9989, 'existing'),
      ghost: pick(below.source, readAs9989, 'ghost'),
    },
    old: {
      domain: pick(list.source, readAs7489, 'domain'),
      existing: pick(listBelow, readAs7489, 'existing'),
      ghost: pick(listBelow, readAs7489, 'ghost'),
    },
  };
}

/** For sub-domains of a sub-domain an old reader goes straight to the organisational domain of the list. */
function aboveIn({ walk, list }: Discovery): Source {
  const level = [...list.levels, ...walk.levels].find((level) => level.domain === list.organisation);
  if (level?.record) return { kind: 'organisation', level };
  return level === undefined || level.outcome === 'failed'
    ? { kind: 'unknown', failed: level ? [level] : [] }
    : { kind: 'none' };
}

function pick(source: Source, read: (record: DmarcRecord) => Reading, who: keyof EffectiveFor): Effect {
  if (source.kind === 'unknown') return { kind: 'unknown' };
  if (source.kind === 'none' || source.level.record === undefined) return { kind: 'no-dmarc' };
  const reading = read(source.level.record);
  // The domain itself is a sub-domain of the record's owner when the record is not its own.
  return source.kind !== 'author' && who === 'domain' ? reading.existing : reading[who];
}
