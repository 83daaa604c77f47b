/** Reads along with a message that carries reports, and says what its DKIM signatures prove (RFC 6376). */
import { registrableDomain } from '../../dns/public-suffix.ts';
import type { DnsName } from '../../dns/name.ts';
import { authorOf } from '../../mail/author-of.ts';
import { fieldsOf, type Header } from '../../mail/header.ts';
import { bodyHasher } from '../../proof/dkim/body.ts';
import type { FindKey } from '../../proof/dkim/key.ts';
import type { DkimOutcome } from '../../proof/dkim/outcome.ts';
import { prepare, verifySignatures } from '../../proof/dkim/verify.ts';
import { envelopeOf } from '../../proof/envelope/envelope-of.ts';
import type { CarrierProof } from './reporter-trust.ts';

export interface CarrierCheck {
  /** A piece of the body; it is not kept. */
  write(piece: Uint8Array): void;
  /** After the last piece; may be asked again when a key could not be looked up. */
  proof(): Promise<CarrierProof>;
}

/** `now` in milliseconds since 1970. A signature is judged by when the message came, where its trace tells. */
export function carrierCheck(header: Header, findKey: FindKey, now: number): CarrierCheck {
  const envelope = envelopeOf(header, {}, { trustedHosts: [] });
  const prepared = prepare(header, Math.min(envelope.hop?.at ?? now, now));
  const hasher = bodyHasher(prepared.wants, header.lineEnd);
  const author = authorOf(header);
  // RFC 8460 §3 has keys for TLS reports alone; §5.3 the field by which such mail is known.
  const services = fieldsOf(header, 'tls-report-domain').length > 0 ? ['email', 'tlsrpt'] : ['email'];
  let hashes: ReturnType<typeof hasher.end> | undefined;
  return {
    write: (piece) => hasher.write(piece),
    async proof() {
      hashes ??= hasher.end();
      const outcomes = await verifySignatures(prepared, hashes, findKey, services);
      // A body that goes on behind what is signed may hold a report that nobody signed.
      const whole = outcomes.filter(({ result, fault }) => result === 'pass' && fault !== 'body_length');
      const signers = whole.flatMap(({ domain }) => domain ?? []);
      if (author.kind !== 'one') return { signers, unavailable: false };
      const own = organisation(author.domain);
      const isOwn = (outcome: DkimOutcome): boolean =>
        outcome.domain !== undefined && organisation(outcome.domain) === own;
      return {
        author: author.domain,
        signers,
        unavailable: !whole.some(isOwn) && outcomes.some((outcome) => outcome.result === 'temperror' && isOwn(outcome)),
      };
    },
  };
}

const organisation = (name: DnsName): DnsName => registrableDomain(name) ?? name;
