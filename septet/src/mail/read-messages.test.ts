import assert from 'node:assert/strict';
import { globSync, readFileSync, statSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { sharedData } from '../../test/shared-data.ts';
import type { Header } from './header.ts';
import { maxHeaderOctets, splitMessage } from './parse-header.ts';
import { readMessages } from './read-messages.ts';

interface Read {
  readonly number: number;
  readonly fromLine?: string;
  readonly header: Header;
  readonly body: string;
}

async function* cut(bytes: Uint8Array, lengths: readonly number[]): AsyncIterable<Uint8Array> {
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const length = lengths.length === 0 ? bytes.length : lengths[i % lengths.length]!;
    yield bytes.subarray(at, at + length);
    at += length;
    if (length === 0 && lengths.every((each) => each === 0)) return;
  }
}

async function all(bytes: Uint8Array | string, lengths: readonly number[] = []): Promise<readonly Read[]> {
  const read: Read[] = [];
  for await (const { body, ...message } of readMessages(cut(octets(bytes), lengths))) {
    const pieces: Uint8Array[] = [];
    for await (const piece of body) pieces.push(piece);
    read.push({ ...message, body: Buffer.concat(pieces).toString('latin1') });
  }
  return read;
}

const octets = (text: Uint8Array | string): Uint8Array =>
  typeof text === 'string' ? Buffer.from(text, 'latin1') : text;

const brief = (read: readonly Read[]): unknown =>
  read.map(({ number, fromLine, header, body }) => [number, fromLine, header.fields.map((field) => field.raw), body]);

test('one message, whatever its body holds', async () => {
  const text = 'A: b\r\n\r\nFrom here on\r\n\r\nFrom a@b Mon Nov 23 10:00:00 2026\r\n>From x\r\n';
  assert.deepEqual(brief(await all(text)), [[1, undefined, ['A: b'], text.slice(8)]]);
  assert.deepEqual(await all(''), []);
  assert.deepEqual(brief(await all('A: b')), [[1, undefined, ['A: b'], '']]);
});

test('a byte order mark is dropped; a From field with a blank before its colon is a field', async () => {
  const [marked] = await all('\xef\xbb\xbfA: b\r\n\r\nc');
  assert.deepEqual([marked!.header.fields[0]!.raw, marked!.header.problems], ['A: b', []]);
  assert.deepEqual(await all('\xef\xbb\xbf'), []);
  const [field] = await all('From : a@b\r\n\r\nc');
  assert.deepEqual([field!.fromLine, field!.header.fields[0]!.key], [undefined, 'from']);
});

test('a single message with the line of a local delivery', async () => {
  const [message, ...rest] = await all('From a@b Mon Nov 23 10:00:00 2026\nA: b\n\n>From x\nFrom y\n');
  assert.deepEqual(rest, []);
  assert.equal(message!.fromLine, 'a@b Mon Nov 23 10:00:00 2026');
  assert.equal(message!.header.fields[0]!.line, 1);
  assert.equal(message!.body, 'From x\nFrom y\n');
});

for (const end of ['\n', '\r\n']) {
  test(`a mailbox file whose lines end with ${JSON.stringify(end)}`, async () => {
    const lines = [
      'From a@b Mon Nov 23 10:00:00 2026', 'A: 1', '', 'one', '>From quoted', '>>From twice', ' >From not', '',
      'From - Mon, 23 Nov 2026 10:00:00 +0000', 'A: 2', '', '',
      'From c@d Mon Nov 23 10:00:00 +0000 2026', 'A: 3', '', '', 'From no date', '',
      'text', 'From e@f Mon Nov 23 10:00:00 2026', '', '',
      'From g@h Mon Nov 23 10:00 2026', '', 'only a body', '', '',
    ]; // prettier-ignore
    const read = await all(lines.join(end));
    assert.deepEqual(brief(read), [
      [1, 'a@b Mon Nov 23 10:00:00 2026', ['A: 1'], ['one', 'From quoted', '>From twice', ' >From not', ''].join(end)],
      [2, '- Mon, 23 Nov 2026 10:00:00 +0000', ['A: 2'], ''],
      [
        3,
        'c@d Mon Nov 23 10:00:00 +0000 2026',
        ['A: 3'],
        ['', 'From no date', '', 'text', 'From e@f Mon Nov 23 10:00:00 2026', '', ''].join(end),
      ],
      [4, 'g@h Mon Nov 23 10:00 2026', [], `only a body${end}`],
    ]);
  });
}

test('a body that is left is skipped, and is empty afterwards', async () => {
  const file = 'From a@b Mon Nov 23 10:00:00 2026\nA: 1\n\none\n\nFrom a@b Mon Nov 23 10:00:00 2026\nA: 2\n\ntwo\n\n';
  const bodies: AsyncIterable<Uint8Array>[] = [];
  const seen: string[] = [];
  for await (const message of readMessages(cut(octets(file), [7]))) {
    seen.push(message.header.fields[0]!.raw);
    if (message.number === 1) for await (const piece of message.body) if (piece.length > 0) break;
    bodies.push(message.body);
  }
  assert.deepEqual(seen, ['A: 1', 'A: 2']);
  for (const body of bodies) for await (const piece of body) assert.fail(`${piece.length}`);
});

