/**
 * A stateful Cloudflare, written from the description of its API v4 ("Zones", "DNS Records for a Zone", "Verify Token")
 * and its page "Batch record changes". Stricter than the real one: unknown fields and text without quotes are refused.
 */
import { createHash, randomUUID } from 'node:crypto';
import { isData, isName, quotedStrings } from './dns-text.ts';
import type { Fake } from './fake.ts';
import { bearer, json, jsonBody, startFake, unknownKey, type Answer, type Asked, type Body } from './server.ts';

export interface CloudflareRecord {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly content: string;
  readonly ttl: number;
  readonly proxied: boolean;
  readonly proxiable: boolean;
  readonly priority?: number;
  readonly data?: Body;
  readonly comment: string | null;
  readonly tags: readonly string[];
  readonly settings: Body;
  readonly meta: Body;
  readonly created_on: string;
  readonly modified_on: string;
}

export interface CloudflareZone {
  readonly name: string;
  readonly status?: 'active' | 'pending';
  readonly account?: string;
}

export type CloudflareRight = 'zone:read' | 'dns:read' | 'dns:edit';

export interface FakeCloudflare extends Fake {
  /** Of the first zone. */
  records: readonly CloudflareRecord[];
  readonly zoneId: string;
  /** As an API call would. */
  create(body: Body): CloudflareRecord;
}

