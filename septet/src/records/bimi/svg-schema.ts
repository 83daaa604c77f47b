/**
 * The grammar of SVG Tiny Portable/Secure as data: which elements exist, where they may stand, which attributes each
 * takes and which values. Written from the AuthIndicators RELAX NG schema (`SVG_1.2_PS.rng`), down to its oddities:
 * `font-weight` takes no `inherit` on the root, `use` takes a plain `href` and no `xlink:href`, and the root's
 * `opacity` does not exist. `svg-validate.ts` applies it.
 */

export const svgNamespace = 'http://www.w3.org/2000/svg';
export const xmlNamespace = 'http://www.w3.org/XML/1998/namespace';
export const xlinkNamespace = 'http://www.w3.org/1999/xlink';

/**
 * What a value may be: anything; an XML name without colon; one or more name tokens; `none` or `xMidYMid` with an
 * optional `meet`; or one of the listed words (white space around them does not count).
 */
export type ValueRule = 'any' | 'ncname' | 'nmtokens' | 'aspect' | readonly string[];

export interface ElementRule {
  /** Keyed by attribute name; attributes of the XML namespace stand as `xml:lang`. */
  readonly attributes: ReadonlyMap<string, ValueRule>;
  readonly required: readonly string[];
  /** The one element that must come first, if there is one. It may not come again. */
  readonly first?: string;
  /** What may stand inside, in any order and number. */
  readonly children: ReadonlySet<string>;
  /** Whether character data other than white space may stand inside. */
  readonly text: boolean;
}

type Attributes = Readonly<Record<string, ValueRule>>;

const any = 'any';
const inherit = 'inherit';

/** Identity, language and RDFa attributes. `id` and `xml:id` exclude each other. */
const core: Attributes = {
  id: 'ncname',
  'xml:id': 'ncname',
  'xml:base': any,
  // The schema makes the language optional inside the value, which libxml2 reads as "any text".
  'xml:lang': any,
  'xml:space': ['default', 'preserve'],
  class: 'nmtokens',
  role: any,
  rel: any,
  rev: any,
  typeof: any,
  content: any,
  datatype: any,
  resource: any,
  about: any,
  property: any,
};

/** The presentation attributes of everything that is painted. There is no `opacity` and no `display` among them. */
const properties: Attributes = {
  'fill-opacity': any,
  'stroke-opacity': any,
  fill: any,
  'fill-rule': [inherit, 'nonzero', 'evenodd'],
  stroke: any,
  'stroke-dasharray': any,
  'stroke-dashoffset': any,
  'stroke-linecap': ['butt', 'round', 'square', inherit],
  'stroke-linejoin': ['miter', 'round', 'bevel', inherit],
  'stroke-miterlimit': any,
  'stroke-width': any,
  color: any,
  'color-rendering': ['auto', 'optimizeSpeed', 'optimizeQuality', inherit],
  'vector-effect': ['none', 'non-scaling-stroke', inherit],
  direction: ['ltr', 'rtl', inherit],
  'unicode-bidi': ['normal', 'embed', 'bidi-override', inherit],
  'solid-color': any,
  'solid-opacity': any,
  'display-align': ['auto', 'before', 'center', 'after', inherit],
  'line-increment': any,
  'stop-color': any,
  'stop-opacity': any,
  'font-family': any,
  'font-size': any,
  'font-style': ['normal', 'italic', 'oblique', inherit],
  'font-variant': ['normal', 'small-caps', inherit],
  'font-weight': ['normal', 'bold', 'bolder', 'lighter', inherit],
  'text-anchor': ['start', 'middle', 'end', inherit],
  'text-align': ['start', 'center', 'end', inherit],
};

