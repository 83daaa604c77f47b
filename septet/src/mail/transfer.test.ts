import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { base64Decoder, quotedPrintableDecoder } from './transfer.ts';
import type { TransferFault } from './transfer.ts';

interface Outcome {
  readonly text: string;
  readonly faults: readonly TransferFault[];
}

const decode = (kind: typeof base64Decoder, pieces: readonly string[]): Outcome => {
  const out: Buffer[] = [];
  const decoder = kind((octets) => out.push(Buffer.from(octets)));
  for (const piece of pieces) decoder.write(Buffer.from(piece, 'latin1'));
  const faults = decoder.end();
  return { text: Buffer.concat(out).toString('latin1'), faults };
};
const qp = (...pieces: string[]): Outcome => decode(quotedPrintableDecoder, pieces);
const base64 = (...pieces: string[]): Outcome => decode(base64Decoder, pieces);

test('quoted-printable: escapes, soft line ends, blanks that transports add', () => {
  assert.deepEqual(qp('a=3Db =C3=A4\r\nsoft=\r\n line = \t\r\nend \t\r\nx'), {
    text: 'a=b \xc3\xa4\r\nsoft line end\r\nx'.replace('line end', 'line end'),
    faults: [],
  });
  assert.equal(qp('kept blank in line\n').text, 'kept blank in line\n');
  assert.equal(qp('at the end=').text, 'at the end');
  assert.equal(qp('at the end   ').text, 'at the end');
  assert.deepEqual(qp('=c3=a4'), { text: '\xc3\xa4', faults: [] });
});

test('quoted-printable: what is no escape stays and is counted', () => {
  assert.deepEqual(qp('a=b =zz\xe4\r\n'), {
    text: 'a=b =zz\xe4\r\n',
    faults: [
      { code: 'qp.escape', at: 1, count: 2 },
      { code: 'qp.octet', at: 7, count: 1 },
    ],
  });
});

test('base64: line ends between, padding, and what stands outside the alphabet', () => {
  assert.deepEqual(base64('aGVs\r\nbG8=\r\n'), { text: 'hello', faults: [] });
  assert.deepEqual(base64('aGVs*bG8='), { text: 'hello', faults: [{ code: 'base64.character', at: 4, count: 1 }] });
  assert.deepEqual(base64('aGVsbG8'), { text: 'hello', faults: [{ code: 'base64.incomplete', at: 7, count: 1 }] });
  assert.deepEqual(base64('aGVsb'), { text: 'hel', faults: [{ code: 'base64.incomplete', at: 5, count: 1 }] });
});

test('base64: a footer behind the end is not decoded, and told', () => {
  assert.deepEqual(base64('aGVsbG8=\r\n____\r\nlist'), {
    text: 'hello',
    faults: [{ code: 'base64.after_end', at: 10, count: 8 }],
  });
});

const pieced = fc.tuple(fc.array(fc.nat({ max: 7 }), { maxLength: 30 }));
const cut = (text: string, sizes: readonly number[]): string[] => {
  const pieces: string[] = [];
  let from = 0;
  for (const size of sizes) {
    pieces.push(text.slice(from, from + size));
    from += size;
  }
  return [...pieces, text.slice(from)];
};

test('base64 of anything comes back, in pieces of any length', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), pieced, (octets, [sizes]) => {
      const text = Buffer.from(octets).toString('base64').replaceAll(/.{20}/g, '$&\r\n');
      assert.deepEqual(base64(...cut(text, sizes)), { text: Buffer.from(octets).toString('latin1'), faults: [] });
    }),
  );
});

test('quoted-printable of anything comes back, in pieces of any length', () => {
  const encode = (octets: Uint8Array): string => {
    let out = '';
    let column = 0;
    for (const octet of octets) {
      const plain = (octet > 32 && octet < 127 && octet !== 61) || octet === 32;
      const part = plain ? String.fromCharCode(octet) : `=${octet.toString(16).toUpperCase().padStart(2, '0')}`;
      if (column + part.length > 72) {
        out += '=\r\n';
        column = 0;
      }
      out += part;
      column += part.length;
    }
    return out.replace(/ $/, '=20');
  };
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), pieced, (octets, [sizes]) => {
      assert.deepEqual(qp(...cut(encode(octets), sizes)), {
        text: Buffer.from(octets).toString('latin1'),
        faults: [],
      });
    }),
  );
});

test('pieces of any length give what the whole gives, for any text', () => {
  const text = fc.array(fc.constantFrom('=', ' ', '\t', '\r', '\n', 'A', 'f', '3', 'x', '\xe4', '==', '=\r\n'), {
    maxLength: 40,
  });
  fc.assert(
    fc.property(text, pieced, (parts, [sizes]) => {
      const whole = parts.join('');
      assert.deepEqual(qp(...cut(whole, sizes)), qp(whole));
      assert.deepEqual(base64(...cut(whole, sizes)), base64(whole));
    }),
    { numRuns: 500 },
  );
});
