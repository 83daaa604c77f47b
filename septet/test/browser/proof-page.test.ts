/** The HTML report in a real browser: it runs nothing, loads nothing, fits a telephone, and can be read by everybody. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { htmlProofs } from '../../src/cli/message/proof-html.ts';
import type { Proof } from '../../src/proof/proof.ts';
import { noChromium, startChromium } from './chromium.ts';
import { bare, full, hostile, ideal } from './proof-samples.ts';

const pages: Readonly<Record<string, readonly Proof[]>> = {
  ideal: [ideal],
  full: [full],
  several: [ideal, full, bare],
  hostile: [hostile],
};

describe('HTML report in Chromium', async () => {
  const skip = await noChromium();
  let browser: Browser | undefined;
  const folder = mkdtempSync(path.join(tmpdir(), 'septet-proof-page-'));
  before(async () => {
    if (!skip) browser = await startChromium();
  });
  after(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Opens the page, sees that it asks for nothing and raises no error, and closes it behind `look`. */
  const within = async (
    name: string,
    options: BrowserContextOptions,
    look: (page: Page) => Promise<void>,
  ): Promise<void> => {
    const context = await (browser as Browser).newContext(options);
    const page = await context.newPage();
    const asked: string[] = [];
    const errors: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => errors.push(message.text()));
    const file = path.join(folder, `${name}.html`);
    writeFileSync(file, htmlProofs(pages[name] ?? assert.fail(name)));
    const url = pathToFileURL(file).href;
    await page.goto(url);
    await look(page);
    assert.deepEqual(asked, [url], 'the page loads nothing else');
    assert.deepEqual(errors, [], 'and nothing runs or is refused');
    await context.close();
  };

  const open = (page: Page): Promise<unknown> =>
    page.evaluate(`document.querySelectorAll('details').forEach((one) => { one.open = true; })`);

  const shoot = async (page: Page, name: string): Promise<void> => {
    const shots = process.env['SEPTET_SCREENSHOTS'];
    if (shots === undefined) return;
    mkdirSync(shots, { recursive: true });
    await page.screenshot({ path: path.join(shots, `proof-${name}.png`), fullPage: !name.startsWith('hostile') });
  };

  for (const [width, colorScheme] of [
    [1280, 'light'],
    [390, 'light'],
    [390, 'dark'],
    [320, 'light'],
  ] as const)
    test(`fits ${width} pixels in ${colorScheme}, folded and unfolded`, { skip }, async () => {
      for (const name of Object.keys(pages)) {
        // oxlint-disable-next-line no-await-in-loop -- one page at a time
        await within(name, { viewport: { width, height: 800 }, colorScheme }, async (page) => {
          await shoot(page, `${name}-${width}-${colorScheme}`);
          await open(page);
          const own = (await page.evaluate('[document.documentElement.scrollWidth, innerWidth]')) as [number, number];
          assert.ok(own[0] <= own[1], `${name}: ${own.join(' in ')}`);
          const wide = await page.evaluate(hangingOut);
          assert.deepEqual(wide, [], name);
        });
      }
    });

  test('what a message holds is text: nothing of it runs, is an element, or can be clicked', { skip }, async () => {
    await within('hostile', {}, async (page) => {
      assert.match(await page.title(), /^Proof of <script>/);
      assert.equal(await page.locator('script, img, iframe, form, a, svg, object').count(), 0);
      assert.match((await page.locator('h1').textContent()) ?? '', /<script>document\.title="owned"<\/script>/);
      assert.equal(await page.locator('main').count(), 1);
    });
    await within('several', {}, async (page) => {
      const links = (await page.$$eval('a', (all) => all.map((one) => one.getAttribute('href')))) as readonly string[];
      assert.deepEqual([...new Set(links)], ['#m1', '#m2', '#m3', '#list']);
      for (const link of links) assert.equal(await page.locator(link).count(), 1);
    });
  });

  test('piles of accents stay within their line', { skip }, async () => {
    await within('hostile', { viewport: { width: 390, height: 800 } }, async (page) => {
      const accents = await page.evaluate(
        `(document.body.textContent.match(/\\p{M}+/gu) ?? []).map((run) => run.length)`,
      );
      assert.ok(Math.max(...(accents as readonly number[])) <= 3);
    });
  });

  test('text and ground differ enough to be read, light and dark', { skip }, async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      // oxlint-disable-next-line no-await-in-loop -- one page at a time
      await within('several', { colorScheme }, async (page) => {
        await open(page);
        assert.deepEqual(await page.evaluate(contrastBelow), [], colorScheme);
      });
    }
  });

  test(
    'headings go down one level at a time, tables have heads and a caption, lists hold items alone',
    { skip },
    async () => {
      for (const name of Object.keys(pages)) {
        // oxlint-disable-next-line no-await-in-loop -- one page at a time
        await within(name, {}, async (page) => {
          const levels = (await page.$$eval('h1, h2, h3, h4, h5', (all) =>
            all.map((one) => Number(one.tagName.slice(1))),
          )) as readonly number[];
          assert.equal(levels.filter((level) => level === 1).length, 1, name);
          assert.deepEqual(
            levels.filter((level, index) => level > (levels[index - 1] ?? 0) + 1),
            [],
            name,
          );
          const odd = [
            'table:not(:has(caption)), table:not(:has(thead th[scope="col"])), tbody tr:not(:has(th[scope="row"], td[colspan]))',
            'ul > :not(li), ol > :not(li), dl > :not(dt, dd), dt + dt, dl > dd:first-child, table p:empty',
            'details:not(:has(> summary:first-child)), summary:empty',
          ];
          assert.equal(await page.locator(odd.join(', ')).count(), 0, name);
          assert.equal(await page.getAttribute('html', 'lang'), 'en');
        });
      }
    },
  );

  test('a click takes the whole record, without line ends', { skip }, async () => {
    await within('full', { viewport: { width: 390, height: 800 } }, async (page) => {
      const value = full.findings[0]?.fix.set?.[0]?.data[0];
      const box = page.locator('.record pre code.copy').first();
      await box.click();
      assert.equal(await page.evaluate('getSelection().toString()'), value);
      const lines = await page.evaluate(`document.querySelector('.record pre code.copy').getClientRects().length`);
      assert.ok(Number(lines) > 3, 'it is wrapped');
    });
  });

  test('on paper everything is unfolded, black on white, and no table is cut', { skip }, async () => {
    await within('several', { viewport: { width: 794, height: 1123 } }, async (page) => {
      await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
      const hidden = await page.evaluate(
        `[...document.querySelectorAll('details > :not(summary)')].filter((one) => one.textContent.trim() !== '' && one.getBoundingClientRect().height === 0).length`,
      );
      assert.equal(hidden, 0);
      assert.deepEqual(await page.evaluate(contrastBelow), []);
      assert.equal(await page.evaluate(`getComputedStyle(document.body).backgroundColor`), 'rgb(255, 255, 255)');
      assert.deepEqual(await page.evaluate(hangingOut), []);
      assert.equal(await page.evaluate(`getComputedStyle(document.querySelector('tbody tr')).breakInside`), 'avoid');
      assert.equal(await page.locator('.back').first().isVisible(), false);
      await shoot(page, 'several-print');
      for (const format of ['A4', 'Letter']) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        const pdf = await page.pdf({ format });
        const sheets = pdf.toString('latin1').match(/\/Type \/Page\b(?!s)/g)?.length ?? 0;
        assert.ok(sheets >= 3 && sheets <= 20, `${format}: ${sheets} sheets`);
      }
    });
  });
});

/** Runs in the page: parts that stand beyond the right edge. */
const hangingOut = `[...document.querySelectorAll('main *')]
  .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
  .slice(0, 5)
  .map((one) => one.tagName + '.' + one.className)`;

/** Runs in the page: elements with text of their own whose contrast is under 4.5 (WCAG 2.2, success criterion 1.4.3). */
const contrastBelow = `(() => {
  const channel = (v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const parts = (text) => text.match(/[\\d.]+/g).map(Number);
  const ground = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const colour = parts(getComputedStyle(at).backgroundColor);
      if (colour[3] !== 0) return colour;
    }
    return [255, 255, 255];
  };
  return [...document.querySelectorAll('main *')]
    .filter((one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== ''))
    .map((one) => {
      const [a, b] = [light(parts(getComputedStyle(one).color)), light(ground(one))].sort((x, y) => y - x);
      return [one.tagName + '.' + one.className, (a + 0.05) / (b + 0.05)];
    })
    .filter(([, ratio]) => ratio < 4.5);
})()`;
