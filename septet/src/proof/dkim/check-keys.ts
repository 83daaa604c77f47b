/** Whether a signature holds under one of the keys that were found (RFC 6376 §6.1.2 steps 3 to 8, §6.1.3 step 4). */
import type { Buffer } from 'node:buffer';
import { hash, verify, type KeyObject } from 'node:crypto';
import type { DnsName } from '../../dns/name.ts';
import { seenWith, type KeyCandidate, type KeyFound } from './key.ts';
import type { DkimFault, DkimKeySeen } from './outcome.ts';

export interface SignatureToCheck {
  readonly keyType: 'rsa' | 'ed25519';
  /** `d=`. */
  readonly domain: DnsName;
  /** The domain of `i=`, for `t=s`; absent for ARC. */
  readonly identityDomain?: DnsName;
  readonly signature: Uint8Array;
  /** What the key may be for (`s=`, RFC 6376 §3.6.1): `email`; for mail with TLS reports also `tlsrpt` (RFC 8460 §3). */
  readonly services?: readonly string[];
}

const forMail = ['email'];

export type KeyVerdict =
  | { readonly kind: 'holds'; readonly seen: DkimKeySeen }
  /** `fault` is `signature` where a key was fit and the signature is not its own. */
  | { readonly kind: 'fails'; readonly seen: DkimKeySeen; readonly fault: DkimFault; readonly reason: string };

/**
 * Tries the key records in their order until one fits, as §6.1.2 step 4 allows where there are several. `signedText` makes
 * what was signed; without a fit key it is not called.
 */
export function checkKeys(found: KeyFound, wanted: SignatureToCheck, signedText: () => Buffer): KeyVerdict {
  if (found.problem) return { kind: 'fails', seen: found.seen, fault: found.problem.fault, reason: found.problem.text };
  let failure: { readonly candidate: KeyCandidate; readonly fault: DkimFault; readonly reason: string } | undefined;
  let text: Buffer | undefined;
  for (const candidate of found.candidates) {
    const unfit = unfitness(candidate, wanted);
    if (!unfit && candidate.key) {
      text ??= signedText();
      if (signatureHolds(wanted.keyType, candidate.key, text, wanted.signature))
        return { kind: 'holds', seen: seenWith(found, candidate) };
    }
    const fault = unfit?.fault ?? 'signature';
    const reason = unfit?.text ?? `The signature does not fit the key at ${found.seen.name}.`;
    // A key that is fit and fails tells more than one that is not fit.
    if (!failure || (fault === 'signature' && failure.fault !== 'signature')) failure = { candidate, fault, reason };
  }
  if (!failure) throw new TypeError('a finder of keys answered neither a key record nor a problem');
  const { candidate, fault, reason } = failure;
  return { kind: 'fails', seen: seenWith(found, candidate), fault, reason };
}

function unfitness(
  { record, problem, key }: KeyCandidate,
  { keyType, domain, identityDomain, services = forMail }: SignatureToCheck,
): { readonly fault: DkimFault; readonly text: string } | undefined {
  if (problem) return problem;
  if (!key) return { fault: 'key_unusable', text: 'The key cannot be used.' };
  if (record.hashes && !record.hashes.some((name) => name.toLowerCase() === 'sha256'))
    return {
      fault: 'key_hash',
      text: `The key allows the hash ${record.hashes.join(', ')} only; the signature uses sha256.`,
    };
  if (record.keyType !== keyType)
    return { fault: 'key_type', text: `The signature is made with ${keyType}, and the key is k=${record.keyType}.` };
  if (record.services && !record.services.some((name) => name === '*' || services.includes(name.toLowerCase())))
    return { fault: 'key_service', text: `The key is for ${record.services.join(', ')}, not for mail (its s=).` };
  if (identityDomain !== undefined && identityDomain !== domain && record.flags.includes('s')) {
    const text = `The key says t=s: i= must be at ${domain} itself, and is at ${identityDomain} (RFC 6376 §3.6.1).`;
    return { fault: 'i_strict', text };
  }
  return undefined;
}

/** SHA-256 throughout: RFC 6376 §3.3.2 for RSA; RFC 8463 §3 for Ed25519, which signs the digest. */
export function signatureHolds(
  keyType: 'rsa' | 'ed25519',
  key: KeyObject,
  text: Uint8Array,
  signature: Uint8Array,
): boolean {
  return keyType === 'rsa'
    ? verify('sha256', text, key, signature)
    : verify(null, hash('sha256', text, 'buffer'), key, signature);
}
