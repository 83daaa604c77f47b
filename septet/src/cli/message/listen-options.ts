/** The options of `message listen`, read: each that cannot be used gets its sentence. */
import { addressClass, canonicalAddress, parseAddress } from '../../dns/address.ts';
import { parseDomain } from '../../dns/name.ts';
import { InputError } from '../io.ts';
import type { WorldOptions } from '../open-world.ts';
import { visible } from '../visible.ts';

export interface ListenOptions extends WorldOptions {
  readonly host: string;
  readonly port: string;
  readonly web: string;
  readonly name?: string;
  readonly domain?: string;
  readonly config?: string;
  readonly cert?: string;
  readonly tlsKey?: string;
  readonly keep: string;
  readonly save?: string;
  readonly maxSize: string;
  readonly maxMessages: string;
  readonly rate: string;
  readonly count?: string;
  readonly json?: boolean;
}

export interface ListenSettings {
  readonly host: string;
  readonly port: number;
  /** Absent: no reports on the web. */
  readonly web?: { readonly host: string; readonly port: number };
  readonly name: string;
  /** Only programs of this machine can reach the server. */
  readonly loopback: boolean;
  readonly keepMs: number;
  readonly maxOctets: number;
  readonly maxMessages: number;
  readonly ratePerMinute: number;
  readonly count?: number;
}

/** Throws `InputError`. */
export function listenSettings(options: ListenOptions): ListenSettings {
  const host = addressOf(options.host, '--host');
  const loopback = isLoopback(host);
  if ((options.cert === undefined) !== (options.tlsKey === undefined)) {
    const [given, absent] = options.cert === undefined ? ['--tls-key', '--cert'] : ['--cert', '--tls-key'];
    throw new InputError(`${given} needs ${absent} too: TLS takes a certificate and its private key.`);
  }
  if (options.name === undefined && !loopback)
    throw new InputError(
      `With --host ${options.host} others can reach this server. Give --name, the host name under which they find it.`,
    );
  const web = options.web === 'off' ? undefined : placeOf(options.web);
  return {
    host,
    port: portOf(options.port, '--port'),
    ...(web === undefined ? {} : { web }),
    name: nameOf(options.name ?? 'localhost'),
    loopback,
    keepMs: timeOf(options.keep),
    maxOctets: sizeOf(options.maxSize),
    maxMessages: wholeOf(options.maxMessages, '--max-messages', 10_000),
    ratePerMinute: wholeOf(options.rate, '--rate', 100_000),
    ...(options.count === undefined ? {} : { count: wholeOf(options.count, '--count', 1_000_000) }),
  };
}

function addressOf(text: string, option: string): string {
  if (text.toLowerCase() === 'localhost') return '127.0.0.1';
  const address = canonicalAddress(text.replace(/^\[(.*)\]$/, '$1'));
  if (address === undefined)
    throw new InputError(`${option} is an address of this machine such as 127.0.0.1 or ::1, not ${visible(text)}.`);
  return address;
}

function isLoopback(host: string): boolean {
  const address = parseAddress(host);
  return address !== undefined && addressClass(address) === 'loopback';
}

/** 0 is any port that is free. */
function portOf(text: string, option: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) throw new InputError(`${option} is a port from 1 to 65535, not ${visible(text)}.`);
  return port;
}

function placeOf(text: string): { host: string; port: number } {
  const match = /^(.+):(\d+)$/.exec(text) ?? /^()(\d+)$/.exec(text);
  if (!match)
    throw new InputError(`--web is an address and a port such as 127.0.0.1:8025, or off, not ${visible(text)}.`);
  return { host: addressOf(match[1] || '127.0.0.1', '--web'), port: portOf(match[2] ?? '', '--web') };
}

function nameOf(text: string): string {
  const parsed = parseDomain(text);
  if (!parsed.ok) throw new InputError(`--name is a host name such as test.example.com, not ${visible(text)}.`);
  return parsed.name;
}

const maxKeepMs = 30 * 86_400_000; // house
const maxMessageOctets = 1024 * 1024 * 1024; // house

function timeOf(text: string): number {
  const match = /^(\d{1,9})(s|m|h|d)$/i.exec(text);
  const unit = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[match?.[2]?.toLowerCase() ?? ''] ?? 0;
  const time = Number(match?.[1]) * unit;
  if (!(time > 0)) throw new InputError(`--keep is a time such as 30m, 24h or 7d, not ${visible(text)}.`);
  if (time > maxKeepMs)
    throw new InputError(`--keep is 30d at most, because messages stand in memory. With --save they stay on disk.`);
  return time;
}

function sizeOf(text: string): number {
  const match = /^(\d{1,12})(k|m|g)?b?$/i.exec(text);
  const unit = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }[match?.[2]?.toLowerCase() ?? ''] ?? 1;
  const octets = Number(match?.[1]) * unit;
  if (!(octets >= 1024))
    throw new InputError(`--max-size is a size such as 500k or 25m, 1k at least, not ${visible(text)}.`);
  if (octets > maxMessageOctets) throw new InputError('--max-size is 1g at most.');
  return octets;
}

function wholeOf(text: string, option: string, most: number): number {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > most)
    throw new InputError(`${option} is a whole number from 1 to ${most}, not ${visible(text)}.`);
  return number;
}
