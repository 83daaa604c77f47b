/** Tracking in a real browser: a click leads on, a pixel is a picture, and unsubscribing takes a click on a page that fits. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { collect } from '../store/samples.ts';
import { ids, rules, shop, shopDomain, startLab, track, type Lab } from '../serve/tracking-lab.ts';
import { chromiumPath, noChromium } from './chromium.ts';

const always = { since: 0, until: Date.now() + 864_000_000 };
const message = { ...ids, message: 'browser' };

describe('tracking in Chromium', async () => {
  const skip = await noChromium();
  let lab: Lab;
  let browser: Browser;
  before(async () => {
    if (skip) return;
    lab = await startLab({ domains: [shopDomain({ tracking: { host: track, ...rules, addresses: 'full' } })] });
    browser = await chromium.launch({
      executablePath: chromiumPath,
      args: [
        '--no-sandbox', // tests run as root in containers
        '--disable-background-networking',
        '--disable-component-update',
        '--no-first-run',
        `--host-resolver-rules=MAP ${track}:443 127.0.0.1:${lab.serving.httpsPort}, MAP * ~NOTFOUND`,
      ],
    });
  });
  after(async () => {
    await browser?.close();
    await lab?.close();
  });

  const within = async (options: BrowserContextOptions, look: (page: Page) => Promise<void>): Promise<void> => {
    // The authority of the test is not in Chromium's own store.
    const userAgent =
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';
    const context = await browser.newContext({ ignoreHTTPSErrors: true, userAgent, ...options });
    const page = await context.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (text) => errors.push(text.text()));
    try {
      await look(page);
      assert.deepEqual(await context.cookies(), [], 'no cookie is set');
      assert.deepEqual(
        errors.filter((text) => !/favicon|404/.test(text)),
        [],
      );
    } finally {
      await context.close();
    }
  };
  const shoot = async (page: Page, name: string): Promise<void> => {
    const shots = process.env['SEPTET_SCREENSHOTS'];
    if (shots === undefined) return;
    mkdirSync(shots, { recursive: true });
    await page.screenshot({ path: path.join(shots, `tracking-${name}.png`) });
  };
  const list = async (): Promise<readonly string[]> =>
    (await collect(lab.store.suppressions.list())).map(({ recipient, kind }) => `${recipient} ${kind}`);

  test('a message: its pixel shows, its link leads on, both are counted for a person', { skip }, async () => {
    await within({}, async (page) => {
      const pixel = lab.writer.open(track, message);
      const click = lab.writer.click(track, message, 1, `https://${track}/?landed`);
      await page.setContent(`<p><a href="${click}">Apples</a></p><img id="pixel" src="${pixel}" alt="">`);
      await page.waitForFunction(`document.querySelector('#pixel').complete`);
      const size = await page.evaluate(`[pixel.naturalWidth, pixel.naturalHeight]`);
      assert.deepEqual(size, [1, 1]);
      await page.click('a');
      await page.waitForURL(`https://${track}/?landed`);
      assert.match((await page.textContent('body')) ?? '', /Links and unsubscribe pages of mail from shop\.example/);
    });
    const [line] = await lab.store.tracking.tally(always, 'campaign');
    assert.deepEqual([line?.clicks, line?.opens, line?.scanners], [1, 1, 0]);
  });

  for (const [width, height, colorScheme] of [
    [1280, 800, 'light'],
    [1280, 800, 'dark'],
    [390, 844, 'light'],
    [390, 844, 'dark'],
    [320, 568, 'light'],
  ] as const)
    test(
      `the unsubscribe page at ${width} in ${colorScheme}: nothing before the button, then it is done`,
      { skip },
      async () => {
        const recipient = `ann-${width}-${colorScheme}@a-rather-long-domain-name.example`;
        await within({ viewport: { width, height }, colorScheme }, async (page) => {
          await page.goto(lab.writer.unsubscribe(track, message, recipient));
          assert.equal(await page.title(), 'Unsubscribe');
          assert.equal(await page.locator('h1').count(), 1);
          assert.equal(await page.locator('script').count(), 0);
          const own = (await page.evaluate('[document.documentElement.scrollWidth, innerWidth]')) as [number, number];
          assert.ok(own[0] <= own[1], own.join(' in '));
          const buttons = (await page.evaluate(
            `[...document.querySelectorAll('button')].map((one) => one.getBoundingClientRect().height)`,
          )) as readonly number[];
          assert.ok(
            buttons.length === 2 && buttons.every((one) => one >= 44),
            `large enough for a thumb: ${buttons.join(', ')}`,
          );
          await shoot(page, `ask-${width}-${colorScheme}`);
          assert.ok(!(await list()).some((one) => one.startsWith(recipient)), 'looking changes nothing');
          await page.getByRole('button', { name: 'Unsubscribe' }).click();
          await page.waitForLoadState();
          assert.equal(await page.textContent('h1'), 'You are unsubscribed.');
          await shoot(page, `done-${width}-${colorScheme}`);
        });
        assert.ok((await list()).includes(`${recipient} unsubscribed`));
      },
    );

  test('by keyboard: not to be tracked, and clicks count no more', { skip }, async () => {
    const reader = 'bbbbbbbbbbbbbbbb';
    await within({}, async (page) => {
      await page.goto(lab.writer.unsubscribe(track, { ...message, reader }, 'kim@post.example'));
      await page.keyboard.press('Tab');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      await page.waitForLoadState();
      assert.equal(await page.textContent('h1'), 'You are not tracked any more.');
      await page.goto(lab.writer.click(track, { ...message, reader }, 2, `https://${track}/?landed`));
      assert.equal(page.url(), `https://${track}/?landed`);
    });
    assert.ok((await list()).includes('kim@post.example do-not-track'));
    const hits = await lab.store.tracking.hits({ domain: shop, ...always }, 100);
    assert.ok(hits.every((hit) => hit.reader !== reader));
  });

  test('an address that was altered shows a page that tells nothing', { skip }, async () => {
    await within({ viewport: { width: 390, height: 844 } }, async (page) => {
      const response = await page.goto(
        `${lab.writer.click(track, message, 1, 'https://shop.example/').slice(0, -3)}AAA`,
      );
      assert.equal(response?.status(), 404);
      assert.equal(await page.textContent('h1'), 'There is nothing here.');
      await shoot(page, 'nothing-390');
      await page.emulateMedia({ colorScheme: 'dark' });
      await page.setViewportSize({ width: 1280, height: 800 });
      await shoot(page, 'nothing-1280-dark');
    });
  });
});
