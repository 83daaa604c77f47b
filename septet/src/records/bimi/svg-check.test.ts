import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { root as rootName } from '../../dns/name.ts';
import { expectCodes } from '../../../test/zone-world.ts';
import { rows } from './findings-svg.ts';
import { checkSvg } from './svg-check.ts';

const source = { place: 'logo.svg', subject: { name: rootName, type: 'SVG' } };
const check = (text: string | Uint8Array) => checkSvg(typeof text === 'string' ? Buffer.from(text) : text, source);

/** A logo with nothing to say about; every scenario changes one thing. */
const good =
  '<svg xmlns="http://www.w3.org/2000/svg" version="1.2" baseProfile="tiny-ps" width="100" height="100" viewBox="0 0 100 100">' +
  '<title>Example Bakery</title><desc>A loaf</desc><rect width="100" height="100" fill="#036"/><path d="M40 40h20v20h-20z" fill="#fff"/></svg>';

const root = (attributes: string): string => good.replace(' version=', ` ${attributes} version=`);
const inside = (content: string): string => good.replace('</svg>', `${content}</svg>`);
const swap = (from: string, to: string): string => {
  assert.ok(good.includes(from), from);
  return good.replace(from, to);
};
const background = '<rect width="100" height="100" fill="#036"/>';

type Code = keyof typeof rows;
interface Scenario {
  readonly name: string;
  readonly svg: string | Uint8Array;
  readonly codes: readonly Code[];
  readonly schemaValid: boolean;
}

