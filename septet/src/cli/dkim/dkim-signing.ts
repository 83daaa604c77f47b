/** What a signer is told, and what it wants written: the shapes of `septet dkim export`. */
import type { DnsName } from '../../dns/name.ts';

export interface SigningKey {
  readonly selector: string;
  readonly type: 'rsa' | 'ed25519';
  /** Where Septet keeps the private half: an absolute path. */
  readonly pemFile: string;
}

export interface SigningInput {
  readonly domain: DnsName;
  /** At least one for signers that take keys, else none. */
  readonly keys: readonly SigningKey[];
  /** Where the signer reads keys, where it is not the usual folder. */
  readonly keyFolder?: string;
  /** Where the signer reads its configuration, likewise. */
  readonly etc?: string;
}

export interface SignerFile {
  readonly path: string;
  /** What to do with it, in a sentence. */
  readonly about: string;
  /** Ends in a line feed. */
  readonly text: string;
}

export interface SigningConfig {
  readonly files: readonly SignerFile[];
  /** Shell commands for the host that signs, in order. They name private keys and hold none. */
  readonly commands: readonly string[];
  /** Sentences. */
  readonly notes: readonly string[];
}

export interface Signer {
  /** The word after `--for`. */
  readonly id: string;
  readonly title: string;
  /** Types of keys that it takes from a file; none: it signs nothing itself, or keeps keys of its own. */
  readonly types: readonly ('rsa' | 'ed25519')[];
  write(input: SigningInput): SigningConfig;
}
