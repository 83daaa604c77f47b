/** Containers of all kinds around the same report; bombs; one refusal beside good reports. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32, deflateSync, gzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import fc from 'fast-check';
import { gatheringSink } from './gathering.ts';
import type { Gathered } from './gathering.ts';
import { usualLimits } from './intake.ts';
import { readReports } from './read-reports.ts';
import type { ReadOptions } from './read-reports.ts';
import { writeAggregate } from './write-aggregate.ts';

const row = {
  sourceIp: '192.0.2.1',
  count: 3,
  disposition: 'none',
  dkim: 'pass',
  spf: 'fail',
  reasons: [],
  headerFrom: 'example.com',
  dkimAuth: [],
  spfAuth: [],
} as const;
const xmlOf = (id: string): string =>
  writeAggregate(
    { reporter: 'R', reportId: id, range: { begin: 1, end: 2 }, policy: { domain: 'example.com', p: 'none' } },
    [row, row],
  );
const xml = Buffer.from(xmlOf('r1'));
const tls = Buffer.from(
  '{"organization-name":"R","date-range":{"start-datetime":"2026-11-22","end-datetime":"2026-11-23"},"report-id":"t1","policies":[]}',
);
const zip = (members: Readonly<Record<string, Uint8Array>>): Buffer => Buffer.from(zipSync(members));
const lines = (octets: Buffer): string => octets.toString('base64').replaceAll(/.{76}/g, '$&\r\n');

async function* cut(octets: Buffer, size = octets.length): AsyncIterable<Uint8Array> {
  for (let from = 0; from < octets.length; from += size) {
    yield await Promise.resolve(octets.subarray(from, from + size));
  }
}

async function read(octets: Buffer, options: ReadOptions = {}, size?: number): Promise<Gathered> {
  const sink = gatheringSink();
  const found = await readReports(cut(octets, size), 'file', sink, options);
  const { aggregate, tls, failure, refused } = sink.gathered;
  assert.equal(found, aggregate.length + tls.length + failure.length + refused.length);
  for (const { refusal } of refused) assert.match(refusal.text, /\.$/);
  return sink.gathered;
}

/** What was found, in short: `r1 ×2 in a > b`, `! code in a`. */
async function summary(octets: Buffer, options?: ReadOptions, size?: number): Promise<readonly string[]> {
  const { aggregate, tls, failure, refused } = await read(octets, options, size);
  const where = (inside: readonly string[]): string => (inside.length === 0 ? '' : ` in ${inside.join(' > ')}`);
  return [
    ...aggregate.map(({ head, rows, source }) => `${head.reportId} ×${rows.length}${where(source.inside)}`),
    ...tls.map(({ report, source }) => `${report.reportId}${where(source.inside)}`),
    ...failure.map(({ report, source }) => `${report.reportedDomain}${where(source.inside)}`),
    ...refused.map(({ refusal, source }) => `! ${refusal.code}${where(source.inside)}`),
  ];
}

const mail = (contentType: string, encoding: string, body: string, subject = 'Report'): Buffer =>
  Buffer.from(
    `From: a@receiver.example\r\nSubject: ${subject}\r\nMessage-ID: <m@receiver.example>\r\nContent-Type: ${contentType}\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n${body}\r\n`,
  );
const part = (header: string, body: string): string => `--b\r\n${header}\r\n\r\n${body}\r\n`;
const mixed = (...parts: readonly string[]): Buffer =>
  mail('multipart/mixed; boundary=b', '7bit', `${parts.join('')}--b--`);
const base64 = (type: string, octets: Buffer): string =>
  part(`${type}\r\nContent-Transfer-Encoding: base64`, lines(octets));

const gz = gzipSync(xml);
const utf16 = Buffer.concat([
  Buffer.from([0xff, 0xfe]),
  Buffer.from(xml.toString().replace('UTF-8', 'UTF-16'), 'utf16le'),
]);
const mailbox = Buffer.concat(
  ['r1', 'r2', 'r3'].map((id) =>
    Buffer.concat([
      Buffer.from('From a@receiver.example Mon Nov 23 10:00:00 2026\r\n'),
      mail('application/gzip', 'base64', lines(gzipSync(xmlOf(id)))),
      Buffer.from('\r\n'),
    ]),
  ),
);