/** A refusal: status and code. */
class Refusal extends Error {
  readonly status: number;
  readonly code: number;
  constructor(status: number, code: number, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const envelope = (result: unknown, more: Body = {}): Answer =>
  json(200, { success: true, errors: [], messages: [], result, ...more });
const refused = (status: number, code: number, message: string): Answer =>
  json(status, { success: false, errors: [{ code, message }], messages: [], result: null });

const idOf = (text: string): string => createHash('md5').update(text).digest('hex');
const proxiable = new Set(['A', 'AAAA', 'CNAME']);
const byData = new Set(['CAA', 'SRV', 'TLSA']);
const fields = 'id name type content ttl proxied priority data comment tags settings private_routing'.split(' ');

export async function fakeCloudflare(
  tokens: Readonly<Record<string, readonly CloudflareRight[]>>,
  zones: readonly CloudflareZone[],
): Promise<FakeCloudflare> {
  const stores = new Map<string, { zone: Body; records: readonly CloudflareRecord[] }>();
  for (const { name, status = 'active', account = 'a' } of zones) {
    const id = idOf(`${account} ${name}`);
    const name_servers = ['ada.ns.cloudflare.com', 'bob.ns.cloudflare.com'];
    stores.set(id, { zone: { id, name, status, name_servers, type: 'full', account: { id: account } }, records: [] });
  }
  const [zoneId = ''] = stores.keys();

  const handle = (asked: Asked): Answer => {
    const token = bearer(asked);
    if (asked.headers.authorization === undefined) {
      return refused(400, 9106, 'Missing X-Auth-Key, X-Auth-Email or Authorization headers');
    }
    if (token === undefined) return refused(400, 6003, 'Invalid request headers');
    const path = asked.path.replace(/^\/client\/v4/, '');
    const rights = tokens[token];
    if (path === '/user/tokens/verify') {
      return rights ? envelope({ id: 'x', status: 'active' }) : refused(401, 1000, 'Invalid API Token');
    }
    if (rights === undefined) return refused(403, 9109, 'Invalid access token');
    const needs = (right: CloudflareRight): void => {
      if (!rights.includes(right)) throw new Refusal(403, 10000, 'Authentication error');
    };
    try {
      if (path === '/zones' && asked.method === 'GET') {
        needs('zone:read');
        return page(
          asked,
          [...stores.values()].map(({ zone }) => zone).filter((zone) => matches(asked, zone)),
          50,
        );
      }
      const [, id = '', rest = ''] = /^\/zones\/([0-9a-f]{32})\/dns_records(\/[^/]*)?$/.exec(path) ?? [];
      const store = stores.get(id);
      if (store === undefined)
        return refused(404, 7003, `Could not route to ${path}, perhaps your object identifier is invalid?`);
      if (asked.method === 'GET') needs('dns:read');
      else needs('dns:edit');
      const zoneName = store.zone['name'] as string;
      return recordCall(asked, zoneName, rest.slice(1), store);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return refused(error.status, error.code, error.message);
    }
  };
  const server = await startFake(handle, {
    ...refused(429, 971, 'Please wait and consider throttling your request speed'),
    headers: { 'retry-after': '4' },
  });
  const first = stores.get(zoneId);
  if (first === undefined) throw new Error('a fake needs a zone');
  const zoneName = first.zone['name'] as string;
  const fake: FakeCloudflare = {
    server,
    zoneId,
    get records() {
      return first.records;
    },
    set records(records) {
      first.records = records;
    },
    create: (body) => {
      const made = create(first.records, zoneName, body);
      first.records = [...first.records, made];
      return made;
    },
    lines: () => first.records.map(lineOf),
    put(name, type, ttl, data) {
      fake.drop(name, type);
      for (const text of data) fake.create({ name, type, ttl, ...contentOf(type, text) });
    },
    drop(name, type) {
      first.records = first.records.filter((one) => one.name !== name || one.type !== type);
    },
  };
  return fake;
}

const matches = ({ query }: Asked, item: Body): boolean =>
  [...query].every(([key, value]) => {
    const field = key.replace(/^name\.exact$/, 'name');
    return !['name', 'type', 'content', 'status'].includes(field) || item[field] === value;
  });

function page(asked: Asked, all: readonly unknown[], most: number): Answer {
  const size = Number(asked.query.get('per_page') ?? 20);
  const number = Number(asked.query.get('page') ?? 1);
  if (!(size >= 1 && size <= most) || !(number >= 1)) throw new Refusal(400, 1004, 'DNS Validation Error');
  const result = all.slice((number - 1) * size, number * size);
  const result_info = {
    page: number,
    per_page: size,
    count: result.length,
    total_count: all.length,
    total_pages: Math.max(1, Math.ceil(all.length / size)),
  };
  return envelope(result, { result_info });
}

function recordCall(asked: Asked, zone: string, id: string, store: { records: readonly CloudflareRecord[] }): Answer {
  const { method } = asked;
  if (id === '' && method === 'GET') {
    const all = store.records.filter((record) => matches(asked, record as unknown as Body));
    return page(asked, all, 5_000_000);
  }
  if (id === 'batch' && method === 'POST') {
    const done = batch(bodyOf(asked), zone, store.records);
    store.records = done.records;
    return envelope(done.result);
  }
  if (id === '' && method === 'POST') {
    const made = create(store.records, zone, bodyOf(asked));
    store.records = [...store.records, made];
    return envelope(made);
  }
  const record = find(store.records, id);
  if (method === 'GET') return envelope(record);
  if (method === 'DELETE') {
    store.records = store.records.filter((one) => one.id !== id);
    return envelope({ id });
  }
  if (method !== 'PATCH' && method !== 'PUT') throw new Refusal(405, 10405, 'Method not allowed');
  const { changed, records } = change(store.records, zone, record, bodyOf(asked), method === 'PATCH');
  store.records = records;
  return envelope(changed);
}

function bodyOf(asked: Asked): Body {
  const body = jsonBody(asked);
  if (body === undefined) throw new Refusal(400, 9207, 'Request body is invalid.');
  return body;
}

function find(records: readonly CloudflareRecord[], id: unknown): CloudflareRecord {
  const record = records.find((one) => one.id === id);
  if (record === undefined) throw new Refusal(404, 81044, 'Record does not exist.');
  return record;
}

/** Deletes, patches, puts, posts, in this order; all or none. */
function batch(
  body: Body,
  zone: string,
  before: readonly CloudflareRecord[],
): { readonly records: readonly CloudflareRecord[]; readonly result: Body } {
  const key = unknownKey(body, ['deletes', 'patches', 'puts', 'posts']);
  if (key !== undefined) throw new Refusal(400, 9207, `Request body is invalid: unknown field ${key}.`);
  const list = (name: string): readonly Body[] => (body[name] ?? []) as readonly Body[];
  let records = before;
  const deletes = list('deletes').map(({ id }) => {
    const gone = find(records, id);
    records = records.filter((one) => one !== gone);
    return gone;
  });
  const changes = (name: 'patches' | 'puts'): readonly CloudflareRecord[] =>
    list(name).map((one) => {
      const done = change(records, zone, find(records, one['id']), one, name === 'patches');
      records = done.records;
      return done.changed;
    });
  const patches = changes('patches');
  const puts = changes('puts');
  const posts = list('posts').map((one) => {
    const made = create(records, zone, one);
    records = [...records, made];
    return made;
  });
  return { records, result: { deletes, patches, puts, posts } };
}

function create(records: readonly CloudflareRecord[], zone: string, body: Body): CloudflareRecord {
  const now = new Date().toISOString();
  const made = checked(zone, body, { id: randomUUID().replaceAll('-', ''), created_on: now, modified_on: now });
  refuseConflicts(records, made, zone);
  return made;
}

function change(
  records: readonly CloudflareRecord[],
  zone: string,
  record: CloudflareRecord,
  body: Body,
  keep: boolean,
): { readonly changed: CloudflareRecord; readonly records: readonly CloudflareRecord[] } {
  const { id, created_on, content, data, ...rest } = record;
  const kept = keep ? { ...rest, ...(data ? { data } : { content }) } : {};
  const changed = checked(zone, { ...pick(kept), ...body }, { id, created_on, modified_on: new Date().toISOString() });
  const others = records.filter((one) => one.id !== id);
  refuseConflicts(others, changed, zone);
  return { changed, records: records.map((one) => (one.id === id ? changed : one)) };
}

const pick = (body: Body): Body => Object.fromEntries(Object.entries(body).filter(([key]) => fields.includes(key)));

/** The checks of "Create DNS Record"; texts and codes as the API gives them where they are known. */
function checked(
  zone: string,
  body: Body,
  own: { id: string; created_on: string; modified_on: string },
): CloudflareRecord {
  const key = unknownKey(body, fields);
  if (key !== undefined) throw new Refusal(400, 9207, `Request body is invalid: unknown field ${key}.`);
  const type = String(body['type']);
  const given = String(body['name'] ?? '').toLowerCase();
  const name = given === '@' || given === zone ? zone : given.endsWith(`.${zone}`) ? given : `${given}.${zone}`;
  if (!isName(name)) throw new Refusal(400, 9000, 'DNS name is invalid.');
  const ttl = body['ttl'] ?? 1;
  if (typeof ttl !== 'number' || (ttl !== 1 && !(ttl >= 60 && ttl <= 86_400))) {
    throw new Refusal(400, 9021, 'Invalid TTL. Must be between 60 and 86400 seconds, or 1 for Automatic.');
  }
  const proxied = body['proxied'] === true;
  if (proxied && !proxiable.has(type)) throw new Refusal(400, 9004, 'This record type cannot be proxied.');
  const data = body['data'] as Body | undefined;
  const content = byData.has(type) ? contentFromData(type, data) : String(body['content'] ?? '');
  const priority = body['priority'] as number | undefined;
  checkContent(type, content, priority);
  return {
    ...own,
    name,
    type,
    content,
    ttl: proxied ? 1 : ttl,
    proxied,
    proxiable: proxiable.has(type),
    ...(type === 'MX' ? { priority: priority ?? 0 } : {}),
    ...(type === 'SRV' ? { priority: Number(data?.['priority']) } : {}),
    ...(data ? { data } : {}),
    comment: (body['comment'] as string | null | undefined) ?? null,
    tags: (body['tags'] as readonly string[] | undefined) ?? [],
    settings: (body['settings'] as Body | undefined) ?? {},
    meta: {},
  };
}

function checkContent(type: string, content: string, priority: number | undefined): void {
  const bad = (code: number): never => {
    throw new Refusal(400, code, `Content for ${type} record is invalid.`);
  };
  if (type === 'TXT') {
    const strings = quotedStrings(content, 10);
    // Strings of more than 255 octets are split by the real one.
    if (strings === undefined || strings.join('') === '') bad(9101);
    // "DNS record types": at most 4,096 octets on the wire.
    if ((strings ?? []).reduce((sum, one) => sum + one.length + 1, 0) > 4096) bad(9101);
  } else if (type === 'MX') {
    if (!Number.isInteger(priority) || !(priority !== undefined && priority >= 0 && priority <= 65_535)) bad(9009);
    if (content !== '.' && !isName(content)) bad(9009);
  } else if (['CNAME', 'NS', 'PTR'].includes(type)) {
    if (!isName(content)) bad(9007);
  } else if (!isData(type, content)) bad(9005);
}

function contentFromData(type: string, data: Body | undefined): string {
  if (data === undefined) throw new Refusal(400, 9101, `${type} needs data.`);
  const at = (key: string): string => String(data[key]);
  if (type === 'CAA') return `${at('flags')} ${at('tag')} "${at('value')}"`;
  if (type === 'SRV') return `${at('weight')} ${at('port')} ${at('target')}`;
  return `${at('usage')} ${at('selector')} ${at('matching_type')} ${at('certificate')}`;
}

function refuseConflicts(records: readonly CloudflareRecord[], made: CloudflareRecord, zone: string): void {
  const there = records.filter((one) => one.name === made.name);
  const host = 'A DNS record managed by the host already exists';
  if (there.some((one) => one.type === made.type && one.content === made.content && one.priority === made.priority)) {
    throw new Refusal(400, 81058, 'An identical record already exists.');
  }
  if (there.some((one) => one.type === 'CNAME') && (made.name !== zone || proxiable.has(made.type))) {
    throw new Refusal(400, 81054, 'A CNAME record with that host already exists.');
  }
  if (made.type === 'CNAME' && there.some((one) => made.name !== zone || proxiable.has(one.type))) {
    throw new Refusal(400, 81053, 'An A, AAAA, or CNAME record with that host already exists.');
  }
  const sum = there.filter((one) => one.type === made.type).reduce((octets, one) => octets + one.content.length, 0);
  if (sum + made.content.length > 8192) throw new Refusal(400, 9101, `${host}: more than 8192 characters.`);
}

function lineOf(record: CloudflareRecord): string {
  const { name, type, content, ttl, priority = 0 } = record;
  const dotted = content === '.' ? content : `${content}.`;
  const data = type === 'MX' ? `${priority} ${dotted}` : ['CNAME', 'NS', 'PTR'].includes(type) ? dotted : content;
  return `${name}. ${ttl === 1 ? 300 : ttl} IN ${type} ${data}`;
}

/** Data in zone file form into the fields of a record. */
function contentOf(type: string, text: string): Body {
  const bare = (name: string): string => (name === '.' ? name : name.replace(/\.$/, ''));
  const [, preference, exchange = ''] = /^(\d+) (\S+)$/.exec(text) ?? [];
  if (type === 'MX') return { priority: Number(preference), content: bare(exchange) };
  return { content: ['CNAME', 'NS', 'PTR'].includes(type) ? bare(text) : text };
}
