/** The rows about which record governs a domain, and where records stand by mistake. */
import { type DnsName, absolute, labels } from '../../dns/name.ts';
import { isPublicSuffix } from '../../dns/public-suffix.ts';
import type { Evidence, Finding, RecordToSet } from '../../finding/finding.ts';
import { checkBroken, defaultTtlSeconds, ownReportUri, textEvidence, toSet } from './check-record.ts';
import { type Level, recordName } from './discover.ts';
import { effectiveOf } from './effective.ts';
import { found } from './findings.ts';
import type { DmarcObservation } from './lookup.ts';
import { mend } from './mend.ts';
import { effectText } from './readers.ts';
import { type DmarcRecord, parse } from './record.ts';

export interface DiscoveryContext {
  readonly bulk: boolean;
  readonly sends: boolean | undefined;
}

/** The first record of a domain: watch and get reports; for a domain that never sends: refuse at once. */
export function firstRecord(domain: DnsName, sends: boolean | undefined): DmarcRecord {
  return { p: sends === false ? 'reject' : 'none', rua: [ownReportUri(domain)] };
}

/** The questions of the walk, one line each. */
export function walkEvidence(observation: DmarcObservation): readonly Evidence[] {
  return observation.discovery.walk.levels.map((level) => ({
    kind: 'answer',
    name: level.query,
    type: 'TXT',
    outcome: level.record?.psd ? `${level.detail}, psd=${level.record.psd}` : level.detail,
    ...(level.server === undefined ? {} : { server: level.server }),
  }));
}

/** Whether old and new readers find the record at the same place or not, and everything that stands in the way. */
export function checkDiscovery(observation: DmarcObservation, context: DiscoveryContext): readonly Finding[] {
  const out: Finding[] = [];
  const own = observation.discovery.walk.levels[0];
  if (own === undefined) return out;
  const failed = checkFailed(observation, out);
  const faulty = checkOwn(observation, own, out);
  checkAlias(observation, own, context, out);
  checkInherited(observation, own, out);
  if (!failed) checkOrganisation(observation, own, out);
  checkHidden(observation, own, out);
  for (const { code, name, text } of observation.misplaced) {
    const evidence: Evidence[] = [{ kind: 'record', name, type: 'TXT', text }];
    const args = { place: name, wanted: own.query, domain: observation.domain };
    const set: RecordToSet[] = [
      ...toSet(own, mend(text)),
      { name, type: 'TXT', ttlSeconds: defaultTtlSeconds, data: [text], action: 'remove' },
    ];
    out.push(found(code, { subject: { name, type: 'TXT' }, args, evidence, set }));
  }
  const { walk, list } = observation.discovery;
  const nothing = walk.source.kind === 'none' && list.source.kind === 'none' && own.outcome === 'none';
  const explained =
    faulty || observation.misplaced.length > 0 || observation.hidden.length > 0 || observation.alias?.dangling === true;
  if (nothing && !explained && !isPublicSuffix(observation.domain)) {
    out.push(
      found('dmarc.missing', {
        subject: { name: own.query, type: 'TXT' },
        severity: context.bulk ? 'error' : 'warning',
        args: { domain: observation.domain },
        evidence: walkEvidence(observation),
        set: toSet(own, firstRecord(observation.domain, context.sends)),
      }),
    );
  }
  return out;
}

/** The matrix as facts, and the way to it. */
export function effectiveFinding(observation: DmarcObservation): Finding | undefined {
  const { discovery, domain } = observation;
  const { walk, list } = discovery;
  if (!('level' in walk.source) && !('level' in list.source)) return undefined;
  const effective = effectiveOf(discovery);
  const fact = (label: string, value: string): Evidence => ({ kind: 'fact', label, value });
  const evidence: Evidence[] = [];
  for (const [who, label] of [
    ['domain', 'the domain itself'],
    ['existing', 'an existing sub-domain'],
    ['ghost', 'a sub-domain that does not exist'],
  ] as const) {
    evidence.push(fact(`${label}, current readers (RFC 9989)`, effectText(effective.new[who])));
    evidence.push(fact(`${label}, older readers (RFC 7489)`, effectText(effective.old[who])));
  }
  const organisation = walk.organisation.kind === 'known' ? walk.organisation.domain : 'unknown';
  evidence.push(fact('organisational domain by tree walk', organisation));
  evidence.push(fact('organisational domain by public suffix list', list.organisation ?? 'none'));
  const args = { domain, new: effectText(effective.new.domain), old: effectText(effective.old.domain) };
  const level = 'level' in walk.source ? walk.source.level : (list.source as { level: Level }).level;
  return found('dmarc.effective', { subject: { name: level.query, type: 'TXT' }, args, evidence });
}