const containers: readonly (readonly [what: string, octets: Buffer, found: readonly string[]])[] = [
  ['XML', xml, ['r1 ×2']],
  ['XML with a byte order mark', Buffer.concat([Buffer.from('\uFEFF'), xml]), ['r1 ×2']],
  ['XML in UTF-16', utf16, ['r1 ×2']],
  ['XML in UTF-16, the other end first', Buffer.from(utf16).swap16(), ['r1 ×2']],
  ['JSON', tls, ['t1']],
  ['gzip', gz, ['r1 ×2']],
  ['gzip of JSON', gzipSync(tls), ['t1']],
  ['gzip in gzip', gzipSync(gz), ['r1 ×2']],
  ['gzip with a line end behind', Buffer.concat([gz, Buffer.from('\r\n')]), ['r1 ×2']],
  ['gzip in two members', Buffer.concat([gzipSync(xml.subarray(0, 99)), gzipSync(xml.subarray(99))]), ['r1 ×2']],
  ['gzip without its last octets', gz.subarray(0, -6), ['r1 ×2']],
  ['zlib', deflateSync(xml), ['r1 ×2']],
  ['base64 of gzip', Buffer.from(lines(gz)), ['r1 ×2']],
  ['zip', zip({ 'a.xml': xml }), ['r1 ×2 in a.xml']],
  ['zip, stored', Buffer.from(zipSync({ 'a.xml': xml }, { level: 0 })), ['r1 ×2 in a.xml']],
  [
    'zip with two reports, one that is none, and rubbish of a Mac',
    zip({ 'a.xml': xml, 'r.txt': Buffer.from('read me'), '__MACOSX/a': xml, 'b.json': tls }),
    ['r1 ×2 in a.xml', 't1 in b.json', '! not-report in r.txt'],
  ],
  ['gzip in zip in gzip', gzipSync(zip({ 'a.gz': gz })), ['r1 ×2 in a.gz']],
  ['a mail that is a gzip', mail('application/octet-stream; name=x.bin', 'base64', lines(gz)), ['r1 ×2 in x.bin']],
  [
    'a mail with everything in base64',
    Buffer.from(lines(mail('application/gzip', 'base64', lines(gz)))),
    ['r1 ×2 in part 1'],
  ],
  ['a mail whose text is base64 of gzip', mail('text/plain', '7bit', lines(gz)), ['r1 ×2 in part 1']],
  ['a mail whose text is XML', mail('text/xml', '8bit', xml.toString()), ['r1 ×2 in part 1']],
  ['an attachment without type', mixed(part('', 'hello'), base64('X: y', gz)), ['r1 ×2 in part 2']],
  [
    'an attachment as text/plain',
    mixed(part('', 'hello'), base64('Content-Type: text/plain; name="r.xml"', xml)),
    ['r1 ×2 in r.xml'],
  ],
  [
    'two attachments, one cut off',
    mixed(
      base64('Content-Type: application/zip; name=a.zip', zip({ x: xml })),
      base64('Content-Type: text/xml; name=b.xml', xml.subarray(0, 500)),
    ),
    ['r1 ×2 in a.zip > x', '! incomplete in b.xml'],
  ],
  [
    'a report beside a picture and HTML',
    mixed(
      part('Content-Type: text/html', '<p>Hello: see below</p>'),
      base64('Content-Type: image/png; name=l.png', Buffer.from('89504e47', 'hex')),
      base64('Content-Type: application/gzip; name=a.gz', gz),
    ),
    ['r1 ×2 in a.gz'],
  ],
  [
    'a forwarded mail',
    mixed(part('Content-Type: message/rfc822', mail('application/gzip', 'base64', lines(gz)).toString())),
    ['r1 ×2 in part 1.1'],
  ],
  [
    'a forwarded mail in base64',
    mixed(
      base64(
        'Content-Type: application/octet-stream; name=m.eml',
        mail('application/gzip; name=a.gz', 'base64', lines(gz)),
      ),
    ),
    ['r1 ×2 in m.eml > a.gz'],
  ],
  ['a mailbox file', mailbox, ['r1 ×2 in #1 > part 1', 'r2 ×2 in #2 > part 1', 'r3 ×2 in #3 > part 1']],
  ['a mail without a report', mail('text/plain', '7bit', 'Hello: how are you?'), ['! not-report']],
  ['HTML', Buffer.from('<!DOCTYPE html><html></html>'), ['! not-report']],
  ['nothing', Buffer.alloc(0), ['! empty']],
  ['an empty gzip', gzipSync(Buffer.alloc(0)), ['! empty']],
  ['an empty zip', zip({}), ['! empty']],
  ['bzip2', Buffer.from('BZh91AY&SY'), ['! container']],
  ['text', Buffer.from('just text'), ['! not-report']],
  ['zip that is cut off', zip({ 'a.xml': xml }).subarray(0, 300), ['! container in a.xml']],
  ['gzip that is cut off', gz.subarray(0, 200), ['! incomplete']],
  [
    'gzip that is faulty',
    Buffer.concat([gz.subarray(0, 60), Buffer.alloc(40, 0xff), gz.subarray(100)]),
    ['! container'],
  ],
];
for (const [what, octets, found] of containers) {
  test(`found in ${what}, however it is cut`, async () => {
    assert.deepEqual(await summary(octets), found);
    assert.deepEqual(await summary(octets, {}, 7), found);
    assert.deepEqual(await summary(octets, {}, 1), found);
  });
}

