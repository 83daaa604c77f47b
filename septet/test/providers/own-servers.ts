/** Benches on name servers of one's own that take dynamic updates: Knot and BIND. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { dnsName, type DnsName } from '../../src/dns/name.ts';
import { networkResolver, parseServer } from '../../src/dns/network-resolver.ts';
import type { RrSet, RrType } from '../../src/dns/rrset.ts';
import { tcpExchange, type DnsExchange } from '../../src/dns/update-transport.ts';
import { linesOf } from '../../src/dns/zone-write.ts';
import type { DnsHost } from '../../src/providers/host.ts';
import { rfc2136Host, type Rfc2136Options } from '../../src/providers/rfc2136/rfc2136.ts';
import { parseTsigKey, type TsigKey } from '../../src/providers/tsig.ts';
import { startBind } from '../servers/bind.ts';
import { startKnot, type TestKey } from '../servers/knot.ts';
import type { Bench } from './bench.ts';

export const algorithms = ['hmac-sha224', 'hmac-sha256', 'hmac-sha384', 'hmac-sha512'] as const;

export const keys: readonly TestKey[] = algorithms.map((algorithm, i) => ({
  name: `septet-${i}.`,
  algorithm,
  secret: Buffer.alloc(24 + i, `secret of ${algorithm}`).toString('base64'),
}));
/** A key that the servers know and that may not update. */
export const idleKey: TestKey = {
  name: 'idle.',
  algorithm: 'hmac-sha256',
  secret: Buffer.alloc(32, 'idle').toString('base64'),
};

export const zoneName = 'example.com';
export const zoneText = `$ORIGIN example.com.
$TTL 3600
@ SOA ns1 hostmaster 1 7200 900 1209600 300
@ NS ns1
ns1 A 127.0.0.1
`;

/** `127.0.0.1:40123` with the zones, served by Knot or BIND. */
export interface OwnServer {
  readonly server: string;
  stop(): Promise<void>;
}

export type Brand = 'knot' | 'bind';
export const brands: readonly Brand[] = ['knot', 'bind'];

export interface ServeOptions {
  readonly text?: string;
  readonly mayUpdate?: readonly string[];
  readonly notify?: readonly string[];
  readonly primary?: string;
  readonly anyNames?: boolean;
  readonly signed?: boolean;
  readonly port?: number;
}

export function serve(brand: Brand, options: ServeOptions = {}): Promise<OwnServer> {
  const {
    text = zoneText,
    mayUpdate = keys.map((key) => key.name),
    notify,
    primary,
    anyNames = true,
    signed = false,
    port,
  } = options;
  const zones = [{ origin: zoneName, ...(primary === undefined && { text }) }];
  const role = {
    keys: [...keys, idleKey],
    ...(primary === undefined && { mayUpdate }),
    ...(notify && { notify }),
    ...(primary !== undefined && { primary }),
    signed,
    ...(port !== undefined && { port }),
  };
  return brand === 'knot' ? startKnot(zones, role) : startBind(zones, { ...role, anyNames });
}

export function tsigKey({ name, algorithm, secret }: TestKey): TsigKey {
  const parsed = parseTsigKey(dnsName(name), algorithm, secret);
  assert.ok(parsed.ok);
  return parsed.key;
}

/** The host that updates that server. */
export function hostAt(server: string, key: TestKey | undefined, other: Partial<Rfc2136Options> = {}): DnsHost {
  const address = parseServer(server);
  assert.ok(address);
  return rfc2136Host({
    server,
    ...(key && { key: tsigKey(key) }),
    exchange: tcpExchange(address, { timeoutMs: 3000 }),
    now: () => Date.now(),
    randomBytes: (count) => randomBytes(count),
    ...other,
  });
}

/** Whether the message is an UPDATE (RFC 2136 §2.2). */
export const isUpdate = (message: Buffer): boolean => ((message.readUInt8(2) >> 3) & 15) === 5;

/** The exchange with that server, with a hand in between. */
export function between(
  server: string,
  act: (messages: readonly Buffer[], send: DnsExchange) => ReturnType<DnsExchange>,
): DnsExchange {
  const address = parseServer(server);
  assert.ok(address);
  const send = tcpExchange(address, { timeoutMs: 3000 });
  return (messages) => act(messages, send);
}

/** The server's own answer for the name itself. */
export function seenAt(server: string): {
  liveAt(name: DnsName, type: RrType): Promise<RrSet | undefined>;
  close(): Promise<void>;
} {
  const resolver = networkResolver({ servers: [server], recursion: false, transport: 'tcp', followCnames: false });
  return {
    liveAt: async (name, type) => {
      const answer = await resolver.query(name, type);
      assert.notEqual(answer.kind, 'failed', JSON.stringify(answer));
      return answer.kind === 'found' && answer.set.name === name ? answer.set : undefined;
    },
    close: () => resolver.close(),
  };
}

/** Updates by BIND's own client: somebody else. */
export async function nsupdate(server: string, key: TestKey | undefined, lines: readonly string[]): Promise<void> {
  const [host = '', port = ''] = server.split(':');
  const child = spawn('nsupdate', ['-v', ...(key ? ['-y', `${key.algorithm}:${key.name}:${key.secret}`] : [])]);
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stdin.end([`server ${host} ${port}`, `zone ${zoneName}.`, 'check-names no', ...lines, 'send', ''].join('\n'));
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  assert.equal(status, 0, `nsupdate: ${said}`);
}

export const deleting = (name: DnsName, type: RrType): string => `update delete ${name}. ${type}`;
export const putting = (set: RrSet): readonly string[] => [
  deleting(set.name, set.type),
  ...linesOf(set).map((line) => `update add ${line}`),
];

export async function ownServerBench(brand: Brand, key: TestKey): Promise<Bench> {
  const running = await serve(brand);
  const { server } = running;
  const seen = seenAt(server);
  const wrong: TestKey = { ...key, secret: Buffer.alloc(32, 'wrong').toString('base64') };
  return {
    host: hostAt(server, key),
    wrongToken: hostAt(server, wrong),
    secrets: [key.secret, wrong.secret],
    zone: dnsName(zoneName),
    liveAt: seen.liveAt,
    put: (set) => nsupdate(server, key, putting(set)),
    drop: (name, type) => nsupdate(server, key, [deleting(name, type)]),
    stop: async () => {
      await seen.close();
      await running.stop();
    },
  };
}
