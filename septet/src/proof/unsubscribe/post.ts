/**
 * The POST of one-click unsubscribe (RFC 8058 §3.2), as a mailbox provider sends it: over HTTPS, with one key and value,
 * without cookie, login or Referer, and not led elsewhere by a redirect.
 *
 *     POST /u/4fXk… HTTP/1.1
 *     Content-Type: application/x-www-form-urlencoded
 *
 *     List-Unsubscribe=One-Click
 *
 * It really unsubscribes, unless the token in the address is a dry-run one: it is sent only when somebody asks for it.
 */
import { addressClass, parseAddress, type AddressClass } from '../../dns/address.ts';
import { parseName } from '../../dns/name.ts';
import { dataOf } from '../../dns/rrset.ts';
import type { FetchFailure, FetchOutcome, TlsFacts, World } from '../../world/world.ts';
import { demandOf, type Demand } from './demand.ts';

/** RFC 8058 §3.2 knows both; Gmail sends `urlencoded`. */
export type PostForm = 'urlencoded' | 'multipart';

export type PostOutcome = { readonly uri: string; readonly form: PostForm } & (
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** Of a redirect, as written. */
      readonly location?: string;
      /** Names of the cookies that the answer sets; none was sent. */
      readonly cookies: readonly string[];
      /** What the answer asks for and a mailbox provider does not have. */
      readonly demand?: Demand;
      /** The beginning of the answer's text, on one line. */
      readonly excerpt: string;
      readonly address: string;
      readonly elapsedMs: number;
      readonly tls?: TlsFacts;
    }
  | { readonly kind: 'failed'; readonly reason: FetchFailure; readonly detail: string; readonly tls?: TlsFacts }
  /** `inside`: the address belongs to a network that mailbox providers cannot reach. */
  | { readonly kind: 'not-sent'; readonly why: 'offline' | 'not-https' | 'inside'; readonly detail: string }
);

export interface PostOptions {
  /** Default: `urlencoded`. */
  readonly form?: PostForm;
  /** Also to addresses of this machine and of private networks; a message from outside must not reach them. For laboratories. */
  readonly inside?: boolean;
  readonly signal?: AbortSignal;
}

const maxAnswerOctets = 512 * 1024; // house
const postTimeoutMs = 20_000; // house
const excerptCharacters = 200;

const boundary = 'septet-one-click-7f3a9c1e5b2d';
const bodies: Readonly<Record<PostForm, { readonly type: string; readonly text: string }>> = {
  urlencoded: { type: 'application/x-www-form-urlencoded', text: 'List-Unsubscribe=One-Click' },
  multipart: {
    type: `multipart/form-data; boundary=${boundary}`,
    text: [
      `--${boundary}`,
      'Content-Disposition: form-data; name="List-Unsubscribe"',
      '',
      'One-Click',
      `--${boundary}--`,
      '',
    ].join('\r\n'),
  },
};

/** Sends the POST once and says what came of it. Never rejects for a network outcome. */
export async function postOneClick(world: World, uri: string, options: PostOptions = {}): Promise<PostOutcome> {
  const { form = 'urlencoded', signal } = options;
  const asked = { uri, form };
  const target = URL.canParse(uri) ? new URL(uri) : undefined;
  if (target?.protocol !== 'https:')
    return { ...asked, kind: 'not-sent', why: 'not-https', detail: 'it is not an https address' };
  if (target.username !== '' || target.password !== '') {
    return { ...asked, kind: 'not-sent', why: 'not-https', detail: 'it holds a user name or password' };
  }
  if (!world.fetch) return { ...asked, kind: 'not-sent', why: 'offline', detail: 'no web server can be asked' };
  const way = options.inside === true ? {} : await publicWay(world, target.hostname, signal);
  if (typeof way === 'string') return { ...asked, kind: 'not-sent', why: 'inside', detail: way };
  // The part behind # stays with the client (RFC 9110 §7.1).
  target.hash = '';
  const { type, text } = bodies[form];
  const outcome = await world.fetch(target.href, {
    method: 'POST',
    body: new TextEncoder().encode(text),
    contentType: type,
    maxOctets: maxAnswerOctets,
    timeoutMs: postTimeoutMs,
    maxRedirects: 0,
    ...way,
    ...(signal ? { signal } : {}),
  });
  return { ...asked, ...cameOf(outcome) };
}

type Came =
  | Omit<Extract<PostOutcome, { kind: 'answered' }>, 'uri' | 'form'>
  | Omit<Extract<PostOutcome, { kind: 'failed' }>, 'uri' | 'form'>;

function cameOf(outcome: FetchOutcome): Came {
  const tls = outcome.tls ? { tls: outcome.tls } : {};
  if (outcome.kind === 'failed') return { kind: 'failed', reason: outcome.reason, detail: outcome.detail, ...tls };
  const { status, headers, address, elapsedMs } = outcome;
  const page = new TextDecoder().decode(outcome.body.subarray(0, 64 * 1024));
  const demand = demandOf(status, headers, page);
  const location = headers['location'];
  return {
    kind: 'answered',
    status,
    ...(location === undefined ? {} : { location }),
    cookies: cookieNames(headers['set-cookie']),
    ...(demand === undefined ? {} : { demand }),
    excerpt: plain(page).slice(0, excerptCharacters),
    address,
    elapsedMs,
    ...tls,
  };
}

/** `sid=…; Path=/, lang=…` → `sid`, `lang`. Values may hold personal data and are not kept. */
function cookieNames(text: string | undefined): readonly string[] {
  if (text === undefined) return [];
  return text
    .slice(0, 8192)
    .split(/,(?=\s*[^\s=;,]+=)/)
    .map((cookie) => cookie.trim().split('=', 1)[0] ?? '')
    .filter((name) => name !== '')
    .slice(0, 20);
}

/** What a person would read of a page, roughly; also without control characters. */
const plain = (page: string): string =>
  page
    .slice(0, 8192)
    .replaceAll(/<(script|style)\b[^>]*>[\s\S]{0,8192}?<\/\1>/gi, ' ')
    .replaceAll(/<[^<>]{0,2000}>/g, ' ')
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim();

const insideClasses: ReadonlySet<AddressClass> = new Set([
  'private',
  'loopback',
  'link-local',
  'cgnat',
  'multicast',
  'ula',
  'transition',
  'unspecified',
  'reserved',
]);

const isInside = (text: string): boolean => {
  const address = parseAddress(text);
  return address !== undefined && insideClasses.has(addressClass(address));
};

/**
 * A public address of the host, to which the connection is then bound; nothing where the host has no address, which the
 * fetch says better; a sentence where none of its addresses is public.
 */
async function publicWay(
  world: World,
  hostname: string,
  signal: AbortSignal | undefined,
): Promise<{ readonly via?: string } | string> {
  const bare = hostname.replace(/^\[|\]$/g, '');
  if (parseAddress(bare)) return isInside(bare) ? `${bare} is not a public address` : {};
  const host = parseName(hostname);
  if (!host.ok) return {};
  const options = signal ? { signal } : {};
  const [a, aaaa] = await Promise.all([
    world.resolver.query(host.name, 'A', options),
    world.resolver.query(host.name, 'AAAA', options),
  ]);
  const addresses = [...dataOf(a), ...dataOf(aaaa)];
  const way = addresses.find((address) => !isInside(address));
  if (way !== undefined) return { via: way };
  return addresses.length === 0 ? {} : `${hostname} leads to ${addresses[0] ?? ''}, which is not a public address`;
}
