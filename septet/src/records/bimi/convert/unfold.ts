/** `use`, `symbol` and inner `svg` elements become plain groups: the profile has no symbol, and few readers agree on `use`. */
import { readViewBox } from '../svg-geometry.ts';
import type { ChangeLog } from './changes.ts';
import { quoted } from './changes.ts';
import { copyOf, countNodes, everyNode, makeNode, numberText } from './drawing.ts';
import type { Node } from './drawing.ts';
import { innerViewport, plainLengths, unitsOf } from './lengths.ts';
import type { Viewport } from './lengths.ts';

/** House limits: copies of copies grow without end ("billion laughs" by `use`). */
const maxNodes = 20_000;
/** libxml2 reads 256; a copy stands in one or two groups. */
const maxDepth = 250;

/** Replaces every reference by what it refers to. Definitions stay where they are for the steps that follow. */
export function unfold(root: Node, box: Viewport, log: ChangeLog): void {
  const known = new Map<string, Node>();
  for (const node of everyNode(root)) {
    const id = node.attributes.get('id');
    if (id !== undefined && !known.has(id)) known.set(id, node);
  }
  // The originals stay as they are while copies are made of them.
  const originals = new Map([...known].map(([id, node]) => [id, copyOf(node)]));
  // Percentages are of the viewport in which a copy stands, not of that of the original.
  plainLengths(root, box, log);
  let left = maxNodes - countNodes(root);
  let tooMany = left < 0;
  let depth = 0;
  const work = (node: Node, trail: readonly string[], viewport: Viewport): Node[] => {
    if (depth >= maxDepth) tooMany = true;
    if (tooMany) return [];
    depth++;
    const made = node.local === 'use' ? used(node, trail, viewport) : plain(node, trail, viewport);
    depth--;
    return made;
  };
  const plain = (node: Node, trail: readonly string[], viewport: Viewport): Node[] => {
    const within = node.local === 'svg' ? innerViewport(node, viewport) : viewport;
    const inner = (): Node[] => node.children.flatMap((child) => work(child, trail, within));
    if (node.local === 'svg') return [group(node, inner(), { x: 0, y: 0 }, log)];
    node.children = inner();
    return [node];
  };
  const used = (node: Node, trail: readonly string[], viewport: Viewport): Node[] => {
    const href = node.attributes.get('href')?.trim() ?? '';
    if (!href.startsWith('#')) {
      log.refuse(`\`<use>\` refers to ${quoted(href)} outside of the file: put what it shows into the file.`, node.at);
      return [];
    }
    const id = href.slice(1);
    const original = originals.get(id);
    if (!original) {
      log.changed(`\`<use>\` refers to ${quoted(href)}, which is not in the file, and is deleted.`, node.at);
      return [];
    }
    if (trail.includes(id)) {
      log.refuse(`\`<use>\` of ${quoted(href)} contains itself: delete the circle.`, node.at);
      return [];
    }
    left -= countNodes(original);
    if (left < 0) {
      tooMany = true;
      return [];
    }
    log.changed('`<use>` is replaced by a copy of what it refers to.', node.at);
    const copy = copyOf(original);
    copy.attributes.delete('id');
    const inside = [...trail, id];
    const offset = { x: unitsOf(node.attributes.get('x')) ?? 0, y: unitsOf(node.attributes.get('y')) ?? 0 };
    const outer = makeNode('g', {}, node.at);
    for (const [name, value] of node.attributes) {
      if (!['id', 'href', 'x', 'y', 'width', 'height'].includes(name)) outer.attributes.set(name, value);
    }
    if (copy.local === 'symbol' || copy.local === 'svg') {
      for (const name of ['width', 'height']) {
        const size = node.attributes.get(name);
        if (size !== undefined) copy.attributes.set(name, size);
      }
      plainLengths(makeNode('g', {}, copy.at, [copy]), viewport, log);
      const within = innerViewport(copy, viewport);
      const children = copy.children.flatMap((child) => work(child, inside, within));
      outer.children = [group(copy, children, offset, log)];
    } else {
      if (offset.x !== 0 || offset.y !== 0) {
        const own = outer.attributes.get('transform');
        const move = `translate(${numberText(offset.x)} ${numberText(offset.y)})`;
        outer.attributes.set('transform', own === undefined ? move : `${own} ${move}`);
      }
      plainLengths(makeNode('g', {}, copy.at, [copy]), viewport, log);
      outer.children = work(copy, inside, viewport);
    }
    return [outer];
  };
  root.children = root.children.flatMap((child) => work(child, [], box));
  if (tooMany) {
    log.refuse(
      `The drawing has more than ${maxNodes} elements, or ${maxDepth} inside one another, once every \`<use>\` is replaced by a copy: simplify it.`,
    );
  }
}