/** Whether a look-up of either discovery failed. */
function checkFailed(observation: DmarcObservation, out: Finding[]): boolean {
  const { walk, list } = observation.discovery;
  let failed: Level[] | undefined;
  for (const level of [...walk.levels, ...list.levels]) {
    if (level.outcome === 'failed' && !failed?.some((other) => other.query === level.query))
      (failed ??= []).push(level);
  }
  if (failed === undefined) return false;
  const what =
    walk.source.kind === 'unknown' || list.source.kind === 'unknown' ? 'the policy' : 'the organisational domain';
  for (const level of failed) {
    const server = level.server === undefined ? {} : { server: level.server };
    out.push(
      found('dmarc.treewalk.query_error', {
        subject: { name: level.query, type: 'TXT' },
        args: { name: level.query, detail: level.detail, unknown: `${what} of ${observation.domain}` },
        evidence: [{ kind: 'answer', name: level.query, type: 'TXT', outcome: level.detail, ...server }],
      }),
    );
  }
  return true;
}

/** What stands at the domain's own DMARC name beside a single good record. Answers whether that explains its absence. */
function checkOwn(observation: DmarcObservation, own: Level, out: Finding[]): boolean {
  const subject = { name: own.query, type: 'TXT' };
  const isAlias = observation.alias !== undefined;
  let faulty = own.outcome === 'several';
  if (own.outcome === 'several') {
    const [keep = '', ...others] = own.texts;
    const ttlSeconds = own.ttlSeconds ?? defaultTtlSeconds;
    const set: RecordToSet[] = isAlias
      ? []
      : [
          ...toSet(own, mend(keep)),
          ...others.map((text): RecordToSet => ({
            name: own.query,
            type: 'TXT',
            ttlSeconds,
            data: [text],
            action: 'remove',
          })),
        ];
    out.push(
      found('dmarc.record.multiple', {
        subject,
        args: { name: own.query, count: own.texts.length, domain: observation.domain },
        evidence: own.texts.map((text) => textEvidence(own, text)),
        set,
      }),
    );
  }
  for (const text of own.others) {
    const evidence = [textEvidence(own, text)];
    const broken = checkBroken(own, text, isAlias);
    if (broken.length > 0) {
      faulty = true;
      out.push(...broken);
    } else if (/^\s*"?v\s*=\s*spf1/i.test(text)) {
      out.push(
        found('dmarc.record.spf_here', { subject, args: { name: own.query, domain: observation.domain }, evidence }),
      );
    } else if (parse(text).kind === 'other') {
      out.push(found('dmarc.record.unrelated_txt', { subject, args: { name: own.query }, evidence }));
    }
  }
  return faulty;
}

function checkAlias(observation: DmarcObservation, own: Level, context: DiscoveryContext, out: Finding[]): void {
  const { alias, domain } = observation;
  if (alias === undefined) return;
  const last = alias.chain.at(-1)!;
  const target = last.target;
  const evidence = alias.chain.map((hop): Evidence => ({
    kind: 'record',
    name: hop.owner,
    type: 'CNAME',
    text: absolute(hop.target),
    ttlSeconds: hop.ttlSeconds,
  }));
  const ttlSeconds = alias.chain[0]!.ttlSeconds;
  const set: RecordToSet[] = alias.dangling
    ? [
        { name: own.query, type: 'CNAME', ttlSeconds, data: [absolute(alias.chain[0]!.target)], action: 'remove' },
        ...toSet(own, firstRecord(domain, context.sends)),
      ]
    : [];
  out.push(
    found('dmarc.cname', {
      subject: { name: own.query, type: 'CNAME' },
      severity: alias.dangling ? 'error' : 'info',
      state: alias.dangling ? 'fail' : 'pass',
      args: {
        name: own.query,
        target,
        outcome: alias.dangling ? ', where no record stands' : '',
        effect: alias.dangling
          ? `Receivers find no policy for ${domain}; whoever gets hold of ${target} writes it.`
          : `Whoever runs ${target} decides about the policy and the reports of ${domain}.`,
        cure: alias.dangling
          ? 'Ask the operator of the target to restore the record, or replace the alias by an own record.'
          : 'Nothing to do, if that operator is the one you chose.',
      },
      evidence,
      set,
    }),
  );
}

