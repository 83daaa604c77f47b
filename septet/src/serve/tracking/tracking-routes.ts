/** `/c/…`, `/o/…` and `/u/…` of a tracking host: what is told is on disk before its answer goes out. */
import type { DnsName } from '../../dns/name.ts';
import type { TokenReader, TrackingAddress } from '../../rewrite/tracking-token.ts';
import type { HitAgent, HitKind, Suppression, TrackingHit } from '../../store/tracking.ts';
import type { Store } from '../../store/store.ts';
import { agentOf, bursts } from './agents.ts';
import { count, type Counters, type Route } from '../counters.ts';
import type { Exchange } from '../exchange.ts';
import { hitKeeper } from './hit-keeper.ts';
import { readForm } from './form-body.ts';
import { askPage, donePage, laterPage, oddFormPage, untrackedPage } from '../pages.ts';
import type { Response } from '../public-listener.ts';
import { sendPage, sendText } from '../answers.ts';
import { hsts, safetyHeaders } from '../sites.ts';
import { targetOf } from './targets.ts';
import { truncatedAddress } from '../token-bucket.ts';
import { unsubscribeBody } from './webhook.ts';

export interface TrackingOutside {
  readonly reader: TokenReader;
  readonly counters: Counters;
  readonly store: Pick<Store, 'tracking' | 'suppressions'>;
  /** `domain pseudonym` of those who do not want to be tracked. */
  untracked(): ReadonlySet<string>;
  /** Adds to the set before the store is asked again. */
  untrack(domain: DnsName, reader: string): void;
  /** A webhook waits. */
  posted(): void;
  now(): number;
  /** 128 bits in hexadecimal digits. */
  newId(): string;
  log(line: string): void;
}

interface Answers {
  tell(route: Route, status: number, host?: string): void;
  nothing(response: Response, client: string, now: number, head: boolean, secure: boolean): void;
}

export interface TrackingRoutes {
  /** GET and HEAD; false where the path is none of these. */
  get(exchange: Exchange): boolean;
  post(exchange: Exchange): void;
}

/** An unsubscribe that is not stored by then was not heard. House; senders of one-click wait about as long. */
const unsubscribePatienceMs = 8000;

/** A GIF of one pixel that nobody sees (GIF89a). */
const pixel = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');

const plainSafety = safetyHeaders(false);
const secureSafety = safetyHeaders(true);
/** Nothing is shown, so nothing has to be kept from being misread; each field costs time. */
const plainRedirect = ['content-length', '0', 'cache-control', 'no-store', 'referrer-policy', 'no-referrer'];
const secureRedirect = [...plainRedirect, ...hsts];
const pixelHeaders = ['content-type', 'image/gif', 'content-length', String(pixel.length)];

