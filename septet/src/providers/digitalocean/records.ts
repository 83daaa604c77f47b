/**
 * Records as DigitalOcean's API v2 carries them: names relative with `@` for the domain, targets written with a dot at
 * their end and read without, TXT data as it is, without quotes. Source: DigitalOcean API description, "Domain Records".
 */
import { txtOf } from '../../change/txt.ts';
import { absolute, type DnsName } from '../../dns/name.ts';
import { typeFromText } from '../../dns/rr-type.ts';
import { txtText, type Caa, type Mx, type Rdata, type RrType, type Srv, type Txt } from '../../dns/rrset.ts';
import { numberAt, textAt, type JsonObject } from '../https/json.ts';
import { longName, readData, shortName, unread, wholeName, type HostRecord, type Special } from '../https/values.ts';

export interface KeptRecord extends HostRecord {
  readonly id: number;
}

/** `undefined` when it is not what the API description says. */
export function readRecord(
  value: unknown,
  zone: DnsName,
): { readonly record: KeptRecord } | { readonly special: Special } | undefined {
  const id = numberAt(value, 'id');
  const name = longName(textAt(value, 'name') ?? '@', zone);
  const typeText = textAt(value, 'type');
  const content = textAt(value, 'data');
  const ttlSeconds = numberAt(value, 'ttl');
  if (id === undefined || name === undefined || typeText === undefined || content === undefined) return undefined;
  if (ttlSeconds === undefined) return undefined;
  const type = typeFromText(typeText);
  const data = type === undefined ? undefined : readContent(type, content, value, zone);
  if (type === undefined || data === undefined) return { special: unread(name, typeText, 'DigitalOcean', type) };
  return { record: { id, name, type, ttlSeconds, data } };
}

function readContent(type: RrType, content: string, value: unknown, zone: DnsName): Rdata<RrType> | undefined {
  const target = (): DnsName | undefined => (content === '@' ? zone : wholeName(content));
  const number = (key: string): number => numberAt(value, key) ?? 0;
  switch (type) {
    case 'TXT':
      return txtOf(Buffer.from(content, 'utf8').toString('latin1'));
    case 'CNAME':
    case 'NS':
      return target();
    case 'MX': {
      const exchange = target();
      return exchange === undefined ? undefined : { preference: number('priority'), exchange };
    }
    case 'SRV': {
      const host = target();
      if (host === undefined) return undefined;
      return { priority: number('priority'), weight: number('weight'), port: number('port'), target: host };
    }
    case 'CAA':
      return { flags: number('flags'), tag: textAt(value, 'tag') ?? '', value: content.replace(/\.$/, '') };
    case 'A':
    case 'AAAA':
      return readData(type, content, zone);
    default:
      return undefined;
  }
}

/**
 * The fields for POST and PATCH. `undefined` when JSON cannot carry the data: a text whose octets are not UTF-8.
 */
export function recordFields(
  zone: DnsName,
  name: DnsName,
  type: RrType,
  ttlSeconds: number,
  data: Rdata<RrType>,
): JsonObject | undefined {
  const fields = { type, name: shortName(name, zone), ttl: ttlSeconds };
  switch (type) {
    case 'TXT': {
      const text = utf8(txtText(data as Txt));
      return text === undefined ? undefined : { ...fields, data: text };
    }
    case 'CNAME':
    case 'NS':
      return { ...fields, data: absolute(data as DnsName) };
    case 'MX': {
      const { preference, exchange } = data as Mx;
      return { ...fields, data: absolute(exchange), priority: preference };
    }
    case 'SRV': {
      const { priority, weight, port, target } = data as Srv;
      return { ...fields, data: absolute(target), priority, weight, port };
    }
    case 'CAA': {
      const { flags, tag, value } = data as Caa;
      return { ...fields, data: `${value}.`, flags, tag };
    }
    default:
      return { ...fields, data: data as string };
  }
}

/** The text that the octets are in UTF-8, where they are. */
function utf8(octets: string): string | undefined {
  const bytes = Buffer.from(octets, 'latin1');
  const text = bytes.toString('utf8');
  return Buffer.from(text, 'utf8').equals(bytes) ? text : undefined;
}
