/** Configuration of DNSControl, run as the JavaScript that it is, and of octoDNS, read as YAML. */
import { createContext, runInContext } from 'node:vm';
import { parse } from 'yaml';
import { dnsName, type DnsName } from '../../../src/dns/name.ts';
import type { Rdata, RrType } from '../../../src/dns/rrset.ts';
import { fromDotted, fromFields, fromRelative, meaning, fromZoneText, rawTxt, type Operation } from './operations.ts';
import { removals } from './terraform-files.ts';

export function readDnscontrol(text: string, zone: DnsName): readonly Operation[] {
  interface Recorded {
    readonly type: RrType;
    readonly fields: readonly unknown[];
  }
  const domains: { name: string; records: readonly Recorded[] }[] = [];
  const record =
    (type: RrType) =>
    (...fields: readonly unknown[]): Recorded => ({ type, fields });
  const words: Record<string, unknown> = {
    D_EXTEND: (name: string, ...records: readonly Recorded[]) => domains.push({ name, records }),
    TTL: (seconds: number) => ({ ttl: seconds }),
  };
  for (const type of ['A', 'AAAA', 'CNAME', 'MX', 'TXT'] as const) words[type] = record(type);
  runInContext(text, createContext(words), { timeout: 1000 });
  const reading = { target: fromDotted, txt: rawTxt };
  return [
    ...removals(text, 'remove'),
    ...domains.flatMap(({ name, records }) => {
      if (name !== zone) throw new Error(name);
      return records.map(({ type, fields }): Operation => {
        const [label, ...rest] = fields as [string, ...unknown[]];
        const { ttl } = rest.pop() as { ttl: number };
        const value = String(rest.pop());
        const priority = rest.pop() as number | undefined;
        return {
          kind: 'add',
          name: fromRelative(label, zone),
          type,
          ttlSeconds: ttl,
          data: fromFields(type, value, priority, reading),
        };
      });
    }),
  ];
}

export function readOctodns(text: string, zone: DnsName): readonly Operation[] {
  type Value = string | { exchange: string; preference: number };
  interface Entry {
    type: string;
    ttl: number;
    value?: Value;
    values?: Value[];
  }
  const entries = parse(text, { schema: 'core', uniqueKeys: true }) as Record<string, Entry | Entry[]>;
  const keys = [...text.matchAll(/^'(.*)':$/gm)].map((match) => (match[1] ?? '').replaceAll("''", "'"));
  const sets = keys.flatMap((key) =>
    [entries[key] as Entry | Entry[]].flat().map((entry): Operation => {
      const type = entry.type as RrType;
      const values = entry.values ?? [entry.value as Value];
      const data = values.map((value): Rdata<RrType> => {
        if (typeof value !== 'string')
          return fromFields(type, value.exchange, value.preference, { target: fromDotted, txt: rawTxt });
        if (type === 'TXT' && /(?<!\\);/.test(value)) throw new Error(`unescaped ; in ${value}`);
        const plain = type === 'TXT' ? value.replaceAll('\\;', ';') : value;
        if (plain.includes('\\')) throw new Error(`a backslash in ${plain}`);
        return fromFields(type, plain, undefined, { target: fromDotted, txt: rawTxt });
      });
      return { kind: 'set', set: { name: fromRelative(key, zone), type, ttlSeconds: entry.ttl, data } };
    }),
  );
  const set = new Set(sets.map((one) => (one.kind === 'set' ? `${one.set.name} ${one.set.type}` : '')));
  const gone = [...text.matchAll(/^# remove: (\S+) (\S+) (.*)$/gm)].flatMap((match): readonly Operation[] => {
    const name = dnsName(match[1] ?? '');
    const type = match[2] as RrType;
    if (set.has(`${name} ${type}`)) return [];
    return [{ kind: 'remove', name, type, anyOf: [meaning(type, fromZoneText(type, match[3] ?? ''))] }];
  });
  return [...gone, ...sets];
}