export function trackingRoutes(parts: TrackingOutside & Answers): TrackingRoutes {
  const { counters, store, reader } = parts;
  const burst = bursts();
  const stored = hitKeeper(parts);

  const nothing = ({ response, client, now, method, secure }: Exchange): void =>
    parts.nothing(response, client, now, method === 'HEAD', secure);

  /** The address, of the kind that the path promises. */
  const addressOf = <K extends HitKind>(
    exchange: Exchange,
    kind: K,
  ): Extract<TrackingAddress, { readonly kind: K }> | undefined => {
    const reading = reader.read(exchange.site.host, exchange.path);
    if (reading.kind === 'good' && reading.address.kind === kind)
      return reading.address as Extract<TrackingAddress, { readonly kind: K }>;
    count(counters.refused, reading.kind === 'bad' ? reading.why : 'malformed');
    nothing(exchange);
    return undefined;
  };

  const hitOf = ({ site, client, now }: Exchange, address: TrackingAddress, agent: HitAgent): TrackingHit => {
    const { kind, campaign, message, reader } = address;
    const { domain, tracking } = site;
    const kept = tracking?.addresses ?? 'none';
    const text = kept === 'full' ? client : kept === 'truncated' ? truncatedAddress(client) : undefined;
    // Written out: a literal that takes over another is several times slower.
    const hit: TrackingHit =
      kind === 'click'
        ? { domain, at: now, kind, agent, campaign, message, reader, link: address.link }
        : { domain, at: now, kind, agent, campaign, message, reader };
    return text === undefined ? hit : { ...hit, address: text };
  };

  const agentFor = (kind: HitKind, { fields, method }: Exchange): HitAgent =>
    agentOf(kind, { method, userAgent: fields.userAgent, purpose: fields.purpose });

  const isUntracked = (site: Exchange['site'], address: TrackingAddress): boolean => {
    const untracked = parts.untracked();
    return untracked.size > 0 && untracked.has(`${site.domain} ${address.reader}`);
  };

  const click = (exchange: Exchange): void => {
    const address = addressOf(exchange, 'click');
    if (!address) return;
    const { response, site, secure, now } = exchange;
    const rules = site.tracking;
    const target = targetOf(address.target, rules?.privateTargets ?? false);
    if (typeof target === 'string') {
      count(counters.refused, target);
      return nothing(exchange);
    }
    const answer = (): void => {
      parts.tell('click', 302, site.host);
      response.writeHead(302, ['location', target.location, ...(secure ? secureRedirect : plainRedirect)]);
      response.end();
    };
    if (rules?.clicks !== true || isUntracked(site, address)) return answer();
    let agent = agentFor('click', exchange);
    if (burst.isBurst(address.message, address.reader, address.link, now)) agent = 'scanner';
    stored(hitOf(exchange, address, agent), answer);
  };

  const open = (exchange: Exchange): void => {
    const address = addressOf(exchange, 'open');
    if (!address) return;
    const { response, site, secure, method } = exchange;
    const answer = (): void => {
      parts.tell('open', 200, site.host);
      response.writeHead(200, [...pixelHeaders, ...(secure ? secureSafety : plainSafety)]);
      response.end(method === 'HEAD' ? undefined : pixel);
    };
    if (site.tracking?.opens !== true || isUntracked(site, address)) return answer();
    stored(hitOf(exchange, address, agentFor('open', exchange)), answer);
  };

  /** Asks; nothing happens, whoever comes (RFC 8058 §1: scanners follow links). */
  const ask = (exchange: Exchange): void => {
    const address = addressOf(exchange, 'unsubscribe');
    if (!address) return;
    const { response, site, secure, method } = exchange;
    parts.tell('unsubscribe', 200, site.host);
    sendPage(response, 200, askPage(site.domain, address.recipient), { head: method === 'HEAD', secure });
  };

  const choose = async (exchange: Exchange): Promise<void> => {
    const { request, response, site, secure } = exchange;
    const { shouldKeepAlive } = response;
    // Nobody reads the body of a request that leads nowhere.
    response.shouldKeepAlive = false;
    const address = addressOf(exchange, 'unsubscribe');
    if (!address) return;
    response.shouldKeepAlive = shouldKeepAlive;
    const form = await readForm(request);
    if (form === 'gone') return;
    if (form === 'too large') {
      response.shouldKeepAlive = false;
      parts.tell('unsubscribe', 413, site.host);
      return sendText(response, 413, 'The body is too large.\n', 'text/plain; charset=utf-8', secure);
    }
    const oneClick = form.get('List-Unsubscribe') === 'One-Click'; // RFC 8058 §3.1
    const choice = oneClick ? 'unsubscribe' : form.get('choice');
    if (choice !== 'unsubscribe' && choice !== 'do-not-track') {
      parts.tell('unsubscribe', 400, site.host);
      return sendPage(response, 400, oddFormPage, { secure });
    }
    const suppression: Suppression = {
      domain: site.domain,
      kind: choice === 'unsubscribe' ? 'unsubscribed' : 'do-not-track',
      recipient: address.recipient,
      reader: address.reader,
      at: exchange.now,
      source: oneClick ? 'one-click' : 'page',
      campaign: address.campaign,
    };
    try {
      await inTime(keep(exchange, address, suppression), unsubscribePatienceMs);
    } catch (error) {
      count(counters.lost, 'unsubscribe');
      parts.tell('unsubscribe', 503, site.host);
      parts.log(`An unsubscribe was not stored: ${error instanceof Error ? error.message : String(error)}`);
      return sendPage(response, 503, laterPage, { secure, more: ['retry-after', '120'] });
    }
    parts.tell('unsubscribe', 200, site.host);
    if (oneClick) return sendText(response, 200, 'Unsubscribed.\n', 'text/plain; charset=utf-8', secure);
    const page = choice === 'unsubscribe' ? donePage(site.domain) : untrackedPage(site.domain);
    sendPage(response, 200, page, { secure });
  };

  const keep = async (exchange: Exchange, address: TrackingAddress, suppression: Suppression): Promise<void> => {
    if (suppression.kind === 'do-not-track') {
      await store.suppressions.add([suppression]);
      parts.untrack(suppression.domain, suppression.reader);
      return;
    }
    const id = parts.newId();
    const delivery = exchange.site.tracking?.notify
      ? {
          id,
          domain: suppression.domain,
          at: suppression.at,
          body: unsubscribeBody(id, suppression, address.message),
          tries: 0,
          nextAt: suppression.at,
        }
      : undefined;
    const untracked = isUntracked(exchange.site, address);
    const hit = hitOf(exchange, untracked ? { ...address, reader: '' } : address, 'person');
    const outcome = await store.tracking.unsubscribe(hit, suppression, delivery);
    if (outcome === 'known') return;
    count(counters.hits, 'unsubscribe person');
    if (delivery) parts.posted();
  };

  return {
    get(exchange) {
      switch (exchange.path[1]) {
        case 'c':
          click(exchange);
          return true;
        case 'o':
          open(exchange);
          return true;
        case 'u':
          ask(exchange);
          return true;
        default:
          return false;
      }
    },
    post(exchange) {
      if (exchange.path[1] !== 'u') {
        exchange.response.shouldKeepAlive = false;
        return nothing(exchange);
      }
      choose(exchange).catch((error: unknown) => {
        parts.log(`An unsubscribe failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
        if (!exchange.response.headersSent) exchange.response.writeHead(500, { 'content-length': '0' });
        exchange.response.end();
      });
    },
  };
}

function inTime<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the store does not answer')), milliseconds);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
