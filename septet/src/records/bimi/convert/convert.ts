/**
 * An ordinary SVG into SVG Tiny PS, the profile of BIMI logos (draft-svg-tiny-ps-abrotman; the AuthIndicators schema).
 * The picture stays the same; where it cannot, the change is told as such, or the logo is refused with what to do.
 *
 *     bytes → tree → styles as attributes → nothing hidden or moving → plain groups → plain paint → frame → text
 *
 * Nothing is fetched or run. Each step has a file of its own.
 */
import type { Finding } from '../../../finding/finding.ts';
import { checkSvg } from '../svg-check.ts';
import type { SvgSource } from '../svg-report.ts';
import { svgNamespace } from '../svg-schema.ts';
import { readSvg } from '../svg-xml.ts';
import type { SvgDocument, SvgElement } from '../svg-xml.ts';
import { changeLog, quoted } from './changes.ts';
import type { Change, ChangeLog } from './changes.ts';
import { plainEffects } from './clips.ts';
import { readColour } from './colours.ts';
import { everyNode, gradients, readDrawing, referenceOf } from './drawing.ts';
import type { Node } from './drawing.ts';
import { fullBudget } from './extent.ts';
import { boxOf, frame } from './frame.ts';
import { plainGradients } from './gradients.ts';
import type { PlainGradient } from './gradients.ts';
import { plainPaint } from './paint.ts';
import { prune } from './prune.ts';
import { fit, maxOctets } from './shrink.ts';
import { inlineStyleElements, styleAttributes } from './styles.ts';
import type { Svgo } from './styles.ts';
import { tidy } from './tidy.ts';
import { plainTransforms } from './transforms.ts';
import { unfold } from './unfold.ts';
import { plainWords } from './words.ts';

export interface ConvertOptions {
  /** The name of the brand; without it the title of the file stays. */
  readonly title?: string;
  /** A colour behind the whole logo, where nothing covers it yet. */
  readonly background?: string;
  /** For the findings on the result. */
  readonly source: SvgSource;
}

export type Conversion =
  | {
      readonly kind: 'converted';
      readonly svg: string;
      /** Of the result, as UTF-8. */
      readonly octets: number;
      readonly changes: readonly Change[];
      /** What our own check says of the result; none of them is an error. */
      readonly findings: readonly Finding[];
    }
  /** `changes` say why, and what to do; all are of kind `refused`. */
  | { readonly kind: 'refused'; readonly changes: readonly Change[] };

/** Never throws on foreign input; time and memory are bounded by the limits of `readSvg` and of `unfold`. */
export async function convertLogo(bytes: Uint8Array, options: ConvertOptions): Promise<Conversion> {
  const document = readSvg(bytes);
  const log = changeLog(document.text);
  const { root } = document;
  if (document.fault || !root)
    log.refuse(faultSentence(document), document.text === '' ? undefined : faultPlace(document));
  else if (!isSvg(root)) {
    log.refuse(`The file is ${quoted(`<${root.name}>`)}, not SVG: export the logo as SVG.`, root);
  } else {
    const svgo: Svgo = await import('svgo');
    const svg = converted(document, root, options, svgo, log);
    if (svg !== undefined && !log.refused) return judged(svg, options.source, log);
  }
  return refusal(log);
}

const refusal = (log: ChangeLog): Conversion => ({
  kind: 'refused',
  changes: log.list().filter(({ kind }) => kind === 'refused'),
});

const isSvg = ({ local, namespace }: SvgElement): boolean =>
  local === 'svg' && (namespace === '' || namespace === svgNamespace);

function converted(
  document: SvgDocument,
  element: SvgElement,
  options: ConvertOptions,
  svgo: Svgo,
  log: ChangeLog,
): string | undefined {
  const { colorsNames: names } = svgo._collections;
  const root = readDrawing(document, element, log);
  if (tooMuch(root, log)) return undefined;
  inlineStyleElements(root, svgo, log);
  styleAttributes(root, log);
  const background = backgroundOf(root, options.background, names, log);
  prune(root, log);
  plainTransforms(root, log);
  const box = boxOf(root, log);
  if (!box) return undefined;
  unfold(root, box, log);
  if (log.refused) return undefined;
  plainWords(root, log);
  const definitions = takeDefinitions(root);
  const budget = { left: fullBudget };
  plainEffects(root, { definitions, viewBox: box, budget, log });
  const setting = { names, viewport: box, log };
  const gradients = plainGradients(definitions, setting);
  plainPaint(root, { ...setting, gradients, budget });
  if (log.refused) return undefined;
  frame(
    root,
    box,
    usedIn(root, gradients),
    {
      ...(options.title === undefined ? {} : { title: options.title }),
      ...(background === undefined ? {} : { background }),
    },
    log,
  );
  tidy(root, log);
  return log.refused ? undefined : fit(root, Math.max(box.width, box.height), svgo, log);
}

