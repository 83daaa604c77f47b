/** Percentages and units of lengths into plain numbers, which is what SVG Tiny has (outside of the root). */
import { readNumbers } from '../svg-path.ts';
import { readViewBox } from '../svg-geometry.ts';
import type { ChangeLog } from './changes.ts';
import { quoted } from './changes.ts';
import { everyNode, gradients, numberText } from './drawing.ts';
import type { Node } from './drawing.ts';

/** User units in one of each absolute unit (CSS Values §6.2). */
const unitsPer: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['px', 1],
  ['pt', 96 / 72],
  ['pc', 16],
  ['in', 96],
  ['cm', 96 / 2.54],
  ['mm', 96 / 25.4],
  ['q', 96 / 101.6],
]);

/** No length is longer; patterns over foreign text stay short. */
const maxCharacters = 100;

export interface Viewport {
  readonly width: number;
  readonly height: number;
}

const across = new Set(['x', 'width', 'cx', 'x1', 'x2', 'rx', 'fx']);
const down = new Set(['y', 'height', 'cy', 'y1', 'y2', 'ry', 'fy']);
const other = new Set(['r', 'fr', 'stroke-width', 'stroke-dashoffset']);

/** An absolute length in user units; `undefined` for anything else. */
export function unitsOf(value: string | undefined): number | undefined {
  if (value !== undefined && value.length > maxCharacters) return undefined;
  const match = /^\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?)\s*([a-z]*)\s*$/i.exec(value ?? '');
  const factor = match && unitsPer.get((match[2] ?? '').toLowerCase());
  return match && factor !== undefined && factor !== null ? Number(match[1]) * factor : undefined;
}

/** Works through a branch; `viewport` is what percentages are of. */
export function plainLengths(root: Node, viewport: Viewport, log: ChangeLog): void {
  const symbols = new Map<string, Node>();
  for (const node of everyNode(root)) {
    if (node.local === 'symbol' || node.local === 'svg') symbols.set(`#${node.attributes.get('id') ?? ''}`, node);
  }
  branch(root, viewport, { symbols, log }, new Map());
}

interface Setting {
  /** By `#id`. */
  readonly symbols: ReadonlyMap<string, Node>;
  readonly log: ChangeLog;
}

function branch(node: Node, viewport: Viewport, setting: Setting, outer: Shares): void {
  const { symbols, log } = setting;
  for (const child of node.children) {
    const frame = child.local === 'use' ? symbols.get(child.attributes.get('href')?.trim() ?? '') : child;
    const framed = frame?.local === 'svg' || frame?.local === 'symbol';
    const inner = frame && framed ? innerViewport(frame, viewport) : viewport;
    const shares = new Map(outer);
    for (const name of inheritedShares) {
      const own = child.attributes.get(name);
      if (own !== undefined && own.trim() !== 'inherit') shares.set(name, own);
      // A share is inherited as a share, and is one of the viewport in which something is drawn.
      const share = shares.get(name);
      if (framed && child.local !== 'symbol' && share?.includes('%')) child.attributes.set(name, share);
    }
    lengthsOf(child, viewport, inner, log);
    branch(child, inner, setting, shares);
  }
}

/** Values as they stand in the file, by attribute. */
type Shares = ReadonlyMap<string, string>;
const inheritedShares = ['stroke-width', 'stroke-dashoffset', 'stroke-dasharray'];

/** The viewport inside of a `svg` or `symbol`. */
export function innerViewport({ attributes }: Node, outer: Viewport): Viewport {
  const box = readViewBox(attributes.get('viewBox') ?? '');
  if (box) return box;
  return {
    width: unitsOf(attributes.get('width')) ?? outer.width,
    height: unitsOf(attributes.get('height')) ?? outer.height,
  };
}

function lengthsOf(node: Node, viewport: Viewport, inner: Viewport, log: ChangeLog): void {
  const { attributes, local } = node;
  const share =
    (gradients.has(local) && attributes.get('gradientUnits')?.trim() !== 'userSpaceOnUse') || local === 'stop';
  for (const [name, value] of attributes) {
    if (name === 'stroke-dasharray') dashes(node, value, inner, log);
    else if (name === 'offset' && local === 'stop') plain(node, name, value, 1, log);
    else if (name === 'font-size') {
      const size = unitsOf(value);
      if (size !== undefined && !/^[\d.]+$/.test(value)) attributes.set(name, numberText(size));
    } else if (across.has(name)) plain(node, name, value, share ? 1 : viewport.width, log);
    else if (down.has(name)) plain(node, name, value, share ? 1 : viewport.height, log);
    else if (other.has(name)) plain(node, name, value, share ? 1 : diagonal(inner), log);
  }
}

/** SVG 1.1 §7.10: what is neither across nor down is a share of this. */
const diagonal = ({ width, height }: Viewport): number => Math.hypot(width, height) / Math.SQRT2;

/** Filters, masks and patterns are refused or dropped whole; their lengths do not matter. */
const unimportant = new Set([
  'mask',
  'filter',
  'pattern',
  'marker',
  'text',
  'textArea',
  'tspan',
  'use',
  'symbol',
  'svg',
]);

function plain(node: Node, name: string, value: string, whole: number, log: ChangeLog): void {
  if (readNumbers(value)?.length === 1 || value.trim() === 'inherit') return;
  const length = lengthOf(value, whole);
  if (length !== undefined) {
    log.changed('Lengths with a unit or in per cent become plain numbers.', node.at);
    node.attributes.set(name, numberText(length));
  } else if (value.trim() === 'auto' || value.trim() === '') node.attributes.delete(name);
  else if (!unimportant.has(node.local)) {
    log.refuse(
      `\`${name}=${JSON.stringify(value.slice(0, 30))}\` is a length that depends on the reader: write a number.`,
      node.at,
    );
  }
}

function lengthOf(value: string, whole: number): number | undefined {
  if (value.length > maxCharacters) return undefined;
  const share = /^\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?)\s*%\s*$/i.exec(value);
  return share ? (Number(share[1]) / 100) * whole : unitsOf(value);
}

function dashes(node: Node, value: string, viewport: Viewport, log: ChangeLog): void {
  const text = value.trim();
  if (text === 'none' || text === 'inherit' || readNumbers(text)) return;
  const lengths = text.split(/[\s,]+/).map((piece) => lengthOf(piece, diagonal(viewport)));
  if (lengths.includes(undefined)) {
    log.refuse(`\`stroke-dasharray\` says ${quoted(value)}: write numbers.`, node.at);
  } else {
    log.changed('Lengths with a unit or in per cent become plain numbers.', node.at);
    node.attributes.set('stroke-dasharray', lengths.map((length) => numberText(length ?? 0)).join(' '));
  }
}
