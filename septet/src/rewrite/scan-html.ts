/**
 * Finds in a text/html part the places that are rewritten: the `href` of links, `<base>`, and the end of the body. Tags
 * are read as browsers read them (WHATWG HTML §13.2.5): quotes, attributes without quotes, comments in all their forms,
 * elements whose content is text. No tree is built.
 *
 * The text has one character per octet, so that places are octets. That reads every charset in which the octets of ASCII
 * stand for themselves.
 */

export interface HtmlHref {
  /** Where the name `href` begins. */
  readonly at: number;
  /** The value, without its quotes; `from` equals `to` where it is empty. */
  readonly from: number;
  readonly to: number;
  /** Where the attribute ends: behind the closing quote. */
  readonly end: number;
}

export interface HtmlPlaces {
  /** Of `<a>` and `<area>`, in the order in which they stand. */
  readonly hrefs: readonly HtmlHref[];
  /** Of the first `<base>` that has one. */
  readonly base?: HtmlHref;
  /** Where something may be put at the end of the body; -1 where the text ends inside a tag, a comment or the like. */
  readonly bodyEnd: number;
  /** There are more links than are looked at. */
  readonly cut: boolean;
}

/** Elements whose content is text up to their end tag. `noscript` is none of them: mail programs run no scripts. */
const rawElements = new Set(['script', 'style', 'title', 'textarea', 'xmp', 'iframe', 'noembed', 'noframes']);

const isLetter = (code: number): boolean => {
  const lower = code | 32;
  return lower >= 97 && lower <= 122;
};
/** TAB, LF, FF, CR, blank. */
const isSpace = (code: number): boolean => code === 32 || (code <= 13 && code >= 9 && code !== 11);

const slash = 47;
const greater = 62;
const equals = 61;
const doubleQuote = 34;
const singleQuote = 39;

/** Never throws; linear in the text. */
export function scanHtml(html: string, maxHrefs: number): HtmlPlaces {
  const hrefs: HtmlHref[] = [];
  let base: HtmlHref | undefined;
  let templates = 0;
  let bodyEnd = -1;
  let htmlEnd = -1;
  let cut = false;
  /** Of the tag that was read last. */
  let href: HtmlHref | undefined;

  /**
   * Passes over attributes from `from` to behind the `>`; -1 where the text ends before. Keeps the first `href` where
   * it is wanted.
   */
  const attributes = (from: number, wanted: boolean): number => {
    let at = from;
    href = undefined;
    for (;;) {
      let code = html.charCodeAt(at);
      while (isSpace(code) || code === slash) code = html.charCodeAt(++at);
      if (code === greater) return at + 1;
      if (at >= html.length) return -1;
      const nameAt = at;
      // An equals sign in front belongs to the name.
      do code = html.charCodeAt(++at);
      while (code !== equals && code !== greater && code !== slash && !isSpace(code) && at < html.length);
      const nameEnd = at;
      while (isSpace(code)) code = html.charCodeAt(++at);
      if (code !== equals) continue;
      do code = html.charCodeAt(++at);
      while (isSpace(code));
      let valueAt = at;
      let valueEnd: number;
      if (code === doubleQuote || code === singleQuote) {
        valueAt = at + 1;
        valueEnd = html.indexOf(code === doubleQuote ? '"' : "'", valueAt);
        if (valueEnd < 0) return -1;
        at = valueEnd + 1;
      } else {
        while (code !== greater && !isSpace(code) && at < html.length) code = html.charCodeAt(++at);
        valueEnd = at;
      }
      if (wanted && href === undefined && nameEnd - nameAt === 4 && /^href$/i.test(html.slice(nameAt, nameEnd)))
        href = { at: nameAt, from: valueAt, to: valueEnd, end: at };
    }
  };

  const tagNameEnd = (from: number): number => {
    let at = from;
    for (; at < html.length; at++) {
      const code = html.charCodeAt(at);
      if (code === greater || code === slash || isSpace(code)) break;
    }
    return at;
  };

  /** Behind the start of the end tag of `name`, which is where its content ends; -1 where there is none. */
  const rawEnd = (name: string, from: number): number => {
    for (let at = html.indexOf('</', from); at >= 0; at = html.indexOf('</', at + 2)) {
      const end = at + 2 + name.length;
      const code = html.charCodeAt(end);
      if (code !== greater && code !== slash && !isSpace(code)) continue;
      if (html.slice(at + 2, end).toLowerCase() === name) return at;
    }
    return -1;
  };

  /** Answers where reading goes on; -1 where the text ends inside. */
  const startTag = (open: number): number => {
    const nameEnd = tagNameEnd(open + 1);
    const length = nameEnd - open - 1;
    // Most tags are neither links nor raw text: `td`, `tr`, `p`. Names are looked at where their length fits.
    const name = length <= 9 && length !== 2 ? html.slice(open + 1, nameEnd).toLowerCase() : '';
    const link = name === 'a' || name === 'area';
    const end = attributes(nameEnd, link || name === 'base');
    if (end < 0) return -1;
    if (href !== undefined && templates === 0) {
      if (!link) base ??= href;
      else if (hrefs.length < maxHrefs) hrefs.push(href);
      else cut = true;
    }
    if (name === 'template') templates++;
    if (name === 'plaintext') return -1;
    return rawElements.has(name) ? rawEnd(name, end) : end;
  };

  const endTag = (open: number): number => {
    const code = html.charCodeAt(open + 2);
    if (code === greater) return open + 3;
    if (!isLetter(code)) return behind('>', open + 2);
    const nameEnd = tagNameEnd(open + 2);
    const end = attributes(nameEnd, false);
    const length = nameEnd - open - 2;
    if (end < 0 || (length !== 4 && length !== 8)) return end;
    const name = html.slice(open + 2, nameEnd).toLowerCase();
    if (name === 'template' && templates > 0) templates--;
    if (templates === 0 && name === 'body') bodyEnd = open;
    if (templates === 0 && name === 'html') htmlEnd = open;
    return end;
  };

  const behind = (mark: string, from: number): number => {
    const at = html.indexOf(mark, from);
    return at < 0 ? -1 : at + mark.length;
  };

  /** A comment ends with `-->` or `--!>`; `<!-->` and `<!--->` are whole ones. Other declarations end with `>`. */
  const declaration = (open: number): number => {
    if (!html.startsWith('--', open + 2)) return behind('>', open + 2);
    if (html.startsWith('>', open + 4)) return open + 5;
    if (html.startsWith('->', open + 4)) return open + 6;
    for (let at = html.indexOf('--', open + 4); at >= 0; at = html.indexOf('--', at + 1)) {
      if (html.charCodeAt(at + 2) === greater) return at + 3;
      if (html.charCodeAt(at + 2) === 33 && html.charCodeAt(at + 3) === greater) return at + 4;
    }
    return -1;
  };

  let at = 0;
  while (at >= 0) {
    const open = html.indexOf('<', at);
    if (open < 0) break;
    const code = html.charCodeAt(open + 1);
    if (isLetter(code)) at = startTag(open);
    else if (code === slash) at = endTag(open);
    else if (code === 33) at = declaration(open);
    else if (code === 63) at = behind('>', open + 2);
    else at = open + 1;
  }
  const last = bodyEnd >= 0 ? bodyEnd : htmlEnd;
  const end = last >= 0 ? last : at < 0 || templates > 0 ? -1 : html.length;
  return { hrefs, ...(base === undefined ? {} : { base }), bodyEnd: end, cut };
}
