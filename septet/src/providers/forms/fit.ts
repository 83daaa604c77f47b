/**
 * Steps fitted to a host: TTLs raised to its floor, and what it cannot store taken out with a sentence in its place.
 * Every form starts here, so that none of them prints what its host would refuse or mangle.
 */
import type { Change } from '../../change/change.ts';
import { absolute, isAtOrBelow, type DnsName } from '../../dns/name.ts';
import type { RrSet } from '../../dns/rrset.ts';
import type { FormInput, FormStep } from '../form.ts';
import type { HostLimits } from '../../plan/limits.ts';
import { checkLimits } from '../limits.ts';

export interface FitRules {
  /** `Cloudflare`: completes "cannot be stored at …". */
  readonly host: string;
  readonly limits?: HostLimits;
  /** The TTL that is chosen instead, where the host offers a list. */
  readonly ttlOf?: (seconds: number) => number;
  /** Why the form itself cannot say this, and what to do instead; a sentence. */
  readonly refuses?: (change: Change) => string | undefined;
}

export interface FittedStep {
  /** Counted from 1. */
  readonly number: number;
  readonly step: FormStep;
  /** What the host can store. */
  readonly changes: readonly Change[];
  /** Sentences: `cannot be stored at GoDaddy: example.com MX: this host cannot …`. */
  readonly refused: readonly string[];
  /** Sentences about TTLs that were changed. */
  readonly raised: readonly string[];
}

export function fit(input: FormInput, rules: FitRules): readonly FittedStep[] {
  return input.steps.map((step, index) => {
    const changes: Change[] = [];
    const refused: string[] = [];
    const raised: string[] = [];
    for (const wanted of step.changes) {
      const change = withTtl(wanted, rules, raised);
      const why = refusal(change, input.zone, rules);
      if (why === undefined) changes.push(change);
      else refused.push(`cannot be stored at ${rules.host}: ${why}`);
    }
    return { number: index + 1, step, changes, refused, raised };
  });
}

function refusal(change: Change, zone: DnsName, rules: FitRules): string | undefined {
  if (!isAtOrBelow(change.name, zone)) {
    return `${change.name} ${change.type} stands outside of the zone ${absolute(zone)} Publish it where its own zone is kept.`;
  }
  const breaks = rules.limits ? checkLimits(change, rules.limits) : [];
  if (breaks.length > 0) return breaks.map(({ text }) => text).join(' ');
  return rules.refuses?.(change);
}

function withTtl(change: Change, rules: FitRules, raised: string[]): Change {
  const { after } = change;
  if (after === undefined) return change;
  const { minTtlSeconds: least = 0, maxTtlSeconds: most = Infinity } = rules.limits ?? {};
  const clamped = Math.min(Math.max(after.ttlSeconds, least), most);
  const seconds = rules.ttlOf?.(clamped) ?? clamped;
  if (seconds === after.ttlSeconds) return change;
  raised.push(
    `${change.name} ${change.type}: the TTL is ${seconds} seconds here; ${rules.host} has no ${after.ttlSeconds}.`,
  );
  const { ttlsSeconds: _, ...rest } = after;
  const set: RrSet = { ...rest, ttlSeconds: seconds };
  return { ...change, after: set };
}
