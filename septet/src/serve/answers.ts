/** Answers that are no files: pages for people and short texts, with the fields that keep them safe. */
import { pagePolicy } from './pages.ts';
import type { Response } from './public-listener.ts';
import { safetyHeaders } from './sites.ts';

const plainSafety = safetyHeaders(false);
const secureSafety = safetyHeaders(true);

export function sendPage(
  response: Response,
  status: number,
  page: Buffer,
  {
    head = false,
    secure,
    more = [],
  }: { readonly head?: boolean; readonly secure: boolean; readonly more?: readonly string[] },
): void {
  response.writeHead(status, [
    'content-type',
    'text/html; charset=utf-8',
    'content-length',
    String(page.length),
    'content-security-policy',
    pagePolicy,
    ...(secure ? secureSafety : plainSafety),
    ...more,
  ]);
  response.end(head ? undefined : page);
}

export function sendText(response: Response, status: number, text: string, type: string, secure: boolean): void {
  const octets = Buffer.from(text);
  const own = ['content-type', type, 'content-length', String(octets.length)];
  response.writeHead(status, [...own, ...(secure ? secureSafety : plainSafety)]);
  response.end(octets);
}
