/** What became of the chain of ARC sets (RFC 8617 §5.2). */
import type { DnsName } from '../../dns/name.ts';
import type { AuthenticationResults } from '../../mail/authres.ts';
import type { DkimFault, DkimKeySeen, DkimOutcome } from '../dkim/outcome.ts';

export interface ArcSet {
  readonly instance: number;
  /** `d=` of the seal. */
  readonly domain?: DnsName;
  readonly selector?: string;
  /** What the sealer said of the chain before it (`cv=`). */
  readonly claimed?: 'none' | 'pass' | 'fail';
  /** What the sealer had found (ARC-Authentication-Results). */
  readonly results?: AuthenticationResults;
  /** The ARC-Message-Signature, evaluated: only the newest must pass. */
  readonly message?: DkimOutcome;
  /** The ARC-Seal, evaluated; the sentence says why it failed. */
  readonly seal?: {
    readonly result: 'pass' | 'fail' | 'temperror';
    readonly reason: string;
    readonly fault?: DkimFault;
    readonly key?: DkimKeySeen;
  };
}

export interface ArcOutcome {
  /** `temperror`: a key could not be looked up. */
  readonly result: 'none' | 'pass' | 'fail' | 'temperror';
  readonly reason: string;
  /** From instance 1 up. */
  readonly sets: readonly ArcSet[];
  /** The lowest instance whose message signature still passes, 0 for all (RFC 8617 §5.2). */
  readonly oldestPass?: number;
}
