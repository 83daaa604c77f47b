/** The picture before and after the conversion, drawn by Chromium at 256 pixels and compared pixel by pixel. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { root } from '../../src/dns/name.ts';
import { convertLogo } from '../../src/records/bimi/convert/convert.ts';
import { noChromium, startChromium } from '../browser/chromium.ts';
import { sharedData } from '../shared-data.ts';
import { readPemMark } from './convert-marks.ts';
import { converting, crowded } from './convert-samples.ts';
import { randomDrawing } from './convert-drawings.ts';
import { randomNumbers } from './svg-mutants.ts';
import { pictures } from './convert-pictures.ts';

/** Mean difference of a colour channel, of 255: edges are drawn a little differently where arcs became curves. */
const maxMean = 0.6;
/** Pixels of which a channel differs by more than a quarter, of 65,536. */
const maxFar = 40;

interface Difference {
  readonly mean: number;
  readonly far: number;
  /** How many channels are darker than paper. */
  readonly ink: number;
}

/** Draws both on white, the first with room around it where it is not square. */
const compare = `async ([one, other]) => {
  const drawn = async (svg) => {
    const image = new Image();
    image.src = 'data:image/svg+xml;base64,' + svg;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 256;
    const context = canvas.getContext('2d');
    context.fillStyle = '#fff';
    context.fillRect(0, 0, 256, 256);
    const side = Math.max(image.naturalWidth, image.naturalHeight);
    const [width, height] = [image.naturalWidth * 256 / side, image.naturalHeight * 256 / side];
    context.drawImage(image, (256 - width) / 2, (256 - height) / 2, width, height);
    return context.getImageData(0, 0, 256, 256).data;
  };
  const [a, b] = [await drawn(one), await drawn(other)];
  let sum = 0;
  let far = 0;
  let ink = 0;
  for (let i = 0; i < a.length; i += 4) {
    let most = 0;
    for (let c = 0; c < 3; c++) {
      const difference = Math.abs(a[i + c] - b[i + c]);
      sum += difference;
      most = Math.max(most, difference);
      if (a[i + c] < 250) ink++;
    }
    if (most > 64) far++;
  }
  return { mean: sum / (a.length * 0.75), far, ink };
}`;

describe('the picture stays the same', async () => {
  const skip = await noChromium();
  let browser: Browser | undefined;
  let page: Page;
  before(async () => {
    if (skip) return;
    browser = await startChromium();
    page = await browser.newPage();
  });
  after(() => browser?.close());

  /** `undefined` when the conversion refuses or says that the picture may differ, where `lenient`. */
  const differenceOf = async (
    name: string,
    svg: string | Uint8Array,
    lenient: boolean,
  ): Promise<Difference | undefined> => {
    const made = await convertLogo(Buffer.from(svg), {
      title: 'Picture',
      source: { place: name, subject: { name: root, type: 'SVG' } },
    });
    if (lenient && (made.kind === 'refused' || made.changes.some(({ kind }) => kind === 'look'))) return undefined;
    assert.equal(made.kind, 'converted', `${name}: ${JSON.stringify(made.changes)}`);
    const after = made.kind === 'converted' ? made.svg : '';
    const shots = process.env['SEPTET_SCREENSHOTS'];
    if (shots !== undefined) {
      mkdirSync(shots, { recursive: true });
      writeFileSync(path.join(shots, `${name}-before.svg`), svg);
      writeFileSync(path.join(shots, `${name}-after.svg`), after);
    }
    const both = JSON.stringify([svg, after].map((text) => Buffer.from(text).toString('base64')));
    return page.evaluate(`(${compare})(${both})`);
  };

  const difference = async (name: string, svg: string | Uint8Array): Promise<Difference> =>
    (await differenceOf(name, svg, false)) ?? assert.fail(name);

  const same = async (name: string, svg: string | Uint8Array): Promise<void> => {
    const { mean, far, ink } = await difference(name, svg);
    assert.ok(ink > 500, `${name} paints something (${ink})`);
    assert.ok(mean <= maxMean && far <= maxFar, `${name}: mean ${mean.toFixed(3)}, ${far} pixels far off`);
  };

  for (const [name, { svg, differs }] of Object.entries({ ...converting, ...pictures }))
    if (!differs) test(name, { skip }, () => same(name, svg));

  test('a logo whose paths were rounded', { skip }, () => same('rounded', crowded(620)));

  test('logos of real certificates', { skip }, async (t) => {
    const folder = sharedData(t, 'bimi/certificates');
    if (folder === undefined) return;
    for (const [index, logo] of readPemMark(folder).entries()) {
      // oxlint-disable-next-line no-await-in-loop -- one page
      await same(`mark ${index}`, logo);
    }
  });

  test('random drawings: where nothing tells of a difference, there is none', { skip }, async () => {
    const random = randomNumbers(Number(process.env['SEPTET_SEED'] ?? 1123));
    const wanted = Number(process.env['SEPTET_DRAWINGS'] ?? 60);
    let compared = 0;
    for (let i = 0; i < wanted; i++) {
      const svg = randomDrawing(random);
      // oxlint-disable-next-line no-await-in-loop -- one page, and in order for the seed
      const found = await differenceOf('random', svg, true);
      if (!found) continue;
      compared++;
      assert.ok(found.mean <= maxMean && found.far <= maxFar, `${JSON.stringify(found)}: ${svg}`);
    }
    assert.ok(compared > wanted / 3, `${compared} of ${wanted} compared`);
  });

  test('the comparison sees a difference', { skip }, async () => {
    const { mean } = await difference('group opacity', converting['group opacity with overlap']?.svg ?? '');
    assert.ok(mean > 5 * maxMean, `mean ${mean}`);
  });
});
