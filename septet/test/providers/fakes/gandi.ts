/**
 * A stateful Gandi LiveDNS, written from api.gandi.net/docs/livedns and api.gandi.net/docs/reference. Stricter than the
 * real one: text without quotes is refused.
 */
import { isData, isName } from './dns-text.ts';
import type { Fake } from './fake.ts';
import { bearer, json, jsonBody, startFake, unknownKey, type Answer, type Asked, type Body } from './server.ts';

export interface GandiSet {
  readonly rrset_name: string;
  readonly rrset_type: string;
  readonly rrset_ttl: number;
  readonly rrset_values: readonly string[];
}

export interface FakeGandi extends Fake {
  sets: readonly GandiSet[];
}

class Refusal extends Error {
  readonly answer: Answer;
  constructor(status: number, value: Body) {
    super(JSON.stringify(value));
    this.answer = json(status, value);
  }
}

const failed = (code: number, cause: string, message: string): Refusal =>
  new Refusal(code, { object: `HTTP${cause.replaceAll(' ', '')}`, cause, code, message });
const invalid = (name: string, description: string): Refusal =>
  new Refusal(400, { status: 'error', errors: [{ location: 'body', name, description }] });

const types =
  'A AAAA ALIAS CAA CDS CNAME DNAME DS HTTPS KEY LOC MX NAPTR NS OPENPGPKEY PTR RP SPF SRV SSHFP TLSA TXT WKS'.split(
    ' ',
  );

export async function fakeGandi(
  tokens: Readonly<Record<string, 'read' | 'write' | 'expired'>>,
  zone: string,
): Promise<FakeGandi> {
  const handle = (asked: Asked): Answer => {
    try {
      const right = tokens[bearer(asked) ?? ''];
      if (right === undefined) {
        throw failed(
          401,
          'Unauthorized',
          'The server could not verify that you authorized to access the document you requested.',
        );
      }
      if (right === 'expired') throw failed(403, 'Forbidden', 'The bearer token has expired.');
      if (right === 'read' && asked.method !== 'GET') {
        throw failed(403, 'Forbidden', 'Access was denied to this resource.');
      }
      return route(asked);
    } catch (error) {
      if (error instanceof Refusal) return error.answer;
      throw error;
    }
  };

  const route = (asked: Asked): Answer => {
    const { method } = asked;
    const missing = failed(404, 'Not Found', 'The resource could not be found.');
    const [, domain, rest = ''] = /^\/v5\/livedns\/domains\/([^/]+)(\/.*)?$/.exec(asked.path) ?? [];
    if (domain !== zone) throw missing;
    if (rest === '/nameservers') {
      return json(200, ['ns-1-a.gandi.net', 'ns-2-b.gandi.net', 'ns-3-c.gandi.net']);
    }
    if (rest === '/records' && method === 'GET') return list(asked);
    const [, name = '', type = ''] = /^\/records\/([^/]+)\/([A-Z]+)$/.exec(rest)?.map(decodeURIComponent) ?? [];
    if (!types.includes(type)) throw missing;
    const set = fake.sets.find((one) => one.rrset_name === name && one.rrset_type === type);
    if (method === 'PUT') {
      const made = checked(asked, name, type, zone);
      const others = fake.sets.filter((one) => one !== set);
      const clash = others.some((one) => one.rrset_name === name && (one.rrset_type === 'CNAME' || type === 'CNAME'));
      if (clash || (type === 'CNAME' && name === '@')) {
        throw invalid('items', 'A CNAME record cannot stand beside other records.');
      }
      fake.sets = [...others, made];
      return json(201, { message: 'DNS Record Created' });
    }
    if (set === undefined) throw missing;
    if (method === 'GET') return json(200, set);
    if (method !== 'DELETE') throw failed(405, 'Method Not Allowed', 'The method is not allowed.');
    fake.sets = fake.sets.filter((one) => one !== set);
    return { status: 204 };
  };

  const list = ({ query }: Asked): Answer => {
    const [size, page] = [Number(query.get('per_page') ?? 100), Number(query.get('page') ?? 1)];
    const more = page * size < fake.sets.length;
    const link = `<${server.url}/v5/livedns/domains/${zone}/records?page=${page + 1}&per_page=${size}>; rel="next"`;
    return json(
      200,
      fake.sets.slice((page - 1) * size, page * size).map((one) => ({ ...one, rrset_href: 'https://…' })),
      { 'total-count': String(fake.sets.length), ...(more ? { link } : {}) },
    );
  };

  const limited = json(
    429,
    { object: 'HTTPTooManyRequests', cause: 'Too Many Requests', code: 429, message: 'Rate limit reached.' },
    { 'retry-after': '5' },
  );
  const server = await startFake(handle, limited);
  const short = (name: string): string => (name === zone ? '@' : name.slice(0, -zone.length - 1));
  const fake: FakeGandi = {
    server,
    sets: [],
    lines: () =>
      fake.sets.flatMap(({ rrset_name, rrset_type, rrset_ttl, rrset_values }) =>
        rrset_values.map((value) => `${rrset_name} ${rrset_ttl} IN ${rrset_type} ${value}`),
      ),
    put: (name, rrset_type, rrset_ttl, rrset_values) => {
      fake.drop(name, rrset_type);
      fake.sets = [...fake.sets, { rrset_name: short(name), rrset_type, rrset_ttl, rrset_values }];
    },
    drop: (name, type) => {
      fake.sets = fake.sets.filter((one) => one.rrset_name !== short(name) || one.rrset_type !== type);
    },
  };
  return fake;
}

function checked(asked: Asked, name: string, type: string, zone: string): GandiSet {
  const body = jsonBody(asked);
  if (body === undefined) throw failed(400, 'Bad Request', 'The body is not JSON.');
  const key = unknownKey(body, ['rrset_values', 'rrset_ttl']);
  if (key !== undefined) throw invalid(key, 'Unrecognized keys in mapping.');
  if (name !== '@' && (!isName(name) || name.endsWith(zone))) throw invalid('rrset_name', 'It is not a relative name.');
  const ttl = body['rrset_ttl'] ?? 10_800;
  if (typeof ttl !== 'number' || ttl < 300) throw invalid('rrset_ttl', `${String(ttl)} is less than minimum value 300`);
  if (ttl > 2_592_000) throw invalid('rrset_ttl', `${ttl} is greater than maximum value 2592000`);
  const values = body['rrset_values'];
  if (!Array.isArray(values) || values.length === 0) throw invalid('rrset_values', 'Required');
  for (const value of values as readonly string[]) {
    if (!isData(type, value)) throw invalid('rrset_values', `invalid value for ${type} record`);
  }
  return { rrset_name: name, rrset_type: type, rrset_ttl: ttl, rrset_values: values as readonly string[] };
}
