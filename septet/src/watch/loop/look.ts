/** One look at a domain: the whole check, and what every server says of each record that is watched. */
import { audit } from '../../audit/audit.ts';
import type { AuditOptions } from '../../audit/gather.ts';
import type { Report } from '../../audit/report.ts';
import type { DnsName } from '../../dns/name.ts';
import { isAtOrBelow } from '../../dns/name.ts';
import type { Authority } from '../../dns/resolver.ts';
import type { DomainIntent } from '../../plan/intent.ts';
import type { Journal } from '../../store/journal.ts';
import type { Observation } from '../../store/store.ts';
import { recordingWorld } from '../../world/recording.ts';
import type { World } from '../../world/world.ts';
import { observationsOf } from '../drift/observations.ts';
import { knownSelectors, watchedRecords, type WatchedRecord } from '../drift/places.ts';

export interface LookOptions {
  readonly world: World;
  readonly intent: DomainIntent;
  /** The servers of the zone, where the configuration names them. */
  readonly authority?: Authority;
  readonly known: readonly Observation[];
  readonly journal: Pick<Journal, 'entries'> | undefined;
  readonly signal: AbortSignal;
}

export interface Look {
  readonly report: Report;
  readonly observations: readonly Observation[];
}

/** Rejects only with the reason of the signal. */
export async function lookAt({ world, intent, authority, known, journal, signal }: LookOptions): Promise<Look> {
  const { domain } = intent;
  const watched = watchedRecords(domain, known, journal, intent.bimi?.selector);
  const recorder = recordingWorld(authority ? withAuthority(world, authority) : world);
  const report = await audit(recorder.world, domain, optionsOf(intent, watched, signal));
  // What the check has asked is not asked again.
  await askAll(recorder.world, domain, watched);
  signal.throwIfAborted();
  return { report, observations: observationsOf({ domain, recording: recorder.recording(), watched, known }) };
}

/** Names of the zone are asked at these servers, all others as before. */
function withAuthority(world: World, authority: Authority): World {
  const { authoritative } = world;
  return {
    ...world,
    authoritative: async (name) => {
      if (isAtOrBelow(name, authority.zone)) return { kind: 'found', authority };
      return authoritative ? authoritative(name) : { kind: 'failed', detail: 'nobody can be asked directly' };
    },
  };
}

function optionsOf(intent: DomainIntent, watched: readonly WatchedRecord[], signal: AbortSignal): AuditOptions {
  const { domain, tracking, bimi } = intent;
  const host = tracking?.host;
  const selectors = knownSelectors(domain, watched);
  return {
    depth: 'full',
    signal,
    ...(selectors.length > 0 ? { selectors } : {}),
    ...(host === undefined ? {} : { tracking: [host] }),
    ...(bimi === undefined ? {} : { bimiSelector: bimi.selector }),
  };
}

async function askAll(world: World, domain: DnsName, watched: readonly WatchedRecord[]): Promise<void> {
  const found = await world.authoritative?.(domain);
  const authority = found?.kind === 'found' ? found.authority : undefined;
  await Promise.all(
    watched.flatMap(({ name, type }): Promise<unknown>[] => [
      world.resolver.query(name, type),
      ...world.otherResolvers.map((resolver) => resolver.query(name, type)),
      ...(authority && isAtOrBelow(name, authority.zone) ? [authority.ask(name, type)] : []),
    ]),
  );
}
