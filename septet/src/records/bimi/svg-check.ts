/** Judges a logo: the schema of SVG Tiny PS, what keeps a file safe, and what providers ask for beyond it. */
import type { Finding } from '../../finding/finding.ts';
import { pictureOf, readViewBox } from './svg-geometry.ts';
import { referenceFindings } from './svg-references.ts';
import { makeReport, shortened } from './svg-report.ts';
import type { Report, SvgSource } from './svg-report.ts';
import { svgNamespace, xlinkNamespace, xmlNamespace } from './svg-schema.ts';
import { violations } from './svg-validate.ts';
import type { Violation } from './svg-validate.ts';
import { isBlankText, maxReadOctets, readSvg } from './svg-xml.ts';
import type { SvgDocument, SvgElement } from './svg-xml.ts';

export interface SvgVerdict {
  /**
   * Whether the file is well formed and keeps to the AuthIndicators schema: the verdict of a RELAX NG validator.
   * Size, shape, safety and advice are findings beside it.
   */
  readonly schemaValid: boolean;
  readonly findings: readonly Finding[];
  /** The bytes after decompression; empty when they could not be had. */
  readonly plain: Uint8Array;
}

/** The BIMI Group and Google: 32 KB; tools that count in thousands stop at 32,000. */
const maxSvgOctets = 32_768;
const maxSvgOctetsOfSomeTools = 32_000;
const minPixels = 96; // Google BIMI set-up
const maxTitleCharacters = 64;
const maxPaths = 500;
const maxSegments = 10_000;

/** Pure; linear in the size of the file; never throws. */
export function checkSvg(bytes: Uint8Array, source: SvgSource): SvgVerdict {
  const document = readSvg(bytes);
  const { report, findings } = makeReport(document.text, source);
  checkFile(document, report);
  const { root } = document;
  if (!root) return { schemaValid: false, findings: findings(), plain: document.plain };
  const broken = violations(root);
  // What the reader did not get to see is not missing.
  const seen = document.fault ? broken.filter(({ kind }) => kind !== 'first-missing') : broken;
  for (const violation of seen) reportViolation(violation, report);
  if (root.local === 'svg') {
    for (const element of document.elements) checkElement(element, report);
    checkRoot(root, report);
    if (!document.fault) {
      referenceFindings(document, report);
      checkTitle(root, report);
      checkPicture(document, root, report);
    }
  }
  return { schemaValid: !document.fault && broken.length === 0, findings: findings(), plain: document.plain };
}

function checkFile(document: SvgDocument, report: Report): void {
  const { fault, octets, doctype } = document;
  if (fault?.kind === 'too-large') report.add('svg.bytes', undefined, { octets: `more than ${maxReadOctets}` });
  else if (octets > maxSvgOctets) report.add('svg.bytes', undefined, { octets });
  else if (octets > maxSvgOctetsOfSomeTools) report.add('svg.bytes', undefined, { octets }, 'warning');
  if (document.gzipped && fault?.kind !== 'gzip' && fault?.kind !== 'too-large') {
    report.add('svg.gzip', undefined, { octets });
  }
  if (doctype) report.add('svg.xml.doctype', doctype);
  for (const at of document.stylesheets) report.add('svg.xml.stylesheet_pi', at);
  if (document.encoding !== 'utf-8' && document.encoding !== 'utf8' && fault?.kind !== 'encoding') {
    report.add('svg.xml.encoding', undefined, { encoding: document.encoding });
  }
  const entityOfDoctype = fault?.kind === 'entity' && doctype !== undefined;
  if (fault && fault.kind !== 'too-large' && !entityOfDoctype) {
    const at = document.text === '' ? undefined : { offset: fault.offset, length: 1 };
    report.add('svg.xml.invalid', at, { detail: fault.detail });
  }
}

