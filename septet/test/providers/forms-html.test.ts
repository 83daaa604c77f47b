/** The HTML page in a real browser: it reads back, loads nothing, fits a telephone, and what is copied is the value. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import type { FormInput } from '../../src/providers/form.ts';
import { formOf } from '../../src/providers/forms/forms.ts';
import { noChromium, startChromium } from '../browser/chromium.ts';
import { anyInput, inputOf, key2048, key4096, usual, zone } from './forms-samples.ts';
import { operationsOfPage, type PageFields } from './read-back/markdown-page.ts';
import { carryOut, plainZone, zoneBefore, zoneOf } from './read-back/operations.ts';

const html = (input: FormInput): string => formOf('html')?.write(input) ?? assert.fail('html');

/** Text of strangers that would like to be markup. */
const hostile = inputOf(
  [
    {
      id: 'x',
      title: '<script>document.title = "x"</script>',
      why: '"><img src=x onerror="document.title=1">\u202e & </section></main>',
      outside: ["<b>bold</b> 'quoted'"],
      changes: [
        {
          name: zone,
          type: 'TXT',
          after: { name: zone, type: 'TXT', ttlSeconds: 300, data: [{ strings: ['<i>a</i> &amp; "b" \'c\'   d'] }] },
        },
      ],
    },
  ],
  { later: ['</ul><script>1</script>'] },
);

