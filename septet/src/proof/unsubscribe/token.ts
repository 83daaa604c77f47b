/**
 * Whether an unsubscribe address holds something that nobody can guess (RFC 8058 §3.1: an opaque identifier, or another
 * part that is hard to forge). Told from its form alone, so only clear cases are called guessable.
 */

export type TokenVerdict =
  /** A part that looks random or signed. `bits` is a rough upper bound of what it can hold. */
  | { readonly kind: 'opaque'; readonly bits: number }
  /** An e-mail address, plain or in base64. */
  | { readonly kind: 'address'; readonly part: string }
  | { readonly kind: 'number'; readonly part: string }
  | { readonly kind: 'short'; readonly part: string }
  /** The address is the same for everybody. */
  | { readonly kind: 'nothing' };

/** Less can be tried out over the network in reasonable time. */
const leastOpaqueBits = 40; // house
const maxParts = 64; // house

/** Reads path, query and fragment of an https address; the host does not count. */
export function judgeToken(uri: string): TokenVerdict {
  if (!URL.canParse(uri)) return { kind: 'nothing' };
  const url = new URL(uri);
  const values = [...url.searchParams].slice(0, maxParts).map(([name, value]) => (value === '' ? name : value));
  const texts = [...url.pathname.split('/').slice(0, maxParts).map(decoded), ...values].filter((text) => text !== '');
  const clear: TokenVerdict[] = [];
  let bits = 0;
  for (const text of texts) {
    const address = addressIn(text) ?? addressIn(fromBase64(text));
    if (address !== undefined) clear.push({ kind: 'address', part: address });
    const rest = address === undefined ? text : text.replace(address, '');
    // The pieces of a signed token stand behind dots, its values behind other marks.
    for (const piece of rest.split(/[.:;,|~=&!*@+]/)) {
      if (address !== undefined && addressIn(fromBase64(piece)) !== undefined) continue;
      if (/^\d{1,12}$/.test(piece)) clear.push({ kind: 'number', part: piece });
      else {
        const held = bitsOf(piece);
        bits += held;
        if (held > 0 && held < leastOpaqueBits) clear.push({ kind: 'short', part: piece });
      }
    }
  }
  if (bits >= leastOpaqueBits) return { kind: 'opaque', bits };
  for (const kind of ['address', 'number', 'short'] as const) {
    const first = clear.find((one) => one.kind === kind);
    if (first) return first;
  }
  return { kind: 'nothing' };
}

/** Bits that a piece of text can hold; 0 for words, dates and file names. */
function bitsOf(piece: string): number {
  const bare = piece.replaceAll('-', '');
  if (/^\d+$/.test(bare)) return bare.length * 3.32;
  if (/^[0-9a-f]+$/i.test(bare) && /\d/.test(bare)) return bare.length * 4;
  // Words: letters with capitals only where words begin, in pieces of speakable length.
  const words = piece.split(/[-_]/);
  if (words.every((word) => /^(?:[A-Z]?[a-z]{1,14}|[A-Z]{1,12}|[a-z]{1,12}[A-Z][a-z]{1,12}|[vV]?\d{0,4}|)$/.test(word)))
    return 0;
  if (!/^[\w-]+$/.test(piece)) return 0;
  return (piece.length * (/[A-Z]/.test(piece) && /[a-z]/.test(piece) ? 59 : 51)) / 10;
}

function addressIn(text: string | undefined): string | undefined {
  return text === undefined ? undefined : /[\w.+-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,8}/i.exec(text)?.[0];
}

function fromBase64(text: string): string | undefined {
  if (text.length < 8 || text.length > 1024 || !/^[\w+/-]+={0,2}$/.test(text)) return undefined;
  return Buffer.from(text, 'base64').toString('latin1');
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
