/** What to do about a signature that a receiver does not accept, by the words with which it says so. */
import type { MethodResult } from '../../mail/authres.ts';

const cures: readonly (readonly [RegExp, (about: string) => string])[] = [
  [
    /no key|key (?:was )?not found|key missing|nxdomain|no such record|key retrieval/i,
    (about) => `Publish the public key of ${about}, or let the signer use the selector that is published.`,
  ],
  [/revoked/i, (about) => `The key of ${about} is withdrawn (empty p=): let the signer use the one that holds.`],
  [
    /body ?hash|altered|modified/i,
    () =>
      'Something changed the body after it was signed: a footer, a filter, a gateway. Sign last, or take that out of the way.',
  ],
  [/expired/i, () => 'The signature had ended (x=): give it more time, or look for what held the message back.'],
  [
    /(?:invalid|bad|syntax|unusable|too short|short|weak)[^;]*key|key[^;]*(?:invalid|syntax|unusable|too short|weak)|insecure/i,
    (about) => `The key record of ${about} cannot be used: publish it anew, with 2048 bits.`,
  ],
  [/sha-?1/i, () => 'Sign with rsa-sha256; RFC 8301 forbids SHA-1.'],
  [
    /(?:bad|invalid|wrong)[^;]*signature|did not verify|verification failed|signature[^;]*(?:bad|invalid|fail)/i,
    (about) =>
      `A signed header was changed on the way, or the private key does not belong to the public key of ${about}: compare the two.`,
  ],
];

export function dkimCure(result: MethodResult, remarks: string, about: string): string {
  const cure = cures.find(([pattern]) => pattern.test(remarks));
  if (cure) return cure[1](about);
  if (result.result === 'permerror')
    return `The signature or the key record of ${about} is faulty: see the findings on DKIM.`;
  if (result.result === 'policy')
    return 'The signature verifies, but the receiver does not accept it by a rule of its own, such as on key length.';
  return 'The receiver does not say why. See what this report finds for the same signature.';
}
