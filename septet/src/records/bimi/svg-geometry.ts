/**
 * What can be said about a logo's picture without drawing it: whether something opaque covers the whole viewBox, whether
 * artwork stands where round avatars cut it off. Every answer is a proof from coordinates; where the shapes do not
 * prove anything, the answer is `unknown`.
 */
import { readNumbers, readPath, readPoints } from './svg-path.ts';
import { apply, identity, inverted, multiplied, readTransform } from './svg-transform.ts';
import type { Matrix } from './svg-transform.ts';
import type { SvgDocument, SvgElement } from './svg-xml.ts';

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Picture {
  /** `transparent`: at least one corner of the viewBox is provably not painted. */
  readonly background: 'opaque' | 'transparent' | 'unknown';
  /** The first element with artwork provably outside the circle that round avatars show. */
  readonly outsideCircle: SvgElement | undefined;
  readonly paths: number;
  readonly segments: number;
}

/** Drawing programs round: a background that is off by a hundredth of the side is meant to cover it. */
const slackShare = 0.01;

interface Style {
  readonly fill: string;
  readonly fillOpacity: string;
  readonly stroke: string;
  readonly strokeWidth: string;
  readonly matrix: Matrix | undefined;
}

/** A painted shape in the coordinates of the viewBox. */
interface Painted {
  readonly element: SvgElement;
  readonly covers: boolean;
  readonly contains: (x: number, y: number) => boolean;
  /** x, y … of points that are certainly on the outline of a filled shape. */
  readonly points: readonly number[];
}

/** The rectangle of a `viewBox` value, `undefined` unless it is four numbers with positive extent. */
export function readViewBox(value: string): Box | undefined {
  const numbers = readNumbers(value);
  if (numbers?.length !== 4) return undefined;
  const [x, y, width, height] = numbers as [number, number, number, number];
  return width > 0 && height > 0 ? { x, y, width, height } : undefined;
}

export function pictureOf(document: SvgDocument, box: Box | undefined): Picture {
  let paths = 0;
  let segments = 0;
  for (const element of document.elements) {
    if (element.local === 'path') {
      paths++;
      segments += readPath(attribute(element, 'd') ?? '').segments;
    } else if (element.local === 'polygon' || element.local === 'polyline') {
      segments += readPoints(attribute(element, 'points') ?? '').segments;
    }
  }
  if (!box || !document.root) return { background: 'unknown', outsideCircle: undefined, paths, segments };
  const painted = paintedShapes(document.root, box);
  const background = backgroundOf(painted, box);
  return { background, outsideCircle: outsideCircle(painted, box), paths, segments };
}

function backgroundOf(painted: readonly Painted[], box: Box): Picture['background'] {
  if (painted.some((shape) => shape.covers)) return 'opaque';
  const inset = Math.min(box.width, box.height) * slackShare;
  const xs = [box.x + inset, box.x + box.width - inset];
  const ys = [box.y + inset, box.y + box.height - inset];
  const bare = xs.some((x) => ys.some((y) => !painted.some((shape) => shape.contains(x, y))));
  return bare ? 'transparent' : 'unknown';
}

/** The first painted shape is the background; what touches the edge bleeds over it on purpose. */
function outsideCircle(painted: readonly Painted[], box: Box): SvgElement | undefined {
  const centreX = box.x + box.width / 2;
  const centreY = box.y + box.height / 2;
  const radius = (Math.min(box.width, box.height) / 2) * 1.02;
  for (const { element, points, covers } of painted.slice(1)) {
    if (covers) continue;
    let touches = false;
    let outside = false;
    for (let i = 0; i + 1 < points.length; i += 2) {
      const x = points[i] ?? 0;
      const y = points[i + 1] ?? 0;
      if (x <= box.x || y <= box.y || x >= box.x + box.width || y >= box.y + box.height) touches = true;
      else if (Math.hypot(x - centreX, y - centreY) > radius) outside = true;
    }
    if (outside && !touches) return element;
  }
  return undefined;
}

/** `use`, text and what else may paint anywhere stands as a shape that contains everything and proves nothing. */
function paintedShapes(root: SvgElement, box: Box): readonly Painted[] {
  const found: Painted[] = [];
  const initial: Style = { fill: 'black', fillOpacity: '1', stroke: 'none', strokeWidth: '1', matrix: identity };
  const gradients = opaqueGradients(root);
  const pending: { readonly element: SvgElement; readonly style: Style }[] = [{ element: root, style: initial }];
  for (let next = pending.pop(); next; next = pending.pop()) {
    const { element } = next;
    const style = styleOf(element, next.style);
    if (element.local === 'svg' || element.local === 'g') {
      for (let i = element.children.length - 1; i >= 0; i--) pending.push({ element: element.children[i]!, style });
      continue;
    }
    const shape = shapeOf(element, style, box, gradients);
    if (shape) found.push(shape);
  }
  return found;
}

