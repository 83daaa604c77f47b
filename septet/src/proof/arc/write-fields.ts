/** Writes the fields of a set, folded as RFC 5322 §2.2.3 asks, and gives them the form that a parsed header has. */
import type { Field } from '../../mail/header.ts';

const lineCharacters = 76; // house; RFC 5322 §2.1.1 recommends no more than 78
/** Base64 on lines of its own: `b=` and 70 characters, then 72 each. */
const base64Characters = 72; // house
const fold = '\r\n  ';

export type Tag = readonly [name: string, value: string];

/**
 * `Name: a=…; b=…; …` in the order given. `h` may be folded at its colons, and `b` is cut into lines unless it is to stay
 * whole: the folds of a message signature are blanks in what its seal covers.
 */
export function writeTags(name: string, tags: readonly Tag[], wholeSignature = false): Field {
  const written = tags.map(([tag, value]) => {
    if (tag === 'b') return `b=${wholeSignature ? value : cutBase64(value)}`;
    return tag === 'h' ? wrap(`h=${value}`, ':') : `${tag}=${value}`;
  });
  const lines: string[] = [];
  let line = '';
  for (const [index, text] of written.entries()) {
    const piece = index < written.length - 1 ? `${text};` : text;
    const room = lineCharacters - (lines.length === 0 ? name.length + 2 : 2);
    if (line !== '' && (piece.includes('\r\n') || line.length + 1 + piece.length > room)) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? piece : `${line} ${piece}`;
    if (piece.includes('\r\n')) {
      lines.push(line);
      line = '';
    }
  }
  if (line !== '') lines.push(line);
  return fieldOf(name, lines.join(fold));
}

/** `Name: first; second; …`, a line for each, folded at blanks where it is long. */
export function writeItems(name: string, items: readonly string[]): Field {
  return fieldOf(name, items.map((item) => wrap(item, ' ')).join(`;${fold}`));
}

/** Breaks a text behind the separator where a line would grow too long; a blank stays the only blank there. */
function wrap(text: string, separator: ' ' | ':'): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(separator)) {
    const longer = line === '' ? word : `${line}${separator}${word}`;
    if (line !== '' && longer.length > lineCharacters - 2) {
      lines.push(separator === ' ' ? line : `${line}:`);
      line = word;
    } else line = longer;
  }
  return [...lines, line].join(fold);
}

function cutBase64(value: string): string {
  const lines: string[] = [];
  for (let from = 0; from < value.length;) {
    const to = from + base64Characters - (from === 0 ? 2 : 0);
    lines.push(value.slice(from, to));
    from = to;
  }
  return lines.join(fold);
}

function fieldOf(name: string, value: string): Field {
  return { name, key: name.toLowerCase(), raw: `${name}: ${value}`, colon: name.length, line: 0 };
}
