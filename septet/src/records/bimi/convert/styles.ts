/** CSS into presentation attributes: `style` elements by svgo's inlineStyles, `style` attributes by our own rules. */
import type * as svgoModule from 'svgo';
import { readSvg } from '../svg-xml.ts';
import type { ChangeLog } from './changes.ts';
import { quoted } from './changes.ts';
import { everyNode, writeDrawing } from './drawing.ts';
import type { Node } from './drawing.ts';

export type Svgo = typeof svgoModule;

/** Matching takes selectors times elements; a logo has a few of each. */
const maxMatching = 50_000_000;
/** Holds the number of an element while svgo has the text. */
const numberAttribute = 'septet-number';

/** Moves the rules of `style` elements into `style` attributes, and drops the elements. */
export function inlineStyleElements(root: Node, svgo: Svgo, log: ChangeLog): void {
  const nodes = [...everyNode(root)];
  const styles = nodes.filter(({ local }) => local === 'style');
  if (styles.length === 0) return;
  const css = styles.map(({ text }) => text).join('\n');
  for (const style of styles) tellStyle(style, log);
  if (css.length * nodes.length > maxMatching) {
    log.refuse(
      'The style sheet is too large to be worked through: let the drawing program export with presentation attributes.',
      styles[0]?.at,
    );
  } else if (css.trim() !== '') {
    for (const [index, node] of nodes.entries()) node.attributes.set(numberAttribute, String(index));
    takeStyles(nodes, inlined(root, svgo), log);
    for (const node of nodes) node.attributes.delete(numberAttribute);
  }
  for (const node of nodes) node.children = node.children.filter(({ local }) => local !== 'style');
}

function tellStyle({ attributes, at }: Node, log: ChangeLog): void {
  const type = attributes.get('type') ?? '';
  const media = attributes.get('media') ?? '';
  if (type !== '' && type !== 'text/css') {
    log.look(`A style sheet of type ${quoted(type)} is deleted: only CSS is read.`, at);
  } else if (media !== '' && media !== 'all' && media !== 'screen') {
    log.look(`The style sheet for ${quoted(media)} is treated as if it were for all media.`, at);
  } else log.changed('The rules of `<style>` become attributes of the shapes: the profile has no CSS.', at);
}

/** The text goes through our own writer, so that svgo never meets a DOCTYPE, an entity or another vocabulary. */
function inlined(root: Node, svgo: Svgo): string {
  return svgo.optimize(`${writeDrawing(root, 'compact')}`, {
    multipass: false,
    plugins: [
      {
        name: 'inlineStyles',
        params: {
          onlyMatchedOnce: false,
          removeMatchedSelectors: true,
          useMqs: ['', 'media screen', 'media all'],
          usePseudos: [''],
        },
      },
    ],
  }).data;
}

function takeStyles(nodes: readonly Node[], text: string, log: ChangeLog): void {
  const seen = readSvg(Buffer.from(text));
  for (const element of seen.elements) {
    const number = element.attributes.find(({ name }) => name === numberAttribute)?.value;
    const node = number === undefined ? undefined : nodes[Number(number)];
    if (!node) continue;
    if (node.local === 'style') tellRest(element.text, node, log);
    else {
      // A style attribute comes before presentation attributes, so nothing else has to be taken over.
      const style = element.attributes.find(({ name }) => name === 'style')?.value;
      if (style !== undefined) node.attributes.set('style', style);
    }
  }
}

/** What svgo left behind: at-rules, states such as `:hover`, and selectors that match nothing. */
function tellRest(css: string, { at }: Node, log: ChangeLog): void {
  for (const [, rule, prelude] of css.matchAll(/@([a-z-]+)([^{};]*)/gi)) {
    if (rule?.toLowerCase() === 'media' && prelude?.trim() === 'print') {
      log.changed('The CSS for printing is deleted.', at);
    } else if (rule?.toLowerCase() === 'import') {
      log.look('`@import` is deleted: a logo may not load anything.', at);
    } else log.look(`The CSS rule \`@${rule}\` cannot become attributes and is deleted.`, at);
  }
  for (const [, state] of css.matchAll(/::?(hover|focus|active|visited|before|after|target)\b/gi)) {
    log.look(`The CSS rule for \`:${state}\` is deleted: a logo has no states.`, at);
  }
}