test('a mail without a report is refused with its subject', async () => {
  const { refused } = await read(mail('text/plain', '7bit', 'x', '=?utf-8?Q?Caf=C3=A9?='));
  assert.match(refused[0]?.refusal.text ?? '', /“Café” from a@receiver\.example carries no report/);
  assert.deepEqual(refused[0]?.source.carrier, {
    from: 'a@receiver.example',
    messageId: '<m@receiver.example>',
    subject: 'Café',
  });
});

test('every limit has its refusal', async () => {
  const code = async (octets: Buffer, limits: Partial<typeof usualLimits>): Promise<readonly string[]> =>
    summary(octets, { limits: { ...usualLimits, ...limits } });
  assert.deepEqual(await code(xml, { maxOctets: 1000 }), ['! limit']);
  assert.deepEqual(await code(gz, { maxPlainOctets: 1000 }), ['! limit']);
  assert.deepEqual(await code(xml, { maxPlainOctets: 1000 }), ['! limit']);
  assert.deepEqual(await code(zip({ a: xml, b: xml, c: xml }), { maxMembers: 2 }), [
    'r1 ×2 in a',
    'r1 ×2 in b',
    '! limit',
  ]);
  assert.deepEqual(await code(xml, { maxRows: 1 }), ['! limit']);
  let nested: Buffer = xml;
  for (let i = 0; i < 6; i++) nested = gzipSync(nested);
  assert.deepEqual(await code(nested, {}), ['! limit']);
  assert.deepEqual(await code(mail('application/gzip', 'base64', lines(gz)), { maxOctets: 300 }), ['! limit']);
});

const zeros = Buffer.alloc(50_000_000, ' ');
const bombs: readonly (readonly [what: string, make: () => Buffer])[] = [
  ['gzip', () => gzipSync(Buffer.concat([Buffer.from('<feedback>'), zeros]))],
  ['gzip in gzip', () => gzipSync(gzipSync(Buffer.concat([Buffer.from('<feedback>'), zeros])))],
  ['zip', () => zip({ 'a.xml': Buffer.concat([Buffer.from('<feedback>'), zeros]) })],
  ['zip of many', () => zip(Object.fromEntries(Array.from({ length: 5 }, (_, i) => [`${i}.xml`, zeros])))],
  ['zip in a mail', () => mail('application/zip', 'base64', lines(zip({ 'a.xml': zeros })))],
];
for (const [what, make] of bombs) {
  test(`a bomb of ${what} stops early`, async () => {
    const bomb = make();
    const from = performance.now();
    const { refused, aggregate } = await read(bomb, {}, 65_536);
    assert.equal(aggregate.length, 0);
    assert.equal(refused[0]?.refusal.code, 'limit');
    assert.ok(performance.now() - from < 40_000, 'it takes too long');
  });
}

