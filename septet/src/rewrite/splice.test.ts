import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import fc from 'fast-check';
import { base64Decoder, quotedPrintableDecoder } from '../mail/transfer.ts';
import { encodeBase64, readQuotedPrintable, spliceQuotedPrintable } from './splice-encoded.ts';
import { splicePlain } from './splice-plain.ts';
import { joinSplices, type Splice } from './splice.ts';

function decoded(encoded: Buffer, decoderOf: typeof base64Decoder): string {
  const pieces: Buffer[] = [];
  const decoder = decoderOf((piece) => void pieces.push(Buffer.from(piece)));
  decoder.write(encoded);
  decoder.end();
  return Buffer.concat(pieces).toString('latin1');
}

/** Text that looks like quoted-printable, whole and broken. */
const quotedText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '=3D',
        '=C3=A9',
        '=\r\n',
        '=\n',
        '\r\n',
        '\n',
        ' ',
        '\t',
        '=',
        '=4',
        '=zz',
        '\r',
        '= \r\n',
        ' \r\n',
        '\xe9',
      ),
      fc.string({ maxLength: 12 }).map((text) => text.replaceAll(/[^\x20-\x7e]/g, 'x')),
      fc.integer({ min: 1, max: 90 }).map((count) => 'y'.repeat(count)),
    ),
    { maxLength: 40 },
  )
  .map((pieces) => Buffer.from(pieces.join(''), 'latin1'));

/** Splices in a text, `shares` apart; none begins or ends inside a line end. */
function splicesAt(octets: Buffer, shares: readonly (readonly [number, number, string])[]): readonly Splice[] {
  const splices: Splice[] = [];
  const outside = (at: number): number => {
    const place = Math.min(octets.length, at);
    return octets[place] === 10 && octets[place - 1] === 13 ? place + 1 : place;
  };
  let at = 0;
  for (const [skip, take, text] of shares) {
    const from = outside(at + skip);
    const to = outside(from + take);
    splices.push({ from, to, text });
    at = to + 1;
    if (at > octets.length) break;
  }
  return splices;
}
const anyShares = fc.array(
  fc.tuple(fc.nat({ max: 60 }), fc.nat({ max: 20 }), fc.stringMatching(/^[h<][!-~]{0,200}$/)),
  {
    maxLength: 5,
  },
);

test('quoted-printable is decoded as mail/ decodes it', () => {
  fc.assert(
    fc.property(quotedText, (encoded) => {
      assert.equal(readQuotedPrintable(encoded).octets.toString('latin1'), decoded(encoded, quotedPrintableDecoder));
    }),
    { numRuns: 3000 },
  );
});

test('quoted-printable: what is spliced decodes to the spliced text', () => {
  fc.assert(
    fc.property(quotedText, anyShares, fc.constantFrom('\r\n', '\n'), (encoded, shares, lineEnd) => {
      const read = readQuotedPrintable(encoded);
      const splices = splicesAt(read.octets, shares);
      const out = spliceQuotedPrintable(encoded, readQuotedPrintable(encoded), splices, lineEnd);
      assert.equal(
        readQuotedPrintable(out).octets.toString('latin1'),
        joinSplices(read.octets, splices).toString('latin1'),
      );
    }),
    { numRuns: 3000 },
  );
});

test('quoted-printable: lines without a splice stay, and none of good lines grows over 76 characters', () => {
  const lines = Array.from({ length: 30 }, (_, i) => `line=3D${i} ${'z'.repeat(1 + i * 2)}`);
  const encoded = Buffer.from(`${lines.join('\r\n')}\r\n`);
  fc.assert(
    fc.property(anyShares, (shares) => {
      const read = readQuotedPrintable(encoded);
      const splices = splicesAt(read.octets, shares);
      const out = spliceQuotedPrintable(encoded, read, splices, '\r\n').toString('latin1').split('\r\n');
      for (const line of out) assert.ok(line.length <= 76, `${line.length}: ${line}`);
      const text = read.octets.toString('latin1');
      const lineOf = (place: number): number => text.slice(0, place).split('\r\n').length - 1;
      const touched = new Set<number>();
      for (const { from, to } of splices) for (let i = lineOf(from); i <= lineOf(to); i++) touched.add(i);
      for (const [index, line] of lines.entries()) if (!touched.has(index)) assert.ok(out.includes(line), line);
    }),
    { numRuns: 500 },
  );
});

