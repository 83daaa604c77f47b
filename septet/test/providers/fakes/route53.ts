/**
 * A stateful Route 53, written from the API reference of version 2013-04-01 and the chapters "DNS domain name format" and
 * "Supported DNS record types" of its Developer Guide. A ChangeBatch is carried out whole or not at all.
 */
import { isData, isName } from './dns-text.ts';
import type { Fake } from './fake.ts';
import { startFake, type Answer, type Asked } from './server.ts';
import { signatureFault, type Keys } from './sigv4.ts';

export interface Route53Set {
  /** Lower case, octal escapes, with the dot. */
  readonly name: string;
  readonly type: string;
  readonly ttl?: number;
  readonly values?: readonly string[];
  readonly setIdentifier?: string;
  /** Further elements as XML: `<AliasTarget>…`, `<Weight>…`. */
  readonly more?: string;
}

export interface Route53Zone {
  readonly id: string;
  readonly name: string;
  readonly private?: boolean;
}

export interface Route53Key extends Keys {
  /** Such as `route53:GetChange`. */
  readonly denied?: readonly string[];
}

export interface FakeRoute53 extends Fake {
  /** By the id of the zone. */
  readonly sets: Map<string, readonly Route53Set[]>;
  /** How often GetChange answers PENDING. */
  pending: number;
}

