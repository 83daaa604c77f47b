/** A logo as mailboxes show it: one page without scripts that loads nothing, or the same as a sheet to be drawn. */
import type { Finding } from '../../finding/finding.ts';
import { html, prose, type Html } from '../message/proof-html-text.ts';
import { previewStyle } from './preview-style.ts';

export interface ShownLogo {
  /** File name. */
  readonly name: string;
  readonly title?: string;
  /** The SVG, after decompression. */
  readonly plain: Uint8Array;
  readonly findings: readonly Finding[];
  readonly schemaValid: boolean;
}

const maxPoints = 5; // house: more are for `septet bimi --svg`

/** `sheet` leaves out what has no fixed height, and follows no theme. */
export function previewPage(logo: ShownLogo, form: 'page' | 'sheet'): string {
  const title = `Preview of ${logo.title ?? logo.name}`;
  const body = html`<main>
    <h1>${title}</h1>
    ${verdict(logo)}${form === 'page' ? points(logo) : undefined}
    <h2>Shapes</h2>
    <p class="soft">
      Most mailboxes show a circle, some a square, with or without round corners. Where the logo is transparent, the
      colour behind it shows through.
    </p>
    <div class="grounds">${grounds.map((ground) => shapesOn(ground, logo))}</div>
    <h2>Sizes</h2>
    <p class="soft">A list shows 24 to 48 pixels, an open message 40 to 96.</p>
    <div class="grounds">
      ${grounds.filter(([name]) => name === 'light' || name === 'dark').map((ground) => sizesOn(ground, logo))}
    </div>
    <h2>In a list of messages</h2>
    <div class="grounds">
      ${grounds.filter(([name]) => name === 'light' || name === 'black').map((ground) => listOn(ground, logo))}
    </div>
    <h2>What a circle cuts off</h2>
    <p class="soft">What lies under the stripes is cut off by round avatars. A chequered ground is transparent.</p>
    <div class="cut"><span class="logo" role="img" aria-label="${label(logo)}"></span><i></i></div>
    <footer>
      <p>
        Made by Septet. Shapes and sizes are those in use; each mailbox decides for itself, and whether it shows a logo
        at all depends on DMARC, on its rules and often on a mark certificate.
      </p>
    </footer>
  </main>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="${form === 'sheet' ? 'light' : 'light dark'}">
<title>${html`${title}`.markup}</title>
<style>${previewStyle(Buffer.from(logo.plain).toString('base64'))}</style>
</head>
<body${form === 'sheet' ? ' class="sheet"' : ''}>
${body.markup}
</body>
</html>
`;
}

const grounds = [
  ['light', 'On white'],
  ['grey', 'On light grey'],
  ['dark', 'On dark grey'],
  ['black', 'On black'],
] as const;

type Ground = (typeof grounds)[number];

const label = ({ title, name }: ShownLogo): string => `The logo ${title ?? name}`;

function verdict({ schemaValid, findings, plain, name }: ShownLogo): Html {
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const fine = schemaValid && errors === 0;
  return fine
    ? html`<p><span class="good">Valid SVG Tiny PS</span>, ${plain.length} octets: ${name}</p>`
    : html`<p>
        <span class="bad">Not valid SVG Tiny PS</span>, ${plain.length} octets: ${name}. No mailbox shows it like this;
        ${prose('`septet bimi convert`')} makes a file that passes.
      </p>`;
}

function points({ findings }: ShownLogo): Html | undefined {
  const told = findings.filter(({ severity }) => severity === 'error' || severity === 'warning');
  if (told.length === 0) return undefined;
  const more = told.length - maxPoints;
  return html`<ul class="points">
    ${told.slice(0, maxPoints).map(({ severity, message }) => html`<li class="${severity}"><strong>${severity === 'error' ? 'Error' : 'Warning'}</strong> ${prose(message)}</li>`)}
    ${more > 0 ? html`<li>And ${more} more: see ${prose('`septet bimi --svg`')}.</li>` : undefined}
  </ul>`;
}

const frame = (shape: string, size: string, logo: ShownLogo, caption: string): Html =>
  html`<figure>
    <span class="logo ${shape} ${size}" role="img" aria-label="${`${label(logo)}, ${caption}`}"></span>
    <figcaption>${caption}</figcaption>
  </figure>`;

function shapesOn([name, words]: Ground, logo: ShownLogo): Html {
  return html`<div class="ground ${name}">
    <p>${words}</p>
    <div class="row">
      ${frame('round', 's96', logo, 'round')}${frame('rounded', 's96', logo, 'rounded')}${frame('square', 's96', logo, 'square')}
    </div>
  </div>`;
}

const sizes = [24, 32, 40, 48, 64, 96];

function sizesOn([name, words]: Ground, logo: ShownLogo): Html {
  return html`<div class="ground ${name}">
    <p>${words}</p>
    <div class="row">${sizes.map((size) => frame('round', `s${size}`, logo, `${size} px`))}</div>
  </div>`;
}

function listOn([name, words]: Ground, logo: ShownLogo): Html {
  const sender = logo.title ?? 'Your brand';
  const other = (letter: string, from: string, subject: string): Html =>
    html`<li>
      <span class="other round s40" aria-hidden="true">${letter}</span>
      <div>
        <p><strong>${from}</strong></p>
        <p>${subject}</p>
      </div>
    </li>`;
  return html`<div class="ground ${name}">
    <p>${words}</p>
    <ul class="mails">
      ${other('A', 'Anna Example', 'Lunch on Thursday?')}
      <li>
        <span class="logo round s40" role="img" aria-label="${label(logo)}"></span>
        <div>
          <p><strong>${sender}</strong></p>
          <p>Your order is on its way and arrives between nine and noon</p>
        </div>
      </li>
      ${other('B', 'Building office', 'The lift is out of order until Monday')}
      <li>
        <span class="logo rounded s32" role="img" aria-label="${label(logo)}"></span>
        <div>
          <p><strong>${sender}</strong></p>
          <p>The same, smaller and with corners</p>
        </div>
      </li>
    </ul>
  </div>`;
}