const invisible = new Set([
  'title',
  'desc',
  'metadata',
  'defs',
  'linearGradient',
  'radialGradient',
  'solidColor',
  'stop',
]);

function shapeOf(element: SvgElement, style: Style, box: Box, gradients: ReadonlySet<string>): Painted | undefined {
  if (invisible.has(element.local)) return undefined;
  const filled = style.fill !== 'none' && style.fill !== 'transparent' && Number(style.fillOpacity) !== 0;
  const stroked = style.stroke !== 'none' && style.stroke !== 'transparent';
  if (!filled && !stroked) return undefined;
  const anywhere: Painted = { element, covers: false, contains: () => true, points: [] };
  const inverse = style.matrix && inverted(style.matrix);
  const form = inverse && formOf(element, box);
  if (!style.matrix || !inverse || !form) return anywhere;
  const strokeWidth = length(style.strokeWidth, box.width);
  if (stroked && strokeWidth === undefined) return anywhere;
  // A mitre reaches at most four half widths out (the initial stroke-miterlimit); twice the width is that.
  const margin = stroked ? (strokeWidth ?? 0) * 2 : 0;
  const contains = (x: number, y: number): boolean => form.contains(...apply(inverse, x, y), margin);
  const opaque = filled && Number(style.fillOpacity) >= 1 && isOpaquePaint(style.fill, gradients);
  const points: number[] = [];
  for (let i = 0; i + 1 < form.points.length; i += 2) {
    points.push(...apply(style.matrix, form.points[i] ?? 0, form.points[i + 1] ?? 0));
  }
  const straight = style.matrix[1] === 0 && style.matrix[2] === 0;
  const covers = opaque && form.covers !== undefined && straight && boxCovers(form.covers, style.matrix, box);
  return { element, covers, contains, points: filled ? points : [] };
}

interface Form {
  /** Whether the point may be inside; exact for rectangles, circles and ellipses. */
  readonly contains: (x: number, y: number, margin: number) => boolean;
  readonly points: readonly number[];
  /** The rectangle that is certainly filled. */
  readonly covers?: Box;
}

function formOf(element: SvgElement, box: Box): Form | undefined {
  const number = (name: string, whole: number): number | undefined => {
    const value = attribute(element, name);
    return value === undefined ? 0 : length(value, whole);
  };
  switch (element.local) {
    case 'rect':
      return rectangle(element, box, number);
    case 'circle':
    case 'ellipse': {
      const cx = number('cx', box.width);
      const cy = number('cy', box.height);
      const rx = number(element.local === 'circle' ? 'r' : 'rx', box.width);
      const ry = number(element.local === 'circle' ? 'r' : 'ry', box.height);
      if (cx === undefined || cy === undefined || rx === undefined || ry === undefined) return undefined;
      const points = [cx - rx, cy, cx + rx, cy, cx, cy - ry, cx, cy + ry];
      const contains = (x: number, y: number, margin: number): boolean =>
        rx > 0 && ry > 0 && ((x - cx) / (rx + margin)) ** 2 + ((y - cy) / (ry + margin)) ** 2 <= 1;
      const half = Math.SQRT1_2;
      return {
        contains,
        points,
        covers: { x: cx - rx * half, y: cy - ry * half, width: 2 * rx * half, height: 2 * ry * half },
      };
    }
    case 'path':
      return fromOutline(readPath(attribute(element, 'd') ?? ''));
    case 'polygon':
    case 'polyline':
      return fromOutline(readPoints(attribute(element, 'points') ?? ''));
    case 'line': {
      const ends = [
        number('x1', box.width),
        number('y1', box.height),
        number('x2', box.width),
        number('y2', box.height),
      ];
      if (ends.includes(undefined)) return undefined;
      return { contains: insideHull(ends as number[]), points: [] };
    }
    default:
      return undefined;
  }
}

function rectangle(
  element: SvgElement,
  box: Box,
  number: (name: string, whole: number) => number | undefined,
): Form | undefined {
  const x = number('x', box.width);
  const y = number('y', box.height);
  const width = number('width', box.width);
  const height = number('height', box.height);
  const rx = number(attribute(element, 'rx') === undefined ? 'ry' : 'rx', box.width);
  const ry = number(attribute(element, 'ry') === undefined ? 'rx' : 'ry', box.height);
  if (x === undefined || y === undefined || width === undefined || height === undefined) return undefined;
  if (rx === undefined || ry === undefined) return undefined;
  const roundX = Math.min(Math.max(rx, 0), width / 2);
  const roundY = Math.min(Math.max(ry, 0), height / 2);
  const round = roundX > 0 && roundY > 0;
  const contains = (px: number, py: number, margin: number): boolean => {
    if (!(width > 0 && height > 0)) return false;
    if (px < x - margin || py < y - margin || px > x + width + margin || py > y + height + margin) return false;
    if (!round) return true;
    const dx = Math.max(x + roundX - px, px - (x + width - roundX), 0) / (roundX + margin);
    const dy = Math.max(y + roundY - py, py - (y + height - roundY), 0) / (roundY + margin);
    return dx * dx + dy * dy <= 1;
  };
  const corners = [x, y, x + width, y, x, y + height, x + width, y + height];
  return { contains, points: round ? [] : corners, ...(round ? {} : { covers: { x, y, width, height } }) };
}

