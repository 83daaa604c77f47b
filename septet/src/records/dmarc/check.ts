/** Turns what was seen of a domain's DMARC into findings. Pure. */
import type { DnsName } from '../../dns/name.ts';
import type { Finding } from '../../finding/finding.ts';
import { checkAlignment, type KnownSource } from './alignment.ts';
import { checkDiscovery, effectiveFinding } from './check-discovery.ts';
import { checkRecord, toSet } from './check-record.ts';
import { checkReports } from './check-reports.ts';
import type { Level } from './discover.ts';
import { effectiveOf } from './effective.ts';
import { found } from './findings.ts';
import { appliedSource, type DmarcObservation } from './lookup.ts';
import { mend } from './mend.ts';
import { policyOf, strength } from './readers.ts';
import { isPolicy } from './record.ts';
import { isWebmail } from './webmail.ts';

export interface DmarcContext {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly domain: DnsName;
  /** Whether mail is sent with the domain in From; undefined when nobody said. */
  readonly sends: boolean | undefined;
  /** The owner sends in bulk (5,000 messages a day to one mailbox provider). */
  readonly bulk?: boolean;
  /** `people`: the MX belongs to a mailbox service for users, who may write to mailing lists. A hint only. */
  readonly mxProvider?: 'people';
  /** The owner says that people write mail with the domain in From. */
  readonly hasPeople?: boolean;
  readonly knownSources?: readonly KnownSource[];
}

/** Every finding about the DMARC of the domain. */
export function check(observation: DmarcObservation, context: DmarcContext): readonly Finding[] {
  const { discovery, domain } = observation;
  const out: Finding[] = [];
  out.push(...checkDiscovery(observation, { bulk: context.bulk === true, sends: context.sends }));
  const source = appliedSource(discovery);
  if ('level' in source && source.kind !== 'registry') {
    const { level } = source;
    const { organisation } = discovery.walk;
    const own = level === discovery.walk.levels[0];
    out.push(
      ...checkRecord({
        level,
        ...(organisation.kind === 'known' && own ? { organisation: organisation.domain } : {}),
        isAlias: own && observation.alias !== undefined,
        silent: context.sends === false,
      }),
      ...checkReports(observation.destinations, level, domain),
    );
    checkGhost(observation, level, out);
    checkExposed(observation, level, out);
    checkPeople(observation, level, context, out);
  }
  if (context.sends === true && isWebmail(domain)) {
    out.push(found('dmarc.from.free_webmail', { subject: { name: domain, type: 'TXT' }, args: { domain } }));
  }
  if (context.knownSources) out.push(...checkAlignment(observation, context.knownSources));
  const effective = effectiveFinding(observation);
  if (effective) out.push(effective);
  return out;
}

function checkGhost(observation: DmarcObservation, level: Level, out: Finding[]): void {
  const { ghost } = observation;
  if (ghost?.outcome !== 'compact' || !level.record) return;
  const { p, sp, np } = level.record;
  const instead = isPolicy(sp) ? sp : p;
  if (!isPolicy(np) || !isPolicy(instead) || strength(instead) >= strength(np)) return;
  out.push(
    found('dmarc.np.compact_denial', {
      subject: { name: level.query, type: 'TXT' },
      severity: instead === 'none' ? 'warning' : 'info',
      args: { domain: level.domain, probe: ghost.name, policy: instead, np },
      evidence: [{ kind: 'answer', name: ghost.name, type: 'A', outcome: 'no data, with NXNAME in the proof' }],
    }),
  );
}

function checkExposed(observation: DmarcObservation, level: Level, out: Finding[]): void {
  if (observation.subdomains.length === 0 || policyOf(effectiveOf(observation.discovery).new.domain) === 'none') return;
  const exposed = observation.subdomains.filter((sub) => sub.record?.p === 'none');
  if (exposed.length === 0) return;
  const list = exposed.map((sub) => sub.domain).join(', ');
  out.push(
    found('dmarc.sp.unused_exposed', {
      subject: { name: level.query, type: 'TXT' },
      args: { domain: observation.domain, list },
      evidence: exposed.map((sub) => ({ kind: 'record', name: sub.query, type: 'TXT', text: sub.texts[0] ?? '' })),
    }),
  );
}

function checkPeople(observation: DmarcObservation, level: Level, context: DmarcContext, out: Finding[]): void {
  const isSaid = context.hasPeople === true;
  if (!isSaid && (context.mxProvider !== 'people' || context.hasPeople === false)) return;
  if (policyOf(effectiveOf(observation.discovery).new.domain) !== 'reject') return;
  const own = level.domain === observation.domain && observation.alias === undefined;
  const text = level.texts[0] ?? '';
  out.push(
    found('dmarc.p.reject_with_humans', {
      subject: { name: level.query, type: 'TXT' },
      args: { domain: observation.domain },
      evidence: [{ kind: 'record', name: level.query, type: 'TXT', text }],
      ...(isSaid ? {} : { severity: 'info' as const }),
      set: own && isSaid ? toSet(level, { ...mend(text), p: 'quarantine' }) : [],
    }),
  );
}