/** CSS properties that are presentation attributes of SVG; others have nothing to say in a logo. */
const propertyNames = new Set(
  `fill fill-opacity fill-rule stroke stroke-opacity stroke-width stroke-linecap stroke-linejoin stroke-miterlimit
  stroke-dasharray stroke-dashoffset color stop-color stop-opacity opacity display visibility transform transform-origin
  clip-path mask filter marker marker-start marker-mid marker-end mix-blend-mode paint-order vector-effect font-family
  font-size font-style font-variant font-weight text-anchor direction unicode-bidi letter-spacing word-spacing x y width
  height cx cy r rx ry d background background-color mask-type`
    .split(/\s+/)
    .filter(Boolean),
);

/** `style="fill:#036"` becomes `fill="#036"` on every element; `class` has nothing left to refer to. */
export function styleAttributes(root: Node, log: ChangeLog): void {
  const variables = new Map<string, string>();
  for (const node of everyNode(root)) {
    const style = node.attributes.get('style');
    node.attributes.delete('class');
    node.attributes.delete('style');
    if (style === undefined) continue;
    log.changed('`style="…"` becomes attributes: the profile has no CSS.', node.at);
    for (const [name, value] of declarationsOf(style)) {
      if (name.startsWith('--')) variables.set(name, value);
      else if (propertyNames.has(name)) node.attributes.set(name, value);
    }
  }
  for (const node of everyNode(root)) {
    for (const [name, value] of node.attributes) {
      if (value.includes('var(')) node.attributes.set(name, withoutVariables(value, variables, node, log));
    }
  }
}

function withoutVariables(value: string, variables: ReadonlyMap<string, string>, { at }: Node, log: ChangeLog): string {
  const match = /^\s*var\(\s*(--[\w-]+)\s*(?:,\s*(.+))?\)\s*$/s.exec(value.slice(0, 1000));
  const found = match && (variables.get(match[1] ?? '') ?? match[2]);
  if (found === null || found === undefined || found.includes('var(')) {
    log.refuse(`The CSS variable in ${quoted(value)} has no value here: write the colour itself.`, at);
    return 'none';
  }
  log.changed('CSS variables are replaced by their values.', at);
  return found.trim();
}

/** The declarations of a `style` attribute, later ones and `!important` ones winning. Splits outside of quotes only. */
export function declarationsOf(style: string): ReadonlyMap<string, string> {
  const found = new Map<string, { value: string; important: boolean }>();
  const text = style.replaceAll(/\/\*.*?\*\//gs, '');
  for (const piece of splitOutside(text)) {
    const colon = piece.indexOf(':');
    if (colon < 0) continue;
    const written = piece.slice(0, colon).trim();
    const name = written.startsWith('--') ? written : written.toLowerCase();
    const value = piece.slice(colon + 1).trim();
    const important = /!\s*important\s*$/i.test(value);
    const bare = value.replace(/!\s*important\s*$/i, '').trim();
    if (bare === '' || (found.get(name)?.important === true && !important)) continue;
    found.set(name, { value: bare, important });
  }
  return new Map([...found].map(([name, { value }]) => [name, value]));
}

function splitOutside(text: string): readonly string[] {
  const pieces: string[] = [];
  let start = 0;
  let depth = 0;
  let quote = '';
  for (let i = 0; i < text.length; i++) {
    const letter = text[i] ?? '';
    if (quote !== '') {
      if (letter === quote) quote = '';
    } else if (letter === '"' || letter === "'") quote = letter;
    else if (letter === '(') depth++;
    else if (letter === ')') depth--;
    else if (letter === ';' && depth <= 0) {
      pieces.push(text.slice(start, i));
      start = i + 1;
    }
  }
  pieces.push(text.slice(start));
  return pieces;
}
