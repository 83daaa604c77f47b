/**
 * Undoes the two transfer encodings that change octets (RFC 2045 §6.7, §6.8), piece by piece. What does not keep to the
 * grammar is read the way mail programs read it, and counted.
 */

export type TransferCode =
  /** An `=` that neither two hexadecimal digits nor a line end follow: it stays as it is (RFC 2045 §6.7). */
  | 'qp.escape'
  /** A control character or an octet above 127 that should be encoded: it stays as it is (RFC 2045 §6.7). */
  | 'qp.octet'
  /** A character outside the alphabet: passed over (RFC 2045 §6.8). */
  | 'base64.character'
  /** Text behind the padding that ends the data: not decoded. Footers that lists append stand there. */
  | 'base64.after_end'
  /** The data end within a group of four characters. */
  | 'base64.incomplete';

export interface TransferFault {
  readonly code: TransferCode;
  /** Where it was met first, in octets of the encoded text, from 0. */
  readonly at: number;
  readonly count: number;
}

export interface TransferDecoder {
  /** `take` gets decoded octets; the array is used again for the next piece. */
  write(bytes: Uint8Array): void;
  /** Ends the data; may be called once. */
  end(): readonly TransferFault[];
}

type Take = (octets: Uint8Array) => void;

interface Faults {
  note(code: TransferCode, at: number): void;
  list(): readonly TransferFault[];
}

function faultCounter(): Faults {
  const known = new Map<TransferCode, { code: TransferCode; at: number; count: number }>();
  return {
    note(code, at) {
      const fault = known.get(code);
      if (fault === undefined) known.set(code, { code, at, count: 1 });
      else fault.count++;
    },
    list: () => [...known.values()],
  };
}

/** Values 0 to 63 of the alphabet; the marks below for the rest. */
const blankMark = 64;
const padMark = 65;
const strangeMark = 66;
const base64Values = Uint8Array.from({ length: 256 }, (_, octet) => {
  const value = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'.indexOf(String.fromCharCode(octet));
  if (value >= 0) return value;
  if (octet === 61) return padMark;
  return octet === 9 || octet === 10 || octet === 13 || octet === 32 ? blankMark : strangeMark;
});

/** Decodes base64 (RFC 2045 §6.8). Linear; holds back at most three characters. */
export function base64Decoder(take: Take): TransferDecoder {
  const faults = faultCounter();
  let out = new Uint8Array(0);
  let base = 0;
  let bits = 0;
  /** Characters of the group that is not full, 0 to 3. */
  let held = 0;
  let padded = false;
  /** Octets of the group that the padding or the end cuts short. */
  const rest = (): Uint8Array => {
    const octets = held === 2 ? [bits >> 4] : held === 3 ? [bits >> 10, bits >> 2] : [];
    held = 0;
    bits = 0;
    return Uint8Array.from(octets);
  };
  return {
    write(bytes) {
      const room = ((bytes.length + 3) >> 2) * 3 + 3;
      if (out.length < room) out = new Uint8Array(room);
      let length = 0;
      for (let at = 0; at < bytes.length; at++) {
        const value = base64Values[bytes[at] ?? 0] ?? strangeMark;
        if (value < 64) {
          if (padded) {
            faults.note('base64.after_end', base + at);
            continue;
          }
          bits = ((bits << 6) | value) & 0xffffff;
          if (++held === 4) {
            out[length++] = bits >> 16;
            out[length++] = bits >> 8;
            out[length++] = bits;
            held = 0;
          }
        } else if (value === padMark) {
          if (padded) continue;
          padded = true;
          if (held < 2) faults.note('base64.incomplete', base + at);
          for (const octet of rest()) out[length++] = octet;
        } else if (value === strangeMark) faults.note(padded ? 'base64.after_end' : 'base64.character', base + at);
      }
      base += bytes.length;
      if (length > 0) take(out.subarray(0, length));
    },
    end() {
      if (held > 0) {
        faults.note('base64.incomplete', base);
        const octets = rest();
        if (octets.length > 0) take(octets);
      }
      return faults.list();
    },
  };
}

