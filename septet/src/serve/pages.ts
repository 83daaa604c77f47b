/** The pages for people: plain HTML without scripts, that works in every browser and in the dark. Pure. */
import { createHash } from 'node:crypto';

const style = `
:root{color-scheme:light dark}
body{margin:0;font:1.0625rem/1.5 system-ui,sans-serif;background:#f6f7f8;color:#1c2024}
main{max-width:32rem;margin:12vh auto 2rem;padding:2rem;background:#fff;border-radius:12px;box-shadow:0 1px 4px #0002;overflow-wrap:anywhere}
h1{font-size:1.375rem;line-height:1.3;margin:0 0 .75rem}
p{margin:0 0 1.25rem}
p:last-child{margin:0}
button{font:inherit;font-weight:600;padding:.7rem 1.25rem;border:1px solid transparent;border-radius:8px;background:#1f5fbf;color:#fff;cursor:pointer}
button.plain{background:none;border-color:#8a949e;color:inherit;font-weight:400}
button:focus-visible{outline:3px solid #7aa7e8;outline-offset:2px}
hr{border:0;border-top:1px solid #d5dade;margin:1.75rem 0}
.small{font-size:.9375rem;color:#525c66}
@media (max-width:36rem){main{margin:0;min-height:100vh;box-sizing:border-box;border-radius:0;padding:1.5rem}button{width:100%}}
@media (prefers-color-scheme:dark){body{background:#15181b;color:#e6e9ec}main{background:#1f2327;box-shadow:none}.small{color:#a6b0ba}hr{border-color:#3a4148}button{background:#2f6bc4}button.plain{border-color:#76808a}}
`;
const styleHash = createHash('sha256').update(style).digest('base64');

/** For `Content-Security-Policy`: nothing is loaded and nothing runs; a form goes back to where it came from. */
export const pagePolicy = `default-src 'none'; style-src 'sha256-${styleHash}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`;

const page = (title: string, body: string): Buffer =>
  Buffer.from(
    `<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="robots" content="noindex">\n<title>${escape(title)}</title>\n<style>${style}</style>\n</head>\n<body>\n<main>\n${body}\n</main>\n</body>\n</html>\n`,
  );

const escape = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`).replaceAll(/\p{C}/gu, '\ufffd');

/** Asks before it does anything, because scanners follow every link of a message. */
export function askPage(domain: string, recipient: string): Buffer {
  return page(
    'Unsubscribe',
    `<h1>Stop mail from ${escape(domain)}?</h1>
<p>${escape(shortened(recipient))} will get no more mail like the message that led here.</p>
<form method="post"><button name="choice" value="unsubscribe">Unsubscribe</button></form>
<hr>
<p class="small">You can keep the mail, and have your clicks and opens not counted any more.</p>
<form method="post"><button class="plain" name="choice" value="do-not-track">Do not track me</button></form>`,
  );
}

export const donePage = (domain: string): Buffer =>
  page(
    'Unsubscribed',
    `<h1>You are unsubscribed.</h1>\n<p>No more mail like that will come to you from ${escape(domain)}. You can close this page.</p>`,
  );

export const untrackedPage = (domain: string): Buffer =>
  page(
    'Not tracked',
    `<h1>You are not tracked any more.</h1>\n<p>Your clicks and opens of mail from ${escape(domain)} are not counted from now on. Links work as before.</p>`,
  );

/** One for everything that is not here: it tells nothing, and leads nowhere. */
export const nothingPage = page(
  'Not found',
  '<h1>There is nothing here.</h1>\n<p>The address is not complete, or it is not one of ours. Please open the link again from the message.</p>',
);

export const laterPage = page(
  'Try again',
  '<h1>That did not work just now.</h1>\n<p>Your wish could not be stored. Please try again in a few minutes.</p>',
);

export const oddFormPage = page(
  'Not understood',
  '<h1>That was not understood.</h1>\n<p>Please open the link again from the message, and use the button on its page.</p>',
);

/** `a•••@example.com`: enough to know oneself, too little for others. */
export function shortened(recipient: string): string {
  const at = recipient.lastIndexOf('@');
  if (at < 1) return 'Your address';
  const [first = ''] = recipient;
  return `${first}•••${recipient.slice(at).slice(0, 254)}`;
}
