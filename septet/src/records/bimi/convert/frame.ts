/** The root of the logo: profile, square viewBox, size, title, description and background. */
import { pictureOf, readViewBox } from '../svg-geometry.ts';
import type { Box } from '../svg-geometry.ts';
import { isBlankText, readSvg } from '../svg-xml.ts';
import type { ChangeLog } from './changes.ts';
import { quoted } from './changes.ts';
import { makeNode, numberText, writeDrawing } from './drawing.ts';
import type { Node } from './drawing.ts';
import { fullBudget, holds, reachesOf } from './extent.ts';
import { unitsOf } from './lengths.ts';

const minPixels = 96; // Google BIMI set-up
const maxPixels = 1024; // house: a size for programs that open the file, no more
const maxTitleCharacters = 64; // as in `svg.title.long`

/** What the file shows, in its own coordinates; `undefined` after a refusal. */
export function boxOf(root: Node, log: ChangeLog): Box | undefined {
  const viewBox = root.attributes.get('viewBox');
  const box = viewBox === undefined ? undefined : readViewBox(viewBox);
  if (box) return box;
  const width = unitsOf(root.attributes.get('width'));
  const height = unitsOf(root.attributes.get('height'));
  if (width !== undefined && height !== undefined && width > 0 && height > 0) {
    log.changed(
      `\`viewBox\` is made of \`width\` and \`height\`: ${numberText(width)} by ${numberText(height)}.`,
      root.at,
    );
    return { x: 0, y: 0, width, height };
  }
  log.refuse(
    'The root has neither a `viewBox` of four numbers nor a `width` and `height` in pixels, so that nobody knows how large the drawing is: export it with a page or artboard.',
    root.at,
  );
  return undefined;
}

/** A description that drawing programs write about themselves. */
const generator = /^\s*(created|generated|made|exported) (with|by|using|from)\b/i;

export interface FrameOptions {
  readonly title?: string;
  /** A colour that `readColour` has read. */
  readonly background?: string;
}

/** `definitions` are the gradients that go into `defs`. */
export function frame(root: Node, box: Box, definitions: readonly Node[], options: FrameOptions, log: ChangeLog): void {
  const title = titleOf(root, options.title, log);
  const desc = root.children.find(({ local, text }) => local === 'desc' && !isBlankText(text) && !generator.test(text));
  if (desc) desc.text = desc.text.replaceAll(/\s+/g, ' ').trim();
  const drawing = root.children.filter(({ local }) => local !== 'title' && local !== 'desc');
  const square = squareOf(root, box, drawing, log);
  const defs = definitions.length === 0 ? [] : [makeNode('defs', {}, root.at, [...definitions])];
  const head = [...(title ? [title] : []), ...(desc ? [desc] : []), ...defs];
  setRoot(root, square, log);
  root.children = [...head, ...drawing];
  if (options.background === undefined) return;
  const seen = readSvg(Buffer.from(writeDrawing(root, 'compact')));
  if (pictureOf(seen, square).background === 'opaque') {
    log.changed('No background is added: a shape covers the whole logo already.');
    return;
  }
  log.changed(`A background of ${quoted(options.background)} is put behind the drawing.`);
  const [x, y, width, height] = [square.x, square.y, square.width, square.height].map(numberText) as [
    string,
    string,
    string,
    string,
  ];
  const at = { ...(square.x === 0 ? {} : { x }), ...(square.y === 0 ? {} : { y }) };
  // Its own stroke, so that one on the root does not draw a border.
  const stroke = root.attributes.has('stroke') ? { stroke: 'none' } : {};
  const rect = makeNode(
    'rect',
    { ...at, width, height, fill: options.background, 'fill-opacity': '1', ...stroke },
    root.at,
  );
  if (!root.attributes.has('fill-opacity')) rect.attributes.delete('fill-opacity');
  root.children = [...head, rect, ...drawing];
}