const scenarios: readonly Scenario[] = [
  { name: 'a clean logo', svg: good, codes: [], schemaValid: true },
  { name: 'not XML', svg: 'GIF89a', codes: ['svg.xml.invalid'], schemaValid: false },
  { name: 'an HTML page', svg: '<html><body/></html>', codes: ['svg.xml.invalid'], schemaValid: false },
  { name: 'cut off', svg: good.slice(0, -30), codes: ['svg.xml.invalid'], schemaValid: false },
  {
    name: 'not UTF-8',
    svg: Buffer.concat([Buffer.from(good), Buffer.from([0xff])]),
    codes: ['svg.xml.invalid'],
    schemaValid: false,
  },
  { name: 'damaged gzip', svg: gzipSync(good).subarray(0, 60), codes: ['svg.xml.invalid'], schemaValid: false },
  {
    name: 'an undefined entity',
    svg: inside('<text>&nbsp;</text>'),
    codes: ['svg.xml.invalid', 'svg.text'],
    schemaValid: false,
  },
  { name: 'a doctype', svg: `<!DOCTYPE svg>${good}`, codes: ['svg.xml.doctype'], schemaValid: true },
  {
    name: 'an entity',
    svg: `<!DOCTYPE svg [<!ENTITY a "b">]>${swap('A loaf', '&a;')}`,
    codes: ['svg.xml.doctype'],
    schemaValid: false,
  },
  {
    name: 'Latin-1',
    svg: Buffer.from(`<?xml version="1.0" encoding="ISO-8859-1"?>${swap('Bakery', 'Bäckerei')}`, 'latin1'),
    codes: ['svg.xml.encoding'],
    schemaValid: true,
  },
  { name: 'UTF-16', svg: Buffer.from(`\ufeff${good}`, 'utf16le'), codes: ['svg.xml.encoding'], schemaValid: true },
  { name: 'UTF-8 with a byte order mark', svg: `\ufeff${good}`, codes: [], schemaValid: true },
  {
    name: 'a style sheet',
    svg: `<?xml-stylesheet href="a.css"?>${good}`,
    codes: ['svg.xml.stylesheet_pi'],
    schemaValid: true,
  },
  {
    name: 'no namespace',
    svg: swap('xmlns="http://www.w3.org/2000/svg"', ''),
    codes: ['svg.root.xmlns'],
    schemaValid: false,
  },
  { name: 'version 1.1', svg: swap('version="1.2"', 'version="1.1"'), codes: ['svg.root.version'], schemaValid: false },
  { name: 'no version', svg: swap('version="1.2"', ''), codes: ['svg.root.version'], schemaValid: false },
  { name: 'another profile', svg: swap('tiny-ps', 'tiny'), codes: ['svg.root.base_profile'], schemaValid: false },
  { name: 'no profile', svg: swap('baseProfile="tiny-ps"', ''), codes: ['svg.root.base_profile'], schemaValid: false },
  { name: 'x and y', svg: root('x="0" y="0"'), codes: ['svg.root.xy', 'svg.root.xy'], schemaValid: false },
  { name: 'overflow', svg: root('overflow="visible"'), codes: ['svg.root.overflow'], schemaValid: false },
  { name: 'zoomAndPan', svg: root('zoomAndPan="magnify"'), codes: ['svg.root.fixed_values'], schemaValid: false },
  { name: 'the permitted zoomAndPan', svg: root('zoomAndPan="disable"'), codes: [], schemaValid: true },
  {
    name: 'slice',
    svg: root('preserveAspectRatio="xMidYMid slice"'),
    codes: ['svg.root.preserve_aspect'],
    schemaValid: false,
  },
  { name: 'meet', svg: root('preserveAspectRatio="xMidYMid meet"'), codes: [], schemaValid: true },
  { name: 'no viewBox', svg: swap('viewBox="0 0 100 100"', ''), codes: ['svg.viewbox.missing'], schemaValid: true },
  {
    name: 'viewBox with commas',
    svg: swap('0 0 100 100', '0,0,100,100'),
    codes: ['svg.viewbox.syntax'],
    schemaValid: true,
  },
  { name: 'viewBox of three', svg: swap('0 0 100 100', '0 0 100'), codes: ['svg.viewbox.syntax'], schemaValid: true },
  { name: 'not square', svg: swap('0 0 100 100', '0 0 100 80'), codes: ['svg.aspect.not_square'], schemaValid: true },
  {
    name: 'square box, flat size',
    svg: swap('height="100" viewBox', 'height="120" viewBox'),
    codes: ['svg.aspect.not_square'],
    schemaValid: true,
  },
  {
    name: 'per cent',
    svg: swap('width="100" height="100" viewBox', 'width="100%" height="100%" viewBox'),
    codes: ['svg.size.relative', 'svg.size.relative'],
    schemaValid: true,
  },
  {
    name: 'small',
    svg: swap('width="100" height="100" viewBox', 'width="64px" height="64px" viewBox'),
    codes: ['svg.size.small', 'svg.size.small'],
    schemaValid: true,
  },
  {
    name: 'an inch',
    svg: swap('width="100" height="100" viewBox', 'width="1in" height="1in" viewBox'),
    codes: [],
    schemaValid: true,
  },
  {
    name: 'no size',
    svg: swap('width="100" height="100" viewBox', 'viewBox'),
    codes: ['svg.size.absent'],
    schemaValid: true,
  },
  {
    name: 'no title',
    svg: swap('<title>Example Bakery</title>', ''),
    codes: ['svg.title.missing'],
    schemaValid: false,
  },
  { name: 'empty title', svg: swap('Example Bakery', ' '), codes: ['svg.title.empty'], schemaValid: true },
  {
    name: 'title after desc',
    svg: swap('<title>Example Bakery</title><desc>A loaf</desc>', '<desc>A loaf</desc><title>Example Bakery</title>'),
    codes: ['svg.title.position'],
    schemaValid: false,
  },
  { name: 'two titles', svg: inside('<title>Again</title>'), codes: ['svg.title.position'], schemaValid: false },
  { name: 'long title', svg: swap('Example Bakery', 'x'.repeat(65)), codes: ['svg.title.long'], schemaValid: true },
  { name: 'untitled', svg: swap('Example Bakery', 'Untitled-1'), codes: ['svg.title.generic'], schemaValid: true },
  { name: 'no desc', svg: swap('<desc>A loaf</desc>', ''), codes: ['svg.desc.missing'], schemaValid: true },
  { name: '32,001 octets', svg: good + ' '.repeat(32_001 - good.length), codes: ['svg.bytes'], schemaValid: true },
  { name: '32,769 octets', svg: good + ' '.repeat(32_769 - good.length), codes: ['svg.bytes'], schemaValid: true },
  { name: '10 MB', svg: Buffer.alloc(10_000_000, 32), codes: ['svg.bytes'], schemaValid: false },
  { name: 'a gzip bomb', svg: gzipSync(Buffer.alloc(50_000_000, 32)), codes: ['svg.bytes'], schemaValid: false },
  { name: 'an unknown element', svg: inside('<blink/>'), codes: ['svg.element.forbidden'], schemaValid: false },
  {
    name: 'a known element in the wrong place',
    svg: inside('<g><metadata/></g>'),
    codes: ['svg.element.forbidden'],
    schemaValid: false,
  },
  { name: 'a font', svg: inside('<defs><font/></defs>'), codes: ['svg.element.forbidden'], schemaValid: false },
  { name: 'opacity', svg: inside('<path opacity="0.5"/>'), codes: ['svg.attribute.forbidden'], schemaValid: false },
  {
    name: 'xlink:href',
    svg: inside('<use id="a" xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="#a"/>'),
    codes: ['svg.attribute.forbidden'],
    schemaValid: false,
  },
  {
    name: 'a wrong word',
    svg: inside('<path stroke-linecap="flat"/>'),
    codes: ['svg.attribute.value'],
    schemaValid: false,
  },
  { name: 'an id that is no name', svg: inside('<path id="1"/>'), codes: ['svg.attribute.value'], schemaValid: false },
  { name: 'text between shapes', svg: inside('hello'), codes: ['svg.text.stray'], schemaValid: false },
  { name: 'a script', svg: inside('<script>alert(1)</script>'), codes: ['svg.script'], schemaValid: false },
  { name: 'an event handler', svg: inside('<path onclick="x"/>'), codes: ['svg.script'], schemaValid: false },
  {
    name: 'a script address',
    svg: inside('<use href=" Java\tscript:x"/>'.replace('\t', '')),
    codes: ['svg.script'],
    schemaValid: true,
  },
  { name: 'an animation', svg: inside('<g><animate/></g>'), codes: ['svg.animation'], schemaValid: false },
  { name: 'a bitmap', svg: inside('<image/>'), codes: ['svg.image'], schemaValid: false },
  {
    name: 'a bitmap in a reference',
    svg: inside('<use href="data:image/png;base64,AAAA"/>'),
    codes: ['svg.image'],
    schemaValid: true,
  },
  { name: 'a link around shapes', svg: inside('<a><path/></a>'), codes: ['svg.foreign'], schemaValid: false },
  { name: 'a style element', svg: inside('<style>.a{}</style>'), codes: ['svg.css'], schemaValid: false },
  { name: 'a style attribute', svg: inside('<path style="fill:red"/>'), codes: ['svg.css'], schemaValid: false },
  { name: 'a clipping path', svg: inside('<clipPath id="a"/>'), codes: ['svg.effects'], schemaValid: false },
  {
    name: 'a tspan',
    svg: inside('<text>a<tspan>b</tspan></text>'),
    codes: ['svg.text', 'svg.tspan'],
    schemaValid: false,
  },
  {
    name: 'a reference to the web',
    svg: inside('<use href="https://example.com/a.svg#b"/>'),
    codes: ['svg.reference.external'],
    schemaValid: true,
  },
  {
    name: 'paint from the web',
    svg: inside('<path fill="url(http://example.com/#a)"/>'),
    codes: ['svg.reference.external'],
    schemaValid: true,
  },
  {
    name: 'a lost gradient',
    svg: inside('<path fill="url(#lost)"/>'),
    codes: ['svg.reference.broken'],
    schemaValid: true,
  },
  {
    name: 'a found gradient',
    svg: inside('<defs><linearGradient id="a"/></defs><path fill="url(#a)"/>'),
    codes: [],
    schemaValid: true,
  },
  {
    name: 'xlink undeclared',
    svg: inside('<use id="a" xlink:href="#a"/>'),
    codes: ['svg.xlink_ns'],
    schemaValid: false,
  },
  { name: 'live text', svg: inside('<text>Bakery</text>'), codes: ['svg.text'], schemaValid: true },
  {
    name: 'an editor declared',
    svg: root('xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape"'),
    codes: ['svg.editor_data'],
    schemaValid: true,
  },
  {
    name: 'an editor attribute',
    svg: inside('<g xmlns:i="http://ns.adobe.com/AdobeIllustrator/10.0/" i:extraneous="self"/>'),
    codes: ['svg.editor_data', 'svg.editor_data'],
    schemaValid: false,
  },
  { name: 'an editor element', svg: inside('<x:y xmlns:x="urn:x"/>'), codes: ['svg.editor_data'], schemaValid: false },
  { name: 'no background', svg: swap(background, ''), codes: ['svg.background'], schemaValid: true },
  {
    name: 'a rounded background',
    svg: swap(background, '<rect width="100" height="100" rx="9"/>'),
    codes: ['svg.background'],
    schemaValid: true,
  },
  {
    name: 'a round background',
    svg: swap(background, '<circle cx="50" cy="50" r="50"/>'),
    codes: ['svg.background'],
    schemaValid: true,
  },
  {
    name: 'a translucent background that proves nothing',
    svg: swap(background, '<rect width="100" height="100" fill-opacity="0.5"/>'),
    codes: [],
    schemaValid: true,
  },
  {
    name: 'a background by path and transform',
    svg: swap(background, '<g transform="translate(0 100) scale(1,-1)"><path d="M0,0H100V100H0z"/></g>'),
    codes: [],
    schemaValid: true,
  },
  {
    name: 'a gradient background',
    svg: swap(
      background,
      '<linearGradient id="a"><stop/></linearGradient><path d="m0 0 100 0 0 100-100 0z" fill="url(#a)"/>',
    ),
    codes: [],
    schemaValid: true,
  },
  {
    name: 'artwork in a corner',
    svg: inside('<rect x="2" y="2" width="5" height="5" fill="#fff"/>'),
    codes: ['svg.centred'],
    schemaValid: true,
  },
  { name: 'many paths', svg: inside('<path/>'.repeat(500)), codes: ['svg.complexity'], schemaValid: true },
  {
    name: 'many segments',
    svg: inside(`<path d="M50 50${'h0'.repeat(10_000)}"/>`),
    codes: ['svg.complexity'],
    schemaValid: true,
  },
  { name: 'compressed', svg: gzipSync(good), codes: ['svg.gzip'], schemaValid: true },
];

