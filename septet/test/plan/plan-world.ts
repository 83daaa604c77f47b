/** From a configuration and zone text to a plan, as the program goes, without network, clock or files. */
import assert from 'node:assert/strict';
import { readConfig } from '../../src/config/read-config.ts';
import type { DomainConfig } from '../../src/config/domain.ts';
import { dnsName, type DnsName } from '../../src/dns/name.ts';
import type { Authority, Resolver } from '../../src/dns/resolver.ts';
import { zoneResolver } from '../../src/dns/zone-resolver.ts';
import type { Zone } from '../../src/dns/zone.ts';
import { noEvidence, type PlanEvidence } from '../../src/plan/evidence.ts';
import type { PlanHost } from '../../src/plan/input.ts';
import { makePlan } from '../../src/plan/make-plan.ts';
import { observe } from '../../src/plan/observe.ts';
import type { GatePosition, Plan, Step } from '../../src/plan/plan.ts';
import type { Standings } from '../../src/plan/ramp-standing.ts';
import type { PlanSeen } from '../../src/plan/seen.ts';
import { wishesOf } from '../../src/plan/wishes.ts';
import { planHost } from '../../src/providers/plan-host.ts';
import { needsOf } from '../../src/senders/needs-of.ts';
import {
  fakeFetch,
  withFailures,
  zoneOf,
  zoneWorld,
  zoneWorldNow,
  type FailingQuestion,
  type FakePage,
} from '../zone-world.ts';

/** Names of others that scenarios lead to; everything else in the world does not exist. */
export const internet = `
_spf.google.com. TXT "v=spf1 ip4:35.190.247.0/24 ~all"
amazonses.com. TXT "v=spf1 ip4:199.255.192.0/22 -all"
mailgun.org. TXT "v=spf1 ip4:69.72.32.0/20 -all"
old.example.net. TXT "v=spf1 ip4:9.9.9.9 -all"
app.example.net. A 9.9.9.10
feedback-smtp.eu-west-1.amazonses.com. A 9.9.9.11
smtp.google.com. A 9.9.9.12
10.100.51.198.in-addr.arpa. PTR mail.example.com.
`;

const top = `$ORIGIN example.com.
$TTL 3600
@ SOA ns1 hostmaster 1 7200 3600 1209600 600
@ NS ns1
@ NS ns2
ns1 A 198.51.100.1
ns2 A 198.51.100.2
mail A 198.51.100.10
`;

/** The zone example.com. with these records; TTL 3600, absence is remembered for 600 seconds. */
export const zoneText = (records = ''): string => `${top}${records}\n`;

export interface Scene {
  /** What stands below the domain in `septet.yaml`. */
  readonly settings: string;
  readonly domain?: string;
  /** Records of example.com, or a whole zone. */
  readonly zone?: string | Zone;
  /** Other zones. */
  readonly others?: readonly string[];
  readonly failures?: readonly FailingQuestion[];
  readonly pages?: Readonly<Record<string, FakePage>>;
  readonly evidence?: Partial<PlanEvidence>;
  /** Milliseconds after the clock of all zone worlds. */
  readonly later?: number;
  /** The zones of the authoritative servers, one each; absent: nobody can be asked directly. */
  readonly servers?: readonly string[];
  /** The zones that further resolvers see. */
  readonly resolvers?: readonly string[];
  /** A key of `host-kinds.ts`, or the host itself. */
  readonly host?: string | PlanHost;
  readonly ownKeys?: Readonly<Record<string, string>>;
  readonly rotations?: Readonly<Record<string, string>>;
  readonly standings?: Standings;
  /** Seconds. */
  readonly longestMaxAge?: number;
}

export interface Made {
  readonly plan: Plan;
  readonly seen: PlanSeen;
}

const plainHost: PlanHost = { title: 'Test host', nearestTtl: (seconds) => seconds, faultsOf: () => [] };

export function configOf(settings: string, domain = 'example.com'): DomainConfig {
  const indented = settings.replaceAll(/^/gm, '    ');
  const read = readConfig(`domains:\n  ${domain}:\n${indented}\n`, { file: 'septet.yaml', env: {} });
  assert.ok(read.kind === 'good', JSON.stringify(read));
  const config = read.config.domains.get(dnsName(domain));
  assert.ok(config);
  return config;
}

