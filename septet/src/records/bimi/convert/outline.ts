/** Outlines of shapes as absolute lines and Bézier curves (SVG 1.1 §8.3, §9): for arcs, transforms and exact extents. */
import { readNumbers, readPoints } from '../svg-path.ts';
import { apply } from '../svg-transform.ts';
import type { Matrix } from '../svg-transform.ts';
import { numberText } from './drawing.ts';
import type { Node } from './drawing.ts';

/** Numbers are x, y pairs: one for M and L, two for Q, three for C, none for Z. */
export interface Segment {
  readonly letter: 'M' | 'L' | 'Q' | 'C' | 'Z';
  readonly points: readonly number[];
}

const counts: Readonly<Record<string, number>> = { M: 2, L: 2, H: 1, V: 1, C: 6, S: 4, Q: 4, T: 2, A: 7, Z: 0 };

/** The segments of path data up to its first fault, which is where readers stop too. */
export function segmentsOf(d: string): readonly Segment[] {
  const made: Segment[] = [];
  const number = /[\s,]*([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?)/iy;
  const flag = /[\s,]*([01])/y;
  const letterAt = /[\s,]*([a-z])/iy;
  let at = 0;
  let command = '';
  let [x, y, startX, startY, controlX, controlY] = [0, 0, 0, 0, 0, 0];
  let before = '';
  for (;;) {
    letterAt.lastIndex = at;
    const letter = letterAt.exec(d);
    if (letter) {
      command = letter[1] ?? '';
      at = letterAt.lastIndex;
    } else if (command === '' || command.toUpperCase() === 'Z') return made;
    const upper = command.toUpperCase();
    const count = counts[upper];
    if (count === undefined || (made.length === 0 && upper !== 'M')) return made;
    const values: number[] = [];
    while (values.length < count) {
      const pattern = upper === 'A' && (values.length === 3 || values.length === 4) ? flag : number;
      pattern.lastIndex = at;
      const match = pattern.exec(d);
      if (!match) return made;
      values.push(Number(match[1]));
      at = pattern.lastIndex;
    }
    if (upper === 'Z') {
      made.push({ letter: 'Z', points: [] });
      [x, y] = [startX, startY];
      before = 'Z';
      continue;
    }
    const [fromX, fromY] = [x, y];
    const [dx, dy] = command === upper ? [0, 0] : [x, y];
    const placed = values.map((value, index) => value + (index % 2 === 0 ? dx : dy));
    const mirrorX = 2 * x - controlX;
    const mirrorY = 2 * y - controlY;
    const v = (index: number): number => placed[index] ?? 0;
    switch (upper) {
      case 'M':
      case 'L':
        [x, y] = [v(0), v(1)];
        made.push({ letter: upper, points: [x, y] });
        if (upper === 'M') {
          [startX, startY] = [x, y];
          command = command === 'M' ? 'L' : 'l';
        }
        break;
      case 'H':
      case 'V':
        if (upper === 'H') x = (values[0] ?? 0) + dx;
        else y = (values[0] ?? 0) + dy;
        made.push({ letter: 'L', points: [x, y] });
        break;
      case 'C':
        made.push({ letter: 'C', points: placed });
        [controlX, controlY, x, y] = [v(2), v(3), v(4), v(5)];
        break;
      case 'S': {
        const smooth = before === 'C' || before === 'S';
        const first = smooth ? [mirrorX, mirrorY] : [x, y];
        made.push({ letter: 'C', points: [...first, ...placed] });
        [controlX, controlY, x, y] = [v(0), v(1), v(2), v(3)];
        break;
      }
      case 'Q':
        made.push({ letter: 'Q', points: placed });
        [controlX, controlY, x, y] = [v(0), v(1), v(2), v(3)];
        break;
      case 'T': {
        const smooth = before === 'Q' || before === 'T';
        [controlX, controlY] = smooth ? [mirrorX, mirrorY] : [x, y];
        made.push({ letter: 'Q', points: [controlX, controlY, ...placed] });
        [x, y] = [v(0), v(1)];
        break;
      }
      default: {
        [x, y] = [(values[5] ?? 0) + dx, (values[6] ?? 0) + dy];
        made.push(...arc(fromX, fromY, values, x, y));
      }
    }
    before = upper;
  }
}

/** An elliptical arc as cubic curves of at most a quarter turn each (SVG 1.1 appendix F.6). */
function arc(x1: number, y1: number, values: readonly number[], x2: number, y2: number): readonly Segment[] {
  let rx = Math.abs(values[0] ?? 0);
  let ry = Math.abs(values[1] ?? 0);
  if (x1 === x2 && y1 === y2) return [];
  if (rx === 0 || ry === 0) return [{ letter: 'L', points: [x2, y2] }];
  const turn = ((values[2] ?? 0) * Math.PI) / 180;
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  const large = values[3] === 1;
  const sweep = values[4] === 1;
  const mx = (cos * (x1 - x2)) / 2 + (sin * (y1 - y2)) / 2;
  const my = (-sin * (x1 - x2)) / 2 + (cos * (y1 - y2)) / 2;
  const stretch = (mx / rx) ** 2 + (my / ry) ** 2;
  if (stretch > 1) {
    rx *= Math.sqrt(stretch);
    ry *= Math.sqrt(stretch);
  }
  const below = (rx * my) ** 2 + (ry * mx) ** 2;
  const root = Math.sqrt(Math.max(0, ((rx * ry) ** 2 - below) / below)) * (large === sweep ? -1 : 1);
  const cx0 = (root * rx * my) / ry;
  const cy0 = (-root * ry * mx) / rx;
  const cx = cos * cx0 - sin * cy0 + (x1 + x2) / 2;
  const cy = sin * cx0 + cos * cy0 + (y1 + y2) / 2;
  const from = Math.atan2((my - cy0) / ry, (mx - cx0) / rx);
  let sweepAngle = Math.atan2((-my - cy0) / ry, (-mx - cx0) / rx) - from;
  if (sweep && sweepAngle < 0) sweepAngle += 2 * Math.PI;
  if (!sweep && sweepAngle > 0) sweepAngle -= 2 * Math.PI;
  const parts = Math.max(1, Math.ceil(Math.abs(sweepAngle) / (Math.PI / 2) - 1e-6));
  const step = sweepAngle / parts;
  const handle = (4 / 3) * Math.tan(step / 4);
  const place = (ux: number, uy: number): [number, number] => [
    cx + cos * rx * ux - sin * ry * uy,
    cy + sin * rx * ux + cos * ry * uy,
  ];
  const made: Segment[] = [];
  for (let i = 0; i < parts; i++) {
    const a = from + i * step;
    const b = a + step;
    const end = i === parts - 1 ? [x2, y2] : place(Math.cos(b), Math.sin(b));
    made.push({
      letter: 'C',
      points: [
        ...place(Math.cos(a) - handle * Math.sin(a), Math.sin(a) + handle * Math.cos(a)),
        ...place(Math.cos(b) + handle * Math.sin(b), Math.sin(b) - handle * Math.cos(b)),
        ...end,
      ],
    });
  }
  return made;
}

export const dataOf = (segments: readonly Segment[]): string =>
  segments.map(({ letter, points }) => letter + points.map(numberText).join(' ')).join('');

/** Path data without arcs, which SVG Tiny 1.2 does not have (§8.3.1); `undefined` when there are none. */
export function withoutArcs(d: string): string | undefined {
  return /a/i.test(d) ? dataOf(segmentsOf(d)) : undefined;
}

export function moved(segments: readonly Segment[], matrix: Matrix): readonly Segment[] {
  return segments.map(({ letter, points }) => {
    const placed: number[] = [];
    for (let i = 0; i + 1 < points.length; i += 2) placed.push(...apply(matrix, points[i] ?? 0, points[i + 1] ?? 0));
    return { letter, points: placed };
  });
}

/** The outline of a shape in its own coordinates; `undefined` for what has none (words) or cannot be read. */
export function outlineOf({ local, attributes }: Node): readonly Segment[] | undefined {
  const number = (name: string): number => readNumbers(attributes.get(name) ?? '')?.[0] ?? 0;
  switch (local) {
    case 'path':
      return segmentsOf(attributes.get('d') ?? '');
    case 'line':
      return segmentsOf(`M${number('x1')} ${number('y1')}L${number('x2')} ${number('y2')}`);
    case 'polyline':
    case 'polygon': {
      const points = readPoints(attributes.get('points') ?? '').subpaths[0] ?? [];
      return segmentsOf(points.length < 2 ? '' : `M${points.join(' ')}${local === 'polygon' ? 'Z' : ''}`);
    }
    case 'circle':
      return ellipse(number('cx'), number('cy'), number('r'), number('r'));
    case 'ellipse':
      return ellipse(number('cx'), number('cy'), number('rx'), number('ry'));
    case 'rect': {
      const [x, y, width, height] = [number('x'), number('y'), number('width'), number('height')];
      if (!(width > 0 && height > 0)) return [];
      const rx = Math.min(number(attributes.has('rx') ? 'rx' : 'ry'), width / 2);
      const ry = Math.min(number(attributes.has('ry') ? 'ry' : 'rx'), height / 2);
      if (!(rx > 0 && ry > 0)) return segmentsOf(`M${x} ${y}h${width}v${height}h${-width}Z`);
      const corner = (dx: number, dy: number): string => `a${rx} ${ry} 0 0 1 ${dx} ${dy}`;
      return segmentsOf(
        `M${x + rx} ${y}h${width - 2 * rx}${corner(rx, ry)}v${height - 2 * ry}${corner(-rx, ry)}h${2 * rx - width}${corner(-rx, -ry)}v${2 * ry - height}${corner(rx, -ry)}Z`,
      );
    }
    default:
      return undefined;
  }
}

function ellipse(cx: number, cy: number, rx: number, ry: number): readonly Segment[] {
  if (!(rx > 0 && ry > 0)) return [];
  return segmentsOf(`M${cx + rx} ${cy}A${rx} ${ry} 0 0 1 ${cx - rx} ${cy}A${rx} ${ry} 0 0 1 ${cx + rx} ${cy}Z`);
}
