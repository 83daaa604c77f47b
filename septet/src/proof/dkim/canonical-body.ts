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

/** An octet that changes wherever it stands. */
const always = 2;
/** For each octet: 0 text; 1 changes beside another of a class only; 3 always. */
const classesOf = {
  relaxed: classTable([space, 1], [cr, 1], [lf, 1], [tab, 3]),
  relaxedLf: classTable([space, 1], [cr, 1], [lf, 3], [tab, 3]),
  simpleLf: classTable([cr, 1], [lf, 3]),
};

function classTable(...entries: readonly (readonly [octet: number, value: number])[]): Uint8Array {
  const table = new Uint8Array(256);
  for (const [octet, value] of entries) table[octet] = value;
  return table;
}

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
  const classes = relaxed ? (bareLf ? classesOf.relaxedLf : classesOf.relaxed) : classesOf.simpleLf;
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
    const table = classes;
    const count = piece.length;
    let i = gap(piece, join(piece));
    while (i < count) {
      release();
      let start = i;
      let end = -1;
      // Text that stays as it is: most of a body.
      for (let from = start + 1, before = 0; end < 0;) {
        const met = meeting(piece, from, before, table);
        const last = piece[count - 1];
        if (met === count) {
          // What ends the piece may be the beginning of a gap.
          const open = count - 1 > start && ((last === space && relaxed) || last === cr);
          end = open ? count - 1 : count;
          break;
        }
        const at = gapAt(piece, met, start);
        if (at < 0) {
          before = (table[piece[met] as number] as number) & ~always;
          from = met + 1;
          continue;
        }
        // Frequent, and shorter than by `gap`: line ends and one blank stay, further blanks go.
        const kept = behindLineEnds(piece, at);
        const text = relaxed ? behindBlanks(piece, kept) : kept;
        if (text >= count || table[piece[text] as number] !== 0 || piece[kept] === tab) end = at;
        else {
          if (text > kept + 1) {
            run(piece, start, kept + 1);
            start = text;
          }
          before = 0;
          from = text + 1;
        }
      }
      run(piece, start, end);
      i = gap(piece, end);
    }
  };
  /** Where the gap begins that is met at `i`, there or one octet before; -1 where both octets are text. */
  const gapAt = (piece: Uint8Array, i: number, start: number): number => {
    const octet = piece[i];
    const previous = i - 1 > start ? piece[i - 1] : undefined;
    if ((previous === space && relaxed) || (previous === cr && octet === lf)) return i - 1;
    return (octet === tab && relaxed) || (octet === lf && bareLf) ? i : -1;
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

function behindLineEnds(piece: Uint8Array, from: number): number {
  let at = from;
  while (piece[at] === cr && piece[at + 1] === lf) at += 2;
  return at;
}

/**
 * The first place from `from` on where two octets of a class stand together, or one that always changes; the length where
 * there is none. One blank between two words is none, which is why the loop does not stop there. `before` is the class of
 * the octet in front.
 */
function meeting(piece: Uint8Array, from: number, before: number, table: Uint8Array): number {
  const count = piece.length;
  let previous = before;
  for (let i = from; i < count; i++) {
    const here = table[piece[i] as number] as number;
    if ((here & (previous | always)) !== 0) return i;
    previous = here;
  }
  return count;
}
