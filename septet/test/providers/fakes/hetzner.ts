/**
 * A stateful Hetzner Cloud API, written from docs.hetzner.cloud ("Zones", "Zone RRSets", "Zone RRSet Actions", "Actions",
 * "Errors", "Rate Limiting"). What is asked for is stored at once; the action ends one or more questions later.
 */
import { isData, isName } from './dns-text.ts';
import type { Fake } from './fake.ts';
import { bearer, json, jsonBody, startFake, unknownKey, type Answer, type Asked, type Body } from './server.ts';

export interface HetznerRecord {
  readonly value: string;
  readonly comment?: string;
}

export interface HetznerSet {
  readonly name: string;
  readonly type: string;
  readonly ttl: number | null;
  readonly records: readonly HetznerRecord[];
  readonly labels: Body;
  readonly protection: { readonly change: boolean };
}

export interface FakeHetzner extends Fake {
  sets: readonly HetznerSet[];
  mode: 'primary' | 'secondary';
  /** How often an action is still running when it is asked for. */
  running: number;
  /** The next action ends with this error. */
  failNext?: string | undefined;
}

class Refusal extends Error {
  readonly answer: Answer;
  constructor(status: number, code: string, message: string, field?: string) {
    super(message);
    const details = field === undefined ? {} : { fields: [{ name: field, messages: [message] }] };
    this.answer = json(status, {
      error: { code, message: field ? `invalid input in field '${field}'` : message, details },
    });
  }
}

const types = 'A AAAA CAA CNAME DS HINFO HTTPS MX NS PTR RP SOA SRV SVCB TLSA TXT'.split(' ');
const zoneTtl = 3600;

export async function fakeHetzner(
  tokens: Readonly<Record<string, 'read' | 'write'>>,
  zone: string,
): Promise<FakeHetzner> {
  const actions = new Map<number, { left: number; error?: string }>();

  const handle = (asked: Asked): Answer => {
    try {
      const right = tokens[bearer(asked) ?? ''];
      if (right === undefined) throw new Refusal(401, 'unauthorized', 'the token is not valid');
      if (right === 'read' && asked.method !== 'GET') {
        throw new Refusal(403, 'token_readonly', 'the token is only allowed to perform GET requests');
      }
      return route(asked);
    } catch (error) {
      if (error instanceof Refusal) return error.answer;
      throw error;
    }
  };

  const actionOf = (id: number): Body => {
    const action = actions.get(id);
    if (action === undefined) throw new Refusal(404, 'not_found', `action with ID '${id}' not found`);
    const running = action.left-- > 0;
    const error = action.error === undefined || running ? null : { code: action.error, message: 'it went wrong' };
    const status = running ? 'running' : error ? 'error' : 'success';
    return {
      id,
      command: 'set_rrset_records',
      status,
      progress: running ? 50 : 100,
      started: 'x',
      finished: null,
      error,
    };
  };

  const started = (): Body => {
    const id = actions.size + 1;
    actions.set(id, { left: fake.running, ...(fake.failNext === undefined ? {} : { error: fake.failNext }) });
    fake.failNext = undefined;
    return actionOf(id);
  };

  const route = (asked: Asked): Answer => {
    const { method } = asked;
    const path = asked.path.replace(/^\/v1/, '');
    const action = /^\/actions\/(\d+)$/.exec(path)?.[1];
    if (action !== undefined && method === 'GET') return json(200, { action: actionOf(Number(action)) });
    const [, name, rest = ''] = /^\/zones\/([^/]+)(\/.*)?$/.exec(path) ?? [];
    if (name !== zone && name !== '4711') throw new Refusal(404, 'not_found', `zone '${name}' not found`);
    if (rest === '' && method === 'GET') return json(200, { zone: zoneValue() });
    if (rest === '/rrsets' && method === 'GET') return list(asked);
    if (fake.mode === 'secondary') throw new Refusal(422, 'incorrect_zone_mode', 'the zone is not in mode primary');
    if (rest === '/rrsets' && method === 'POST') return create(asked);
    const [, short = '', type = '', verb] = /^\/rrsets\/([^/]+)\/([A-Z]+)(?:\/actions\/(\w+))?$/.exec(rest) ?? [];
    const set = fake.sets.find((one) => one.name === decodeURIComponent(short) && one.type === type);
    if (set === undefined) throw new Refusal(404, 'not_found', `rrset '${short}/${type}' not found`);
    if (method === 'GET' && verb === undefined) return json(200, { rrset: setValue(set) });
    if (set.protection.change) throw new Refusal(403, 'protected', 'rrset is protected');
    if (method === 'DELETE' && verb === undefined) {
      fake.sets = fake.sets.filter((one) => one !== set);
      return json(201, { action: started() });
    }
    if (method !== 'POST') throw new Refusal(405, 'method_not_allowed', 'method not allowed');
    const changed = changedBy(verb, bodyOf(asked, ['records', 'ttl']), set);
    fake.sets = fake.sets.map((one) => (one === set ? changed : one));
    return json(201, { action: started() });
  };

  const zoneValue = (): Body => ({
    id: 4711,
    name: zone,
    mode: fake.mode,
    ttl: zoneTtl,
    status: 'ok',
    record_count: fake.sets.length,
    authoritative_nameservers: {
      assigned: ['hydrogen.ns.hetzner.com.', 'oxygen.ns.hetzner.com.', 'helium.ns.hetzner.de.'],
      delegated: [],
      delegation_status: 'valid',
    },
  });

  const setValue = (set: HetznerSet): Body => ({ id: `${set.name}/${set.type}`, zone: 4711, ...set });

  const list = ({ query }: Asked): Answer => {
    const [size, page] = [Number(query.get('per_page') ?? 25), Number(query.get('page') ?? 1)];
    if (!(size >= 1 && size <= 50)) throw new Refusal(422, 'invalid_input', 'must be between 1 and 50', 'per_page');
    const [name, type] = [query.get('name'), query.getAll('type')];
    const all = fake.sets.filter(
      (one) => (name === null || one.name === name) && (type.length === 0 || type.includes(one.type)),
    );
    const last = Math.max(1, Math.ceil(all.length / size));
    const pagination = {
      page,
      per_page: size,
      previous_page: page > 1 ? page - 1 : null,
      next_page: page < last ? page + 1 : null,
      last_page: last,
      total_entries: all.length,
    };
    return json(200, { rrsets: all.slice((page - 1) * size, page * size).map(setValue), meta: { pagination } });
  };

  const create = (asked: Asked): Answer => {
    const body = bodyOf(asked, ['name', 'type', 'ttl', 'records', 'labels']);
    const [name, type] = [String(body['name']), String(body['type'])];
    if (!types.includes(type)) throw new Refusal(422, 'invalid_input', 'unknown type', 'type');
    const bad = name !== name.toLowerCase() || name.endsWith('.') || name === zone || name.endsWith(`.${zone}`);
    if (bad || (name !== '@' && !isName(name))) {
      throw new Refusal(422, 'invalid_input', 'must be lower case and relative to the zone', 'name');
    }
    if (fake.sets.some((one) => one.name === name && one.type === type)) {
      throw new Refusal(409, 'uniqueness_error', 'rrset already exists');
    }
    const clash = fake.sets.some((one) => one.name === name && (one.type === 'CNAME' || type === 'CNAME'));
    if (clash || (type === 'CNAME' && name === '@')) {
      throw new Refusal(422, 'invalid_input', 'a CNAME cannot stand beside other records', 'type');
    }
    const set = {
      name,
      type,
      ttl: ttlOf(body),
      records: recordsOf(body, type),
      labels: {},
      protection: { change: false },
    };
    fake.sets = [...fake.sets, set];
    return json(201, { rrset: setValue(set), action: started() });
  };

  const limited = json(
    429,
    { error: { code: 'rate_limit_exceeded', message: 'limit of 3600 requests per hour reached' } },
    {
      'ratelimit-limit': '3600',
      'ratelimit-remaining': '0',
      'ratelimit-reset': String(Math.ceil(Date.now() / 1000) + 3),
    },
  );
  const server = await startFake(handle, limited);
  const short = (name: string): string => (name === zone ? '@' : name.slice(0, -zone.length - 1));
  const fake: FakeHetzner = {
    server,
    sets: [],
    mode: 'primary',
    running: 1,
    lines: () =>
      fake.sets.flatMap(({ name, type, ttl, records }) =>
        records.map(({ value }) => `${name} ${ttl ?? zoneTtl} IN ${type} ${value}`),
      ),
    put: (name, type, ttl, data) => {
      fake.drop(name, type);
      const records = data.map((value) => ({ value }));
      fake.sets = [...fake.sets, { name: short(name), type, ttl, records, labels: {}, protection: { change: false } }];
    },
    drop: (name, type) => {
      fake.sets = fake.sets.filter((one) => one.name !== short(name) || one.type !== type);
    },
  };
  return fake;
}

