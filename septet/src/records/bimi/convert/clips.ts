/** Clipping paths, masks, filters, patterns, markers and blending: dropped where they change nothing, else refused. */
import type { Box } from '../svg-geometry.ts';
import { identity, multiplied, readTransform } from '../svg-transform.ts';
import type { Matrix } from '../svg-transform.ts';
import type { ChangeLog } from './changes.ts';
import { quoted } from './changes.ts';
import { referenceOf, shapes } from './drawing.ts';
import type { Node } from './drawing.ts';
import { boxAround, holds, reachesOf } from './extent.ts';
import type { Budget } from './extent.ts';
import { moved, outlineOf } from './outline.ts';

interface Setting {
  readonly definitions: ReadonlyMap<string, Node>;
  /** What the file shows. */
  readonly viewBox: Box;
  readonly budget: Budget;
  readonly log: ChangeLog;
}

const cut =
  'cut the shapes in the drawing program (Inkscape: Path > Intersection; Illustrator: Pathfinder > Crop or Object > Flatten Transparency; Figma: Flatten)';

const effects: readonly (readonly [attribute: string, what: string, cure: string])[] = [
  ['filter', 'filter (shadow, blur, glow)', 'take the effect off, or draw it as a plain shape or gradient'],
  ['marker', 'marker (arrow head)', 'convert the line ends to paths (Inkscape: Path > Stroke to Path)'],
  ['marker-start', 'marker (arrow head)', 'convert the line ends to paths (Inkscape: Path > Stroke to Path)'],
  ['marker-mid', 'marker (arrow head)', 'convert the line ends to paths (Inkscape: Path > Stroke to Path)'],
  ['marker-end', 'marker (arrow head)', 'convert the line ends to paths (Inkscape: Path > Stroke to Path)'],
];

/** Works through the drawing; afterwards none of these attributes is left, or the log holds a refusal. */
export function plainEffects(root: Node, setting: Setting): void {
  const visit = (node: Node, above: Matrix): void => {
    const here = multiplied(above, readTransform(node.attributes.get('transform') ?? '') ?? identity);
    for (const name of ['clip-path', 'mask'] as const) clip(node, name, here, setting);
    for (const [name, what, cure] of effects) effect(node, name, what, cure, setting);
    for (const name of ['fill', 'stroke'] as const) pattern(node, name, setting);
    blend(node, setting.log);
    for (const child of node.children) if (drawn.has(child.local)) visit(child, here);
  };
  visit(root, identity);
}

const drawn: ReadonlySet<string> = new Set([...shapes, 'g', 'text', 'textArea']);