test('a bomb beside a good report does not stop it', async () => {
  const both = mixed(
    base64('Content-Type: application/gzip; name=bomb.gz', gzipSync(Buffer.concat([Buffer.from('<feedback>'), zeros]))),
    base64('Content-Type: application/gzip; name=good.gz', gz),
  );
  assert.deepEqual(await summary(both), ['r1 ×2 in good.gz', '! limit in bomb.gz']);
});

test('rows come in batches of at most 1000, and the reader waits for the sink', async () => {
  const many = Buffer.from(
    writeAggregate(
      { reporter: 'R', reportId: 'r', range: { begin: 1, end: 2 }, policy: { domain: 'example.com' } },
      Array.from({ length: 5000 }, () => row),
    ),
  );
  let busy = 0;
  let rows = 0;
  const order: string[] = [];
  await readReports(cut(gzipSync(many)), 'f', {
    begin: () => void order.push('begin'),
    async rows(batch) {
      assert.ok(batch.length <= 1000 && batch.length > 0);
      assert.equal(busy++, 0, 'two batches at once');
      await new Promise((resolve) => setImmediate(resolve));
      busy--;
      rows += batch.length;
    },
    aggregate: () => void order.push('aggregate'),
    tls: () => undefined,
    failure: () => undefined,
    refused: () => void order.push('refused'),
  });
  assert.deepEqual([rows, order], [5000, ['begin', 'aggregate']]);
});

test('a tap reads the body of each message along, to its end', async () => {
  const seen: string[] = [];
  await readReports(cut(mailbox), 'f', gatheringSink(), {
    tap(header, source) {
      let octets = 0;
      let sum = 0;
      assert.equal(header.fields[0]?.key, 'from');
      return {
        write(piece) {
          octets += piece.length;
          sum = crc32(piece, sum);
        },
        end: () => void seen.push(`${source.inside.join()} ${octets > 400} ${sum !== 0}`),
      };
    },
  });
  assert.deepEqual(seen, ['#1 true true', '#2 true true', '#3 true true']);
});

test('what reading and the sink throw is thrown on', async () => {
  async function* failing(): AsyncIterable<Uint8Array> {
    yield await Promise.resolve(gz.subarray(0, 100));
    throw new Error('disk');
  }
  await assert.rejects(readReports(failing(), 'f', gatheringSink()), /disk/);
  const full = { ...gatheringSink(), aggregate: () => Promise.reject(new Error('full')) };
  await assert.rejects(readReports(cut(xml), 'f', full), /full/);
});

test('octets exchanged, lost and doubled in real containers never throw', async () => {
  const whole = [
    gz,
    zip({ 'a.xml': xml, 'b.json': tls }),
    mixed(base64('Content-Type: application/gzip', gz), part('', 'x')),
    mailbox,
    utf16,
  ];
  await fc.assert(
    fc.asyncProperty(
      fc.nat(whole.length - 1),
      fc.array(fc.tuple(fc.nat(), fc.nat(30), fc.uint8Array({ maxLength: 8 })), { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 5, max: 5000 }),
      async (which, changes, size) => {
        let octets = whole[which] ?? gz;
        for (const [place, length, put] of changes) {
          const at = place % octets.length;
          octets = Buffer.concat([octets.subarray(0, at), put, octets.subarray(at + length)]);
        }
        const { aggregate } = await read(octets, {}, size);
        for (const { head, rows } of aggregate) assert.equal(head.rows, rows.length);
      },
    ),
    { numRuns: 300 },
  );
});
