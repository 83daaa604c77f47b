/**
 * The text of an alert: its first line says what happened, the rest who notices it, where it was seen, what to do and the
 * command to run. It is the same as long as the matter is the same: no time and no count of tries stands in it, so that a
 * store that compares texts sees only real changes. Foreign text in it is clean. Pure.
 */
import type { StoredAlert } from '../../store/store.ts';
import { cleanLine, cleanLines, cutCharacters } from './clean-text.ts';

export interface AlertParts {
  /** One sentence without a full stop: `SPF record changed by somebody else`. */
  readonly title: string;
  /** Sentences: what it means, who notices. */
  readonly what: readonly string[];
  /** Servers and other places. */
  readonly seenFrom: readonly string[];
  readonly todo: readonly string[];
  /** Without indentation: `septet check example.com`. */
  readonly commands: readonly string[];
}

const seenFromLine = 'Seen from:';
const maxTitle = 120;
const maxLine = 700;
const maxLines = 60;

export function alertText({ title, what, seenFrom, todo, commands }: AlertParts): string {
  const line = (text: string): string => cutCharacters(cleanLine(text), maxLine);
  const lines = [
    ...what.map(line),
    ...(seenFrom.length > 0 ? ['', seenFromLine, ...seenFrom.map((place) => `  ${line(place)}`)] : []),
    ...(todo.length > 0 ? ['', 'What to do:', ...todo.map((each) => `  ${line(each)}`)] : []),
    ...(commands.length > 0 ? ['', 'Run:', ...commands.map((command) => `  ${line(command)}`)] : []),
  ];
  const shown = lines.length > maxLines ? [...lines.slice(0, maxLines - 1), '…'] : lines;
  return [titleLine(title), '', ...shown].join('\n');
}

/** One clean line without a full stop. */
const titleLine = (text: string): string => cutCharacters(cleanLine(text).trim().replace(/\.+$/, ''), maxTitle);

/** The first line, for subjects and lists; also of texts that somebody else has made. */
export const titleOf = ({ text }: Pick<StoredAlert, 'text'>): string => titleLine(text.split(/\r?\n/, 1)[0] ?? '');

/** The lines below the first. */
export function restOf({ text }: Pick<StoredAlert, 'text'>): string {
  const end = text.indexOf('\n');
  return end < 0 ? '' : cleanLines(text.slice(end + 1)).trim();
}

/**
 * What of a text makes a difference: neither which of the servers showed it this time, nor how long something still lasts
 * ("in 14 days", and in 13 the day after).
 */
export function gistOf({ text }: Pick<StoredAlert, 'text'>): string {
  const lines = text.split('\n');
  const start = lines.indexOf(seenFromLine);
  const end = start < 0 ? start : lines.findIndex((line, at) => at > start && !line.startsWith('  '));
  const kept = start < 0 ? lines : [...lines.slice(0, start), ...(end < 0 ? [] : lines.slice(end))];
  return kept
    .join('\n')
    .replaceAll(/\b\d+(?= (?:second|minute|hour|day|week)s?\b)/g, '#')
    .trimEnd();
}
