/** Pieces of Markdown in which nothing of a stranger's text is markup, and nothing of it becomes a link. */
import { visible } from '../visible.ts';

/** Longer texts are cut; what a person reads is shorter. */
const maxCharacters = 2000; // house

/** A sentence with its code spans; where the backticks do not pair, they stand for themselves. */
export function prose(text: string): string {
  const parts = oneLine(text).split('`');
  const paired = parts.length % 2 === 1 && !parts.slice(1, -1).includes('');
  if (!paired) return escaped(parts.join('`'));
  return parts.map((part, index) => (index % 2 === 1 ? `\`${part}\`` : escaped(part))).join('');
}

/** A code span whose backticks are more than any run of them inside. */
export function code(text: string): string {
  const shown = oneLine(text);
  if (shown === '') return '';
  const marks = '`'.repeat(longestRun(shown) + 1);
  return marks.length === 1 ? `\`${shown}\`` : `${marks} ${shown} ${marks}`;
}

/** In a table a bar ends the cell, also inside a code span. */
export const cell = (markdown: string): string => markdown.replaceAll(/\\?\|/g, '\\|');

/** A code block whose fence is longer than any run of backticks inside. */
export function fence(lines: readonly string[]): readonly string[] {
  const marks = '`'.repeat(Math.max(3, longestRun(lines.join('\n')) + 1));
  return [marks, ...lines, marks];
}

/** Addresses are escaped too, which some readers of Markdown would turn into links; so are signs that begin a list or heading. */
const escaped = (text: string): string =>
  text
    .replaceAll(/[\\`<>[\]*_|~&]/g, '\\$&')
    .replaceAll('://', '\\://')
    .replaceAll(/\bwww\./gi, (match) => `${match.slice(0, 3)}\\.`)
    .replaceAll(/(^|[^\w])@/g, '$1\\@')
    .replace(/^([#+=-]|\d{1,9}(?=[.)]))/, (match) => (/\d/.test(match) ? match : `\\${match}`))
    .replace(/^(\d{1,9})([.)])/, '$1\\$2');

const oneLine = (text: string): string =>
  visible(
    (text.length > maxCharacters ? `${text.slice(0, maxCharacters)}…` : text).replaceAll(/[ \t\r\n]+/g, ' ').trim(),
  );

const longestRun = (text: string): number => Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