function changedBy(verb: string | undefined, body: Body, set: HetznerSet): HetznerSet {
  switch (verb) {
    case 'set_records':
      if (body['ttl'] !== undefined) throw new Refusal(422, 'invalid_input', 'unknown field', 'ttl');
      return { ...set, records: recordsOf(body, set.type) };
    case 'change_ttl':
      if (body['records'] !== undefined) throw new Refusal(422, 'invalid_input', 'unknown field', 'records');
      return { ...set, ttl: ttlOf(body) };
    case 'add_records':
      return { ...set, records: recordsOf({ records: [...set.records, ...recordsOf(body, set.type)] }, set.type) };
    default:
      throw new Refusal(404, 'not_found', 'no such action');
  }
}

function bodyOf(asked: Asked, allowed: readonly string[]): Body {
  const body = jsonBody(asked);
  if (body === undefined) throw new Refusal(400, 'json_error', 'invalid JSON');
  const key = unknownKey(body, allowed);
  if (key !== undefined) throw new Refusal(422, 'invalid_input', 'unknown field', key);
  return body;
}

function ttlOf(body: Body): number | null {
  const ttl = body['ttl'] ?? null;
  if (ttl === null || (typeof ttl === 'number' && ttl >= 60 && ttl <= 2_147_483_647)) return ttl;
  throw new Refusal(422, 'invalid_input', 'must be between 60 and 2147483647', 'ttl');
}

function recordsOf(body: Body, type: string): readonly HetznerRecord[] {
  const records = body['records'];
  const bad = (message: string): Refusal => new Refusal(422, 'invalid_input', message, 'records');
  if (!Array.isArray(records) || records.length === 0) throw bad('must have at least one record');
  const list = records as readonly HetznerRecord[];
  for (const record of list) {
    if (unknownKey(record as unknown as Body, ['value', 'comment']) !== undefined) throw bad('unknown field');
    if (!isData(type, record.value)) throw bad(type === 'TXT' ? 'must consist of quoted strings' : `not ${type} data`);
  }
  if (new Set(list.map(({ value }) => value)).size < list.length) throw bad('records must be unique');
  return list;
}
