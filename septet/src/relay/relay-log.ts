/** What a relay tells its operator: counts and codes. No addresses, no subjects, no words of a message. */
import type { RewriteNoteCode } from '../rewrite/rewrite.ts';

export type RelayEvent =
  /** A message came to its end. */
  | {
      readonly event: 'message';
      readonly way: 'smtp' | 'milter';
      /** `accepted`: the next server has it (SMTP), or Postfix may go on (milter). */
      readonly outcome: 'accepted' | 'refused' | 'later';
      /** Of the answer to the client. */
      readonly code: number;
      readonly octets: number;
      readonly recipients: number;
      readonly ms: number;
      readonly rewriting: RewritingTold;
    }
  /** A connection ended otherwise than by QUIT, or was not let in. */
  | { readonly event: 'client'; readonly why: ClientTrouble }
  | { readonly event: 'next'; readonly why: string }
  /** A client came again with a message that was on its way before: what became of that. */
  | { readonly event: 'again'; readonly standing: 'taken' | 'on its way' | 'unsure' }
  /** A fault of ours: its stack, which holds nothing of a message. */
  | { readonly event: 'fault'; readonly why: string };

export type ClientTrouble =
  | 'closed'
  | 'timeout'
  | 'tls failed'
  | 'too many connections'
  | 'not allowed'
  | 'login refused'
  | 'too many errors'
  | 'too large'
  | 'not smtp';

export interface RewritingTold {
  readonly kind: 'rewritten' | 'untouched' | 'failed';
  readonly links: number;
  readonly signed: boolean;
  readonly notes: readonly RewriteNoteCode[];
}

export type RelayLog = (event: RelayEvent) => void;
