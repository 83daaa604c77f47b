/** How far a drawing reaches, exactly: the extremes of its curves, and its strokes by their widest reach. */
import type { Box } from '../svg-geometry.ts';
import { identity, multiplied, readTransform } from '../svg-transform.ts';
import type { Matrix } from '../svg-transform.ts';
import { readNumbers } from '../svg-path.ts';
import { shapes } from './drawing.ts';
import type { Node } from './drawing.ts';
import { moved, outlineOf } from './outline.ts';
import type { Segment } from './outline.ts';

/** The box around an outline; `undefined` when there is nothing. */
export function boxAround(segments: readonly Segment[]): Box | undefined {
  const xs: number[] = [];
  const ys: number[] = [];
  let x = 0;
  let y = 0;
  for (const { points } of segments) {
    for (const [axis, list] of [
      [0, xs],
      [1, ys],
    ] as const) {
      const values = [axis === 0 ? x : y, ...points.filter((_, index) => index % 2 === axis)];
      if (points.length > 2) list.push(...extremes(values));
      const last = values.at(-1);
      if (points.length > 0 && last !== undefined) list.push(last);
    }
    if (points.length > 0) [x, y] = [points.at(-2) ?? 0, points.at(-1) ?? 0];
  }
  if (xs.length === 0) return undefined;
  const least = (list: readonly number[]): number => list.reduce((a, b) => Math.min(a, b));
  const most = (list: readonly number[]): number => list.reduce((a, b) => Math.max(a, b));
  return { x: least(xs), y: least(ys), width: most(xs) - least(xs), height: most(ys) - least(ys) };
}

/** Values of a Bézier curve where it turns, on one axis. */
function extremes(values: readonly number[]): readonly number[] {
  const [a = 0, b = 0, c = 0, d] = values;
  const times: number[] = [];
  if (d === undefined) {
    const below = a - 2 * b + c;
    if (below !== 0) times.push((a - b) / below);
  } else {
    const p = -a + 3 * b - 3 * c + d;
    const q = 2 * (a - 2 * b + c);
    const r = b - a;
    if (Math.abs(p) < 1e-12) {
      if (q !== 0) times.push(-r / q);
    } else {
      const under = q * q - 4 * p * r;
      if (under >= 0) times.push((-q + Math.sqrt(under)) / (2 * p), (-q - Math.sqrt(under)) / (2 * p));
    }
  }
  return times.filter((t) => t > 0 && t < 1).map((t) => at(values, t));
}

function at(values: readonly number[], t: number): number {
  let row = [...values];
  while (row.length > 1) row = row.slice(1).map((value, i) => (row[i] ?? 0) * (1 - t) + value * t);
  return row[0] ?? 0;
}

/** One painted shape, in the coordinates of the branch's top. */
export interface Reach {
  readonly node: Node;
  readonly box: Box;
}

/** What may still be looked at, in characters of path data: a hostile file nests groups around a long path. */
export interface Budget {
  left: number;
}

/** Far more than the 32 KB of a logo, seen a hundred times. */
export const fullBudget = 2_000_000;
const charactersOfShape = 100;

export interface Stroke {
  readonly stroke: string;
  readonly width: number;
}

/** The shapes of a branch with their boxes; `undefined` when one cannot be told (words, unreadable transforms, an empty budget). */
export function reachesOf(
  top: Node,
  budget: Budget,
  matrix: Matrix = identity,
  outer: Stroke = { stroke: 'none', width: 1 },
): readonly Reach[] | undefined {
  const found: Reach[] = [];
  const visit = (node: Node, above: Matrix, before: Stroke): boolean => {
    const { attributes, local, children } = node;
    if (local === 'text' || local === 'textArea') return false;
    if (local !== 'g' && local !== 'svg' && !shapes.has(local)) return true;
    const own = attributes.get('transform');
    const step = own === undefined ? identity : readTransform(own);
    if (!step) return false;
    const here = multiplied(above, step);
    const stroke: Stroke = {
      stroke: attributes.get('stroke')?.trim() ?? before.stroke,
      width: readNumbers(attributes.get('stroke-width') ?? '')?.[0] ?? before.width,
    };
    budget.left -= charactersOfShape + (attributes.get('d') ?? attributes.get('points') ?? '').length;
    if (budget.left < 0) return false;
    if (!shapes.has(local)) return children.every((child) => visit(child, here, stroke));
    const box = boxAround(moved(outlineOf(node) ?? [], here));
    if (!box) return true;
    // A mitre reaches four half widths at most (the initial stroke-miterlimit).
    const scale = Math.max(Math.hypot(here[0], here[1]), Math.hypot(here[2], here[3]));
    const margin = stroke.stroke === 'none' ? 0 : stroke.width * 2 * scale;
    found.push({
      node,
      box: { x: box.x - margin, y: box.y - margin, width: box.width + 2 * margin, height: box.height + 2 * margin },
    });
    return true;
  };
  return visit(top, matrix, outer) ? found : undefined;
}

/** Whether `outer` holds `inner`, but for `slack`. */
export function holds(outer: Box, inner: Box, slack: number): boolean {
  return (
    inner.x >= outer.x - slack &&
    inner.y >= outer.y - slack &&
    inner.x + inner.width <= outer.x + outer.width + slack &&
    inner.y + inner.height <= outer.y + outer.height + slack
  );
}

export function meet(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}
