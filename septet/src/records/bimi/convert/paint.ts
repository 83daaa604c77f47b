/**
 * What is painted with what: colours with transparency, `opacity`, `visibility`, `currentColor` and `paint-order` end in
 * `fill`, `fill-opacity`, `stroke` and `stroke-opacity` of the shapes, which is all that the profile has.
 */
import { inverted, multiplied } from '../svg-transform.ts';
import type { Matrix } from '../svg-transform.ts';
import { quoted } from './changes.ts';
import { readColour } from './colours.ts';
import { copyOf, makeNode, numberText, referenceOf, shapes } from './drawing.ts';
import type { Node } from './drawing.ts';
import { boxAround, meet, reachesOf } from './extent.ts';
import type { Budget } from './extent.ts';
import type { PaintNames, PlainGradient } from './gradients.ts';
import { dataOf, moved, outlineOf } from './outline.ts';

export interface PaintSetting extends PaintNames {
  readonly gradients: ReadonlyMap<string, PlainGradient>;
  readonly budget: Budget;
}

interface Paint {
  readonly text: string;
  readonly alpha: number;
  readonly gradient?: PlainGradient;
  /** It says `currentColor`, which is inherited as such: further inside it may be another colour. */
  readonly current?: true;
}

interface Context {
  readonly fill: Paint;
  readonly stroke: Paint;
  readonly fillOpacity: number;
  readonly strokeOpacity: number;
  readonly color: string;
  readonly hidden: boolean;
  readonly strokeFirst: boolean;
  /** Of all groups around, multiplied. */
  readonly opacity: number;
}

const initial: Context = {
  fill: { text: 'black', alpha: 1 },
  stroke: { text: 'none', alpha: 1 },
  fillOpacity: 1,
  strokeOpacity: 1,
  color: 'black',
  hidden: false,
  strokeFirst: false,
  opacity: 1,
};

/** Works through the drawing; definitions have been taken out of it before. */
export function plainPaint(root: Node, setting: PaintSetting): void {
  const context = contextOf(root, initial, setting);
  root.children = root.children.flatMap((child) => painted(child, context, setting));
}

function painted(node: Node, outer: Context, setting: PaintSetting): Node[] {
  if (node.local === 'title' || node.local === 'desc') return [node];
  const context = contextOf(node, outer, setting);
  if (context.opacity === 0) {
    setting.log.changed('Parts that are wholly transparent are deleted.', node.at);
    return [];
  }
  if (node.local === 'g') {
    node.children = node.children.flatMap((child) => painted(child, context, setting));
    return [node];
  }
  if (context.hidden) {
    setting.log.changed('Hidden parts (`visibility: hidden`) are deleted.', node.at);
    return [];
  }
  return leaf(node, context, setting);
}

/** Takes the attributes that the profile does not have off the node, and says what holds inside of it. */
function contextOf(node: Node, outer: Context, setting: PaintSetting): Context {
  const { attributes } = node;
  const take = (name: string): string | undefined => {
    const value = attributes.get(name)?.trim();
    attributes.delete(name);
    return value === 'inherit' || value === 'unset' || value === '' ? undefined : value;
  };
  const color = take('color') ?? outer.color;
  const visibility = take('visibility');
  const order = take('paint-order');
  const opacity = shareOf(take('opacity')) ?? 1;
  if (opacity < 1 && opacity > 0) tellOpacity(node, setting);
  return {
    color,
    fill: paintOf(node, 'fill', outer.fill, color, setting),
    stroke: paintOf(node, 'stroke', outer.stroke, color, setting),
    fillOpacity: opacityOf(node, 'fill-opacity') ?? outer.fillOpacity,
    strokeOpacity: opacityOf(node, 'stroke-opacity') ?? outer.strokeOpacity,
    hidden: visibility === undefined ? outer.hidden : visibility === 'hidden' || visibility === 'collapse',
    strokeFirst: order === undefined ? outer.strokeFirst : /^(markers\s+)?stroke/.test(order),
    opacity: outer.opacity * opacity,
  };
}

