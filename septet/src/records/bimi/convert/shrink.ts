/** A logo that is too large: svgo writes its paths shorter, with fewer and fewer digits, as far as nobody can see it. */
import { readSvg } from '../svg-xml.ts';
import { apply, identity, multiplied, readTransform } from '../svg-transform.ts';
import type { Matrix } from '../svg-transform.ts';
import type { ChangeLog } from './changes.ts';
import { everyNode, writeDrawing } from './drawing.ts';
import type { Node } from './drawing.ts';
import type { Svgo } from './styles.ts';

/** Below what tools that count in thousands accept; the limit itself is 32,768 (Google BIMI set-up). */
export const wantedOctets = 32_000;
export const maxOctets = 32_768;

/** Rounding errors as shares of the side. A thousandth is a quarter of a pixel in a picture of 256. */
const steps = [20_000, 4_000, 1_000];
/** svgo takes quadratic time over one path; a longer one does not fit into 32 KB anyway. */
const maxPathCharacters = 24_000;
/** Rounding leaves a fifth at best. */
const maxHopefulOctets = 160_000;

/** The text of the drawing, at most `maxOctets` long; `undefined` after a refusal. */
export function fit(root: Node, side: number, svgo: Svgo, log: ChangeLog): string | undefined {
  const full = shortest(root);
  if (octetsOf(full) <= wantedOctets) return full;
  let best = full;
  for (const share of octetsOf(full) > maxHopefulOctets ? [] : steps) {
    const decimals = Math.max(0, Math.ceil(Math.log10((share * largestScale(root)) / side)));
    shorten(root, decimals, svgo);
    best = shortest(root);
    if (octetsOf(best) > wantedOctets && share !== steps.at(-1)) continue;
    if (octetsOf(best) > maxOctets) break;
    log.changed(
      `The file had ${octetsOf(full)} octets; its paths are rounded to a ${share.toLocaleString('en')}th of the side, which leaves ${octetsOf(best)}.`,
    );
    return best;
  }
  log.refuse(
    `The logo has ${octetsOf(best)} octets, however its paths are rounded; the limit is ${maxOctets}: simplify it (Inkscape: Path > Simplify; Illustrator: Object > Path > Simplify), or leave out details that nobody sees at the size of an avatar.`,
  );
  return undefined;
}

const octetsOf = (text: string): number => Buffer.byteLength(text);

function shortest(root: Node): string {
  const lines = writeDrawing(root, 'lines');
  return octetsOf(lines) <= wantedOctets ? lines : writeDrawing(root, 'compact');
}

/** Every path by itself: svgo sees one path, not the drawing, so that nothing else changes. */
function shorten(root: Node, decimals: number, svgo: Svgo): void {
  const paths = [...everyNode(root)].filter(
    ({ local, attributes }) => local === 'path' && (attributes.get('d') ?? '').length <= maxPathCharacters,
  );
  if (paths.length === 0) return;
  // Strokes and transforms stay outside of what svgo sees.
  const text = `<svg xmlns="http://www.w3.org/2000/svg" stroke="red" stroke-linecap="round">${paths
    .map(({ attributes }) => `<path d="${attributes.get('d') ?? ''}"/>`)
    .join('')}</svg>`;
  const seen = readSvg(Buffer.from(shorter(text, decimals, svgo)));
  const found = seen.root?.children ?? [];
  if (found.length !== paths.length) return;
  for (const [index, path] of paths.entries()) {
    const d = found[index]?.attributes.find(({ name }) => name === 'd')?.value;
    if (d !== undefined && d !== '') path.attributes.set('d', d);
  }
}

function shorter(text: string, decimals: number, svgo: Svgo): string {
  // `false` is what svgo asks for when it shall make no arcs; its types leave that out.
  const noArcs = false as unknown as undefined;
  const params = {
    floatPrecision: decimals,
    makeArcs: noArcs as unknown as { threshold: number; tolerance: number },
    applyTransforms: false,
  };
  return svgo.optimize(text, { multipass: false, plugins: [{ name: 'convertPathData', params }] }).data;
}

/** How much the largest transform of the drawing enlarges, so that rounding inside of it is as fine as outside. */
function largestScale(root: Node): number {
  let largest = 1e-6;
  const visit = (node: Node, above: Matrix): void => {
    const here = multiplied(above, readTransform(node.attributes.get('transform') ?? '') ?? identity);
    if (node.local === 'path') {
      const [x, y] = apply(here, 0, 0);
      const [ax, ay] = apply(here, 1, 0);
      const [bx, by] = apply(here, 0, 1);
      largest = Math.max(largest, Math.hypot(ax - x, ay - y), Math.hypot(bx - x, by - y));
    }
    for (const child of node.children) visit(child, here);
  };
  visit(root, identity);
  return largest;
}
