/** What is known about a domain besides its DNS. */
import type { DnsName } from '../../dns/name.ts';

/** What is known about an include of the record from the profiles of sending services. */
export interface SenderNote {
  /**
   * `retired`: an old name, whose successor is `now` when there is one. `not-needed`: the service uses a MAIL FROM of
   * its own. `mail-from`: the include belongs to the name that is used as MAIL FROM.
   */
  readonly kind: 'retired' | 'not-needed' | 'mail-from';
  readonly include: string;
  readonly now?: string;
  /** The service as a person knows it. */
  readonly sender: string;
  readonly note?: string;
}

export interface SpfContext {
  /** Whether mail is sent with this domain; absent when nobody knows, and then it is taken for granted. */
  readonly sendsMail?: boolean;
  /** The domains in MAIL FROM of mail from this domain, where they are known. */
  readonly mailFrom?: readonly DnsName[];
  readonly senders?: readonly SenderNote[];
  /** Terms that the known senders need (`include:_spf.google.com`), for a record that does not exist yet. */
  readonly wantedTerms?: readonly string[];
}
