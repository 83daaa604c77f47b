/**
 * What a signature covers, as each of the three reads it. Where signer and verifier read alike the signature holds, and
 * where they do not it fails; so this says every verdict in advance, exactly. Septet reads as RFC 6376 says; dkimpy 1.1.4
 * and mailauth 7.1.0 deviate from it where the table says so, and nowhere else.
 */
import type { Party, Signature, Verdict } from './interop-parties.ts';

export interface Deviation {
  readonly id: DeviationId;
  readonly party: Party;
  /** The section that decides, what the party does, and who is right. */
  readonly why: string;
}

type DeviationId = 'value-ends' | 'open-last-line' | 'one-more-from' | 'from-blank' | 'stray-lines' | 'header-end';

export const deviations: readonly Deviation[] = [
  {
    id: 'value-ends',
    party: 'dkimpy',
    why:
      'RFC 6376 §3.4.2 takes WSP from the ends of a value, which is space and tab (§2.8). dkimpy takes CR, VT and FF too: ' +
      'its fault.',
  },
  {
    id: 'open-last-line',
    party: 'dkimpy',
    why:
      'RFC 6376 §3.4.4 takes the blanks at the end of a line before it adds the CRLF that is missing. dkimpy looks for ' +
      'blanks in front of a CRLF only: its fault. The message gets that CRLF on the way (RFC 5321 §4.1.1.4), and then its ' +
      'signature fails with itself.',
  },
  {
    id: 'one-more-from',
    party: 'dkimpy',
    why:
      'RFC 6376 §5.4.2: what h= does not count is not signed and may be added. dkimpy always looks for one From more than ' +
      'h= names, as §8.15 allows a careful verifier: both are right.',
  },
  {
    id: 'from-blank',
    party: 'dkimpy',
    why:
      'RFC 5322 §4.5 lets blanks stand before the colon, and RFC 6376 §3.4.2 says how they are signed. dkimpy takes ' +
      '`From :` for the separator line of a mailbox file: its fault.',
  },
  {
    id: 'stray-lines',
    party: 'mailauth',
    why:
      'RFC 5322 §2.2: a line that is neither field nor fold is no part of a message, and RFC 6376 §3.8 asks for valid ' +
      'input. mailauth counts it to the field above; Septet passes it over; dkimpy refuses the message. None is wrong.',
  },
  {
    id: 'header-end',
    party: 'mailauth',
    why:
      'A CR alone is no line end (RFC 5322 §2.3) and no WSP, so both canonical forms keep it (RFC 6376 §3.4.1, §3.4.2). ' +
      'mailauth takes it from the end of the last field: its fault.',
  },
];

const noDeviations: ReadonlySet<DeviationId> = new Set();
const deviationsOf = (party: Party): ReadonlySet<DeviationId> =>
  new Set(deviations.filter((one) => one.party === party).map(({ id }) => id));
const readers: Readonly<Record<Party, ReadonlySet<DeviationId>>> = {
  septet: noDeviations,
  dkimpy: deviationsOf('dkimpy'),
  mailauth: deviationsOf('mailauth'),
};

/** A message with CRLF, one character per octet, read here without the code under test. */
export interface Facts {
  readonly fields: readonly FieldFacts[];
  readonly body: string;
}

export interface FieldFacts {
  readonly key: string;
  /** Blanks stand between name and colon. */
  readonly blankName: boolean;
  /** With its folds, without the line end that closes it. */
  readonly text: string;
  /** Lines below it and above the next field that are neither field nor fold. */
  readonly strays: readonly string[];
}

const fieldStart = /^([!-9;-~]+)([ \t]*):/;

