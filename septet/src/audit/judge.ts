/** Turns what was seen of a domain into findings: every home's check, the generic rules, and who owns what. Pure. */
import type { DnsName } from '../dns/name.ts';
import { registrableDomain } from '../dns/public-suffix.ts';
import { dataOf, type Answer } from '../dns/rrset.ts';
import type { Finding, RecordKey } from '../finding/finding.ts';
import { check as checkBimi } from '../records/bimi/check.ts';
import type { DmarcFacts } from '../records/bimi/check-dmarc.ts';
import { check as checkDkim } from '../records/dkim/check.ts';
import { check as checkDmarc } from '../records/dmarc/check.ts';
import type { DmarcObservation } from '../records/dmarc/lookup.ts';
import { isPolicy } from '../records/dmarc/record.ts';
import { check as checkHost } from '../records/host/check.ts';
import { announces, check as checkMtaSts, type Exchanges } from '../records/mtasts/check.ts';
import { check as checkMx } from '../records/mx/check.ts';
import { AnswerTable } from '../records/spf/answers.ts';
import { check as checkSpf } from '../records/spf/check.ts';
import { evaluate } from '../records/spf/evaluate.ts';
import { check as checkTlsRpt } from '../records/tlsrpt/check.ts';
import { check as checkTracking } from '../records/tracking/check.ts';
import { checkAnswers } from '../records/zone/answers.ts';
import { checkZone } from '../records/zone/check.ts';
import { mxProviderOf, spfNotes } from '../senders/detect.ts';
import type { Seen } from './gather.ts';

export function judge(seen: Seen, wants: (key: RecordKey) => boolean): readonly Finding[] {
  const { domain, now } = seen;
  const zone = seen.zone ? checkZone(seen.zone, seen.places ? { places: seen.places } : {}) : [];
  // Where the domain does not exist nothing else is worth a word.
  const gone = zone.find((finding) => finding.code === 'dns.domain.nxdomain');
  if (gone) return [gone];
  const owners = ownersOf(seen);
  const findings: Finding[] = [];
  if (seen.mx && wants('mx')) findings.push(...checkMx(seen.mx, { providers: mxProviderOf }));
  if (seen.spf && wants('spf')) findings.push(...checkSpf(seen.spf, { senders: spfNotes(seen.senders) }));
  if (seen.dkim && wants('dkim')) findings.push(...checkDkim(seen.dkim));
  if (seen.dmarc && wants('dmarc')) {
    const people = seen.senders.some((sender) => sender.kind === 'mailbox');
    findings.push(
      ...checkDmarc(seen.dmarc, {
        now,
        domain,
        sends: undefined,
        ...(people ? { mxProvider: 'people' as const } : {}),
      }),
    );
  }
  for (const tracking of seen.tracking) {
    const orgDomain = {
      tracking: registrableDomain(tracking.host) ?? tracking.host,
      from: registrableDomain(domain) ?? domain,
    };
    findings.push(...checkTracking(tracking, { now, domain, orgDomain }));
  }
  const tlsRpt = tlsRptState(seen);
  if (seen.mtasts && wants('mtasts'))
    findings.push(...checkMtaSts(seen.mtasts, { now, mx: exchangesOf(seen), tlsRpt, tlsa: seen.tlsa }));
  if (seen.tlsrpt && wants('tlsrpt')) {
    const tlsPolicyInUse =
      seen.tlsa.some((answer) => answer.kind === 'found') || (seen.mtasts !== undefined && announces(seen.mtasts));
    findings.push(...checkTlsRpt(seen.tlsrpt, { tlsPolicyInUse }));
  }
  if (seen.bimi && wants('bimi')) {
    const dmarc = seen.dmarc
      ? { author: dmarcFacts(seen.dmarc), organisational: dmarcFacts(seen.orgDmarc ?? seen.dmarc) }
      : undefined;
    findings.push(...checkBimi(seen.bimi, { now, ...(dmarc ? { dmarc } : {}) }));
  }
  if (seen.host && wants('host')) findings.push(...checkHost(seen.host, { domain, ...spfVerdicts(seen) }));
  const generic = [...zone, ...checkAnswers(owners.answers, { domain })];
  for (const finding of generic) {
    const record = owners.recordOf(finding.subject.name, finding.subject.type);
    if (record === 'zone' || wants(record)) findings.push(record === finding.record ? finding : { ...finding, record });
  }
  return linked(once(findings));
}

/** Which record a DNS answer belongs to, by name and type, else by name alone. */
function ownersOf(seen: Seen): {
  readonly answers: readonly Answer[];
  recordOf(name: DnsName, type: string): RecordKey;
} {
  const byQuestion = new Map<string, RecordKey>();
  const byName = new Map<DnsName, RecordKey>();
  const answers: Answer[] = [];
  const own = (record: RecordKey, list: readonly Answer[] | undefined): void => {
    for (const answer of list ?? []) {
      const question = `${answer.type} ${answer.name}`;
      if (byQuestion.has(question)) continue;
      byQuestion.set(question, record);
      if (answer.name !== seen.domain && !byName.has(answer.name)) byName.set(answer.name, record);
      answers.push(answer);
    }
  };
  own('mx', seen.mx?.answers);
  own('spf', seen.spf?.answers);
  own('dmarc', seen.dmarc?.answers);
  own('dmarc', seen.orgDmarc?.answers);
  own('dkim', seen.dkim?.answers);
  own('mtasts', seen.mtasts?.answers);
  own('mtasts', seen.tlsa);
  own('tlsrpt', seen.tlsrpt?.answers);
  own('bimi', seen.bimi?.answers);
  own('host', seen.host?.answers);
  for (const tracking of seen.tracking) own('tracking', tracking.answers);
  own('tracking', seen.trackingProbe);
  own('zone', seen.zone?.answers);
  own('zone', seen.places?.answers);
  return { answers, recordOf: (name, type) => byQuestion.get(`${type} ${name}`) ?? byName.get(name) ?? 'zone' };
}

