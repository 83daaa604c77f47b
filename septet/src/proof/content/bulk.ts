/**
 * Whether a message is marketing or list mail, as its header says. Mailbox providers judge by volume and content too,
 * which one message does not show.
 */
import { fieldsOf, valueOf, type Field, type Header } from '../../mail/header.ts';

/** A field that shows it, for a person: `List-Id`, `Precedence: bulk`. */
export interface BulkSign {
  readonly line: number;
  readonly text: string;
}

/** The signs, from the top; none: nothing shows bulk mail. */
export function bulkSigns(header: Header): readonly BulkSign[] {
  const automatic = isAutomatic(header);
  const out: BulkSign[] = [];
  for (const field of header.fields) {
    const text = signOf(field, automatic);
    if (text !== undefined) out.push({ line: field.line, text });
  }
  return out;
}

/**
 * Marketing or list mail. A Feedback-ID alone does not show it: Amazon SES, Fastmail and others put one on all mail that
 * they send.
 */
export const isBulk = (header: Header): boolean => bulkSigns(header).length > 0;

function signOf(field: Field, automatic: boolean): string | undefined {
  if (softwareFields.has(field.key)) return field.name;
  switch (field.key) {
    case 'list-unsubscribe':
    case 'list-id':
      return valueOf(field) === '' ? undefined : field.name;
    case 'precedence': {
      // Also the word of automatic answers, which are nobody's list (RFC 3834 §2).
      const value = valueOf(field).toLowerCase();
      return /^(bulk|list)$/.test(value) && !automatic ? `Precedence: ${value}` : undefined;
    }
    case 'x-mailer':
    case 'user-agent': {
      const software = newsletterSoftware.exec(valueOf(field).slice(0, 200))?.[0];
      return software === undefined ? undefined : `${field.name}: ${software}`;
    }
    default:
      return undefined;
  }
}

/** What RFC 3834 §5 marks, except `no`. */
const isAutomatic = (header: Header): boolean =>
  fieldsOf(header, 'auto-submitted').some((field) => !/^no\b/i.test(valueOf(field)));

const newsletterSoftware =
  /phplist|mailchimp|listmonk|mautic|acelle|mailtrain|mailpoet|sendy|cleverreach|mailerlite|newsletter|sympa|mailman|majordomo/i;

/** Fields that programs for mailings put on their campaigns. */
const softwareFields: ReadonlySet<string> = new Set([
  'x-listmonk-campaign',
  'x-acelle-campaign-id',
  'x-campaign',
  'x-campaign-id',
  'x-campaignid',
  'x-mc-user',
  'x-mailing-list',
  'x-listmember',
]);
