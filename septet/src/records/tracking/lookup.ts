/** Asks for everything at a tracking host: DNS first, then the web server behind it. */
import { isBelow, under, type DnsName } from '../../dns/name.ts';
import { dataOf, type Answer } from '../../dns/rrset.ts';
import type { FetchFailure, FetchLimits, FetchOutcome, TlsFacts, World } from '../../world/world.ts';
import { commonTrackingLabels } from './record.ts';

/** What is kept of a web answer; bodies are not. */
export type PageSeen =
  | {
      readonly kind: 'response';
      readonly url: string;
      readonly status: number;
      readonly location?: string;
      readonly contentType?: string;
      /** `Strict-Transport-Security` (RFC 6797). */
      readonly hsts?: string;
      /** `X-Robots-Tag`. */
      readonly robots?: string;
      readonly tls?: TlsFacts;
    }
  | {
      readonly kind: 'failed';
      readonly url: string;
      readonly reason: FetchFailure;
      readonly detail: string;
      readonly tls?: TlsFacts;
    };

export type WebSeen =
  | { readonly kind: 'skipped'; readonly reason: 'offline' | 'no-address' }
  | {
      readonly kind: 'asked';
      readonly https: PageSeen;
      readonly http: PageSeen;
      /** The place where a certificate authority looks (RFC 8555 §8.3); asked when the certificate needs care. */
      readonly acme?: PageSeen;
      /** The mail domain's own site, for its HSTS; asked when HTTPS of the host fails. */
      readonly parent?: PageSeen;
    };

export interface TrackingObservation {
  readonly host: DnsName;
  readonly domain: DnsName;
  readonly cname: Answer<'CNAME'>;
  readonly a: Answer<'A'>;
  readonly aaaa: Answer<'AAAA'>;
  readonly txt: Answer<'TXT'>;
  readonly mx: Answer<'MX'>;
  /** A and AAAA of the wanted target, asked when the host answers without a CNAME. */
  readonly wanted?: { readonly a: Answer<'A'>; readonly aaaa: Answer<'AAAA'> };
  readonly web: WebSeen;
  readonly answers: readonly Answer[];
}

export interface TrackingQuestion {
  /** The mail domain (From). */
  readonly domain: DnsName;
  /** Where the host should lead. */
  readonly expectedTarget?: DnsName | undefined;
}

/** A certificate is looked after when it ends within this time; half of what ACME clients leave. */
export const expiringMs = 14 * 24 * 3600 * 1000;

const limits: FetchLimits = { maxOctets: 64 * 1024, timeoutMs: 10_000, maxRedirects: 0 };
/** A file that no authority has asked for; a web server that serves challenges answers 404. */
const acmePath = '/.well-known/acme-challenge/septet';

/** Five DNS questions, two GETs, and at most four more where something is amiss. */
export async function lookupTracking(
  world: World,
  host: DnsName,
  question: TrackingQuestion,
  options: { signal?: AbortSignal } = {},
): Promise<TrackingObservation> {
  const { resolver } = world;
  const { domain, expectedTarget } = question;
  const [cname, a, aaaa, txt, mx] = await Promise.all([
    resolver.query(host, 'CNAME', options),
    resolver.query(host, 'A', options),
    resolver.query(host, 'AAAA', options),
    resolver.query(host, 'TXT', options),
    resolver.query(host, 'MX', options),
  ]);
  const hasAddress = a.kind === 'found' || aaaa.kind === 'found';
  const answers: Answer[] = [cname, a, aaaa, txt, mx];
  let wanted: TrackingObservation['wanted'];
  if (expectedTarget !== undefined && hasAddress && cname.kind !== 'found') {
    const [a, aaaa] = await Promise.all([
      resolver.query(expectedTarget, 'A', options),
      resolver.query(expectedTarget, 'AAAA', options),
    ]);
    wanted = { a, aaaa };
    answers.push(a, aaaa);
  }
  const web = await seeWeb(world, host, domain, hasAddress, options);
  return { host, domain, cname, a, aaaa, txt, mx, web, answers, ...(wanted ? { wanted } : {}) };
}

async function seeWeb(
  world: World,
  host: DnsName,
  domain: DnsName,
  hasAddress: boolean,
  options: { signal?: AbortSignal },
): Promise<WebSeen> {
  const ask = world.fetch;
  if (!ask) return { kind: 'skipped', reason: 'offline' };
  if (!hasAddress) return { kind: 'skipped', reason: 'no-address' };
  const get = async (url: string): Promise<PageSeen> => pageOf(await ask(url, { ...limits, ...options }));
  const [https, http] = await Promise.all([get(`https://${host}/`), get(`http://${host}/`)]);
  const ends = https.tls?.certificate?.notAfter;
  const sound = https.kind === 'response' && (ends === undefined || ends - world.now() > expiringMs);
  const [acme, parent] = await Promise.all([
    !sound && http.kind === 'response' ? get(`http://${host}${acmePath}`) : undefined,
    https.kind === 'failed' && isBelow(host, domain) ? get(`https://${domain}/`) : undefined,
  ]);
  return { kind: 'asked', https, http, ...(acme ? { acme } : {}), ...(parent ? { parent } : {}) };
}

function pageOf(outcome: FetchOutcome): PageSeen {
  const { url } = outcome;
  const tls = outcome.tls ? { tls: outcome.tls } : {};
  if (outcome.kind === 'failed') return { kind: 'failed', url, reason: outcome.reason, detail: outcome.detail, ...tls };
  const { headers, status } = outcome;
  const [location, contentType] = [headers['location'], headers['content-type']];
  const [hsts, robots] = [headers['strict-transport-security'], headers['x-robots-tag']];
  return {
    kind: 'response',
    url,
    status,
    ...(location === undefined ? {} : { location }),
    ...(contentType === undefined ? {} : { contentType }),
    ...(hsts === undefined ? {} : { hsts }),
    ...(robots === undefined ? {} : { robots }),
    ...tls,
  };
}

export interface TrackingHostFound {
  readonly host: DnsName;
  readonly target: DnsName;
  /** What `vendorOf` answered. */
  readonly vendor: string;
}

/**
 * Looks for tracking hosts that nobody named: asks for a CNAME at the common labels and keeps those that lead to a
 * sending service. A wildcard CNAME answers at every label; then only the first is kept.
 */
export async function probeTracking(
  world: World,
  domain: DnsName,
  vendorOf: (target: DnsName) => string | undefined,
  options: { signal?: AbortSignal } = {},
): Promise<{ readonly found: readonly TrackingHostFound[]; readonly answers: readonly Answer[] }> {
  const hosts = commonTrackingLabels.flatMap((label) => under(label, domain) ?? []);
  const answers = await Promise.all(hosts.map((host) => world.resolver.query(host, 'CNAME', options)));
  const found: TrackingHostFound[] = [];
  for (const answer of answers) {
    const target = dataOf(answer)[0];
    const vendor = target === undefined ? undefined : vendorOf(target);
    if (target !== undefined && vendor !== undefined) found.push({ host: answer.name, target, vendor });
  }
  const first = found[0];
  const wildcard = first && found.length === hosts.length && found.every(({ target }) => target === first.target);
  return { found: wildcard ? [first] : found, answers };
}
