/**
 * Foreign text in alerts: record values and servers' words are written by strangers. What would steer a terminal, turn
 * the direction of writing, or begin a new line of a header is shown as an escape. Pure.
 */

// Controls, marks of direction and other invisible characters, halves of pairs, private use; and what ends a line.
const steering = /[\p{C}\p{Zl}\p{Zp}]/gu;
const steeringButLineEnds = /(?!\n)[\p{C}\p{Zl}\p{Zp}]/gu;

/** One line: no character of it is a control, a line end included. */
export const cleanLine = (text: string): string => text.replace(steering, escaped);

/** Several lines, each clean; they end with `\n` alone. */
export const cleanLines = (text: string): string => text.replaceAll('\r\n', '\n').replace(steeringButLineEnds, escaped);

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code < 256 ? `\\${String(code).padStart(3, '0')}` : `\\u{${code.toString(16)}}`;
}

/** At most so many characters, with `…` for what is missing; a pair is not cut in two. */
export function cutCharacters(text: string, most: number): string {
  if (text.length <= most) return text;
  const end = most - 1;
  const half = /[\ud800-\udbff]/.test(text[end - 1] ?? '');
  return `${text.slice(0, half ? end - 1 : end).trimEnd()}…`;
}

/** At most so many octets of UTF-8, with `…` for what is missing. */
export function cutOctets(text: string, most: number): string {
  if (Buffer.byteLength(text) <= most) return text;
  const room = most - Buffer.byteLength('…');
  let octets = 0;
  let end = 0;
  for (const character of text) {
    octets += Buffer.byteLength(character);
    if (octets > room) break;
    end += character.length;
  }
  return `${text.slice(0, end).trimEnd()}…`;
}

/**
 * A text for one header line (RFC 5322 §2.2, RFC 9110 §5.5): as it is where it is printable ASCII, else in encoded words
 * (RFC 2047 §2) divided by `between`. Nothing in it can begin another header.
 */
export function headerText(text: string, between = '\r\n '): string {
  const clean = cleanLine(text);
  // "=?" could be read as an encoded word that somebody else has written.
  if (/^[\x20-\x7e]*$/.test(clean) && !clean.includes('=?')) return clean;
  const words: string[] = [];
  let piece = '';
  for (const character of clean) {
    if (Buffer.byteLength(piece + character) > octetsOfWord) {
      words.push(piece);
      piece = '';
    }
    piece += character;
  }
  words.push(piece);
  return words.map((word) => `=?utf-8?B?${Buffer.from(word, 'utf8').toString('base64')}?=`).join(between);
}

const octetsOfWord = 42; // 75 characters at most with what stands around them (RFC 2047 §2)