/** No rounding brings more than this down to 32 KB. */
const maxPathCharacters = 400_000;

function tooMuch(root: Node, log: ChangeLog): boolean {
  let characters = 0;
  for (const { attributes } of everyNode(root))
    characters += (attributes.get('d') ?? attributes.get('points') ?? '').length;
  if (characters <= maxPathCharacters) return false;
  log.refuse(
    `The drawing has ${characters} characters of path data, and the limit for the whole logo is ${maxOctets} octets: simplify it (Inkscape: Path > Simplify; Illustrator: Object > Path > Simplify).`,
  );
  return true;
}

const hiddenElements = new Set([
  'defs',
  'symbol',
  'clipPath',
  'mask',
  'filter',
  'pattern',
  'marker',
  'solidColor',
  'stop',
  ...gradients,
]);

/** Everything that can be referred to; what paints nothing by itself leaves the drawing. */
function takeDefinitions(root: Node): ReadonlyMap<string, Node> {
  const found = new Map<string, Node>();
  for (const node of everyNode(root)) {
    const id = node.attributes.get('id');
    if (id !== undefined && !found.has(id)) found.set(id, node);
  }
  const clear = (node: Node): void => {
    if (node.local === 'clipPath' || node.local === 'mask' || gradients.has(node.local)) return;
    for (const child of node.children) clear(child);
    node.children = node.children.filter(({ local }) => !hiddenElements.has(local));
  };
  clear(root);
  return found;
}

function usedIn(root: Node, gradients: ReadonlyMap<string, PlainGradient>): readonly Node[] {
  const used = new Set<string>();
  for (const { attributes } of everyNode(root)) {
    for (const name of ['fill', 'stroke']) used.add(referenceOf(attributes.get(name)) ?? '');
  }
  return [...gradients.values()].flatMap(({ node, id }) => (node && used.has(id) ? [node] : []));
}

function backgroundOf(
  root: Node,
  wanted: string | undefined,
  names: Readonly<Record<string, string>>,
  log: ChangeLog,
): string | undefined {
  const styled = root.attributes.get('background-color') ?? root.attributes.get('background');
  const value = wanted ?? styled;
  if (value === undefined || (wanted === undefined && /^(none|transparent)$/i.test(value.trim()))) return undefined;
  const colour = readColour(value, names);
  if (colour?.alpha === 1) return colour.text;
  if (wanted !== undefined)
    log.refuse(`The background ${quoted(wanted)} is not an opaque colour such as \`#fff\` or \`white\`.`);
  else
    log.look(`The background ${quoted(value)} of the root is deleted: give a plain colour with --background.`, root.at);
  return undefined;
}

/** The schema and our own check have the last word. */
function judged(svg: string, source: SvgSource, log: ChangeLog): Conversion {
  const bytes = Buffer.from(svg);
  const { schemaValid, findings } = checkSvg(bytes, source);
  const errors = findings.filter(({ severity }) => severity === 'error');
  for (const { message, fix } of errors) log.refuse(`After the conversion one thing is left: ${message} ${fix.text}`);
  if (!schemaValid && errors.length === 0)
    log.refuse('The result does not keep to the schema of the profile. Please report this with the file.');
  if (log.refused) return refusal(log);
  return { kind: 'converted', svg, octets: bytes.length, changes: log.list(), findings };
}

function faultPlace({ fault }: SvgDocument): { readonly offset: number; readonly length: number } | undefined {
  return fault && { offset: fault.offset, length: 1 };
}

function faultSentence({ fault, doctype }: SvgDocument): string {
  const again = 'export the logo again as plain SVG';
  switch (fault?.kind) {
    case 'too-large':
      return `The file is too large to be a logo (${fault.detail}): ${again}, without bitmaps inside.`;
    case 'too-many':
    case 'too-deep':
      return `The drawing is too complex to be a logo (${fault.detail}): simplify it.`;
    case 'gzip':
      return `The file cannot be unpacked (${fault.detail}): ${again}.`;
    case 'entity':
      return `The file uses an entity ${doctype ? 'of its DOCTYPE ' : ''}(${fault.detail}), which can hide other text or load it, so none is expanded: ${again} (Illustrator: File > Export > Export As, instead of Save As).`;
    case 'encoding':
      return `The file cannot be read as text (${fault.detail}): save it as UTF-8.`;
    default:
      return `The file cannot be read as SVG (${fault?.detail ?? 'it is empty'}): ${again}.`;
  }
}
