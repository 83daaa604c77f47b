/**
 * Why a body does not have the hash that was signed (`bh=`). The hash of what was signed is known, so a guess can be
 * proved: lines put below or above, a wrapper, another transfer encoding, blanks, line ends.
 */
import {
  areSignedLines,
  bodyPurse,
  canonicalLines,
  canonicalText,
  insertedRun,
  isSignedText,
  linesOf,
  type Purse,
  relaxedLine,
  type SignedBody,
  signedLines,
} from './explain-lines.ts';
import { partPlaces } from './explain-parts.ts';
import {
  type BodyGiven,
  cut,
  formReadings,
  type Reading,
  transferReadings,
  wrappedReadings,
} from './explain-readings.ts';
import type { Change } from './outcome.ts';

/** Lines at the top below which the signed body may begin. */
const maxBannerLines = 200; // house
/** Of these, how many are tried together with a footer. */
const maxBothLines = 40; // house
/** Lines of a body in which a run in the middle is looked for. */
const maxMiddleLines = 150; // house

/**
 * What was done to the body, each change proved by the signed hash; `[]` where nothing that is known to happen explains
 * it. Bounded in hashes and octets; never throws.
 */
export function explainBody(body: BodyGiven, signed: SignedBody): readonly Change[] {
  const purse = bodyPurse();
  const lines = linesOf(body.text, body.lineEnd);
  const whole: Reading = { lines, firstLine: 1, mapped: true, changes: [] };
  return (
    fromReading(whole, signed, purse) ??
    bySigner(body, lines, signed, purse) ??
    fromReadings(formReadings(body, lines), signed, purse) ??
    fromReadings(wrappedReadings(body, lines), signed, purse) ??
    withoutPart(body, lines, signed, purse) ??
    fromReadings(transferReadings(body, lines), signed, purse) ??
    belowBanner(whole, signed, purse) ??
    inTheMiddle(lines, signed, purse) ??
    []
  );
}

function fromReadings(readings: Iterable<Reading>, signed: SignedBody, purse: Purse): readonly Change[] | undefined {
  for (const reading of readings) {
    const changes = fromReading(reading, signed, purse);
    if (changes) return changes;
    if (purse.hashes < 0 || purse.octets < 0) return undefined;
  }
  return undefined;
}

/** The reading itself, or what stands above a footer in it. */
function fromReading(reading: Reading, signed: SignedBody, purse: Purse): readonly Change[] | undefined {
  const kept = signedLines(canonicalLines(reading.lines, signed.form), signed, purse);
  return kept === undefined ? undefined : [...reading.changes, ...footer(reading, kept, signed)];
}

/** What stands below the lines that were signed. */
function footer(reading: Reading, kept: number, signed: SignedBody): readonly Change[] {
  return signed.length === undefined ? runOf('footer', reading, kept, reading.lines.length) : [];
}

/** Lines `from` to `to` (from 0, behind the last) without the empty ones around them. */
function runOf(kind: 'footer' | 'banner', reading: Reading, from: number, to: number): readonly Change[] {
  let first = from;
  let behind = to;
  while (first < behind && isEmpty(reading.lines[first])) first++;
  while (behind > first && isEmpty(reading.lines[behind - 1])) behind--;
  if (first === behind) return [];
  const fromLine = reading.mapped ? reading.firstLine + first : reading.firstLine;
  const text = cut(reading.lines[first] ?? '');
  return [{ kind, fromLine, lines: behind - first, text, certainty: 'proved' }];
}

const isEmpty = (line: string | undefined): boolean => line === undefined || /^[ \t]*$/.test(line);

