/** The options of `septet serve`, read: each that cannot be used gets its sentence. */
import { canonicalAddress } from '../../dns/address.ts';
import { trustedProxies, type Proxies } from '../../serve/proxies.ts';
import { InputError } from '../io.ts';
import type { StoreOptions } from '../store-option.ts';
import { visible } from '../visible.ts';

export interface ServeOptions extends StoreOptions {
  readonly config?: string;
  readonly host?: string;
  readonly http?: string;
  readonly https?: string;
  readonly admin?: string;
  readonly behindProxy?: readonly string[];
  readonly resolver?: readonly string[];
  readonly ca?: readonly string[];
  readonly rate?: string;
  readonly drain?: string;
  readonly log?: string;
  readonly sandbox?: boolean;
}

export interface ServeSettings {
  readonly host: string;
  /** Undefined: not at all. */
  readonly http: number | undefined;
  readonly https: number | undefined;
  readonly admin?: { readonly host: string; readonly port: number };
  readonly proxies?: Proxies;
  readonly perMinute?: number;
  readonly drainMs: number;
  readonly level: 'debug' | 'info' | 'warn' | 'silent';
}

export interface ServeDefaults {
  readonly host: string;
  readonly http: string;
  readonly https: string;
  readonly admin: string;
}

export const usualPlaces: ServeDefaults = { host: '::', http: '80', https: '443', admin: '127.0.0.1:9470' };

/** Throws `InputError`. */
export function serveSettings(options: ServeOptions, usual: ServeDefaults): ServeSettings {
  const proxies = proxiesOf(options.behindProxy);
  const http = portOf(options.http ?? usual.http, '--http');
  const https = portOf(options.https ?? (proxies ? 'off' : usual.https), '--https');
  if (http === undefined && https === undefined)
    throw new InputError('--http off and --https off leave nothing to serve.');
  const admin = options.admin ?? usual.admin;
  const level = options.log ?? 'info';
  if (!isLevel(level)) throw new InputError(`--log is debug, info, warn or silent, not ${visible(level)}.`);
  return {
    host: options.host === undefined ? usual.host : addressOf(options.host, '--host'),
    http,
    https,
    ...(admin === 'off' ? {} : { admin: placeOf(admin) }),
    ...(proxies ? { proxies } : {}),
    ...(options.rate === undefined ? {} : { perMinute: wholeOf(options.rate, '--rate', 1, 100_000_000) }),
    drainMs: wholeOf(options.drain ?? '10', '--drain', 0, 3600) * 1000,
    level,
  };
}

const isLevel = (text: string): text is ServeSettings['level'] => ['debug', 'info', 'warn', 'silent'].includes(text);

function proxiesOf(texts: readonly string[] | undefined): Proxies | undefined {
  if (texts === undefined) return undefined;
  const networks = texts.flatMap((text) => text.split(',')).map((text) => text.trim());
  const proxies = trustedProxies(networks.filter((text) => text !== ''));
  if ('unknown' in proxies)
    throw new InputError(
      `--behind-proxy is an address or a network such as 127.0.0.1 or 10.0.0.0/8, not ${visible(proxies.unknown)}.`,
    );
  return proxies;
}

function addressOf(text: string, option: string): string {
  if (text.toLowerCase() === 'localhost') return '127.0.0.1';
  const address = canonicalAddress(text.replace(/^\[(.*)\]$/, '$1'));
  if (address === undefined)
    throw new InputError(`${option} is an address of this machine such as 127.0.0.1 or ::, not ${visible(text)}.`);
  return address;
}

/** 0 is any port that is free. */
function portOf(text: string, option: string): number | undefined {
  if (text === 'off') return undefined;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) throw new InputError(`${option} is a port from 1 to 65535, or off, not ${visible(text)}.`);
  return port;
}

function placeOf(text: string): { readonly host: string; readonly port: number } {
  const match = /^(.+):(\d+)$/.exec(text) ?? /^()(\d+)$/.exec(text);
  const port = match ? portOf(match[2] ?? '', '--admin') : undefined;
  if (!match || port === undefined)
    throw new InputError(`--admin is an address and a port such as 127.0.0.1:9470, or off, not ${visible(text)}.`);
  return { host: addressOf(match[1] || '127.0.0.1', '--admin'), port };
}

function wholeOf(text: string, option: string, least: number, most: number): number {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (!(number >= least && number <= most))
    throw new InputError(`${option} is a whole number from ${least} to ${most}, not ${visible(text)}.`);
  return number;
}
