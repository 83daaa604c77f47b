/** The two forms in which a body is signed (RFC 6376 §3.4.3, §3.4.4), made piece by piece. */
import { Buffer } from 'node:buffer';
import type { LineEnd } from '../../mail/header.ts';
import type { CanonicalForm } from './canonical.ts';

export interface CanonicalBody {
  write(piece: Uint8Array): void;
  /** How many octets the canonical body has. To be called once. */
  end(): number;
}

const tab = 9;
const lf = 10;
const cr = 13;
const space = 32;

/** Runs from this length on go to the taker as they are; shorter ones are gathered. */
const gatherBelow = 2048;
const gatherOctets = 8 * 1024;

/**
 * Gives the canonical body to `take`, in pieces that are only valid during the call.
 *
 * What stands at the end of a body decides about line ends before it: empty lines are only passed on when text follows
 * (§3.4.3, §3.4.4). So line ends, and in the relaxed form blanks, are counted and not written until that is known.
 */
export function canonicalBody(form: CanonicalForm, lineEnd: LineEnd, take: (piece: Uint8Array) => void): CanonicalBody {
  const relaxed = form === 'relaxed';
  const bareLf = lineEnd === 'lf';
  /** Line ends that are not written yet. */
  let lines = 0;
  /** Blanks of the relaxed form that are not written yet. */
  let blank = false;
  /** A CR ends the last piece: half a line end, or text. */
  let half = false;
  let octets = 0;
  let gathered: Buffer | undefined;
  let used = 0;

  const flush = (): void => {
    if (used > 0 && gathered) take(gathered.subarray(0, used));
    used = 0;
  };
  const gather = (count: number): Buffer => {
    gathered ??= Buffer.allocUnsafe(gatherOctets);
    if (used + count > gathered.length) flush();
    return gathered;
  };
  const put = (octet: number): void => {
    const into = gather(1);
    into[used++] = octet;
    octets++;
  };
  const run = (piece: Uint8Array, from: number, to: number): void => {
    const count = to - from;
    if (count <= 0) return;
    octets += count;
    if (count >= gatherBelow) {
      flush();
      take(from === 0 && to === piece.length ? piece : piece.subarray(from, to));
      return;
    }
    const into = gather(count);
    if (count < 48) for (let i = from; i < to; i++) into[used++] = piece[i] ?? 0;
    else {
      into.set(piece.subarray(from, to), used);
      used += count;
    }
  };
  /** Text follows: what was held back is written. */
  const release = (): void => {
    for (; lines > 0; lines--) {
      const into = gather(2);
      into[used++] = cr;
      into[used++] = lf;
      octets += 2;
    }
    if (blank) {
      blank = false;
      put(space);
    }
  };
  const lineEnds = (): void => {
    lines++;
    blank = false;
  };
  /** Passes over blanks and line ends from `at`, counting; answers where text begins, or the length. */
  const gap = (piece: Uint8Array, at: number): number => {
    let i = at;
    for (; i < piece.length; i++) {
      const octet = piece[i];
      if (relaxed && (octet === space || octet === tab)) blank = true;
      else if (octet === lf && bareLf) lineEnds();
      else if (octet === cr && i + 1 === piece.length) half = true;
      else if (octet === cr && piece[i + 1] === lf) {
        lineEnds();
        i++;
      } else break;
    }
    return i;
  };
  /** Where the piece begins with the second half of a line end, 1. */
  const join = (piece: Uint8Array): number => {
    if (!half || piece.length === 0) return 0;
    half = false;
    if (piece[0] === lf) {
      lineEnds();
      return 1;
    }
    release();
    put(cr);
    return 0;
  };

  /** Nothing but the line ends at the very end of a piece matters here. */
  const writePlain = (piece: Uint8Array): void => {
    const from = join(piece);
    let to = piece.length;
    const endsHalf = to > from && piece[to - 1] === cr;
    if (endsHalf) to--;
    let closing = 0;
    while (to - 2 >= from && piece[to - 1] === lf && piece[to - 2] === cr) {
      to -= 2;
      closing++;
    }
    if (to > from) {
      release();
      run(piece, from, to);
      lines = closing;
    } else lines += closing;
    half ||= endsHalf;
  };

  const writeLines = (piece: Uint8Array): void => {
    const count = piece.length;
    let i = gap(piece, join(piece));
    while (i < count) {
      release();
      let start = i++;
      // From here to the next gap the text stays as it is. What is told apart here and not in `gap` is frequent: a single
      // space between two words, line ends with text on both sides, and blanks of which only the first stays.
      while (i < count) {
        const octet = piece[i] as number;
        if (octet > space) {
          i++;
          continue;
        }
        if (octet === cr) {
          let next = i;
          while (piece[next] === cr && piece[next + 1] === lf) next += 2;
          if (next === i && i + 1 < count) i++;
          else if (next > i && (piece[next] as number) > space) i = next + 1;
          else if (next > i && relaxed && piece[next] === space) {
            const text = behindBlanks(piece, next + 1);
            if (!((piece[text] as number) > space)) break;
            if (text > next + 1) {
              run(piece, start, next + 1);
              start = text;
            }
            i = text + 1;
          } else break;
        } else if (relaxed && octet === space) {
          if ((piece[i + 1] as number) > space) i += 2;
          else {
            const text = behindBlanks(piece, i + 1);
            if (!((piece[text] as number) > space)) break;
            run(piece, start, i + 1);
            start = text;
            i = text + 1;
          }
        } else if ((octet === tab && relaxed) || (octet === lf && bareLf)) break;
        else i++;
      }
      run(piece, start, Math.min(i, count));
      i = gap(piece, i);
    }
  };

  return {
    write: relaxed || bareLf ? writeLines : writePlain,
    end() {
      if (half) {
        release();
        put(cr);
      }
      // §3.4.3: an empty body is one line end. §3.4.4: it is nothing. Both: text that no line end closes gets one.
      if (!relaxed || octets > 0) {
        const into = gather(2);
        into[used++] = cr;
        into[used++] = lf;
        octets += 2;
      }
      flush();
      return octets;
    },
  };
}

function behindBlanks(piece: Uint8Array, from: number): number {
  let at = from;
  while (piece[at] === space || piece[at] === tab) at++;
  return at;
}