/** The attributes that `title` and `desc` take instead of the painting ones. */
const media: Attributes = {
  display: [
    'inline',
    'block',
    'list-item',
    'run-in',
    'compact',
    'marker',
    'table',
    'inline-table',
    'table-row-group',
    'table-header-group',
    'table-footer-group',
    'table-row',
    'table-column-group',
    'table-column',
    'table-cell',
    'table-caption',
    'none',
    inherit,
  ],
  visibility: ['visible', 'hidden', 'collapse', inherit],
  'image-rendering': ['auto', 'optimizeSpeed', 'optimizeQuality', inherit],
  'shape-rendering': ['auto', 'optimizeSpeed', 'crispEdges', 'geometricPrecision', inherit],
  'text-rendering': ['auto', 'optimizeSpeed', 'optimizeLegibility', 'geometricPrecision', inherit],
  'buffered-rendering': ['auto', 'dynamic', 'static', inherit],
  'viewport-fill': any,
  'viewport-fill-opacity': any,
};

const conditions: Attributes = { requiredFonts: any, systemLanguage: any };
const transform: Attributes = { transform: any };

/** What the root and only the root says about itself. */
const document: Attributes = {
  width: any,
  height: any,
  viewBox: any,
  version: ['1.2'],
  baseProfile: ['tiny-ps'],
  contentScriptType: any,
  externalResourcesRequired: ['false'],
  focusable: ['false'],
  playbackOrder: ['all'],
  preserveAspectRatio: 'aspect',
  snapshotTime: ['none'],
  timelineBegin: ['onLoad'],
  zoomAndPan: ['disable'],
};

const shapes = ['path', 'rect', 'circle', 'line', 'ellipse', 'polyline', 'polygon'];
const graphics = [...shapes, 'solidColor', 'textArea', 'linearGradient', 'radialGradient', 'text', 'g', 'defs', 'use'];

function element(
  attributes: readonly Attributes[],
  content: { readonly children?: readonly string[]; readonly text?: true; readonly first?: string } = {},
  required: readonly string[] = [],
): ElementRule {
  return {
    attributes: new Map(attributes.flatMap((group) => Object.entries(group))),
    required,
    children: new Set(content.children),
    text: content.text ?? false,
    ...(content.first ? { first: content.first } : {}),
  };
}

const shape = (own: readonly string[]): ElementRule => element([core, transform, properties, conditions, free(own)]);

/** Attributes whose value the schema leaves open. */
function free(names: readonly string[]): Attributes {
  return Object.fromEntries(names.map((name) => [name, any]));
}

/** Every element that the schema can reach. `font` and its parts are defined there, but nothing may contain them. */
export const elements: ReadonlyMap<string, ElementRule> = new Map<string, ElementRule>([
  [
    'svg',
    element(
      [core, properties, { 'font-weight': ['normal', 'bold', 'bolder', 'lighter'] }, document],
      { first: 'title', children: [...graphics, 'desc', 'metadata'] },
      ['version', 'baseProfile'],
    ),
  ],
  ['title', element([core, conditions, media], { text: true })],
  ['desc', element([core, conditions, media], { text: true })],
  ['metadata', element([], { text: true })],
  ['defs', element([core, properties], { children: graphics })],
  ['g', element([core, transform, properties, conditions], { children: graphics })],
  ['use', shape(['href', 'x', 'y'])],
  ['path', shape(['d', 'pathLength'])],
  ['rect', shape(['x', 'y', 'width', 'height', 'rx', 'ry'])],
  ['circle', shape(['cx', 'cy', 'r'])],
  ['ellipse', shape(['rx', 'ry', 'cx', 'cy'])],
  ['line', shape(['x1', 'y1', 'x2', 'y2'])],
  ['polyline', shape(['points'])],
  ['polygon', shape(['points'])],
  [
    'text',
    element([core, transform, properties, conditions, free(['x', 'y', 'rotate']), { editable: ['none'] }], {
      text: true,
    }),
  ],
  ['textArea', element([core, transform, properties, conditions, free(['x', 'y', 'width', 'height'])], { text: true })],
  [
    'linearGradient',
    element([core, properties, gradientUnits(), free(['x1', 'y1', 'x2', 'y2'])], { children: ['stop'] }),
  ],
  ['radialGradient', element([core, properties, gradientUnits(), free(['cx', 'cy', 'r'])], { children: ['stop'] })],
  ['solidColor', element([core, properties])],
  ['stop', element([core, properties, free(['offset'])])],
]);

function gradientUnits(): Attributes {
  return { gradientUnits: ['userSpaceOnUse', 'objectBoundingBox'] };
}
