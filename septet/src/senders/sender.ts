/** One kind of sender as code: its fields, what follows from them, and how it is told from what is live. */
import type { Account } from './account.ts';
import type { Clue } from './detect.ts';
import type { SenderKind } from './kind.ts';
import type { SenderNeeds } from './needs.ts';
import type { SenderProfile } from './profile.ts';
import type { SeenForInit } from './seen.ts';

export interface Sender extends SenderKind {
  /** The dated facts, where there are any. */
  readonly facts?: SenderProfile;
  /** What the DNS has to hold. Pure; faults and notes go into the account. */
  readonly needs: (account: Account) => NeedParts;
  /**
   * The values of the senders of this kind whose traces are there; empty where the traces do not tell enough. Asked only
   * when `clues` has a member.
   */
  readonly recognise?: (seen: SeenForInit, clues: readonly Clue[]) => readonly Values[];
}

export type Values = Readonly<Record<string, unknown>>;

/** The parts of `SenderNeeds` that a kind decides; what is left out is empty. */
export type NeedParts = Partial<Pick<SenderNeeds, 'spf' | 'dkim' | 'records' | 'mx' | 'hosts'>>;
