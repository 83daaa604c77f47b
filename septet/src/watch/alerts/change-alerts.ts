/** What somebody else did to a record, as an alert: one for each RRset, whatever the number of servers that show it. Pure. */
import type { DnsName } from '../../dns/name.ts';
import type { Observation, ObservedChange, StoredAlert } from '../../store/store.ts';
import { alertText } from './alert-text.ts';

const prefix = 'change';

/** `change TXT _dmarc.example.com`. */
export const changeKeyOf = ({ name, type }: Pick<Observation, 'name' | 'type'>): string =>
  `${prefix} ${type} ${name || '.'}`;

export const isChangeKey = (key: string): boolean => key.startsWith(`${prefix} `);

/**
 * Alerts of the changes that are not ours. A first sight is no change, and what could not be seen is none either. Where a
 * server goes there and back again within these changes, nothing has changed.
 */
export function changeAlerts(domain: DnsName, changes: readonly ObservedChange[], now: number): readonly StoredAlert[] {
  const groups = new Map<string, ObservedChange[]>();
  for (const change of netOf(changes)) {
    const { before, after } = change;
    if (change.by === 'us' || after.domain !== domain || before === undefined || before.state === 'unknown') continue;
    if (after.state === 'unknown' || sameData(before, after)) continue;
    const key = changeKeyOf(after);
    const group = groups.get(key);
    if (group) group.push(change);
    else groups.set(key, [change]);
  }
  return [...groups].map(([key, group]) => alertOf(domain, key, group, now));
}

/** From the first to the last at each place. */
function netOf(changes: readonly ObservedChange[]): readonly ObservedChange[] {
  const places = new Map<string, ObservedChange>();
  for (const change of changes.toSorted((a, b) => a.after.at - b.after.at)) {
    const place = `${changeKeyOf(change.after)} ${change.after.seenFrom}`;
    const first = places.get(place);
    places.set(place, first ? { ...change, ...(first.before ? { before: first.before } : {}) } : change);
  }
  return [...places.values()];
}

const sameData = (a: Observation, b: Observation): boolean =>
  a.state === b.state && a.data.length === b.data.length && a.data.every((data, at) => data === b.data[at]);

function alertOf(domain: DnsName, key: string, group: readonly ObservedChange[], now: number): StoredAlert {
  const sorted = group.toSorted((a, b) => (a.after.seenFrom < b.after.seenFrom ? -1 : 1));
  const last = group.reduce((latest, one) => (one.after.at > latest.after.at ? one : latest));
  const { before, after, by } = last;
  const old = before?.state === 'present' ? before.data : [];
  const fresh = after.state === 'present' ? after.data : [];
  const gone = old.filter((data) => !fresh.includes(data));
  const added = fresh.filter((data) => !old.includes(data));
  const what = recordWords(after, [...gone, ...added]);
  const verb = fresh.length === 0 ? 'removed' : old.length === 0 ? 'created' : 'changed';
  const who = by === 'others' ? 'by somebody else' : 'by nobody knows whom';
  const split = new Set(group.map((one) => JSON.stringify([one.after.state, one.after.data]))).size > 1;
  const text = alertText({
    title: `${what.title} ${verb} ${who}`,
    what: [
      `${after.name || '.'} ${after.type}:`,
      ...gone.map((data) => `  before: ${data}`),
      ...added.map((data) => `  now:    ${data}`),
      ...(fresh.length === 0 ? ['  now:    nothing'] : []),
      ...(split ? ['The servers do not agree on it yet.'] : []),
      by === 'others'
        ? 'The journal of Septet has no such step.'
        : 'Septet cannot tell whether it was a step of its own.',
    ],
    seenFrom: sorted.map((one) => one.after.seenFrom),
    todo: [
      'If it was meant, write it into septet.yaml, so that the plan wants the same.',
      'If not, see who may edit the zone, and publish the plan to put it back.',
    ],
    commands: [`septet history ${domain}`, `septet plan ${domain}`],
  });
  return { domain, key, severity: what.harmless ? 'info' : 'warning', text, since: now };
}

/** What people call the record. `harmless`: nobody who sends or receives mail reads it. */
function recordWords(
  { domain, name, type }: Observation,
  data: readonly string[],
): { readonly title: string; readonly harmless?: true } {
  const below = name === domain ? '' : name.endsWith(`.${domain}`) ? name.slice(0, -domain.length - 1) : name;
  if (type === 'HTTPS') return { title: 'Page' };
  if (type === 'CERT') return { title: 'Certificate' };
  if (type !== 'TXT') return { title: `${type} record${data.length > 1 ? 's' : ''}` };
  const begins = (form: RegExp): boolean => data.some((text) => form.test(text.replace(/^"/, '')));
  if (/(^|\.)_domainkey$/.test(below) || /\._domainkey\./.test(`.${below}.`)) return { title: 'DKIM key' };
  if (/^_dmarc(\.|$)/.test(below)) return { title: 'DMARC record' };
  if (/^_mta-sts(\.|$)/.test(below)) return { title: 'MTA-STS record' };
  if (/^_smtp\._tls(\.|$)/.test(below)) return { title: 'TLS-RPT record' };
  if (/\._bimi(\.|$)/.test(below)) return { title: 'BIMI record' };
  if (begins(/^v=spf1(\s|"|$)/i)) return { title: 'SPF record' };
  return { title: 'TXT record without a part in mail', harmless: true };
}
