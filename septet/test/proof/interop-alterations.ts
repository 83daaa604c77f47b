/** What happens to messages on their way, and what must not: each change, and the signatures that it breaks. */
import { factsOf } from './interop-readings.ts';
import type { Form } from './interop-parties.ts';

export interface Alteration {
  readonly name: string;
  /** Changes the message below the signatures that were put on top of it; `undefined` where it has no place for that. */
  readonly message?: (text: string) => string | undefined;
  /** Changes these signatures. */
  readonly signatures?: (text: string) => string;
  /** Whether a signature in that form, whose h= names From `froms` times, must fail. */
  breaks(form: Form, more: { readonly froms: number; readonly fromFields: number }): boolean;
}

const always = (): boolean => true;
const never = (): boolean => false;

/** Where the body begins; `undefined` without an empty line. */
function bodyAt(text: string): number | undefined {
  if (text.startsWith('\r\n')) return 2;
  const at = text.indexOf('\r\n\r\n');
  return at < 0 ? undefined : at + 4;
}

function inBody(text: string, change: (body: string) => string | undefined): string | undefined {
  const at = bodyAt(text);
  const body = at === undefined ? undefined : change(text.slice(at));
  return body === undefined ? undefined : text.slice(0, at) + body;
}

/** The first field of that name, from its first letter to its last before the closing line end. */
function inField(text: string, key: string, change: (field: string) => string | undefined): string | undefined {
  const field = factsOf(text).fields.find((one) => one.key === key);
  const changed = field && change(field.text);
  if (!field || changed === undefined) return undefined;
  const at = `\r\n${text}`.indexOf(`\r\n${field.text}`);
  return text.slice(0, at) + changed + text.slice(at + field.text.length);
}

const other = (character: string): string => (character === 'x' ? 'y' : 'x');

/** A blank behind the colon, in the first line, in front of a word. */
const foldable = /^([^:]*:[^\r\n]*?)([ \t][!-~])/;

export const alterations: readonly Alteration[] = [
  {
    name: 'the first letter of the body is another',
    message: (text) =>
      inBody(text, (body) => (/[!-~]/.test(body) ? body.replace(/[!-~]/, (letter) => other(letter)) : undefined)),
    breaks: always,
  },
  {
    name: 'the last letter of the body is gone',
    message: (text) => inBody(text, (body) => (/[!-~]/.test(body) ? body.replace(/[!-~](?=[^!-~]*$)/, '') : undefined)),
    breaks: always,
  },
  {
    name: 'a footer stands below',
    message: (text) =>
      inBody(text, (body) => `${body}${body === '' || body.endsWith('\r\n') ? '' : '\r\n'}-- \r\nthe list\r\n`),
    breaks: always,
  },
  {
    name: 'a blank stands at the end of a line',
    message: (text) => inBody(text, (body) => (body.includes('\r\n') ? body.replace('\r\n', ' \r\n') : undefined)),
    breaks: ({ body }) => body === 'simple',
  },
  {
    name: 'empty lines stand below',
    message: (text) => inBody(text, (body) => (body.endsWith('\r\n') ? `${body}\r\n\r\n` : undefined)),
    breaks: never,
  },
  {
    name: 'the subject has the name of a list',
    message: (text) => inField(text, 'subject', (field) => field.replace(':', ': [list]')),
    breaks: always,
  },
  {
    name: 'a second From stands above',
    message: (text) => `From: eve@example.net\r\n${text}`,
    breaks: (_, { froms, fromFields }) => froms > fromFields,
  },
  {
    name: 'From is folded elsewhere',
    message: (text) =>
      inField(text, 'from', (field) => (foldable.test(field) ? field.replace(foldable, '$1\r\n$2') : undefined)),
    breaks: ({ header }) => header === 'simple',
  },
  {
    name: 'the name From is in other letters',
    message: (text) => inField(text, 'from', (field) => `fROm${field.slice(4)}`),
    breaks: ({ header }) => header === 'simple',
  },
  {
    name: 'From is gone',
    message: (text) => inField(text, 'from', () => 'X-Gone: 1'),
    breaks: always,
  },
  { name: 'a Received stands above', message: (text) => `Received: by mx.example\r\n${text}`, breaks: never },
  {
    name: 'another signature value',
    signatures: (text) => text.replaceAll(/(?<=[;\s]b=\s*)[A-Za-z0-9+/]/g, (letter) => (letter === 'A' ? 'B' : 'A')),
    breaks: always,
  },
  {
    name: 'another time of signing',
    signatures: (text) => text.replaceAll(/(?<=[;\s]t=157783680)0/g, '1'),
    breaks: always,
  },
];