const xmlns = 'xmlns="https://route53.amazonaws.com/doc/2013-04-01/"';
const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string): string => text.replaceAll(/[&<>"]/g, (char) => escapes[char] ?? char);
const plain = (text: string): string =>
  text.replaceAll(/&(#x?[0-9a-f]+|\w+);/gi, (whole, entity: string) => {
    const code = /^#x/i.test(entity) ? Number.parseInt(entity.slice(2), 16) : Number(entity.slice(1));
    if (entity.startsWith('#')) return String.fromCodePoint(code);
    return { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }[entity] ?? whole;
  });

const xml = (status: number, root: string, content: string): Answer => ({
  status,
  headers: { 'content-type': 'text/xml' },
  body: `<?xml version="1.0" encoding="UTF-8"?>\n<${root} ${xmlns}>${content}</${root}>`,
});

const refused = (status: number, code: string, message: string): Answer =>
  xml(
    status,
    'ErrorResponse',
    `<Error><Type>Sender</Type><Code>${code}</Code><Message>${escaped(message)}</Message></Error><RequestId>r</RequestId>`,
  );

class Refusal extends Error {
  readonly answer: Answer;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.answer = refused(status, code, message);
  }
}

/** Names as the API writes them: lower case, everything but letters, digits, - _ . as octal. */
function normal(name: string): string {
  const octal = (char: string): string => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`;
  const text = name
    .toLowerCase()
    .replaceAll(/\\[0-7]{3}|[^a-z0-9._-]/g, (piece) => (piece.length > 1 ? piece : octal(piece)));
  return text.endsWith('.') ? text : `${text}.`;
}

/** The order of ListResourceRecordSets: by labels from the right, then by type and identifier. */
const keyOf = (name: string, type: string, identifier = ''): string =>
  [...name.slice(0, -1).split('.').toReversed(), '', type, identifier].join('\0');
const keyOfSet = (set: Route53Set): string => keyOf(set.name, set.type, set.setIdentifier);

export async function fakeRoute53(
  keys: readonly Route53Key[],
  zones: readonly Route53Zone[],
  now: () => number = Date.now,
): Promise<FakeRoute53> {
  const sets = new Map<string, readonly Route53Set[]>(zones.map(({ id }) => [id, []]));
  const sorted = [...zones].sort((a, b) => (keyOf(normal(a.name), a.id) < keyOf(normal(b.name), b.id) ? -1 : 1));
  const polls = new Map<string, number>();
  let changes = 0;

  const handle = (asked: Asked): Answer => {
    const scope = { region: 'us-east-1', service: 'route53', now: now() };
    const fault = signatureFault(asked, keys, scope);
    if (fault !== undefined) return refused(403, fault, 'The request was not signed as it should be.');
    const id = /Credential=([^/]+)/.exec(asked.headers.authorization ?? '')?.[1];
    const denied = keys.find((key) => key.accessKeyId === id)?.denied ?? [];
    const needs = (permission: string): void => {
      if (!denied.includes(permission)) return;
      const who = 'arn:aws:iam::123456789012:user/septet';
      throw new Refusal(403, 'AccessDenied', `User: ${who} is not authorized to perform: ${permission}`);
    };
    try {
      return route(asked, needs);
    } catch (error) {
      if (error instanceof Refusal) return error.answer;
      throw error;
    }
  };

  const route = (asked: Asked, needs: (permission: string) => void): Answer => {
    const path = asked.path.replace(/^\/2013-04-01/, '').replace(/\/$/, '');
    if (path === '/hostedzonesbyname') {
      needs('route53:ListHostedZonesByName');
      return listZones(asked);
    }
    const change = /^\/change\/(\w+)$/.exec(path)?.[1];
    if (change !== undefined) {
      needs('route53:GetChange');
      const left = polls.get(change);
      if (left === undefined)
        return refused(404, 'NoSuchChange', `A change with the specified change ID does not exist.`);
      polls.set(change, left - 1);
      return xml(200, 'GetChangeResponse', changeInfo(change, left > 0 ? 'PENDING' : 'INSYNC'));
    }
    const [, id = '', rest = ''] = /^\/hostedzone\/([A-Z0-9]+)(\/rrset)?$/.exec(path) ?? [];
    const zone = zones.find((one) => one.id === id);
    if (zone === undefined) return refused(404, 'NoSuchHostedZone', `No hosted zone found with ID: ${id}`);
    if (rest === '') {
      needs('route53:GetHostedZone');
      const servers = '<NameServer>ns-1.awsdns-01.com</NameServer><NameServer>ns-2.awsdns-02.net</NameServer>';
      const delegation = `<DelegationSet><NameServers>${servers}</NameServers></DelegationSet>`;
      return xml(200, 'GetHostedZoneResponse', zoneXml(zone) + delegation);
    }
    if (asked.method === 'GET') {
      needs('route53:ListResourceRecordSets');
      return listSets(asked, sets.get(id) ?? []);
    }
    needs('route53:ChangeResourceRecordSets');
    sets.set(id, carryOut(asked.body, zone, sets.get(id) ?? []));
    const made = `C${++changes}`;
    polls.set(made, fake.pending);
    return xml(200, 'ChangeResourceRecordSetsResponse', changeInfo(made, 'PENDING'));
  };

  const listZones = ({ query }: Asked): Answer => {
    const most = Number(query.get('maxitems') ?? 2);
    const from = query.get('dnsname');
    const after = query.get('hostedzoneid') ?? '';
    const start = from === null ? '' : keyOf(normal(from), after);
    const all = sorted.filter((zone) => keyOf(normal(zone.name), zone.id) >= start);
    const next = all[most];
    return xml(
      200,
      'ListHostedZonesByNameResponse',
      `<HostedZones>${all.slice(0, most).map(zoneXml).join('')}</HostedZones><IsTruncated>${next !== undefined}</IsTruncated>` +
        (next ? `<NextDNSName>${normal(next.name)}</NextDNSName><NextHostedZoneId>${next.id}</NextHostedZoneId>` : '') +
        `<MaxItems>${most}</MaxItems>`,
    );
  };

  const server = await startFake(handle, refused(400, 'Throttling', 'Rate exceeded'));
  const [first] = zones;
  if (first === undefined) throw new Error('a fake needs a zone');
  const fake: FakeRoute53 = {
    server,
    sets,
    pending: 1,
    lines: () =>
      (sets.get(first.id) ?? []).flatMap(({ name, type, ttl, values = [] }) =>
        values.map((value) => `${decimal(name)} ${ttl} IN ${type} ${decimal(dotted(type, value))}`),
      ),
    put: (name, type, ttl, data) => {
      fake.drop(name, type);
      const values = data.map((text) => text.replaceAll(/\\(\d{3})/g, (_, code: string) => octalOf(Number(code))));
      sets.set(first.id, [...(sets.get(first.id) ?? []), { name: normal(name), type, ttl, values }]);
    },
    drop: (name, type) => {
      const left = (sets.get(first.id) ?? []).filter((set) => set.name !== normal(name) || set.type !== type);
      sets.set(first.id, left);
    },
  };
  return fake;
}

const octalOf = (code: number): string => `\\${code.toString(8).padStart(3, '0')}`;
/** For a zone file: octal escapes as decimal ones, and `*` as itself. */
const decimal = (text: string): string =>
  text
    .replaceAll('\\052', '*')
    .replaceAll(/\\([0-7]{3})|\\./g, (piece, octal: string | undefined) =>
      octal === undefined ? piece : `\\${String(Number.parseInt(octal, 8)).padStart(3, '0')}`,
    );
/** Names in values are whole, with or without a dot. */
const dotted = (type: string, value: string): string =>
  ['CNAME', 'MX', 'NS', 'PTR', 'SRV'].includes(type) && !value.endsWith('.') ? `${value}.` : value;

const zoneXml = (zone: Route53Zone): string =>
  `<HostedZone><Id>/hostedzone/${zone.id}</Id><Name>${normal(zone.name)}</Name><CallerReference>x</CallerReference><Config><PrivateZone>${zone.private === true}</PrivateZone></Config><ResourceRecordSetCount>2</ResourceRecordSetCount></HostedZone>`;

const changeInfo = (id: string, status: string): string =>
  `<ChangeInfo><Id>/change/${id}</Id><Status>${status}</Status><SubmittedAt>2026-11-23T08:00:00.000Z</SubmittedAt></ChangeInfo>`;

function listSets({ query }: Asked, all: readonly Route53Set[]): Answer {
  const most = Math.min(300, Number(query.get('maxitems') ?? 300));
  const [name, type] = [query.get('name'), query.get('type')];
  if (type !== null && name === null) throw new Refusal(400, 'InvalidInput', 'type without name');
  const start = name === null ? '' : keyOf(normal(name), type ?? '', query.get('identifier') ?? '');
  const found = [...all].sort((a, b) => (keyOfSet(a) < keyOfSet(b) ? -1 : 1)).filter((set) => keyOfSet(set) >= start);
  const next = found[most];
  return xml(
    200,
    'ListResourceRecordSetsResponse',
    `<ResourceRecordSets>${found.slice(0, most).map(setXml).join('')}</ResourceRecordSets><IsTruncated>${next !== undefined}</IsTruncated>` +
      (next
        ? `<NextRecordName>${escaped(next.name)}</NextRecordName><NextRecordType>${next.type}</NextRecordType>` +
          (next.setIdentifier ? `<NextRecordIdentifier>${next.setIdentifier}</NextRecordIdentifier>` : '')
        : '') +
      `<MaxItems>${most}</MaxItems>`,
  );
}

function setXml({ name, type, ttl, values, setIdentifier, more = '' }: Route53Set): string {
  const records = (values ?? []).map((value) => `<ResourceRecord><Value>${escaped(value)}</Value></ResourceRecord>`);
  return (
    `<ResourceRecordSet><Name>${escaped(name)}</Name><Type>${type}</Type>` +
    (setIdentifier ? `<SetIdentifier>${setIdentifier}</SetIdentifier>` : '') +
    more +
    (ttl === undefined ? '' : `<TTL>${ttl}</TTL><ResourceRecords>${records.join('')}</ResourceRecords>`) +
    '</ResourceRecordSet>'
  );
}

const knownTags = new Set(
  'ChangeResourceRecordSetsRequest ChangeBatch Comment Changes Change Action ResourceRecordSet Name Type TTL ResourceRecords ResourceRecord Value'.split(
    ' ',
  ),
);

/** The new sets; a refusal leaves the old ones. */
function carryOut(body: string, zone: Route53Zone, before: readonly Route53Set[]): readonly Route53Set[] {
  if (!body.includes(xmlns)) throw new Refusal(400, 'InvalidInput', 'Invalid XML ; the namespace is missing.');
  for (const [, name = ''] of body.matchAll(/<\/?(\w+)[^>]*>/g)) {
    if (!knownTags.has(name)) throw new Refusal(400, 'InvalidInput', `Invalid XML ; unexpected element ${name}`);
  }
  const problems: string[] = [];
  let sets = before;
  const changes = [...body.matchAll(/<Change>([\s\S]*?)<\/Change>/g)].map(([, text = '']) => text);
  if (changes.length === 0) throw new Refusal(400, 'InvalidInput', 'Invalid XML ; Changes is empty.');
  for (const text of changes) {
    const one = (tag: string): string => plain(new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(text)?.[1] ?? '');
    const values = [...text.matchAll(/<Value>([^<]*)<\/Value>/g)].map(([, value = '']) => plain(value));
    const set = { name: normal(one('Name')), type: one('Type'), ttl: Number(one('TTL')), values };
    const problem = invalid(set, zone);
    if (problem !== undefined) problems.push(problem);
    const there = sets.find((other) => other.name === set.name && other.type === set.type);
    const what = `resource record set [name='${set.name}', type='${set.type}']`;
    const action = one('Action');
    const same = there?.ttl === set.ttl && [...(there.values ?? [])].sort().join('\n') === values.sort().join('\n');
    if (action === 'DELETE' && there === undefined) problems.push(`Tried to delete ${what} but it was not found`);
    else if (action === 'DELETE' && !same) {
      problems.push(`Tried to delete ${what} but the values provided do not match the current values`);
    } else if (action === 'CREATE' && there !== undefined) {
      problems.push(`Tried to create ${what} but it already exists`);
    } else if (!['DELETE', 'CREATE', 'UPSERT'].includes(action)) problems.push(`Invalid action ${action}`);
    sets = sets.filter((other) => other !== there);
    if (action !== 'DELETE') sets = [...sets, set];
  }
  for (const { name, type } of sets) {
    if (type !== 'CNAME') continue;
    const at = `RRSet of type CNAME with DNS name ${name} is not permitted`;
    if (sets.filter((other) => other.name === name).length > 1) {
      problems.push(`${at} as it conflicts with other records with the same DNS name in zone ${normal(zone.name)}`);
    }
    if (name === normal(zone.name)) problems.push(`${at} at apex in zone ${name}`);
  }
  if (problems.length > 0) throw new Refusal(400, 'InvalidChangeBatch', `[${problems.join(', ')}]`);
  return sets;
}

function invalid(
  set: Required<Pick<Route53Set, 'name' | 'type' | 'ttl' | 'values'>>,
  zone: Route53Zone,
): string | undefined {
  const apex = normal(zone.name);
  if (set.name !== apex && !set.name.endsWith(`.${apex}`)) {
    return `RRSet with DNS name ${set.name} is not permitted in zone ${apex}`;
  }
  if (!isName(set.name.slice(0, -1).replaceAll(/\\[0-7]{3}/g, '*')))
    return `FATAL problem: DomainLabelInvalid ${set.name}`;
  if (!(set.ttl >= 0 && set.ttl <= 2_147_483_647)) return `Invalid TTL`;
  if (set.values.length === 0) return 'Invalid: no ResourceRecords';
  if (new Set(set.values).size < set.values.length) return `Duplicate Resource Record: '${set.values[0]}'`;
  for (const value of set.values) {
    const fatal = 'Invalid Resource Record: FATAL problem:';
    if (value.length > 4000) return `${fatal} TooLong encountered`;
    // oxlint-disable-next-line no-control-regex
    if (/[^\x20-\x7e]/.test(value)) return `${fatal} InvalidCharacterString encountered`;
    if (isData(set.type, value, 8)) continue;
    if (set.type !== 'TXT') return `${fatal} ${set.type}RRInvalid encountered with '${value}'`;
    return `${fatal} InvalidCharacterString (Value should be enclosed in quotation marks) encountered with '${value}'`;
  }
  return undefined;
}