describe('HTML page in Chromium', async () => {
  const skip = await noChromium();
  let browser: Browser | undefined;
  const folder = mkdtempSync(join(tmpdir(), 'septet-forms-html-'));
  before(async () => {
    if (!skip) browser = await startChromium();
  });
  after(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const open = async (input: FormInput, options: BrowserContextOptions = {}): Promise<Page> => {
    const context = await (browser as Browser).newContext(options);
    const page = await context.newPage();
    const asked: string[] = [];
    const errors: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => (message.type() === 'error' ? errors.push(message.text()) : undefined));
    const file = join(folder, 'page.html');
    writeFileSync(file, html(input));
    const url = pathToFileURL(file).href;
    await page.goto(url);
    assert.deepEqual(asked, [url], 'the page loads nothing else');
    assert.deepEqual(errors, []);
    return page;
  };

  const fieldsOf = (page: Page): Promise<PageFields[]> =>
    page.$$eval('table.record', (tables) =>
      tables.map((table) => {
        const cell = (field: string): string | undefined =>
          table.querySelector(`tr[data-field="${field}"] td > code`)?.textContent ?? undefined;
        return {
          verb: table.getAttribute('data-verb') ?? '',
          type: cell('type') ?? '',
          name: cell('name') ?? '',
          value: cell('value') ?? '',
          now: cell('now'),
          priority: cell('priority'),
          ttl: cell('ttl'),
          pieces: cell('pieces'),
          notation: /zone file/.test(table.querySelector('tr[data-field="value"] .aside')?.textContent ?? ''),
        };
      }),
    );

  test('its tables read back to what the plan wants, with and without scripts', { skip }, async () => {
    for (const [index, input] of [usual, ...fc.sample(anyInput, { numRuns: 6, seed: 3 })].entries()) {
      const page = await open(input, { javaScriptEnabled: index % 2 === 0 });
      const changes = input.steps.flatMap((step) => step.changes);
      const result = carryOut(zoneBefore(changes), operationsOfPage(await fieldsOf(page), zone));
      const wanted = changes.flatMap((change) => (change.after ? [change.after] : []));
      assert.deepEqual(plainZone(result), plainZone(zoneOf(wanted, () => 0)));
      await page.context().close();
    }
  });

  test('nothing of the records or reasons becomes markup', { skip }, async () => {
    const page = await open(hostile);
    assert.equal(await page.title(), 'DNS records for example.com');
    assert.equal(await page.locator('img, main script, b, i').count(), 0);
    assert.equal((await fieldsOf(page))[0]?.value, '<i>a</i> &amp; "b" \'c\'   d');
    await page.context().close();
  });

  for (const [width, scheme] of [
    [1280, 'light'],
    [390, 'light'],
    [390, 'dark'],
    [320, 'light'],
  ] as const) {
    test(`fits ${width} pixels in ${scheme} without scrolling sideways`, { skip }, async () => {
      for (const input of [usual, long]) {
        const page = await open(input, { viewport: { width, height: 800 }, colorScheme: scheme });
        const inner = await page.evaluate(
          '[document.documentElement.scrollWidth, document.body.scrollWidth, innerWidth]',
        );
        const [root, body, own] = inner as [number, number, number];
        assert.ok(root <= own && body <= own, `${root} and ${body} in ${own}`);
        const wide = await page.evaluate(
          `[...document.querySelectorAll('main *')].filter((one) => one.getBoundingClientRect().right > innerWidth + 1).length`,
        );
        assert.equal(wide, 0, 'no part hangs out');
        const shots = process.env['SEPTET_SCREENSHOTS'];
        if (shots !== undefined) {
          mkdirSync(shots, { recursive: true });
          await page.screenshot({
            path: join(shots, `${input === usual ? 'usual' : 'long'}-${width}-${scheme}.png`),
            fullPage: true,
          });
        }
        await page.context().close();
      }
    });
  }

  test('text and ground differ enough to be read, light and dark', { skip }, async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await open(usual, { colorScheme });
      const low = await page.evaluate(contrastBelow);
      assert.deepEqual(low, [], colorScheme);
      await page.context().close();
    }
  });

  test('the copy button copies the value and nothing else', { skip }, async () => {
    const page = await open(usual, { permissions: ['clipboard-read', 'clipboard-write'] });
    await page.locator('tr[data-field="value"] button.copy').nth(2).click();
    assert.equal(await page.evaluate('navigator.clipboard.readText()'), key2048);
    await page.context().close();
  });

  test('a value that is selected over its wrapped lines has no line end inside', { skip }, async () => {
    const page = await open(usual, { viewport: { width: 390, height: 800 }, javaScriptEnabled: true });
    const selected = await page.evaluate(`(() => {
      const code = document.querySelectorAll('tr[data-field="value"] td > code')[2];
      const range = document.createRange();
      range.selectNodeContents(code);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      return [getSelection().toString(), code.getClientRects().length];
    })()`);
    const [text, lines] = selected as [string, number];
    assert.equal(text, key2048);
    assert.ok(lines > 3, 'the value is wrapped');
    await page.context().close();
  });

  test('prints without buttons', { skip }, async () => {
    const page = await open(usual);
    assert.ok((await page.locator('button.copy').count()) > 0);
    await page.emulateMedia({ media: 'print' });
    assert.equal(await page.locator('button.copy').first().isVisible(), false);
    const shots = process.env['SEPTET_SCREENSHOTS'];
    if (shots !== undefined) await page.pdf({ path: join(shots, 'usual.pdf'), format: 'A4' });
    await page.context().close();
  });
});

/** A 4096-bit key at a deep name, and many members that stay. */
const deep = 'a-long-selector-name._domainkey.newsletter.customers.example.com' as typeof zone;
const long = inputOf([
  {
    id: 'dkim',
    title: 'Publish the DKIM key a-long-selector-name for newsletter.customers.example.com',
    why: 'Receivers check the signature of each message with this key.',
    outside: [],
    changes: [
      {
        name: deep,
        type: 'TXT',
        after: { name: deep, type: 'TXT', ttlSeconds: 86_400, data: [{ strings: key4096.match(/.{1,255}/g) ?? [] }] },
      },
      {
        name: zone,
        type: 'TXT',
        before: {
          name: zone,
          type: 'TXT',
          ttlSeconds: 300,
          data: [{ strings: [`proof=${'x'.repeat(200)}`] }, { strings: ['v=spf1 -all'] }],
        },
        after: {
          name: zone,
          type: 'TXT',
          ttlSeconds: 300,
          data: [{ strings: [`proof=${'x'.repeat(200)}`] }, { strings: ['v=spf1 mx -all'] }],
        },
      },
    ],
  },
]);

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
