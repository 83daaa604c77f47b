/**
 * The members of a zip file, read from its beginning without the directory at its end, so that a file of any length
 * streams by. Stored and deflated members, with lengths in front or behind (data descriptors), also those of Zip64.
 */
import { Unzip, UnzipInflate } from 'fflate';
import type { UnzipDecoder, UnzipDecoderConstructor } from 'fflate';
import type { ReportRefusal } from './aggregate.ts';
import type { IntakeLimits } from './intake.ts';
import { membersOf } from './piece-stream.ts';
import type { Members, Peeked } from './piece-stream.ts';
import { shown } from './repairs.ts';
import { ratio } from './unpack.ts';

/** Packed octets that are unpacked at once: deflate makes at most 1032 of one, so 4 MB. */
const stepOctets = 4096; // house

export type ZipMembers = Pick<Members<string>, 'next'> & { fault(): ReportRefusal | undefined };

export function zipMembers(packed: Peeked, limits: IntakeLimits): ZipMembers {
  const counter = ratio(limits);
  let fault: ReportRefusal | undefined;
  let open = false;
  let begun = 0;
  let rest: Uint8Array = new Uint8Array(0);

  // Bit 0 of the flags of a local header: encrypted.
  if (packed.first[2] === 3 && ((packed.first[6] ?? 0) & 1) === 1)
    fault = container('The zip file is encrypted; reports are not. Unpack it and import what is in it.');

  const unzip = new Unzip((file) => {
    if (fault !== undefined) return;
    if (++begun > limits.maxMembers) {
      fault = {
        code: 'limit',
        text: `The zip file has more than ${limits.maxMembers} members; the others are not read.`,
      };
      return;
    }
    members.begin(file.name);
    open = true;
    const end = (why?: ReportRefusal): void => {
      if (open) members.end(why);
      open = false;
    };
    file.ondata = (error, data, final) => {
      if (fault !== undefined || !open) return;
      if (error !== null) {
        end(
          container(
            `Its data in the zip file are faulty (${shown(error.message)}). Ask the reporter to send it again.`,
          ),
        );
        return;
      }
      fault = counter.out(data.length);
      if (fault === undefined) members.data(data);
      if (final || fault !== undefined) end(fault);
    };
    if (file.compression !== stored && file.compression !== deflated) {
      end(container(`It is packed with method ${file.compression} of zip, which is not read. Pack it with deflate.`));
      // fflate keeps what nobody unpacks in memory.
      unzip.register(passedOver(file.compression));
    }
    file.start();
  });
  unzip.register(UnzipInflate);

  const pump = async (): Promise<boolean> => {
    if (fault !== undefined) return false;
    if (rest.length === 0) {
      const piece = await packed.stream.next();
      if (piece === undefined) {
        push(new Uint8Array(0), true);
        if (open && fault === undefined)
          fault = container('The zip file is cut off within this member. Ask the reporter to send it again.');
        return false;
      }
      rest = piece;
    }
    const step = rest.subarray(0, stepOctets);
    rest = rest.subarray(stepOctets);
    counter.in(step.length);
    push(step, false);
    return true;
  };

  const push = (octets: Uint8Array, last: boolean): void => {
    try {
      unzip.push(octets, last);
    } catch (error) {
      if (!last || open)
        fault ??= container(
          `The zip file is faulty (${shown(error instanceof Error ? error.message : String(error))}). Ask the reporter to send it again.`,
        );
    }
  };

  const members: Members<string> = membersOf(pump, () => fault ?? packed.stream.fault());
  return { next: members.next, fault: () => fault ?? packed.stream.fault() };
}

const stored = 0;
const deflated = 8;

function passedOver(compression: number): UnzipDecoderConstructor {
  function Decoder(this: UnzipDecoder): void {
    this.push = () => undefined;
  }
  return Object.assign(Decoder, { compression }) as unknown as UnzipDecoderConstructor;
}

const container = (text: string): ReportRefusal => ({ code: 'container', text });
