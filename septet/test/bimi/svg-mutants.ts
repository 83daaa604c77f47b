/** Logos, good ones and seeded mutants of them, for comparing our verdict with that of a RELAX NG validator. */
import { elements } from '../../src/records/bimi/svg-schema.ts';

const head = 'xmlns="http://www.w3.org/2000/svg" version="1.2" baseProfile="tiny-ps"';

/** Enough rounds of two attributes for the element that has the most. */
const coveringRounds = Math.ceil(Math.max(...[...elements.values()].map(({ attributes }) => attributes.size)) / 2);

/** Valid logos that between them use every element and every attribute of the schema. */
export function seeds(): readonly string[] {
  return [
    `<svg ${head} viewBox="0 0 100 100"><title>Example</title><desc>A square</desc><rect width="100" height="100" fill="#036"/><path d="M10 10h20v20z" fill="red"/></svg>`,
    `<?xml version="1.0" encoding="UTF-8"?>\n<!-- made by hand -->\n<svg ${head} width="100" height="100" preserveAspectRatio="xMidYMid meet" zoomAndPan="disable" focusable="false" snapshotTime="none">\n  <title xml:lang="en">Example</title>\n  <defs><linearGradient id="a" gradientUnits="userSpaceOnUse" x1="0" x2="1"><stop offset="0" stop-color="red"/><stop offset="1"/></linearGradient><radialGradient xml:id="b" cx="1" r="3"><stop/></radialGradient><solidColor id="c" solid-color="red"/></defs>\n  <g transform="none" fill="url(#a)" class="x y"><g><circle cx="5" cy="5" r="5"/><ellipse rx="3"/></g><line x1="0" y2="9" stroke-linecap="round"/></g>\n  <metadata>free text</metadata>\n</svg>`,
    `<s:svg xmlns:s="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" version="1.2" baseProfile=" tiny-ps "><s:title><![CDATA[a < b]]></s:title><s:use href="#p" x="3"/><s:polygon id="p" points="0,0 1,1 2,0"/><s:polyline points="0 0 1 1"/><s:text x="1" editable="none" font-weight="inherit">words &amp; more</s:text><s:textArea width="auto">words</s:textArea></s:svg>`,
    ...Array.from({ length: coveringRounds }, (_, round) => covering(round)),
  ];
}

/**
 * Documents with every element where it may stand, each with two of its attributes in turn. Not all at once:
 * libxml2 takes exponential time over the schema's interleaved attributes.
 */
function covering(round: number): string {
  const attributesOf = (name: string): string => {
    const all = [...(elements.get(name)?.attributes ?? [])].filter(([attribute]) => attribute !== 'xml:id');
    const required = elements.get(name)?.required ?? [];
    return all
      .filter(([attribute], index) => required.includes(attribute) || Math.floor(index / 2) === round)
      .map(([attribute, rule]) => {
        const word = { any: '1', ncname: 'n1', nmtokens: 'a b', aspect: 'none' };
        return ` ${attribute}="${typeof rule === 'string' ? word[rule] : rule.at(-1)}"`;
      })
      .join('');
  };
  const inside = (name: string): string => {
    const rule = elements.get(name);
    const children = [...(rule?.children ?? [])].filter((child) => child !== 'g' && child !== name);
    return (rule?.first ? one(rule.first) : '') + children.map(one).join('') + (rule?.text ? 'words' : '');
  };
  const one = (name: string): string =>
    `<${name}${attributesOf(name)}>${name === 'defs' ? '<g/>' : inside(name)}</${name}>\n`;
  return `<svg xmlns="http://www.w3.org/2000/svg"${attributesOf('svg')}>${inside('svg')}${one('g')}</svg>`;
}

