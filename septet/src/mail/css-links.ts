/** Addresses in a style sheet or a `style` attribute: `url(…)` and `@import "…"`. */

const opening = /url\(|@import\s{1,20}(?=["'])/gi;

/** At most `most` addresses, in order. Linear in the text; never throws. */
export function cssAddresses(css: string, most: number): readonly string[] {
  const text = withoutComments(css);
  const found: string[] = [];
  opening.lastIndex = 0;
  let noneBehind = false;
  for (const match of text.matchAll(opening)) {
    if (found.length >= most || noneBehind) break;
    let at = match.index + match[0].length;
    while (isBlank(text.charCodeAt(at))) at++;
    const quote = text[at];
    const quoted = quote === '"' || quote === "'";
    const start = quoted ? at + 1 : at;
    const end = text.indexOf(quoted ? quote : ')', start);
    if (end < 0) {
      noneBehind = !quoted;
      continue;
    }
    const address = text.slice(start, end).trim();
    if (address !== '') found.push(address);
  }
  return found;
}

const isBlank = (code: number): boolean => code === 32 || (code >= 9 && code <= 13);

/** Comments taken out; one that does not end reaches to the end. */
function withoutComments(css: string): string {
  let out = '';
  let from = 0;
  for (;;) {
    const start = css.indexOf('/*', from);
    if (start < 0) return from === 0 ? css : out + css.slice(from);
    out += css.slice(from, start);
    const end = css.indexOf('*/', start + 2);
    if (end < 0) return out;
    from = end + 2;
  }
}
