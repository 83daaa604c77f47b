/** What the relay does to the mail of each domain: the wishes of the configuration, and the DKIM keys of the state folder. */
import type { Config } from '../../config/read-config.ts';
import type { DnsName } from '../../dns/name.ts';
import type { RelayedDomain } from '../../relay/rewriting.ts';
import type { SignOptions } from '../../proof/dkim/sign.ts';
import { listKeys, readPrivateKey } from '../../store/keys.ts';

/** Every domain that has a tracking host. `told` gets one sentence for keys that cannot be read. */
export async function relayedDomains(
  config: Config,
  state: string,
  told: (line: string) => void,
): Promise<ReadonlyMap<DnsName, RelayedDomain>> {
  const domains = new Map<DnsName, RelayedDomain>();
  for (const [domain, { tracking }] of config.domains) {
    if (!tracking) continue;
    // oxlint-disable-next-line no-await-in-loop -- a few small files
    const sign = await signingOf(state, domain).catch((error: unknown) => {
      told(`${domain} is not signed: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    });
    domains.set(domain, {
      wish: {
        domain,
        host: tracking.host,
        campaign: '',
        clicks: tracking.clicks,
        opens: tracking.opens,
        text: config.relay?.text ?? false,
        unsubscribe: config.relay?.unsubscribe ?? 'keep',
        keepUnsubscribeLinks: true,
      },
      ...(sign ? { sign } : {}),
    });
  }
  return domains;
}

/**
 * The keys whose private half is here: of each kind the oldest that is not revoked. It is published for certain, while one
 * that was made for a rotation may have still to spread.
 */
async function signingOf(state: string, domain: DnsName): Promise<Omit<SignOptions, 'now'> | undefined> {
  const stored = (await listKeys(state, domain))
    .filter(({ pemFile, revokedAt }) => pemFile !== undefined && revokedAt === undefined)
    .sort((a, b) => a.createdAt.localeCompare(b.createdAt));
  const keys = [];
  const kinds = new Set<string>();
  for (const { selector } of stored) {
    // oxlint-disable-next-line no-await-in-loop -- a few small files
    const key = await readPrivateKey(state, domain, selector);
    const kind = key?.asymmetricKeyType;
    if (key === undefined || kind === undefined || kinds.has(kind)) continue;
    kinds.add(kind);
    keys.push({ key, selector });
  }
  const [first] = keys;
  return first ? { domain, selector: first.selector, keys } : undefined;
}
