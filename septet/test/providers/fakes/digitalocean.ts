/**
 * A stateful DigitalOcean, written from its API description ("Domain Records", "HTTP Statuses", "Rate Limit") and from
 * what others found out about its limits (texts of 512 encoded octets, no backslash, no empty text, no null MX).
 */
import { isData, isName, isNameWithDot } from './dns-text.ts';
import type { Fake } from './fake.ts';
import { bearer, json, jsonBody, startFake, unknownKey, type Answer, type Asked, type Body } from './server.ts';

export interface DigitalOceanRecord {
  readonly id: number;
  readonly type: string;
  readonly name: string;
  /** Targets without the dot at their end, `@` for the domain. */
  readonly data: string;
  readonly priority: number | null;
  readonly port: number | null;
  readonly ttl: number;
  readonly weight: number | null;
  readonly flags: number | null;
  readonly tag: string | null;
}

export type Scope = 'domain:read' | 'domain:create' | 'domain:update' | 'domain:delete';
export const allScopes: readonly Scope[] = ['domain:read', 'domain:create', 'domain:update', 'domain:delete'];

export interface FakeDigitalOcean extends Fake {
  records: readonly DigitalOceanRecord[];
}

class Refusal extends Error {
  readonly answer: Answer;
  constructor(status: number, id: string, message: string) {
    super(message);
    this.answer = json(status, { id, message, request_id: 'r' });
  }
}

const unprocessable = (message: string): Refusal => new Refusal(422, 'unprocessable_entity', message);
const fields = 'type name data priority port ttl weight flags tag'.split(' ');
const targets = new Set(['CNAME', 'MX', 'NS', 'SRV']);
const needed: Readonly<Record<string, Scope>> = {
  GET: 'domain:read',
  POST: 'domain:create',
  PUT: 'domain:update',
  PATCH: 'domain:update',
  DELETE: 'domain:delete',
};

export async function fakeDigitalOcean(
  tokens: Readonly<Record<string, readonly Scope[]>>,
  zone: string,
): Promise<FakeDigitalOcean> {
  let nextId = 1001;
  const handle = (asked: Asked): Answer => {
    try {
      const scopes = tokens[bearer(asked) ?? ''];
      if (scopes === undefined) throw new Refusal(401, 'unauthorized', 'Unable to authenticate you');
      const scope = needed[asked.method];
      if (scope === undefined || !scopes.includes(scope)) {
        throw new Refusal(403, 'forbidden', 'You are not authorized to perform this operation');
      }
      return route(asked);
    } catch (error) {
      if (error instanceof Refusal) return error.answer;
      throw error;
    }
  };

  const route = (asked: Asked): Answer => {
    const [, domain, id] = /^\/v2\/domains\/([^/]+)\/records(?:\/(\d+))?$/.exec(asked.path) ?? [];
    const missing = new Refusal(404, 'not_found', 'The resource you were accessing could not be found.');
    if (domain !== zone) throw missing;
    const { method } = asked;
    if (id === undefined && method === 'GET') return list(asked);
    if (id === undefined && method === 'POST') {
      const made = checked(bodyOf(asked), nextId++, zone, fake.records);
      fake.records = [...fake.records, made];
      return json(201, { domain_record: made });
    }
    const record = fake.records.find((one) => one.id === Number(id));
    if (record === undefined) throw missing;
    if (method === 'GET') return json(200, { domain_record: record });
    const others = fake.records.filter((one) => one !== record);
    if (method === 'DELETE') {
      fake.records = others;
      return { status: 204 };
    }
    const { id: own, ...kept } = record;
    const whole = targets.has(record.type) ? `${record.data === '@' ? zone : record.data}.` : record.data;
    const changed = checked({ ...kept, data: whole, ...bodyOf(asked) }, own, zone, others);
    fake.records = fake.records.map((one) => (one === record ? changed : one));
    return json(200, { domain_record: changed });
  };

  const list = ({ query }: Asked): Answer => {
    const [size, page] = [Number(query.get('per_page') ?? 20), Number(query.get('page') ?? 1)];
    if (!(size >= 1 && size <= 200)) throw unprocessable('per_page must be between 1 and 200');
    const [name, type] = [query.get('name'), query.get('type')];
    const all = fake.records.filter(
      (one) => (name === null || whole(one.name, zone) === name) && (type === null || one.type === type),
    );
    const more = page * size < all.length;
    const next = `${server.url}/v2/domains/${zone}/records?page=${page + 1}&per_page=${size}`;
    return json(200, {
      domain_records: all.slice((page - 1) * size, page * size),
      links: more ? { pages: { next, last: next } } : {},
      meta: { total: all.length },
    });
  };

  const limited = json(
    429,
    { id: 'too_many_requests', message: 'API Rate limit exceeded.' },
    { 'ratelimit-limit': '5000', 'ratelimit-remaining': '0', 'retry-after': '7' },
  );
  const server = await startFake(handle, limited);
  const soa = { id: 1, type: 'SOA', name: '@', data: '1800', ttl: 1800, ...nothing };
  const ns = ['ns1', 'ns2', 'ns3'].map((one, i) => ({
    id: i + 2,
    type: 'NS',
    name: '@',
    data: `${one}.digitalocean.com`,
    ttl: 1800,
    ...nothing,
  }));
  const fake: FakeDigitalOcean = {
    server,
    records: [soa, ...ns],
    lines: () => fake.records.filter((one) => one.type !== 'SOA' && one.id > 4).map((one) => lineOf(one, zone)),
    put: (name, type, ttl, data) => {
      fake.drop(name, type);
      for (const text of data) {
        const [, preference, exchange = ''] = /^(\d+) (\S+)$/.exec(text) ?? [];
        const content = type === 'MX' ? exchange : type === 'TXT' ? rawText(text) : text;
        const body = {
          type,
          name: short(name, zone),
          ttl,
          data: content,
          priority: preference ? Number(preference) : null,
        };
        fake.records = [...fake.records, checked(body, nextId++, zone, fake.records)];
      }
    },
    drop: (name, type) => {
      fake.records = fake.records.filter((one) => one.type !== type || one.name !== short(name, zone));
    },
  };
  return fake;
}

