/** JSON of APIs: Route 53, PowerDNS, Hetzner, Domain Connect, and Septet's own. */
import { dnsName, type DnsName } from '../../../src/dns/name.ts';
import type { Rdata, RrSet, RrType } from '../../../src/dns/rrset.ts';
import { fromFields, fromRelative, fromUndotted, fromZoneText, rawTxt, type Operation } from './operations.ts';
import { callsOf } from './shell-script.ts';

const setOf = (name: DnsName, type: string, ttlSeconds: number, data: readonly Rdata<RrType>[]): RrSet => ({
  name,
  type: type as RrType,
  ttlSeconds,
  data,
});

export function readRoute53(text: string): readonly Operation[] {
  interface Batch {
    Comment: string;
    Changes: {
      Action: string;
      ResourceRecordSet: { Name: string; Type: string; TTL: number; ResourceRecords: { Value: string }[] };
    }[];
  }
  const batch = JSON.parse(text) as Batch;
  if (batch.Comment.length > 256) throw new Error('the comment is too long');
  return batch.Changes.map(({ Action, ResourceRecordSet: found }): Operation => {
    const name = dnsName(
      found.Name.replaceAll(/\\(\d{3})/g, (_, n: string) => `\\${String(Number.parseInt(n, 8)).padStart(3, '0')}`),
    );
    if (Action === 'DELETE') return { kind: 'delete', name, type: found.Type as RrType };
    if (Action !== 'UPSERT' && Action !== 'CREATE') throw new Error(Action);
    const data = found.ResourceRecords.map(({ Value }) => fromZoneText(found.Type as RrType, Value, 8));
    if (found.ResourceRecords.some(({ Value }) => Value.length > 4000))
      throw new Error('a value over 4,000 characters');
    return { kind: 'set', set: setOf(name, found.Type, found.TTL, data) };
  });
}

export async function readPowerdns(text: string): Promise<readonly Operation[]> {
  interface Patch {
    rrsets: {
      name: string;
      type: string;
      ttl: number;
      changetype: string;
      records?: { content: string; disabled: boolean }[];
    }[];
  }
  const operations: Operation[] = [];
  for (const { args, input } of await callsOf(text, ['curl'], { PDNS_API_KEY: 'k' })) {
    if (!args.includes('PATCH') || !args.includes('X-API-Key: k')) throw new Error(args.join(' '));
    if (!args.includes('http://127.0.0.1:8081/api/v1/servers/localhost/zones/example.com.'))
      throw new Error(args.join(' '));
    for (const rrset of (JSON.parse(input) as Patch).rrsets) {
      if (!rrset.name.endsWith('.')) throw new Error(`${rrset.name} is not absolute`);
      const name = dnsName(rrset.name);
      const type = rrset.type as RrType;
      if (rrset.changetype === 'DELETE') operations.push({ kind: 'delete', name, type });
      else {
        const data = (rrset.records ?? []).map(({ content }) => fromZoneText(type, content));
        operations.push({ kind: 'set', set: setOf(name, type, rrset.ttl, data) });
      }
    }
  }
  return operations;
}

export async function readHetzner(text: string, zone: DnsName): Promise<readonly Operation[]> {
  const operations: Operation[] = [];
  const ttls = new Map<string, number>();
  for (const { args, input } of await callsOf(text, ['curl'], { HCLOUD_TOKEN: 't' })) {
    const method = args[args.indexOf('-X') + 1];
    const url = args.find((arg) => arg.startsWith('https://')) ?? '';
    const path = url
      .replace(`https://api.hetzner.cloud/v1/zones/${zone}/rrsets`, '')
      .split('/')
      .slice(1)
      .map(decodeURIComponent);
    const body = (input === '' ? {} : JSON.parse(input)) as {
      name?: string;
      type?: string;
      ttl?: number;
      records?: { value: string }[];
    };
    const type = (body.type ?? path[1]) as RrType;
    const name = fromRelative(body.name ?? path[0] ?? '', zone);
    const data = (body.records ?? []).map(({ value }) => fromZoneText(type, value));
    const key = `${name} ${type}`;
    if (method === 'DELETE') operations.push({ kind: 'delete', name, type });
    else if (path[3] === 'change_ttl') ttls.set(key, body.ttl ?? -1);
    else if (path.length === 0 || path[3] === 'set_records') {
      operations.push({ kind: 'set', set: setOf(name, type, body.ttl ?? ttls.get(key) ?? Number.NaN, data) });
    } else throw new Error(`${method} ${url}`);
  }
  return operations;
}

export function readDomainConnect(text: string, zone: DnsName): readonly Operation[] {
  interface Template {
    description: string;
    records: {
      type: string;
      host: string;
      ttl: number;
      data?: string;
      pointsTo?: string;
      priority?: number;
    }[];
  }
  const template = JSON.parse(text) as Template;
  return template.records.map(({ type, host, ttl, data, pointsTo, priority }): Operation => {
    const value = (type === 'TXT' ? data : pointsTo) ?? '';
    if (value.includes('%') || host.includes('%')) throw new Error('a variable that nobody fills in');
    const reading = { target: fromUndotted, txt: rawTxt };
    return {
      kind: 'add',
      name: fromRelative(host, zone),
      type: type as RrType,
      ttlSeconds: ttl,
      data: fromFields(type as RrType, value, priority, reading),
    };
  });
}
