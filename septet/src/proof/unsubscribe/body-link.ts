/** The visible link to unsubscribe, which mailbox providers want besides the header. */
import type { Finding, Subject } from '../../finding/finding.ts';
import { found } from './findings.ts';
import type { Reading } from './reading.ts';
import { leadsToUnsubscribe, saysUnsubscribe } from './words.ts';

export interface BodySeen {
  /** Links of the HTML and plain-text parts, with the text that they show. */
  readonly links: readonly { readonly href: string; readonly text: string }[];
  /** What a person reads. */
  readonly text: string;
  /** Not everything was read. */
  readonly cut?: boolean;
}

/**
 * A link whose text or address says so, a link to an address of List-Unsubscribe, or a link in a text that says so
 * ("to unsubscribe click here").
 */
export function hasUnsubscribeLink({ links, text }: BodySeen, { uris }: Pick<Reading, 'uris'>): boolean {
  const named = new Set(uris.map(({ uri }) => uri));
  return (
    links.some(({ href, text: shown }) => named.has(href) || saysUnsubscribe(shown) || leadsToUnsubscribe(href)) ||
    (links.length > 0 && saysUnsubscribe(text))
  );
}

export function checkBodyLink(body: BodySeen | undefined, subject: Subject, reading: Reading): readonly Finding[] {
  if (body === undefined || hasUnsubscribeLink(body, reading)) return [];
  const links = body.links.slice(-3).map(({ text, href }) => {
    const shown = text.trim().slice(0, 60);
    return shown === '' || shown === href.slice(0, 60) ? href.slice(0, 120) : `${shown} → ${href.slice(0, 120)}`;
  });
  const value = body.links.length === 0 ? 'none' : `${body.links.length}, the last ones: ${links.join('; ')}`;
  return [
    found('unsub.body_link', {
      subject: { ...subject, type: 'body' },
      evidence: [{ kind: 'fact', label: 'links in the body', value }],
      ...(body.cut ? { state: 'unknown' } : {}),
    }),
  ];
}
