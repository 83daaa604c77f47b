/** The headline of each record: its state, one line of summary, what was observed, and particulars for programs. */
import { formatRdata } from '../dns/rdata-text.ts';
import { dataOf, isAbsent, txtText, type Answer, type RrType, type Txt } from '../dns/rrset.ts';
import type { Finding, RecordKey, State } from '../finding/finding.ts';
import { bimiTexts } from '../records/bimi/lookup.ts';
import { judge as judgeKey } from '../records/dkim/judge.ts';
import { effectiveOf } from '../records/dmarc/effective.ts';
import { effectText } from '../records/dmarc/readers.ts';
import { policyOf as mtaStsPolicyOf } from '../records/mtasts/check.ts';
import { patternText } from '../records/mtasts/policy.ts';
import { spfOf } from '../records/spf/answers.ts';
import { spfTree } from '../records/spf/tree.ts';
import type { Seen } from './gather.ts';
import { stateOf, type ObservedRecord, type RecordReport } from './report.ts';

type Section = Omit<RecordReport, 'state'> & {
  readonly absent: boolean;
  /** The record itself could not be looked up: without a finding against it, it is unknown. */
  readonly failed?: boolean;
};

/** Findings with which every receiver answers permerror, whatever the address. */
const breaksSpf = ({ code, severity, state }: Finding): boolean =>
  severity === 'error' &&
  state === 'fail' &&
  /^spf\.(multiple|syntax\.|version\.|include\.(no_record|nxdomain|multiple_records|permerror|loop)|redirect\.(multiple|no_record))/.test(
    code,
  );

/** The report of one record; `undefined` when it was not asked for. */
export function sectionOf(key: RecordKey, seen: Seen, findings: readonly Finding[]): RecordReport | undefined {
  const section = builders[key](seen, findings);
  if (!section) return undefined;
  const { absent, failed = false, ...rest } = section;
  const state = stateOf(findings, absent);
  return { state: failed && state !== 'fail' ? 'unknown' : state, ...rest };
}

/** A record that could not be looked at because the domain does not exist. */
export const notLookedAt: RecordReport = { state: 'skip' satisfies State, summary: 'not looked at', observed: [] };