function clip(
  node: Node,
  name: 'clip-path' | 'mask',
  here: Matrix,
  { definitions, viewBox, budget, log }: Setting,
): void {
  const value = node.attributes.get(name)?.trim();
  node.attributes.delete(name);
  if (value === undefined || value === 'none' || value === '') return;
  const id = referenceOf(value);
  const definition = id === undefined ? undefined : definitions.get(id);
  if (id !== undefined && id !== '' && !definition) {
    log.changed(`\`${name}\` refers to ${quoted(`#${id}`)}, which is not in the file, and is deleted.`, node.at);
    return;
  }
  const what = name === 'mask' ? 'mask' : 'clipping path';
  const area = definition && clearArea(definition, node, here);
  if (area) {
    const slack = Math.min(viewBox.width, viewBox.height) / 1000;
    if (holds(area, viewBox, slack)) {
      log.changed(`A ${what} that covers the whole picture is deleted: it cuts nothing off.`, node.at);
      return;
    }
    const { attributes, ...rest } = node;
    const bare: Node = { ...rest, attributes: new Map([...attributes].filter(([key]) => key !== 'transform')) };
    const reaches = reachesOf(bare, budget, here);
    if (reaches?.every(({ box }) => holds(area, box, slack))) {
      log.changed(`A ${what} is deleted: everything stands inside of it, so it cuts nothing off.`, node.at);
      return;
    }
  }
  log.refuse(`\`<${node.local}>\` is cut by a ${what}, which the profile does not have: ${cut}.`, node.at);
}

/** The upright rectangle within which a clipping path or mask lets everything through, in the coordinates of the file. */
function clearArea(definition: Node, node: Node, here: Matrix): Box | undefined {
  const { local, attributes, children } = definition;
  if (local !== 'clipPath' && local !== 'mask') return undefined;
  const units = attributes.get(local === 'mask' ? 'maskContentUnits' : 'clipPathUnits')?.trim();
  if (units === 'objectBoundingBox') return undefined;
  let only = children.length === 1 ? children[0] : undefined;
  let own: Matrix | undefined = identity;
  // Illustrator refers to the rectangle by `use`, which has become a group.
  for (; only && own; only = only.children.length === 1 ? only.children[0] : undefined) {
    if (only.attributes.has('clip-path') || only.attributes.has('mask')) return undefined;
    const step = readTransform(only.attributes.get('transform') ?? '');
    own = step && multiplied(own, step);
    if (only.local !== 'g') break;
  }
  if (!only || !shapes.has(only.local) || attributes.has('clip-path')) return undefined;
  if (local === 'mask' && !isWhite(only, definition, node)) return undefined;
  const outer = readTransform(attributes.get('transform') ?? '');
  if (!own || !outer) return undefined;
  const matrix = multiplied(multiplied(here, outer), own);
  if (matrix[1] !== 0 || matrix[2] !== 0) return undefined;
  const outline = outlineOf(only) ?? [];
  const box = boxAround(outline);
  const corners = outline.filter(({ letter }) => letter !== 'Z');
  const upright =
    box !== undefined &&
    corners.length >= 4 &&
    corners.length <= 5 &&
    corners.every(({ letter, points: [x, y] }, index) => {
      const [beforeX, beforeY] = corners[index - 1]?.points ?? [x, y];
      return (index === 0 ? letter === 'M' : letter === 'L') && (x === beforeX || y === beforeY) && onCorner(box, x, y);
    });
  return upright ? boxAround(moved(outline, matrix)) : undefined;
}

const onCorner = (box: Box, x = 0, y = 0): boolean =>
  (x === box.x || x === box.x + box.width) && (y === box.y || y === box.y + box.height);

/** A luminance mask lets everything through where it is white; an alpha mask where it is opaque. */
function isWhite(shape: Node, mask: Node, node: Node): boolean {
  if (node.attributes.has('mask-mode')) return false;
  const names = ['opacity', 'fill-opacity', 'stroke', 'mask', 'filter'];
  if (names.some((name) => shape.attributes.has(name) || (mask.attributes.has(name) && name !== 'mask'))) return false;
  const fill = (shape.attributes.get('fill') ?? mask.attributes.get('fill') ?? 'black').trim().toLowerCase();
  if (mask.attributes.get('mask-type') === 'alpha')
    return /^(#[0-9a-f]{3}|#[0-9a-f]{6}|[a-z]+)$/.test(fill) && fill !== 'none' && fill !== 'transparent';
  return fill === 'white' || fill === '#fff' || fill === '#ffffff';
}

function effect(node: Node, name: string, what: string, cure: string, { definitions, log }: Setting): void {
  const value = node.attributes.get(name)?.trim();
  node.attributes.delete(name);
  if (value === undefined || value === 'none' || value === '') return;
  const id = referenceOf(value);
  if (id !== undefined && id !== '' && !definitions.has(id)) {
    log.changed(`\`${name}\` refers to ${quoted(`#${id}`)}, which is not in the file, and is deleted.`, node.at);
  } else log.refuse(`\`<${node.local}>\` has a ${what}, which the profile does not have: ${cure}.`, node.at);
}

function pattern(node: Node, name: 'fill' | 'stroke', { definitions, log }: Setting): void {
  const id = referenceOf(node.attributes.get(name));
  if (id === undefined) return;
  if (id === '') {
    log.refuse(
      `\`${name}\` of \`<${node.local}>\` refers to something outside of the file: put it into the file.`,
      node.at,
    );
  } else if (definitions.get(id)?.local === 'pattern') {
    log.refuse(
      `\`<${node.local}>\` is painted with a pattern, which the profile does not have: use a colour or a gradient, or let the drawing program expand it (Inkscape: Object > Pattern > Pattern to Objects).`,
      node.at,
    );
  }
}

function blend(node: Node, log: ChangeLog): void {
  const mode = node.attributes.get('mix-blend-mode')?.trim();
  node.attributes.delete('mix-blend-mode');
  if (mode === undefined || mode === 'normal' || mode === 'inherit') return;
  log.refuse(
    `\`<${node.local}>\` blends with what is behind it (${quoted(mode)}), which the profile does not have: choose a plain colour that looks alike.`,
    node.at,
  );
}
