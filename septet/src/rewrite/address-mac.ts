/**
 * HMAC-SHA256 (RFC 2104 §2) over one address after the other with one key, in half the time of `createHmac`, which makes an
 * object of the system's for each: two hashes over blocks that are prepared once. Tests hold it against `createHmac`.
 */
import { Buffer } from 'node:buffer';
import { hash, type KeyObject } from 'node:crypto';

const blockOctets = 64; // SHA-256
const digestOctets = 32;

/** `maxOctets`: of an address. The key has at most 64 octets. Answers base64url of the whole HMAC of ASCII text. */
export function addressMac(key: KeyObject, maxOctets: number): (address: string) => string {
  const secret = key.export();
  if (secret.length > blockOctets) throw new RangeError(`The key has more than ${blockOctets} octets.`);
  const inner = Buffer.alloc(blockOctets + maxOctets, 0x36);
  const outer = Buffer.alloc(blockOctets + digestOctets, 0x5c);
  for (const [at, octet] of secret.entries()) {
    inner[at] = octet ^ 0x36;
    outer[at] = octet ^ 0x5c;
  }
  return (address) => {
    if (address.length > maxOctets) throw new RangeError(`An address has more than ${maxOctets} octets.`);
    const octets = inner.write(address, blockOctets, 'latin1');
    // Text in and out of the hash costs less than another Buffer.
    outer.write(hash('sha256', inner.subarray(0, blockOctets + octets), 'latin1'), blockOctets, 'latin1');
    return hash('sha256', outer, 'base64url');
  };
}