const lf = 10;
const cr = 13;
const tab = 9;
const blank = 32;
const equals = 61;

/** 0 to 15, or -1. Lower case is read as well (RFC 2045 §6.7, note on robust readers). */
function hexValue(octet: number): number {
  if (octet >= 48 && octet <= 57) return octet - 48;
  const upper = octet & 0xdf;
  return upper >= 65 && upper <= 70 ? upper - 55 : -1;
}

/** What is held back at most for the next piece, where blanks might be the end of a line. Longer runs are no padding. */
const maxHeld = 1000; // house

/** Decodes quoted-printable (RFC 2045 §6.7). Blanks at the end of a line are dropped, as transports add them. Linear. */
export function quotedPrintableDecoder(take: Take): TransferDecoder {
  const faults = faultCounter();
  let base = 0;
  /** Octets that cannot be decided yet: an `=` with what follows it, or blanks with a CR. */
  let held = new Uint8Array(0);

  const decode = (bytes: Uint8Array, last: boolean): Uint8Array => {
    const end = bytes.length;
    const out = new Uint8Array(end);
    let length = 0;
    let at = 0;
    while (at < end) {
      const octet = bytes[at] ?? 0;
      if (octet > blank && octet < 127 && octet !== equals) {
        out[length++] = octet;
        at++;
        continue;
      }
      if (octet !== equals && octet !== blank && octet !== tab) {
        const lineEnd = octet === lf || (octet === cr && bytes[at + 1] === lf);
        if (octet === cr && at + 1 === end && !last) return keep(bytes, at, out, length);
        if (!lineEnd) faults.note('qp.octet', base + at);
        out[length++] = octet;
        at++;
        if (octet === cr && lineEnd) {
          out[length++] = lf;
          at++;
        }
        continue;
      }
      // An `=` or blanks: what follows the blanks decides.
      let next = octet === equals ? at + 1 : at;
      while (next < end && (bytes[next] === blank || bytes[next] === tab)) next++;
      const open = next >= end || (bytes[next] === cr && next + 1 >= end);
      if (octet === equals) {
        const first = hexValue(bytes[at + 1] ?? 0);
        if (!last && end - at < 3 && (at + 1 === end || first >= 0)) return keep(bytes, at, out, length);
        const second = first < 0 ? -1 : hexValue(bytes[at + 2] ?? 0);
        if (second >= 0) {
          out[length++] = first * 16 + second;
          at += 3;
          continue;
        }
      }
      if (open && !last && end - at <= maxHeld) return keep(bytes, at, out, length);
      const feed = bytes[next] === cr ? next + 1 : next;
      const atLineEnd = bytes[feed] === lf || (last && next >= end);
      if (octet === equals) {
        if (atLineEnd) at = Math.min(end, feed + 1);
        else {
          faults.note('qp.escape', base + at);
          out[length++] = equals;
          at++;
        }
      } else {
        if (!atLineEnd) for (let i = at; i < next; i++) out[length++] = bytes[i] ?? 0;
        at = next;
      }
    }
    held = new Uint8Array(0);
    base += end;
    return out.subarray(0, length);
  };
  const keep = (bytes: Uint8Array, at: number, out: Uint8Array, length: number): Uint8Array => {
    // A copy: `slice` of a Buffer is a view of memory that its owner uses again.
    held = Uint8Array.from(bytes.subarray(at));
    base += at;
    return out.subarray(0, length);
  };
  const run = (bytes: Uint8Array, last: boolean): void => {
    const octets = decode(held.length === 0 ? bytes : Buffer.concat([held, bytes]), last);
    if (octets.length > 0) take(octets);
  };
  return {
    write: (bytes) => run(bytes, false),
    end() {
      run(new Uint8Array(0), true);
      return faults.list();
    },
  };
}
