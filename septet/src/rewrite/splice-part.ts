/** One part of a message, rewritten: its transfer encoding undone, spliced, and done again. */
import { Buffer } from 'node:buffer';
import { base64Decoder } from '../mail/transfer.ts';
import { decodeCharset } from '../mail/words.ts';
import type { TextPart } from './find-parts.ts';
import { htmlSplices, type PartSplices, type PartWish } from './rewrite-html.ts';
import { plainSplices } from './rewrite-plain.ts';
import { encodeBase64, readQuotedPrintable, spliceQuotedPrintable } from './splice-encoded.ts';
import { joinSplices } from './splice.ts';
import { splicePlain } from './splice-plain.ts';

export type PartOutcome =
  | {
      readonly kind: 'done';
      readonly found: PartSplices;
      readonly leftOut: number;
      /** Absent: nothing was to be changed. */
      readonly octets?: Buffer;
    }
  | { readonly kind: 'left'; readonly why: 'charset' | 'sealed' | 'encoding' };

/** Charsets that need not be looked up. */
const usual = /^(?:us-ascii|utf-8|iso-8859-(?:1|2|15)|windows-125[0-8])$/;
/** Charsets in which octets of ASCII may stand for something else. */
const notAscii =
  /^(?:utf-?(?:7|16|32)|ucs|iso-?10646|unicode|iso-2022|csiso2022|hz|replacement|ibm(?:037|500|1047)|cp(?:037|500))/;

/** Never throws; linear in the part. */
export function splicePart(
  octets: Buffer,
  part: TextPart,
  wish: Omit<PartWish, 'charset'>,
  lineEnd: string,
): PartOutcome {
  const encoded = octets.subarray(part.from, part.to);
  const charset = part.charset === '' ? 'us-ascii' : part.charset;
  if (!usual.test(charset) && (notAscii.test(charset) || !decodeCharset(Buffer.alloc(0), charset).known))
    return { kind: 'left', why: 'charset' };
  const quoted = part.reading === 'quoted-printable' ? readQuotedPrintable(encoded) : undefined;
  const content = quoted?.octets ?? (part.reading === 'base64' ? fromBase64(encoded) : encoded);
  if (content === undefined) return { kind: 'left', why: 'encoding' };
  // Text that somebody has signed or encrypted in its midst (RFC 9580 §7).
  if (content.includes('-----BEGIN PGP ')) return { kind: 'left', why: 'sealed' };
  const found = (part.kind === 'html' ? htmlSplices : plainSplices)(content, { ...wish, charset });
  const { splices } = found;
  if (splices.length === 0) return { kind: 'done', found, leftOut: 0 };
  if (quoted !== undefined)
    return { kind: 'done', found, leftOut: 0, octets: spliceQuotedPrintable(encoded, quoted, splices, lineEnd) };
  if (part.reading === 'base64') {
    const again = encodeBase64(joinSplices(content, splices), lineEnd, encoded.at(-1) === 10);
    return { kind: 'done', found, leftOut: 0, octets: again };
  }
  return { kind: 'done', found, ...splicePlain(content, splices, lineEnd) };
}

/** Undefined where it is not clean base64: what stands behind the padding would be lost. */
function fromBase64(encoded: Buffer): Buffer | undefined {
  const pieces: Buffer[] = [];
  const decoder = base64Decoder((piece) => void pieces.push(Buffer.from(piece)));
  decoder.write(encoded);
  return decoder.end().length > 0 ? undefined : Buffer.concat(pieces);
}
