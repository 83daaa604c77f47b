/** The `transform` attribute (SVG Tiny 1.2 §7.4) as matrices. */
import { readNumbers } from './svg-path.ts';

/** x' = a x + c y + e, y' = b x + d y + f */
export type Matrix = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

export const identity: Matrix = [1, 0, 0, 1, 0, 0];

/** The matrix of a `transform` value, `undefined` when it cannot be read. */
export function readTransform(text: string): Matrix | undefined {
  let matrix = identity;
  let rest = 0;
  const call = /[\s,]*(matrix|translate|scale|rotate|skewX|skewY)\s*\(([^()]*)\)/y;
  for (let match = call.exec(text); match; match = call.exec(text)) {
    const step = stepOf(match[1] ?? '', readNumbers(match[2] ?? '') ?? []);
    if (!step) return undefined;
    matrix = multiplied(matrix, step);
    rest = call.lastIndex;
  }
  return text.slice(rest).trim() === '' ? matrix : undefined;
}

function stepOf(name: string, values: readonly number[]): Matrix | undefined {
  const [a, b, c] = values;
  if (a === undefined) return undefined;
  if (name === 'translate') return [1, 0, 0, 1, a, b ?? 0];
  if (name === 'scale') return [a, 0, 0, b ?? a, 0, 0];
  if (name === 'matrix') return values.length === 6 ? (values as unknown as Matrix) : undefined;
  const angle = (a * Math.PI) / 180;
  if (name === 'skewX') return [1, 0, Math.tan(angle), 1, 0, 0];
  if (name === 'skewY') return [1, Math.tan(angle), 0, 1, 0, 0];
  const turn: Matrix = [Math.cos(angle), Math.sin(angle), -Math.sin(angle), Math.cos(angle), 0, 0];
  if (b === undefined || c === undefined) return turn;
  return multiplied(multiplied([1, 0, 0, 1, b, c], turn), [1, 0, 0, 1, -b, -c]);
}

export function multiplied(m: Matrix, n: Matrix): Matrix {
  return [
    m[0] * n[0] + m[2] * n[1],
    m[1] * n[0] + m[3] * n[1],
    m[0] * n[2] + m[2] * n[3],
    m[1] * n[2] + m[3] * n[3],
    m[0] * n[4] + m[2] * n[5] + m[4],
    m[1] * n[4] + m[3] * n[5] + m[5],
  ];
}

/** `undefined` when the matrix flattens everything. */
export function inverted([a, b, c, d, e, f]: Matrix): Matrix | undefined {
  const det = a * d - b * c;
  if (!Number.isFinite(det) || det === 0) return undefined;
  return [d / det, -b / det, -c / det, a / det, (c * f - d * e) / det, (b * e - a * f) / det];
}

export function apply(m: Matrix, x: number, y: number): [number, number] {
  return [m[0] * x + m[2] * y + m[4], m[1] * x + m[3] * y + m[5]];
}
