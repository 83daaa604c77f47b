/**
 * Looks at the lines of a body in one pass: counts what RFC 5322 §2.1 and §2.3 ask of them, and says where each begins.
 *
 * Four octets are looked at together as long as none of them is a control character. Line ends and other controls are
 * looked at one by one.
 */
import type { LineEnd } from './header.ts';
import type { BodyFacts } from './mime.ts';
import { maxLineOctets } from './parse-header.ts';

/**
 * A line begins at `at` of the piece that is scanned (which may be its length: then the next piece begins with it), behind
 * a line end of so many octets (2 for CRLF, 1 for a bare LF).
 */
export type LineBegins = (at: number, lineEndOctets: number) => void;

export interface LineScanner {
  /** The next piece of the body. Every LF is told as the end of a line, also where it counts as a bare LF. */
  scan(bytes: Uint8Array): void;
  /** The line of the message in which the scan stands, from 1: in `lineBegins`, the line that begins. */
  line(): number;
  facts(): BodyFacts;
}

const lf = 10;
const cr = 13;
const noWords = new Int32Array(0);

/** `firstLine`: the line of the message on which the body begins, from 1. */
export function lineScanner(lineEnd: LineEnd, firstLine: number, lineBegins: LineBegins): LineScanner {
  const bareEnds = lineEnd === 'lf';
  /** Octets of the pieces before this one. */
  let base = 0;
  let lastOctet = -1;
  /** Where the line begins that is not ended yet, in octets of the body. */
  let lineStart = 0;
  let ended = 0;
  let longest = 0;
  let longestLine = firstLine;
  let longLines = 0;
  let bareLf = 0;
  let crs = 0;
  let crlfs = 0;
  let nul = 0;
  let eightBit = 0;

  const endLine = (octets: number): void => {
    if (octets > longest) {
      longest = octets;
      longestLine = firstLine + ended;
    }
    if (octets > maxLineOctets) longLines++;
  };

  const feed = (bytes: Uint8Array, at: number): void => {
    const afterCr = (at > 0 ? bytes[at - 1] : lastOctet) === cr;
    if (afterCr) crlfs++;
    if (afterCr || bareEnds) {
      endLine(base + at - lineStart - (afterCr ? 1 : 0));
      lineStart = base + at + 1;
      ended++;
    } else bareLf++;
    lineBegins(at + 1, afterCr ? 2 : 1);
  };

  return {
    scan(bytes) {
      const end = bytes.length;
      const head = Math.min(end, (4 - (bytes.byteOffset & 3)) & 3);
      const lastWord = (end - head) >> 2;
      const words = lastWord > 0 ? new Int32Array(bytes.buffer, bytes.byteOffset + head, lastWord) : noWords;
      let at = 0;
      while (at < end) {
        const octet = bytes[at] ?? 0;
        if (octet >= 32) {
          if (((at - head) & 3) === 0) {
            let word = (at - head) >> 2;
            for (;;) {
              while (word < lastWord && isPlain(words[word] ?? 0)) word++;
              const four = word < lastWord ? (words[word] ?? 0) : 0;
              if (hasControl(four)) break;
              eightBit += countHighBits(four & highBits);
              word++;
            }
            const next = head + (word << 2);
            if (next > at) {
              at = next;
              continue;
            }
          }
          if (octet > 127) eightBit++;
        } else if (octet === lf) feed(bytes, at);
        else if (octet === cr) crs++;
        else if (octet === 0) nul++;
        at++;
      }
      if (end > 0) lastOctet = bytes[end - 1] ?? 0;
      base += end;
    },
    line: () => firstLine + ended,
    facts() {
      const open = base - lineStart;
      if (open > 0) endLine(open);
      return {
        octets: base,
        lines: ended + (open > 0 ? 1 : 0),
        longestLine: { octets: longest, line: longestLine },
        longLines,
        bareLf,
        bareCr: crs - crlfs,
        nul,
        eightBit,
        closed: open === 0,
      };
    },
  };
}

/** 0x80 in each octet of a word. */
const highBits = -0x7f7f7f80;

/** All four octets are 32 to 127. */
const isPlain = (word: number): boolean =>
  (word & highBits) === 0 && (((word | highBits) - 0x20202020) & highBits) === highBits;

/** One of four octets is below 32: taking 32 from each, with its highest bit lent, takes that bit away, and it had none. */
const hasControl = (word: number): boolean => ((((word | highBits) - 0x20202020) | word) & highBits) !== highBits;

const countHighBits = (high: number): number => Math.imul(high >>> 7, 0x01010101) >>> 24;
