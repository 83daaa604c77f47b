/** The decoded text of a part, kept up to a limit while the part goes by. */
import { isAscii, isUtf8 } from 'node:buffer';
import { base64Decoder, quotedPrintableDecoder } from './transfer.ts';
import type { TransferFault } from './transfer.ts';
import { decodeCharset } from './words.ts';

export interface KeptText {
  readonly text: string;
  /** Octets that were kept, before the charset is undone. */
  readonly octets: number;
  readonly cut: boolean;
  readonly faults: readonly TransferFault[];
  /** `unknown`: nobody knows the charset. `faulty`: octets that it does not have. */
  readonly charset: 'good' | 'unknown' | 'faulty';
}

export interface TextKeeper {
  write(bytes: Uint8Array): void;
  end(): KeptText;
}

/** `charset` is that of the part, undefined where it names none; `maxOctets` are kept. */
export function textKeeper(
  reading: 'plain' | 'quoted-printable' | 'base64',
  charset: string | undefined,
  maxOctets: number,
): TextKeeper {
  const kept = growingOctets(maxOctets);
  const decoder =
    reading === 'plain'
      ? undefined
      : (reading === 'base64' ? base64Decoder : quotedPrintableDecoder)((octets) => kept.add(octets));
  return {
    write(bytes) {
      if (kept.full()) return;
      if (decoder === undefined) kept.add(bytes);
      else decoder.write(bytes);
    },
    end() {
      const faults = decoder?.end() ?? [];
      const octets = kept.octets();
      const cut = kept.full();
      return { ...decodeText(octets, charset, cut), octets: octets.length, cut, faults };
    },
  };
}

/** Its first octet in UTF-8. */
const byteOrderMark = 0xef;

/** Charsets in which ASCII octets without ESC are ASCII characters. */
const asciiInside = /^(?:us-ascii|ascii|utf-?8|iso-8859-\d+|latin1|windows-125\d)$/i;

function decodeText(
  octets: Buffer,
  charset: string | undefined,
  cut: boolean,
): { readonly text: string; readonly charset: KeptText['charset'] } {
  const ascii = isAscii(octets);
  if (ascii && (charset === undefined || asciiInside.test(charset)))
    return { text: octets.toString('latin1'), charset: 'good' };
  if (/^utf-?8$/i.test(charset ?? '') && octets[0] !== byteOrderMark && isUtf8(octets))
    return { text: octets.toString('utf8'), charset: 'good' };
  // Without a charset it is US-ASCII (RFC 2045 §5.2).
  const decoded = decodeCharset(octets, charset ?? 'us-ascii');
  // Text that is cut may end inside a character.
  const faulty = decoded.faulty && !cut;
  return { text: decoded.text, charset: decoded.known ? (faulty ? 'faulty' : 'good') : 'unknown' };
}

interface GrowingOctets {
  add(bytes: Uint8Array): void;
  /** Something came that there was no room for. */
  full(): boolean;
  octets(): Buffer;
}

/** Octets in one buffer that doubles; what comes above `maxOctets` is dropped. */
export function growingOctets(maxOctets: number): GrowingOctets {
  let buffer = Buffer.alloc(0);
  let length = 0;
  let full = false;
  return {
    add(bytes) {
      const room = maxOctets - length;
      if (bytes.length > room) full = true;
      const taken = Math.min(bytes.length, room);
      if (taken <= 0) return;
      const needed = length + taken;
      if (needed > buffer.length) {
        const larger = Buffer.allocUnsafe(Math.min(maxOctets, Math.max(needed, length * 2)));
        larger.set(buffer.subarray(0, length));
        buffer = larger;
      }
      buffer.set(taken === bytes.length ? bytes : bytes.subarray(0, taken), length);
      length = needed;
    },
    full: () => full,
    octets: () => buffer.subarray(0, length),
  };
}
