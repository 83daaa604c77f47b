/**
 * The names that a TLS client offers by ALPN, read from its first octets (RFC 8446 §4.1.2, RFC 7301 §3.1). An ACME server
 * that validates by RFC 8737 offers `acme-tls/1`, and has to be shown another certificate than everybody else.
 */

export type HelloReading =
  /** More octets are needed. */
  | 'more'
  /** No ClientHello that this reads; TLS itself decides what it is. */
  | 'other'
  | { readonly alpn: readonly string[] };

/** A ClientHello with a post-quantum key share has about 1,800 octets; one that needs more is not waited for. House. */
export const maxHelloOctets = 16_384 + 5;

const handshake = 22;
const clientHello = 1;
const alpnExtension = 16;

export function readHello(octets: Uint8Array): HelloReading {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  if (octets.length > 0 && octets[0] !== handshake) return 'other';
  if (octets.length < 5) return 'more';
  const end = 5 + view.getUint16(3);
  if (end < 5 + 4) return 'other';
  if (octets.length < end) return octets.length > maxHelloOctets ? 'other' : 'more';
  if (octets[5] !== clientHello) return 'other';
  // Version and random, then session id, cipher suites and compression methods with their lengths.
  let at = 5 + 4 + 2 + 32;
  const skip = (size: 1 | 2): boolean => {
    if (at + size > end) return false;
    at += size + (size === 1 ? view.getUint8(at) : view.getUint16(at));
    return at <= end;
  };
  if (!skip(1) || !skip(2) || !skip(1)) return 'other';
  if (at + 2 > end) return { alpn: [] };
  const stop = Math.min(end, at + 2 + view.getUint16(at));
  at += 2;
  while (at + 4 <= stop) {
    const [type, length] = [view.getUint16(at), view.getUint16(at + 2)];
    at += 4;
    if (at + length > stop) return 'other';
    if (type === alpnExtension) return { alpn: namesOf(octets.subarray(at, at + length)) };
    at += length;
  }
  return { alpn: [] };
}

function namesOf(list: Uint8Array): readonly string[] {
  const names: string[] = [];
  for (let at = 2; at < list.length;) {
    const length = list[at] ?? 0;
    names.push(Buffer.from(list.subarray(at + 1, at + 1 + length)).toString('latin1'));
    at += 1 + length;
  }
  return names;
}