/** An inner viewport as a group: its place and the scale of its viewBox (SVG 1.1 §7.9) as a transform. */
function group(node: Node, children: Node[], offset: { readonly x: number; readonly y: number }, log: ChangeLog): Node {
  const { attributes, at } = node;
  log.changed(`\`<${node.local}>\` inside of the drawing becomes a group.`, at);
  const outer = makeNode('g', {}, at, children);
  const own = new Set([
    'id',
    'x',
    'y',
    'width',
    'height',
    'viewBox',
    'preserveAspectRatio',
    'version',
    'baseProfile',
    'overflow',
  ]);
  for (const [name, value] of attributes) if (!own.has(name)) outer.attributes.set(name, value);
  const isSymbol = node.local === 'symbol';
  const x = offset.x + (isSymbol ? 0 : (unitsOf(attributes.get('x')) ?? 0));
  const y = offset.y + (isSymbol ? 0 : (unitsOf(attributes.get('y')) ?? 0));
  const box = readViewBox(attributes.get('viewBox') ?? '');
  const width = unitsOf(attributes.get('width'));
  const height = unitsOf(attributes.get('height'));
  let move = x !== 0 || y !== 0 ? `translate(${numberText(x)} ${numberText(y)})` : '';
  if (box) {
    const aspect = (attributes.get('preserveAspectRatio') ?? 'xMidYMid').trim();
    if (width === undefined && height === undefined) {
      log.look(`\`<${node.local}>\` has a viewBox and no size; it is taken to be as large as its viewBox.`, at);
    }
    const fullWidth = width ?? (height === undefined ? box.width : (height * box.width) / box.height);
    const fullHeight = height ?? (width === undefined ? box.height : (width * box.height) / box.width);
    const [sx, sy] = scales(fullWidth / box.width, fullHeight / box.height, aspect);
    const free = [fullWidth - box.width * sx, fullHeight - box.height * sy] as const;
    const share = (edge: 'X' | 'Y'): number =>
      aspect.includes(`${edge === 'X' ? 'x' : 'Y'}Min`)
        ? 0
        : aspect.includes(`${edge === 'X' ? 'x' : 'Y'}Max`)
          ? 1
          : 0.5;
    const dx = x + (sx === sy ? free[0] * share('X') : 0) - box.x * sx;
    const dy = y + (sx === sy ? free[1] * share('Y') : 0) - box.y * sy;
    const isPlain = Math.abs(sx - 1) < 1e-9 && Math.abs(sy - 1) < 1e-9;
    const still = Math.abs(dx) < 1e-9 && Math.abs(dy) < 1e-9;
    move = isPlain
      ? still
        ? ''
        : `translate(${numberText(dx)} ${numberText(dy)})`
      : `matrix(${[sx, 0, 0, sy, dx, dy].map(numberText).join(' ')})`;
  }
  if (move !== '') {
    const transform = outer.attributes.get('transform');
    outer.attributes.set('transform', transform === undefined ? move : `${transform} ${move}`);
  }
  return outer;
}

function scales(sx: number, sy: number, aspect: string): readonly [number, number] {
  if (aspect.startsWith('none')) return [sx, sy];
  const scale = aspect.includes('slice') ? Math.max(sx, sy) : Math.min(sx, sy);
  return [scale, scale];
}
