/** Addresses in a text/plain part, as mail programs make them clickable. */
import { maxLinks } from './html-links.ts';
import type { Link } from './html-links.ts';

export interface TextLinks {
  /** Kind `link`, with an empty text, in the order in which they stand. */
  readonly links: readonly Link[];
  /** There are more links than are kept. */
  readonly cut: boolean;
}

/** http and https URLs of a text, without the punctuation that ends a sentence. Never throws; linear in the text. */
export function linksInText(text: string): TextLinks {
  const links: Link[] = [];
  // eslint-disable-next-line no-control-regex -- controls end an address
  for (const match of text.matchAll(/(?<![A-Za-z0-9])https?:\/\/[^\s<>"\u0000-\u001f\u007f`{}|\\^]+/gi)) {
    if (links.length === maxLinks) return { links, cut: true };
    const href = withoutPunctuation(match[0]);
    if (/^https?:\/\/.*[\p{L}\p{N}\]]/iu.test(href)) links.push({ href, text: '', kind: 'link', at: match.index });
  }
  return { links, cut: false };
}

/** `https://a.example/x).` → `https://a.example/x`; a closing bracket stays where its opening one is inside. */
function withoutPunctuation(address: string): string {
  let open = 0;
  for (const char of address) {
    if (char === '(' || char === '[') open++;
    else if (char === ')' || char === ']') open--;
  }
  let end = address.length;
  for (; end > 0; end--) {
    const char = address[end - 1] ?? '';
    if (char === ')' || char === ']') {
      if (open >= 0) break;
      open++;
    } else if (!".,;:!?'*_~".includes(char)) break;
  }
  return address.slice(0, end);
}
