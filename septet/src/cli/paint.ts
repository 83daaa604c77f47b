/** Colours, wrapping and underlining for the terminal. Everything reads as well without colours. */
import { styleText } from 'node:util';
import type { Span } from '../text/parsed.ts';
import { cellsOf, visible, widthOf, type Cell, type VisibleOptions } from './visible.ts';

export type Style = 'red' | 'yellow' | 'green' | 'cyan' | 'bold' | 'dim';

export interface Paint {
  readonly columns: number;
  (style: Style, text: string): string;
}

export function painter(columns: number, colours: boolean): Paint {
  const paint = (style: Style, text: string): string =>
    colours ? styleText(style, text, { validateStream: false }) : text;
  return Object.assign(paint, { columns: Math.max(40, Math.min(columns, 120)) });
}

/** Wraps words at `width` columns; every line begins with `indent`, the first with `first` instead. */
export function wrap(text: string, width: number, indent: string, first = indent): string {
  const lines: string[] = [];
  let line = first;
  let used = widthOf(first);
  let empty = true;
  const next = (): void => {
    lines.push(line.trimEnd());
    line = indent;
    used = widthOf(indent);
    empty = true;
  };
  for (const raw of text.split(/[ \t\r\n]+/)) {
    if (raw === '') continue;
    const word = visible(raw);
    if (!empty && used + 1 + widthOf(word) > width) next();
    for (const piece of piecesOf(word, width - used, width - widthOf(indent))) {
      if (piece !== word && !empty) next();
      line += empty ? piece : ` ${piece}`;
      used += widthOf(piece) + (empty ? 0 : 1);
      empty = false;
    }
  }
  lines.push(line.trimEnd());
  return lines.join('\n');
}

/** A word that is too long for a line, in pieces: the first takes the room that is there, the others a line each. */
function piecesOf(word: string, room: number, roomOfLines: number): readonly string[] {
  const pieces: string[] = [];
  let rest = word;
  let left = room;
  while (widthOf(rest) > left && left >= fewestColumns) {
    const cut = cutOf(rest, left, roomOfLines);
    pieces.push(rest.slice(0, cut));
    rest = rest.slice(cut);
    left = roomOfLines;
  }
  pieces.push(rest);
  return pieces;
}

/** In less room a word is not cut, and stands out. */
const fewestColumns = 9;

/**
 * Where a word that is too long for a line is cut. Addresses and names stay whole where they can, so that they can be
 * copied: behind the last `,` or `;`, else where the rest up to the next of these fits in a line, else behind a mark in
 * the second half, else at the end of the room.
 */
function cutOf(word: string, room: number, roomOfLines: number): number {
  const [member = ''] = /^[^,;]*[,;]*/.exec(word) ?? [];
  const total = widthOf(member);
  let cut = 0;
  let width = 0;
  let list = 0;
  let whole = 0;
  let mark = 0;
  for (const character of word) {
    width += widthOf(character);
    if (width > room) break;
    cut += character.length;
    if (',;'.includes(character)) list = cut;
    if (':=/?&|'.includes(character) && total - width <= roomOfLines) whole = cut;
    if ('.,:;/=@&?|'.includes(character) && width > room / 2) mark = cut;
  }
  return list || whole || mark || Math.max(cut, 1);
}

/** Cuts a text that is visible already to `width` columns, with `…` for what is missing. */
export function cutTo(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let shown = '';
  let used = 0;
  for (const character of text) {
    used += widthOf(character);
    if (used > width - 1) break;
    shown += character;
  }
  return `${shown.trimEnd()}…`;
}

const wholeRows = 4;

/**
 * A record's text in lines of at most `width`, with `~` under the marked characters. Lines break behind a blank where
 * that is near. Long texts without marks are cut after three lines; with marks the first line and the lines around the
 * marks are shown.
 */
export function underlined(
  text: string,
  marks: readonly Span[],
  width: number,
  indent: string,
  options: VisibleOptions = { octets: true },
): readonly string[] {
  const spans = marks.map((mark) => ({ from: mark.offset, to: mark.offset + Math.max(1, mark.length) }));
  const isMarked = (cell: Cell): boolean =>
    spans.some((span) => cell.at < span.to && cell.at + cell.length > span.from);
  const cells = [...cellsOf(text, options)];
  // A mark behind the last character is a place of its own.
  if (spans.some((span) => span.to > text.length || text === ''))
    cells.push({ at: text.length, length: 1, shown: ' ', width: 1 });
  // One column is kept for a blank or a place behind the end, which shows only where it is marked.
  const rows = rowsOf(cells, Math.max(20, width - indent.length) - 1).map((row) => {
    let under = '';
    for (const cell of row) under += (isMarked(cell) ? '~' : ' ').repeat(cell.width);
    const line = row.map((cell) => cell.shown).join('');
    return { line: `${indent}${line}`.trimEnd(), under: `${indent}${under}`.trimEnd() };
  });
  const marked = rows.flatMap((row, index) => (row.under === '' ? [] : [index]));
  const keep = (index: number): boolean =>
    rows.length <= wholeRows ||
    (marked.length === 0 ? index < 3 : index === 0 || marked.some((place) => Math.abs(place - index) <= 1));
  const lines: string[] = [];
  for (const [index, row] of rows.entries()) {
    const alone = index > 0 && keep(index - 1) && keep(index + 1);
    if (!keep(index) && !alone) {
      if (keep(index - 1)) lines.push(`${indent}…`);
      continue;
    }
    lines.push(row.line);
    if (row.under !== '') lines.push(row.under);
  }
  return lines;
}

/** Cells in rows of at most `room` columns; an escape is never cut in two. */
function rowsOf(cells: readonly Cell[], room: number): readonly (readonly Cell[])[] {
  const rows: Cell[][] = [];
  let row: Cell[] = [];
  let used = 0;
  for (const cell of cells) {
    if (used + cell.width > room && cell.shown !== ' ') {
      const blank = row.findLastIndex((each) => each.shown === ' ');
      const rest = blank >= row.length / 2 ? row.splice(blank + 1) : [];
      rows.push(row);
      row = rest;
      used = rest.reduce((sum, each) => sum + each.width, 0);
    }
    row.push(cell);
    used += cell.width;
  }
  if (row.length > 0) rows.push(row);
  return rows;
}
