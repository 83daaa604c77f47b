/** unbound, the validating resolver, for tests. It asks nobody but loopback. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dnsName } from '../../src/dns/name.ts';
import { networkResolver } from '../../src/dns/network-resolver.ts';
import { findBinary, freePort, run, temporaryFolder } from './process.ts';

export interface UnboundOptions {
  /** Zones and the loopback servers that hold them: `{ 'example.com': ['127.0.0.1:40123'] }`. */
  readonly stubs: Readonly<Record<string, readonly string[]>>;
  /** Trust anchors as records (`example.com. DNSKEY 257 3 13 …`). */
  readonly trustAnchors?: readonly string[];
}

export interface Unbound {
  readonly server: string;
  stop(): Promise<void>;
}

export async function startUnbound(options: UnboundOptions): Promise<Unbound> {
  const path = await findBinary('unbound');
  if (path === undefined) throw new Error('unbound is not installed');
  const port = await freePort();
  const folder = await temporaryFolder('unbound');
  const stubs = Object.entries(options.stubs).map(
    ([zone, servers]) =>
      `stub-zone:\n  name: "${zone}"\n${servers.map((server) => `  stub-addr: ${server.replace(':', '@')}\n`).join('')}`,
  );
  const config = `server:
  directory: "${folder}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  interface: 127.0.0.1
  port: ${port}
  do-ip6: no
  num-threads: 1
  do-not-query-localhost: no
  do-daemonize: no
  module-config: "validator iterator"
  ede: yes
  val-log-level: 2
  val-bogus-ttl: 0
  qname-minimisation: no
  outbound-msg-retry: 1
  unknown-server-time-limit: 50
  local-zone: "test." nodefault
${(options.trustAnchors ?? []).map((anchor) => `  trust-anchor: "${anchor}"\n`).join('')}
${stubs.join('')}
forward-zone:
  name: "."
  forward-addr: 127.0.0.1@1
remote-control:
  control-enable: no
`;
  const file = join(folder, 'unbound.conf');
  await writeFile(file, config);
  const probe = networkResolver({ servers: [`127.0.0.1:${port}`], timeoutMs: 200, attempts: 1 });
  const running = await run(path, ['-d', '-c', file], folder, async () => {
    const answer = await probe.query(dnsName('localhost'), 'A');
    return answer.kind === 'found' || answer.kind === 'nxdomain' || answer.kind === 'nodata';
  }).finally(() => probe.close());
  return { server: `127.0.0.1:${port}`, stop: running.stop };
}
