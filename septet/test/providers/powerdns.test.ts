/** PowerDNS by its API against a real PowerDNS: the suite, then what only PowerDNS has. */
import { absolute, dnsName } from '../../src/dns/name.ts';
import { formatRdata } from '../../src/dns/rdata-text.ts';
import type { RrSet } from '../../src/dns/rrset.ts';
import type { DnsHost } from '../../src/providers/host.ts';
import { httpClient } from '../../src/providers/http-client.ts';
import { powerDnsHost } from '../../src/providers/powerdns/powerdns.ts';
import { missingPowerDns, startPowerDns, type PowerDnsServer } from '../servers/powerdns.ts';
import type { Bench } from './bench.ts';
import { seenAt, zoneName } from './own-servers.ts';
import { hostSuite } from './suite.ts';
import { troubledHttp, type TroubledHttp } from './troubled-http.ts';

const skip = await missingPowerDns();
const zone = dnsName(zoneName);

const rrset = (set: RrSet, more: object = {}): object => ({
  name: absolute(set.name),
  type: set.type,
  ttl: set.ttlSeconds,
  changetype: 'REPLACE',
  records: set.data.map((data) => ({ content: formatRdata(set.type, data), disabled: false })),
  ...more,
});

function hostAt(server: PowerDnsServer, http: TroubledHttp, apiKey = server.apiKey): DnsHost {
  const outside = { http: http.http, now: () => Date.now(), sleep: () => Promise.resolve() };
  return powerDnsHost({ url: server.url, apiKey, outside });
}

async function bench(): Promise<Bench> {
  const server = await startPowerDns();
  const nameservers = ['ns1.example.com.'];
  await server.api('POST', '/zones', { name: absolute(zone), kind: 'Native', nameservers });
  const seen = seenAt(server.server);
  const http = troubledHttp(httpClient({ timeoutMs: 3000 }));
  const patch = (one: object): Promise<unknown> => server.api('PATCH', `/zones/${absolute(zone)}`, { rrsets: [one] });
  return {
    host: hostAt(server, http),
    wrongToken: hostAt(server, http, 'a-wrong-key-0815'),
    secrets: [server.apiKey, 'a-wrong-key-0815'],
    zone,
    http,
    liveAt: seen.liveAt,
    put: async (set) => void (await patch(rrset(set))),
    drop: async (name, type) => void (await patch({ name: absolute(name), type, changetype: 'DELETE' })),
    stop: async () => {
      await seen.close();
      await server.stop();
    },
  };
}

hostSuite('PowerDNS', bench, { skip });
