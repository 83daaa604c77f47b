/** One record as the fields of a web form or of a tool: relative name, value, priority. */
import type { Change } from '../../change/change.ts';
import { absolute, relativeTo, type DnsName } from '../../dns/name.ts';
import { formatRdata, formatTxtForZone, zoneName } from '../../dns/rdata-text.ts';
import { txtText, type Mx, type Rdata, type RrType, type Txt } from '../../dns/rrset.ts';
import { editsOf } from './edits.ts';

export interface Entry {
  readonly value: string;
  /** MX preference. */
  readonly priority?: number;
}

export interface EntryStyle {
  /** Whether targets end with a dot. */
  readonly dot: boolean;
  /** How a text is written. */
  readonly txt: (txt: Txt) => string;
}

/** `@` for the zone itself. */
export const relativeName = (name: DnsName, zone: DnsName): string => relativeTo(name, zone) || '@';

/** The same with the characters escaped that a zone file uses for itself. */
export const zoneFileName = (name: DnsName, zone: DnsName): string => {
  const relative = relativeTo(name, zone);
  return relative ? zoneName(relative as DnsName).slice(0, -1) : '@';
};

/** Types that forms with separate fields know; a plan publishes no others. */
const entryTypes: readonly RrType[] = ['A', 'AAAA', 'CNAME', 'MX', 'TXT'];

export function entryOf(type: RrType, data: Rdata<RrType>, style: EntryStyle): Entry {
  const target = (name: DnsName): string => (style.dot || name === '' ? absolute(name) : name);
  switch (type) {
    case 'TXT':
    case 'SPF':
      return { value: style.txt(data as Txt) };
    case 'MX':
      return { value: target((data as Mx).exchange), priority: (data as Mx).preference };
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return { value: target(data as DnsName) };
    default:
      return { value: formatRdata(type, data) };
  }
}

/** Printable ASCII without blanks at the ends: what every form takes as it is. */
export const isPlainText = (text: string): boolean => /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text);

/** The text itself where it is plain, else as a zone file writes it, for people to recognise a record. */
export const shownTxt = (txt: Txt): string => (isPlainText(txtText(txt)) ? txtText(txt) : formatTxtForZone(txt));

/** Why a form that takes raw text cannot take what the change adds. `quoted`: the form knows quotes, so blanks are safe. */
export function entryRefusal(change: Change, quoted = false): string | undefined {
  const { added, name, type } = editsOf(change);
  const at = `${name} ${type}`;
  if (added.length > 0 && !entryTypes.includes(type)) {
    return `${at}: this form writes ${entryTypes.join(', ')} only. Take the record from --as bind and enter it by hand.`;
  }
  if (type !== 'TXT') return undefined;
  for (const txt of added as readonly Txt[]) {
    const text = txtText(txt);
    if (/[^\x20-\x7e]/.test(text)) {
      return `${at}: the text holds octets that cannot be typed into a form. Write it in ASCII, or publish it by an API that takes zone text (--as bind shows it).`;
    }
    if (!quoted && !isPlainText(text)) {
      return `${at}: the text is empty or begins or ends with a blank, which the form cuts off. Write it without.`;
    }
  }
  return undefined;
}
