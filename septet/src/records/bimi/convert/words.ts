/** Live text: kept where the profile can hold it, with advice; `tspan` is worked in or refused. */
import { isBlankText } from '../svg-xml.ts';
import type { ChangeLog } from './changes.ts';
import { copyOf } from './drawing.ts';
import type { Node } from './drawing.ts';

const outlines =
  'convert the text to outlines (Inkscape: Path > Object to Path; Illustrator: Type > Create Outlines; Figma: Flatten)';

export function plainWords(node: Node, log: ChangeLog): void {
  node.children = node.children.flatMap((child) => {
    if (child.local === 'text' || child.local === 'textArea') return wordsOf(child, log);
    if (child.local === 'tspan') {
      log.changed('`<tspan>` outside of a text shows nothing and is deleted.', child.at);
      return [];
    }
    plainWords(child, log);
    return [child];
  });
}

function wordsOf(text: Node, log: ChangeLog): Node[] {
  const { at } = text;
  const parts = text.children;
  if (parts.length === 0 && isBlankText(text.text)) {
    log.changed('A text without words is deleted.', at);
    return [];
  }
  log.look(`Words stay live text, which every reader sets in another font: better ${outlines}.`, at);
  if (parts.length === 0) return [plainText(text, log)];
  const flat = parts.map(onlyTspan);
  const placed =
    flat.length === 1 ||
    flat.every((part) => part?.attributes.has('x') && (part.attributes.has('y') || text.attributes.has('y')));
  if (!isBlankText(text.text) || flat.includes(undefined) || !placed) {
    log.refuse(`A text is made of several \`<tspan>\`, which the profile does not have: ${outlines}.`, at);
    return [];
  }
  log.changed('`<tspan>` becomes a text of its own: the profile does not have it.', at);
  return flat.flatMap((part) => {
    if (!part || isBlankText(part.text)) return [];
    const made = copyOf(text);
    made.children = [];
    made.text = part.text;
    for (const [name, value] of part.attributes) made.attributes.set(name, value);
    return [plainText(made, log)];
  });
}

/** A `tspan` with words and nothing else; one inside another becomes one. */
function onlyTspan(part: Node): Node | undefined {
  if (part.local !== 'tspan') return undefined;
  if (part.children.length === 0) return part;
  const inner = part.children.length === 1 && isBlankText(part.text) ? onlyTspan(part.children[0]!) : undefined;
  if (!inner) return undefined;
  const made = copyOf(inner);
  for (const [name, value] of part.attributes) if (!made.attributes.has(name)) made.attributes.set(name, value);
  return made;
}

const spacing = [
  'dx',
  'dy',
  'textLength',
  'lengthAdjust',
  'letter-spacing',
  'word-spacing',
  'writing-mode',
  'baseline-shift',
  'dominant-baseline',
];

function plainText(text: Node, log: ChangeLog): Node {
  const { attributes, at } = text;
  for (const name of spacing) {
    const value = attributes.get(name)?.trim();
    attributes.delete(name);
    if (value !== undefined && !/^(0(px|em)?|normal|auto|baseline|lr-tb|horizontal-tb)$/.test(value)) {
      log.look(`\`${name}\` of a text is deleted, as the profile does not have it: the letters move.`, at);
    }
  }
  if (attributes.get('xml:space')?.trim() !== 'preserve') text.text = text.text.replaceAll(/\s+/g, ' ').trim();
  return text;
}

/** `font-weight` in numbers as the words that the profile has. */
export function plainWeight(value: string): string {
  const weight = Number(value);
  return Number.isFinite(weight) && value.trim() !== '' ? (weight >= 600 ? 'bold' : 'normal') : value;
}