function fromOutline(outline: {
  subpaths: readonly (readonly number[])[];
  hull: readonly number[];
  curved: boolean;
}): Form {
  const only = outline.subpaths.length === 1 && !outline.curved ? outline.subpaths[0] : undefined;
  const covers = only && asRectangle(only);
  return { contains: insideHull(outline.hull), points: outline.subpaths.flat(), ...(covers ? { covers } : {}) };
}

/** The rectangle that four corners (and a repeated first one) draw with sides along the axes. */
function asRectangle(points: readonly number[]): Box | undefined {
  const closed = points.length === 10 && points[0] === points[8] && points[1] === points[9];
  if (points.length !== 8 && !closed) return undefined;
  const [ax, ay, bx, by, cx, cy, dx, dy] = points as readonly [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const across = ay === by && bx === cx && cy === dy && dx === ax;
  const down = ax === bx && by === cy && cx === dx && dy === ay;
  if (!across && !down) return undefined;
  return { x: Math.min(ax, cx), y: Math.min(ay, cy), width: Math.abs(cx - ax), height: Math.abs(cy - ay) };
}

function insideHull(points: readonly number[]): Form['contains'] {
  let left = Infinity;
  let top = Infinity;
  let right = -Infinity;
  let bottom = -Infinity;
  for (let i = 0; i + 1 < points.length; i += 2) {
    const x = points[i] ?? 0;
    const y = points[i + 1] ?? 0;
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  return (x, y, margin) => x >= left - margin && x <= right + margin && y >= top - margin && y <= bottom + margin;
}

function boxCovers(inner: Box, matrix: Matrix, box: Box): boolean {
  const [x1, y1] = apply(matrix, inner.x, inner.y);
  const [x2, y2] = apply(matrix, inner.x + inner.width, inner.y + inner.height);
  const slack = Math.min(box.width, box.height) * slackShare;
  return (
    Math.min(x1, x2) <= box.x + slack &&
    Math.min(y1, y2) <= box.y + slack &&
    Math.max(x1, x2) >= box.x + box.width - slack &&
    Math.max(y1, y2) >= box.y + box.height - slack
  );
}

/** Colours by name or as `#rgb` and `rgb()` have no transparency in SVG Tiny; gradients are opaque when every stop is. */
function isOpaquePaint(paint: string, gradients: ReadonlySet<string>): boolean {
  const reference = /^url\(\s*['"]?#([^'")\s]+)['"]?\s*\)/.exec(paint);
  if (reference) return gradients.has(reference[1] ?? '');
  return /^(#[0-9a-f]{3}|#[0-9a-f]{6}|rgb\([^)]*\)|[a-z]+)$/i.test(paint);
}

function opaqueGradients(root: SvgElement): ReadonlySet<string> {
  const found = new Set<string>();
  const pending: SvgElement[] = [root];
  for (let element = pending.pop(); element; element = pending.pop()) {
    pending.push(...element.children);
    const id = attribute(element, 'id');
    if (id === undefined) continue;
    const stops = element.children.filter(({ local }) => local === 'stop');
    const gradient = element.local === 'linearGradient' || element.local === 'radialGradient';
    const opaque = stops.length > 0 && stops.every((stop) => Number(attribute(stop, 'stop-opacity') ?? '1') >= 1);
    const colour = element.local === 'solidColor' && Number(attribute(element, 'solid-opacity') ?? '1') >= 1;
    if ((gradient && opaque) || colour) found.add(id);
  }
  return found;
}

function styleOf(element: SvgElement, outer: Style): Style {
  if (element.attributes.length === 0) return outer;
  const pick = (name: string, inherited: string): string => {
    const value = attribute(element, name)?.trim();
    return value === undefined || value === 'inherit' || value === '' ? inherited : value;
  };
  const transform = attribute(element, 'transform');
  const own = transform === undefined || transform.trim() === 'none' ? identity : readTransform(transform);
  return {
    fill: pick('fill', outer.fill),
    fillOpacity: pick('fill-opacity', outer.fillOpacity),
    stroke: pick('stroke', outer.stroke),
    strokeWidth: pick('stroke-width', outer.strokeWidth),
    matrix: own && outer.matrix && multiplied(outer.matrix, own),
  };
}

function attribute(element: SvgElement, name: string): string | undefined {
  return element.attributes.find((candidate) => candidate.name === name)?.value;
}

/** A length in user units; `undefined` for units that depend on the reader's font or screen. */
function length(text: string, whole: number): number | undefined {
  const match = /^\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(px|%)?\s*$/.exec(text);
  if (!match) return undefined;
  return match[2] === '%' ? (Number(match[1]) / 100) * whole : Number(match[1]);
}
