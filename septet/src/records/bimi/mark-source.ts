/** What the checks of a mark certificate are told, and how they show a certificate. */
import type { DnsName } from '../../dns/name.ts';
import type { Evidence, Subject } from '../../finding/finding.ts';
import type { MarkRoot } from './roots.ts';
import type { MarkCertificate } from './x509.ts';

/** A revocation list as it was fetched, or why not. */
export type RevocationList =
  | { readonly kind: 'fetched'; readonly url: string; readonly bytes: Uint8Array }
  | { readonly kind: 'failed'; readonly url: string; readonly reason: string }
  /** Offline. */
  | { readonly kind: 'not-fetched'; readonly url: string };

export interface MarkSource {
  /** File name or URL, for the evidence. */
  readonly place: string;
  readonly subject: Subject;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Whose mail the certificate is for; absent for a file without a domain. */
  readonly owner?: { readonly domain: DnsName; readonly orgDomain: DnsName; readonly selector: string };
  /** The revocation lists that were fetched; absent when nobody tried. */
  readonly crls?: readonly RevocationList[];
  /** Default: the roots known for mark certificates. */
  readonly roots?: readonly MarkRoot[];
}

/** One line about a certificate: who, by whom, from when to when. */
export function certificateEvidence(certificate: MarkCertificate, source: Pick<MarkSource, 'place'>): Evidence {
  const { subject, issuer, notBefore, notAfter } = certificate;
  const text = `${subject}; issued by ${issuer}; valid ${date(notBefore)} to ${date(notAfter)}`;
  return { kind: 'file', place: source.place, text };
}

/** `2026-11-23`, in UTC. */
export function date(milliseconds: number): string {
  return Number.isFinite(milliseconds) ? new Date(milliseconds).toISOString().slice(0, 10) : 'an unreadable date';
}

/** How a message calls a certificate: its common name or organisation. */
export function nameOf(certificate: MarkCertificate): string {
  const { attributes, subject } = certificate;
  return attributes.get('2.5.4.3')?.[0] ?? attributes.get('2.5.4.10')?.[0] ?? subject;
}
