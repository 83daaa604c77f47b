/** What is left at the end that the schema does not list: attributes without a picture of their own, empty groups. */
import type { Span } from '../../../text/parsed.ts';
import { elements } from '../svg-schema.ts';
import type { ChangeLog } from './changes.ts';
import { quoted } from './changes.ts';
import type { Node } from './drawing.ts';
import { withoutArcs } from './outline.ts';
import { plainWeight } from './words.ts';

/** Allowed by the schema, but nothing in the result refers to them. */
const idle = new Set(
  'id xml:id class role rel rev typeof content datatype resource about property xml:base xml:lang color-rendering requiredFonts systemLanguage'.split(
    ' ',
  ),
);

export function tidy(root: Node, log: ChangeLog): void {
  const dropped = new Map<string, Span>();
  const visit = (node: Node, inDefs: boolean): void => {
    const rule = elements.get(node.local);
    for (const [name, written] of node.attributes) {
      if (name === 'xmlns') continue;
      const value = name === 'font-weight' ? plainWeight(written) : written;
      if (value !== written) node.attributes.set(name, value);
      const allowed = rule?.attributes.get(name);
      const fits = allowed !== undefined && (typeof allowed === 'string' || allowed.includes(value.trim()));
      const kept = name === 'id' ? inDefs : !idle.has(name) && (name !== 'xml:space' || node.local === 'text');
      if (fits && kept) continue;
      node.attributes.delete(name);
      if (allowed !== undefined && !fits) {
        log.changed(`\`${name}=${quoted(value).slice(1, -1)}\` is deleted: the profile has no such value.`, node.at);
      } else if (!idle.has(name) && name !== 'xml:space' && !dropped.has(name)) dropped.set(name, node.at);
    }
    if (node.local === 'path') {
      const plain = withoutArcs(node.attributes.get('d') ?? '');
      if (plain !== undefined) {
        node.attributes.set('d', plain);
        log.changed('Arcs in paths become curves: SVG Tiny has no arcs.', node.at);
      }
    }
    for (const child of node.children) visit(child, inDefs || node.local === 'defs');
    node.children = node.children.flatMap(lighter);
  };
  visit(root, false);
  const names = [...dropped.keys()].map((name) => `\`${name}\``).join(', ');
  const [first] = dropped.values();
  if (names !== '')
    log.changed(
      `Attributes that the profile does not have, and that change nothing here, are deleted: ${names}.`,
      first,
    );
}

/** An empty group paints nothing; one without attributes says nothing. */
function lighter(node: Node): Node[] {
  if (node.local !== 'g') return [node];
  if (node.children.length === 0) return [];
  return node.attributes.size === 0 ? node.children : [node];
}
