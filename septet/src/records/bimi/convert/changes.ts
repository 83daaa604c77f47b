/** What the conversion did, one sentence for each kind of change, with the places in the file that was given. */
import type { Span } from '../../../text/parsed.ts';

/**
 * - `changed`: the same picture, said otherwise.
 * - `look`: the picture may differ, or a person should look at it.
 * - `refused`: cannot be converted; the sentence says what to do in the drawing program.
 */
export type ChangeKind = 'changed' | 'look' | 'refused';

/** Both count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface Change {
  readonly kind: ChangeKind;
  readonly sentence: string;
  /** Where it was in the file, the first few only; empty for what concerns the whole file. */
  readonly places: readonly Place[];
  /** How often. */
  readonly count: number;
}

export interface ChangeLog {
  changed(sentence: string, at?: Span): void;
  look(sentence: string, at?: Span): void;
  refuse(sentence: string, at?: Span): void;
  readonly refused: boolean;
  /** In the order in which they were told, refusals first. */
  list(): readonly Change[];
}

const maxPlaces = 5;
/** A hostile file can be wrong in as many ways as it has octets; nobody reads more than this. */
const maxSentences = 100;

/** Collects sentences about `text`; equal ones become one with several places. */
export function changeLog(text: string): ChangeLog {
  const groups = new Map<string, { kind: ChangeKind; sentence: string; at: Set<number>; count: number }>();
  let refused = false;
  const add = (kind: ChangeKind, sentence: string, at?: Span): void => {
    refused ||= kind === 'refused';
    let group = groups.get(sentence);
    if (!group) {
      if (groups.size >= maxSentences) return;
      group = { kind, sentence, at: new Set(), count: 0 };
      groups.set(sentence, group);
    }
    group.count++;
    if (at && group.at.size < maxPlaces) group.at.add(at.offset);
  };
  const order: readonly ChangeKind[] = ['refused', 'look', 'changed'];
  return {
    changed: (sentence, at) => add('changed', sentence, at),
    look: (sentence, at) => add('look', sentence, at),
    refuse: (sentence, at) => add('refused', sentence, at),
    get refused() {
      return refused;
    },
    list: () => {
      const starts = lineStarts(text);
      return [...groups.values()]
        .map(({ kind, sentence, at, count }) => ({
          kind,
          sentence,
          places: [...at].map((offset) => placeOf(starts, offset)),
          count,
        }))
        .sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
    },
  };
}

function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) starts.push(i + 1);
  return starts;
}

function placeOf(starts: readonly number[], offset: number): Place {
  const line = starts.findLastIndex((start) => start <= offset);
  return { line: line + 1, column: offset - (starts[line] ?? 0) + 1 };
}

/** Foreign text for a sentence: one line, at most 40 characters. */
export function quoted(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return `\`${line.length > 40 ? `${line.slice(0, 39)}…` : line}\``;
}