function reportViolation(violation: Violation, report: Report): void {
  const { element } = violation;
  const onRoot = element.parent === undefined;
  switch (violation.kind) {
    case 'root': {
      if (element.local !== 'svg') {
        report.add('svg.xml.invalid', element, { detail: `the root element is <${element.name}>, not <svg>` });
        return;
      }
      const namespace =
        element.namespace === '' ? 'no namespace' : `\`${element.namespace ?? 'an undeclared prefix'}\``;
      report.add('svg.root.xmlns', element, { namespace });
      return;
    }
    case 'element': {
      if (classOf(element)) return; // told by checkElement, which also sees what stands deeper
      if (isForeign(element.namespace)) {
        const namespace = element.namespace ?? element.name.split(':')[0] ?? '';
        report.add('svg.editor_data', element, { what: `<${element.name}>`, namespace }, 'error');
        return;
      }
      const where = violation.known ? `inside \`<${element.parent?.name ?? ''}>\`` : 'in a logo';
      report.add('svg.element.forbidden', element, { element: element.name, where });
      return;
    }
    case 'first-missing':
      report.add('svg.title.missing', element);
      return;
    case 'not-first': {
      const what = violation.again ? 'There is a second `<title>`' : 'The `<title>` is not the first element';
      report.add('svg.title.position', element, { what });
      return;
    }
    case 'attribute-missing': {
      const code = violation.name === 'version' ? 'svg.root.version' : 'svg.root.base_profile';
      report.add(code, element, { found: `no \`${violation.name}\`` });
      return;
    }
    case 'text':
      report.add('svg.text.stray', { offset: element.textAt ?? element.offset, length: 1 }, { element: element.name });
      return;
    case 'attribute':
      reportAttribute(violation, onRoot, report);
      return;
    case 'value': {
      const { attribute, allowed } = violation;
      const found = attribute.value;
      if (onRoot && attribute.name === 'version') report.add('svg.root.version', attribute, { found: `\`${found}\`` });
      else if (onRoot && attribute.name === 'baseProfile') {
        report.add('svg.root.base_profile', attribute, { found: `\`${found}\`` });
      } else if (onRoot && attribute.name === 'preserveAspectRatio') {
        report.add('svg.root.preserve_aspect', attribute, { found });
      } else if (onRoot && fixedOnRoot.has(attribute.name)) {
        report.add('svg.root.fixed_values', attribute, { attribute: attribute.name, found, allowed });
      } else {
        const args = { element: element.name, attribute: attribute.name, found: shortened(found), allowed };
        report.add('svg.attribute.value', attribute, args);
      }
    }
  }
}

const fixedOnRoot = new Set([
  'zoomAndPan',
  'externalResourcesRequired',
  'focusable',
  'snapshotTime',
  'playbackOrder',
  'timelineBegin',
]);

function reportAttribute(violation: Extract<Violation, { kind: 'attribute' }>, onRoot: boolean, report: Report): void {
  const { attribute, element } = violation;
  const plain = attribute.namespace === '';
  if (plain && attribute.local.toLowerCase().startsWith('on')) {
    report.add('svg.script', attribute, { what: attribute.name });
  } else if (plain && attribute.local === 'style') {
    report.add('svg.css', attribute, { what: `style="${shortened(attribute.value)}"` });
  } else if (attribute.namespace === undefined && attribute.name.startsWith('xlink:')) {
    report.add('svg.xlink_ns', attribute, { attribute: attribute.name });
  } else if (isForeign(attribute.namespace) && attribute.namespace !== xlinkNamespace) {
    const namespace = attribute.namespace ?? attribute.name.split(':')[0] ?? '';
    report.add('svg.editor_data', attribute, { what: attribute.name, namespace }, 'error');
  } else if (onRoot && plain && (attribute.local === 'x' || attribute.local === 'y')) {
    report.add('svg.root.xy', attribute, { attribute: attribute.name });
  } else if (onRoot) report.add('svg.root.overflow', attribute, { attribute: attribute.name });
  else report.add('svg.attribute.forbidden', attribute, { element: element.name, attribute: attribute.name });
}

type ElementClass =
  | 'svg.script'
  | 'svg.animation'
  | 'svg.image'
  | 'svg.foreign'
  | 'svg.css'
  | 'svg.effects'
  | 'svg.tspan';

const elementClasses: ReadonlyMap<string, ElementClass> = new Map<string, ElementClass>([
  ...classed('svg.script', ['script', 'handler', 'listener']),
  ...classed('svg.animation', [
    'animate',
    'animateColor',
    'animateMotion',
    'animateTransform',
    'set',
    'discard',
    'mpath',
  ]),
  ...classed('svg.image', ['image', 'feImage']),
  ...classed('svg.foreign', ['foreignObject', 'audio', 'video', 'animation', 'iframe', 'canvas', 'a', 'switch']),
  ...classed('svg.css', ['style']),
  ...classed('svg.effects', ['filter', 'mask', 'clipPath', 'pattern', 'symbol', 'marker']),
  ...classed('svg.tspan', ['tspan']),
]);

function classed(code: ElementClass, names: readonly string[]): readonly (readonly [string, ElementClass])[] {
  return names.map((name) => [name, code]);
}

function classOf(element: SvgElement): ElementClass | undefined {
  return isForeign(element.namespace) ? undefined : elementClasses.get(element.local);
}

/** Neither SVG nor no namespace at all (which the root's finding tells) nor XML itself. */
function isForeign(namespace: string | undefined): boolean {
  return namespace !== svgNamespace && namespace !== '' && namespace !== xmlNamespace;
}