export function factsOf(message: string): Facts {
  const end = `\r\n${message}`.indexOf('\r\n\r\n');
  const header = end < 0 ? message.replace(/\r\n$/, '') : message.slice(0, Math.max(0, end - 2));
  const fields: { key: string; blankName: boolean; text: string; strays: string[] }[] = [];
  for (const line of header.split('\r\n')) {
    const last = fields.at(-1);
    const start = fieldStart.exec(line);
    if (/^[ \t]/.test(line) && last && last.strays.length === 0) last.text += `\r\n${line}`;
    else if (start)
      fields.push({ key: (start[1] ?? '').toLowerCase(), blankName: start[2] !== '', text: line, strays: [] });
    else last?.strays.push(line);
  }
  return { fields, body: end < 0 ? '' : message.slice(end + 2) };
}

type Covers = Pick<Signature, 'header' | 'body' | 'names'>;

/** What such a signature covers, for a reader with these deviations. */
function reading(facts: Facts, covers: Covers, deviates: ReadonlySet<DeviationId>): string {
  return `${headerReading(facts, covers, deviates)}\n${bodyReading(facts.body, covers.body, deviates)}`;
}

function headerReading({ fields }: Facts, { header, names }: Covers, deviates: ReadonlySet<DeviationId>): string {
  const seen = fields.map(({ key, text, strays }, index) => {
    let whole = deviates.has('stray-lines') ? [text, ...strays].join('\r\n') : text;
    if (deviates.has('header-end') && index === fields.length - 1) whole = whole.replace(/\r+$/, '');
    if (deviates.has('from-blank') && text.startsWith('From ')) return undefined;
    return { key, text: header === 'simple' ? whole : relaxed(key, whole, deviates.has('value-ends')) };
  });
  const rest = seen.filter((field) => field !== undefined);
  const wanted = deviates.has('one-more-from') ? [...names, 'from'] : names;
  const taken = wanted.map((name) => {
    const at = rest.findLastIndex(({ key }) => key === name);
    return at < 0 ? '' : rest.splice(at, 1)[0]?.text;
  });
  return taken.filter((text) => text !== '').join('\r\n');
}

function relaxed(key: string, text: string, everyControl: boolean): string {
  const value = text
    .slice(text.indexOf(':') + 1)
    .replaceAll('\r\n', '')
    .replaceAll(/[ \t]+/g, ' ');
  return `${key}:${everyControl ? value.replaceAll(/^[ \r\v\f]+|[ \r\v\f]+$/g, '') : value.replaceAll(/^ | $/g, '')}`;
}

function bodyReading(body: string, form: 'simple' | 'relaxed', deviates: ReadonlySet<DeviationId>): string {
  if (form === 'simple') return `${body.replace(/(\r\n)+$/, '')}\r\n`;
  const atLineEnds = deviates.has('open-last-line') ? /[ \t]+(?=\r\n)/g : /[ \t]+(?=\r\n|$)/g;
  const text = body
    .replaceAll(atLineEnds, '')
    .replaceAll(/[ \t]+/g, ' ')
    .replace(/(\r\n)+$/, '');
  return text === '' ? '' : `${text}\r\n`;
}

/** What the deviation changes in what the signature covers. */
export const matters = (id: DeviationId, facts: Facts, covers: Covers): boolean =>
  reading(facts, covers, new Set([id])) !== reading(facts, covers, noDeviations);

/**
 * Whether dkimpy neither signs nor verifies the message, because it cannot read a line of its header (RFC 6376 §3.8 lets
 * it). Blanks before the colon are one of these things to it, a line that begins with `From ` is none.
 */
export const refusedByDkimpy = ({ fields }: Facts): boolean =>
  fields.some(
    ({ blankName, text, strays }) =>
      (blankName && !text.startsWith('From ')) || strays.some((line) => !/^(From |[ \t])/.test(line)),
  );

/** What the verifier says of a signature that was made over `before` and now stands on `after`. */
export function expected(verifier: Party, signature: Signature, before: Facts, after: Facts): Verdict {
  if (verifier === 'dkimpy' && refusedByDkimpy(after)) return 'refused';
  const signed = reading(before, signature, readers[signature.signer]);
  return signed === reading(after, signature, readers[verifier]) ? 'pass' : 'fail';
}
