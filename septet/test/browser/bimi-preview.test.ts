/** The preview of a logo in a real browser: it runs nothing, loads nothing, fits a telephone; and as a picture. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { converting } from '../bimi/convert-samples.ts';
import { septet, within as called } from '../cli/program.ts';
import { noChromium, startChromium } from './chromium.ts';

const hostile = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 30" onload="top.document.title='owned'"><title>&lt;/style>&lt;script>document.title="owned"&lt;/script></title><script>top.document.title='owned'</script><image href="http://127.0.0.1:9/a.png" width="9" height="9"/><rect width="60" height="30" fill="#c00"/></svg>`;

const logos: Readonly<Record<string, string>> = {
  inkscape: converting['inkscape']?.svg ?? '',
  ready: converting['already in the profile']?.svg ?? '',
  hostile,
};

describe('preview of a logo in Chromium', async () => {
  const skip = await noChromium();
  let browser: Browser | undefined;
  const folder = mkdtempSync(path.join(tmpdir(), 'septet-preview-test-'));
  const file = (name: string): string => path.join(folder, name);
  before(async () => {
    for (const [name, svg] of Object.entries(logos)) writeFileSync(file(`${name}.svg`), svg);
    if (!skip) browser = await startChromium();
  });
  after(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const within = async (
    name: string,
    options: BrowserContextOptions,
    look: (page: Page) => Promise<void>,
  ): Promise<void> => {
    const made = await called(['bimi', 'preview', file(`${name}.svg`), '--html', file(`${name}.html`)]);
    assert.equal(made.code, 0, made.stderr);
    const context = await (browser as Browser).newContext(options);
    const page = await context.newPage();
    const asked: string[] = [];
    const errors: string[] = [];
    page.on('request', (request) => {
      if (!request.url().startsWith('data:')) asked.push(request.url());
    });
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => errors.push(message.text()));
    const url = pathToFileURL(file(`${name}.html`)).href;
    await page.goto(url);
    await look(page);
    assert.deepEqual(asked, [url], 'the page loads nothing else');
    assert.deepEqual(errors, [], 'and nothing runs or is refused');
    await context.close();
  };

  for (const [width, colorScheme] of [
    [1280, 'light'],
    [390, 'light'],
    [390, 'dark'],
    [320, 'light'],
  ] as const) {
    test(`fits ${width} pixels in ${colorScheme}`, { skip }, async () => {
      for (const name of Object.keys(logos)) {
        // oxlint-disable-next-line no-await-in-loop -- one page at a time
        await within(name, { viewport: { width, height: 800 }, colorScheme }, async (page) => {
          const shots = process.env['SEPTET_SCREENSHOTS'];
          if (shots !== undefined) {
            mkdirSync(shots, { recursive: true });
            await page.screenshot({
              path: path.join(shots, `preview-${name}-${width}-${colorScheme}.png`),
              fullPage: true,
            });
          }
          const own = (await page.evaluate('[document.documentElement.scrollWidth, innerWidth]')) as [number, number];
          assert.ok(own[0] <= own[1], `${name}: ${own.join(' in ')}`);
        });
      }
    });
  }

  test('every frame shows the logo, round ones cut', { skip }, async () => {
    await within('ready', { viewport: { width: 1280, height: 800 } }, async (page) => {
      const frames = page.locator('.logo');
      assert.ok((await frames.count()) >= 26);
      for (const frame of await frames.all()) assert.notEqual(await frame.getAttribute('aria-label'), null);
      const round = await page.locator('.black .logo.round.s96').first().screenshot();
      const square = await page.locator('.black .logo.square.s96').first().screenshot();
      const pixels = (await page.evaluate(
        `(${colourAt})(${JSON.stringify([round, square].map((one) => one.toString('base64')))})`,
      )) as readonly (readonly number[])[];
      // The corner of the round one is the ground, that of the square one is the logo; both show it in the middle below.
      assert.deepEqual(pixels, [
        [0, 0, 0],
        [0, 102, 51],
        [0, 102, 51],
        [0, 102, 51],
      ]);
    });
  });

  test('nothing of the logo becomes part of the page', { skip }, async () => {
    await within('hostile', {}, async (page) => {
      await page.waitForTimeout(100);
      assert.match(await page.title(), /^Preview of <\/style><script>/);
      assert.equal(await page.locator('script, img, iframe, svg, object, a').count(), 0);
      assert.match((await page.locator('main').textContent()) ?? '', /Not valid SVG Tiny PS/);
      assert.match((await page.locator('.points').textContent()) ?? '', /script/);
    });
  });

  test('as a picture', { skip }, async () => {
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith('septet-preview-')).length;
    const made = await septet(['bimi', 'preview', file('inkscape.svg'), '--png', file('inkscape.png')]);
    assert.deepEqual([made.code, made.stderr], [0, '']);
    const png = readFileSync(file('inkscape.png'));
    assert.equal(png.subarray(1, 4).toString('latin1'), 'PNG');
    assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [2560, 3600]);
    assert.ok(png.length > 50_000, 'it is not blank');
    const shots = process.env['SEPTET_SCREENSHOTS'];
    if (shots !== undefined) writeFileSync(path.join(shots, 'preview-sheet.png'), png);
    assert.equal(readdirSync(tmpdir()).filter((name) => name.startsWith('septet-preview-')).length, before);
    const nowhere = await septet(['bimi', 'preview', file('inkscape.svg'), '--png', file('no/such/folder.png')]);
    assert.equal(nowhere.code, 2);
    assert.match(nowhere.stderr, /folder\.png could not be written/);
  });
});

/** The corner and the middle of the lower edge of pictures, just inside. */
const colourAt = `async (pictures) => {
  const found = [];
  for (const data of pictures) {
    const image = new Image();
    image.src = 'data:image/png;base64,' + data;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = image.width;
    canvas.height = image.height;
    const context = canvas.getContext('2d', { willReadFrequently: true });
    context.drawImage(image, 0, 0);
    for (const [x, y] of [[2, image.height - 3], [image.width / 2, image.height - 3]])
      found.push([...context.getImageData(x, y, 1, 1).data.slice(0, 3)]);
  }
  return found;
}`;
