/**
 * A sub-domain without a DMARC record is under the policy of the domain above (RFC 9989 §4.10.1). Its own first record
 * takes that away, so it must not be milder: it begins where the policy above stands.
 */
import type { Live, Proposal } from '../change/change.ts';
import { txtOf } from '../change/txt.ts';
import type { DnsName } from '../dns/name.ts';
import { registrableDomain } from '../dns/public-suffix.ts';
import type { Resolver } from '../dns/resolver.ts';
import { txtText, type Answer, type RrSet } from '../dns/rrset.ts';
import { discover } from '../records/dmarc/discover.ts';
import { appliedSource } from '../records/dmarc/lookup.ts';
import { proposeStage, type StageProposalWant } from '../records/dmarc/plan.ts';
import { format, isDmarc, isPolicy, type DmarcRecord } from '../records/dmarc/record.ts';

/** The policy that a domain has from above; undefined where there is none, or where the domain stands at the top. */
export type Inherited =
  | { readonly kind: 'policy'; readonly from: DnsName; readonly record: DmarcRecord }
  /** `at`: where nobody answered. */
  | { readonly kind: 'unknown'; readonly at: DnsName };

/** Asks at the levels above. Rejects never for an outcome of DNS. */
export async function lookupInherited(resolver: Resolver, domain: DnsName): Promise<Inherited | undefined> {
  if ((registrableDomain(domain) ?? domain) === domain) return undefined;
  const texts = new Map<DnsName, Answer<'TXT'>>();
  for (;;) {
    const result = discover(domain, (name) => texts.get(name));
    if (result.kind === 'done') {
      const { walk, list } = result.discovery;
      // Where a level above is silent, the registered domain tells: registries that publish a policy are few.
      const source = walk.source.kind === 'unknown' ? list.source : appliedSource(result.discovery);
      if (source.kind === 'unknown') return { kind: 'unknown', at: source.failed[0]?.query ?? domain };
      const record = source.kind === 'none' || source.kind === 'author' ? undefined : source.level.record;
      if (source.kind === 'none' || !record) return undefined;
      return { kind: 'policy', from: source.level.domain, record: asOwn(record) };
    }
    // oxlint-disable-next-line no-await-in-loop -- each round asks all that is known to be needed
    const answers = await Promise.all(result.names.map((name) => resolver.query(name, 'TXT')));
    for (const [index, name] of result.names.entries()) {
      const answer = answers[index];
      if (answer) texts.set(name, answer);
    }
  }
}

/** What the record above says of a sub-domain, as a record of that sub-domain. */
function asOwn({ p, sp, np, t, pct }: DmarcRecord): DmarcRecord {
  const policy = isPolicy(sp) ? sp : isPolicy(p) ? p : 'none';
  return {
    p: policy,
    ...(isPolicy(np) && np !== policy ? { np } : {}),
    ...(t === 'y' ? { t } : {}),
    ...(pct === undefined ? {} : { pct }),
  };
}

/** As `proposeStage`; where no record stands, the policy from above counts as what is there. */
export function proposeStageBelow(
  want: StageProposalWant,
  live: Live<'TXT'>,
  inherited: Inherited | undefined,
): Proposal {
  const own = live.kind === 'present' ? live.set : undefined;
  const bare = live.kind === 'absent' || (own !== undefined && !own.data.some((txt) => isDmarc(txtText(txt))));
  if (!inherited || !bare) return proposeStage(want, live);
  if (inherited.kind === 'unknown') {
    return {
      kind: 'blocked',
      why: `Nobody could tell which DMARC policy stands at ${inherited.at}, and ${want.name} must not be milder.`,
      cure: 'Plan again when the name servers answer; until then nothing is changed there.',
      unanswered: true,
    };
  }
  const { from, record } = inherited;
  const { name, ttlSeconds } = want;
  const set: RrSet<'TXT'> = own
    ? { ...own, data: [...own.data, txtOf(format(record))] }
    : { name, type: 'TXT', ttlSeconds, data: [txtOf(format(record))] };
  const proposal = proposeStage(want, { kind: 'present', name, type: 'TXT', set });
  if (proposal.kind !== 'change') return proposal;
  const { before: _above, ...change } = proposal.change;
  const past = proposal.notes.filter((note) => !note.startsWith('The policy is further'));
  const same = past.length < proposal.notes.length;
  return {
    ...proposal,
    comparison: 'absent',
    change: { ...change, ...(own ? { before: own } : {}) },
    loses: [],
    notes: [
      ...past,
      ...(same ? [`${from} gives it the policy ${record.p} already; a record of its own is to be no milder.`] : []),
    ],
  };
}
