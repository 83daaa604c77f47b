/**
 * What changed over time and hurts, as findings. Stands on what was seen last and on the changes before it; a finding
 * holds as long as what it tells of still stands, and for a month at most: then it is how things are. Pure.
 */
import { isAtOrBelow, isBelow, under, type DnsName } from '../../dns/name.ts';
import { reporter } from '../../finding/catalogue.ts';
import type { Evidence, Finding } from '../../finding/finding.ts';
import { strength } from '../../records/dmarc/readers.ts';
import { isPolicy, parse as parseDmarc } from '../../records/dmarc/record.ts';
import type { Observation, ObservedChange } from '../../store/store.ts';
import { dkimRows, dmarcRows, mtastsRows, spfRows } from './findings.ts';

export interface DriftSeen {
  readonly domain: DnsName;
  /** Of the look that was just made. */
  readonly findings: readonly Finding[];
  /** The last known state at each place, this look included. */
  readonly last: readonly Observation[];
  /** Changes since `driftTellsMs` ago, this look's included, in order. */
  readonly history: readonly ObservedChange[];
  readonly now: number;
}

export interface Drift {
  /** Those of the look, where need be with what they follow from, and those of time. */
  readonly findings: readonly Finding[];
  /** Changes that none of these tells, for alerts of their own. */
  readonly untold: (changes: readonly ObservedChange[]) => readonly ObservedChange[];
}

/** What is older counts as the way things are. */
export const driftTellsMs = 30 * 86_400_000; // house

const foundDmarc = reporter('dmarc', dmarcRows);
const foundSpf = reporter('spf', spfRows);
const foundDkim = reporter('dkim', dkimRows);
const foundMtaSts = reporter('mtasts', mtastsRows);

export function checkDrift(seen: DriftSeen): Drift {
  const dmarc = changedPolicies(seen);
  const keys = lostKeys(seen);
  const includes = changedIncludes(seen);
  const policy = staleId(seen);
  const own = [...dmarc, ...keys, ...includes, ...policy];
  const lost = new Set(keys.map(({ subject }) => subject.name));
  const over = includes.find(({ severity }) => severity === 'error');
  const findings = seen.findings.map((finding): Finding => {
    if (finding.code === 'dkim.key.missing' && lost.has(finding.subject.name))
      return { ...finding, follows: 'dkim.key.changed' };
    if (finding.code === 'spf.lookups.exceeded' && over) return { ...finding, follows: over.code };
    return finding;
  });
  const told = new Set([...dmarc, ...keys].map(({ subject }) => subject.name));
  return {
    findings: [...own, ...findings],
    untold: (changes) =>
      changes.filter(
        ({ after }) => after.type !== 'CERT' && isAtOrBelow(after.name, seen.domain) && !told.has(after.name),
      ),
  };
}

const dayText = (at: number): string => new Date(at).toISOString().slice(0, 10);

const evidenceOf = ({ name, type, data, seenFrom }: Observation): readonly Evidence[] =>
  data.length === 0
    ? [{ kind: 'answer', name, type, outcome: 'no data', server: seenFrom }]
    : data.map((text) => ({ kind: 'record', name, type, text, server: seenFrom }));

const sameText = (a: Observation, b: Observation): boolean =>
  a.state === b.state && JSON.stringify(a.data) === JSON.stringify(b.data);

/**
 * What others made of a record since our own last step there, from its first change to what stands now; undefined where
 * it is as it was, or was changed too long ago.
 */
function standing(seen: DriftSeen, name: DnsName, type: string): ObservedChange | undefined {
  const own = seen.history.filter(
    ({ before, after }) => after.name === name && after.type === type && before !== undefined,
  );
  const last = own.at(-1);
  if (!last || last.by === 'us' || seen.now - last.after.at > driftTellsMs) return undefined;
  const place = own.filter(({ after }) => after.seenFrom === last.after.seenFrom);
  const since = place.slice(place.findLastIndex(({ by }) => by === 'us') + 1);
  const before = since[0]?.before;
  const here = seen.last.find((one) => one.name === name && one.type === type && one.seenFrom === last.after.seenFrom);
  if (!before || !here || !sameText(here, last.after) || sameText(before, last.after)) return undefined;
  return { before, after: last.after, by: last.by };
}

