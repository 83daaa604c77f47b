/** The DKIM keys that `septet rewrite` signs with: a file that is named, or those that Septet keeps for the domain. */
import type { DnsName } from '../../dns/name.ts';
import type { SigningKey } from '../../proof/dkim/sign.ts';
import { parseSelector, readPrivateKey as readPem } from '../../records/dkim/make-key.ts';
import { keysFolder, listKeys, readPrivateKey } from '../../store/keys.ts';
import { InputError, type Io } from '../io.ts';
import { visible } from '../visible.ts';

export interface KeyChoice {
  readonly selector?: string;
  /** A file (PEM). */
  readonly key?: string;
}

type NamedKey = SigningKey & { readonly selector: string };

/** Empty: no key is known. Throws `InputError`. */
export async function signingKeys(
  domain: DnsName,
  state: string,
  choice: KeyChoice,
  io: Io,
): Promise<readonly NamedKey[]> {
  const named = choice.selector === undefined ? undefined : parseSelector(choice.selector, domain);
  if (choice.selector !== undefined && named === undefined)
    throw new InputError(`--selector: ${visible(choice.selector)} is no selector. Write a name such as s1.`);
  if (choice.key === undefined) return keptKeys(domain, state, named);
  if (named === undefined)
    throw new InputError('--key needs its selector: add --selector, the name under which the key is published.');
  const reading = readPem((await io.readFile(choice.key)).toString('latin1'));
  if (reading.kind === 'bad') throw new InputError(`${choice.key} ${reading.why}`);
  for (const warning of reading.warnings) io.err(`${choice.key}: ${warning}\n`);
  return [{ key: reading.key, selector: named }];
}

/**
 * The keys whose private half is in the state folder: of RSA and of Ed25519 the oldest that is not revoked. That one is
 * published, while one that was made for a rotation may have still to spread.
 */
async function keptKeys(domain: DnsName, state: string, named: string | undefined): Promise<readonly NamedKey[]> {
  const stored = (await listKeys(state, domain))
    .filter(({ pemFile, revokedAt }) => pemFile !== undefined && revokedAt === undefined)
    .sort((one, other) => one.createdAt.localeCompare(other.createdAt));
  const wanted = named === undefined ? stored : stored.filter(({ selector }) => selector === named);
  if (named !== undefined && wanted.length === 0)
    throw new InputError(
      `There is no private key ${named} in ${keysFolder(state, domain)}. Name its file with --key, or its folder with --state.`,
    );
  const keys = await Promise.all(
    wanted.map(async ({ selector }) => ({ key: await readPrivateKey(state, domain, selector), selector })),
  );
  const found: NamedKey[] = [];
  for (const { key, selector } of keys) {
    if (key && !found.some((one) => one.key.asymmetricKeyType === key.asymmetricKeyType)) found.push({ key, selector });
  }
  return found;
}
