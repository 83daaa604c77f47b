/**
 * The proof: everything that one message shows. Text, HTML, Markdown and JSON are views of this value; `docs/json.md`
 * documents it.
 */
import type { DnsName } from '../dns/name.ts';
import type { Finding } from '../finding/finding.ts';
import type { AuthenticationResults, MethodResult } from '../mail/authres.ts';
import type { Author } from '../mail/author.ts';
import type { SpfResult } from '../records/spf/trace.ts';
import type { ArcOutcome } from './arc/outcome.ts';
import type { DkimOutcome } from './dkim/outcome.ts';
import type { DmarcOutcome } from './dmarc/outcome.ts';
import type { Envelope } from './envelope/envelope.ts';

export const proofVersion = 1;

export interface MessageFacts {
  readonly author: Author;
  /** Decoded, for a person. */
  readonly subject?: string;
  readonly messageId?: string;
  /** ISO 8601, UTC; absent where the field cannot be read. */
  readonly date?: string;
  /** Of the whole message, as it was read. */
  readonly octets: number;
  readonly lineEnd: 'crlf' | 'lf';
  readonly parts: number;
  /** Marketing or list mail, as List-Unsubscribe, List-Id or Precedence show. */
  readonly bulk: boolean;
}

/** One identity of SPF; `undefined` results are told by `why`. */
export interface SpfOutcome {
  readonly scope: 'mfrom' | 'helo';
  readonly domain: string;
  readonly result: SpfResult['result'] | 'unknown';
  /** One sentence. */
  readonly reason: string;
  readonly detail?: SpfResult;
}

/** One Authentication-Results field of the message, read, and how far its word counts. */
export interface ReceiverField {
  readonly line: number;
  readonly name: string;
  readonly value: AuthenticationResults;
  /** `gmail`, `microsoft`, `yahoo`, `icloud`, `fastmail`, `proton`…; absent: none that is known. */
  readonly dialect?: string;
  /**
   * `trusted`: the receiver's own. `claim`: an authserv-id that nobody vouched for. `copy`: an `-Original` field or one of
   * an ARC set. `forged`: stands where the claimed receiver cannot have put it.
   */
  readonly standing: 'trusted' | 'claim' | 'copy' | 'forged';
  readonly why: string;
}

export interface ReceiverWord {
  readonly fields: readonly ReceiverField[];
  /** The results that count, the topmost first, each with the line of its field. */
  readonly results: readonly (MethodResult & { readonly line: number })[];
  /** Who speaks: the authserv-id, or `(microsoft)`. */
  readonly speaker?: string;
}

/** Where the receiver and we say different things, and why that may be. */
export interface Difference {
  readonly method: 'spf' | 'dkim' | 'dmarc' | 'arc';
  /** `d=` and `s=` for DKIM. */
  readonly about: string;
  readonly ours: string;
  readonly theirs: string;
  /** One or two sentences. */
  readonly why: string;
  readonly line: number;
}

export interface ProofVerdict {
  /**
   * `ideal`: SPF, DKIM and DMARC pass and both are aligned. `bar`: DMARC passes by an aligned DKIM signature. `weak`: DMARC
   * passes by SPF alone. `fail`, and `unknown` where something could not be looked up.
   */
  readonly kind: 'ideal' | 'bar' | 'weak' | 'fail' | 'unknown';
  /** One sentence for a person. */
  readonly text: string;
  /** The message came by a forwarder or list, as its trace or an ARC set shows. */
  readonly forwarded: boolean;
}

export interface Proof {
  readonly version: typeof proofVersion;
  /** The file, `-` for standard input; `mail.mbox#3` for the third message of a mailbox file. */
  readonly source: string;
  /** ISO 8601, UTC. */
  readonly evaluatedAt: string;
  readonly message: MessageFacts;
  readonly envelope: Envelope;
  readonly spf: readonly SpfOutcome[];
  readonly dkim: readonly DkimOutcome[];
  readonly arc: ArcOutcome;
  readonly dmarc: DmarcOutcome;
  readonly receiver: ReceiverWord;
  readonly differences: readonly Difference[];
  /** The sender of the plan that this message comes from, as far as it can be told; only with `--domain`. */
  readonly sender?: { readonly id: string; readonly title: string; readonly because: string };
  readonly planDomain?: DnsName;
  readonly verdict: ProofVerdict;
  /** Worst first. */
  readonly findings: readonly Finding[];
}
