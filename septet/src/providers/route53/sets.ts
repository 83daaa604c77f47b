/**
 * Resource record sets as Route 53 carries them: whole names, octets outside of letters, digits, `-`, `_` and `.` as
 * `\ddd` in octal (`\052` is `*`), values in zone file form with octal escapes (Developer Guide, "DNS domain name format"
 * and "Supported DNS record types"). What Route 53 sent is kept as it came, because a deletion has to name the values
 * exactly.
 */
import { absolute, type DnsName } from '../../dns/name.ts';
import { formatRdata } from '../../dns/rdata-text.ts';
import { typeFromText } from '../../dns/rr-type.ts';
import type { Rdata, RrSet, RrType } from '../../dns/rrset.ts';
import { memberText, readData, unread, wholeName, type Special } from '../https/values.ts';
import { escapeXml, find, tag, textOf, type Element } from './xml.ts';

/** An RRset with the texts as they came. */
export interface KeptSet {
  readonly set: RrSet;
  readonly name: string;
  readonly ttl: string;
  readonly values: readonly string[];
}

/** Octal escapes into the decimal ones of zone files. */
export const decimalEscapes = (text: string): string =>
  text.replaceAll(/\\([0-7]{3})|\\./g, (piece, octal: string | undefined) =>
    octal === undefined ? piece : `\\${String(Number.parseInt(octal, 8)).padStart(3, '0')}`,
  );

/** The other way round. */
export const octalEscapes = (text: string): string =>
  text.replaceAll(/\\(\d{3})|\\./g, (piece, decimal: string | undefined) =>
    decimal === undefined ? piece : `\\${Number(decimal).toString(8).padStart(3, '0')}`,
  );

/** A name as Route 53 writes it, read. */
export const nameOf = (text: string): DnsName | undefined => wholeName(decimalEscapes(text));

/** What routes by more than name and type, by the element that says so. */
const routed: Readonly<Record<string, string>> = {
  AliasTarget: 'an alias of Route 53, which answers with the records of another name or of an AWS resource',
  SetIdentifier: 'one of several sets between which Route 53 chooses (weighted, by latency, by place or by failover)',
  TrafficPolicyInstanceId: 'made by a traffic policy of Route 53',
  HealthCheckId: 'tied to a health check of Route 53',
};

/** `undefined` when it is not what the API description says. */
export function readSet(element: Element): { readonly kept: KeptSet } | { readonly special: Special } | undefined {
  const nameText = textOf(element, 'Name');
  const typeText = textOf(element, 'Type');
  const name = nameOf(nameText ?? '');
  if (nameText === undefined || typeText === undefined || name === undefined) return undefined;
  const type = typeFromText(typeText);
  for (const [key, what] of Object.entries(routed)) {
    if (find(element, key)) return { special: { name, type, what: `this ${typeText} set is ${what}.` } };
  }
  const ttl = textOf(element, 'TTL');
  const records = find(element, 'ResourceRecords')?.children ?? [];
  if (ttl === undefined || !/^\d{1,10}$/.test(ttl) || records.length === 0) return undefined;
  const values = records.map((record) => textOf(record, 'Value') ?? '');
  if (type === undefined) return { special: unread(name, typeText, 'Route 53') };
  const data = values.map((value) => readValue(type, value));
  if (!data.every((one) => one !== undefined)) return { special: unread(name, typeText, 'Route 53', type) };
  return { kept: { set: { name, type, ttlSeconds: Number(ttl), data }, name: nameText, ttl, values } };
}

/** Names in values are whole, whether a dot stands at their end or not. */
const readValue = (type: RrType, value: string): Rdata<RrType> | undefined =>
  readData(type, decimalEscapes(value), '' as DnsName);

/** One `<Change>`: the set as it came is deleted, or a new one created. */
export function deletion({ set, name, ttl, values }: KeptSet): string {
  return changeXml('DELETE', name, set.type, ttl, values);
}

export function creation(set: RrSet): string {
  const values = new Map(
    set.data.map((data) => [memberText(set.type, data), octalEscapes(formatRdata(set.type, data))]),
  );
  return changeXml('CREATE', octalEscapes(absolute(set.name)), set.type, String(set.ttlSeconds), [...values.values()]);
}

function changeXml(action: string, name: string, type: RrType, ttl: string, values: readonly string[]): string {
  const records = values.map((value) => tag('ResourceRecord', tag('Value', escapeXml(value))));
  return tag(
    'Change',
    tag('Action', action),
    tag(
      'ResourceRecordSet',
      tag('Name', escapeXml(name)),
      tag('Type', type),
      tag('TTL', ttl),
      tag('ResourceRecords', ...records),
    ),
  );
}
