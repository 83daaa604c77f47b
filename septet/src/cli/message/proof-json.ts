/** The JSON document of `message verify --json`; `docs/json.md` and `docs/proof.schema.json` describe it. */
import { proofVersion, type Proof } from '../../proof/proof.ts';

/** A file in which no message could be read, and why, in a sentence. */
export interface ProofError {
  readonly source: string;
  readonly error: string;
}

export interface ProofDocument {
  readonly version: typeof proofVersion;
  /** In the order in which the messages were read. */
  readonly proofs: readonly Proof[];
  readonly errors: readonly ProofError[];
}

/** Nothing is shortened here: addresses to unsubscribe keep their tokens, as a program may need them. */
export function proofDocument(proofs: readonly Proof[], errors: readonly ProofError[]): ProofDocument {
  return { version: proofVersion, proofs, errors };
}
