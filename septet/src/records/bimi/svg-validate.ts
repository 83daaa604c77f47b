/**
 * Applies the grammar of `svg-schema.ts` to a tree. The verdict is that of a RELAX NG validator over the AuthIndicators
 * schema, which is what certificate issuers and several receivers run.
 */
import { NAME_CHAR, LETTER } from 'xmlchars/xml/1.0/ed4.js';
import { elements, svgNamespace, xmlNamespace } from './svg-schema.ts';
import type { ElementRule, ValueRule } from './svg-schema.ts';
import type { SvgAttribute, SvgDocument, SvgElement } from './svg-xml.ts';

export type Violation =
  | { readonly kind: 'root'; readonly element: SvgElement }
  /** An element that the schema does not know, or not there. `known`: it exists elsewhere in the schema. */
  | { readonly kind: 'element'; readonly element: SvgElement; readonly known: boolean }
  | { readonly kind: 'first-missing'; readonly element: SvgElement; readonly expected: string }
  /** The element that must be first stands later, or a second time. */
  | { readonly kind: 'not-first'; readonly element: SvgElement; readonly again: boolean }
  | { readonly kind: 'attribute'; readonly element: SvgElement; readonly attribute: SvgAttribute }
  | {
      readonly kind: 'value';
      readonly element: SvgElement;
      readonly attribute: SvgAttribute;
      readonly allowed: string;
    }
  | { readonly kind: 'attribute-missing'; readonly element: SvgElement; readonly name: string; readonly value: string }
  | { readonly kind: 'text'; readonly element: SvgElement };

/** The verdict alone: the file could be read to its end and breaks no rule of the schema. */
export function isSchemaValid(document: SvgDocument): boolean {
  return !document.fault && document.root !== undefined && violations(document.root).length === 0;
}

/** Every place at which the tree breaks the schema, in document order. Nothing below a forbidden element is judged. */
export function violations(root: SvgElement): readonly Violation[] {
  const found: Violation[] = [];
  const bare = root.namespace === '';
  if (root.namespace !== svgNamespace || root.local !== 'svg') found.push({ kind: 'root', element: root });
  if (root.local !== 'svg' || (root.namespace !== svgNamespace && !bare)) return found;
  // Without the namespace the names are still read, so that the other faults show too.
  const namespace = bare ? '' : svgNamespace;
  const rule = elements.get('svg');
  const pending: { readonly element: SvgElement; readonly rule: ElementRule }[] = rule ? [{ element: root, rule }] : [];
  for (let next = pending.pop(); next; next = pending.pop()) {
    checkElement(next.element, next.rule, found);
    const inside: typeof pending = [];
    const { first } = next.rule;
    let firstSeen = false;
    if (first && !next.element.children.some((child) => child.local === first && child.namespace === namespace)) {
      found.push({ kind: 'first-missing', element: next.element, expected: first });
    }
    for (const [index, child] of next.element.children.entries()) {
      const childRule = child.namespace === namespace ? elements.get(child.local) : undefined;
      if (childRule && child.local === first) {
        if (index > 0) found.push({ kind: 'not-first', element: child, again: firstSeen });
        firstSeen = true;
        inside.push({ element: child, rule: childRule });
      } else if (childRule && next.rule.children.has(child.local)) {
        inside.push({ element: child, rule: childRule });
      } else found.push({ kind: 'element', element: child, known: childRule !== undefined });
    }
    for (let i = inside.length - 1; i >= 0; i--) pending.push(inside[i]!);
  }
  return found.sort((a, b) => offsetOf(a) - offsetOf(b));
}

function offsetOf(violation: Violation): number {
  if (violation.kind === 'attribute' || violation.kind === 'value') return violation.attribute.offset;
  if (violation.kind === 'text') return violation.element.textAt ?? violation.element.offset;
  return violation.element.offset;
}

function checkElement(element: SvgElement, rule: ElementRule, found: Violation[]): void {
  let id = false;
  for (const attribute of element.attributes) {
    const name = schemaName(attribute);
    const value = name === undefined ? undefined : rule.attributes.get(name);
    const isId = name === 'id' || name === 'xml:id';
    if (value === undefined || (isId && id)) found.push({ kind: 'attribute', element, attribute });
    else if (!accepts(value, attribute.value)) {
      found.push({ kind: 'value', element, attribute, allowed: describe(value) });
    }
    id ||= isId;
  }
  for (const name of rule.required) {
    if (!element.attributes.some((attribute) => schemaName(attribute) === name)) {
      const value = rule.attributes.get(name);
      found.push({ kind: 'attribute-missing', element, name, value: value === undefined ? '' : describe(value) });
    }
  }
  if (!rule.text && element.textAt !== undefined) found.push({ kind: 'text', element });
}

/** The name under which the schema lists an attribute, `undefined` for namespaces that it does not know. */
function schemaName(attribute: SvgAttribute): string | undefined {
  if (attribute.namespace === '') return attribute.local;
  return attribute.namespace === xmlNamespace ? `xml:${attribute.local}` : undefined;
}

// XML Schema 1.0 takes names from the fourth edition of XML 1.0, not from the fifth.
const ncName = new RegExp(`^[_${LETTER}][${NAME_CHAR.replace(':', '')}]*$`, 'u');
const nmToken = new RegExp(`^[${NAME_CHAR}]+$`, 'u');
// Written so that a long run of white space is walked twice, not squared.
const aspect = /^[ \t\n\r]*(?:none|xMidYMid)(?:[ \t\n\r]*meet)?[ \t\n\r]*$/;

function accepts(rule: ValueRule, value: string): boolean {
  switch (rule) {
    case 'any':
      return true;
    case 'ncname':
      return ncName.test(trim(value));
    case 'nmtokens': {
      const tokens = trim(value);
      return tokens !== '' && tokens.split(/[ \t\n\r]+/).every((token) => nmToken.test(token));
    }
    case 'aspect':
      return aspect.test(value);
    default:
      return rule.includes(trim(value));
  }
}

/** XML white space only: a no-break space is not white space here. */
function trim(value: string): string {
  let start = 0;
  let stop = value.length;
  while (start < stop && isSpace(value.charCodeAt(start))) start++;
  while (stop > start && isSpace(value.charCodeAt(stop - 1))) stop--;
  return start === 0 && stop === value.length ? value : value.slice(start, stop);
}

const isSpace = (code: number): boolean => code === 32 || code === 9 || code === 10 || code === 13;

function describe(rule: ValueRule): string {
  if (rule === 'ncname') return 'a name (a letter first; letters, digits, `.`, `-` and `_` after it)';
  if (rule === 'nmtokens') return 'one or more words of letters, digits, `.`, `-` and `_`';
  if (rule === 'aspect') return 'none or xMidYMid meet';
  return rule === 'any' ? 'any text' : rule.join(', ');
}
