/**
 * Whether the sources that send for a domain align with it (RFC 9989 §4.4): SPF counts by the MAIL FROM domain, DKIM by
 * `d=`. Relaxed: same organisational domain. Strict: the same name.
 */
import type { DnsName } from '../../dns/name.ts';
import { registrableDomain } from '../../dns/public-suffix.ts';
import type { Finding } from '../../finding/finding.ts';
import { effectiveOf } from './effective.ts';
import { found } from './findings.ts';
import { appliedSource, type DmarcObservation } from './lookup.ts';
import { policyOf } from './readers.ts';

/** One service or server that sends for the domain. */
export interface KnownSource {
  /** For a person: `Amazon SES`. */
  readonly name: string;
  /** The MAIL FROM (return-path) domain; absent when the source passes no SPF. */
  readonly mailFrom?: DnsName;
  /** The `d=` domains of its signatures; absent when it does not sign. */
  readonly dkim?: readonly DnsName[];
}

export type Match = 'exact' | 'relaxed' | 'none';

/** How closely a name matches the domain: organisational domains are compared as current readers find them. */
export function matchOf(observation: DmarcObservation, name: DnsName): Match {
  const { domain, discovery } = observation;
  if (name === domain) return 'exact';
  const { walk } = discovery;
  const there = observation.identifiers.find((other) => other.name === name)?.walk;
  // Without any record a walk finds nothing to compare; then the list says what a record would bring about.
  if ('level' in walk.source && walk.organisation.kind === 'known' && there !== undefined) {
    return there === walk.organisation.domain ? 'relaxed' : 'none';
  }
  const mine = registrableDomain(domain);
  return mine !== undefined && registrableDomain(name) === mine ? 'relaxed' : 'none';
}

/** The rows about known sources. */
export function checkAlignment(observation: DmarcObservation, sources: readonly KnownSource[]): readonly Finding[] {
  const out: Finding[] = [];
  const { domain } = observation;
  const source = appliedSource(observation.discovery);
  const record = 'level' in source ? source.level.record : undefined;
  const query = 'level' in source ? source.level.query : domain;
  const subject = { name: query, type: 'TXT' };
  const reject = policyOf(effectiveOf(observation.discovery).new.domain) === 'reject';
  for (const { name, mailFrom, dkim } of sources) {
    const spfMatch = mailFrom === undefined ? 'none' : matchOf(observation, mailFrom);
    const signer =
      dkim?.find((other) => matchOf(observation, other) === 'exact') ??
      dkim?.find((other) => matchOf(observation, other) !== 'none');
    const dkimMatch = signer === undefined ? 'none' : matchOf(observation, signer);
    const spf = spfMatch === 'exact' || (spfMatch === 'relaxed' && record?.aspf !== 's');
    const signed = dkimMatch === 'exact' || (dkimMatch === 'relaxed' && record?.adkim !== 's');
    const identifiers = `MAIL FROM ${mailFrom ?? 'none'}, DKIM ${dkim?.length ? dkim.join(', ') : 'none'}`;
    const evidence = [{ kind: 'fact', label: name, value: identifiers } as const];
    if (spfMatch === 'relaxed' && !spf && mailFrom !== undefined) {
      const args = { tag: 'aspf', domain, source: name, identifier: mailFrom };
      out.push(found('dmarc.align.strict_breaks', { subject, args, evidence }));
    }
    if (dkimMatch === 'relaxed' && !signed && signer !== undefined) {
      const args = { tag: 'adkim', domain, source: name, identifier: signer };
      out.push(found('dmarc.align.strict_breaks', { subject, args, evidence }));
    }
    if (!spf && !signed) {
      out.push(found('dmarc.align.none', { subject, args: { source: name, domain, identifiers }, evidence }));
    } else if (!spf || !signed) {
      const present = spf ? 'SPF' : 'DKIM';
      const cure = spf ? `Let ${name} sign with a key of ${domain}.` : `Set a return path under ${domain} at ${name}.`;
      out.push(
        found('dmarc.align.single', { subject, args: { source: name, domain, present, identifiers, cure }, evidence }),
      );
    }
    if (reject && spf && !signed)
      out.push(found('dmarc.p.reject_spf_only', { subject, args: { source: name, domain }, evidence }));
  }
  return out;
}
