/**
 * CAA, Certification Authority Authorization (RFC 8659): which authorities may issue certificates for a host. The set
 * that counts is the first one on the way from the host to the root; at each name aliases are followed, but the climb
 * goes on from the name itself, not from the alias's target (§3).
 */
import { parent, type DnsName } from '../../dns/name.ts';
import type { Answer, Caa } from '../../dns/rrset.ts';
import { dataOf } from '../../dns/rrset.ts';
import type { Finding } from '../../finding/finding.ts';
import type { World } from '../../world/world.ts';
import { evidenceOf, listOf } from './evidence.ts';
import { found } from './findings.ts';

export interface CaaClimb {
  readonly host: DnsName;
  /** The answers from the host upwards, the last one with the set that counts, if there is one. */
  readonly path: readonly Answer<'CAA'>[];
}

/** Climbs from each host; names that several hosts pass are asked once. */
export async function climbCaa(world: World, hosts: readonly DnsName[]): Promise<readonly CaaClimb[]> {
  const asked = new Map<DnsName, Promise<Answer<'CAA'>>>();
  const ask = (name: DnsName): Promise<Answer<'CAA'>> => {
    const pending = asked.get(name) ?? world.resolver.query(name, 'CAA');
    asked.set(name, pending);
    return pending;
  };
  return Promise.all(
    [...new Set(hosts)].map(async (host) => {
      const path: Answer<'CAA'>[] = [];
      for (let at = host; at !== ''; at = parent(at)) {
        const answer = await ask(at);
        path.push(answer);
        // A failure hides what a climb past it would overrule (RFC 8659 §3: issuers must not go on either).
        if (answer.kind === 'found' || answer.kind === 'failed') break;
      }
      return { host, path };
    }),
  );
}

export interface CaaContext {
  /** The CAA domain names of the authorities that issue for a host; any one of them is enough. */
  readonly issuers?: ReadonlyMap<DnsName, readonly string[]>;
  /** The same for mark certificates (BIMI), when there is one or one is planned. */
  readonly markIssuers?: readonly string[];
}

/** Properties that issuers understand: RFC 8659 §4, RFC 9495, RFC 8657 has parameters only; issuevmc is from the BIMI group. */
const knownTags: ReadonlySet<string> = new Set([
  'issue',
  'issuewild',
  'issuemail',
  'issuevmc',
  'iodef',
  'contactemail',
  'contactphone',
]);
const critical = 128; // RFC 8659 §4.1

export function checkCaa(climbs: readonly CaaClimb[], domain: DnsName, context: CaaContext): readonly Finding[] {
  const findings: Finding[] = [];
  for (const { host, path } of climbs) {
    const last = path.at(-1);
    if (last?.kind !== 'found') continue;
    const set = dataOf(last);
    const evidence = [evidenceOf(last)];
    const at = last.set.name;
    const subject = { name: host, type: 'CAA' };
    const used = context.issuers?.get(host) ?? [];
    const blocked = host === domain && used.length === 0 ? undefined : blockedBy(set, used);
    if (blocked !== undefined) {
      findings.push(found('dns.caa.blocks', { subject, args: { host, at, blocked }, evidence }));
    }
    if (host !== domain) continue;
    const marks = issuersIn(set, 'issuevmc');
    const wanted = context.markIssuers ?? [];
    if (marks && !wanted.some((issuer) => marks.includes(issuer)) && (wanted.length > 0 || marks.length === 0)) {
      const args = { domain: host, allowed: marks.length === 0 ? 'nobody' : listOf(marks) };
      findings.push(found('dns.caa.issuevmc', { subject, args, evidence }));
    }
  }
  return findings;
}

/** Whom the set shuts out, of those who are needed; `undefined` when they may issue or nobody knows who is needed. */
function blockedBy(set: readonly Caa[], used: readonly string[]): string | undefined {
  const unknown = set.find(({ flags, tag }) => (flags & critical) !== 0 && !knownTags.has(tag.toLowerCase()));
  if (unknown) return `every issuer (the critical property \`${unknown.tag}\` is unknown to them)`;
  const allowed = issuersIn(set, 'issue');
  if (allowed === undefined) return undefined;
  if (allowed.length === 0) return 'every issuer';
  return used.length === 0 || used.some((issuer) => allowed.includes(issuer)) ? undefined : used[0];
}

/** The issuers that a property names; `undefined` when the set has no such property. RFC 8659 §4.2: `issue ";"` names none. */
function issuersIn(set: readonly Caa[], property: string): readonly string[] | undefined {
  const values = set.filter(({ tag }) => tag.toLowerCase() === property);
  if (values.length === 0) return undefined;
  return values.flatMap(({ value }) => (value.split(';')[0] ?? '').trim().toLowerCase() || []);
}
