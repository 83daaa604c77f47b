/** What is wrong with a configuration, and where: a line of the file, or an environment variable. */

/** Counted from 1; columns in characters. */
export type Place = { readonly line: number; readonly column: number } | { readonly variable: string };

export interface ConfigProblem {
  /** 0 when the fault is in an environment variable. */
  readonly line: number;
  readonly column: number;
  /** One sentence or two for a person. Never a secret. */
  readonly message: string;
  /** The environment variable that holds the fault. */
  readonly variable?: string;
}

export function problemAt(place: Place, message: string): ConfigProblem {
  return 'variable' in place
    ? { line: 0, column: 0, message, variable: place.variable }
    : { line: place.line, column: place.column, message };
}

/** `septet.yaml:7:11`, or the name of the variable. */
export function placeText(file: string, place: Place): string {
  return 'variable' in place ? place.variable : `${file}:${place.line}:${place.column}`;
}

/** One line: `septet.yaml:7:11: …`, or `SEPTET_…: …`. */
export function problemText(file: string, problem: ConfigProblem): string {
  const { line, column, message, variable } = problem;
  return `${variable ?? `${file}:${line}:${column}`}: ${message}`;
}

/**
 * The word of the list that was probably meant: at most a third of its letters are wrong. A word that only adds to a
 * known one, or stops short of it, counts too.
 */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const flat = (text: string): string => text.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  const typed = flat(word);
  if (typed.length > 64) return undefined;
  let best: { readonly word: string; readonly cost: number } | undefined;
  for (const candidate of known) {
    const wanted = flat(candidate);
    const starts = typed.length >= 3 && (wanted.startsWith(typed) || typed.startsWith(wanted));
    const cost = starts ? 1 : distance(typed, wanted);
    const most = Math.max(1, Math.floor(Math.max(typed.length, wanted.length) / 3));
    if (cost <= most && (best === undefined || cost < best.cost)) best = { word: candidate, cost };
  }
  return best?.word;
}

/** Letters to add, drop, replace or swap with their neighbour. */
function distance(a: string, b: string): number {
  let older: readonly number[] = [];
  let old: readonly number[] = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const differs = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min((old[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (old[j - 1] ?? 0) + differs);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (older[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    older = old;
    old = row;
  }
  return old[b.length] ?? 0;
}

/**
 * A key or a word as it may stand in a message. A long or odd one is not repeated: it may be a token that was pasted
 * into the wrong place.
 */
export function repeatable(word: string): string | undefined {
  return /^[A-Za-z][\w .-]{0,23}$/.test(word) ? word : undefined;
}
