/** The DKIM keys that Septet keeps for a domain, as `septet rewrite` and `septet relay` sign with them. */
import type { DomainIntent } from '../../plan/intent.ts';
import type { DnsName } from '../../dns/name.ts';
import type { SigningKey } from '../../proof/dkim/sign.ts';
import { needsOf } from '../../senders/needs-of.ts';
import { listKeys, readPrivateKey } from '../../store/files/keys.ts';

export type NamedKey = SigningKey & { readonly selector: string };

/** The selectors of the keys that senders of the configuration leave to Septet, such as `postfix: { selector: s1 }`. */
export function configuredSelectors(
  domain: DnsName,
  intent: Pick<DomainIntent, 'senders'> | undefined,
): ReadonlySet<string> {
  const { needs } = needsOf(domain, intent?.senders ?? []);
  return new Set(needs.flatMap(({ dkim }) => dkim.flatMap((need) => (need.kind === 'own-key' ? [need.selector] : []))));
}

/**
 * One key of RSA and one of Ed25519 whose private half is in the state folder and that is not revoked; empty where none is
 * known. The selectors in `preferred` go before others, the older key before the newer: that one is published, while one
 * that was made for a rotation may have still to spread. `only`: this selector and no other. Throws `KeyFileError`.
 */
export async function keptKeys(
  domain: DnsName,
  state: string,
  { preferred, only }: { readonly preferred: ReadonlySet<string>; readonly only?: string },
): Promise<readonly NamedKey[]> {
  const stored = (await listKeys(state, domain))
    .filter(({ pemFile, revokedAt }) => pemFile !== undefined && revokedAt === undefined)
    .filter(({ selector }) => only === undefined || selector === only)
    .sort(
      (one, other) =>
        Number(preferred.has(other.selector)) - Number(preferred.has(one.selector)) ||
        one.createdAt.localeCompare(other.createdAt),
    );
  const keys = await Promise.all(
    stored.map(async ({ selector }) => ({ key: await readPrivateKey(state, domain, selector), selector })),
  );
  const found: NamedKey[] = [];
  for (const { key, selector } of keys)
    if (key && !found.some((one) => one.key.asymmetricKeyType === key.asymmetricKeyType)) found.push({ key, selector });
  return found;
}