const nothing = { priority: null, port: null, weight: null, flags: null, tag: null };
const short = (name: string, zone: string): string => (name === zone ? '@' : name.slice(0, -zone.length - 1));
const whole = (name: string, zone: string): string => (name === '@' ? zone : `${name}.${zone}`);

function bodyOf(asked: Asked): Body {
  const body = jsonBody(asked);
  if (body === undefined) throw new Refusal(400, 'bad_request', 'error parsing request body');
  const key = unknownKey(body, fields);
  if (key !== undefined) throw unprocessable(`unknown field ${key}`);
  return body;
}

function checked(body: Body, id: number, zone: string, others: readonly DigitalOceanRecord[]): DigitalOceanRecord {
  const [type, name] = [String(body['type']), String(body['name'] ?? '@')];
  const given = String(body['data'] ?? '');
  const number = (key: string): number | null => (typeof body[key] === 'number' ? body[key] : null);
  const ttl = number('ttl') ?? 1800;
  if (!['A', 'AAAA', 'CAA', 'CNAME', 'MX', 'NS', 'SRV', 'TXT'].includes(type)) throw unprocessable('Type is invalid');
  if (name.endsWith('.') || (name !== '@' && !isName(name))) throw unprocessable('Name is not a valid hostname');
  if (ttl < 30) throw unprocessable('Ttl must be greater than or equal to 30');
  if (targets.has(type)) {
    if (given !== '@' && !given.endsWith('.')) throw unprocessable('Data needs to end with a dot (.)');
    if (given === '.' || (given !== '@' && !isNameWithDot(given))) throw unprocessable('Data is not a valid hostname');
  } else if (type === 'TXT') {
    const encoded = `"${given.replaceAll('"', '\\"')}"`.length + 3 * Math.floor((given.length - 1) / 255);
    if (given === '') throw unprocessable("Data can't be blank");
    if (encoded > 512) throw unprocessable('Data is too long (maximum is 512 characters)');
    if (given.includes('\\')) throw unprocessable('Data contains invalid characters');
  } else if (type !== 'CAA' && !isData(type, given)) throw unprocessable(`IP address is not a valid ${type} address`);
  if (type === 'MX' && number('priority') === null) throw unprocessable("Priority can't be blank");
  const bare = given.replace(/\.$/, '');
  const data = targets.has(type) ? (bare === zone ? '@' : bare) : type === 'CAA' ? bare : given;
  const there = others.filter((one) => one.name === name);
  if (there.some((one) => one.type === 'CNAME') || (type === 'CNAME' && there.length > 0)) {
    throw unprocessable('CNAME records cannot share a name with other records');
  }
  if (there.some((one) => one.type === type && one.data === data && one.priority === number('priority'))) {
    throw unprocessable('Record already exists');
  }
  const tag = typeof body['tag'] === 'string' ? body['tag'] : null;
  return {
    id,
    type,
    name,
    data,
    priority: number('priority'),
    port: number('port'),
    ttl,
    weight: number('weight'),
    flags: number('flags'),
    tag,
  };
}

/** The strings of zone file text, joined, as UTF-8. */
function rawText(text: string): string {
  const joined = text.slice(1, -1).replaceAll('" "', '');
  const octets = joined.replaceAll(/\\(\d{3}|.)/g, (_, one: string) =>
    one.length === 3 ? String.fromCharCode(Number(one)) : one,
  );
  return Buffer.from(octets, 'latin1').toString('utf8');
}

function lineOf({ name, type, data, ttl, priority }: DigitalOceanRecord, zone: string): string {
  const target = data === '@' ? `${zone}.` : `${data}.`;
  const text = (): string =>
    [
      ...Buffer.from(data, 'utf8')
        .toString('latin1')
        .matchAll(/[\s\S]{1,255}/g),
    ]
      .map(([piece]) => [...piece].map((char) => `\\${String(char.charCodeAt(0)).padStart(3, '0')}`).join(''))
      .map((piece) => `"${piece}"`)
      .join(' ');
  const content = type === 'TXT' ? text() : type === 'MX' ? `${priority} ${target}` : targets.has(type) ? target : data;
  return `${whole(name, zone)}. ${ttl} IN ${type} ${content}`;
}
