/** `bimi convert`: what it makes passes the schema and our own check, and is left alone by a second run. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { root } from '../../src/dns/name.ts';
import { checkSvg } from '../../src/records/bimi/svg-check.ts';
import { convertLogo } from '../../src/records/bimi/convert/convert.ts';
import type { Conversion, ConvertOptions } from '../../src/records/bimi/convert/convert.ts';
import { readPemMark } from './convert-marks.ts';
import { sharedData } from '../shared-data.ts';
import { converting, crowded, refused } from './convert-samples.ts';
import { mutate, randomNumbers, seeds } from './svg-mutants.ts';

const source = { place: 'logo.svg', subject: { name: root, type: 'SVG' } };
const convert = (svg: string | Uint8Array, options: Partial<ConvertOptions> = {}): Promise<Conversion> =>
  convertLogo(Buffer.from(svg), { source, ...options });
const titled = (title: string | undefined): Partial<ConvertOptions> => (title === undefined ? {} : { title });

async function resultOf(svg: string | Uint8Array, options: Partial<ConvertOptions> = {}): Promise<string> {
  const made = await convert(svg, options);
  assert.equal(made.kind, 'converted', JSON.stringify(made.changes));
  return made.kind === 'converted' ? made.svg : '';
}

const sentences = (made: Conversion): string => made.changes.map(({ sentence }) => sentence).join('\n');

/** Debian: libxml2-utils. */
const program = '/usr/bin/xmllint';

