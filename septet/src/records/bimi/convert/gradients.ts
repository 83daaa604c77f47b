/**
 * Gradients as the profile has them: no templates (`href`), no `gradientTransform`, no `spreadMethod`, no focal point,
 * every coordinate written out (SVG Tiny 1.2 has other defaults for `x2` and `r` than SVG 1.1).
 */
import { readNumbers } from '../svg-path.ts';
import { apply, identity, inverted, readTransform } from '../svg-transform.ts';
import type { Matrix } from '../svg-transform.ts';
import type { ChangeLog } from './changes.ts';
import { quoted } from './changes.ts';
import { readColour } from './colours.ts';
import { copyOf, gradients, makeNode, numberText } from './drawing.ts';
import type { Node } from './drawing.ts';
import type { Viewport } from './lengths.ts';

export interface PlainGradient {
  /** As it goes into `defs`, with its final `id`; `undefined` when it has no stops and paints nothing. */
  readonly node: Node | undefined;
  readonly id: string;
  /**
   * The gradient is an ellipse, which the profile cannot say: the shape is to be drawn in the coordinates of this
   * matrix (of the bounding box's own, where `ofBox`), in which the gradient is a circle.
   */
  readonly ellipse?: { readonly matrix: Matrix; readonly ofBox: boolean };
}

export interface PaintNames {
  readonly names: Readonly<Record<string, string>>;
  readonly viewport: Viewport;
  readonly log: ChangeLog;
}

const maxTemplates = 10;

/** Every gradient and solid colour of the file by its old `id`, in the order of the file. */
export function plainGradients(
  definitions: ReadonlyMap<string, Node>,
  setting: PaintNames,
): ReadonlyMap<string, PlainGradient> {
  const made = new Map<string, PlainGradient>();
  const taken = new Set<string>();
  for (const [id, node] of definitions) {
    if (!gradients.has(node.local) && node.local !== 'solidColor') continue;
    const name = newName(id, taken);
    taken.add(name);
    made.set(
      id,
      node.local === 'solidColor'
        ? { node: solid(node, name, setting), id: name }
        : plain(node, name, definitions, setting),
    );
  }
  return made;
}

/** An XML name: what drawing programs write stays, blanks and the like become `_`. */
function newName(id: string, taken: ReadonlySet<string>): string {
  const name = /^[A-Za-z_][\w.-]*$/.test(id) ? id : `g_${id.replaceAll(/[^\w.-]/g, '_').slice(0, 40)}`;
  let unique = name;
  for (let i = 2; taken.has(unique); i++) unique = `${name}_${i}`;
  return unique;
}

function solid(node: Node, id: string, setting: PaintNames): Node {
  const made = makeNode('solidColor', { id }, node.at);
  const colour = stopColour(node, 'solid-color', setting);
  made.attributes.set('solid-color', colour.text);
  const opacity = Number(node.attributes.get('solid-opacity') ?? 1) * colour.alpha;
  if (opacity < 1) made.attributes.set('solid-opacity', numberText(opacity));
  return made;
}

