/**
 * Worlds made of zone text, for scenario tests:
 *
 *     const world = zoneWorld('example.com. TXT "v=spf1 -all"', { failures: [['_dmarc.example.com', 'TXT', 'servfail']] });
 *     expectCodes(check(await lookup(world, dnsName('example.com'))), ['spf.x', 'spf.y']);
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { dnsName, root, type DnsName } from '../src/dns/name.ts';
import type { QueryOptions, Resolver } from '../src/dns/resolver.ts';
import { typeFromText } from '../src/dns/rr-type.ts';
import type { Answer, FailureReason, RrType } from '../src/dns/rrset.ts';
import { readZone } from '../src/dns/zone-read.ts';
import { zoneResolver } from '../src/dns/zone-resolver.ts';
import { makeZone, type Zone } from '../src/dns/zone.ts';
import type { FetchFailure, FetchOutcome, HttpsFetch, TlsFacts, World } from '../src/world/world.ts';

/** What the clock of every zone world says. */
export const zoneWorldNow = Date.parse('2026-11-23T12:00:00Z');

/** A question that fails: name, type (`*` for every type), reason, and what the answer's `detail` says. */
export type FailingQuestion = readonly [name: string, type: string, reason: FailureReason, detail?: string];

export interface ZoneWorldOptions extends Partial<World> {
  readonly failures?: readonly FailingQuestion[];
}

/**
 * A world whose DNS is the text. Each text is one zone; a text without an SOA record is the whole DNS (a zone rooted at
 * `.`), so that names not in it do not exist; a name in it that owns NS records is a zone of its own. Names without a trailing dot stand below the root until `$ORIGIN`.
 * Throws when a text cannot be read, or when a record of it would be left out.
 */
export function zoneWorld(text: string | readonly string[], options: ZoneWorldOptions = {}): World {
  const { failures = [], ...overrides } = options;
  const texts = typeof text === 'string' ? [text] : text;
  const resolver = withFailures(zoneResolver(texts.flatMap(zonesOf)), failures);
  return { resolver, otherResolvers: [], now: () => zoneWorldNow, randomBytes: countingBytes(), ...overrides };
}

/** Reads one zone text and throws with its errors. Without an SOA record the zone is the root. */
export function zoneOf(text: string, index = 0): Zone {
  const result = readZone(text, { file: `zone text ${index + 1}`, origin: root });
  if (result.kind === 'bad') {
    const lines = result.errors.map((error) => `${error.file}:${error.line}:${error.column}: ${error.message}`);
    throw new Error(`the zone text of this test cannot be read:\n${lines.join('\n')}`);
  }
  const lost = result.warnings.filter(
    (warning) => warning.code === 'zone.outside' || warning.code === 'zone.provider-type',
  );
  if (lost.length > 0) {
    const lines = lost.map((warning) => `${warning.file}:${warning.line}:${warning.column}: ${warning.message}`);
    throw new Error(`the zone text of this test has records that nobody can ask for:\n${lines.join('\n')}`);
  }
  return result.zone;
}

/** The zones of one text: one, or where it has no SOA record the root and each name that owns NS records. */
function zonesOf(text: string, index: number): readonly Zone[] {
  const whole = zoneOf(text, index);
  if (whole.soa) return [whole];
  const sets = [...whole.records.values()].flatMap((types) => [...types.values()]);
  const apexes = sets.filter((set) => set.type === 'NS' && set.name !== root).map((set) => set.name);
  return [whole, ...apexes.map((apex) => makeZone(apex, sets))];
}

