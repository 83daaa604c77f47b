/** What is served under which host name: a table that is made anew when something changes, and only read by requests. */
import { createHash } from 'node:crypto';
import { under, type DnsName } from '../dns/name.ts';
import { formatPolicy } from '../records/mtasts/policy.ts';
import type { HostedPolicy } from './policy.ts';

export interface Site {
  readonly host: DnsName;
  readonly domain: DnsName;
  /** Links and pixels of mail lead here. */
  readonly tracking?: TrackingRules;
  /** By path; everything else is not here. */
  readonly files: ReadonlyMap<string, StaticFile>;
}

/** As the configuration has them. */
export interface TrackingRules {
  readonly opens: boolean;
  readonly clicks: boolean;
  readonly addresses: 'none' | 'truncated' | 'full';
  readonly privateTargets: boolean;
  /** Whether somebody is to be told of unsubscribes. */
  readonly notify: boolean;
}

export interface StaticFile {
  readonly octets: Buffer;
  /** Names and values in turn, as `writeHead` takes them fastest; with `content-length`. */
  readonly headers: readonly string[];
  readonly secureHeaders: readonly string[];
  readonly route: 'policy' | 'logo' | 'certificate' | 'robots' | 'root';
}

export type Sites = ReadonlyMap<string, Site>;

export interface HostedDomain {
  readonly domain: DnsName;
  readonly tracking?: TrackingRules & { readonly host: DnsName };
  readonly policy: HostedPolicy;
}

export interface HostedAsset {
  readonly domain: DnsName;
  readonly host: DnsName;
  readonly path: string;
  readonly octets: Uint8Array;
}

export const policyPath = '/.well-known/mta-sts.txt'; // RFC 8461 §3.3

export const hsts = ['strict-transport-security', 'max-age=31536000'] as const; // RFC 6797 §6.1; a year
const noSniff = ['x-content-type-options', 'nosniff'] as const;
const noIndex = ['x-robots-tag', 'noindex'] as const;

/** Hosts of several domains at once keep the first domain that names them; the configuration's order decides. */
export function sitesOf(domains: readonly HostedDomain[], assets: readonly HostedAsset[]): Sites {
  type Draft = {
    host: DnsName;
    domain: DnsName;
    tracking?: TrackingRules;
    files: Map<string, StaticFile>;
  };
  const drafts = new Map<string, Draft>();
  const at = (host: DnsName, domain: DnsName): Draft => {
    const known = drafts.get(host);
    if (known) return known;
    const files = new Map([['/robots.txt', textFile('robots', 'User-agent: *\nDisallow: /\n')]]);
    const fresh: Draft = { host, domain, files };
    drafts.set(host, fresh);
    return fresh;
  };
  for (const { domain, tracking, policy } of domains) {
    const host = under('mta-sts', domain);
    if (policy.kind === 'served' && host !== undefined)
      at(host, domain).files.set(policyPath, policyFile(formatPolicy(policy.policy)));
    if (tracking) {
      const site = at(tracking.host, domain);
      if (site.tracking) continue;
      site.domain = domain;
      site.tracking = tracking;
      site.files.set('/', textFile('root', `Links and unsubscribe pages of mail from ${domain} are here.\n`));
    }
  }
  for (const { domain, host, path, octets } of assets) at(host, domain).files.set(path, assetFile(path, octets));
  return drafts;
}

function policyFile(text: string): StaticFile {
  return made('policy', Buffer.from(text, 'latin1'), ['content-type', 'text/plain', 'cache-control', 'no-cache']);
}

const textFile = (route: StaticFile['route'], text: string): StaticFile =>
  made(route, Buffer.from(text), [
    'content-type',
    'text/plain; charset=utf-8',
    'cache-control',
    'max-age=3600',
    ...noIndex,
  ]);

/** Kept for a year: what the address holds is a digest of it. A picture runs nothing and loads nothing. */
function assetFile(path: string, octets: Uint8Array): StaticFile {
  const logo = path.endsWith('.svg');
  return made(logo ? 'logo' : 'certificate', Buffer.from(octets), [
    'content-type',
    logo ? 'image/svg+xml' : 'application/pem-certificate-chain', // RFC 8555 §9.1
    'cache-control',
    'public, max-age=31536000, immutable',
    'content-security-policy',
    "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    'cross-origin-resource-policy',
    'cross-origin',
    'etag',
    `"${createHash('sha256').update(octets).digest('hex').slice(0, 32)}"`,
  ]);
}

function made(route: StaticFile['route'], octets: Buffer, more: readonly string[]): StaticFile {
  const headers = [...more, 'content-length', String(octets.length), ...noSniff];
  return { route, octets, headers, secureHeaders: [...headers, ...hsts] };
}

/** Fields of the answers that are made for each request; `secure` adds HSTS. */
export function safetyHeaders(secure: boolean): readonly string[] {
  const always = ['cache-control', 'no-store', ...noSniff, 'referrer-policy', 'no-referrer', ...noIndex];
  return secure ? [...always, ...hsts] : always;
}

/** For the id in DNS and the log: eight hexadecimal digits of the file. */
export const policyDigest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32);