function plain(gradient: Node, id: string, definitions: ReadonlyMap<string, Node>, setting: PaintNames): PlainGradient {
  const { log, viewport } = setting;
  const chain = [gradient];
  for (let next = gradient; chain.length <= maxTemplates;) {
    const href = next.attributes.get('href')?.trim();
    if (href === undefined) break;
    const template = href.startsWith('#') ? definitions.get(href.slice(1)) : undefined;
    if (!href.startsWith('#'))
      log.refuse(`A gradient refers to ${quoted(href)} outside of the file: put it into the file.`, next.at);
    if (!template || !gradients.has(template.local) || chain.includes(template)) break;
    log.changed('Gradients that build on others are written out.', gradient.at);
    chain.push(template);
    next = template;
  }
  const pick = (name: string): string | undefined =>
    chain
      .find(({ attributes, local }) => attributes.has(name) && (local === gradient.local || !ownCoordinates.has(name)))
      ?.attributes.get(name);
  const stops = chain.find(({ children }) => children.some(({ local }) => local === 'stop'))?.children ?? [];
  const plainStops = stops.filter(({ local }) => local === 'stop').map((stop) => plainStop(stop, setting));
  if (plainStops.length === 0) {
    log.changed('A gradient without colours paints nothing and is deleted.', gradient.at);
    return { node: undefined, id };
  }
  const spread = pick('spreadMethod')?.trim();
  if (spread === 'reflect' || spread === 'repeat') {
    log.refuse(
      `A gradient is repeated (\`spreadMethod="${spread}"\`), which the profile does not have: draw it once across the whole shape.`,
      gradient.at,
    );
  }
  const transform = pick('gradientTransform')?.trim() ?? '';
  const matrix = transform === 'none' ? identity : readTransform(transform);
  if (!matrix || !inverted(matrix)) {
    log.refuse(
      'The transform of a gradient cannot be read or flattens it: set the gradient again in the drawing program.',
      gradient.at,
    );
    return { node: undefined, id };
  }
  const ofBox = pick('gradientUnits')?.trim() !== 'userSpaceOnUse';
  const whole = ofBox ? { width: 1, height: 1 } : viewport;
  const number = (name: string, usual: number): number => readNumbers(pick(name) ?? '')?.[0] ?? usual;
  if (matrix !== identity && transform !== '')
    log.changed('`gradientTransform` is worked into the coordinates of the gradient.', gradient.at);
  const units = (box: boolean): Record<string, string> => (box ? {} : { gradientUnits: 'userSpaceOnUse' });
  if (gradient.local === 'linearGradient') {
    const from = [number('x1', 0), number('y1', 0)] as const;
    const to = [number('x2', whole.width), number('y2', 0)] as const;
    const [x1, y1, x2, y2] = movedVector(matrix, from, to).map(numberText) as [string, string, string, string];
    return { id, node: makeNode('linearGradient', { id, ...units(ofBox), x1, y1, x2, y2 }, gradient.at, plainStops) };
  }
  const cx = number('cx', whole.width / 2);
  const cy = number('cy', whole.height / 2);
  const r = number('r', Math.hypot(whole.width, whole.height) / Math.SQRT2 / 2);
  if (Math.hypot(number('fx', cx) - cx, number('fy', cy) - cy) > r / 1000 || number('fr', 0) > 0) {
    log.look(
      'The focal point of a radial gradient is deleted, as the profile has none: the bright spot moves to the centre.',
      gradient.at,
    );
  }
  const isCircle = similarity(matrix);
  const [x, y] = isCircle === undefined ? [cx, cy] : apply(matrix, cx, cy);
  const attributes = { cx: numberText(x), cy: numberText(y), r: numberText(r * (isCircle ?? 1)) };
  const node = makeNode(
    'radialGradient',
    { id, ...units(ofBox && isCircle !== undefined), ...attributes },
    gradient.at,
    plainStops,
  );
  return isCircle === undefined ? { id, node, ellipse: { matrix, ofBox } } : { id, node };
}

const ownCoordinates = new Set(['x1', 'y1', 'x2', 'y2', 'cx', 'cy', 'r', 'fx', 'fy', 'fr']);

function plainStop(stop: Node, setting: PaintNames): Node {
  const { attributes, at } = copyOf(stop);
  const colour = stopColour(stop, 'stop-color', setting);
  const given = attributes.get('stop-opacity') ?? '1';
  const opacity =
    Math.min(1, Math.max(0, given.trim().endsWith('%') ? parseFloat(given) / 100 : Number(given) || 0)) * colour.alpha;
  const offset = Math.min(1, Math.max(0, readNumbers(attributes.get('offset') ?? '')?.[0] ?? 0));
  const made = makeNode('stop', { offset: numberText(offset), 'stop-color': colour.text }, at);
  if (opacity < 1) made.attributes.set('stop-opacity', numberText(opacity));
  return made;
}

function stopColour(
  { attributes, at }: Node,
  name: string,
  { names, log }: PaintNames,
): { readonly text: string; readonly alpha: number } {
  const value = attributes.get(name)?.trim() ?? 'black';
  const written = value.toLowerCase() === 'currentcolor' ? (attributes.get('color') ?? 'black') : value;
  const colour = readColour(written, names);
  if (colour && colour.text !== 'none') return colour;
  if (colour) return { text: '#000', alpha: 0 };
  log.refuse(`The colour ${quoted(written)} of a gradient cannot be written in the profile: use \`#rrggbb\`.`, at);
  return { text: '#000', alpha: 1 };
}

/**
 * A linear gradient paints lines across its vector; a transform tilts these lines. The new vector begins where the old
 * one began and stands upright on the tilted lines, so that the picture is the same. It holds in the unit square of a
 * bounding box too.
 */
function movedVector(
  matrix: Matrix,
  from: readonly [number, number],
  to: readonly [number, number],
): readonly number[] {
  const [x1, y1] = apply(matrix, ...from);
  const [qx, qy] = apply(matrix, ...to);
  if (matrix === identity) return [x1, y1, qx, qy];
  const [vx, vy] = [to[0] - from[0], to[1] - from[1]];
  const [a, b, c, d] = matrix;
  const lineX = a * -vy + c * vx;
  const lineY = b * -vy + d * vx;
  const [nx, ny] = [lineY, -lineX];
  const square = nx * nx + ny * ny;
  if (square === 0) return [x1, y1, qx, qy];
  const share = ((qx - x1) * nx + (qy - y1) * ny) / square;
  return [x1, y1, x1 + nx * share, y1 + ny * share];
}

/** The scale of a matrix that leaves circles circles; `undefined` for others. */
function similarity([a, b, c, d]: Matrix): number | undefined {
  const across = Math.hypot(a, b);
  const down = Math.hypot(c, d);
  const even = Math.abs(across - down) <= 1e-4 * Math.max(across, down);
  return even && Math.abs(a * c + b * d) <= 1e-4 * across * down ? across : undefined;
}
