/**
 * Records as Cloudflare's API carries them: whole names without a dot, TXT content as quoted strings, the preference of
 * an MX in a field of its own, CAA, SRV and TLSA as objects. Source: Cloudflare API v4, "DNS Records for a Zone".
 */
import { txtOf } from '../../change/txt.ts';
import type { DnsName } from '../../dns/name.ts';
import { formatRdata } from '../../dns/rdata-text.ts';
import { typeFromText } from '../../dns/rr-type.ts';
import type { Caa, Mx, Rdata, RrType, Srv, Tlsa } from '../../dns/rrset.ts';
import { at, numberAt, textAt, type JsonObject } from '../https/json.ts';
import { readData, unread, wholeName, type HostRecord, type Special } from '../https/values.ts';

/** A record with the identifier under which it is changed. */
export interface KeptRecord extends HostRecord {
  readonly id: string;
}

/** "TTL: 1 means automatic", which is served as 300 seconds. */
const automaticTtl = 1;
const automaticTtlSeconds = 300;

/** `undefined` when it is not what the API description says. */
export function readRecord(
  value: unknown,
  zone: DnsName,
): { readonly record: KeptRecord } | { readonly special: Special } | undefined {
  const id = textAt(value, 'id');
  const name = wholeName(textAt(value, 'name') ?? '');
  const typeText = textAt(value, 'type');
  const ttl = numberAt(value, 'ttl');
  if (id === undefined || name === undefined || typeText === undefined || ttl === undefined) return undefined;
  const type = typeFromText(typeText);
  const content = textAt(value, 'content');
  if (at(value, 'proxied') === true) {
    const what = `this ${typeText} record is proxied: the world sees addresses of Cloudflare and not what stands here. Mail names, DKIM and return paths must not be proxied; switch it to "DNS only".`;
    return { special: { name, type, what } };
  }
  if (type === 'CNAME' && (name === zone || at(at(value, 'settings'), 'flatten_cname') === true)) {
    const what = `Cloudflare flattens this CNAME to ${content ?? '?'}: the world sees the addresses of its target and no CNAME.`;
    return { special: { name, type, what } };
  }
  const data = type === undefined || content === undefined ? undefined : readContent(type, content, value);
  if (type === undefined || data === undefined) return { special: unread(name, typeText, 'Cloudflare', type) };
  return { record: { id, name, type, ttlSeconds: ttl === automaticTtl ? automaticTtlSeconds : ttl, data } };
}

function readContent(type: RrType, content: string, value: unknown): Rdata<RrType> | undefined {
  const priority = numberAt(value, 'priority') ?? numberAt(at(value, 'data'), 'priority') ?? 0;
  const root = '' as DnsName;
  if (type === 'MX') return readData(type, `${priority} ${content}`, root);
  if (type === 'SRV') return readData(type, `${priority} ${content}`, root);
  // Records from before 2024 may stand without quotes; then the content is the text.
  if (type === 'TXT' && !content.startsWith('"')) return txtOf(Buffer.from(content, 'utf8').toString('latin1'));
  return readData(type, content, root);
}

/** The fields that say what the record is, for `posts` and `patches`. */
export function recordFields(name: DnsName, type: RrType, ttlSeconds: number, data: Rdata<RrType>): JsonObject {
  const fields = { name, type, ttl: ttlSeconds };
  switch (type) {
    case 'MX': {
      const { preference, exchange } = data as Mx;
      return { ...fields, priority: preference, content: bare(exchange) };
    }
    case 'A':
    case 'AAAA':
      return { ...fields, content: data as string, proxied: false };
    case 'CNAME':
      return { ...fields, content: bare(data as DnsName), proxied: false };
    case 'NS':
    case 'PTR':
      return { ...fields, content: bare(data as DnsName) };
    case 'CAA': {
      const { flags, tag, value } = data as Caa;
      return { ...fields, data: { flags, tag, value } };
    }
    case 'TLSA': {
      const { usage, selector, matchingType, data: certificate } = data as Tlsa;
      return { ...fields, data: { usage, selector, matching_type: matchingType, certificate } };
    }
    case 'SRV': {
      const { priority, weight, port, target } = data as Srv;
      return { ...fields, data: { priority, weight, port, target: bare(target) } };
    }
    default:
      return { ...fields, content: formatRdata(type, data) };
  }
}

/** No dot at the end; the root alone is one. */
const bare = (name: DnsName): string => (name === '' ? '.' : name);
