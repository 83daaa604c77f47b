/**
 * A small Internet on loopback: a DNS server over zone text and a web server, with a World that asks them through real
 * sockets. `septet demo` and the tests check domains in it; nothing leaves the machine.
 */
import { randomBytes } from 'node:crypto';
import { networkResolver } from '../dns/network-resolver.ts';
import { cachingResolver } from '../dns/cache.ts';
import { serveDns } from '../dns/server.ts';
import { readZone } from '../dns/zone-read.ts';
import { zoneResolver } from '../dns/zone-resolver.ts';
import { httpsFetch } from '../world/https.ts';
import type { World } from '../world/world.ts';
import type { Authority } from './certificates.ts';
import { serveWeb, type Site } from './web.ts';

export interface SandboxPlan {
  /** Zone texts; one is rooted at `.`. */
  readonly zones: readonly string[];
  /** Sites by host name; their addresses in the zone must be 127.0.0.1. */
  readonly sites: ReadonlyMap<string, Site>;
  readonly authority: Authority;
}

export interface Sandbox {
  readonly world: World;
  /** `127.0.0.1:40123`, for `--resolver`. */
  readonly resolver: string;
  readonly httpsPort: number;
  close(): Promise<void>;
}

export async function openSandbox(plan: SandboxPlan): Promise<Sandbox> {
  const answers = zoneResolver(
    plan.zones.map((text) => {
      const result = readZone(text, { file: 'sandbox' });
      if (result.kind === 'good') return result.zone;
      throw new Error(result.errors.map((error) => `sandbox zone, line ${error.line}: ${error.message}`).join('\n'));
    }),
  );
  const [dns, web] = await Promise.all([
    serveDns({ answer: (question) => answers.peek(question.name, question.type) }),
    serveWeb(plan.sites),
  ]);
  const now = (): number => Date.now();
  const network = networkResolver({ servers: [dns.server], timeoutMs: 2000 });
  const resolver = cachingResolver(network, { now });
  const ports = { 443: web.httpsPort, 80: web.httpPort };
  return {
    world: {
      resolver,
      otherResolvers: [],
      fetch: httpsFetch({ resolver, now, ports, extraCa: [plan.authority.certificate] }),
      now,
      randomBytes: (count) => randomBytes(count),
    },
    resolver: dns.server,
    httpsPort: web.httpsPort,
    close: async () => {
      await network.close();
      await Promise.all([dns.close(), web.close()]);
    },
  };
}
