/**
 * MTA-STS as a sender honours it (RFC 8461 §5): the policy of a receiver is asked for, kept for its `max_age`, and asked
 * for again when the id of the TXT record has changed. Kept in memory alone: a relay that starts again asks again.
 */
import { under, type DnsName } from '../dns/name.ts';
import { txtText } from '../dns/rrset.ts';
import { policyUrl } from '../records/mtasts/lookup.ts';
import { maxPolicyOctets, parsePolicy, type MtaStsPolicy } from '../records/mtasts/policy.ts';
import { parse } from '../records/mtasts/record.ts';
import type { World } from '../world/world.ts';

export interface StsPolicies {
  /** The policy that holds for the domain now; undefined: none. Never rejects. */
  of(domain: DnsName): Promise<MtaStsPolicy | undefined>;
}

interface Kept {
  readonly id: string;
  readonly policy: MtaStsPolicy;
  /** Milliseconds since 1970. */
  readonly until: number;
}

const maxKept = 10_000; // house
/** RFC 8461 §3.3 gives a minute; the client waits for the answer to its RCPT meanwhile. */
const fetchLimits = { maxOctets: maxPolicyOctets, timeoutMs: 30_000 };
/** How long an answer is taken without a question: RFC 8461 §3.3 asks senders to look no more often than needed. */
const freshMs = 60_000; // house

export function stsPolicies(world: World): StsPolicies {
  const kept = new Map<DnsName, Kept>();
  const asked = new Map<DnsName, { readonly at: number; readonly outcome: Promise<MtaStsPolicy | undefined> }>();
  const ask = async (domain: DnsName): Promise<MtaStsPolicy | undefined> => {
    const name = under('_mta-sts', domain);
    const txt = name === undefined ? undefined : await world.resolver.query(name, 'TXT');
    const before = kept.get(domain);
    const old = before && before.until > world.now() ? before : undefined;
    const records = txt?.kind === 'found' ? txt.set.data.map((data) => parse(txtText(data))) : [];
    const announced = records.filter((record) => record.kind !== 'other');
    const [only] = announced;
    // No record, or several: as if there were none, but a policy that is kept still holds (RFC 8461 §3.1, §5.1).
    const id = announced.length === 1 && only?.kind === 'good' ? only.value.id : undefined;
    if (id === undefined || (old && old.id === id)) return old?.policy;
    const fetched = await world.fetch?.(policyUrl(domain), fetchLimits);
    const isFile = fetched?.kind === 'response' && fetched.status === 200 && fetched.redirects.length === 0;
    const read = isFile ? parsePolicy(fetched.body) : undefined;
    // One that cannot be fetched is as none, or as the one that is kept (RFC 8461 §3.3, §5.1).
    if (read?.kind !== 'good') return old?.policy;
    kept.delete(domain);
    kept.set(domain, { id, policy: read.value, until: world.now() + read.value.maxAgeSeconds * 1000 });
    const [first] = kept.keys();
    if (kept.size > maxKept && first !== undefined) kept.delete(first);
    return read.value;
  };
  return {
    of(domain) {
      const before = asked.get(domain);
      if (before && before.at > world.now() - freshMs) return before.outcome;
      const outcome = ask(domain);
      asked.delete(domain);
      asked.set(domain, { at: world.now(), outcome });
      outcome.catch(() => asked.delete(domain));
      const [first] = asked.keys();
      if (asked.size > maxKept && first !== undefined) asked.delete(first);
      return outcome;
    },
  };
}