/** A small deterministic generator (mulberry32): the same seed gives the same mutants everywhere. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const strangers = [
  'script',
  'image',
  'a',
  'style',
  'tspan',
  'font',
  'glyph',
  'filter',
  'animate',
  'symbol',
  'switch',
  'SVG',
  'foo:bar',
  'title',
  'stop',
  'metadata',
  'svg',
];
const strangeAttributes = [
  'opacity',
  'style',
  'x',
  'y',
  'onclick',
  'xlink:href',
  'href',
  'overflow',
  'display',
  'xml:id',
  'id',
  'xml:lang',
  'xml:foo',
  'foo:bar',
  'class',
  'd',
  'gradientTransform',
  'xmlns:foo',
  'xmlns',
  'font-weight',
  'viewBox',
  'editable',
  'focusable',
  'requiredFonts',
];
const values = [
  '',
  ' ',
  'none',
  'inherit',
  'false',
  ' false ',
  'true',
  '1.2',
  '1.20',
  'tiny-ps',
  'tiny',
  'a',
  '1a',
  'a b',
  'a:b',
  'é',
  'Слой_1',
  'レイヤー',
  '图层',
  'a·b',
  '😀',
  'a(b',
  'xMidYMid',
  'xMidYMid slice',
  ' none meet ',
  'round',
  'Round',
  '#fff',
  'en-US',
  'http://www.w3.org/2000/svg',
  'http://www.w3.org/1999/xlink',
  'a&#10;b',
  '&#160;false',
  '&lt;',
  '-a',
  '_',
  '.a',
  'ͿͿ',
];
const insertions = [
  '<g/>',
  '<g></g>',
  ' ',
  '\n',
  'x',
  '&#32;',
  '&#160;',
  '&amp;',
  '&nbsp;',
  '<![CDATA[ ]]>',
  '<![CDATA[x]]>',
  '<!-- c -->',
  '<?pi x?>',
  '<title/>',
  '<desc>d</desc>',
  '<path/>',
  '<metadata/>',
  '<use href="#a"/>',
  '<stop/>',
  '<',
  '</g>',
  '<g>',
  ']]>',
  '<!-- a -- b -->',
  '<defs><title/></defs>',
  '<font/>',
  '<text>a<b/></text>',
  '<g xmlns="">',
  '<g xmlns=""/>',
  '<x:g xmlns:x="http://www.w3.org/2000/svg"/>',
];

/** Changes one to three things: names, attributes, values, elements, order, characters. */
export function mutate(source: string, random: () => number): string {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  let text = source;
  for (let rounds = 1 + Math.floor(random() * 2.2); rounds > 0; rounds--) {
    const tags = [...text.matchAll(/<\/?[A-Za-z][^<>]*>/g)];
    const starts = tags.filter(([tag]) => !tag.startsWith('</'));
    const attributes = [...text.matchAll(/\s([A-Za-z:-]+)="([^"<]*)"/g)];
    const cut = (at: number, length: number, by: string): string => text.slice(0, at) + by + text.slice(at + length);
    const start = starts.length > 0 ? pick(starts) : undefined;
    const attribute = attributes.length > 0 ? pick(attributes) : undefined;
    const action = random();
    if (action < 0.14 && attribute) text = cut(attribute.index, attribute[0].length, '');
    else if (action < 0.34 && attribute)
      text = cut(attribute.index, attribute[0].length, ` ${attribute[1]}="${pick(values)}"`);
    else if (action < 0.42 && attribute)
      text = cut(attribute.index, attribute[0].length, ` ${pick(strangeAttributes)}="${attribute[2]}"`);
    else if (action < 0.6 && start) {
      const at = start.index + /^<[^\s/>]+/.exec(start[0])![0].length;
      text = cut(at, 0, ` ${random() < 0.5 ? pick(strangeAttributes) : pick(attributes)?.[1]}="${pick(values)}"`);
    } else if (action < 0.7 && start) {
      const name = /^<([^\s/>]+)/.exec(start[0])![1]!;
      const other = random() < 0.5 ? pick(strangers) : pick([...elements.keys()]);
      text = text.replaceAll(new RegExp(`(</?)${name}(?=[\\s/>])`, 'g'), `$1${other}`);
    } else if (action < 0.84 && tags.length > 0) {
      const tag = pick(tags);
      text = cut(tag.index + (random() < 0.5 ? 0 : tag[0].length), 0, pick(insertions));
    } else if (action < 0.9 && starts.length > 1) {
      // Swap two self-closing or empty neighbours by moving one start tag's whole run.
      const empty = starts.filter(([tag]) => tag.endsWith('/>'));
      if (empty.length > 0) {
        const moved = pick(empty);
        const without = cut(moved.index, moved[0].length, '');
        const targets = [...without.matchAll(/<[^<>]*>/g)];
        const target = pick(targets);
        text = without.slice(0, target.index) + moved[0] + without.slice(target.index);
      }
    } else if (action < 0.95 && start) text = cut(start.index, start[0].length, '');
    else {
      const at = Math.floor(random() * text.length);
      text = cut(at, random() < 0.5 ? 1 : 0, pick(['', 'x', '<', '&', '"', ' ', '>', '/']));
    }
  }
  return text;
}
