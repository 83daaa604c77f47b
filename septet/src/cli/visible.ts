/**
 * Foreign text made safe and readable for a terminal. Records, explanations and certificates are written by strangers:
 * whatever would steer a terminal (escape sequences, C1 controls, marks that turn the direction of writing) is shown as
 * an escape and never sent.
 */

/** One character as it is shown. */
export interface Cell {
  /** Where it stands in the text, in UTF-16 units, and how many it takes. */
  readonly at: number;
  readonly length: number;
  readonly shown: string;
  /** Columns on the terminal. */
  readonly width: number;
}

export interface VisibleOptions {
  /** The text holds one character for each octet: octets that are not UTF-8 are shown as `\DDD`. */
  readonly octets?: boolean;
}

const plain = /^[\x20-\x7e]*$/;
// Other than visible, or blanks that end a line.
const steering = /[\p{C}\p{Zl}\p{Zp}]/u;
const combining = /^\p{M}$/u;
// East Asian Wide and Fullwidth (Unicode TR 11), and pictographs; enough for names and mail texts.
const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/**
 * The text as it may go to a terminal: runs of octets that are UTF-8 are decoded, controls stand as `\DDD`, and
 * characters that steer as `\u{…}`.
 */
export function visible(text: string, options: VisibleOptions = {}): string {
  if (plain.test(text)) return text;
  return cellsOf(text, options)
    .map((cell) => cell.shown)
    .join('');
}

/** The same for several lines; the line ends stay. */
export const visibleLines = (text: string): string =>
  text
    .split('\n')
    .map((line) => visible(line))
    .join('\n');

/** How many columns a text takes that is visible already. */
export function widthOf(text: string): number {
  if (plain.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

export function cellsOf(text: string, options: VisibleOptions = {}): readonly Cell[] {
  const cells: Cell[] = [];
  for (let at = 0; at < text.length;) {
    const cell = cellAt(text, at, options.octets === true);
    cells.push(cell);
    at += cell.length;
  }
  return cells;
}

/** JSON in which no character steers a terminal; the value is the same. */
export function visibleJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replaceAll(
    // JSON.stringify itself escapes what is below U+0020.
    /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function cellAt(text: string, at: number, octets: boolean): Cell {
  const decoded = decodedAt(text, at);
  if (decoded !== undefined)
    return { at, length: Buffer.byteLength(decoded), shown: decoded, width: characterWidth(decoded) };
  const code = text.codePointAt(at) ?? 0;
  const character = String.fromCodePoint(code);
  const shown =
    code < 32 || code === 127 || (code > 127 && code < (octets ? 256 : 160))
      ? `\\${String(code).padStart(3, '0')}`
      : code > 127 && steering.test(character)
        ? `\\u{${code.toString(16)}}`
        : character;
  return { at, length: character.length, shown, width: shown === character ? characterWidth(shown) : shown.length };
}

/** The visible character that the octets at `at` are in UTF-8; `undefined` when they are none. */
function decodedAt(text: string, at: number): string | undefined {
  const lead = text.charCodeAt(at);
  if (lead < 0xc2 || lead > 0xf4) return undefined;
  const run = text.slice(at, at + (lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4));
  for (let i = 1; i < run.length; i++) {
    const code = run.charCodeAt(i);
    if (code < 0x80 || code > 0xbf) return undefined;
  }
  const decoded = Buffer.from(run, 'latin1').toString('utf8');
  return decoded.includes('\ufffd') || steering.test(decoded) || /\p{Z}/u.test(decoded) ? undefined : decoded;
}

function characterWidth(character: string): number {
  if (combining.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}
