/** What the web side of the test address answers: the report of one message, for who knows its token. Pure. */
import type { Proof } from '../../proof/proof.ts';
import type { MessageShelf } from './message-shelf.ts';

export interface PageRequest {
  readonly method: string;
  /** Path and query, as the client wrote it. */
  readonly url: string;
}

export interface PageReply {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** A HEAD is answered with the length of it. */
  readonly body: string | Uint8Array;
}

export type Pages = (request: PageRequest) => PageReply;

/** Of every answer: nothing is loaded from anywhere, kept, framed, guessed or told to others. */
const safety = {
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'cross-origin-resource-policy': 'same-origin',
  'x-robots-tag': 'noindex',
} as const;

export interface ReportForms {
  html(proof: Proof): string;
  json(proof: Proof): string;
}

/** `/r/<token>`, `/r/<token>.json` and `/r/<token>.eml`; everything else is not here, in the same words. */
export function reportPages(shelf: Pick<MessageShelf, 'find'>, forms: ReportForms): Pages {
  return ({ method, url }) => {
    if (method !== 'GET' && method !== 'HEAD')
      return reply(405, 'text/plain; charset=utf-8', 'Only GET and HEAD.\n', { allow: 'GET, HEAD' });
    const match = /^\/r\/([0-9a-f]{32})(\.json|\.eml)?$/.exec(url);
    const entry = match?.[1] === undefined ? undefined : shelf.find(match[1]);
    if (match === null || entry === undefined) return reply(404, 'text/plain; charset=utf-8', 'Not here.\n');
    if (match[2] === '.eml') {
      return reply(200, 'text/plain; charset=utf-8', entry.octets, {
        'content-disposition': `attachment; filename="message-${match[1]?.slice(0, 8)}.eml"`,
      });
    }
    if (entry.proof === undefined) {
      return reply(503, 'text/plain; charset=utf-8', 'The message is being evaluated. Load this page again.\n', {
        'retry-after': '2',
      });
    }
    return match[2] === '.json'
      ? reply(200, 'application/json', forms.json(entry.proof))
      : reply(200, 'text/html; charset=utf-8', forms.html(entry.proof));
  };
}

const reply = (
  status: number,
  type: string,
  body: string | Uint8Array,
  more: Readonly<Record<string, string>> = {},
): PageReply => ({ status, headers: { ...safety, 'content-type': type, ...more }, body });