export async function planOf(scene: Scene): Promise<Plan> {
  return (await madeOf(scene)).plan;
}

export async function madeOf(scene: Scene): Promise<Made> {
  const { intent } = configOf(scene.settings, scene.domain);
  const { needs, faults } = needsOf(intent.domain, intent.senders);
  assert.deepEqual(faults, []);
  const ownKeys = new Map(Object.entries(scene.ownKeys ?? {}));
  const rotations = new Map(Object.entries(scene.rotations ?? {}));
  const { standings, longestMaxAge } = scene;
  const ramps = { ...(standings ? { standings } : {}), ...(longestMaxAge === undefined ? {} : { longestMaxAge }) };
  const wishes = wishesOf({ intent, needs, ownKeys, rotations, ...ramps });
  const now = zoneWorldNow + (scene.later ?? 0);
  const world = zoneWorld(internet, {
    resolver: resolverOf(scene, scene.zone, 'resolver 1'),
    otherResolvers: (scene.resolvers ?? []).map((zone, index) => resolverOf(scene, zone, `resolver ${index + 2}`)),
    now: () => now,
    ...(scene.pages ? { fetch: fakeFetch(scene.pages) } : {}),
  });
  const authority = scene.servers ? authorityOf(scene, scene.servers) : undefined;
  const seen = await observe(world, intent, wishes, authority ? { authority } : {});
  const host = typeof scene.host === 'string' ? planHost(scene.host) : (scene.host ?? plainHost);
  return {
    plan: makePlan({ intent, needs, wishes, seen, evidence: { ...noEvidence, ...scene.evidence }, host }),
    seen,
  };
}

function resolverOf(scene: Scene, zone: string | Zone | undefined, place: string): Resolver {
  const own = typeof zone === 'object' ? zone : zoneOf(zone?.includes('SOA') ? zone : zoneText(zone));
  const resolver = withFailures(
    zoneResolver([own, zoneOf(internet), ...(scene.others ?? []).map((text) => zoneOf(text))]),
    scene.failures ?? [],
  );
  // A resolver's answers carry its address, and no AA.
  return {
    query: async (name, type, options) => ({ ...(await resolver.query(name, type, options)), server: place }),
  };
}

function authorityOf(scene: Scene, servers: readonly string[]): Authority {
  const resolvers = servers.map((text) => withFailures(zoneResolver([zoneOf(zoneText(text))]), scene.failures ?? []));
  return {
    zone: dnsName('example.com'),
    delegated: [],
    apex: [],
    ask: (name, type) =>
      Promise.all(
        resolvers.map(async (resolver, index) => ({
          server: dnsName(`ns${index + 1}.example.com`),
          address: `198.51.100.${index + 1}`,
          answer: await resolver.query(name, type),
        })),
      ),
  };
}

/** `mx done`, `spf ready`, in the order of the plan. */
export const statuses = (plan: Plan): readonly string[] => plan.steps.map((step) => `${step.id} ${step.status.kind}`);

export function stepOf(plan: Plan, id: string): Step {
  const step = plan.steps.find((other) => other.id === id);
  assert.ok(step, `no step ${id} in: ${plan.steps.map((other) => other.id).join(', ')}`);
  return step;
}

export function gateOf(plan: Plan, id: string, kind: GatePosition['gate']['kind'], since?: string): GatePosition {
  const { gates } = stepOf(plan, id);
  const found = gates.find(
    ({ gate }) =>
      gate.kind === kind &&
      (since === undefined ||
        (gate.kind === 'visible' ? gate.step === since : gate.kind === 'elapsed' && gate.since === since)),
  );
  assert.ok(found, `${id} has no gate ${kind} ${since ?? ''}: ${JSON.stringify(gates)}`);
  return found;
}

/** Texts after the step, of its first change. */
export function textsAfter(plan: Plan, id: string): readonly string[] {
  const after = stepOf(plan, id).changes[0]?.after;
  assert.ok(after, `${id} publishes nothing: ${JSON.stringify(stepOf(plan, id).status)}`);
  return after.data.map((data) => (typeof data === 'object' && 'strings' in data ? data.strings.join('') : text(data)));
}

const text = (data: unknown): string => {
  if (typeof data === 'string') return data;
  const { preference, exchange } = data as { readonly preference: number; readonly exchange: DnsName };
  return `${preference} ${exchange}`;
};
