/** Transforms as SVG writes them: CSS forms with units are rewritten, `transform-origin` is worked in. */
import { readTransform } from '../svg-transform.ts';
import type { ChangeLog } from './changes.ts';
import { quoted } from './changes.ts';
import { everyNode, makeNode, numberText } from './drawing.ts';
import type { Node } from './drawing.ts';
import { unitsOf } from './lengths.ts';

/** The profile has no transform on the root: its children go into a group that has it. */
export function plainTransforms(root: Node, log: ChangeLog): void {
  for (const node of everyNode(root)) {
    const transform = node.attributes.get('transform')?.trim();
    const origin = node.attributes.get('transform-origin')?.trim();
    node.attributes.delete('transform-origin');
    if (transform === undefined) continue;
    const plain = transform === 'none' || transform === '' ? '' : plainTransform(transform);
    if (plain === undefined) {
      log.refuse(
        `The transform ${quoted(transform)} cannot be read: let the drawing program apply it to the shapes.`,
        node.at,
      );
      continue;
    }
    if (plain === '') node.attributes.delete('transform');
    else node.attributes.set('transform', withOrigin(plain, origin, node, log));
  }
  const own = root.attributes.get('transform');
  if (own === undefined) return;
  root.attributes.delete('transform');
  log.changed('The transform of the root moves into a group: the profile allows none on `<svg>`.', root.at);
  const staying = root.children.filter(({ local }) => local === 'title' || local === 'desc');
  const moving = root.children.filter((child) => !staying.includes(child));
  root.children = [...staying, makeNode('g', { transform: own }, root.at, moving)];
}

/** Of a transform of CSS; patterns over foreign text stay short. */
const maxCharacters = 1000;

/** `rotate(45deg)` and `translate(1px, 2px)` without units. */
function plainTransform(text: string): string | undefined {
  if (readTransform(text)) return text;
  if (text.length > maxCharacters) return undefined;
  const rewritten = text.replaceAll(
    /(-?[\d.]+(?:e[+-]?\d+)?)(px|deg|rad|turn)\b/gi,
    (_, number: string, unit: string) => {
      const factor = { px: 1, deg: 1, rad: 180 / Math.PI, turn: 360 }[unit.toLowerCase()] ?? 1;
      return numberText(Number(number) * factor);
    },
  );
  const known = rewritten
    .replaceAll(/translateX\(([^()]*)\)/g, 'translate($1 0)')
    .replaceAll(/translateY\(([^()]*)\)/g, 'translate(0 $1)')
    .replaceAll(/scaleX\(([^()]*)\)/g, 'scale($1 1)')
    .replaceAll(/scaleY\(([^()]*)\)/g, 'scale(1 $1)');
  return readTransform(known) ? known : undefined;
}

function withOrigin(transform: string, origin: string | undefined, { at }: Node, log: ChangeLog): string {
  if (origin === undefined || /^(0(px|%)?\s*){1,3}$/.test(origin)) return transform;
  const [x, y = x] = origin.split(/\s+/).map(unitsOf);
  if (x === undefined || y === undefined) {
    log.refuse(
      `\`transform-origin\` says ${quoted(origin)}: let the drawing program apply the transform to the shapes.`,
      at,
    );
    return transform;
  }
  log.changed('`transform-origin` is worked into the transform.', at);
  return `translate(${numberText(x)} ${numberText(y)}) ${transform} translate(${numberText(-x)} ${numberText(-y)})`;
}