test('leaving the loop closes the input; what the input throws is thrown on', async () => {
  let closed = false;
  async function* endless(): AsyncIterable<Uint8Array> {
    try {
      for (;;) yield octets('A: b\r\n\r\n');
    } finally {
      closed = true;
    }
  }
  for await (const message of readMessages(endless())) {
    assert.equal(message.number, 1);
    break;
  }
  assert.ok(closed);
  async function* broken(): AsyncIterable<Uint8Array> {
    yield octets('A: b\r\n\r\nx');
    throw new Error('disk gone');
  }
  await assert.rejects(async () => {
    for await (const { body } of readMessages(broken())) for await (const piece of body) assert.equal(piece.length, 1);
  }, /disk gone/);
});

test('100 MB pass through without being held: what is read is given out at once', async () => {
  const piece = Buffer.alloc(65_536, 'text \n');
  let taken = 0;
  async function* large(first: string): AsyncIterable<Uint8Array> {
    yield octets(first);
    for (let i = 0; i < 1600; i++) {
      taken += piece.length;
      yield piece;
    }
  }
  for (const first of ['A: b\n\n', 'From a@b Mon Nov 23 10:00:00 2026\nA: b\n\n']) {
    taken = 0;
    let given = 0;
    let held = 0;
    for await (const { body } of readMessages(large(first))) {
      for await (const part of body) {
        given += part.length;
        held = Math.max(held, taken - given);
      }
    }
    assert.equal(given, 1600 * 65_536);
    assert.ok(held < 2000, `${held}`);
  }
});

test('a header above the limit is passed over in the stream as in memory, octet by octet too', async () => {
  for (const end of ['\n', '\r\n']) {
    const long = `A: b${end}C: ${`${'x'.repeat(70)}${end} `.repeat(31_000)}${end}D: e${end}${end}body`;
    assert.ok(long.length > maxHeaderOctets);
    const whole = splitMessage(octets(long));
    for (const lengths of [[], [65_536], [maxHeaderOctets - 1, 1, 2, 3], [997]]) {
      const [read] = await all(long, lengths);
      assert.deepEqual(read!.header, whole.header);
      assert.equal(read!.body, 'body');
    }
  }
  const endless = octets(`A: b\r\n${'x'.repeat(3_000_000)}`);
  const [read] = await all(endless, [100_000]);
  assert.deepEqual(read!.header, splitMessage(endless).header);
  const begun = performance.now();
  await all(octets('A: b\r\n '.repeat(40_000)), [1]);
  assert.ok(performance.now() - begun < 160_000);
});

test('hostile bodies of mailbox files take linear time', async () => {
  for (const piece of ['>', '\n', 'From ', '\nFrom ', '\n\nFrom ', '>From ', '\n>', '\r', '\r\n']) {
    const begun = performance.now();
    await all(`From a\nA: b\n\n${piece.repeat(1_000_000 / piece.length)}`, [4096]);
    assert.ok(performance.now() - begun < 80_000, JSON.stringify(piece));
  }
});

const separator = 'From a@b Mon Nov 23 10:00:00 2026';
const words = fc.constantFrom(
  '\n', '\n\n', '\r\n', '\r', separator, `\n\n${separator}\n`, `\r\n\r\n${separator}\r\n`, '>', '>>', 'From ', 'From',
  'A: b', ' ', 'text', '\n>From ', 'Fro', `From ${'x'.repeat(990)}`, '>'.repeat(499),
); // prettier-ignore
const files = fc
  .tuple(fc.boolean(), fc.array(words, { maxLength: 25 }))
  .map(([mailbox, list]) => (mailbox ? `${separator}\n` : '') + list.join(''));

test('property: where the input is cut does not matter', async () => {
  let many = 0;
  await fc.assert(
    fc.asyncProperty(files, fc.array(fc.nat({ max: 40 }), { maxLength: 8 }), async (text, lengths) => {
      const whole = await all(text);
      if (whole.length > 1) many++;
      if (whole.length === 1 && whole[0]!.fromLine === undefined) {
        const { header, body } = splitMessage(octets(text));
        assert.deepEqual([whole[0]!.header, whole[0]!.body], [header, Buffer.from(body).toString('latin1')]);
      }
      if (lengths.some((length) => length > 0)) assert.deepEqual(await all(text, lengths), whole);
      assert.deepEqual(await all(text, [1]), whole);
    }),
    { numRuns: 600 },
  );
  assert.ok(many > 50, `${many}`);
});

test('the real messages one by one, and all in one mailbox file', async (t) => {
  const folder = sharedData(t, 'html/mikel-mail');
  if (folder === undefined) return;
  const texts = globSync(`${folder}/**/*.eml`)
    .filter((file) => statSync(file).isFile())
    .map((file) => readFileSync(file, 'latin1'));
  const expected: string[] = [];
  let file = '';
  for (const text of texts) {
    const { header, body } = splitMessage(octets(text));
    const [single, ...rest] = await all(text, [100]);
    assert.equal(rest.length, 0);
    if (single!.fromLine === undefined) {
      assert.deepEqual(single!.header, header);
      assert.equal(single!.body, Buffer.from(body).toString('latin1'));
    }
    if (header.problems.some((problem) => problem.code === 'end.missing') || single!.fromLine !== undefined) continue;
    const closed = text.endsWith('\n') ? text : `${text}\n`;
    expected.push(closed.slice(header.octets));
    file += `${separator}\n${closed.slice(0, header.octets)}`;
    file += `${closed.slice(header.octets).replaceAll(/^(>*From )/gm, '>$1')}\n`;
  }
  const read = await all(file, [1000]);
  assert.ok(read.length > 75, `${read.length}`);
  assert.deepEqual(
    read.map((message) => message.body),
    expected,
  );
});
