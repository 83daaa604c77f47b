/** The DKIM keys that `septet rewrite` signs with: a file that is named, or those that Septet keeps for the domain. */
import type { DnsName } from '../../dns/name.ts';
import { parseSelector, readPrivateKey as readPem } from '../../records/dkim/make-key.ts';
import { keysFolder } from '../../store/files/keys.ts';
import { InputError, type Io } from '../io.ts';
import { visible } from '../visible.ts';
import { keptKeys, type NamedKey } from './kept-keys.ts';

export interface KeyChoice {
  readonly selector?: string;
  /** A file (PEM). */
  readonly key?: string;
}

/** Empty: no key is known. `preferred`: selectors that the configuration names. Throws `InputError`. */
export async function signingKeys(
  domain: DnsName,
  state: string,
  choice: KeyChoice,
  preferred: ReadonlySet<string>,
  io: Io,
): Promise<readonly NamedKey[]> {
  const named = choice.selector === undefined ? undefined : parseSelector(choice.selector, domain);
  if (choice.selector !== undefined && named === undefined)
    throw new InputError(`--selector: ${visible(choice.selector)} is no selector. Write a name such as s1.`);
  if (choice.key === undefined) {
    const kept = await keptKeys(domain, state, { preferred, ...(named === undefined ? {} : { only: named }) });
    if (named !== undefined && kept.length === 0)
      throw new InputError(
        `There is no private key ${named} in ${keysFolder(state, domain)}. Name its file with --key, or its folder with --state.`,
      );
    return kept;
  }
  if (named === undefined)
    throw new InputError('--key needs its selector: add --selector, the name under which the key is published.');
  const reading = readPem((await io.readFile(choice.key)).toString('latin1'));
  if (reading.kind === 'bad') throw new InputError(`${choice.key} ${reading.why}`);
  for (const warning of reading.warnings) io.err(`${choice.key}: ${warning}\n`);
  return [{ key: reading.key, selector: named }];
}
