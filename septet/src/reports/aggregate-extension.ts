/** Elements that the reader does not know, kept as XML text: the extensions of RFC 9990, and whatever else is written. */

export interface ExtensionKeeper {
  open(name: string, attributes: Readonly<Record<string, string>>): void;
  text(text: string): void;
  close(name: string): void;
  /** The outermost element has ended. */
  end(): void;
  list(): readonly string[];
  /** Something was left out. */
  cut(): boolean;
}

const maxExtensions = 20; // house
/** Characters of one. */
const maxCharacters = 4096; // house

export function extensionKeeper(): ExtensionKeeper {
  const kept: string[] = [];
  let text = '';
  let over = false;
  let cut = false;
  const add = (piece: string): void => {
    if (over || kept.length >= maxExtensions || text.length + piece.length > maxCharacters) over = cut = true;
    else text += piece;
  };
  return {
    open(name, attributes) {
      add(`<${name}`);
      for (const key in attributes) add(` ${key}="${escapeXml(attributes[key] ?? '')}"`);
      add('>');
    },
    text: (piece) => add(over ? '' : escapeXml(piece.slice(0, maxCharacters + 1))),
    close: (name) => add(`</${name}>`),
    end() {
      // Half an element is no XML: it is left out whole.
      if (!over && text !== '') kept.push(text);
      text = '';
      over = false;
    },
    list: () => kept,
    cut: () => cut,
  };
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text for content and attributes of XML. Characters that XML does not have (XML 1.0 §2.2) stand as U+FFFD. */
export function escapeXml(text: string): string {
  return (
    text
      .toWellFormed()
      .replaceAll(/[&<>"]/g, (char) => entities[char] ?? char)
      // oxlint-disable-next-line no-control-regex
      .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
      .replaceAll('\r', '&#13;')
  );
}
