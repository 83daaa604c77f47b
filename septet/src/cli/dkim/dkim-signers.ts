/** The software that signs, as a table: what each reads to sign with keys that Septet keeps. */
import { opendkim, postfix } from './dkim-signer-opendkim.ts';
import { exim, postal, rspamd } from './dkim-signer-others.ts';
import type { Signer } from './dkim-signing.ts';

export const signers: readonly Signer[] = [opendkim, rspamd, postfix, postal, exim];

export const signerIds: readonly string[] = signers.map((signer) => signer.id);
