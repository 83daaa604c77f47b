/** The way of the message, from its sender to its receiver, as its Received fields tell it. */
import type { Received } from '../../mail/received.ts';
import type { Envelope } from '../../proof/envelope/envelope.ts';
import type { Heading } from './proof-html-findings.ts';
import { html, type Html } from './proof-html-text.ts';

/** A loop writes a hundred; nobody reads more. */
const maxHops = 40; // house

export function traceSection(envelope: Envelope, heading: Heading): Html {
  const { hops } = envelope;
  if (hops.length === 0) return html``;
  const oldestFirst = hops.toReversed();
  const shown = oldestFirst.slice(-maxHops);
  const earlier = oldestFirst.length - shown.length;
  const items = shown.map((hop, index) => hopItem(hop, shown[index - 1], hop.line === envelope.hop?.line));
  return html`<section>
    ${heading(0, html`The way of the message`)}
    <p class="soft">
      As its Received fields tell it, the oldest
      first.${envelope.hop ? ' What stands above the marked hop may be invented.' : ''}
    </p>
    ${earlier > 0 ? html`<p class="soft">${earlier} earlier hops are left out.</p>` : undefined}
    <ol start="${earlier + 1}">
      ${items}
    </ol>
  </section> `;
}

function hopItem(hop: Received, before: Received | undefined, boundary: boolean): Html {
  const { line, by, protocol, authenticated, tls, at } = hop;
  const how = [
    ...(protocol === undefined ? [] : [protocol]),
    ...(tls
      ? [`TLS${tls.version === undefined ? '' : ` (${[tls.version, tls.cipher].filter(Boolean).join(', ')})`}`]
      : []),
    ...(authenticated ? ['the client proved who it is'] : []),
    ...(at === undefined ? ['no readable time'] : [timeText(at)]),
    ...(at === undefined || before?.at === undefined ? [] : [sinceText(at - before.at)]),
    `line ${line}`,
  ];
  return html`<li>
    ${boundary ? html`<strong>Taken as the hand-over to the receiver:</strong> ` : undefined}from ${clientText(hop)} by
    ${by ?? '?'}<br /><span class="soft">${how.join(', ')}</span>
  </li> `;
}

/** `mail.example.com (192.0.2.10)` */
export function clientText({ helo, ip, reverseName }: Received): string {
  const name = helo ?? reverseName;
  if (ip === undefined) return name ?? '?';
  return name === undefined ? ip : `${name} (${ip})`;
}

const timeText = (ms: number): string => {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? 'no readable time' : `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
};

export function sinceText(ms: number): string {
  const seconds = Math.round(Math.abs(ms) / 1000);
  const text =
    seconds < 120
      ? `${seconds} s`
      : seconds < 7200
        ? `${Math.round(seconds / 60)} min`
        : `${Math.round(seconds / 3600)} h`;
  return ms < -500 ? `${text} before the hop above: a clock is wrong` : `${text} later`;
}
