/** Path data and point lists (SVG Tiny 1.2 §8.3, §9.7) as far as questions of place need them: where the outline goes. */

export interface Outline {
  /** One list of x, y, x, y … for each sub-path: the points that the outline passes through. */
  readonly subpaths: readonly (readonly number[])[];
  /** x, y of every point, control points too: the outline stays inside their hull. */
  readonly hull: readonly number[];
  readonly segments: number;
  readonly curved: boolean;
  /** The data ends in something that is not path data. Readers draw up to there. */
  readonly broken: boolean;
}

/** How many numbers each command takes. Arcs are not in SVG Tiny, but drawing programs write them. */
const argumentCounts: Readonly<Record<string, number>> = { M: 2, L: 2, H: 1, V: 1, C: 6, S: 4, Q: 4, T: 2, A: 7, Z: 0 };

/** Reads the `d` of a path. Linear; never throws. */
export function readPath(d: string): Outline {
  const subpaths: number[][] = [];
  const hull: number[] = [];
  let current: number[] = [];
  let segments = 0;
  let curved = false;
  let at = 0;
  let x = 0;
  let y = 0;
  let startX = 0;
  let startY = 0;
  let controlX = 0;
  let controlY = 0;
  let command = '';
  const scan = numberScanner(d);
  for (;;) {
    at = scan.skip(at);
    if (at >= d.length) return { subpaths, hull, segments, curved, broken: false };
    const letter = d[at] ?? '';
    if (/[a-zA-Z]/.test(letter)) {
      command = letter;
      at++;
    } else if (command === '' || command === 'z' || command === 'Z') break;
    const upper = command.toUpperCase();
    const count = argumentCounts[upper];
    if (count === undefined) break;
    const relative = command !== upper;
    const values: number[] = [];
    while (values.length < count) {
      const isFlag = upper === 'A' && (values.length === 3 || values.length === 4);
      const number = isFlag ? scan.flag(at) : scan.number(at);
      if (!number) break;
      values.push(number.value);
      at = number.end;
    }
    if (values.length < count) break;
    segments++;
    const dx = relative ? x : 0;
    const dy = relative ? y : 0;
    if (upper === 'Z') {
      x = startX;
      y = startY;
      controlX = x;
      controlY = y;
      continue;
    }
    if (upper === 'H') x = (values[0] ?? 0) + dx;
    else if (upper === 'V') y = (values[0] ?? 0) + dy;
    else {
      const at = (index: number): number => (values[index] ?? 0) + (index % 2 === 0 ? dx : dy);
      // A smooth curve begins with the mirror image of the control point before it.
      const mirrorX = 2 * x - controlX;
      const mirrorY = 2 * y - controlY;
      const fromX = x;
      const fromY = y;
      x = (values[count - 2] ?? 0) + dx;
      y = (values[count - 1] ?? 0) + dy;
      controlX = x;
      controlY = y;
      if (upper === 'C' || upper === 'Q' || upper === 'S') {
        for (let i = 0; i + 3 < count; i += 2) hull.push(at(i), at(i + 1));
        controlX = at(count - 4);
        controlY = at(count - 3);
      } else if (upper === 'T') {
        controlX = mirrorX;
        controlY = mirrorY;
      } else if (upper === 'A') {
        // An arc stays within twice its radii (scaled up where they are too small) of its ends.
        const radius = Math.max(Math.abs(values[0] ?? 0), Math.abs(values[1] ?? 0), Math.hypot(x - fromX, y - fromY));
        hull.push(fromX - 2 * radius, fromY - 2 * radius, fromX + 2 * radius, fromY + 2 * radius);
      }
      if (upper === 'S' || upper === 'T') hull.push(mirrorX, mirrorY);
    }
    if (upper === 'H' || upper === 'V') {
      controlX = x;
      controlY = y;
    }
    if (upper !== 'M' && upper !== 'L' && upper !== 'H' && upper !== 'V') curved = true;
    if (upper === 'M') {
      current = [];
      subpaths.push(current);
      startX = x;
      startY = y;
      command = relative ? 'l' : 'L';
    } else if (current.length === 0 && subpaths.length === 0) break;
    current.push(x, y);
    hull.push(x, y);
  }
  return { subpaths, hull, segments, curved, broken: true };
}

/** Reads the `points` of a polygon or polyline. */
export function readPoints(points: string): Outline {
  const scan = numberScanner(points);
  const values: number[] = [];
  let at = scan.skip(0);
  for (let next = scan.number(at); next; next = scan.number(at)) {
    values.push(next.value);
    at = scan.skip(next.end);
  }
  const even = values.length % 2 === 0 ? values : values.slice(0, -1);
  return {
    subpaths: [even],
    hull: even,
    segments: even.length / 2,
    curved: false,
    broken: even !== values || at < points.length,
  };
}

/** The numbers of a list such as `viewBox` holds, `undefined` when anything else stands in it. */
export function readNumbers(text: string): readonly number[] | undefined {
  const outline = numberScanner(text);
  const values: number[] = [];
  let at = outline.skip(0);
  while (at < text.length) {
    const next = outline.number(at);
    if (!next) return undefined;
    values.push(next.value);
    at = outline.skip(next.end);
  }
  return values;
}

interface Scanned {
  readonly value: number;
  readonly end: number;
}

function numberScanner(text: string) {
  const number = /[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
  const skip = (from: number): number => {
    let at = from;
    while (at < text.length && (text.charCodeAt(at) <= 32 || text.charCodeAt(at) === 44)) at++;
    return at;
  };
  return {
    skip,
    number(from: number): Scanned | undefined {
      number.lastIndex = skip(from);
      const match = number.exec(text);
      return match ? { value: Number(match[0]), end: number.lastIndex } : undefined;
    },
    /** The flags of an arc may stand without blanks: `a1 1 0 01 2 2`. */
    flag(from: number): Scanned | undefined {
      const at = skip(from);
      const digit = text[at];
      return digit === '0' || digit === '1' ? { value: Number(digit), end: at + 1 } : undefined;
    },
  };
}