for (const { name, svg, codes, schemaValid } of scenarios) {
  test(`logo: ${name}`, () => {
    const verdict = check(svg);
    expectCodes(verdict.findings, codes);
    assert.equal(verdict.schemaValid, schemaValid);
  });
}

test('every code of the catalogue stands in a scenario', () => {
  const told = new Set<string>(scenarios.flatMap(({ codes }) => codes));
  assert.deepEqual(
    Object.keys(rows).filter((code) => !told.has(code)),
    [],
  );
});

test('size decides between warning and error', () => {
  const at = (octets: number) =>
    check(good + ' '.repeat(octets - good.length)).findings.map(({ severity }) => severity);
  assert.deepEqual(at(32_000), []);
  assert.deepEqual(at(32_001), ['warning']);
  assert.deepEqual(at(32_768), ['warning']);
  assert.deepEqual(at(32_769), ['error']);
});

test('evidence shows the line, the column and the fault', () => {
  const [finding] = check(good.replace('<path', '\n<path').replace('d="M40', 'opacity=".5" d="M40')).findings;
  const text = '<path opacity=".5" d="M40 40h20v20h-20z" fill="#fff"/></svg>';
  assert.deepEqual(finding?.evidence, [
    { kind: 'file', place: 'logo.svg', line: 2, column: 7, text, marks: [{ offset: 6, length: 12 }] },
  ]);
});