/** One finding for each code, subject and sentence. */
function once(findings: readonly Finding[]): readonly Finding[] {
  const seen = new Set<string>();
  return findings.filter((finding) => {
    const key = `${finding.code} ${finding.subject.name} ${finding.subject.type} ${finding.message}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** Findings that say in general what another one says in particular: they follow from it. */
const consequences: readonly { readonly of: RegExp; readonly follows: RegExp; readonly sameName?: true }[] = [
  { of: /^mtasts\.half\.txt_only$/, follows: /^mtasts\.(host\.unresolvable|https\.)/ },
  { of: /^(spf|dmarc|mtasts|tlsrpt|bimi|dkim\.key)\.missing$/, follows: /^dns\.name\./ },
  { of: /^mtasts\.mx\.uncovered$/, follows: /^mtasts\.mx\.wildcard_depth$/ },
  {
    of: /^dns\.cname\.dangling$/,
    follows: /^(dkim\.cname\.dangling|dmarc\.cname|track\.target\.unresolvable)$/,
    sameName: true,
  },
  {
    of: /^dns\.(name|txt)\./,
    follows:
      /^(dmarc\.location\.|spf\.wrong_location|mtasts\.txt\.location|tlsrpt\.location|bimi\.location|dkim\.name\.)/,
    sameName: true,
  },
  { of: /^dns\.txt\.placeholder$/, follows: /^spf\.ip\.documentation$/, sameName: true },
  { of: /^dns\.txt\.edge_space$/, follows: /^(spf\.version\.leading_space|dmarc\.v\.bad)$/, sameName: true },
  {
    of: /^dns\.txt\.(duplicate_identical|split_across_records)$/,
    follows:
      /^(spf\.multiple|dmarc\.record\.multiple|dkim\.record\.multiple|mtasts\.txt\.multiple|tlsrpt\.multiple|bimi\.multiple)$/,
    sameName: true,
  },
  { of: /^dns\.query\.temporary$/, follows: /^(spf\.include\.temperror|dmarc\.treewalk\.query_error)$/ },
];

function linked(findings: readonly Finding[]): readonly Finding[] {
  return findings.map((finding) => {
    const rule = consequences.find((consequence) => consequence.of.test(finding.code));
    if (!rule) return finding;
    const cause = findings.find(
      (other) =>
        other.record === finding.record &&
        rule.follows.test(other.code) &&
        (!rule.sameName || other.subject.name === finding.subject.name),
    );
    return cause ? { ...finding, follows: cause.code } : finding;
  });
}

function exchangesOf({ mx, domain }: Seen): Exchanges {
  if (!mx || mx.mx.kind === 'failed') return { kind: 'unknown' };
  const entries = dataOf(mx.mx);
  if (entries.length === 0) return { kind: 'known', exchanges: [domain] };
  if (entries.every((entry) => entry.exchange === '')) return { kind: 'null-mx' };
  return { kind: 'known', exchanges: entries.map((entry) => entry.exchange) };
}

function tlsRptState({ tlsrpt }: Seen): 'present' | 'missing' | 'unknown' {
  if (!tlsrpt?.txt || tlsrpt.txt.kind === 'failed') return 'unknown';
  const missing = checkTlsRpt(tlsrpt, { tlsPolicyInUse: false }).some(
    (finding) => finding.code === 'tlsrpt.missing' || finding.code === 'tlsrpt.location',
  );
  return missing ? 'missing' : 'present';
}

/** The record at `_dmarc` of the domain itself, as BIMI reads it. */
function dmarcFacts(dmarc: DmarcObservation): DmarcFacts {
  const level = dmarc.discovery.walk.levels[0];
  if (!level || level.outcome === 'failed') return { present: 'unknown' };
  const { record } = level;
  if (!record || !isPolicy(record.p)) return { present: false };
  const { p, sp, np, pct, t } = record;
  return {
    present: true,
    p,
    ...(isPolicy(sp) ? { sp } : {}),
    ...(isPolicy(np) ? { np } : {}),
    ...(pct === undefined ? {} : { pct }),
    ...(t === undefined ? {} : { t: t === 'y' }),
    ...(level.texts[0] === undefined ? {} : { text: level.texts[0] }),
  };
}

/** What the domain's SPF says of every address that was given, from the answers that the look-up brought. */
function spfVerdicts({ spf, domain }: Seen): Pick<NonNullable<Parameters<typeof checkHost>[1]>, 'spf'> {
  if (!spf || spf.egress.length === 0) return {};
  const table = new AnswerTable();
  for (const answer of spf.answers) table.add(answer);
  const verdicts = spf.egress.flatMap((ip) => {
    const verdict = evaluate({ ip, mailFrom: `postmaster@${domain}`, helo: spf.helo ?? domain }, table.source);
    return verdict.kind === 'result' ? [{ address: ip, result: verdict.result }] : [];
  });
  return { spf: { domain, verdicts } };
}
