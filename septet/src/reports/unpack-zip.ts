/**
 * The members of a zip file (PKWARE APPNOTE 4.3), read from its beginning without the directory at its end, so that a file
 * of any length streams by. Stored and deflated members, with lengths in front or behind (data descriptors), also those of
 * Zip64. Lengths and checksums are compared.
 */
import type { ReportRefusal } from './aggregate.ts';
import type { IntakeLimits } from './intake.ts';
import type { Member, Peeked } from './piece-stream.ts';
import { shown } from './repairs.ts';
import { ratio } from './unpack.ts';
import { cursorOf, type Cursor } from './zip-cursor.ts';
import { inflated, storedOctets, type MemberData, type MemberEnd } from './zip-data.ts';

export interface ZipMembers {
  /** The next member; what is left of the one before is passed over. */
  next(): Promise<Member<string> | undefined>;
  fault(): ReportRefusal | undefined;
}

const signatures = { member: 0x04034b50, directory: 0x02014b50, descriptor: 0x08074b50 } as const;
const headerOctets = 30;
const methods = { stored: 0, deflated: 8 } as const;
const flags = { encrypted: 1, lengthsBehind: 8 } as const;
const inZip64 = 0xffff_ffff;

export function zipMembers(packed: Peeked, limits: IntakeLimits): ZipMembers {
  const counter = ratio(limits);
  const cursor = cursorOf(packed.stream, counter.in);
  let fault: ReportRefusal | undefined;
  let over = false;
  let begun = 0;
  let before: Member<string> | undefined;

  const stop = (why?: ReportRefusal): undefined => {
    over = true;
    fault ??= why;
    return undefined;
  };

  const open = (header: Header, data: MemberData): Member<string> => {
    let own: ReportRefusal | undefined;
    let ended = false;
    const end = async (why: MemberEnd): Promise<undefined> => {
      ended = true;
      // A fault of the file counts more than what follows of it.
      if (why.kind === 'cut')
        own =
          packed.stream.fault() ??
          container('The zip file is cut off within this member. Ask the reporter to send it again.');
      else if (why.kind === 'faulty') own = faulty(why.why);
      else if (!(await fits(cursor, header, why))) own = faulty('its length or checksum does not fit');
      if (why.kind === 'cut') stop(own);
      // Where the next one begins is known by the length alone.
      else if (own !== undefined && (header.packed === undefined || !(await data.skip()))) stop();
      return undefined;
    };
    return {
      label: header.name,
      stream: {
        async next() {
          if (ended) return undefined;
          const piece = await data.next();
          if (!(piece instanceof Uint8Array)) return end(piece);
          const limit = counter.out(piece.length);
          if (limit === undefined) return piece;
          ended = true;
          own = limit;
          data.close();
          return stop(limit);
        },
        fault: () => own,
      },
    };
  };

  return {
    async next() {
      const { stream } = before ?? {};
      before = undefined;
      // oxlint-disable-next-line no-await-in-loop -- one piece after another
      while ((await stream?.next()) !== undefined);
      if (over) return undefined;
      const header = await nextHeader(cursor);
      if (header === undefined) return stop(packed.stream.fault());
      if (header === 'faulty')
        return stop(
          container(
            'The zip file is faulty: something else stands where a member begins. Ask the reporter to send it again.',
          ),
        );
      if (header.encrypted)
        return stop(container('The zip file is encrypted; reports are not. Unpack it and import what is in it.'));
      if (++begun > limits.maxMembers)
        return stop({
          code: 'limit',
          text: `The zip file has more than ${limits.maxMembers} members; the others are not read.`,
        });
      before = open(header, dataOf(cursor, header));
      return before;
    },
    fault: () => fault ?? packed.stream.fault(),
  };
}

interface Header {
  readonly name: string;
  readonly method: number;
  readonly encrypted: boolean;
  /** Lengths in octets and checksum; absent where they stand behind the data. */
  readonly packed?: number;
  readonly plain?: number;
  readonly crc?: number;
}

