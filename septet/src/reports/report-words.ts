/** The words of aggregate reports, the former and wrong ones that receivers write, and what each counts as. */
import type { DkimWord, Disposition, PolicyWord, SpfWord } from './aggregate.ts';
import type { Repairs } from './repairs.ts';
import { shown } from './repairs.ts';

type Words<T> = ReadonlyMap<string, T>;

const words = <T extends string>(list: readonly T[], others: Readonly<Record<string, T>> = {}): Words<T> =>
  new Map<string, T>([...list.map((word) => [word, word] as const), ...Object.entries(others)]);

export const dispositions: Words<Disposition> = words(['none', 'quarantine', 'reject', 'pass']);
export const policies: Words<PolicyWord> = words(['none', 'quarantine', 'reject']);
export const alignments: Words<'r' | 's'> = words(['r', 's'], { relaxed: 'r', strict: 's' });
export const aligned: Words<'pass' | 'fail'> = words(['pass', 'fail']);
export const methods: Words<'psl' | 'treewalk'> = words(['psl', 'treewalk']);
export const scopes: Words<'mfrom' | 'helo'> = words(['mfrom', 'helo'], { mailfrom: 'mfrom' });
export const yesNo: Words<'y' | 'n'> = words(['y', 'n'], { yes: 'y', no: 'n', true: 'y', false: 'n' });

/** `hardfail` was a word of the drafts of RFC 5451. */
export const dkimWords: Words<DkimWord> = words(
  ['none', 'pass', 'fail', 'policy', 'neutral', 'temperror', 'permerror'],
  { hardfail: 'fail' },
);

/**
 * The comments of RFC 7489 appendix C: `unknown` was common for TempError, `error` for PermError. The XSD of RFC 9990 also
 * lists `policy`, which says nothing about the domain's record.
 */
export const spfWords: Words<SpfWord> = words(
  ['none', 'neutral', 'pass', 'fail', 'softfail', 'temperror', 'permerror'],
  { hardfail: 'fail', unknown: 'temperror', error: 'permerror', policy: 'neutral' },
);

/**
 * The word that a text stands for: as written, else in lower case without blanks. `undefined` for no text and for words
 * that nobody knows; the repair list is told.
 */
export function wordOf<T extends string>(
  text: string | undefined,
  known: Words<T>,
  element: string,
  repairs: Repairs,
  row: number,
): T | undefined {
  if (text === undefined) return undefined;
  const plain = known.get(text);
  if (plain === text) return plain;
  const folded = text.trim().toLowerCase();
  const found = known.get(folded);
  if (found !== undefined) {
    if (folded !== text.trim()) repairs.note('word.case', `<${element}> is written ${shown(text.trim())}`, row);
    if (found !== folded) repairs.note('word.former', `<${element}> ${shown(folded)} counts as ${found}`, row);
  } else if (folded === '') repairs.note('word.empty', `<${element}> is empty, so it counts as not said`, row);
  else
    repairs.note(
      'word.unknown',
      `<${element}> ${shown(text.trim())} is no word that is known; it counts as not said`,
      row,
    );
  return found;
}
