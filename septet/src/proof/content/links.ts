/** What can be told of a link without following it: its host, whose host that is, what its text pretends. */
import { domainToUnicode } from 'node:url';
import { parseAddress } from '../../dns/address.ts';
import { isAtOrBelow, labels, parseName, type DnsName } from '../../dns/name.ts';
import { registrableDomain } from '../../dns/public-suffix.ts';
import { matchesPattern } from '../../records/dkim/expectation.ts';
import { profiles } from '../../senders/profiles.ts';

/** A link of a message. `text` is what the reader sees. */
export interface ContentLink {
  readonly href: string;
  readonly text: string;
  /** `link`: followed by a click. `image`, `style`: loaded by the mail program. */
  readonly kind: 'link' | 'image' | 'style';
  /** Of the MIME part. */
  readonly part: string;
}

export type Target =
  | { readonly kind: 'web'; readonly secure: boolean; readonly host: DnsName }
  /** A bare IP address in place of a name. */
  | { readonly kind: 'address'; readonly secure: boolean; readonly host: string }
  /** `mailto:`, `tel:`, `cid:`, `data:`, a place in the same message. */
  | { readonly kind: 'other' }
  | { readonly kind: 'broken' };

/** Placeholders that the usual templates leave when nobody fills them. */
const placeholder =
  /\{\{|\}\}|\$\{|<%|%>|%%|\*\||\|\*|\[\[|\]\]|^\s*(?:https?:\/\/)?\[[^\]:]*\]\s*$|^\s*\{[\w. ]+\}\s*$/;
/** Nothing longer is a link that works everywhere. */
const maxHrefCharacters = 16_384; // house

export function targetOf(link: Pick<ContentLink, 'href' | 'kind'>): Target {
  const href = link.href.slice(0, maxHrefCharacters).trim();
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(href)?.[1]?.toLowerCase();
  if (scheme === 'data') return { kind: 'other' };
  if (placeholder.test(href) || href === '#' || href === '' || scheme === 'javascript') {
    return link.kind !== 'link' && (href === '' || href === '#') ? { kind: 'other' } : { kind: 'broken' };
  }
  if (href.startsWith('#')) return { kind: 'other' };
  const absolute = href.startsWith('//') ? `https:${href}` : href;
  if (scheme === undefined && absolute === href) return { kind: 'broken' };
  if (scheme !== undefined && scheme !== 'http' && scheme !== 'https') return { kind: 'other' };
  if (!URL.canParse(absolute)) return { kind: 'broken' };
  const { hostname, protocol } = new URL(absolute);
  const secure = protocol === 'https:';
  const bare = hostname.replace(/^\[|\]$/g, '');
  if (parseAddress(bare)) return { kind: 'address', secure, host: bare };
  const host = parseName(hostname);
  return host.ok && labels(host.name).length > 1 ? { kind: 'web', secure, host: host.name } : { kind: 'broken' };
}

/** Whether people of one organisation can be behind both names, as the list of public suffixes has it. */
export function sameOrganisation(one: DnsName, other: DnsName): boolean {
  if (one === other) return true;
  const organisation = registrableDomain(one);
  return organisation !== undefined && organisation === registrableDomain(other);
}

/** The domain that the text of a link names, when the whole text is a web address or a host name. */
export function domainInText(text: string): DnsName | undefined {
  const shown = text.trim();
  if (shown.length > 300) return undefined;
  const match = /^(https?:\/\/)?((?:[\p{L}\p{N}-]{1,63}\.){1,10}[\p{L}]{2,24})(?::\d+)?(?:[/?#]\S*)?$/iu.exec(shown);
  const name = match?.[2];
  if (name === undefined) return undefined;
  const parsed = parseName(name);
  if (!parsed.ok || registrableDomain(parsed.name) === undefined) return undefined;
  const told = match?.[1] !== undefined || parsed.name.startsWith('www.');
  return told || commonTopLevels.has(labels(parsed.name).at(-1) ?? '') ? parsed.name : undefined;
}

/** Without scheme or www. only these are taken for a domain: `Node.js` and `report.pdf` are none. */
const commonTopLevels: ReadonlySet<string> = new Set(
  'com org net edu gov info biz eu de at ch fr uk ie nl be lu it es pt pl cz sk hu ro bg gr se no dk fi ee lv lt us ca mx br ar au nz jp cn kr in ru ua tr za bank shop store online app dev'.split(
    ' ',
  ),
);

/** The sending service whose customers share this host for their links; absent for all other hosts. */
export function sharedHostOf(host: DnsName): string | undefined {
  const service = profiles.find(
    ({ kind, tracking = [] }) =>
      kind === 'service' &&
      tracking.some((pattern) => matchesPattern(pattern, host) || matchesPattern(`*.${pattern}`, host)),
  );
  return service?.title;
}

export const isShortener = (host: DnsName): boolean => shorteners.some((name) => isAtOrBelow(host, name));

/** Public shorteners whose links anybody can make; seen in use in November 2026. */
const shorteners = [
  'bit.ly',
  'bitly.com',
  'tinyurl.com',
  'goo.gl',
  'ow.ly',
  'is.gd',
  'v.gd',
  'buff.ly',
  'cutt.ly',
  'rebrand.ly',
  'rb.gy',
  'shorturl.at',
  't.ly',
  'tiny.cc',
  'tiny.one',
  's.id',
  'bl.ink',
  'soo.gd',
  'short.io',
  'adf.ly',
  'da.gd',
  'lnkd.in',
  't.co',
] as readonly string[] as readonly DnsName[];

/**
 * The scripts that one label of the name mixes, of those whose letters look alike; absent where each label keeps to one.
 * Less than UTS #39 asks: Latin with Japanese and the like is usual and not told.
 */
export function mixedScripts(
  host: DnsName,
): { readonly shown: string; readonly scripts: readonly string[] } | undefined {
  if (!host.includes('xn--')) return undefined;
  const shown = domainToUnicode(host);
  for (const label of shown.split('.')) {
    const scripts = [...confusable].filter(([, letters]) => letters.test(label)).map(([script]) => script);
    if (scripts.length > 1) return { shown, scripts };
  }
  return undefined;
}

const confusable: ReadonlyMap<string, RegExp> = new Map([
  ['Latin', /\p{Script=Latin}/u],
  ['Cyrillic', /\p{Script=Cyrillic}/u],
  ['Greek', /\p{Script=Greek}/u],
  ['Armenian', /\p{Script=Armenian}/u],
  ['Cherokee', /\p{Script=Cherokee}/u],
]);
