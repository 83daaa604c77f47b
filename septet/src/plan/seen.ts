/** What was seen of the world for one plan. `observe.ts` looks; everything else here only reads. */
import type { Live } from '../change/change.ts';
import type { DnsName } from '../dns/name.ts';
import type { Answer, RrSet, RrType } from '../dns/rrset.ts';
import type { HostObservation } from '../records/host/lookup.ts';
import type { SpfPlanObservation } from '../records/spf/plan-lookup.ts';
import type { FetchOutcome } from '../world/world.ts';
import type { Inherited } from './inherited.ts';

export interface PlanSeen {
  readonly domain: DnsName;
  /** The zone that holds the domain; the domain itself where nobody could tell. */
  readonly zone: DnsName;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly offline: boolean;
  /** How long the absence of a name is remembered, in seconds (RFC 2308 §5); undefined when the SOA was not seen. */
  readonly negativeTtlSeconds?: number;
  /** By `placeKey`. MX of the domain and `_mta-sts` are always there. */
  readonly live: ReadonlyMap<string, Live>;
  /** What a wildcard answers at names where nothing stands, by `placeKey`. */
  readonly wild: ReadonlyMap<string, Live>;
  /** Names that belong to a zone below this one, with the top of that zone. */
  readonly cuts: ReadonlyMap<DnsName, DnsName>;
  /** Other data at names that shall become aliases. */
  readonly beside: ReadonlyMap<DnsName, readonly RrSet[]>;
  /** Who says what about the RRsets that stand, by `placeKey`. */
  readonly places: ReadonlyMap<string, readonly PlaceAnswer[]>;
  /** The DMARC policy that a sub-domain without a record has from above. */
  readonly inherited?: Inherited;
  readonly spf: ReadonlyMap<DnsName, SpfPlanObservation>;
  /** By URL. */
  readonly served: ReadonlyMap<string, FetchOutcome>;
  /** By address, as the wish writes it. */
  readonly hosts: ReadonlyMap<string, HostObservation>;
}

/** What one server or resolver says. */
export interface PlaceAnswer {
  readonly role: 'authoritative' | 'resolver';
  /** `ns1.example.net (192.0.2.1)`. */
  readonly place: string;
  readonly answer: Answer;
}

export const placeKey = (name: DnsName, type: RrType): string => `${type} ${name}`;
