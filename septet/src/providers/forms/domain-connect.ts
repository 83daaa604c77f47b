/**
 * Domain Connect: a template of the records (draft-ietf-dconn-domainconnect).
 *
 * Hosts are relative, `@` is the zone itself; targets have no dot; a text is raw. `%name%` is a variable, and the draft
 * has no escape for a bare `%`, so SPF macros cannot be written. A template only adds: what has to go first is found by
 * `txtConflictMatchingMode` (texts that begin alike) or by the type itself (a CNAME, the MX of a name); what it cannot
 * find is named in `description`. SPF is a TXT here and not SPFM, because SPFM leaves the end of the record (`all`) to
 * the host, and the plan says exactly how it ends.
 */
import type { Change } from '../../change/change.ts';
import type { DnsName } from '../../dns/name.ts';
import { txtText, type Rdata, type RrType, type Txt } from '../../dns/rrset.ts';
import type { FormInput, TextForm } from '../form.ts';
import { ascii } from './comments.ts';
import { editsOf, netChanges } from './edits.ts';
import { entryOf, entryRefusal, relativeName, shownTxt, type EntryStyle } from './entry.ts';
import { fit } from './fit.ts';

export const domainConnectForm: TextForm = {
  id: 'domain-connect',
  title: 'Domain Connect template',
  extension: '.json',
  write: writeTemplate,
};

const style: EntryStyle = { dot: false, txt: txtText };

function writeTemplate(input: FormInput): string {
  const steps = fit(input, { host: 'a Domain Connect host', refuses });
  const net = netChanges(steps);
  const notes = [
    `Records of ${input.domain}, plan ${input.digest}.`,
    ...steps.flatMap((step) => step.refused),
    ...net.flatMap((change) => leftOver(change, input.zone)),
  ];
  const template = {
    providerId: input.domain,
    providerName: input.domain,
    serviceId: 'mail',
    serviceName: 'E-mail records',
    version: 1,
    description: ascii(notes.join(' ')),
    records: net.flatMap((change) => recordsOf(change, input.zone)),
  };
  return `${JSON.stringify(template, undefined, 2)}\n`;
}

function refuses(change: Change): string | undefined {
  const why = entryRefusal(change, true);
  if (why !== undefined) return why;
  const { added, type } = editsOf(change);
  const percent = [change.name, ...added.map((data) => entryOf(type, data, style).value)].some((text) =>
    text.includes('%'),
  );
  return percent
    ? `${change.name} ${type}: a template reads % as the begin of a variable. Publish this record by another form.`
    : undefined;
}

function recordsOf(change: Change, zone: DnsName): readonly object[] {
  const { added, removed, kept, type, ttlSeconds } = editsOf(change);
  const host = relativeName(change.name, zone);
  return added.map((data) => {
    const { value, priority } = entryOf(type, data, style);
    if (type !== 'TXT')
      return { type, host, pointsTo: value, ttl: ttlSeconds, ...(priority === undefined ? {} : { priority }) };
    const prefix = prefixOf(data as Txt);
    const conflict = replaces(removed, kept, prefix)
      ? { txtConflictMatchingMode: 'Prefix', txtConflictMatchingPrefix: prefix }
      : { txtConflictMatchingMode: 'None' };
    return { type, host, data: value, ttl: ttlSeconds, ...conflict };
  });
}

/** `v=spf1`, `v=DMARC1`, `google-site-verification=`: what tells this kind of text from others. */
const prefixOf = (txt: Txt): string => /^(?:v=[A-Za-z0-9]+|[^= ;]+=?)/.exec(txtText(txt))?.[0] ?? txtText(txt);

const beginsAlike = (data: Rdata<RrType>, prefix: string): boolean => txtText(data as Txt).startsWith(prefix);

/** Whether the prefix finds what goes, and nothing that stays. */
const replaces = (removed: readonly Rdata<RrType>[], kept: readonly Rdata<RrType>[], prefix: string): boolean =>
  removed.some((old) => beginsAlike(old, prefix)) && !kept.some((other) => beginsAlike(other, prefix));

/** What the host does not find by itself. */
function leftOver(change: Change, zone: DnsName): readonly string[] {
  const { added, removed, kept, type } = editsOf(change);
  const prefixes =
    type === 'TXT' ? (added as readonly Txt[]).map(prefixOf).filter((prefix) => replaces(removed, kept, prefix)) : [];
  return removed
    .filter((data) => (type === 'TXT' ? !prefixes.some((prefix) => beginsAlike(data, prefix)) : added.length === 0))
    .map(
      (data) =>
        `Remove by hand: ${type} ${relativeName(change.name, zone)} ${entryOf(type, data, { dot: false, txt: shownTxt }).value}.`,
    );
}