const builders: Readonly<Record<RecordKey, (seen: Seen, findings: readonly Finding[]) => Section | undefined>> = {
  mx: ({ mx }) => {
    if (!mx) return undefined;
    const entries = dataOf(mx.mx);
    const isNull = entries.length === 1 && entries[0]?.exchange === '';
    const reachable =
      entries.length > 0
        ? !isNull
        : mx.mx.kind === 'failed'
          ? undefined
          : Boolean(mx.fallback && (mx.fallback.a.kind === 'found' || mx.fallback.aaaa?.kind === 'found'));
    const summary = isNull
      ? 'null MX: receives no mail'
      : entries
          .toSorted((a, b) => a.preference - b.preference || (a.exchange < b.exchange ? -1 : 1))
          .map((entry) => `${entry.preference} ${entry.exchange}`)
          .join(', ');
    const observed = [mx.mx, ...mx.hosts.flatMap((host) => [host.a, ...(host.aaaa ? [host.aaaa] : [])])].flatMap(
      (answer) => observedOf(answer),
    );
    return {
      summary: summary || outcome(mx.mx, 'no MX'),
      observed,
      absent: false,
      failed: mx.mx.kind === 'failed',
      details: { usable: reachable ?? null, nullMx: isNull },
    };
  },
  spf: (seen, findings) => {
    const own = seen.spf?.nodes[0];
    if (!seen.spf || !own) return undefined;
    const reading = spfOf(own);
    const text = reading.texts[0];
    const tree = reading.program ? spfTree(seen.spf) : undefined;
    const price = tree ? ` (${tree.lookups} of 10 look-ups)` : '';
    const usable =
      own.kind === 'failed'
        ? null
        : reading.kind === 'none' || !tree || findings.some(breaksSpf)
          ? false
          : tree.complete
            ? tree.lookups <= 10 && tree.voids <= 2
            : null;
    return {
      summary:
        text === undefined
          ? outcome(own, 'no SPF record')
          : reading.texts.length > 1
            ? `${reading.texts.length} records`
            : text + price,
      observed: observedOf(own, (txt) => reading.texts.includes(txtText(txt))),
      absent: false,
      failed: own.kind === 'failed',
      details: { usable, lookups: tree?.lookups ?? null, voids: tree?.voids ?? null, complete: tree?.complete ?? null },
    };
  },
  dkim: ({ dkim }) => {
    if (!dkim) return undefined;
    const keys = dkim.selectors.flatMap(({ candidate, answer }) => {
      if (dkim.random?.kind === 'found' && candidate.origin !== 'given') return [];
      return dataOf(answer).flatMap((txt) => {
        const judged = judgeKey(txtText(txt));
        if (judged.kind === 'other') return [];
        const { key } = judged;
        const type =
          key?.kind === 'rsa'
            ? `RSA ${key.bits}`
            : key?.kind === 'ed25519'
              ? 'Ed25519'
              : judged.value?.publicKey === ''
                ? 'revoked'
                : 'unusable';
        const usable = judged.kind === 'good' && ((key?.kind === 'rsa' && key.bits >= 1024) || key?.kind === 'ed25519');
        return [{ selector: candidate.selector, type, usable, origin: candidate.origin }];
      });
    });
    const usable = keys.some((key) => key.usable && key.type !== 'Ed25519')
      ? true
      : keys.length > 0 || dkim.selectors.some((one) => one.candidate.origin === 'given')
        ? false
        : null;
    const observed = dkim.selectors.flatMap(({ answer }) =>
      observedOf(
        answer,
        (txt) => judgeKey(txtText(txt)).kind !== 'other',
        (text) => judgeKey(text).text,
      ),
    );
    return {
      summary: keys.map((key) => `${key.selector} ${key.type}`).join(', ') || 'no selector known',
      observed:
        dkim.random?.kind === 'found'
          ? observed.filter((record) => keys.some((key) => record.name.startsWith(`${key.selector}.`)))
          : observed,
      absent: false,
      details: { usable, keys: keys.map(({ selector, type, origin }) => ({ selector, type, origin })) },
    };
  },
  dmarc: ({ dmarc }) => {
    if (!dmarc) return undefined;
    const { walk, list } = dmarc.discovery;
    const effective = effectiveOf(dmarc.discovery);
    const level = [walk.source, list.source].flatMap((source) => ('level' in source ? [source.level] : []))[0];
    const unknown = effective.new.domain.kind === 'unknown';
    const usable = effective.new.domain.kind === 'policy' ? true : unknown ? null : false;
    return {
      summary: level ? (level.texts[0] ?? '') : unknown ? 'could not be looked up' : 'no DMARC record',
      observed: dmarc.answers
        .filter((answer) => answer.type === 'TXT' && level !== undefined && answer.name === level.query)
        .flatMap((answer) => observedOf(answer)),
      absent: false,
      failed: unknown,
      details: {
        usable,
        organisationalDomain: {
          rfc9989: walk.organisation.kind === 'known' ? walk.organisation.domain : null,
          rfc7489: list.organisation ?? null,
        },
        rfc9989: effectText(effective.new.domain),
        rfc7489: effectText(effective.old.domain),
      },
    };
  },
  tracking: ({ tracking }) => {
    const absent = tracking.length === 0;
    const summary = tracking
      .map(
        (one) =>
          `${one.host} → ${one.cname.kind === 'found' ? (dataOf(one.cname)[0] ?? '') : outcome(one.cname, 'no CNAME')}`,
      )
      .join(', ');
    return {
      summary: summary || 'none known; give one with --tracking',
      observed: tracking.flatMap((one) => [one.cname, one.a, one.aaaa].flatMap((answer) => observedOf(answer))),
      absent,
    };
  },
  mtasts: (seen) => {
    const { mtasts } = seen;
    if (!mtasts?.txt) return undefined;
    const texts = dataOf(mtasts.txt)
      .map(txtText)
      .filter((text) => text.startsWith('v=STSv1'));
    const policy = mtaStsPolicyOf(mtasts);
    const absent = isAbsent(mtasts.txt) && !policy;
    const policyText = policy
      ? `mode ${policy.mode}, max_age ${policy.maxAgeSeconds}`
      : mtasts.policy.kind === 'not-asked' && mtasts.policy.why === 'offline'
        ? 'policy not fetched (offline)'
        : 'no usable policy';
    return {
      summary: absent
        ? 'none'
        : mtasts.txt.kind === 'failed'
          ? outcome(mtasts.txt, '')
          : [texts[0]?.replace(/;\s*$/, ''), policyText].filter(Boolean).join(', '),
      observed: observedOf(mtasts.txt, (txt) => texts.includes(txtText(txt))),
      absent,
      failed: mtasts.txt.kind === 'failed',
      details: {
        policy: policy
          ? { mode: policy.mode, mx: policy.mx.map(patternText), maxAgeSeconds: policy.maxAgeSeconds }
          : null,
      },
    };
  },
  tlsrpt: ({ tlsrpt }) => {
    if (!tlsrpt?.txt) return undefined;
    const texts = dataOf(tlsrpt.txt).map(txtText);
    return {
      summary: texts[0] === '' ? 'an empty text' : (texts[0] ?? outcome(tlsrpt.txt, 'none')),
      observed: observedOf(tlsrpt.txt),
      absent: isAbsent(tlsrpt.txt),
      failed: tlsrpt.txt.kind === 'failed',
    };
  },
  bimi: ({ bimi }) => {
    if (!bimi?.author) return undefined;
    const at = [bimi.author, bimi.organisational].find((answer) => answer && bimiTexts(answer).length > 0);
    return {
      summary: at ? (bimiTexts(at)[0] ?? '') : outcome(bimi.author, 'none'),
      observed: at ? observedOf(at) : [],
      absent: at === undefined && bimi.author.kind !== 'failed',
      failed: at === undefined && bimi.author.kind === 'failed',
    };
  },
  host: ({ host }) => {
    if (!host) return { summary: 'give the sending addresses with --ip', observed: [], absent: true };
    const summary = host.addresses
      .map(({ address, ptr }) => `${address} ${ptr ? (dataOf(ptr)[0] ?? outcome(ptr, 'no name')) : 'no name'}`)
      .join(', ');
    return {
      summary: summary || (host.helo?.text ?? ''),
      observed: host.answers.filter((answer) => answer.type === 'PTR').flatMap((answer) => observedOf(answer)),
      absent: false,
      ...(host.helo ? { details: { helo: host.helo.text } } : {}),
    };
  },
  zone: ({ zone, domain }) => {
    if (!zone) return undefined;
    const apex = zone.full?.zone ?? (zone.soa.kind === 'found' ? zone.soa.set.name : undefined);
    const servers = zone.full?.delegation ? 'each name server asked' : '';
    const where = apex === undefined || apex === domain ? 'zone of its own' : `in the zone ${apex === '' ? '.' : apex}`;
    return {
      summary: zone.soa.kind === 'failed' ? outcome(zone.soa, '') : [where, servers].filter(Boolean).join('; '),
      observed: observedOf(zone.soa),
      absent: false,
      failed: zone.soa.kind === 'failed',
    };
  },
};

function outcome(answer: Answer, absent: string): string {
  return answer.kind === 'failed' ? `could not be looked up (${answer.detail ?? answer.reason})` : absent;
}

function observedOf(
  answer: Answer,
  keep: (txt: Txt) => boolean = () => true,
  show: (text: string) => string = (text) => text,
): readonly ObservedRecord[] {
  if (answer.kind !== 'found') return [];
  const { name, type, ttlSeconds, data } = answer.set;
  const isText = type === 'TXT' || type === 'SPF';
  const texts = isText
    ? (data as readonly Txt[]).filter(keep).map((txt) => show(txtText(txt)))
    : data.map((value) => formatRdata<RrType>(type, value));
  return texts.length === 0 ? [] : [{ name, type, ttlSeconds, data: texts }];
}
