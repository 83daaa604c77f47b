/** An independent reading of HTML (parse5): which links there are, and where. */
import { parse, type DefaultTreeAdapterTypes } from 'parse5';

export interface OracleLink {
  /** Entities decoded, blanks and line ends taken out. */
  readonly target: string;
  /** Where its tag begins. */
  readonly at: number;
  /** The attribute with its name, in characters. */
  readonly from: number;
  readonly to: number;
}

/** `href` of every `<a>` and `<area>` outside templates, in the order of the text. Scripts do not run. */
export function oracleLinks(html: string): readonly OracleLink[] {
  const links = new Map<number, OracleLink>();
  const visit = (node: DefaultTreeAdapterTypes.Node): void => {
    if ('tagName' in node && (node.tagName === 'a' || node.tagName === 'area')) {
      const href = node.attrs.find(({ name, prefix }) => name === 'href' && prefix === undefined);
      const place = node.sourceCodeLocation;
      const range = place?.attrs?.['href'];
      if (href !== undefined && place && range) {
        // oxlint-disable-next-line no-control-regex -- what the URL standard removes
        const target = href.value.replaceAll(/[\t\r\n]|^[\0-\u0020]+|[\0-\u0020]+$/g, '');
        links.set(place.startOffset, { target, at: place.startOffset, from: range.startOffset, to: range.endOffset });
      }
    }
    // The content of a template is no child of it.
    if ('childNodes' in node) for (const child of node.childNodes) visit(child);
  };
  visit(parse(html, { sourceCodeLocationInfo: true, scriptingEnabled: false }));
  return [...links.values()].sort((one, other) => one.at - other.at);
}
