/** Colours, wrapping and underlining for the terminal. Everything reads as well without colours. */
import { styleText } from 'node:util';
import type { Span } from '../text/parsed.ts';

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

/** Wraps words at `width` characters; every line begins with `indent` blanks, the first with `first` instead. */
export function wrap(text: string, width: number, indent: string, first = indent): string {
  const lines: string[] = [];
  let line = first;
  let empty = true;
  for (const word of text.split(/\s+/)) {
    if (word === '') continue;
    if (!empty && line.length + 1 + word.length > width) {
      lines.push(line);
      line = indent;
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  lines.push(line);
  return lines.join('\n');
}

/**
 * A record's text in lines of at most `width`, with `~` under the marked characters. Long texts without marks are cut
 * after four lines; with marks only the lines around them are shown. Unprintable octets stand as `\DDD`.
 */
export function underlined(text: string, marks: readonly Span[], width: number, indent: string): readonly string[] {
  const { shown, map } = printable(text);
  const room = Math.max(20, width - indent.length);
  const spans = marks.map((mark) => ({
    from: map[Math.min(mark.offset, text.length)] ?? shown.length,
    to: map[Math.min(mark.offset + Math.max(1, mark.length), text.length)] ?? shown.length,
  }));
  const rows: { line: string; under: string }[] = [];
  for (let at = 0; at < Math.max(1, shown.length); at += room) {
    let under = '';
    for (let i = at; i < Math.min(shown.length + 1, at + room); i++) {
      under += spans.some((span) => i >= span.from && i < Math.max(span.to, span.from + 1)) ? '~' : ' ';
    }
    rows.push({ line: shown.slice(at, at + room), under: under.trimEnd() });
  }
  const marked = rows.map((row, index) => (row.under === '' ? -1 : index)).filter((index) => index >= 0);
  const keep = (index: number): boolean =>
    rows.length <= 4 || (marked.length === 0 ? index < 3 : index === 0 || marked.some((m) => Math.abs(m - index) <= 1));
  const lines: string[] = [];
  let skipping = false;
  for (const [index, row] of rows.entries()) {
    if (!keep(index)) {
      if (!skipping) lines.push(`${indent}…`);
      skipping = true;
      continue;
    }
    skipping = false;
    lines.push(indent + row.line);
    if (row.under !== '') lines.push(indent + row.under);
  }
  return lines;
}

/** Octets as text: UTF-8 where the octets are UTF-8, `\DDD` for controls. `map[i]` is where octet `i` is shown. */
function printable(text: string): { shown: string; map: readonly number[] } {
  const map: number[] = [];
  let shown = '';
  for (let i = 0; i < text.length; i++) {
    map.push(shown.length);
    const code = text.charCodeAt(i);
    const length =
      code >= 0xc2 && code < 0xe0 ? 2 : code >= 0xe0 && code < 0xf0 ? 3 : code >= 0xf0 && code < 0xf5 ? 4 : 1;
    if (length > 1 && code < 256) {
      const decoded = Buffer.from(text.slice(i, i + length), 'latin1').toString('utf8');
      const visible = decoded.length <= 2 && !decoded.includes('\ufffd') && !/[\p{C}\p{Z}]/u.test(decoded);
      if (visible) {
        for (let k = 1; k < length; k++) map.push(shown.length);
        shown += decoded;
        i += length - 1;
        continue;
      }
    }
    shown += code < 32 || (code >= 127 && code < 256) ? `\\${String(code).padStart(3, '0')}` : (text[i] ?? '');
  }
  map.push(shown.length);
  return { shown, map };
}
