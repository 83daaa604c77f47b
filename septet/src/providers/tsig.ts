/**
 * TSIG (RFC 8945): a shared secret signs each message and its reply, so that both sides know whom they talk to and that
 * nothing was altered or played back. The reply's signature covers the request's.
 */
import { createHmac, createSecretKey, timingSafeEqual, type KeyObject } from 'node:crypto';
import type { DnsName } from '../dns/name.ts';
import { Garbage, Reader } from '../dns/wire-reader.ts';
import { Writer } from '../dns/wire-writer.ts';

/** The algorithms that RFC 8945 §6 lists and that nobody advises against, with the octets of their output. */
const algorithms = {
  'hmac-sha224': { hash: 'sha224', octets: 28 },
  'hmac-sha256': { hash: 'sha256', octets: 32 },
  'hmac-sha384': { hash: 'sha384', octets: 48 },
  'hmac-sha512': { hash: 'sha512', octets: 64 },
} as const;

export type TsigAlgorithm = keyof typeof algorithms;

export interface TsigKey {
  readonly name: DnsName;
  readonly algorithm: TsigAlgorithm;
  /** Prints as an object without its octets. */
  readonly secret: KeyObject;
}

export type TsigKeyResult =
  | { readonly ok: true; readonly key: TsigKey }
  /** A sentence that does not show the secret. */
  | { readonly ok: false; readonly message: string };

/** `undefined` for an algorithm that is not offered: hmac-md5 and the truncated ones among them. */
export function tsigAlgorithm(text: string): TsigAlgorithm | undefined {
  const bare = text.toLowerCase().replace(/\.$/, '');
  return Object.hasOwn(algorithms, bare) ? (bare as TsigAlgorithm) : undefined;
}

/** Reads a key as configurations hold it, the secret in base64. */
export function parseTsigKey(name: DnsName, algorithm: string, secret: string): TsigKeyResult {
  const known = tsigAlgorithm(algorithm);
  if (known === undefined) {
    const offered = Object.keys(algorithms).join(', ');
    return { ok: false, message: `The TSIG algorithm ${algorithm} is not offered. Use one of ${offered}.` };
  }
  const text = secret.replaceAll(/\s/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text) || text.length % 4 !== 0) {
    return { ok: false, message: `The secret of the TSIG key ${name} is not base64. Copy it whole, with its = signs.` };
  }
  return { ok: true, key: { name, algorithm: known, secret: createSecretKey(Buffer.from(text, 'base64')) } };
}

const typeTsig = 250; // §4.2
const classAny = 255;
/** Seconds that the clocks may differ (§10). */
export const fudgeSeconds = 300;

/** Error codes in the TSIG record (§4.2, and the RCODE registry). */
const errorNames: Readonly<Record<number, TsigError>> = {
  16: 'BADSIG',
  17: 'BADKEY',
  18: 'BADTIME',
  22: 'BADTRUNC',
};
export type TsigError = 'BADSIG' | 'BADKEY' | 'BADTIME' | 'BADTRUNC';

/** The message with a TSIG record at its end (§5.1), and the MAC that the reply has to cover. */
export function signMessage(
  message: Buffer,
  key: TsigKey,
  nowSeconds: number,
): { readonly message: Buffer; readonly mac: Buffer } {
  const variables = { key, time: nowSeconds, fudge: fudgeSeconds, error: 0, other: Buffer.alloc(0) };
  const mac = macOf(key, [message, variablesOf(variables)]);
  const writer = new Writer();
  writer.octets(message);
  writer.uncompressedName(key.name);
  writer.u16(typeTsig);
  writer.u16(classAny);
  writer.u32(0);
  writer.block(() => {
    writer.uncompressedName(key.algorithm as string as DnsName);
    writeTime(writer, nowSeconds);
    writer.u16(fudgeSeconds);
    writer.u16(mac.length);
    writer.octets(mac);
    writer.octets(message.subarray(0, 2));
    writer.u16(0);
    writer.u16(0);
  });
  const signed = Buffer.from(writer.finish());
  signed.writeUInt16BE(signed.readUInt16BE(10) + 1, 10);
  return { message: signed, mac };
}

export type TsigVerdict =
  /** `error`: what the server objects to in the request; with BADTIME its clock, in seconds since 1970. */
  | { readonly kind: 'good'; readonly error?: TsigError; readonly serverSeconds?: number }
  | { readonly kind: 'unsigned' }
  /** The server could not sign because it does not know the key, or cannot verify (§5.3.2). Nobody vouches for this. */
  | { readonly kind: 'refused'; readonly error: TsigError }
  /** Not what the holder of the key sent, or not now. One line for a person. */
  | { readonly kind: 'bad'; readonly detail: string };

