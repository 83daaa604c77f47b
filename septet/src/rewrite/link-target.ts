/** Which links lead over the tracking host: what an `href` says, and whether it is one to leave alone. */
import { Buffer } from 'node:buffer';
import type { DnsName } from '../dns/name.ts';
import { readHtml } from '../mail/html-links.ts';
import { decodeCharset } from '../mail/words.ts';
import { leadsInside } from './private-target.ts';
import { maxTargetOctets } from './tokens.ts';

export interface LinkRules {
  /** The tracking host. */
  readonly host: DnsName;
  /** The http(s) addresses of List-Unsubscribe, as they stand there: links to them stay. */
  readonly listed: ReadonlySet<string>;
  /** Links whose address speaks of unsubscribing stay. */
  readonly keepUnsubscribeLinks: boolean;
  /** Links into private networks are rewritten too; the tracking host must then lead there. */
  readonly privateTargets?: boolean;
}

/** `other`: no http(s) link, or one to leave alone. */
export type LinkChoice = 'track' | 'other' | 'faulty' | 'too long';

/**
 * What mail programs fill in later: `{{a}}`, `{% a %}`, `<% a %>`, `%%a%%`, `*|A|*`, `[[a]]`, `${a}`, `#{a}`, `{a}`, and the
 * first as editors percent-encode it. A token would keep the placeholder for ever.
 */
const placeholder = /\{\{|\{%|<%|%%[^%]*%%|\*\||\[\[|[$#]\{|\{[A-Za-z_][^{}]*\}|%7B%7B|\*%7C/i;
const unsubscribing = /unsubscri|opt-?out|list-?remove|abmeld|abbestell|d[eé]sabonn|d[eé]sinscri|cancelar-?suscripci/i;

/** `target` as `hrefTarget` answers it. */
export function chooseLink(target: string, rules: LinkRules): LinkChoice {
  const scheme = /^https?:/i.exec(target)?.[0].length;
  if (scheme === undefined) return 'other';
  // Nearly all targets have none of the characters that a placeholder begins with.
  if ((/[{<%*[]/.test(target) && placeholder.test(target)) || leadsTo(rules.host, target)) return 'other';
  if (rules.listed.has(target) || (rules.keepUnsubscribeLinks && unsubscribing.test(target))) return 'other';
  // A URL without its two slashes, or with control characters, is read otherwise by every program.
  // oxlint-disable-next-line no-control-regex -- what is looked for
  if (!target.startsWith('//', scheme) || /[\0-\u001f\u007f]/.test(target) || !URL.canParse(target)) return 'faulty';
  if (rules.privateTargets !== true && leadsInside(target)) return 'other';
  return target.length > maxTargetOctets / 3 && Buffer.byteLength(target) > maxTargetOctets ? 'too long' : 'track';
}

function leadsTo(host: DnsName, target: string): boolean {
  const at = target.indexOf('//') + 2;
  if (target.length < at + host.length) return false;
  if (target.slice(at, at + host.length).toLowerCase() !== host) return false;
  const next = target[at + host.length];
  return next === undefined || '/:?#'.includes(next);
}

/**
 * The address of an `href` as a mail program follows it: octets read in the charset of the part, entities decoded, blanks
 * at both ends and line ends removed (WHATWG URL §4.4).
 */
export function hrefTarget(raw: string, charset: string): string {
  // Nearly all are printable ASCII without an entity but `&amp;`.
  if (!/[^!-~]/.test(raw)) return raw.includes('&') ? decodeEntities(raw) : raw;
  // oxlint-disable-next-line no-control-regex -- whether all is ASCII
  const text = /[^\0-\u007f]/.test(raw) ? decodeCharset(Buffer.from(raw, 'latin1'), charset).text : raw;
  // oxlint-disable-next-line no-control-regex -- what the URL standard removes
  return decodeEntities(text).replaceAll(/[\t\r\n]|^[\0-\u0020]+|[\0-\u0020]+$/g, '');
}

/** `&amp;` and bare ampersands of a query (`&b=`) are what nearly all links have; the rest goes through the tokenizer. */
function decodeEntities(text: string): string {
  if (!/&(?!amp;|[A-Za-z][A-Za-z0-9]*=|[^A-Za-z0-9#])/.test(text)) return text.replaceAll('&amp;', '&');
  return readHtml(`<a href="${text.replaceAll('"', '&quot;')}">`).links[0]?.href ?? '';
}

/** The address that a relative one means below a `<base>`; undefined where it means none. */
export function resolveTarget(relative: string, base: string): string | undefined {
  if (relative === '' || relative.startsWith('#') || /^[a-z][a-z0-9+.-]*:/i.test(relative)) return undefined;
  if (!/^https?:\/\//i.test(base) || placeholder.test(base) || placeholder.test(relative)) return undefined;
  return URL.parse(relative, base)?.href;
}
