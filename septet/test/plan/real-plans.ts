/** Real domains taken the way of the program: seen, drafted, written as a configuration, read back, planned. */
import assert from 'node:assert/strict';
import { draftOf, keepReadable } from '../../src/cli/init/init-draft.ts';
import { readFlags } from '../../src/cli/init/init-flags.ts';
import { seeDomain, type SeenDomain } from '../../src/cli/init/init-see.ts';
import type { DomainConfig } from '../../src/config/domain.ts';
import { readConfig } from '../../src/config/read-config.ts';
import { writeConfig } from '../../src/config/write-config.ts';
import { root, type DnsName } from '../../src/dns/name.ts';
import type { QueryOptions, Resolver } from '../../src/dns/resolver.ts';
import type { Answer, RrType } from '../../src/dns/rrset.ts';
import { zoneResolver } from '../../src/dns/zone-resolver.ts';
import type { Zone } from '../../src/dns/zone.ts';
import { noEvidence } from '../../src/plan/evidence.ts';
import { makePlan } from '../../src/plan/make-plan.ts';
import { observe } from '../../src/plan/observe.ts';
import type { Plan } from '../../src/plan/plan.ts';
import type { PlanSeen } from '../../src/plan/seen.ts';
import { wishesOf } from '../../src/plan/wishes.ts';
import type { Source } from '../../src/records/spf/answers.ts';
import { planHost } from '../../src/providers/plan-host.ts';
import { needsOf } from '../../src/senders/needs-of.ts';
import type { SenderSetting } from '../../src/senders/needs.ts';
import type { World } from '../../src/world/world.ts';
import { zoneWorldNow } from '../zone-world.ts';

export interface RealPlan {
  readonly domain: DnsName;
  readonly seen: SeenDomain;
  /** The configuration as `septet init` writes it. */
  readonly text: string;
  /** What the configuration cannot hold, and what `init` did not take over. */
  readonly left: readonly string[];
  readonly settings: DomainConfig;
  readonly plan: Plan;
  readonly planSeen: PlanSeen;
}

/**
 * The real zones as the whole Internet. `wild` is a zone rooted at `.` that holds little of each name: what it does not
 * hold is an answer that did not come, never "does not exist".
 */
export function realWorld(zones: readonly Zone[], wild?: Zone): World {
  const whole = zoneResolver(wild ? [...zones, wild] : zones);
  const peek = <T extends RrType>(name: DnsName, type: T): Answer<T> => {
    const answer = whole.peek(name, type);
    const end = answer.chain.at(-1)?.target ?? name;
    const told = answer.kind === 'found' || answer.kind === 'failed' || answer.zone !== root;
    if (told && answer.kind !== 'failed') return answer;
    const { server, chain, dnssec } = answer;
    const detail = `${end || '.'} ${type} is not in the data`;
    return { kind: 'failed', reason: 'unreachable', detail, name, type, server, chain, dnssec };
  };
  const resolver: Resolver = {
    peek,
    query<T extends RrType>(name: DnsName, type: T, options?: QueryOptions): Promise<Answer<T>> {
      if (options?.signal?.aborted) return Promise.reject(options.signal.reason as Error);
      return Promise.resolve(peek(name, type));
    },
  };
  let calls = 0;
  const randomBytes = (count: number): Uint8Array => new Uint8Array(count).fill((calls++ * 37 + 11) & 255);
  return { resolver, otherResolvers: [], now: () => zoneWorldNow, randomBytes };
}

/** `septet init` from what is seen, and over it `more` senders; then `septet plan` with what was written. */
export async function planFromSeen(
  world: World,
  domain: DnsName,
  more: readonly SenderSetting[] = [],
): Promise<RealPlan> {
  const seen = await seeDomain(world, domain);
  const flags = readFlags(domain, {}, {});
  const base = { intent: flags.config.intent, host: flags.config.host };
  const { settings: draft, left } = keepReadable(draftOf(seen, flags), base);
  const { intent } = draft;
  const text = writeConfig({
    domains: [{ ...draft, intent: { ...intent, senders: [...intent.senders, ...more] } }],
  });
  const read = readConfig(text, { file: 'septet.yaml', env: {} });
  assert.ok(read.kind === 'good', `${domain}: ${JSON.stringify(read)}\n${text}`);
  const settings = read.config.domains.get(domain);
  assert.ok(settings, `${domain} is not in its own configuration:\n${text}`);
  const { plan, planSeen } = await planFrom(world, settings);
  return { domain, seen, text, left: [...seen.senders.unclaimed, ...left], settings, plan, planSeen };
}

/** `septet plan` for one domain of a configuration, without a journal and without own keys. */
export async function planFrom(
  world: World,
  { intent, host }: DomainConfig,
): Promise<{ readonly plan: Plan; readonly planSeen: PlanSeen }> {
  const { needs, faults } = needsOf(intent.domain, intent.senders);
  assert.deepEqual(faults, [], intent.domain);
  const wishes = wishesOf({ intent, needs, ownKeys: new Map() });
  const planSeen = await observe(world, intent, wishes);
  const plan = makePlan({
    intent,
    needs,
    wishes,
    seen: planSeen,
    evidence: noEvidence,
    host: planHost(host.kind),
  });
  return { plan, planSeen };
}

/** Two senders that none of the zones names: mailboxes at Google, and a host and a service of a custom sender. */
export const moreSenders: readonly SenderSetting[] = [
  { kind: 'google-workspace', values: {} },
  { kind: 'custom', values: { spf: ['ip4:198.51.100.7', 'include:amazonses.com'] } },
];

/** The SPF mechanisms that the configuration demands, by name. */
export function wantedOf({ intent }: DomainConfig): ReadonlyMap<DnsName, readonly string[]> {
  const wanted = new Map<DnsName, readonly string[]>();
  for (const { name, mechanisms } of needsOf(intent.domain, intent.senders).needs.flatMap((need) => need.spf))
    wanted.set(name, [...(wanted.get(name) ?? []), ...mechanisms]);
  return wanted;
}

export const sourceOf =
  ({ resolver }: World): Source =>
  (name, type) =>
    resolver.peek?.(name, type);
