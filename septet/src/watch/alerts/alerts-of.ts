/** Findings and changes as alerts, and which of the open ones are over. Pure. */
import type { DnsName } from '../../dns/name.ts';
import type { Finding } from '../../finding/finding.ts';
import type { ObservedChange, StoredAlert } from '../../store/store.ts';
import { alertText } from './alert-text.ts';
import { alertId } from './channel.ts';
import { changeAlerts, changeKeyOf, isChangeKey } from './change-alerts.ts';

export interface AlertSources {
  readonly domain: DnsName;
  /** Of one look at the domain; those that are neither errors nor warnings, or do not fail, are no alerts. */
  readonly findings?: readonly Finding[];
  /** What differs from what was seen before. */
  readonly changes?: readonly ObservedChange[];
}

/** One alert for each code and subject, and one for each RRset that somebody else changed. `now` becomes `since`. */
export function alertsOf({ domain, findings = [], changes = [] }: AlertSources, now: number): readonly StoredAlert[] {
  const byKey = new Map<string, StoredAlert>();
  for (const group of groupsOf(findings.filter(isAlerting)).values()) {
    const alert = findingAlert(domain, group, now);
    if (alert) byKey.set(alert.key, alert);
  }
  for (const alert of changeAlerts(domain, changes, now)) byKey.set(alert.key, alert);
  return [...byKey.values()];
}

/** Own changes settle what was told of others' after so long, as nobody has put it back: it is as it is now. */
export const changeTellsMs = 7 * 24 * 3_600_000; // house

/**
 * Open alerts of the domain that are over. A finding is over when it was looked for and does not fail: where it could
 * not be told (`unknown`), or its record was not looked at, the alert stays. A change is over when we publish the RRset.
 */
export function settledOf(open: readonly StoredAlert[], sources: AlertSources, now: number): readonly StoredAlert[] {
  const holds = new Set(alertsOf(sources, now).map(alertId));
  const findings = sources.findings ?? [];
  const looked = new Set(findings.map(({ record }) => record));
  const untold = findings.filter(({ state }) => state === 'unknown');
  const ours = new Set((sources.changes ?? []).filter(({ by }) => by === 'us').map(({ after }) => changeKeyOf(after)));
  return open.filter((alert) => {
    if (alert.domain !== sources.domain || holds.has(alertId(alert))) return false;
    if (isChangeKey(alert.key)) return ours.has(alert.key) || now - alert.since > changeTellsMs;
    const parts = partsOf(alert.key);
    if (parts === undefined || !looked.has(parts.record)) return false;
    return !untold.some(
      (finding) =>
        finding.record === parts.record && (finding.code === parts.code || finding.subject.name === parts.name),
    );
  });
}

const isAlerting = ({ state, severity, follows }: Finding): boolean =>
  state === 'fail' && (severity === 'error' || severity === 'warning') && follows === undefined;

/** `finding spf spf.limit.lookups example.com TXT`: no part has a blank in it. */
const keyOf = ({ record, code, subject }: Finding): string =>
  ['finding', record, code, subject.name || '.', subject.type].map((part) => part.replace(/\s+/g, '_')).join(' ');

function partsOf(key: string): (Pick<Finding, 'record' | 'code'> & { readonly name: string }) | undefined {
  const [kind, record, code, name] = key.split(' ');
  if (kind !== 'finding' || record === undefined || code === undefined || name === undefined) return undefined;
  return { record: record as Finding['record'], code, name: name === '.' ? '' : name };
}

function groupsOf(findings: readonly Finding[]): ReadonlyMap<string, readonly Finding[]> {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const group = groups.get(keyOf(finding));
    if (group) group.push(finding);
    else groups.set(keyOf(finding), [finding]);
  }
  return groups;
}

function findingAlert(domain: DnsName, group: readonly Finding[], now: number): StoredAlert | undefined {
  const [first] = group;
  if (!first) return undefined;
  const severity = group.some((finding) => finding.severity === 'error') ? 'error' : 'warning';
  // One look may bring them in another order than the next.
  const messages = [...new Set(group.map(({ message }) => message))].toSorted();
  const [title = messages[0] ?? '', more] = /^(.*?[.!?])\s+(?=\p{Lu})(.*)$/su.exec(messages[0] ?? '')?.slice(1) ?? [];
  const records = first.fix.set ?? [];
  const text = alertText({
    title,
    what: [...(more === undefined ? [] : [more]), ...messages.slice(1), first.consequence].filter(
      (line) => line !== '',
    ),
    seenFrom: placesOf(group),
    todo: [
      first.fix.text,
      ...records.flatMap((set) =>
        set.action === 'remove'
          ? [`Delete: ${set.name} ${set.type}`]
          : set.data.map((data) => `${set.name} ${set.ttlSeconds} ${set.type} ${data}`),
      ),
    ].filter((line) => line !== ''),
    commands: [`septet check ${domain}`, `septet explain ${first.code}`],
  });
  return { domain, key: keyOf(first), severity, text, since: now };
}

function placesOf(findings: readonly Finding[]): readonly string[] {
  const places = findings.flatMap(({ evidence }) =>
    evidence.flatMap((one) => {
      if (one.kind === 'http') return [one.url];
      return (one.kind === 'record' || one.kind === 'answer') && one.server !== undefined ? [one.server] : [];
    }),
  );
  return [...new Set(places)].toSorted();
}
