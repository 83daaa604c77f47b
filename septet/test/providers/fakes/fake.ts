/** What all fakes offer to the tests, and the bench that stands on one. */
import { dnsName, type DnsName } from '../../../src/dns/name.ts';
import type { RrSet, RrType } from '../../../src/dns/rrset.ts';
import { linesOf } from '../../../src/dns/zone-write.ts';
import type { DnsHost, HostHttp, HostOutside } from '../../../src/providers/host.ts';
import { httpClient } from '../../../src/providers/http-client.ts';
import type { Bench } from '../bench.ts';
import { troubledHttp } from '../troubled-http.ts';
import { served } from './dns-text.ts';
import type { FakeServer } from './server.ts';

export interface Fake {
  readonly server: FakeServer;
  /** The zone as lines of a zone file, without SOA and NS of the apex. */
  lines(): readonly string[];
  /** Replaces the RRset; data in zone file form with whole names. */
  put(name: string, type: string, ttlSeconds: number, data: readonly string[]): void;
  drop(name: string, type: string): void;
}

export const fakeZone = dnsName('example.com');
export const goodToken = 'token-that-is-good-0123456789';
export const badToken = 'token-that-is-wrong-987654321';

/** A clock that runs only when somebody sleeps. */
export function quickOutside(http: HostHttp, begin = Date.now()): HostOutside {
  let slept = 0;
  return {
    http,
    now: () => begin + slept,
    sleep: (milliseconds, signal) => {
      slept += milliseconds;
      return signal?.aborted === true ? Promise.reject(signal.reason as Error) : Promise.resolve();
    },
  };
}

/** The host over the fake, ready for the suite. */
export function benchOn(
  fake: Fake,
  open: (outside: HostOutside, token: string) => DnsHost,
  secrets: readonly string[] = [goodToken, badToken],
): Bench {
  const http = troubledHttp(httpClient({ timeoutMs: 5000 }));
  const outside = quickOutside(http.http);
  return {
    host: open(outside, goodToken),
    wrongToken: open(outside, badToken),
    zone: fakeZone,
    secrets,
    http,
    liveAt: (name: DnsName, type: RrType) => Promise.resolve(served(fake.lines(), fakeZone, name, type)),
    put: (set: RrSet) => {
      fake.put(set.name, set.type, set.ttlSeconds, dataOf(set));
      return Promise.resolve();
    },
    drop: (name: DnsName, type: RrType) => {
      fake.drop(name, type);
      return Promise.resolve();
    },
    stop: () => fake.server.stop(),
  };
}

const dataOf = (set: RrSet): readonly string[] => linesOf(set).map((line) => line.replace(/^\S+ \d+ IN \S+ /, ''));
