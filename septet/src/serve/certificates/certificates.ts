/** Certificates of the hosted names: got by ACME (RFC 8555), kept, renewed, and given to the HTTPS listener by SNI. */
import type { DnsName } from '../../dns/name.ts';
import type { SecureContext } from '../public-listener.ts';

export interface Certificates {
  /** By SNI, from memory. `undefined`: no certificate for that name; the handshake is refused. */
  contextFor(name: string): SecureContext | undefined;
  /** The same for a handshake that offers `acme-tls/1` (RFC 8737). */
  challengeContextFor(name: string): SecureContext | undefined;
  /** The key authorisation for `/.well-known/acme-challenge/<token>` (RFC 8555 §8.3). */
  challengeAnswer(token: string): Promise<string | undefined>;
  facts(): readonly CertificateFacts[];
  /** The names of the configuration, again after a reload: new ones are asked for, others are kept until they end. */
  wanted(names: readonly DnsName[]): void;
  /** Gets and renews until the signal ends it. Never rejects: an authority that fails is told and tried again. */
  run(signal: AbortSignal): Promise<void>;
}

export interface CertificateFacts {
  readonly name: DnsName;
  readonly state: 'good' | 'renewing' | 'waiting' | 'failed';
  /** Milliseconds since 1970; absent where there is no certificate yet. */
  readonly notBefore?: number;
  readonly notAfter?: number;
  readonly issuer?: string;
  /** `acme https://…`, `file /etc/…`, `sandbox`. */
  readonly from: string;
  readonly nextTryAt?: number;
  /** A sentence: why it failed last. */
  readonly fault?: string;
}
