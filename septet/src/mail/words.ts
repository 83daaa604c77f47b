/**
 * What stands between the words of a header, and words that are not ASCII: comments (RFC 5322 §3.2.2), encoded words
 * (RFC 2047) and plain UTF-8 (RFC 6532).
 *
 * What is decoded here is foreign text: it may hold line ends and other control characters. Whoever shows it makes them
 * visible.
 */
import { isAscii, isUtf8 } from 'node:buffer';

export interface Decoded {
  readonly text: string;
  /** False: nobody here knows the charset; `text` is then read as UTF-8 where it is that, else as Windows-1252. */
  readonly known: boolean;
  /** Octets that the charset does not have; they stand as U+FFFD. */
  readonly faulty: boolean;
}

/** Names that mail uses and the Encoding Standard does not list. */
const aliases: ReadonlyMap<string, string> = new Map([
  ['cp932', 'shift_jis'],
  ['cp936', 'gbk'],
  ['cp949', 'euc-kr'],
  ['cp950', 'big5'],
  ['cp1250', 'windows-1250'],
  ['cp-1252', 'windows-1252'],
  ['utf8mb4', 'utf-8'],
  ['gb_2312', 'gbk'],
  ['ks_c_5601', 'euc-kr'],
  ['ansi_x3.4-1986', 'us-ascii'],
]);

/** Charset names are short; a longer one is unknown without a search. */
const maxCharsetCharacters = 60; // house

/** Reads octets in a charset as mail names it. Never throws. */
export function decodeCharset(bytes: Uint8Array, charset: string): Decoded {
  const name = charset.trim().toLowerCase();
  if (name === 'us-ascii' || name === 'ascii' || name === '') {
    return isAscii(bytes) ? { text: latin1(bytes), known: true, faulty: false } : { ...guess(bytes), faulty: true };
  }
  const decoder = decoderOf(aliases.get(name) ?? name, true);
  if (decoder === undefined) return { ...guess(bytes), known: false };
  try {
    return { text: decoder.decode(bytes), known: true, faulty: false };
  } catch {
    const lenient = decoderOf(aliases.get(name) ?? name, false);
    return { text: lenient === undefined ? latin1(bytes) : lenient.decode(bytes), known: true, faulty: true };
  }
}

function guess(bytes: Uint8Array): Decoded {
  const charset = isUtf8(bytes) ? 'utf-8' : 'windows-1252';
  return { text: new TextDecoder(charset).decode(bytes), known: true, faulty: false };
}

function decoderOf(charset: string, fatal: boolean): TextDecoder | undefined {
  if (charset.length > maxCharsetCharacters) return undefined;
  try {
    return new TextDecoder(charset, { fatal });
  } catch {
    return undefined;
  }
}

const latin1 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');

/** `=?charset*language?B?text?=` (RFC 2047 §2, RFC 2231 §5). Blanks in the text are faulty and common. */
const encodedWord = /=\?([^?*\s]{1,60})(?:\*[^?\s]{0,40})?\?([bq])\?([^?]*)\?=/gi;

/**
 * A header text of one character per octet, as a person reads it: encoded words decoded, the blanks between two of them
 * dropped (RFC 2047 §6.2), octets above 127 as UTF-8 where they are that. A word in an unknown charset is left as it is
 * written. Characters that two neighbouring words of one charset share are put together.
 */
export function decodeWords(text: string): string {
  if (!text.includes('=?')) return decodeOctets(text);
  let out = '';
  let from = 0;
  /** Octets of neighbouring words of one charset, not decoded yet. */
  let octets: Buffer[] = [];
  let charset = '';
  let written = '';
  /** Blanks behind a word that stays as written stay too. */
  const flush = (gap: string): void => {
    if (octets.length === 0) return;
    const decoded = decodeCharset(Buffer.concat(octets), charset);
    out += decoded.known ? decoded.text : written + gap;
    octets = [];
    written = '';
  };
  for (const match of text.matchAll(encodedWord)) {
    const gap = text.slice(from, match.index);
    const [whole, name = '', encoding = '', content = ''] = match;
    const neighbour = octets.length > 0 && /^[ \t\r\n]*$/.test(gap);
    if (!neighbour || name.toLowerCase() !== charset) flush(neighbour ? gap : '');
    if (!neighbour) out += decodeOctets(gap);
    charset = name.toLowerCase();
    octets.push(encoding.toLowerCase() === 'b' ? Buffer.from(content, 'base64') : fromQ(content));
    written += written === '' ? whole : gap + whole;
    from = match.index + whole.length;
  }
  flush('');
  return out + decodeOctets(text.slice(from));
}

/** RFC 2047 §4.2. What is no `=XX` stays as it is. */
function fromQ(content: string): Buffer {
  const octets = content.replaceAll('_', ' ').replaceAll(/=([0-9a-f]{2})/gi, (_, hex: string) => {
    return String.fromCharCode(Number.parseInt(hex, 16));
  });
  return Buffer.from(octets, 'latin1');
}

/** Octets above 127 as UTF-8 where all of them are that; else the text as it is. */
export function decodeOctets(text: string): string {
  let wide = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 255) return text;
    if (code > 127) wide = true;
  }
  if (!wide) return text;
  const bytes = Buffer.from(text, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : text;
}

export interface Comment {
  /** Without the outer parentheses; quoted pairs undone, inner comments with their parentheses. */
  readonly text: string;
  /** Behind the closing parenthesis; the length of the text where it does not come. */
  readonly end: number;
  readonly closed: boolean;
}

/** The comment that begins with the `(` at `start`. Any depth, without recursion. */
export function readComment(text: string, start: number): Comment {
  let depth = 0;
  let out = '';
  let from = start + 1;
  for (let i = start; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (char === 92 && i + 1 < text.length) {
      out += text.slice(from, i);
      from = i + 1;
      i++;
    } else if (char === 40) depth++;
    else if (char === 41 && --depth === 0) return { text: out + text.slice(from, i), end: i + 1, closed: true };
  }
  return { text: out + text.slice(from), end: text.length, closed: false };
}