function checkElement(element: SvgElement, report: Report): void {
  const kind = classOf(element);
  if (kind === 'svg.script' || kind === 'svg.image' || kind === 'svg.css') {
    report.add(kind, element, { what: `<${element.name}>` });
  } else if (kind) report.add(kind, element, { element: element.name });
  else if (element.local === 'text' || element.local === 'textArea') {
    if (!isForeign(element.namespace)) report.add('svg.text', element, { element: element.name });
  }
  for (const [prefix, namespace] of element.declared) {
    if (isEditor(namespace)) {
      report.add('svg.editor_data', element, { what: prefix === '' ? 'xmlns' : `xmlns:${prefix}`, namespace });
    }
  }
}

const editors = [
  'inkscape.org',
  'sodipodi',
  'ns.adobe.com',
  'bohemiancoding.com',
  'figma.com',
  'corel.com',
  'serif.com',
];
const vocabularies = [
  'http://www.w3.org/1999/02/22-rdf-syntax-ns#',
  'http://creativecommons.org/ns#',
  'http://purl.org/dc/',
];

function isEditor(namespace: string): boolean {
  return editors.some((part) => namespace.includes(part)) || vocabularies.some((start) => namespace.startsWith(start));
}

function checkRoot(root: SvgElement, report: Report): void {
  const viewBox = root.attributes.find(({ name }) => name === 'viewBox');
  const box = viewBox && readViewBox(viewBox.value);
  if (!viewBox) report.add('svg.viewbox.missing', root);
  else if (!box || viewBox.value.includes(',')) {
    report.add('svg.viewbox.syntax', viewBox, { found: shortened(viewBox.value) });
  }
  const sizes = ['width', 'height'].map((name) => {
    const attribute = root.attributes.find((candidate) => candidate.name === name);
    if (!attribute) return undefined;
    const pixels = inPixels(attribute.value);
    const args = { attribute: name, found: shortened(attribute.value) };
    if (pixels === undefined) report.add('svg.size.relative', attribute, args);
    else if (pixels < minPixels) report.add('svg.size.small', attribute, args);
    return pixels;
  });
  if (!root.attributes.some(({ name }) => name === 'width' || name === 'height')) report.add('svg.size.absent', root);
  const [width, height] = box ? [box.width, box.height] : sizes;
  const different = width !== undefined && height !== undefined && Math.abs(width - height) > 0.01;
  const [shownWidth, shownHeight] = sizes;
  if (different) report.add('svg.aspect.not_square', viewBox ?? root, { width, height });
  else if (shownWidth !== undefined && shownHeight !== undefined && Math.abs(shownWidth - shownHeight) > 0.01) {
    report.add('svg.aspect.not_square', root, { width: shownWidth, height: shownHeight });
  }
}

/** CSS pixels in one of each absolute unit. */
const pixelsPerUnit: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['px', 1],
  ['pt', 96 / 72],
  ['pc', 16],
  ['in', 96],
  ['cm', 96 / 2.54],
  ['mm', 96 / 25.4],
]);

function inPixels(value: string): number | undefined {
  const match = /^\s*\+?(\d+\.?\d*|\.\d+)([a-z]*)\s*$/.exec(value);
  const unit = match && pixelsPerUnit.get(match[2] ?? '');
  return match && unit !== undefined && unit !== null ? Number(match[1]) * unit : undefined;
}

const genericTitle =
  /^(untitled.*|unbenannt.*|drawing.*|document.*|logo|icon|image|layer ?\d*|ebene ?\d*|artboard.*|title|svg|.*\.(svg|ai|eps|png)|.*(inkscape|illustrator|figma|sketch|coreldraw).*)$/i;

function checkTitle(root: SvgElement, report: Report): void {
  const title = root.children.find(({ local }) => local === 'title');
  if (title) {
    const text = title.text.trim();
    const characters = [...text].length;
    if (isBlankText(text)) report.add('svg.title.empty', title);
    else if (characters > maxTitleCharacters) report.add('svg.title.long', title, { count: characters });
    else if (genericTitle.test(text)) report.add('svg.title.generic', title, { title: text });
  }
  if (!root.children.some(({ local }) => local === 'desc')) report.add('svg.desc.missing', root);
}

function checkPicture(document: SvgDocument, root: SvgElement, report: Report): void {
  const viewBox = root.attributes.find(({ name }) => name === 'viewBox');
  const picture = pictureOf(document, viewBox && readViewBox(viewBox.value));
  if (picture.background === 'transparent') report.add('svg.background', viewBox);
  if (picture.outsideCircle) report.add('svg.centred', picture.outsideCircle);
  if (picture.paths > maxPaths || picture.segments > maxSegments) {
    report.add('svg.complexity', undefined, { paths: picture.paths, segments: picture.segments });
  }
}
