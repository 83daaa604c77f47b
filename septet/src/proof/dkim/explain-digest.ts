/**
 * What a signature says about the hash it was made over, so that guesses at the signed header can be checked.
 *
 * RSA gives the hash back (RFC 8017 §8.2.2: the public operation yields the padded DigestInfo), so a guess costs one
 * SHA-256. Ed25519 does not (RFC 8032), so a guess costs a verification.
 */
import { Buffer } from 'node:buffer';
import { constants, type KeyObject, publicDecrypt, verify } from 'node:crypto';

export interface DigestCheck {
  /** Whether this SHA-256 is the one that was signed. */
  fits(digest: Buffer): boolean;
  /** How many guesses are affordable. */
  readonly tries: number;
}

export type SignedDigest =
  | { readonly kind: 'known'; readonly check: DigestCheck }
  /** The signature was not made with the private half of this key, or `b=` was damaged. */
  | { readonly kind: 'other-key' }
  /** Not SHA-256, or a key of another kind. */
  | { readonly kind: 'unreadable' };

export const maxRsaTries = 4000; // house: about 30 ms
export const maxEd25519Tries = 500; // house: about 60 ms

/** SHA-256 in a DigestInfo, with the NULL parameter and without (RFC 8017 §9.2 note 1). */
const sha256Prefixes = ['3031300d060960864801650304020105000420', '302f300b06096086480165030402010420'].map((hex) =>
  Buffer.from(hex, 'hex'),
);
const sha256Octets = 32;

/** `signature` is the decoded `b=`. Never throws. */
export function signedDigest(key: KeyObject, signature: Uint8Array): SignedDigest {
  if (key.asymmetricKeyType === 'ed25519') {
    const fits = (digest: Buffer): boolean => verify(null, digest, key, signature);
    return { kind: 'known', check: { fits, tries: maxEd25519Tries } };
  }
  if (key.asymmetricKeyType !== 'rsa') return { kind: 'unreadable' };
  let info: Buffer;
  try {
    info = publicDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, signature);
  } catch {
    return { kind: 'other-key' };
  }
  const prefix = sha256Prefixes.find((prefix) => info.subarray(0, prefix.length).equals(prefix));
  if (!prefix || info.length !== prefix.length + sha256Octets) return { kind: 'unreadable' };
  const signed = info.subarray(prefix.length);
  return { kind: 'known', check: { fits: (digest) => digest.equals(signed), tries: maxRsaTries } };
}
