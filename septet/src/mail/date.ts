/** Dates of messages (RFC 5322 §3.3) and their older forms (§4.3). */
import { readComment } from './words.ts';

export interface MessageDate {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Written in a form that must no longer be generated (RFC 5322 §4.3), or with an hour of one digit. */
  readonly obsolete: boolean;
  /** The name of the day is not that of the date, which RFC 5322 §3.3 forbids. */
  readonly wrongDay?: true;
}

/** A longer text is no date. */
const maxDateCharacters = 1000; // house

const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** Hours east of UTC. Every other name counts as `-0000` (RFC 5322 §4.3). */
const zones: ReadonlyMap<string, number> = new Map([
  ['edt', -4],
  ['est', -5],
  ['cdt', -5],
  ['cst', -6],
  ['mdt', -6],
  ['mst', -7],
  ['pdt', -7],
  ['pst', -8],
]);

const form =
  /^(?:([a-z]{3}) ?(, ?))?(\d{1,2}) ([a-z]{3}) (\d{2,6}) (\d{1,2}) ?: ?(\d{2})(?: ?: ?(\d{2}))?( ?)([+-]\d{4}|[a-z]{1,5})$/;

/**
 * Reads `Mon, 23 Nov 2026 10:00:00 +0000`. `undefined` for what is no date: another order, no zone, 30 February, 25 hours,
 * a year before 1900. Comments are passed over.
 */
export function parseDate(text: string): MessageDate | undefined {
  if (text.length > maxDateCharacters) return undefined;
  const { plain, inner } = withoutComments(text);
  const match = form.exec(plain.toLowerCase());
  if (match === null) return undefined;
  const [, dayName, , dayText = '', monthName = '', yearText = '', hourText = '', minuteText = ''] = match;
  const [secondText, gap, zone = ''] = match.slice(8);
  const month = months.indexOf(monthName);
  const year = yearOf(yearText);
  const [day, hour, minute, second] = [Number(dayText), Number(hourText), Number(minuteText), Number(secondText ?? 0)];
  // A leap second is the 60th (RFC 5322 §3.3); it counts as the second behind it.
  if (month < 0 || year < 1900 || hour > 23 || minute > 59 || second > 60) return undefined;
  const date = new Date(Date.UTC(year, month, day));
  if (Number.isNaN(date.getTime()) || date.getUTCDate() !== day || date.getUTCMonth() !== month) return undefined;
  if (dayName !== undefined && !days.includes(dayName)) return undefined;
  const offset = offsetOf(zone);
  if (offset === undefined) return undefined;
  const at = Date.UTC(year, month, day, hour, minute, second) - offset * 60_000;
  const wrongDay = dayName !== undefined && days[date.getUTCDay()] !== dayName;
  const obsolete =
    inner ||
    yearText.length < 4 ||
    hourText.length < 2 ||
    gap === '' ||
    !/\d$/.test(zone) ||
    / [:,]|: /.test(plain) ||
    Number.isNaN(at);
  return Number.isNaN(at) ? undefined : { at, obsolete, ...(wrongDay ? { wrongDay } : {}) };
}

/** RFC 5322 §4.3: 00 to 49 are of this century, 50 to 99 and all of three digits of the last. */
function yearOf(text: string): number {
  const year = Number(text);
  if (text.length === 2) return year < 50 ? 2000 + year : 1900 + year;
  return text.length === 3 ? 1900 + year : year;
}

/** Minutes east of UTC. */
function offsetOf(zone: string): number | undefined {
  if (!zone.startsWith('+') && !zone.startsWith('-')) return (zones.get(zone) ?? 0) * 60;
  const minutes = Number(zone.slice(3));
  if (minutes > 59) return undefined;
  return (zone.startsWith('-') ? -1 : 1) * (Number(zone.slice(1, 3)) * 60 + minutes);
}

/** One blank for every run of blanks and comments; whether a comment stands before the end. */
function withoutComments(text: string): { readonly plain: string; readonly inner: boolean } {
  let plain = '';
  let from = 0;
  let commented = false;
  let inner = false;
  for (let open = text.indexOf('('); open >= 0; open = text.indexOf('(', from)) {
    const piece = text.slice(from, open);
    inner ||= commented && /\S/.test(piece);
    plain += `${piece} `;
    commented = true;
    from = readComment(text, open).end;
  }
  const rest = text.slice(from);
  inner ||= commented && /\S/.test(rest);
  return { plain: `${plain}${rest}`.replaceAll(/[ \t\r\n]+/g, ' ').trim(), inner };
}