function titleOf(root: Node, wanted: string | undefined, log: ChangeLog): Node | undefined {
  const found = root.children.find(({ local, text }) => local === 'title' && !isBlankText(text));
  const text = (wanted ?? found?.text ?? '').replaceAll(/\s+/g, ' ').trim();
  if (text === '') {
    log.refuse(
      'The logo has no title, which the profile demands: give the name of the brand with --title "Name".',
      root.at,
    );
    return undefined;
  }
  const before = found?.text.trim();
  if (before !== text)
    log.changed(
      `The title is ${quoted(text)}${before === undefined ? '' : ` instead of ${quoted(before)}`}.`,
      found?.at ?? root.at,
    );
  if ([...text].length > maxTitleCharacters) {
    log.look(
      `The title has more than ${maxTitleCharacters} characters, which some issuers send back: give a shorter one with --title.`,
      found?.at,
    );
  }
  const title = makeNode('title', {}, found?.at ?? root.at);
  title.text = text;
  return title;
}

function squareOf(root: Node, box: Box, drawing: readonly Node[], log: ChangeLog): Box {
  const { x, y, width, height } = box;
  const aspect = root.attributes.get('preserveAspectRatio')?.trim() ?? 'xMidYMid meet';
  const shownWidth = unitsOf(root.attributes.get('width'));
  const shownHeight = unitsOf(root.attributes.get('height'));
  const stretched =
    shownWidth !== undefined && shownHeight !== undefined && Math.abs(shownWidth / shownHeight - width / height) > 0.01;
  if (stretched && (aspect.startsWith('none') || aspect.includes('slice'))) {
    log.look(
      `\`preserveAspectRatio="${aspect}"\` is deleted: the logo is no longer stretched or cut to its \`width\` and \`height\`.`,
      root.at,
    );
  }
  if (width === height) return box;
  const side = Math.max(width, height);
  const where = width > height ? 'above and below' : 'left and right';
  log.changed(
    `The logo was ${numberText(width)} wide and ${numberText(height)} high; it becomes square, with the drawing in the middle and room ${where}.`,
    root.at,
  );
  const reaches = reachesOf(
    {
      ...root,
      attributes: new Map([...root.attributes].filter(([name]) => name.startsWith('stroke'))),
      children: [...drawing],
    },
    { left: fullBudget },
  );
  // Strokes count with their widest reach: a hundredth of the side is not worth a word.
  const outside = reaches?.find((reach) => !holds(box, reach.box, side / 100));
  if (outside)
    log.look('A shape reaches over the edge of the old picture and may show in the new room.', outside.node.at);
  return { x: x - (side - width) / 2, y: y - (side - height) / 2, width: side, height: side };
}

function setRoot(root: Node, { x, y, width }: Box, log: ChangeLog): void {
  const before = new Map(root.attributes);
  const sizes = ['width', 'height'].map((name) => before.get(name));
  const pixels = sizes.map(unitsOf);
  const fine = pixels[0] !== undefined && pixels[0] === pixels[1] && pixels[0] >= minPixels;
  const size = fine
    ? pixels.map((size) => numberText(size ?? minPixels))
    : Array.from({ length: 2 }, () => String(Math.min(maxPixels, Math.max(minPixels, Math.round(width)))));
  const side = numberText(width);
  const wanted = new Map([
    ['xmlns', 'http://www.w3.org/2000/svg'],
    ['version', '1.2'],
    ['baseProfile', 'tiny-ps'],
    ['viewBox', `${numberText(x)} ${numberText(y)} ${side} ${side}`],
    ['width', size[0] ?? ''],
    ['height', size[1] ?? ''],
  ]);
  if (before.get('version') !== '1.2' || before.get('baseProfile') !== 'tiny-ps') {
    log.changed('The root says `version="1.2" baseProfile="tiny-ps"`.', root.at);
  }
  if (!fine)
    log.changed(
      `The root says \`width="${size[0]}" height="${size[1]}"\`: Gmail asks for pixels, at least ${minPixels}.`,
      root.at,
    );
  const needless = ['x', 'y', 'preserveAspectRatio'].filter((name) => before.delete(name)).map((name) => `\`${name}\``);
  if (needless.length > 0) log.changed(`What the root does not need is deleted: ${needless.join(', ')}.`, root.at);
  root.attributes.clear();
  for (const [name, value] of [...wanted, ...[...before].filter(([name]) => !wanted.has(name))])
    root.attributes.set(name, value);
}
