/**
 * Just enough DER (ITU-T X.690) to look at a key: one element at a time, lengths measured against what is there.
 * Never throws; an element whose declared length runs past the end says so with `whole: false`.
 */

export interface DerElement {
  /** The identifier octet, for example 0x30 for SEQUENCE. */
  readonly tag: number;
  /** Where the element begins, and where its content begins. */
  readonly from: number;
  readonly contentAt: number;
  /** Octets of content that the length field promises. */
  readonly length: number;
  /** Where the content ends according to the length field; past the end of the data when `whole` is false. */
  readonly end: number;
  readonly whole: boolean;
}

export const derTag = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  sequence: 0x30,
  /** `[0]` constructed: the version of an X.509 certificate. */
  context0: 0xa0,
} as const;

/** Reads the element at `at`; `limit` is where its surroundings end. `undefined` when not even a header fits. */
export function readDer(bytes: Uint8Array, at: number, limit: number): DerElement | undefined {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined || at + 2 > limit) return undefined;
  if ((tag & 0x1f) === 0x1f) return undefined; // multi-octet tags do not occur in keys
  let length = first;
  let contentAt = at + 2;
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count === 0 || count > 4) return undefined; // indefinite lengths are not DER; 4 octets are 4 GiB
    length = 0;
    for (let i = 0; i < count; i++) {
      const octet = bytes[contentAt++];
      if (octet === undefined) return undefined;
      length = length * 256 + octet;
    }
  }
  const end = contentAt + length;
  return { tag, from: at, contentAt, length, end, whole: end <= limit };
}

/** Whether the content of `element` is exactly these octets, given in lower-case hexadecimal. */
export function contentIs(bytes: Uint8Array, element: DerElement, hex: string): boolean {
  if (element.length * 2 !== hex.length || !element.whole) return false;
  for (let i = 0; i < element.length; i++) {
    if (bytes[element.contentAt + i] !== Number.parseInt(hex.slice(i * 2, i * 2 + 2), 16)) return false;
  }
  return true;
}
