/** A whole message from its octets (RFC 1035 §4.1). Never throws on foreign octets. */
import type { DnsName } from './name.ts';
import { typeOfNumber } from './rr-type.ts';
import {
  classIn,
  extendedError,
  headerOctets,
  optionExtendedError,
  typeOpt,
  type Decoded,
  type Edns,
  type ExtendedError,
  type Message,
  type Question,
  type WireRecord,
} from './wire-types.ts';
import { Garbage, Reader } from './wire-reader.ts';

/** Records of classes other than IN are left out; the OPT record becomes `edns`. */
export function decodeMessage(octets: Uint8Array): Decoded {
  const reader = new Reader(Buffer.isBuffer(octets) ? octets : Buffer.from(octets));
  try {
    return { kind: 'message', message: readMessage(reader) };
  } catch (error) {
    if (error instanceof Garbage) return { kind: 'malformed', detail: error.message };
    throw error;
  }
}

function readMessage(reader: Reader): Message {
  const id = reader.u16();
  const flags = reader.u16();
  const questions = reader.u16();
  const answerCount = reader.u16();
  const authorityCount = reader.u16();
  const additionalCount = reader.u16();
  let question: Question | undefined;
  for (let i = 0; i < questions; i++) {
    const name = reader.name();
    const type = typeOfNumber(reader.u16());
    reader.u16();
    question ??= { name, type };
  }
  const answers = readSection(reader, answerCount).records;
  const authority = readSection(reader, authorityCount).records;
  const { records: additional, edns, upperRcode } = readSection(reader, additionalCount);
  return {
    id,
    response: (flags & 0x8000) !== 0,
    opcode: (flags >> 11) & 15,
    authoritative: (flags & 0x0400) !== 0,
    truncated: (flags & 0x0200) !== 0,
    recursionDesired: (flags & 0x0100) !== 0,
    recursionAvailable: (flags & 0x0080) !== 0,
    authenticData: (flags & 0x0020) !== 0,
    checkingDisabled: (flags & 0x0010) !== 0,
    rcode: (flags & 15) | (upperRcode << 4),
    ...(question && { question }),
    answers,
    authority,
    additional,
    ...(edns && { edns }),
  };
}

interface Section {
  readonly records: readonly WireRecord[];
  readonly edns?: Edns;
  readonly upperRcode: number;
}

function readSection(reader: Reader, count: number): Section {
  const records: WireRecord[] = [];
  let edns: Edns | undefined;
  let upperRcode = 0;
  for (let i = 0; i < count; i++) {
    const name: DnsName = reader.name();
    const number = reader.u16();
    if (number === typeOpt) {
      const opt = readOpt(reader);
      edns ??= opt.edns;
      upperRcode = opt.upperRcode;
      continue;
    }
    const recordClass = reader.u16();
    const ttlSeconds = reader.ttl();
    const length = reader.u16();
    if (recordClass !== classIn) {
      reader.skip(length);
      continue;
    }
    const type = typeOfNumber(number);
    records.push({ name, type, ttlSeconds, data: reader.rdata(type, length) });
  }
  return { records, upperRcode, ...(edns && { edns }) };
}

/** Reads an OPT record from its class field on (RFC 6891 §6.1.2). */
export function readOpt(reader: Reader): { readonly edns: Edns; readonly upperRcode: number } {
  const udpOctets = reader.u16();
  const upperRcode = reader.u8();
  const version = reader.u8();
  const flags = reader.u16();
  const length = reader.u16();
  const stop = reader.at + length;
  if (stop > reader.end) throw reader.garbage('an OPT record longer than the message');
  const errors: ExtendedError[] = [];
  while (reader.at < stop) {
    const option = reader.u16();
    const octets = reader.u16();
    if (reader.at + octets > stop) throw reader.garbage('an EDNS option longer than its record');
    if (option === optionExtendedError && octets >= 2) {
      const code = reader.u16();
      const from = reader.at;
      reader.skip(octets - 2);
      errors.push(extendedError(code, printable(reader.octets.toString('utf8', from, reader.at))));
    } else {
      reader.skip(octets);
    }
  }
  return { edns: { udpOctets, version, dnssec: (flags & 0x8000) !== 0, errors }, upperRcode };
}

/** Text of a stranger for one line on a terminal: control characters become spaces, the end NUL goes (RFC 8914 §2). */
function printable(text: string): string {
  return text.replaceAll(/[\p{C}\s]+/gu, ' ').trim();
}

/**
 * Whether `reply` answers `query`: a response with the same question, letters compared without case. A reply without
 * any question counts when it reports an error (servers that cannot read EDNS answer so). The id is not looked at.
 */
export function answersQuery(reply: Buffer, query: Buffer, questionEnd: number): boolean {
  if (reply.length < headerOctets) return false;
  const flags = reply[2] as number;
  if ((flags & 0x80) === 0 || (flags & 0x78) !== 0) return false;
  if (reply[4] !== 0 || reply[5] !== 1) {
    return reply[4] === 0 && reply[5] === 0 && ((reply[3] as number) & 15) !== 0;
  }
  if (reply.length < questionEnd) return false;
  const nameEnd = questionEnd - 4;
  for (let i = headerOctets; i < questionEnd; i++) {
    const a = reply[i] as number;
    const b = query[i] as number;
    if (a === b) continue;
    const lower = a | 32;
    if (i >= nameEnd || lower !== (b | 32) || lower < 97 || lower > 122) return false;
  }
  return true;
}
