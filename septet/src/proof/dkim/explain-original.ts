/** What differs between a message as it was sent and as it came in, in what a signature covers. */
import type { Header } from '../../mail/header.ts';
import { valueOf } from '../../mail/header.ts';
import { canonicalLines, type Form, linesOf } from './explain-lines.ts';
import { cut } from './explain-readings.ts';
import { shown, slotText } from './explain-options.ts';
import type { Canonicalization, Change } from './outcome.ts';
import { selectFields } from './select.ts';

export interface SideText {
  readonly header: Header;
  /** One character per octet. */
  readonly text: string;
}

/** The signed fields that differ in the signed form, from the top of `h=`; each is `shown`. */
export function fieldDifferences(was: Header, is: Header, names: readonly string[], form: Form): readonly Change[] {
  const then = selectFields(was.fields, names);
  const now = selectFields(is.fields, names);
  const changes: Change[] = [];
  for (const [place, name] of names.entries()) {
    const before = then[place];
    const after = now[place];
    if (slotText(before, form) === slotText(after, form)) continue;
    if (before && after) {
      const how = slotText(before, 'relaxed') === slotText(after, 'relaxed') ? 'refolded' : 'altered';
      changes.push({
        kind: 'field',
        field: after.name,
        how,
        was: shown(valueOf(before)),
        is: shown(valueOf(after)),
        line: after.line,
        certainty: 'shown',
      });
    } else if (before) {
      changes.push({ kind: 'field', field: name, how: 'removed', was: shown(valueOf(before)), certainty: 'shown' });
    } else if (after) {
      changes.push({
        kind: 'field',
        field: after.name,
        how: 'added',
        is: shown(valueOf(after)),
        line: after.line,
        certainty: 'shown',
      });
    }
  }
  return changes;
}

/** Lines above and below the original text, or else the first line that differs and what follows. */
export function bodyDifferences(was: SideText, is: SideText, form: Form): readonly Change[] {
  const then = trimmed(canonicalLines(linesOf(was.text, was.header.lineEnd), form));
  const written = linesOf(is.text, is.header.lineEnd);
  const now = trimmed(canonicalLines(written, form));
  if (then.length === now.length && then.every((line, at) => line === now[at])) return [];
  let top = 0;
  while (top < then.length && top < now.length && then[top] === now[top]) top++;
  if (top === then.length) return [run('footer', written, top, now.length)];
  let bottom = 0;
  while (bottom < then.length && bottom < now.length && then.at(-1 - bottom) === now.at(-1 - bottom)) bottom++;
  if (bottom === then.length) return [run('banner', written, 0, now.length - bottom)];
  const inside = placeOf(then, now);
  if (inside !== undefined) {
    return [run('banner', written, 0, inside), run('footer', written, inside + then.length, now.length)];
  }
  if (top + bottom >= then.length) return [run('footer', written, top, now.length - (then.length - top))];
  const line = {
    kind: 'line',
    line: top + 1,
    was: cut(then[top] ?? ''),
    is: cut(now[top] ?? ''),
    certainty: 'shown',
  } as const;
  return [line];
}

function trimmed(lines: readonly string[]): readonly string[] {
  let count = lines.length;
  while (count > 0 && lines[count - 1] === '') count--;
  return lines.slice(0, count);
}

/** Where all of `inner` stands in `outer`, at the first of the places where its first line does. */
function placeOf(inner: readonly string[], outer: readonly string[]): number | undefined {
  let looks = 100_000; // house: lines compared at most
  for (let at = 1; at + inner.length <= outer.length; at++) {
    let same = 0;
    while (same < inner.length && outer[at + same] === inner[same] && looks-- > 0) same++;
    if (same === inner.length) return at;
    if (looks <= 0) return undefined;
  }
  return undefined;
}

function run(kind: 'footer' | 'banner', lines: readonly string[], from: number, to: number): Change {
  let first = from;
  while (first < to - 1 && (lines[first] ?? '').trim() === '') first++;
  return { kind, fromLine: first + 1, lines: to - first, text: cut(lines[first] ?? ''), certainty: 'shown' };
}

export interface OriginalInput {
  readonly was: SideText;
  readonly is: SideText;
  readonly names: readonly string[];
  readonly forms: Canonicalization;
}

/** Header first, then body. `lineEnd` of each side says how its lines end. */
export const differencesFrom = ({ was, is, names, forms }: OriginalInput): readonly Change[] => [
  ...fieldDifferences(was.header, is.header, names, forms.header),
  ...bodyDifferences(was, is, forms.body),
];
