/** A change in one sentence, for a line of `watch` and of `history`. Pure. */
import type { Observation, ObservedChange } from '../../store/store.ts';
import { cleanLine, cutCharacters } from '../alerts/clean-text.ts';

const longest = 160; // house: the whole text stands in --json

/** `_dmarc.example.com TXT: v=DMARC1; p=none → v=DMARC1; p=reject`. */
export function changeText({ before, after }: ObservedChange): string {
  const was = before?.state === 'present' ? before.data : [];
  const is = after.state === 'present' ? after.data : [];
  const gone = was.filter((text) => !is.includes(text));
  const added = is.filter((text) => !was.includes(text));
  return `${after.name || '.'} ${after.type}: ${dataText(gone, was)} → ${dataText(added, is)}`;
}

/** What differs of a record, or the whole where nothing of it stayed. */
const dataText = (part: readonly string[], whole: Observation['data']): string => {
  if (whole.length === 0) return 'nothing';
  if (part.length === 0) return whole.length === 1 ? shown(whole[0] ?? '') : 'the rest as it was';
  return part.map(shown).join(', ');
};

const shown = (text: string): string => cutCharacters(cleanLine(text), longest);

/** Who did it, in words. */
export const byText = (by: ObservedChange['by']): string =>
  by === 'us' ? 'by Septet' : by === 'others' ? 'by somebody else' : 'by nobody knows whom';
