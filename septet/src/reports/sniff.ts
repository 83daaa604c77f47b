/** What a file is, by its first octets. Names and content types of reports are often wrong, so nobody asks them. */

export type ContentKind =
  | 'empty'
  | 'xml'
  | 'json'
  | 'gzip'
  | 'zlib'
  | 'zip'
  /** Base64 text around one of the others. */
  | 'base64'
  | 'mail'
  /** Messages behind one another, each with a line `From …`. */
  | 'mailbox'
  | 'html'
  /** A container that is known and not read: its name is in `what`. */
  | 'foreign'
  | 'other';

/** As many octets as `sniff` looks at. */
export const sniffOctets = 1024;

const foreign: readonly (readonly [string, string])[] = [
  ['425a68', 'bzip2'],
  ['fd377a585a00', 'xz'],
  ['377abcaf271c', '7-Zip'],
  ['526172211a07', 'RAR'],
  ['28b52ffd', 'Zstandard'],
  ['d0cf11e0a1b11ae1', 'Outlook (.msg)'],
  ['25504446', 'PDF'],
];

/** `first`: the first `sniffOctets` octets, or all there are. */
export function sniff(first: Buffer): { readonly kind: ContentKind; readonly what?: string } {
  if (first.length === 0) return { kind: 'empty' };
  if (first[0] === 0x1f && first[1] === 0x8b) return { kind: 'gzip' };
  if (first[0] === 0x50 && first[1] === 0x4b && (first[2] === 3 || first[2] === 5 || first[2] === 7))
    return { kind: 'zip' };
  // RFC 1950 §2.2: deflate with a window of 32 KB, and a check over both octets.
  if (first[0] === 0x78 && first.length > 2 && first.readUInt16BE(0) % 31 === 0) return { kind: 'zlib' };
  const hex = first.toString('hex', 0, 8);
  const known = foreign.find(([begin]) => hex.startsWith(begin));
  if (known !== undefined) return { kind: 'foreign', what: known[1] };
  const text = textOf(first);
  const begun = text.replace(/^[\s\uFEFF]+/, '');
  if (begun === '') return { kind: 'empty' };
  if (begun.startsWith('<'))
    return { kind: /^<(?:!doctype\s+html|html|body|div|p|table)\b/i.test(begun) ? 'html' : 'xml' };
  if (/^[{[]/.test(begun)) return { kind: 'json' };
  if (/^From [^\s:]/.test(text)) return { kind: 'mailbox' };
  if (/^[\u0021-\u0039\u003b-\u007e]+[ \t]*:/.test(begun) && looksLikeHeader(begun)) return { kind: 'mail' };
  return { kind: isBase64(begun) ? 'base64' : 'other' };
}

/** The charset that the first octets show: a byte order mark, or the zeros of ASCII in UTF-16. */
export function charsetOf(first: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' | undefined {
  const [a, b, c] = first;
  if (a === 0xef && b === 0xbb && c === 0xbf) return 'utf-8';
  if ((a === 0xff && b === 0xfe) || (a !== 0 && b === 0 && first.length > 1)) return 'utf-16le';
  if ((a === 0xfe && b === 0xff) || (a === 0 && b !== 0 && first.length > 1)) return 'utf-16be';
  return undefined;
}

function textOf(first: Buffer): string {
  const head = first.subarray(0, sniffOctets);
  return new TextDecoder(charsetOf(head) ?? 'latin1').decode(head);
}

const usualFields =
  /^(?:received|return-path|delivered-to|from|to|cc|subject|date|message-id|mime-version|content-[a-z-]+|dkim-signature|arc-[a-z-]+|authentication-results[a-z-]*|received-spf|reply-to|sender|feedback-id|tls-[a-z-]+|x-[a-z0-9-]+)[ \t]*:/im;

/** One of the fields that messages have, among the lines that are there. */
const looksLikeHeader = (text: string): boolean => usualFields.test(text);

/** Whether the text is base64 of something that may hold a report. */
function isBase64(text: string): boolean {
  const letters = text.replaceAll(/[\r\n]/g, '');
  if (letters.length < 16 || !/^[A-Za-z0-9+/]+={0,2}$/.test(letters)) return false;
  const inside = sniff(Buffer.from(letters.slice(0, letters.length & ~3), 'base64')).kind;
  return inside !== 'empty' && inside !== 'html' && inside !== 'foreign' && inside !== 'other';
}
