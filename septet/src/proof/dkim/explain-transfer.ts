/** Transfer encodings (RFC 2045 §6.7, §6.8) in both directions, one character per octet, for trying out a body. */
import { Buffer } from 'node:buffer';

export const encodings = ['7bit', '8bit', 'quoted-printable', 'base64', 'binary'] as const;

/** Lines of an encoded body to the decoded text; CRLF where a line ends. `undefined` where it is not of that encoding. */
export function decoded(lines: readonly string[], encoding: string): string | undefined {
  if (encoding === 'quoted-printable') return decodedPrintable(lines);
  if (encoding !== 'base64') return undefined;
  const text = lines.join('').replaceAll(/[ \t]/g, '');
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? Buffer.from(text, 'base64').toString('latin1') : undefined;
}

function decodedPrintable(lines: readonly string[]): string {
  let text = '';
  for (const line of lines) {
    const plain = line.trimEnd();
    const soft = plain.endsWith('=');
    text += (soft ? plain.slice(0, -1) : plain).replaceAll(/=([0-9A-Fa-f]{2})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    if (!soft) text += '\r\n';
  }
  return text;
}

/** Lines of text to the lines of its encoded form, 76 characters wide (RFC 2045 §6.7 (5), §6.8). */
export function encoded(lines: readonly string[], encoding: 'quoted-printable' | 'base64'): readonly string[] {
  if (encoding === 'quoted-printable') return lines.flatMap(printableLines);
  const all = Buffer.from(lines.map((line) => `${line}\r\n`).join(''), 'latin1').toString('base64');
  return all.match(/.{1,76}/g) ?? [];
}

const widest = 76; // RFC 2045 §6.7 (5)

function printableLines(line: string): readonly string[] {
  const out: string[] = [];
  let current = '';
  for (let at = 0; at < line.length; at++) {
    const last = at === line.length - 1;
    const piece = printableOf(line.charCodeAt(at), last);
    if (current.length + piece.length > (last ? widest : widest - 1)) {
      out.push(`${current}=`);
      current = '';
    }
    current += piece;
  }
  out.push(current);
  return out;
}

function printableOf(code: number, last: boolean): string {
  const plain = (code > 32 && code < 127 && code !== 61) || ((code === 32 || code === 9) && !last);
  return plain ? String.fromCharCode(code) : `=${code.toString(16).toUpperCase().padStart(2, '0')}`;
}