test('equal faults are one finding with several places', () => {
  const verdict = check(inside('<path opacity="1"/>'.repeat(9)));
  assert.equal(verdict.findings.length, 1);
  assert.equal(verdict.findings[0]?.evidence.length, 6);
});

const milliseconds = (work: () => void): number => {
  const start = performance.now();
  work();
  return performance.now() - start;
};

test('hostile files cost little', () => {
  const bombs: readonly (readonly [string, string])[] = [
    ['depth', `<svg xmlns="http://www.w3.org/2000/svg">${'<g>'.repeat(300_000)}`],
    ['elements', inside('<g/>'.repeat(250_000))],
    ['attributes', inside(`<g ${Array.from({ length: 80_000 }, (_, i) => `a${i}="1"`).join(' ')}/>`)],
    ['blanks in a value', root(`preserveAspectRatio="none${' '.repeat(1_000_000)}x"`)],
    ['tokens', root(`class="${'a '.repeat(400_000)}("`)],
    ['urls', inside(`<path fill="${'url('.repeat(200_000)}"/>`)],
    ['lines', inside('\n<x/>'.repeat(49_000))],
    ['numbers', inside(`<path d="M0 0${' 1'.repeat(400_000)}"/>`)],
    [
      'billion laughs',
      `<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "${'&a;'.repeat(1000)}"><!ENTITY c "${'&b;'.repeat(1000)}">]>${swap('A loaf', '&c;')}`,
    ],
  ];
  for (const [name, text] of bombs) {
    const taken = milliseconds(() => check(text));
    assert.ok(taken < 40_000, `${name}: ${taken} ms`);
  }
});

test('any bytes are read without an exception', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void check(bytes)),
    { numRuns: 300 },
  );
  const piece = fc.constantFrom(
    '<svg ',
    '<g>',
    '</g>',
    '<path d="',
    'M0 0',
    'a1 1',
    '"',
    '>',
    '/>',
    '<!',
    '[',
    ']]>',
    '&',
    'url(#',
    'viewBox="',
    '<?',
    'xmlns:a="b"',
    ' a:b="c"',
    '\r',
    '\ud800',
    '1e999',
    'transform="rotate(',
  );
  const soup = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(soup, (text) => void check(inside(text))),
    { numRuns: 1000 },
  );
});
