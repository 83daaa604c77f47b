/** What is known of a message when its signatures are judged. */
import type { DnsName } from '../../dns/name.ts';
import type { Header } from '../../mail/header.ts';
import type { BodyFacts } from '../../mail/mime.ts';
import type { DkimOutcome } from './outcome.ts';

export interface SignaturesInput {
  /** As findings name the message: a file, `-`. */
  readonly source: string;
  readonly header: Header;
  /** Absent where there is no one author domain: then nothing is said of alignment. */
  readonly author?: DnsName;
  readonly outcomes: readonly DkimOutcome[];
  /** How `d=` matches the author domain. Not asked without `author`. */
  alignedWith(domain: DnsName): 'strict' | 'relaxed' | 'none' | 'unknown';
  /** Marketing or list mail. */
  readonly bulk: boolean;
  /** It came by a forwarder or list, as its trace or an ARC set shows: what is altered was altered there. */
  readonly forwarded?: boolean;
  /** The DMARC policy of the author domain is quarantine or reject. */
  readonly enforcing: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly body: BodyFacts;
  /** The title of the sending service that a `d=` belongs to, where it is known to be one. */
  esp?(domain: DnsName): string | undefined;
  /** By the line of the signature: whether the published key made it (`Explanation.keyFits`). */
  readonly keyFits?: ReadonlyMap<number, boolean>;
}

/** A signature with its standing. */
export interface Judged {
  readonly outcome: DkimOutcome;
  /** Of the author's organisation; also where there is no author to compare with. */
  readonly own: boolean;
  readonly passes: boolean;
}
