/**
 * Undoes gzip (RFC 1952), zlib (RFC 1950) and base64 around a stream. Octets come out when they are asked for, so a bomb
 * is met in its first megabytes and never lies in memory.
 */
import { createGunzip, createInflate, constants, gunzipSync } from 'node:zlib';
import { Readable } from 'node:stream';
import { base64Decoder } from '../mail/transfer.ts';
import type { ReportRefusal } from './aggregate.ts';
import type { IntakeLimits } from './intake.ts';
import type { Peeked, PieceStream } from './piece-stream.ts';
import { shown } from './repairs.ts';

/** Below this no ratio is looked at: short reports of one kind of row pack well. */
const ratioFrom = 1024 * 1024; // house
/** Input that is unpacked in one go. */
const maxSmall = 128 * 1024; // house
/** What may come of it; a larger one is unpacked piece by piece. */
const maxSmallPlain = 4 * 1024 * 1024; // house

/** Counts what goes into a container and what comes out; says when that is too much. */
export interface Ratio {
  in(octets: number): void;
  /** Why no more may come. */
  out(octets: number): ReportRefusal | undefined;
}

export function ratio(limits: IntakeLimits): Ratio {
  let packed = 0;
  let plain = 0;
  return {
    in: (octets) => void (packed += octets),
    out(octets) {
      plain += octets;
      if (plain > limits.maxPlainOctets)
        return {
          code: 'limit',
          text: `Unpacked it has more than ${sizeOf(limits.maxPlainOctets)}; unpacking was stopped. Raise the limit if it is genuine.`,
        };
      if (plain > ratioFrom && plain > packed * limits.maxRatio)
        return {
          code: 'limit',
          text: `It unpacks to more than ${limits.maxRatio} times its size, as bombs do and reports do not; unpacking was stopped after ${sizeOf(plain)}.`,
        };
      return undefined;
    },
  };
}

export const sizeOf = (octets: number): string =>
  octets >= 10_000_000 ? `${Math.round(octets / 1_000_000)} MB` : `${Math.ceil(octets / 1000)} kB`;

/** Line ends and blanks at the end that wait for more. */
const maxHeld = 64 * 1024; // house

/**
 * Some mail programs put a line end behind the data, which zlib takes for another member. Where it belonged to the data it
 * is a part of their length, which need not be there: see `finishFlush`.
 */
function lengthWithoutLineEnds(octets: Uint8Array): number {
  let end = octets.length;
  while (end > 0 && (octets[end - 1] === 10 || octets[end - 1] === 13 || octets[end - 1] === 32)) end--;
  return end;
}

/** A stream that is cut off gives what is there; who reads it notices that the report does not end. */
export function unpacked(packed: Peeked, kind: 'gzip' | 'zlib', limits: IntakeLimits): PieceStream {
  if (packed.ended && kind === 'gzip' && packed.first.length <= maxSmall) {
    const small = smallGzip(packed, limits);
    if (small !== undefined) return small;
  }
  const counter = ratio(limits);
  let fault: ReportRefusal | undefined;
  let thrown: { readonly error: unknown } | undefined;
  const { stream } = packed;
  let held: Uint8Array = new Uint8Array(0);
  async function* source(): AsyncIterable<Uint8Array> {
    for (;;) {
      let piece;
      try {
        piece = await stream.next();
      } catch (error) {
        thrown = { error };
        return;
      }
      if (piece === undefined) return;
      counter.in(piece.length);
      const end = lengthWithoutLineEnds(piece);
      if (held.length > 0 && end > 0) yield held;
      // A piece of line ends alone: only so many are kept as a line end behind the data may have.
      if (end > 0) held = piece.subarray(end);
      else if (held.length < maxHeld) held = Buffer.concat([held, piece]);
      else {
        yield held;
        held = piece;
      }
      if (end > 0) yield piece.subarray(0, end);
    }
  }
  const options = { finishFlush: constants.Z_SYNC_FLUSH, chunkSize: 64 * 1024 };
  const inflater = kind === 'gzip' ? createGunzip(options) : createInflate(options);
  const input = Readable.from(source(), { objectMode: false, highWaterMark: 1 });
  input.pipe(inflater);
  const iterator: AsyncIterator<Buffer> = inflater[Symbol.asyncIterator]();
  const stop = (): void => {
    input.destroy();
    inflater.destroy();
  };
  return {
    async next() {
      if (fault !== undefined) return undefined;
      let piece: Buffer | undefined;
      try {
        const step = await iterator.next();
        piece = step.done === true ? undefined : step.value;
      } catch (error) {
        fault = faulty(kind, error);
      }
      if (thrown !== undefined) throw thrown.error;
      if (piece !== undefined) fault = counter.out(piece.length);
      if (fault !== undefined) {
        stop();
        return undefined;
      }
      return piece;
    },
    fault: () => fault ?? stream.fault(),
  };
}

function smallGzip({ first, stream }: Peeked, limits: IntakeLimits): PieceStream | undefined {
  let plain: Buffer | undefined;
  let fault: ReportRefusal | undefined;
  try {
    plain = gunzipSync(first.subarray(0, lengthWithoutLineEnds(first)), {
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: maxSmallPlain,
    });
  } catch (error) {
    if (codeOf(error) === 'ERR_BUFFER_TOO_LARGE') return undefined;
    fault = faulty('gzip', error);
  }
  const counter = ratio(limits);
  counter.in(first.length);
  if (plain !== undefined) fault = counter.out(plain.length);
  let given = fault !== undefined || plain === undefined || plain.length === 0;
  return {
    next() {
      if (given) return Promise.resolve(undefined);
      given = true;
      return Promise.resolve(plain);
    },
    fault: () => fault ?? stream.fault(),
  };
}

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';

const faulty = (kind: string, error: unknown): ReportRefusal => ({
  code: 'container',
  text: `The ${kind} data are faulty (${shown(error instanceof Error ? error.message : String(error))}). Ask the reporter to send it again.`,
});

/** Undoes base64 around a stream. */
export function base64Stream(text: PieceStream): PieceStream {
  const ready: Uint8Array[] = [];
  let ended = false;
  const decoder = base64Decoder((octets) => ready.push(Uint8Array.from(octets)));
  return {
    async next() {
      while (ready.length === 0 && !ended) {
        const piece = await text.next();
        if (piece !== undefined) decoder.write(piece);
        else {
          ended = true;
          decoder.end();
        }
      }
      return ready.shift();
    },
    fault: () => text.fault(),
  };
}