/** Checks the reply to a request whose MAC is given (§5.4). Never throws on foreign octets. */
export function verifyReply(reply: Buffer, key: TsigKey, requestMac: Buffer, nowSeconds: number): TsigVerdict {
  let found: TsigRecord | undefined;
  try {
    found = readTsig(reply);
  } catch (error) {
    if (error instanceof Garbage) return { kind: 'bad', detail: error.message };
    throw error;
  }
  if (found === undefined) return { kind: 'unsigned' };
  const error = errorNames[found.error];
  if (found.mac.length === 0 && (error === 'BADKEY' || error === 'BADSIG' || error === 'BADTRUNC')) {
    return { kind: 'refused', error };
  }
  if (found.name !== key.name || found.algorithm !== key.algorithm) {
    return { kind: 'bad', detail: `it is signed with the key ${found.name} (${found.algorithm})` };
  }
  const { octets } = algorithms[key.algorithm];
  // Truncated MACs are allowed by §5.2.2.1 where both sides agreed; we never do.
  if (found.mac.length !== octets)
    return { kind: 'bad', detail: `its MAC has ${found.mac.length} octets, not ${octets}` };
  const length = Buffer.alloc(2);
  length.writeUInt16BE(requestMac.length);
  const { time, fudge, other } = found;
  const variables = variablesOf({ key, time, fudge, error: found.error, other });
  const mac = macOf(key, [length, requestMac, withoutTsig(reply, found), variables]);
  if (!timingSafeEqual(mac, found.mac)) return { kind: 'bad', detail: 'its MAC is wrong' };
  if (error === 'BADTIME') {
    return { kind: 'good', error, ...(other.length === 6 && { serverSeconds: other.readUIntBE(0, 6) }) };
  }
  if (Math.abs(nowSeconds - time) > fudge) {
    return { kind: 'bad', detail: `it was signed at ${clock(time)}, and here it is ${clock(nowSeconds)}` };
  }
  return error === undefined ? { kind: 'good' } : { kind: 'good', error };
}

/** `2026-11-23T12:00:00Z` */
export const clock = (seconds: number): string =>
  new Date(Math.min(seconds, 253_402_300_799) * 1000).toISOString().replace('.000', '');

interface TsigRecord {
  /** Where the record begins in the message. */
  readonly at: number;
  readonly name: DnsName;
  readonly algorithm: string;
  readonly time: number;
  readonly fudge: number;
  readonly mac: Buffer;
  readonly originalId: number;
  readonly error: number;
  readonly other: Buffer;
}

/** The last record of the additional section where that is TSIG (§5.1: there it stands, or the message is garbage). */
function readTsig(message: Buffer): TsigRecord | undefined {
  const reader = new Reader(message);
  reader.skip(4);
  const questions = reader.u16();
  const records = reader.u16() + reader.u16();
  const additional = reader.u16();
  for (let i = 0; i < questions; i++) {
    reader.skipName();
    reader.skip(4);
  }
  const total = records + additional;
  for (let i = 1; i <= total; i++) {
    const at = reader.at;
    const name = reader.name();
    const type = reader.u16();
    const recordClass = reader.u16();
    const ttl = reader.u32();
    const length = reader.u16();
    if (type !== typeTsig) {
      reader.skip(length);
      continue;
    }
    if (i !== total || i <= records) throw reader.garbage('a TSIG record that is not the last one');
    if (recordClass !== classAny || ttl !== 0) throw reader.garbage('a TSIG record of another class or with a TTL');
    return readFields(reader, at, name, length);
  }
  return undefined;
}

function readFields(reader: Reader, at: number, name: DnsName, length: number): TsigRecord {
  const stop = reader.at + length;
  const algorithm = reader.name();
  const time = reader.u16() * 0x1_0000_0000 + reader.u32();
  const fudge = reader.u16();
  const mac = Buffer.from(reader.latin1(reader.u16()), 'latin1');
  const originalId = reader.u16();
  const error = reader.u16();
  const other = Buffer.from(reader.latin1(reader.u16()), 'latin1');
  if (reader.at !== stop || stop !== reader.octets.length) throw reader.garbage('a TSIG record of the wrong length');
  return { at, name, algorithm, time, fudge, mac, originalId, error, other };
}

/** The message as it was before it was signed (§4.3.2): its first id, and one additional record fewer. */
function withoutTsig(message: Buffer, tsig: TsigRecord): Buffer {
  const bare = Buffer.from(message.subarray(0, tsig.at));
  bare.writeUInt16BE(tsig.originalId, 0);
  bare.writeUInt16BE(bare.readUInt16BE(10) - 1, 10);
  return bare;
}

interface Variables {
  readonly key: TsigKey;
  readonly time: number;
  readonly fudge: number;
  readonly error: number;
  readonly other: Buffer;
}

/** §4.3.3 */
function variablesOf({ key, time, fudge, error, other }: Variables): Buffer {
  const writer = new Writer();
  writer.uncompressedName(key.name);
  writer.u16(classAny);
  writer.u32(0);
  writer.uncompressedName(key.algorithm as string as DnsName);
  writeTime(writer, time);
  writer.u16(fudge);
  writer.u16(error);
  writer.u16(other.length);
  writer.octets(other);
  return writer.finish();
}

/** 48 bits (§4.2). */
function writeTime(writer: Writer, seconds: number): void {
  writer.u16(Math.floor(seconds / 0x1_0000_0000));
  writer.u32(seconds % 0x1_0000_0000);
}

function macOf(key: TsigKey, parts: readonly Buffer[]): Buffer {
  const hmac = createHmac(algorithms[key.algorithm].hash, key.secret);
  for (const part of parts) hmac.update(part);
  return hmac.digest();
}
