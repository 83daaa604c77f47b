/**
 * Values that were copied from instructions and never filled in: names and addresses that are reserved for
 * documentation (RFC 2606, RFC 6761, RFC 5737, RFC 3849, RFC 9637), angle brackets, braces and ellipses.
 */
import type { DnsName } from '../../dns/name.ts';
import type { Problem } from '../../text/parsed.ts';

const documentationName = /(?:^|\.)(?:example(?:\.(?:com|net|org))?|test|invalid)$/;

/** Whether the name is reserved for documentation and tests; under such a name sample values are in their place. */
function isDocumentationName(name: DnsName): boolean {
  return documentationName.test(name);
}

const anywhere: readonly RegExp[] = [
  /(?<![a-z0-9])your[-_ ]?(?:company|domain|organi[sz]ation|selector)(?:[-_ ]?name)?(?![a-z0-9])(?:\.[a-z]{2,})?/gi,
  /(?<![a-z0-9])your[-_](?:ip|key|public[-_]key|email|address)\b/gi,
  /(?<![%$])\{[a-z][a-z0-9 _.-]{0,40}\}/gi,
  /<(?!mailto:|https?:)[a-z][^<>@;]{0,60}>/gi,
  /\[(?:your|insert|enter|domain|selector|key)[^\][]{0,40}\]/gi,
  /\xe2\x80\xa6|\.{3,}/g,
  /\b(?:domain|company)\.tld\b/gi,
];

const unlessDocumented: readonly RegExp[] = [
  /(?<![a-z0-9-])example\.(?:com|net|org)(?![a-z0-9-]|\.[a-z])/gi,
  /\bip4:(?:192\.0\.2|198\.51\.100|203\.0\.113)\.\d+/gi,
  /\bip6:(?:2001:0?db8|3fff):[0-9a-f:]*/gi,
];

/** The places in the text that still wait for a real value. */
export function placeholderProblems(
  text: string,
  domain: DnsName,
): readonly (Problem<'dns.txt.placeholder'> & { readonly args: { readonly part: string } })[] {
  const rules = isDocumentationName(domain) ? anywhere : [...anywhere, ...unlessDocumented];
  const seen = new Set<number>();
  return rules.flatMap((rule) =>
    [...text.matchAll(rule)].flatMap(({ index, 0: part }) => {
      if (seen.has(index) || domain.includes(part.toLowerCase())) return [];
      seen.add(index);
      const shown = part === '\xe2\x80\xa6' ? '…' : part;
      return [{ code: 'dns.txt.placeholder' as const, offset: index, length: part.length, args: { part: shown } }];
    }),
  );
}