/** Which of the texts libxml2 accepts; `undefined` after skipping the test with its reason. */
async function xmllint(t: TestContext, texts: readonly string[]): Promise<readonly boolean[] | undefined> {
  const schema = sharedData(t, 'bimi/SVG_1.2_PS.rng');
  if (schema === undefined) return undefined;
  if (!existsSync(program)) {
    const reason = `xmllint is not here (${program}; Debian: libxml2-utils)`;
    if (process.env['CI'] === 'true') throw new Error(reason);
    t.skip(reason);
    return undefined;
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'septet-convert-'));
  try {
    const names = texts.map((_, index) => `${index}.svg`);
    await Promise.all(texts.map((text, index) => writeFile(path.join(folder, `${index}.svg`), text)));
    const output = await new Promise<string>((resolve) => {
      const args = ['--noout', '--nonet', '--relaxng', schema, ...names];
      const options = { cwd: folder, maxBuffer: 64 * 1024 * 1024, timeout: 120_000 };
      execFile(program, args, options, (_, __, stderr) => resolve(stderr));
    });
    const valid = new Set([...output.matchAll(/^(\d+)\.svg validates$/gm)].map(([, index]) => Number(index)));
    return texts.map((_, index) => valid.has(index));
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('ordinary logos pass the schema and our check, and a second conversion changes nothing', async (t) => {
  const results: string[] = [];
  for (const [name, { svg, title, told }] of Object.entries(converting)) {
    // oxlint-disable-next-line no-await-in-loop -- the order of the samples
    const made = await convert(svg, titled(title));
    assert.equal(made.kind, 'converted', `${name}: ${sentences(made)}`);
    if (made.kind !== 'converted') continue;
    results.push(made.svg);
    assert.match(sentences(made), told ?? /^/, name);
    const verdict = checkSvg(Buffer.from(made.svg), source);
    assert.ok(verdict.schemaValid, name);
    assert.deepEqual(
      verdict.findings.filter(({ severity }) => severity === 'error'),
      [],
      name,
    );
    // oxlint-disable-next-line no-await-in-loop -- as above
    const again = await convert(made.svg);
    assert.equal(again.kind === 'converted' && again.svg, made.svg, name);
    assert.deepEqual(
      again.changes.filter(({ kind, sentence }) => kind !== 'look' && !/live text/.test(sentence)),
      [],
      `${name}: the second time there is nothing to tell`,
    );
  }
  const valid = await xmllint(t, results);
  if (valid)
    assert.deepEqual(
      valid,
      results.map(() => true),
    );
});

for (const [name, { svg, told, title }] of Object.entries(refused)) {
  test(`refused, with what to do: ${name}`, async () => {
    const made = await convert(svg, titled(title));
    assert.equal(made.kind, 'refused');
    assert.match(sentences(made), told);
    assert.ok(made.changes.every(({ kind }) => kind === 'refused'));
  });
}

test('each change has its place in the file', async () => {
  const made = await convert(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">\n  <title>T</title>\n  <script/>\n  <g>\n    <script/>\n  </g>\n</svg>',
  );
  const script = made.changes.find(({ sentence }) => sentence.includes('script'));
  assert.deepEqual(script?.places, [
    { line: 3, column: 3 },
    { line: 5, column: 5 },
  ]);
  assert.equal(script?.count, 2);
});

test('the title is the one that is given, else that of the file', async () => {
  const svg = (title: string): string =>
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">${title}<rect width="9" height="9"/></svg>`;
  assert.match(await resultOf(svg('<title>Old &amp; new</title>')), /<title>Old &amp; new<\/title>/);
  assert.match(
    await resultOf(svg('<title>Old</title>'), { title: 'A <b> & c' }),
    /<title>A &lt;b&gt; &amp; c<\/title>/,
  );
  assert.match(await resultOf(svg('<desc>Created with Sketch.</desc>'), { title: 'A' }), /^(?!.*Sketch)/s);
});

test('a background goes behind the drawing, once', async () => {
  const svg =
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 10"><title>T</title><circle cx="5" cy="5" r="3"/></svg>';
  const made = await resultOf(svg, { background: 'white' });
  assert.match(made, /<title>T<\/title>\s*<rect y="-5" width="20" height="20" fill="white"\/>\s*<circle/);
  assert.equal(await resultOf(made, { background: '#fff' }), made);
  const styled = svg.replace('viewBox', 'style="background:#abc" viewBox');
  assert.match(await resultOf(styled), /<rect [^>]*fill="#abc"/);
  const bad = await convert(svg, { background: 'rgba(0,0,0,.5)' });
  assert.equal(bad.kind, 'refused');
  assert.match(sentences(bad), /not an opaque colour/);
});

test('a logo that is not square becomes so, with the drawing in the middle', async () => {
  const svg = (box: string): string =>
    `<svg xmlns="http://www.w3.org/2000/svg" ${box}><title>T</title><rect width="5" height="5"/></svg>`;
  assert.match(await resultOf(svg('viewBox="0,0,100,50"')), /viewBox="0 -25 100 100"/);
  assert.match(await resultOf(svg('viewBox="10 10 40 80"')), /viewBox="-10 10 80 80"/);
  assert.match(await resultOf(svg('width="1in" height="48pt"')), /viewBox="0 -16 96 96" width="96" height="96"/);
  const over = await convert(svg('viewBox="0 0 100 50"').replace('height="5"', 'height="90"'));
  assert.match(sentences(over), /reaches over the edge/);
});

test('clipping paths that cut nothing off are dropped, others are not', async () => {
  const svg = (clip: string, shape: string): string =>
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20"><title>T</title><clipPath id="c">${clip}</clipPath><g clip-path="url(#c)">${shape}</g></svg>`;
  const inside = svg('<rect width="10" height="10"/>', '<circle cx="5" cy="5" r="4"/>');
  assert.match(sentences(await convert(inside)), /everything stands inside/);
  const across = svg('<rect width="10" height="10"/>', '<circle cx="5" cy="5" r="6"/>');
  assert.match(sentences(await convert(across)), /is cut by a clipping path/);
  const byUse = svg('<use href="#r"/>', '<circle cx="5" cy="5" r="60"/>').replace(
    '<clip',
    '<defs><rect id="r" x="-1" width="30" height="30"/></defs><clip',
  );
  assert.match(sentences(await convert(byUse)), /covers the whole picture/);
  const turned = svg('<rect width="20" height="20" transform="rotate(5)"/>', '<rect width="20" height="20"/>');
  assert.match(sentences(await convert(turned)), /is cut by a clipping path/);
});

test('a logo that is too large is written shorter until it fits, or refused', async (t) => {
  const large = crowded(620);
  assert.ok(large.length > 45_000);
  const made = await convert(large, { title: 'Crowd' });
  assert.equal(made.kind, 'converted', sentences(made));
  if (made.kind !== 'converted') return;
  assert.ok(made.octets <= 32_000);
  assert.match(sentences(made), /paths are rounded/);
  assert.equal(await resultOf(made.svg), made.svg);
  const valid = await xmllint(t, [made.svg]);
  if (valid) assert.deepEqual(valid, [true]);
  const hopeless = await convert(crowded(6000), { title: 'Crowd' });
  assert.equal(hopeless.kind, 'refused');
  assert.match(sentences(hopeless), /32768 octets: simplify/);
});

test('logos of real certificates are converted to what passes', async (t) => {
  const folder = sharedData(t, 'bimi/certificates');
  if (folder === undefined) return;
  const logos = readPemMark(folder);
  assert.ok(logos.length >= 2, `${logos.length} logos`);
  for (const logo of logos) {
    // oxlint-disable-next-line no-await-in-loop -- a few
    const made = await resultOf(logo, { title: 'Mark' });
    // oxlint-disable-next-line no-await-in-loop -- as above
    assert.equal(await resultOf(made), made);
    // oxlint-disable-next-line no-await-in-loop -- as above
    const valid = await xmllint(t, [made]);
    if (valid) assert.deepEqual(valid, [true]);
  }
});

test('compressed logos are read too', async () => {
  const made = await convert(gzipSync(converting['figma']?.svg ?? ''), { title: 'Figment' });
  assert.equal(made.kind, 'converted');
  assert.match(sentences(made), /compressed with gzip/);
});

test('whatever is thrown at it converts to what passes, or is refused with a sentence', async (t) => {
  const random = randomNumbers(Number(process.env['SEPTET_SEED'] ?? 20_261_123));
  const wanted = Number(process.env['SEPTET_MUTANTS'] ?? 600);
  const good = [
    ...Object.values(converting).map(({ svg }) => svg),
    ...Object.values(refused)
      .slice(4)
      .map(({ svg }) => svg)
      .filter((svg) => svg.length < 2000),
    ...seeds().slice(0, 12),
  ];
  const results: string[] = [];
  let refusals = 0;
  for (let i = 0; i < wanted; i++) {
    const mutant = mutate(good[i % good.length] ?? '', random);
    // oxlint-disable-next-line no-await-in-loop -- one after the other, for the seed
    const made = await convert(mutant, { title: 'Mutant' });
    if (made.kind === 'refused') {
      refusals++;
      assert.ok(made.changes.length > 0 && made.changes.every(({ sentence }) => sentence.endsWith('.')), mutant);
      assert.doesNotMatch(sentences(made), /After the conversion|Please report/, mutant);
      continue;
    }
    results.push(made.svg);
    // oxlint-disable-next-line no-await-in-loop -- as above
    const again = await convert(made.svg);
    assert.equal(again.kind === 'converted' && again.svg, made.svg, mutant);
  }
  assert.ok(refusals > wanted / 10 && results.length > wanted / 10, `${results.length} of ${wanted} converted`);
  const valid = await xmllint(t, results);
  if (valid) assert.deepEqual(results.filter((_, index) => !valid[index]).slice(0, 3), []);
});

test('hostile files cost seconds at most', async () => {
  const drawing = (content: string): string =>
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10">${content}</svg>`;
  const long = `<path d="M0 0${'c1 1 2 2 3 1'.repeat(30_000)}"/>`;
  const rules = Array.from({ length: 3000 }, (_, i) => `.a rect:nth-child(${i}){fill:red}`).join('');
  const chain = Array.from(
    { length: 60 },
    (_, i) => `<g id="u${i + 1}">${'<g>'.repeat(60)}<use href="#u${i}"/>${'</g>'.repeat(60)}</g>`,
  );
  const hostile = [
    drawing('<g opacity=".9">'.repeat(240) + long + '</g>'.repeat(240)),
    drawing(
      `<clipPath id="c"><rect width="9" height="9"/></clipPath>${'<g clip-path="url(#c)">'.repeat(240)}${long}${'</g>'.repeat(240)}`,
    ),
    drawing('<g opacity=".9"><rect/>'.repeat(200) + '<rect width="1" height="1"/>'.repeat(15_000) + '</g>'.repeat(200)),
    drawing(`<style>${rules}</style>${'<rect class="a"/>'.repeat(3000)}`),
    drawing('<rect style="--a:var(--b);--b:var(--a);fill:var(--a)"/>'.repeat(5000)),
    drawing(`<defs>${chain.join('')}</defs><use href="#u60"/>`),
    drawing(`<path d="${'1'.repeat(300_000)}e"/><rect width="${'9'.repeat(300_000)}x"/>`),
    drawing(
      `<rect width="${' '.repeat(200_000)}x" fill="url(${' '.repeat(200_000)}" opacity="1${' '.repeat(200_000)}x"/>`,
    ),
    drawing(`<g style="transform:${'1'.repeat(300_000)}"/>`),
    drawing(`<g style="transform:${'rotate('.repeat(50_000)}"/>`),
  ];
  for (const svg of hostile) {
    const started = performance.now();
    // oxlint-disable-next-line no-await-in-loop -- one after the other, for the clock
    const made = await convert(svg, { title: 'T' });
    assert.equal(made.kind, 'refused');
    const milliseconds = performance.now() - started;
    assert.ok(milliseconds < 10_000, `${svg.slice(60, 120)}: ${milliseconds} ms`);
  }
});
