/** What every form says beside the records, as comment lines of its syntax: title, reason, what is left to others, what comes later. */
import type { FormInput } from '../form.ts';
import type { FittedStep } from './fit.ts';

const columns = 80;

/** Words wrapped at 80 columns, each line behind `prefix`. A word is never broken. ASCII only, one line's worth of text. */
export function commentLines(prefix: string, text: string, hang = ''): readonly string[] {
  return wrapped(ascii(text), prefix, `${prefix}${hang}`);
}

/** The same for people: letters of any script stay. */
export function proseLines(text: string, first = '', indent = first): readonly string[] {
  return wrapped(oneLine(text), first, indent);
}

export function headLines(prefix: string, input: FormInput, what: string, notes: readonly string[]): readonly string[] {
  return [
    ...commentLines(prefix, `${what} for ${input.domain}, in the order of publishing.`),
    `${prefix}Plan ${input.digest}`,
    ...commentLines(prefix, `Made ${input.madeAt}.`),
    ...notes.flatMap((note) => commentLines(prefix, note)),
  ];
}

export const putUp = (url: string): string => `Put up the file ${url} with these lines:`;

/** Title and reason, what was refused or raised, what somebody else has to do. */
export function stepLines(prefix: string, fitted: FittedStep): readonly string[] {
  const { step } = fitted;
  return [
    ...commentLines(prefix, `${fitted.number}. ${step.title}`, '   '),
    ...commentLines(prefix, step.why),
    ...step.outside.flatMap((line) => commentLines(prefix, `Not in this zone: ${line}`, '  ')),
    ...(step.files ?? []).flatMap(({ url, lines }) => [
      ...commentLines(prefix, `Not in this zone: ${putUp(url)}`, '  '),
      ...lines.map((line) => `${prefix}  | ${ascii(line)}`),
    ]),
    ...fitted.raised.flatMap((line) => commentLines(prefix, line, '  ')),
    ...fitted.refused.flatMap((line) => commentLines(prefix, line, '  ')),
  ];
}

export function laterLines(prefix: string, input: FormInput): readonly string[] {
  if (input.later.length === 0) return [];
  return [
    '',
    `${prefix}Later, not yet:`,
    ...input.later.flatMap((line) => wrapped(ascii(line), `${prefix}- `, `${prefix}  `)),
  ];
}

/** The text in printable ASCII. What has no near letter becomes `?`; comments need not be exact. */
export function ascii(text: string): string {
  return oneLine(text)
    .replaceAll(/[\u2018\u2019\u201a]/g, "'")
    .replaceAll(/[\u201c\u201d\u201e]/g, '"')
    .replaceAll(/[\u2010-\u2015\u2212]/g, '-')
    .replaceAll('\u2026', '...')
    .replaceAll('\u2192', '->')
    .replaceAll('\u00b7', '-')
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^\x20-\x7e]/gu, '?');
}

/** One line without what would steer a terminal or end a comment. */
export function oneLine(text: string): string {
  return text
    .replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, ' ')
    .replaceAll(/ {2,}/g, ' ')
    .trim();
}

function wrapped(text: string, first: string, indent: string): readonly string[] {
  if (text === '') return [];
  const lines: string[] = [];
  let line = first;
  let empty = true;
  for (const word of text.split(' ')) {
    if (!empty && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = indent;
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  return [...lines, line];
}