/** Faults of the program that signed: the octets are all there, but it did not hash them as `c=` says. */
function bySigner(
  body: BodyGiven,
  lines: readonly string[],
  signed: SignedBody,
  purse: Purse,
): readonly Change[] | undefined {
  const other = signed.form === 'simple' ? 'relaxed' : 'simple';
  const tried: readonly (readonly [
    text: string,
    what: 'line-ends' | 'trailing-blanks' | 'blank-lines',
    told: string,
  ])[] = [
    ...(signed.form === 'relaxed'
      ? ([
          [
            canonicalText(lines, 'simple'),
            'trailing-blanks',
            `The signer hashed the body in the form ${other}, although \`c=\` says ${signed.form}.`,
          ],
        ] as const)
      : []),
    [
      canonicalText(lines, signed.form, '\n'),
      'line-ends',
      'The signer hashed the body with bare LF as line ends; CRLF is what counts.',
    ],
    [lines.join('\r\n'), 'blank-lines', 'The signer hashed the body without the line end of its last line.'],
    [body.text, 'blank-lines', 'The signer hashed the body as it stood, without the rules for its last lines.'],
    [
      `${lines.map(signed.form === 'relaxed' ? relaxedLine : String).join('\r\n')}\r\n`,
      'blank-lines',
      'The signer hashed the empty lines at the end of the body too.',
    ],
    [
      `${canonicalText(lines, signed.form)}\r\n`,
      'blank-lines',
      'The signer hashed one empty line more at the end of the body.',
    ],
  ];
  for (const [text, what, told] of tried) {
    if (isSignedText(text, signed, purse)) return [{ kind: 'form', what, text: told, certainty: 'proved' }];
  }
  return undefined;
}

/** A part that was put into a multipart which was there before. */
function withoutPart(
  body: BodyGiven,
  lines: readonly string[],
  signed: SignedBody,
  purse: Purse,
): readonly Change[] | undefined {
  const whole: Reading = { lines, firstLine: 1, mapped: true, changes: [] };
  for (const part of partPlaces(lines, body.contentType)) {
    const rest = [...lines.slice(0, part.delimiter), ...lines.slice(part.end)];
    if (!areSignedLines(rest, signed, purse)) continue;
    return runOf(/(?:^|\.)1$/.test(part.path) ? 'banner' : 'footer', whole, part.content, part.end);
  }
  return undefined;
}

/** Lines that were put on top, and perhaps a footer as well. */
function belowBanner(reading: Reading, signed: SignedBody, purse: Purse): readonly Change[] | undefined {
  const canonical = canonicalLines(reading.lines, signed.form);
  const most = Math.min(canonical.length - 1, maxBannerLines);
  const text = canonicalText(canonical, 'simple');
  let at = 0;
  for (let from = 1; from <= most; from++) {
    at += (canonical[from - 1] ?? '').length + 2;
    if (at >= text.length) break;
    if (isSignedText(text.slice(at), signed, purse)) return runOf('banner', reading, 0, from);
    if (purse.octets < 0) return undefined;
  }
  if (signed.length !== undefined) return undefined;
  for (let from = 1; from <= Math.min(most, maxBothLines); from++) {
    const kept = signedLines(canonical, signed, purse, from);
    // With nothing kept there is no banner: that the whole body is new was tried before.
    if (kept !== undefined && kept > 0) {
      return [...runOf('banner', reading, 0, from), ...runOf('footer', reading, from + kept, reading.lines.length)];
    }
    if (purse.hashes < 0 || purse.octets < 0) return undefined;
  }
  return undefined;
}

/** Lines that were put in between, as into the text part of a multipart. */
function inTheMiddle(lines: readonly string[], signed: SignedBody, purse: Purse): readonly Change[] | undefined {
  if (lines.length > maxMiddleLines) return undefined;
  const run = insertedRun(canonicalLines(lines, signed.form), signed, purse);
  if (!run) return undefined;
  const reading: Reading = { lines, firstLine: 1, mapped: true, changes: [] };
  return runOf(opensPart(lines, run.from) ? 'banner' : 'footer', reading, run.from, run.to);
}

/** Nothing but the header of a part stands above the line, as far as the delimiter. */
function opensPart(lines: readonly string[], from: number): boolean {
  let at = from - 1;
  while (at >= 0 && isEmpty(lines[at])) at--;
  while (at >= 0 && /^(?:[!-9;-~]+[ \t]*:|[ \t])/.test(lines[at] ?? '') && !(lines[at] ?? '').startsWith('--')) at--;
  return at < 0 || (lines[at] ?? '').startsWith('--');
}
