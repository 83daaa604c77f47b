/** Zip files made here octet by octet, read in pieces of any size. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32, deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { usualLimits, type IntakeLimits } from './intake.ts';
import { peek, streamOf } from './piece-stream.ts';
import { zipMembers } from './unpack-zip.ts';

interface Wanted {
  readonly name: string;
  readonly content: Buffer;
  readonly stored?: boolean;
  /** Lengths behind the data. */
  readonly behind?: 'signed' | 'bare' | 'zip64';
  readonly zip64?: boolean;
  readonly flags?: number;
  readonly method?: number;
  readonly crc?: number;
  /** Instead of what the content packs to. */
  readonly data?: Buffer;
}

const u16 = (value: number): Buffer => Buffer.from([value & 255, value >> 8]);
function u32(value: number): Buffer {
  const out = Buffer.alloc(4);
  out.writeUInt32LE(value);
  return out;
}
function u64(value: number): Buffer {
  const out = Buffer.alloc(8);
  out.writeBigUInt64LE(BigInt(value));
  return out;
}

function member(wanted: Wanted): Buffer {
  const { name, content, stored = false, behind, zip64 = false } = wanted;
  const data = wanted.data ?? (stored ? content : deflateRawSync(content));
  const crc = wanted.crc ?? crc32(content);
  const [packed, plain] = [data.length, content.length];
  const flags = (wanted.flags ?? 0) | (behind === undefined ? 0 : 8);
  const extra = zip64 ? Buffer.concat([u16(1), u16(16), u64(plain), u64(packed)]) : Buffer.alloc(0);
  const lengths = behind !== undefined ? [0, 0, 0] : zip64 ? [crc, 0xffff_ffff, 0xffff_ffff] : [crc, packed, plain];
  const head = Buffer.concat([
    Buffer.from('PK\x03\x04', 'latin1'),
    u16(20),
    u16(flags),
    u16(wanted.method ?? (stored ? 0 : 8)),
    u32(0),
    ...lengths.map(u32),
    u16(Buffer.byteLength(name)),
    u16(extra.length),
    Buffer.from(name),
    extra,
  ]);
  const size = behind === 'zip64' ? u64 : u32;
  const tail =
    behind === undefined
      ? []
      : [...(behind === 'bare' ? [] : [Buffer.from('PK\x07\x08', 'latin1')]), u32(crc), size(packed), size(plain)];
  return Buffer.concat([head, data, ...tail]);
}

const directory = Buffer.from('PK\x01\x02 and so on', 'latin1');
const zip = (...members: readonly Wanted[]): Buffer => Buffer.concat([...members.map(member), directory]);

/** Names with contents, or with why they are faulty; last what the file is faulty of. */
async function read(
  octets: Buffer,
  step = octets.length,
  limits: Partial<IntakeLimits> = {},
): Promise<readonly string[]> {
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < octets.length; at += step) yield await Promise.resolve(octets.subarray(at, at + step));
  }
  const members = zipMembers(await peek(streamOf(pieces()), 8), { ...usualLimits, ...limits });
  const told: string[] = [];
  for (let one = await members.next(); one !== undefined; one = await members.next()) {
    const parts: Uint8Array[] = [];
    for (let piece = await one.stream.next(); piece !== undefined; piece = await one.stream.next()) parts.push(piece);
    const fault = one.stream.fault();
    told.push(`${one.label}: ${fault === undefined ? Buffer.concat(parts).toString() : `! ${fault.text}`}`);
  }
  const fault = members.fault();
  if (fault !== undefined) told.push(`! ${fault.text}`);
  return told;
}

const a: Wanted = { name: 'a', content: Buffer.from('hello '.repeat(300)) };
const b: Wanted = { name: 'b', content: Buffer.from('there') };
const both = [`a: ${a.content.toString()}`, 'b: there'];

test('lengths in front, behind, in Zip64, stored or deflated; whatever the pieces', async () => {
  const forms: readonly Partial<Wanted>[] = [
    {},
    { zip64: true },
    { behind: 'signed' },
    { behind: 'bare' },
    { behind: 'zip64' },
    { stored: true },
    { stored: true, zip64: true },
    { stored: true, behind: 'signed' },
  ];
  for (const form of forms) {
    const octets = zip({ ...a, ...form }, { ...b, ...form });
    for (const step of [octets.length, 1, 7, 4096]) {
      // oxlint-disable-next-line no-await-in-loop -- one after another
      assert.deepEqual(await read(octets, step), both, `${JSON.stringify(form)} in pieces of ${step}`);
    }
  }
});

test('stored data that hold the mark of a descriptor', async () => {
  const content = Buffer.from('PK\x07\x08 this is none PK\x07\x08', 'latin1');
  assert.deepEqual(await read(zip({ name: 'a', content, stored: true, behind: 'signed' }, b)), [
    `a: ${content.toString()}`,
    'b: there',
  ]);
});

test('what does not fit is refused, and where its length is known the next one is read', async () => {
  const wrong = { ...a, crc: 7 };
  assert.deepEqual(await read(zip(wrong, b)), [
    'a: ! Its data in the zip file are faulty (its length or checksum does not fit). Ask the reporter to send it again.',
    'b: there',
  ]);
  const broken = { ...a, data: Buffer.from([0xff, 0xff, 0xff, 1, 2, 3]) };
  const [first, second] = await read(zip(broken, b));
  assert.match(first ?? '', /^a: ! Its data in the zip file are faulty \(invalid/);
  assert.equal(second, 'b: there');
  const behind = await read(zip({ ...broken, behind: 'signed' }, b));
  assert.equal(behind.length, 1);
  assert.match((await read(zip({ ...a, crc: 7, behind: 'signed' }, b)))[0] ?? '', /does not fit/);
});

test('other methods, encryption, ends in the middle, rubbish between', async () => {
  assert.match((await read(zip({ ...a, method: 12 }, b)))[0] ?? '', /packed with method 12 of zip, which is not read/);
  assert.equal((await read(zip({ ...a, method: 12 }, b)))[1], 'b: there');
  assert.deepEqual(
    (await read(zip(b, { ...a, flags: 1 }))).map((line) => line.slice(0, 30)),
    ['b: there', '! The zip file is encrypted; r'],
  );
  const whole = zip(b, a);
  for (const length of [whole.length - directory.length - 20, 60, 20]) {
    // oxlint-disable-next-line no-await-in-loop -- one after another
    const told = await read(whole.subarray(0, length));
    assert.match(told.at(-1) ?? '', /! The zip file is (cut off|faulty)/, String(length));
  }
  assert.match(
    (await read(Buffer.concat([member(b), Buffer.from('rubbish that is none'), member(a)]))).at(-1) ?? '',
    /faulty/,
  );
});

test('more members than are allowed, more octets than they are', async () => {
  assert.match((await read(zip(b, b, b), undefined, { maxMembers: 2 }))[2] ?? '', /more than 2 members/);
  const large = { name: 'bomb', content: Buffer.alloc(30_000_000, 'a') };
  const told = await read(zip(large, b));
  assert.match(told[0] ?? '', /^bomb: ! It unpacks to more than 400 times its size/);
  assert.equal(told.length, 2);
});

test('octets that were exchanged never make it throw or hang', async () => {
  const octets = zip(a, { ...b, behind: 'signed' }, { ...a, name: 'c', stored: true });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(octets.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 1, max: octets.length }),
      async (changes, step) => {
        const changed = Buffer.from(octets);
        for (const [at, value] of changes) changed[at] = value;
        await read(changed, step);
      },
    ),
    { numRuns: 300 },
  );
});
