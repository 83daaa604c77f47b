/**
 * Who is behind a click or an open: a person, a proxy that fetches for one, or a scanner. Told from the request alone, and
 * from several links of one message within seconds, which no person opens. Nothing of it is certain; it is counted apart,
 * so that it can be left out. docs/serving.md says the same in words.
 */
import type { HitAgent, HitKind } from '../../store/tracking.ts';

/**
 * Servers of mail programs that fetch pictures for a person, or for all persons: Gmail, Yahoo, Outlook on the web, and
 * Apple's Mail Privacy Protection, whose requests say `Mozilla/5.0` and nothing else.
 */
const proxies =
  /GoogleImageProxy|YahooMailProxy|YahooCacheSystem|OutlookImageProxy|DuckDuckGo-Favicons|ProtonMail|^Mozilla\/5\.0$/;

/** Programs: scanners of mail gateways, crawlers, previews of chats, libraries. */
const programs =
  /bot\b|crawl|spider|slurp|preview|scan|sandbox|monitor|headless|phantom|prerender|barracuda|proofpoint|mimecast|symantec|messagelabs|ironport|trendmicro|fortiguard|sophos|safelinks|bitdefender|cloudmark|forcepoint|zscaler|checkpoint|facebookexternalhit|whatsapp|skypeuri|slack|telegram|discord|embedly|curl|wget|libwww|python|java\/|okhttp|go-http|node-fetch|undici|axios|guzzle|ruby|perl|httpclient|http-client|winhttp|powershell|libcurl|apache-http/i;

export interface AgentRequest {
  readonly method: string;
  readonly userAgent: string | undefined;
  /** `Sec-Purpose`, `Purpose`, `X-Purpose` or `X-Moz`: what is fetched in advance. */
  readonly purpose: string | undefined;
}

const kept = new Map<string, HitAgent>();
const mostKept = 5000;

export function agentOf(kind: HitKind, { method, userAgent = '', purpose }: AgentRequest): HitAgent {
  if (method !== 'GET' || (purpose !== undefined && /prefetch|prerender|preview/i.test(purpose))) return 'scanner';
  const known = kept.get(userAgent);
  const agent = known ?? byUserAgent(userAgent.slice(0, 400));
  if (known === undefined) {
    if (kept.size >= mostKept) kept.clear();
    if (userAgent.length <= 400) kept.set(userAgent, agent);
  }
  // A proxy fetches pictures; what follows links under its name is no person.
  return agent === 'proxy' && kind === 'click' ? 'scanner' : agent;
}

function byUserAgent(text: string): HitAgent {
  if (proxies.test(text)) return 'proxy';
  return text.length < 12 || programs.test(text) ? 'scanner' : 'person';
}

/** A reader who opens so many links of one message within so many milliseconds is no person. House. */
export const burstLinks = 4;
export const burstMs = 5000;
/** A power of two. */
const places = 32_768;

export interface Bursts {
  /** True from the link on that makes it too many. */
  isBurst(message: string, reader: string, link: number, now: number): boolean;
}

/**
 * Per process: machines do not tell each other. Each reader and message has one place in a table of fixed size; where two
 * fall into one, the later counts, and a burst may be missed. A map of them costs more than the rest of a redirect's handler.
 */
export function bursts(): Bursts {
  interface Seen {
    readonly message: string;
    readonly reader: string;
    readonly since: number;
    readonly links: number[];
  }
  const table: (Seen | undefined)[] = Array.from({ length: places });
  return {
    isBurst(message, reader, link, now) {
      const place = placeOf(message, placeOf(reader, 0)) & (places - 1);
      const seen = table[place];
      if (seen === undefined || now - seen.since > burstMs || seen.reader !== reader || seen.message !== message) {
        table[place] = { message, reader, since: now, links: [link] };
        return burstLinks <= 1;
      }
      const { links } = seen;
      if (links.length < burstLinks && !links.includes(link)) links.push(link);
      return links.length >= burstLinks;
    },
  };
}

/** Of the last characters; any mixing does: readers are chosen by a keyed hash, and nobody outside can. */
function placeOf(text: string, from: number): number {
  let place = from;
  for (let at = Math.max(0, text.length - 8); at < text.length; at++)
    place = Math.imul(place ^ text.charCodeAt(at), 0x01000193);
  return place ^ (place >>> 15);
}