/** A policy that became stricter without a step, or went altogether. */
function changedPolicies(seen: DriftSeen): readonly Finding[] {
  const name = under('_dmarc', seen.domain);
  const change = name === undefined ? undefined : standing(seen, name, 'TXT');
  if (name === undefined || !change?.before) return [];
  const [was, is] = [policyText(change.before), policyText(change.after)];
  if (was.text === is.text) return [];
  return [
    foundDmarc('dmarc.changed', {
      subject: { name, type: 'TXT' },
      args: { name, before: was.text, after: is.text, date: dayText(change.after.at) },
      severity: is.weight > was.weight ? 'error' : 'warning',
      evidence: evidenceOf(change.after),
    }),
  ];
}

function policyText({ data }: Observation): { readonly text: string; readonly weight: number } {
  const records = data.flatMap((text) => {
    const parsed = parseDmarc(text);
    return parsed.kind === 'good' ? [parsed.value] : [];
  });
  const [record] = records;
  // Receivers take two records for none (RFC 9989 §4.10).
  if (!record || records.length > 1) return { text: 'without a policy', weight: -1 };
  const { p } = record;
  return isPolicy(p) ? { text: `p=${p}`, weight: strength(p) } : { text: 'without a policy', weight: -1 };
}

/** Keys that stood there and stand nowhere any more, as far as anybody can tell. */
function lostKeys(seen: DriftSeen): readonly Finding[] {
  const top = under('_domainkey', seen.domain);
  if (top === undefined) return [];
  const names = new Set(
    seen.last.filter(({ name, type }) => isBelow(name, top) && /^(TXT|CNAME)$/.test(type)).map(({ name }) => name),
  );
  return [...names].flatMap((name) => {
    const here = seen.last.filter((one) => one.name === name && /^(TXT|CNAME)$/.test(one.type));
    const change = standing(seen, name, 'TXT') ?? standing(seen, name, 'CNAME');
    if (!change || here.some(({ state }) => state !== 'absent')) return [];
    return [
      foundDkim('dkim.key.changed', {
        subject: { name, type: 'TXT' },
        args: { name, date: dayText(change.after.at) },
        evidence: change.before ? evidenceOf(change.before) : [],
      }),
    ];
  });
}

/** Records of services in the domain's SPF tree; the last one to change is what took it over the limit. */
function changedIncludes(seen: DriftSeen): readonly Finding[] {
  const since = seen.now - driftTellsMs;
  const changes = seen.history.filter(
    ({ before, after }) => before !== undefined && after.type === 'TXT' && after.at >= since,
  );
  const outside = changes.filter(({ after }) => !isAtOrBelow(after.name, seen.domain));
  const latest = outside.at(-1);
  if (!latest) return [];
  const exceeded = seen.findings.some(({ code, state }) => code === 'spf.lookups.exceeded' && state === 'fail');
  const ownLast = changes.findLast(({ after }) => after.name === seen.domain && /v=spf1/i.test(after.data.join(' ')));
  const over = exceeded && (ownLast === undefined || ownLast.after.at < latest.after.at);
  const names = [...new Set(outside.map(({ after }) => after.name))];
  return names.flatMap((name) => {
    const change = outside.findLast(({ after }) => after.name === name);
    if (!change) return [];
    const guilty = over && name === latest.after.name;
    return [
      foundSpf('spf.include.drift', {
        subject: { name, type: 'TXT' },
        args: {
          include: name,
          date: dayText(change.after.at),
          over: guilty ? `, and the record of ${seen.domain} needs more than 10 look-ups since` : '',
          cure: guilty
            ? `Receivers stop with permerror now. Remove what no longer sends, or let septet spf flatten ${seen.domain} make room.`
            : 'Nothing to do where the service still sends for you.',
        },
        severity: guilty ? 'error' : 'info',
        evidence: evidenceOf(change.after),
      }),
    ];
  });
}

/** The policy file is another one since a day on which the id did not change. */
function staleId(seen: DriftSeen): readonly Finding[] {
  const name = under('_mta-sts', seen.domain);
  if (name === undefined) return [];
  const page = seen.history.findLast(({ before, after }) => before?.state === 'present' && after.type === 'HTTPS');
  const id = seen.last.find((one) => one.name === name && one.type === 'TXT' && one.state === 'present');
  if (!page || page.after.state !== 'present' || !id || seen.now - page.after.at > driftTellsMs) return [];
  // The day before is early enough for an id that was published first.
  const bumped = seen.history.some(
    ({ before, after }) =>
      before !== undefined && after.name === name && after.type === 'TXT' && after.at > page.after.at - 86_400_000,
  );
  if (bumped) return [];
  return [
    foundMtaSts('mtasts.id.not_bumped', {
      subject: { name, type: 'TXT' },
      args: { domain: seen.domain, date: dayText(page.after.at), name },
      evidence: evidenceOf(id),
    }),
  ];
}