test('base64 decodes to the same, in lines of 76', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 400 }),
      fc.constantFrom('\r\n', '\n'),
      fc.boolean(),
      (octets, lineEnd, closed) => {
        const encoded = encodeBase64(Buffer.from(octets), lineEnd, closed);
        assert.equal(decoded(encoded, base64Decoder), Buffer.from(octets).toString('latin1'));
        const text = encoded.toString('latin1');
        assert.equal(text.endsWith(lineEnd), closed);
        for (const line of text.split(lineEnd)) assert.ok(line.length <= 76);
      },
    ),
  );
});

test('no line grows over 998 octets: line ends go where they change nothing', () => {
  const address = 'https://track.example.com/c/'.padEnd(400, 'A');
  const link = (fill: number): string => `<a class=b href="https://x.example/">${'t'.repeat(fill)}</a>`;
  for (const lineEnd of ['\r\n', '\n']) {
    for (const line of [link(900), link(100).repeat(6), link(0).repeat(18), `${'x'.repeat(960)}<a`]) {
      const octets = Buffer.from(`before${lineEnd}${line}${lineEnd}${link(3)}${lineEnd}`);
      const html = octets.toString('latin1');
      const splices = [...html.matchAll(/href="([^"]*)"/g)].map((match): Splice => {
        const before = match.index;
        const from = before + 6;
        const behind = before + match[0].length;
        return { from, to: behind - 1, text: address, breaks: { before, behind } };
      });
      const { octets: out, leftOut } = splicePlain(octets, splices, lineEnd);
      assert.equal(leftOut, 0);
      const text = out.toString('latin1');
      for (const one of text.split(lineEnd)) assert.ok(one.length <= 998, `${one.length}`);
      const bare = (of: string): string => of.replaceAll(/[\r\n]/g, '');
      assert.equal(bare(text), bare(joinSplices(octets, splices).toString('latin1')));
      assert.ok(text.endsWith(`${lineEnd}<a class=b href="${address}">ttt</a>${lineEnd}`), 'short lines get none');
    }
  }
});

test('an address that does not fit into a line stays as it was', () => {
  const octets = Buffer.from(`a href="x">\r\n${'t'.repeat(700)} y z\r\n`);
  const html: Splice = { from: 8, to: 9, text: 'A'.repeat(995), breaks: { before: 2, behind: 10 } };
  const text = 'B'.repeat(200);
  const at = octets.indexOf('y');
  const fits: Splice = { from: at, to: at + 1, text };
  const over: Splice = { from: at + 2, to: at + 3, text };
  const { octets: out, leftOut } = splicePlain(octets, [html, fits, over], '\r\n');
  assert.equal(leftOut, 2);
  assert.equal(out.toString('latin1'), `a href="x">\r\n${'t'.repeat(700)} ${text} z\r\n`);
});

test('a line of exactly 998 octets is none too long', () => {
  for (const lineEnd of ['\r\n', '\n']) {
    const octets = Buffer.from(`<a href="">${'t'.repeat(987 - 10)}${lineEnd}x${lineEnd}`);
    const splice: Splice = { from: 9, to: 9, text: 'A'.repeat(10), breaks: { before: 3, behind: 10 } };
    const { octets: out } = splicePlain(octets, [splice], lineEnd);
    assert.equal(out.toString('latin1').split(lineEnd)[0]?.length, 998);
    const longer = splicePlain(octets, [{ ...splice, text: 'A'.repeat(11) }], lineEnd).octets.toString('latin1');
    assert.equal(longer.split(lineEnd)[1]?.length, 'href=""'.length + 11);
  }
});