/** `undefined` at the directory, which is the end of the members, and at the end of the file. */
async function nextHeader(cursor: Cursor): Promise<Header | 'faulty' | undefined> {
  if (!(await cursor.fill(4))) return cursor.held().length === 0 ? undefined : 'faulty';
  const signature = cursor.held().readUInt32LE(0);
  // "PK" and something else: directory, its end, or what stands between members and directory.
  if (signature !== signatures.member)
    return (signature & 0xffff) === (signatures.directory & 0xffff) ? undefined : 'faulty';
  if (!(await cursor.fill(headerOctets))) return 'faulty';
  const fixed = cursor.held();
  const [flag, method] = [fixed.readUInt16LE(6), fixed.readUInt16LE(8)];
  const [crc, packed, plain] = [fixed.readUInt32LE(14), fixed.readUInt32LE(18), fixed.readUInt32LE(22)];
  const [nameLength, extraLength] = [fixed.readUInt16LE(26), fixed.readUInt16LE(28)];
  const length = headerOctets + nameLength + extraLength;
  if (!(await cursor.fill(length))) return 'faulty';
  const whole = cursor.held();
  const name = whole.toString('utf8', headerOctets, headerOctets + nameLength);
  const extra = zip64(whole.subarray(headerOctets + nameLength, length), plain === inZip64, packed === inZip64);
  cursor.drop(length);
  const base = { name, method, encrypted: (flag & flags.encrypted) !== 0 };
  if ((flag & flags.lengthsBehind) !== 0) return base;
  return { ...base, packed: extra.packed ?? packed, plain: extra.plain ?? plain, crc };
}

/** The lengths of Zip64 (APPNOTE 4.5.3), each only where the header says that it is there. */
function zip64(
  extra: Buffer,
  wantsPlain: boolean,
  wantsPacked: boolean,
): { readonly plain?: number; readonly packed?: number } {
  for (let at = 0; at + 4 <= extra.length;) {
    const [id, length] = [extra.readUInt16LE(at), extra.readUInt16LE(at + 2)];
    at += 4;
    if (id === 1) {
      const lengths: number[] = [];
      for (let next = at; next + 8 <= Math.min(at + length, extra.length); next += 8)
        lengths.push(Number(extra.readBigUInt64LE(next)));
      const plain = wantsPlain ? lengths.shift() : undefined;
      const packed = wantsPacked ? lengths.shift() : undefined;
      return { ...(plain === undefined ? {} : { plain }), ...(packed === undefined ? {} : { packed }) };
    }
    at += length;
  }
  return {};
}

function dataOf(cursor: Cursor, { method, packed }: Header): MemberData {
  if (method === methods.deflated) return inflated(cursor, packed);
  if (method === methods.stored) return storedOctets(cursor, packed, signatures.descriptor);
  const why = `it is packed with method ${method} of zip, which is not read; pack it with deflate`;
  return {
    next: () => Promise.resolve({ kind: 'faulty', why }),
    skip: () => cursor.pass(packed ?? 0),
    close: () => {},
  };
}

/** Whether what was read is what the header, or the descriptor behind the data, says. Passes over the descriptor. */
async function fits(
  cursor: Cursor,
  header: Header,
  read: Extract<MemberEnd, { readonly kind: 'end' }>,
): Promise<boolean> {
  if (header.packed !== undefined)
    return read.crc === header.crc && read.packed === header.packed && read.plain === header.plain;
  await cursor.fill(24);
  const held = cursor.held();
  for (const start of [4, 0]) {
    if (start === 4 && (held.length < 4 || held.readUInt32LE(0) !== signatures.descriptor)) continue;
    for (const size of [4, 8]) {
      const length = start + 4 + 2 * size;
      if (held.length < length || held.readUInt32LE(start) !== read.crc) continue;
      const number = (at: number): number => (size === 4 ? held.readUInt32LE(at) : Number(held.readBigUInt64LE(at)));
      const most = size === 4 ? 2 ** 32 : Infinity;
      const same = (said: number, is: number): boolean => said === (most === Infinity ? is : is % most);
      if (!same(number(start + 4), read.packed) || !same(number(start + 4 + size), read.plain)) continue;
      cursor.drop(length);
      return true;
    }
  }
  return false;
}

const container = (text: string): ReportRefusal => ({ code: 'container', text });
const faulty = (why: string): ReportRefusal =>
  container(`Its data in the zip file are faulty (${shown(why)}). Ask the reporter to send it again.`);
