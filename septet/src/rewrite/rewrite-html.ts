/** The splices of a text/html part: links, and the pixel at the end of its body. */
import type { Buffer } from 'node:buffer';
import { chooseLink, hrefTarget, resolveTarget, type LinkRules } from './link-target.ts';
import { scanHtml, type HtmlHref } from './scan-html.ts';
import type { Splice } from './splice.ts';

/** Links of one part that are rewritten. */
export const maxPartLinks = 10_000; // house

export interface PartWish {
  readonly rules: LinkRules;
  /** The charset of the part as decoders know it. */
  readonly charset: string;
  /** Answers the address for a target; absent: links stay. */
  readonly click?: (target: string) => string;
  /** Answers the address of the pixel; absent: none is put in. */
  readonly open?: () => string;
}

export interface PartSplices {
  readonly splices: readonly Splice[];
  readonly links: number;
  readonly pixels: number;
  readonly faulty: number;
  readonly tooLong: number;
  /** There are more links than `maxPartLinks`. */
  readonly cut: boolean;
}

/** `octets`: the content, its transfer encoding undone, in a charset in which the octets of ASCII are ASCII. */
export function htmlSplices(octets: Buffer, wish: PartWish): PartSplices {
  const html = octets.toString('latin1');
  const { hrefs, base, bodyEnd, cut } = scanHtml(html, maxPartLinks);
  const splices: Splice[] = [];
  const counts = { links: 0, pixels: 0, faulty: 0, tooLong: 0 };
  const { click, open } = wish;
  if (click !== undefined) {
    const valueOf = ({ from, to }: HtmlHref): string => hrefTarget(html.slice(from, to), wish.charset);
    const baseTarget = base && valueOf(base);
    for (const href of hrefs) {
      const written = valueOf(href);
      const target = (baseTarget === undefined ? undefined : resolveTarget(written, baseTarget)) ?? written;
      const choice = chooseLink(target, wish.rules);
      if (choice === 'faulty') counts.faulty++;
      if (choice === 'too long') counts.tooLong++;
      if (choice !== 'track') continue;
      counts.links++;
      const { from, to, at: before, end: behind } = href;
      splices.push({ from, to, text: click(target), breaks: { before, behind } });
    }
  }
  // A message that went through here before has its pixel.
  if (open !== undefined && bodyEnd >= 0 && !html.includes(`//${wish.rules.host}/o/`)) {
    counts.pixels++;
    const at = { before: bodyEnd, behind: bodyEnd };
    splices.push({ from: bodyEnd, to: bodyEnd, text: pixel(open()), breaks: at });
  }
  // Links behind the end of the body are read as well.
  splices.sort((one, other) => one.from - other.from);
  return { splices, ...counts, cut };
}

/** Takes no room, and has an empty `alt`, so that nothing reads it aloud. */
const pixel = (address: string): string =>
  `<img src="${address}" width="1" height="1" alt="" style="display:block;border:0;width:1px;height:1px">`;
