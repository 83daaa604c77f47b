/** Messages as nobody would write them and many a program sends them, the same ones in every run. */
import { Buffer } from 'node:buffer';
import fc from 'fast-check';

/** Blanks, folds and octets that canonical forms (RFC 6376 §3.4) may stumble over; one character per octet. */
const blanks = [' ', '  ', '\t', ' \t ', '   '];
const folds = ['\r\n ', '\r\n\t', '\r\n   ', ' \r\n ', '\t\r\n\t', '\r\n \r\n '];
const oddOctets = ['\xe9', '\xc3\xa9', '\xa0', '\xc2\xa0', '\x85', '\xff', '\0', '\x0b', '\x0c', '\x7f'];
const bareCrs = ['\r', '\rX', '\r '];

const word = fc.constantFrom(
  'a',
  'Ann',
  '<ann@example.com>',
  'b=',
  ';',
  ':',
  '=?utf-8?q?=C3=A9?=',
  '.',
  '-- ',
  'From ',
);
const long = fc.constantFrom('x'.repeat(998), 'y'.repeat(1500), 'long '.repeat(300));

const fieldValue = fc
  .array(
    fc.oneof(
      { weight: 12, arbitrary: word },
      { weight: 6, arbitrary: fc.constantFrom(...blanks) },
      { weight: 5, arbitrary: fc.constantFrom(...folds) },
      { weight: 2, arbitrary: fc.constantFrom(...oddOctets) },
      { weight: 1, arbitrary: fc.constantFrom(...bareCrs) },
      { weight: 1, arbitrary: long },
    ),
    { maxLength: 6 },
  )
  .map((pieces) => pieces.join(''));

const fieldNames = 'From from To Cc CC Subject sUBJECT Date Message-ID Reply-To References MIME-Version Content-Type'
  .concat(' List-Unsubscribe Received X-Mailer Comments Sender')
  .split(' ');

const field = fc
  .tuple(
    fc.constantFrom(...fieldNames),
    fc.oneof({ weight: 60, arbitrary: fc.constant('') }, { weight: 1, arbitrary: fc.constantFrom(' ', '\t') }),
    fc.constantFrom(' ', ' ', ' ', '', '\t', '  ', '\r\n '),
    fieldValue,
  )
  // dkimpy takes `From :` for the separator of a mailbox file; that case stands for itself.
  .map(([name, blank, lead, value]) => `${name}${name === 'From' ? '' : blank}:${lead}${value}\r\n`);

/** A line between the fields that is none. */
const strayLine = fc.constantFrom(
  'From ann@example.com Mon Nov 23 10:00:00 2026\r\n',
  'no field at all\r\n',
  '>x y: z\r\n',
);

const bodyLine = fc
  .array(
    fc.oneof(
      { weight: 10, arbitrary: word },
      { weight: 6, arbitrary: fc.constantFrom(...blanks) },
      { weight: 2, arbitrary: fc.constantFrom(...oddOctets) },
      { weight: 1, arbitrary: fc.constantFrom(...bareCrs) },
      { weight: 1, arbitrary: long },
    ),
    { maxLength: 6 },
  )
  .map((pieces) => pieces.join(''));

const body = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom('', '\r\n', '\r\n\r\n', ' ', ' \r\n', '\t\r\n \r\n', '\r', '\r\r\n') },
  {
    weight: 8,
    arbitrary: fc
      .tuple(
        fc.array(fc.oneof({ weight: 4, arbitrary: bodyLine }, { weight: 1, arbitrary: fc.constant('') }), {
          minLength: 1,
          maxLength: 12,
        }),
        fc.constantFrom('\r\n', '\r\n', '\r\n', '', '\r\n\r\n', '\r\n'.repeat(40), ' \r\n\t\r\n\r\n', '\r\n '),
      )
      .map(([lines, end]) => lines.join('\r\n') + end),
  },
);

const message = fc
  .tuple(
    fc.array(field, { maxLength: 9 }),
    fc
      .tuple(fc.constantFrom('From', 'From', 'FROM'), fieldValue)
      .map(([name, value]) => `${name}: a@example.com${value}\r\n`),
    fc.array(field, { maxLength: 3 }),
    fc.oneof({ weight: 30, arbitrary: fc.constant('') }, { weight: 1, arbitrary: strayLine }),
    // The last: the header ends the message, with its line end or without.
    fc.oneof(
      { weight: 20, arbitrary: body.map((text) => `\r\n${text}`) },
      { weight: 1, arbitrary: fc.constantFrom('', undefined) },
    ),
  )
  .map(([above, from, below, stray, rest]) => {
    const header = [...above, from, stray, ...below].join('');
    return Buffer.from(rest === undefined ? header.slice(0, -2) : header + rest, 'latin1');
  });

/** So many, always the same for one seed. Lines end with CRLF; a CR may stand alone, an LF never does. */
export const generatedMessages = (count: number, seed: number): readonly Buffer[] =>
  fc.sample(message, { numRuns: count, seed });
