/** Takes out what a logo may not hold: behaviour, links, alternatives, hidden parts. Refuses what is a picture of another kind. */
import type { ChangeLog } from './changes.ts';
import { quoted } from './changes.ts';
import { gradients, makeNode, shapes } from './drawing.ts';
import type { Node } from './drawing.ts';

const scripts = new Set(['script', 'handler', 'listener']);
const animations = new Set(['animate', 'animateColor', 'animateMotion', 'animateTransform', 'set', 'discard', 'mpath']);
const media = new Set(['audio', 'video', 'animation', 'iframe', 'canvas', 'embed', 'object']);
/** Without any picture of their own. */
const silent = new Set([
  'view',
  'cursor',
  'color-profile',
  'font',
  'font-face',
  'metadata',
  'prefetch',
  'hatch',
  'style',
  'title',
  'desc',
]);
/** Kept for the steps that come later. */
const kept = new Set([
  ...shapes,
  ...gradients,
  ...'g defs use symbol svg stop solidColor text textArea tspan textPath tref clipPath mask filter pattern marker'.split(
    ' ',
  ),
]);
const words = new Set(['text', 'textArea', 'tspan', 'textPath']);
const outline =
  'convert the text to outlines (Inkscape: Path > Object to Path; Illustrator: Type > Create Outlines; Figma: Outline Stroke or Flatten)';

/** The root's own title and description stay; the frame takes care of them. */
export function prune(root: Node, log: ChangeLog): void {
  root.children = root.children.flatMap((child) => {
    if (child.local === 'title' || child.local === 'desc') {
      child.children = [];
      child.attributes.clear();
      return [child];
    }
    return pruned(child, log).filter((one) => fits(root, one, log));
  });
}

function pruned(node: Node, log: ChangeLog): Node[] {
  const { local, attributes, at } = node;
  if (attributes.get('display')?.trim() === 'none') {
    // What is referred to lives on: `display` does not apply inside of definitions.
    if (
      shapes.has(local) ||
      words.has(local) ||
      ['g', 'use', 'image', 'foreignObject', 'svg', 'a', 'switch'].includes(local)
    ) {
      log.changed('Hidden parts (`display: none`) are deleted.', at);
      return [];
    }
  }
  if (scripts.has(local)) return told(log.changed, `\`<${local}>\` is deleted: a logo has no behaviour.`, node);
  if (animations.has(local)) {
    return told(log.look, 'The animation is deleted; the picture stays as it is before anything moves.', node);
  }
  if (node.attributes.has('requiredExtensions') && attributes.get('requiredExtensions')?.trim() !== '') {
    return told(log.changed, `\`<${local}>\` that needs an extension of a program is deleted.`, node);
  }
  if (local === 'image' || local === 'feImage') {
    const linked = !(attributes.get('href') ?? '').trim().startsWith('data:');
    const what = linked ? `the picture ${quoted(attributes.get('href') ?? '')}` : 'a bitmap';
    log.refuse(
      `\`<image>\` holds ${what}, which cannot become shapes by itself: trace it (Inkscape: Path > Trace Bitmap; Illustrator: Image Trace, then Expand), or use the vector original of the logo.`,
      at,
    );
    return [];
  }
  if (local === 'foreignObject') {
    log.refuse('`<foreignObject>` holds HTML or other foreign content: draw it as shapes, or delete it.', at);
    return [];
  }
  if (media.has(local)) {
    log.refuse(`\`<${local}>\` holds another medium: a logo is a still picture of shapes. Delete it.`, at);
    return [];
  }
  if (local === 'flowRoot' || local === 'tref' || local === 'textPath') {
    log.refuse(`\`<${local}>\` sets words in a way that the profile does not have: ${outline}.`, at);
    return [];
  }
  if (local === 'mesh' || local === 'meshgradient' || local === 'meshGradient') {
    log.refuse('Mesh gradients are not part of the profile: use a linear or radial gradient.', at);
    return [];
  }
  if (local === 'title' || local === 'desc') {
    return told(
      log.changed,
      `\`<${local}>\` inside of the drawing is deleted: only the logo as a whole has one.`,
      node,
    );
  }
  if (silent.has(local)) return told(log.changed, `\`<${local}>\` is deleted: it is no part of the picture.`, node);
  if (local === 'a' || local === 'switch') return unwrapped(node, log);
  if (!kept.has(local))
    return told(
      log.changed,
      `\`<${local}>\` is deleted: SVG has no such element, and browsers show nothing of it.`,
      node,
    );
  // What a filter does is not looked at: it is refused where it is used.
  node.children =
    local === 'filter'
      ? []
      : node.children.flatMap((child) => pruned(child, log)).filter((child) => fits(node, child, log));
  return [node];
}

/** Browsers show nothing of a shape inside of a shape, nor of a colour stop outside of a gradient. */
function fits(node: Node, child: Node, log: ChangeLog): boolean {
  const { local } = node;
  const part = child.local === 'stop' || child.local === 'tspan';
  const fine = gradients.has(local)
    ? child.local === 'stop'
    : words.has(local)
      ? child.local !== 'stop'
      : !part && !shapes.has(local) && local !== 'stop' && local !== 'solidColor' && local !== 'use';
  if (!fine) log.changed(`\`<${child.local}>\` inside of \`<${local}>\` shows nothing and is deleted.`, child.at);
  return fine;
}

function told(tell: ChangeLog['changed'], sentence: string, { at }: Node): Node[] {
  tell(sentence, at);
  return [];
}

function unwrapped(node: Node, log: ChangeLog): Node[] {
  const { local, at } = node;
  if (local === 'a') log.changed('The link `<a>` is deleted; what stands inside it stays.', at);
  else log.changed('`<switch>` is replaced by the first alternative that every program can show.', at);
  node.attributes.delete('href');
  const possible = local === 'a' ? node.children : node.children.filter(suitsEverybody).slice(0, 1);
  const group = makeNode('g', {}, at);
  for (const [name, value] of node.attributes) group.attributes.set(name, value);
  group.children = possible.flatMap((child) => pruned(child, log)).filter((child) => fits(group, child, log));
  return [group];
}

function suitsEverybody({ attributes, local }: Node): boolean {
  if (local === 'foreignObject' || local === 'title' || local === 'desc') return false;
  const languages = attributes.get('systemLanguage');
  const english = languages === undefined || languages.split(',').some((language) => /^\s*en\b/i.test(language));
  return (
    english && (attributes.get('requiredExtensions') ?? '') === '' && (attributes.get('requiredFonts') ?? '') === ''
  );
}
