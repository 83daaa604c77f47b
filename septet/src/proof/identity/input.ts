/** What the identity rules look at, and how they show a field as evidence. */
import type { DnsName } from '../../dns/name.ts';
import type { Evidence } from '../../finding/finding.ts';
import type { Author } from '../../mail/author.ts';
import { fieldsOf, valueOf, type Field, type Header } from '../../mail/header.ts';
import type { DkimOutcome } from '../dkim/outcome.ts';
import type { DmarcOutcome } from '../dmarc/outcome.ts';
import type { Envelope } from '../envelope/envelope.ts';
import type { Forwarding } from '../envelope/forwarded.ts';
import type { SpfOutcome } from '../proof.ts';
import type { BimiSeen } from './lookup.ts';

export interface IdentityInput {
  /** The file, `-`, or `mail.mbox#3`: where evidence stands. */
  readonly source: string;
  readonly header: Header;
  readonly author: Author;
  readonly envelope: Envelope;
  readonly spf: readonly SpfOutcome[];
  readonly dkim: readonly DkimOutcome[];
  readonly dmarc: DmarcOutcome;
  readonly forwarding?: Forwarding | undefined;
  /** What `lookupIdentity` saw. */
  readonly bimi?: BimiSeen | undefined;
}

const maxText = 300; // characters of a field that are shown; house

export function evidenceOf(source: string, field: Field): Evidence {
  const value = valueOf(field);
  const text = `${field.name}: ${value.length > maxText ? `${value.slice(0, maxText)}…` : value}`;
  return { kind: 'file', place: source, line: field.line, text };
}

export function fieldEvidence({ source, header }: IdentityInput, key: string): readonly Evidence[] {
  return fieldsOf(header, key)
    .slice(0, 5)
    .map((field) => evidenceOf(source, field));
}

/** The field that gave a part of the envelope, and the hop. */
export function envelopeEvidence({ source, header, envelope }: IdentityInput): readonly Evidence[] {
  const lines = new Set([envelope.hop?.line, envelope.mailFrom?.line]);
  return header.fields.filter(({ line }) => lines.has(line)).map((field) => evidenceOf(source, field));
}

export const nowhere = '' as DnsName;
