/** Words that all views of a proof share. */
import type { Author } from '../../mail/author.ts';
import type { MessageFacts, Proof } from '../../proof/proof.ts';

export function authorText(author: Author): string {
  switch (author.kind) {
    case 'one':
    case 'several': {
      const shown = author.mailboxes.slice(0, 4).map(({ displayName, local, domainText }) => {
        const address = `${local}@${domainText}`;
        return displayName === undefined || displayName === '' ? address : `${displayName} <${address}>`;
      });
      const more = author.mailboxes.length - shown.length;
      return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
    }
    case 'none':
      return {
        'no-field': 'no From field',
        empty: 'an empty From field',
        'no-address': 'a From field without an address',
        'no-domain': 'a From address without a domain name',
      }[author.why];
  }
}

/** `192.0.2.10 (mail.example.com), as the Received field on line 12 says`. */
export function addressText({ envelope }: Proof): string {
  const { ip, helo } = envelope;
  if (!ip) return 'unknown address';
  return `${ip.value}${helo ? ` (${helo.value})` : ''}`;
}

export function sentText(message: MessageFacts): string {
  return message.date === undefined ? 'no readable date' : `${message.date.slice(0, 16).replace('T', ' ')} UTC`;
}

/** `843 octets`, `12.4 KB`, `3.1 MB`; a KB has 1024 octets. */
export function octetsText(octets: number): string {
  if (octets < 1024) return octets === 1 ? '1 octet' : `${octets} octets`;
  if (octets < 1024 * 1024) return `${(octets / 1024).toFixed(1)} KB`;
  return `${(octets / 1024 / 1024).toFixed(1)} MB`;
}

/** A heading for a verdict. */
export const verdictTitles: Readonly<Record<Proof['verdict']['kind'], string>> = {
  ideal: 'Everything passes',
  bar: 'Passes by DKIM',
  weak: 'Passes by SPF alone',
  fail: 'Fails',
  unknown: 'Could not be told',
};

/** The second message of a mailbox on standard input is `-#2`. */
export const sourceText = ({ source }: Pick<Proof, 'source'>): string => source.replace(/^-(?=#|$)/, 'standard input');

/** `2026-11-23 09:00 UTC` */
export const minuteText = (iso: string): string => `${iso.slice(0, 16).replace('T', ' ')} UTC`;

/** The facts that every view begins with, in their order; a row without a label goes on with the one above. */
export function factsOf(proof: Proof): readonly (readonly [label: string, text: string])[] {
  const { message, envelope } = proof;
  const parts = message.parts === 1 ? '1 part' : `${message.parts} parts`;
  const path = envelope.mailFrom ? `return path ${envelope.mailFrom.value || '<> (none)'}` : 'return path unknown';
  const sender = proof.sender ? `sent by ${proof.sender.title}; ${proof.sender.because}` : 'no sender of the plan fits';
  return [
    ['From', authorText(message.author)],
    ...(message.subject === undefined ? [] : [['Subject', message.subject] as const]),
    ['Message', `${sentText(message)}, ${octetsText(message.octets)}, ${parts}`],
    ['Came from', `${addressText(proof)}, ${path}`],
    ['', envelope.why],
    ...(proof.planDomain === undefined ? [] : [['Plan', `${proof.planDomain}: ${sender}`] as const]),
  ];
}
