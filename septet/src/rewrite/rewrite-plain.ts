/** The splices of a text/plain part: addresses, as mail programs make them clickable. */
import { isAscii, isUtf8, type Buffer } from 'node:buffer';
import { linksInText } from '../mail/text-links.ts';
import { decodeCharset } from '../mail/words.ts';
import { chooseLink } from './link-target.ts';
import type { PartSplices, PartWish } from './rewrite-html.ts';
import type { Splice } from './splice.ts';

/**
 * `octets`: the content, its transfer encoding undone, in a charset in which the octets of ASCII are ASCII. In charsets
 * with characters of several octets, other than UTF-8, an address ends at the first of them.
 */
export function plainSplices(octets: Buffer, { rules, charset, click }: PartWish): PartSplices {
  const splices: Splice[] = [];
  const counts = { links: 0, pixels: 0, faulty: 0, tooLong: 0 };
  const ascii = isAscii(octets);
  const utf8 = !ascii && isUtf8(octets) && /^(?:utf-?8|us-ascii)$/i.test(charset);
  const text = utf8 ? octets.toString('utf8') : ascii ? octets.toString('latin1') : characters(octets, charset);
  const { links, cut } = linksInText(text);
  let character = 0;
  let octet = 0;
  for (const { href: found, at } of click === undefined ? [] : links) {
    const href = found.replace(closing, '');
    if (goesOn.test(text.slice(at + href.length, at + href.length + 3))) continue;
    const choice = chooseLink(href, rules);
    if (choice === 'faulty') counts.faulty++;
    if (choice === 'too long') counts.tooLong++;
    if (choice !== 'track' || click === undefined) continue;
    counts.links++;
    octet += utf8 ? utf8Length(text, character, at) : at - character;
    const to = octet + (utf8 ? utf8Length(text, at, at + href.length) : href.length);
    splices.push({ from: octet, to, text: click(href) });
    octet = to;
    character = at + href.length;
  }
  return { splices, ...counts, cut };
}

/** Quotation marks and punctuation beyond ASCII that end an address rather than belong to it. */
const closing = /[“”„‟«»‹›‘’‚…–—。、，．！？）」』】〉》]+$/u;

/** What follows an address that a placeholder (`{{a}}`, `${a}`, `*|A|*`, `<% a %>`) continues. */
const goesOn = /^[^\s<>"]{0,2}[{|]|^<%/;

/** One character for each octet. */
function characters(octets: Buffer, charset: string): string {
  const { text } = decodeCharset(octets, charset);
  if (text.length === octets.length) return text;
  // oxlint-disable-next-line no-control-regex -- what is not ASCII
  return octets.toString('latin1').replaceAll(/[^\0-\u007f]/g, ' ');
}

/** Octets of a piece of the text in UTF-8. */
function utf8Length(text: string, from: number, to: number): number {
  let octets = to - from;
  for (let i = from; i < to; i++) {
    const code = text.charCodeAt(i);
    // A surrogate pair has four octets, two for each half.
    if (code > 0x7f) octets += code > 0x7ff && (code < 0xd800 || code > 0xdfff) ? 2 : 1;
  }
  return octets;
}
