/** Debian's Chromium for tests of pages, without any network. */
import { chromium, type Browser } from 'playwright-core';
import { missing } from '../servers/process.ts';

export const chromiumPath = '/usr/bin/chromium';

/** `false` when the browser is here; else the reason for `skip`. In CI its absence is an error. */
export const noChromium = (): Promise<string | false> => missing('chromium');

/** A headless browser that finds no host. The caller closes it. */
export function startChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath,
    args: [
      '--no-sandbox', // tests run as root in containers
      '--disable-background-networking',
      '--disable-component-update',
      '--no-first-run',
      '--host-resolver-rules=MAP * ~NOTFOUND',
    ],
  });
}
