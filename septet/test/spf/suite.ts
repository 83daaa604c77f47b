/** Reads the YAML of the SPF conformance suites: scenarios of zone data and cases, and answers questions from the data. */
import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import type { DnsName } from '../../src/dns/name.ts';
import type { Answer, CnameHop, Rdata, RrType } from '../../src/dns/rrset.ts';
import type { Source } from '../../src/records/spf/answers.ts';
import { targetName } from '../../src/records/spf/macro.ts';

export interface SuiteCase {
  readonly name: string;
  readonly scenario: string;
  readonly ip: string;
  readonly helo: string;
  readonly mailFrom: string;
  /** Any of these is right. */
  readonly results: readonly string[];
  /** `DEFAULT`: the domain gives no explanation of its own. */
  readonly explanation: string | undefined;
  readonly source: Source;
  readonly zone: ZoneData;
}

export type ZoneData = ReadonlyMap<DnsName, readonly Entry[]>;
type Entry = { readonly type: string; readonly data: unknown };

interface RawScenario {
  readonly description?: string;
  readonly comment?: string;
  readonly tests?: Record<string, Record<string, unknown>>;
  readonly zonedata?: Record<string, readonly unknown[]>;
}

/** All cases of a suite file. `rename` changes every name, to try a suite under another parent domain. */
export function readSuite(file: string, rename: (text: string) => string = (text) => text): readonly SuiteCase[] {
  const cases: SuiteCase[] = [];
  for (const document of parseAllDocuments(rename(readFileSync(file, 'utf8')))) {
    const raw = document.toJS() as RawScenario | null;
    if (!raw?.tests) continue;
    const zone = readZoneData(raw.zonedata ?? {});
    const source: Source = <T extends RrType>(name: DnsName, type: T) => answerFrom(zone, name, type) as Answer<T>;
    for (const [name, test] of Object.entries(raw.tests)) {
      const result = test['result'];
      cases.push({
        name,
        scenario: (raw.description ?? raw.comment ?? '').trim(),
        ip: String(test['host']),
        helo: text(test['helo']),
        mailFrom: text(test['mailfrom']),
        results: (Array.isArray(result) ? result : [result]).map(String),
        explanation: test['explanation'] === undefined ? undefined : text(test['explanation']),
        source,
        zone,
      });
    }
  }
  return cases;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value);
}

function readZoneData(raw: Record<string, readonly unknown[]>): ZoneData {
  const zone = new Map<DnsName, readonly Entry[]>();
  for (const [owner, list] of Object.entries(raw)) {
    const name = targetName(owner);
    if (name === undefined) continue;
    const entries: Entry[] = [];
    for (const item of list) {
      if (typeof item === 'string') entries.push({ type: item, data: true });
      else for (const [type, data] of Object.entries(item as Record<string, unknown>)) entries.push({ type, data });
    }
    // An SPF entry stands for a TXT record too, unless the scenario says what TXT holds.
    const synthesised = entries.some((entry) => entry.type === 'TXT')
      ? []
      : entries.filter((entry) => entry.type === 'SPF').map((entry) => ({ type: 'TXT', data: entry.data }));
    zone.set(
      name,
      [...entries, ...synthesised].filter((entry) => entry.data !== 'NONE'),
    );
  }
  return zone;
}

function answerFrom(zone: ZoneData, asked: DnsName, type: RrType): Answer {
  const base = { name: asked, type, server: 'suite', dnssec: 'unknown' as const };
  const chain: CnameHop[] = [];
  let name = asked;
  for (;;) {
    const entries = zone.get(name);
    if (!entries)
      return name === ''
        ? { ...base, chain, kind: 'nodata', negativeTtlSeconds: 0 }
        : { ...base, chain, kind: 'nxdomain', negativeTtlSeconds: 0 };
    const data = entries.filter((entry) => entry.type === type).map((entry) => rdata(type, entry.data));
    if (data.length > 0) return { ...base, chain, kind: 'found', set: { name, type, ttlSeconds: 300, data } };
    const alias = entries.find((entry) => entry.type === 'CNAME');
    if (!alias) {
      const failing = entries.some((entry) => entry.type === 'TIMEOUT' || entry.type === 'SERVFAIL');
      return failing
        ? { ...base, chain, kind: 'failed', reason: 'timeout' }
        : { ...base, chain, kind: 'nodata', negativeTtlSeconds: 0 };
    }
    const target = targetName(text(alias.data)) ?? ('' as DnsName);
    if (chain.some((hop) => hop.owner === name))
      return { ...base, chain, kind: 'failed', reason: 'malformed', detail: 'CNAME loop' };
    chain.push({ owner: name, target, ttlSeconds: 300 });
    name = target;
  }
}

function rdata(type: RrType, data: unknown): Rdata<RrType> {
  if (type === 'TXT' || type === 'SPF') return { strings: Array.isArray(data) ? data.map(text) : [text(data)] };
  if (type === 'MX') {
    const [preference, exchange] = data as [number, string];
    return { preference, exchange: targetName(exchange) ?? ('' as DnsName) };
  }
  if (type === 'PTR') return targetName(text(data)) ?? ('' as DnsName);
  return text(data) as Rdata<'A'>;
}
