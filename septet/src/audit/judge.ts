/** Turns what was seen of a domain into findings: every home's check, the generic rules, and who owns what. Pure. */
import type { DnsName } from '../dns/name.ts';
import { registrableDomain } from '../dns/public-suffix.ts';
import { dataOf, txtText, type Answer } from '../dns/rrset.ts';
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
import { checkReturnPath } from '../records/mx/return-path.ts';
import { AnswerTable, spfOf } from '../records/spf/answers.ts';
import { check as checkSpf } from '../records/spf/check.ts';
import { evaluate } from '../records/spf/evaluate.ts';
import { sendsBySpf } from '../records/spf/sends.ts';
import { check as checkTlsRpt } from '../records/tlsrpt/check.ts';
import { parse as parseTlsRpt } from '../records/tlsrpt/record.ts';
import { check as checkTracking } from '../records/tracking/check.ts';
import { checkAnswers } from '../records/zone/answers.ts';
import { checkZone } from '../records/zone/check.ts';
import { caaNamesOf } from '../records/zone/issuers.ts';
import { kindOfName } from '../records/zone/places.ts';
import { mxProviderOf, returnPathOf, spfNotes } from '../senders/detect.ts';
import type { Seen } from './gather.ts';
import { linked } from './linked.ts';
import { withOneCure } from './one-cure.ts';

export function judge(seen: Seen, wants: (key: RecordKey) => boolean): readonly Finding[] {
  const { domain, now } = seen;
  const hasMx = seen.mx !== undefined && dataOf(seen.mx.mx).some((entry) => entry.exchange !== '');
  const zone = seen.zone
    ? checkZone(seen.zone, { hasMx, issuers: issuersOf(seen), ...(seen.places ? { places: seen.places } : {}) })
    : [];
  // Where the domain does not exist nothing else is worth a word.
  const gone = zone.find((finding) => finding.code === 'dns.domain.nxdomain');
  if (gone) return [gone];
  const owners = ownersOf(seen);
  const findings: Finding[] = [];
  const sends = sendsAsSeen(seen);
  if (seen.mx && wants('mx'))
    findings.push(...checkMx(seen.mx, { providers: mxProviderOf, sends }), ...checkBounces(seen));
  if (seen.spf && wants('spf'))
    findings.push(
      ...checkSpf(seen.spf, { senders: spfNotes(seen.senders), ...(sends === false ? { sendsMail: false } : {}) }),
    );
  if (seen.dkim && wants('dkim')) findings.push(...checkDkim(seen.dkim, sends === false ? { sends } : {}));
  if (seen.dmarc && wants('dmarc')) {
    const people = seen.senders.some((sender) => sender.kind === 'mailbox');
    findings.push(
      ...checkDmarc(seen.dmarc, {
        now,
        domain,
        // That a domain sends is only inferred, so DMARC is told of it only when it says that it does not.
        sends: sends === false ? false : undefined,
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
    const { name, type } = finding.subject;
    const record = /^dns\.(?:wildcard|denial)\./.test(finding.code) ? 'zone' : owners.recordOf(name, type);
    if (record === 'zone' || wants(record)) findings.push(record === finding.record ? finding : { ...finding, record });
  }
  return withOneCure(linked(once(findings)));
}

/** Every answer once, and which record it belongs to, by name and type, else by name alone. */
function ownersOf(seen: Seen): {
  readonly answers: readonly Answer[];
  recordOf(name: DnsName, type: string): RecordKey;
} {
  const lists: readonly (readonly [RecordKey, readonly Answer[] | undefined])[] = [
    ['mx', seen.mx?.answers],
    ['spf', seen.spf?.answers],
    ['dmarc', seen.dmarc?.answers],
    ['dmarc', seen.orgDmarc?.answers],
    ['dkim', seen.dkim?.answers],
    ['mtasts', seen.mtasts?.answers],
    ['mtasts', seen.tlsa],
    ['tlsrpt', seen.tlsrpt?.answers],
    ['bimi', seen.bimi?.answers],
    ['host', seen.host?.answers],
    ...seen.tracking.map((one) => ['tracking', one.answers] as const),
    ['tracking', seen.trackingProbe],
    ['zone', seen.zone?.answers],
    ['zone', seen.places?.answers],
  ];
  // A cache hands out the same object for the same question. There are few answers, so looking through them costs less
  // than a Set of them.
  const answers: Answer[] = [];
  for (const [, list] of lists) {
    if (list === undefined) continue;
    for (const answer of list) if (!answers.includes(answer)) answers.push(answer);
  }
  const find = (fits: (answer: Answer) => boolean): RecordKey | undefined =>
    lists.find(([, list]) => list?.some(fits))?.[0];
  return {
    answers,
    recordOf: (name, type) => {
      // The name says it best: SPF looks at the place of the DMARC record too, when it finds none of its own.
      const named = kindOfName(name);
      if (named !== undefined) return named;
      const asked = find((answer) => answer.name === name && answer.type === type);
      if (asked !== undefined && asked !== 'zone') return asked;
      return (name === seen.domain ? undefined : find((answer) => answer.name === name)) ?? 'zone';
    },
  };
}

/** One finding for each code, subject and sentence. */
function once(findings: readonly Finding[]): readonly Finding[] {
  const byCode = new Map<string, Finding[]>();
  return findings.filter((finding) => {
    const same = byCode.get(finding.code);
    if (same === undefined) byCode.set(finding.code, [finding]);
    else if (same.some((other) => isRepeated(finding, other))) return false;
    else same.push(finding);
    return true;
  });
}

const isRepeated = (one: Finding, other: Finding): boolean =>
  one.subject.name === other.subject.name && one.subject.type === other.subject.type && one.message === other.message;

/** Whether mail is sent with the domain: as its SPF record tells, else a null MX says no (RFC 7505 §4.2). */
function sendsAsSeen({ spf, mx }: Seen): boolean | undefined {
  const own = spf?.nodes[0];
  const told = own && sendsBySpf(own);
  if (told !== undefined || own === undefined || own.kind === 'failed' || spfOf(own).kind !== 'none') return told;
  const exchanges = mx ? dataOf(mx.mx) : [];
  return exchanges.length === 1 && exchanges[0]?.exchange === '' ? false : undefined;
}

/** Who issued the certificates that were seen, by host, as CAA records name them. */
function issuersOf({ domain, mtasts, tracking }: Seen): ReadonlyMap<DnsName, readonly string[]> {
  const issuers = new Map<DnsName, readonly string[]>();
  const add = (host: DnsName, issuer: string | undefined): void => {
    const names = issuer === undefined ? [] : caaNamesOf(issuer);
    if (names.length > 0) issuers.set(host, names);
  };
  const policy = mtasts?.policy;
  if (mtasts?.host && policy?.kind === 'response') add(mtasts.host.name, policy.tls?.certificate?.issuer);
  for (const { host, web } of tracking) {
    if (host !== domain && web.kind === 'asked' && web.https.kind === 'response')
      add(host, web.https.tls?.certificate?.issuer);
  }
  return issuers;
}

/** The rules of the services whose bounces come back to this very domain, as its exchanges tell. */
function checkBounces({ mx, senders }: Seen): readonly Finding[] {
  if (!mx) return [];
  const exchanges = dataOf(mx.mx);
  return senders.flatMap((sender) => {
    const wanted = returnPathOf(sender);
    return wanted && exchanges.some(({ exchange }) => wanted.matches(exchange)) ? checkReturnPath(mx, wanted) : [];
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
  return dataOf(tlsrpt.txt).some((txt) => parseTlsRpt(txtText(txt)).kind !== 'other') ? 'present' : 'missing';
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