function checkInherited(observation: DmarcObservation, own: Level, out: Finding[]): void {
  const { discovery, domain } = observation;
  const { source } = discovery.walk;
  if (source.kind !== 'organisation' && source.kind !== 'registry') return;
  const subject = { name: own.query, type: 'TXT' };
  const policyDomain = source.level.domain;
  const effect = effectiveOf(discovery).new.domain;
  const tag = effect.kind === 'policy' && effect.tag !== 'default' ? effect.tag : 'p';
  out.push(
    found('dmarc.inherited', {
      subject,
      args: { domain, policyDomain, tag },
      evidence: [...walkEvidence(observation), textEvidence(source.level, source.level.texts[0] ?? '')],
    }),
  );
  for (const level of discovery.walk.levels) {
    if (level === own || level.record === undefined || labels(level.domain).length <= labels(policyDomain).length)
      continue;
    out.push(
      found('dmarc.intermediate.not_used', {
        subject: { name: level.query, type: 'TXT' },
        args: { between: level.domain, domain, policyDomain },
        evidence: [textEvidence(level, level.texts[0] ?? ''), ...walkEvidence(observation)],
        set: toSet(own, mend(level.texts[0] ?? '')),
      }),
    );
  }
}

/** The rows about organisational domains; the most telling one is reported alone. */
function checkOrganisation(observation: DmarcObservation, own: Level, out: Finding[]): void {
  const { discovery, domain } = observation;
  const { walk, list } = discovery;
  if (walk.organisation.kind !== 'known' || !('level' in walk.source)) return;
  const here = walk.organisation.domain;
  const evidence = walkEvidence(observation);
  const unmarked = walk.levels.find(
    (level) => level !== own && level.record && level.record.psd !== 'y' && isPublicSuffix(level.domain),
  );
  if (unmarked) {
    const set = own.record ? toSet(own, { ...mend(own.texts[0] ?? ''), psd: 'n' }) : [];
    const args = { suffix: unmarked.domain, domain };
    const text = textEvidence(unmarked, unmarked.texts[0] ?? '');
    const subject = { name: unmarked.query, type: 'TXT' };
    out.push(found('dmarc.psd.parent_unmarked', { subject, args, evidence: [text, ...evidence], set }));
  } else if (list.organisation !== undefined && list.organisation !== here) {
    const apex = list.organisation;
    const above = walk.levels.find((level) => level.domain === apex);
    const subject = { name: own.query, type: 'TXT' };
    const lonely = own.record !== undefined && here === domain && above?.outcome === 'none';
    const name = recordName(apex);
    if (lonely && name !== undefined) {
      const set = toSet({ ...above, query: name }, firstRecord(apex, undefined));
      out.push(
        found('dmarc.orgdomain.no_apex_record', {
          subject: { name, type: 'TXT' },
          args: { domain, apex },
          evidence,
          set,
        }),
      );
    } else {
      out.push(found('dmarc.orgdomain.differs', { subject, args: { name: domain, walk: here, list: apex }, evidence }));
    }
  }
  for (const other of observation.identifiers) {
    if (other.name === domain || other.walk === undefined || other.list === undefined || other.walk === other.list)
      continue;
    // A sub-domain whose registered domain has no record was reported for the domain itself.
    const subject = { name: other.name, type: 'TXT' };
    const args = { name: other.name, walk: other.walk, list: other.list };
    out.push(found('dmarc.orgdomain.differs', { subject, args, evidence: [] }));
  }
}

function checkHidden(observation: DmarcObservation, own: Level, out: Finding[]): void {
  const { domain } = observation;
  const [hidden] = observation.hidden;
  if (hidden === undefined) return;
  const text = hidden.texts[0] ?? '';
  out.push(
    found('dmarc.treewalk.depth', {
      subject: { name: own.query, type: 'TXT' },
      args: { domain, count: labels(domain).length, hidden: hidden.query },
      evidence: [textEvidence(hidden, text), ...walkEvidence(observation)],
      set: toSet(own, mend(text)),
    }),
  );
}