function shareOf(value: string | undefined): number | undefined {
  const match = /^([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?)(%?)$/i.exec((value ?? '').slice(0, 100));
  return match ? Math.min(1, Math.max(0, Number(match[1]) / (match[2] === '%' ? 100 : 1))) : undefined;
}

function opacityOf({ attributes }: Node, name: string): number | undefined {
  const value = attributes.get(name)?.trim();
  if (value === undefined) return undefined;
  const share = shareOf(value);
  if (share === undefined) attributes.delete(name);
  else if (String(share) !== value && Number(value) !== share) attributes.set(name, numberText(share));
  return share;
}

function tellOpacity(node: Node, { budget, log }: PaintSetting): void {
  if (node.local !== 'g' && node.local !== 'svg') {
    log.changed('`opacity` becomes `fill-opacity` and `stroke-opacity`.', node.at);
    return;
  }
  const reaches = reachesOf(node, budget);
  if (reaches && reaches.length <= 1) log.changed('`opacity` becomes `fill-opacity` and `stroke-opacity`.', node.at);
  else if (
    reaches &&
    reaches.length <= 200 &&
    reaches.every((one, i) => reaches.slice(i + 1).every(({ box }) => !meet(one.box, box)))
  ) {
    log.changed(
      'The `opacity` of a group moves to its shapes; they do not overlap, so the picture is the same.',
      node.at,
    );
  } else
    log.look(
      'The `opacity` of a group moves to its shapes: where they overlap, they now show through one another.',
      node.at,
    );
}

function paintOf(node: Node, name: 'fill' | 'stroke', inherited: Paint, color: string, setting: PaintSetting): Paint {
  const { attributes, at } = node;
  const { log } = setting;
  const value = attributes.get(name)?.trim();
  if (value === undefined || value === 'inherit' || value === 'unset' || value === '') {
    attributes.delete(name);
    const current = inherited.current ? colourOf('currentColor', name, color, setting) : undefined;
    if (current === undefined || current === 'unreadable') return inherited;
    if (current.text === inherited.text) return current;
    attributes.set(name, current.text);
    return current;
  }
  if (value === 'none') return { text: 'none', alpha: 1 };
  const id = referenceOf(value);
  const paint =
    id === undefined ? colourOf(value, name, color, setting) : referred(node, name, value, id, color, setting);
  if (paint === 'unreadable') {
    log.refuse(`The colour ${quoted(value)} cannot be written in the profile: use \`#rrggbb\` or \`rgb()\`.`, at);
    return { text: 'none', alpha: 1 };
  }
  if (paint === undefined) {
    log.changed(`\`${name}=${quoted(value).slice(1, -1)}\` is no colour, so browsers leave it out; it is deleted.`, at);
    attributes.delete(name);
    return inherited;
  }
  if (paint.text !== value) {
    if (id === undefined)
      log.changed('Colours are written as `#rrggbb`, their transparency as `fill-opacity` and `stroke-opacity`.', at);
    attributes.set(name, paint.text);
  }
  return paint;
}

function colourOf(
  value: string,
  name: 'fill' | 'stroke',
  color: string,
  { names }: PaintSetting,
): Paint | 'unreadable' | undefined {
  const lower = value.toLowerCase();
  if (lower === 'initial') return initial[name];
  const current = lower === 'currentcolor';
  const colour = readColour(current ? color : value, names);
  if (colour) return current ? { ...colour, current } : colour;
  return /^[a-z-]+\(/.test(lower) || lower.startsWith('context-') ? 'unreadable' : undefined;
}

function referred(
  { at }: Node,
  name: 'fill' | 'stroke',
  value: string,
  id: string,
  color: string,
  setting: PaintSetting,
): Paint | 'unreadable' | undefined {
  const gradient = setting.gradients.get(id);
  if (gradient)
    return gradient.node ? { text: `url(#${gradient.id})`, alpha: 1, gradient } : { text: 'none', alpha: 1 };
  const rest = value.slice(value.indexOf(')') + 1).trim();
  if (id !== '') {
    setting.log.changed(
      `\`${name}\` refers to ${quoted(`#${id}`)}, which is not in the file; ${rest === '' ? 'nothing is painted there, as before' : 'the colour behind it is used'}.`,
      at,
    );
  }
  return rest === '' || rest === 'none' ? { text: 'none', alpha: 1 } : colourOf(rest, name, color, setting);
}

function leaf(node: Node, context: Context, setting: PaintSetting): Node[] {
  const { attributes } = node;
  const isFilled = context.fill.text !== 'none' && node.local !== 'line';
  const isStroked = context.stroke.text !== 'none';
  if (isFilled && isStroked && context.opacity < 1) {
    setting.log.look(
      'A transparent shape has both a fill and a stroke: the inner half of the stroke now shows the fill behind it.',
      node.at,
    );
  }
  if (isFilled) setOpacity(attributes, 'fill-opacity', context.fillOpacity, context.fill.alpha * context.opacity);
  if (isStroked)
    setOpacity(attributes, 'stroke-opacity', context.strokeOpacity, context.stroke.alpha * context.opacity);
  if (isStroked && context.stroke.gradient?.ellipse) {
    setting.log.refuse(
      'A stroke is painted with an elliptical gradient, which the profile does not have: convert the stroke to a path.',
      node.at,
    );
  }
  const ellipse = isFilled ? context.fill.gradient?.ellipse : undefined;
  if (ellipse) return elliptical(node, context, ellipse, isStroked, setting);
  if (context.strokeFirst && isFilled && isStroked) {
    setting.log.changed('`paint-order` becomes two shapes, the stroke first.', node.at);
    const behind = copyOf(node);
    behind.attributes.set('fill', 'none');
    attributes.set('stroke', 'none');
    return [behind, node];
  }
  return [node];
}

function setOpacity(attributes: Map<string, string>, name: string, effective: number, factor: number): void {
  if (factor !== 1) attributes.set(name, numberText(effective * factor));
}

/** The shape is drawn where the gradient is a circle, and the transform makes both what they were. */
function elliptical(
  node: Node,
  { fill, strokeFirst }: Context,
  { matrix, ofBox }: { readonly matrix: Matrix; readonly ofBox: boolean },
  isStroked: boolean,
  { log }: PaintSetting,
): Node[] {
  const outline = shapes.has(node.local) ? outlineOf(node) : undefined;
  const box = outline && boxAround(outline);
  const full = ofBox && box ? multiplied([box.width, 0, 0, box.height, box.x, box.y], matrix) : matrix;
  const back = inverted(full);
  if (!outline || !box || !back) {
    log.refuse(
      `\`<${node.local}>\` is painted with an elliptical gradient, which the profile does not have: convert it to a path.`,
      node.at,
    );
    return [];
  }
  log.changed('A shape with an elliptical gradient is drawn as a path in the coordinates of the gradient.', node.at);
  const own = node.attributes.get('transform');
  const step = `matrix(${full.map(numberText).join(' ')})`;
  const filled = makeNode(
    'path',
    { d: dataOf(moved(outline, back)), transform: own === undefined ? step : `${own} ${step}` },
    node.at,
  );
  filled.attributes.set('fill', fill.text);
  for (const name of ['fill-opacity', 'fill-rule']) {
    const value = node.attributes.get(name);
    if (value !== undefined) filled.attributes.set(name, value);
  }
  if (!isStroked) return [filled];
  filled.attributes.set('stroke', 'none');
  node.attributes.set('fill', 'none');
  return strokeFirst ? [node, filled] : [filled, node];
}
