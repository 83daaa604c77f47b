/** The content of parts, given out while a message is read. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { mimeReader } from './mime-reader.ts';
import { splitMessage } from './parse-header.ts';

const message = Buffer.from(
  [
    'Content-Type: multipart/mixed; boundary=b',
    '',
    'preamble',
    '--b',
    'Content-Type: text/plain',
    'Content-Transfer-Encoding: quoted-printable',
    '',
    'caf=C3=A9',
    '--b',
    'Content-Type: application/gzip; name=a.gz',
    'Content-Transfer-Encoding: base64',
    'Content-Disposition: attachment',
    '',
    'aGVs',
    'bG8gd29ybGQ=',
    '--b',
    'Content-Type: message/rfc822',
    '',
    'Subject: inside',
    '',
    'inner body',
    '--b',
    'Content-Type: image/png',
    '',
    'not wanted',
    '--b--',
    'epilogue',
    '',
  ].join('\r\n'),
);

function contents(cuts: readonly number[]): readonly string[] {
  const { header, body } = splitMessage(message);
  const found: { name: string; octets: number[] }[] = [];
  const reader = mimeReader(header, {
    onPart(part) {
      if (part.type === 'image/png') return undefined;
      const one = { name: `${part.path} ${part.type} ${part.fileName ?? ''}`.trim(), octets: [] as number[] };
      found.push(one);
      return (piece) => one.octets.push(...piece);
    },
  });
  let from = 0;
  for (const cut of [...cuts].sort((a, b) => a - b).concat(body.length)) {
    reader.write(Buffer.from(body.subarray(from, cut)));
    from = cut;
  }
  const tree = reader.end();
  assert.equal(tree.root.children[0]?.text, 'café');
  return found.map(({ name, octets }) => `${name}: ${Buffer.from(octets).toString('utf8')}`);
}

const expected = ['1 text/plain: café', '2 application/gzip a.gz: hello world', '3.1 text/plain: inner body'];

test('every part without parts is given out, its encoding undone, in order; what nobody takes is passed over', () => {
  assert.deepEqual(contents([]), expected);
});

test('the content does not depend on how the message is cut', () => {
  const { body } = splitMessage(message);
  fc.assert(
    fc.property(fc.array(fc.nat(body.length), { maxLength: 30 }), (cuts) => {
      assert.deepEqual(contents(cuts), expected);
    }),
    { numRuns: 200 },
  );
});

test('a message that is one part is given out as well', () => {
  const { header, body } = splitMessage(Buffer.from('Content-Transfer-Encoding: base64\n\neA==\n'));
  let text = '';
  const reader = mimeReader(header, {
    onPart: () => (piece) => {
      text += Buffer.from(piece).toString();
    },
  });
  reader.write(body);
  reader.end();
  assert.equal(text, 'x');
});
