/**
 * HTML that can be written only by escaping: what is put into a template is text, unless another template made it. A
 * message is written by strangers, so nothing of it becomes markup, and characters that steer are shown as escapes.
 */
import type { Span } from '../../text/parsed.ts';
import { cellsOf, visible, type Cell } from '../visible.ts';

/** Markup that is finished. */
export interface Html {
  readonly markup: string;
}

export type Piece = string | number | Html | readonly Html[] | undefined;

/** Longer texts are cut; what a person reads is shorter. */
const maxCharacters = 2000; // house

export function html(pieces: TemplateStringsArray, ...values: readonly Piece[]): Html {
  let markup = pieces[0] ?? '';
  for (const [index, value] of values.entries()) markup += markupOf(value) + (pieces[index + 1] ?? '');
  return { markup };
}

function markupOf(value: Piece): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return escaped(oneLine(value));
  if ('markup' in value) return value.markup;
  return value.map(({ markup }) => markup).join('');
}

/** Whole, however long, with every blank: what is copied. */
export const verbatim = (text: string): Html => ({ markup: escaped(visible(text)) });

/** Several lines of ours, such as XML; their values are escaped as all text is. */
export const linesOfText = (lines: readonly string[]): Html => ({
  markup: lines.map((line) => escaped(visible(cutTo(line)))).join('\n'),
});

export const code = (text: string): Html => html`<code>${text}</code>`;

/** A sentence, in which `…` between backticks is code; where the backticks do not pair they stand for themselves. */
export function prose(text: string): Html {
  const parts = cutTo(text).split('`');
  if (parts.length % 2 === 0 || parts.slice(1, -1).includes('')) return html`${text}`;
  return html`${parts.map((part, index) => (index % 2 === 1 ? code(part) : html`${part}`))}`;
}

/** The text of evidence with its marks underlined; of long texts the beginning and what is around the marks. */
export function marked(text: string, marks: readonly Span[], options: { readonly octets: boolean }): Html {
  const spans = marks.map(({ offset, length }) => ({ from: offset, to: offset + Math.max(1, length) }));
  const body = text.replace(/\r?\n$/, '');
  const wide = spans.length === 0 ? 600 : 240;
  const isNear = (at: number): boolean =>
    at < wide || spans.some(({ from, to }) => at >= from - aroundMark && at < Math.min(to, from + wide) + aroundMark);
  // A mark behind the last character is a place of its own.
  const beyond = spans.some(({ to }) => to > body.length) ? [{ at: body.length, length: 1, shown: ' ', width: 1 }] : [];
  const cells = body.length <= wide ? cellsOf(body, options) : cellsNear(body, isNear, options);
  const isMarked = (cell: Cell): boolean => spans.some(({ from, to }) => cell.at < to && cell.at + cell.length > from);
  const runs: { marked: boolean; text: string }[] = [];
  let end = 0;
  for (const cell of [...cells, ...beyond]) {
    if (cell.at > end) runs.push({ marked: false, text: ' … ' });
    end = cell.at + cell.length;
    const run = runs.at(-1);
    const shown = cell.shown === '\\013' ? '' : cell.shown === '\\010' ? '\n' : cell.shown;
    if (run && run.marked === isMarked(cell)) run.text += shown;
    else runs.push({ marked: isMarked(cell), text: shown });
  }
  if (end < body.length) runs.push({ marked: false, text: ' …' });
  return html`${runs.map((run) => ({ markup: run.marked ? `<mark>${escaped(run.text)}</mark>` : escaped(run.text) }))}`;
}

const aroundMark = 120;

/** The characters of the pieces that are shown; a text of megabytes is not cut into cells as a whole. */
function cellsNear(
  text: string,
  isNear: (at: number) => boolean,
  options: { readonly octets: boolean },
): readonly Cell[] {
  const cells: Cell[] = [];
  for (let at = 0; at < text.length;) {
    if (!isNear(at)) {
      at++;
      continue;
    }
    let to = at + 1;
    while (to < text.length && isNear(to)) to++;
    for (const cell of cellsOf(text.slice(at, to), options)) cells.push({ ...cell, at: cell.at + at });
    at = to;
  }
  return cells;
}

const oneLine = (text: string): string =>
  visible(
    cutTo(text)
      .replaceAll(/[ \t\r\n]+/g, ' ')
      .replaceAll(endlessWord, '$1…'),
  );

/** No word of a language, name or address that anybody reads is longer. */
const endlessWord = /([^ ]{253})[^ ]{8,}/g;

const cutTo = (text: string): string => (text.length > maxCharacters ? `${text.slice(0, maxCharacters)}…` : text);

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** More marks upon one letter grow over the lines around it. */
const piledMarks = /(\p{M}{3})\p{M}+/gu;

const escaped = (text: string): string =>
  text.replaceAll(piledMarks, '$1').replaceAll(/[&<>"']/g, (character) => entities[character] ?? character);