/** The resolver, except that some questions fail; an alias that leads to such a name fails too. */
export function withFailures(resolver: Resolver, failures: readonly FailingQuestion[]): Resolver {
  if (failures.length === 0) return resolver;
  const failing = new Map<string, { readonly reason: FailureReason; readonly detail: string | undefined }>();
  for (const [name, type, reason, detail] of failures) {
    const known = type === '*' ? '*' : typeFromText(type);
    if (known === undefined) throw new TypeError(`${type} is not a record type`);
    failing.set(`${dnsName(name)} ${known}`, { reason, detail });
  }
  const peek = <T extends RrType>(name: DnsName, type: T): Answer<T> | undefined => {
    const at = (where: DnsName) => failing.get(`${where} ${type}`) ?? failing.get(`${where} *`);
    const own = at(name);
    const base = { kind: 'failed', name, type, dnssec: 'unknown' } as const;
    if (own)
      return { ...base, server: 'test', chain: [], reason: own.reason, ...(own.detail ? { detail: own.detail } : {}) };
    const answer = resolver.peek?.(name, type);
    if (answer === undefined) return undefined;
    for (let i = 0; i < answer.chain.length; i++) {
      const hit = at((answer.chain[i] as Answer['chain'][number]).target);
      if (!hit) continue;
      const chain = answer.chain.slice(0, i + 1);
      return {
        ...base,
        server: answer.server,
        chain,
        reason: hit.reason,
        ...(hit.detail ? { detail: hit.detail } : {}),
      };
    }
    return answer;
  };
  return {
    peek,
    query<T extends RrType>(name: DnsName, type: T, options?: QueryOptions): Promise<Answer<T>> {
      if (options?.signal?.aborted) return Promise.reject(options.signal.reason as Error);
      const answer = peek(name, type);
      return answer === undefined ? resolver.query(name, type, options) : Promise.resolve(answer);
    },
  };
}

/** The same octets in the same order in every run. */
function countingBytes(): (count: number) => Uint8Array {
  let calls = 0;
  return (count) => {
    const out = new Uint8Array(count);
    for (let at = 0; at < count; at += 32) {
      const block = createHash('sha256').update(`zone world ${calls++}`).digest();
      out.set(block.subarray(0, Math.min(32, count - at)), at);
    }
    return out;
  };
}

export type FakePage =
  | {
      readonly status?: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string | Uint8Array;
      readonly tls?: TlsFacts;
      readonly redirects?: readonly string[];
    }
  | { readonly failed: FetchFailure; readonly detail?: string; readonly tls?: TlsFacts };

const goodTls: TlsFacts = { protocol: 'TLSv1.3' };

/**
 * A web of these pages, keyed by URL. A 200 with TLS 1.3 unless the page says otherwise; a URL without a page is a
 * host that cannot be reached; a body over the limit is `too-large`.
 */
export function fakeFetch(pages: Readonly<Record<string, FakePage>>): HttpsFetch {
  const byUrl = new Map(Object.entries(pages));
  return (url, limits) => Promise.resolve(outcomeOf(url, byUrl.get(url), limits.maxOctets));
}

function outcomeOf(url: string, page: FakePage | undefined, maxOctets: number): FetchOutcome {
  if (page === undefined) {
    return { kind: 'failed', url, redirects: [], reason: 'unreachable', detail: 'this test has no such page' };
  }
  if ('failed' in page) {
    const detail = page.detail ?? page.failed;
    return { kind: 'failed', url, redirects: [], reason: page.failed, detail, ...(page.tls ? { tls: page.tls } : {}) };
  }
  const body = typeof page.body === 'string' ? new TextEncoder().encode(page.body) : (page.body ?? new Uint8Array());
  const redirects = page.redirects ?? [];
  const tls = page.tls ?? (url.startsWith('https:') ? goodTls : undefined);
  if (body.length > maxOctets) {
    return {
      kind: 'failed',
      url,
      redirects,
      reason: 'too-large',
      detail: `over ${maxOctets} octets`,
      ...(tls ? { tls } : {}),
    };
  }
  const headers = Object.fromEntries(
    Object.entries(page.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  );
  return {
    kind: 'response',
    url,
    redirects,
    status: page.status ?? 200,
    headers,
    body,
    address: '192.0.2.80',
    elapsedMs: 1,
    ...(tls ? { tls } : {}),
  };
}

/** Fails unless the findings carry exactly these codes, each as often as it is listed, in any order. */
export function expectCodes(
  findings: readonly { readonly code: string; readonly message?: string }[],
  codes: readonly string[],
): void {
  const missing = [...codes];
  const unexpected: string[] = [];
  for (const finding of findings) {
    const at = missing.indexOf(finding.code);
    if (at >= 0) missing.splice(at, 1);
    else unexpected.push(finding.message ? `${finding.code}: ${finding.message}` : finding.code);
  }
  if (missing.length === 0 && unexpected.length === 0) return;
  const lines = [
    ...missing.map((code) => `- missing     ${code}`),
    ...unexpected.map((text) => `+ unexpected  ${text}`),
  ];
  assert.fail(`the findings differ from what the scenario says:\n${lines.join('\n')}`);
}
