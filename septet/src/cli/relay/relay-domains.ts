/** What the relay does to the mail of each domain: the wishes of the configuration, and the DKIM keys of the state folder. */
import type { Config } from '../../config/read-config.ts';
import type { DnsName } from '../../dns/name.ts';
import type { RelayedDomain } from '../../relay/rewriting.ts';
import { configuredSelectors, keptKeys } from './kept-keys.ts';

export interface DomainWishes {
  /** `--keep-unsubscribe-links`; absent: as the configuration says. */
  readonly keepUnsubscribeLinks?: boolean;
}

/** Every domain that has a tracking host. `told` gets one sentence for keys that cannot be read. */
export async function relayedDomains(
  config: Config,
  state: string,
  told: (line: string) => void,
  { keepUnsubscribeLinks = config.relay?.keepUnsubscribeLinks ?? false }: DomainWishes = {},
): Promise<ReadonlyMap<DnsName, RelayedDomain>> {
  const domains = new Map<DnsName, RelayedDomain>();
  for (const [domain, { tracking, intent }] of config.domains) {
    if (!tracking) continue;
    // oxlint-disable-next-line no-await-in-loop -- a few small files
    const keys = await keptKeys(domain, state, { preferred: configuredSelectors(domain, intent) }).catch(
      (error: unknown) => {
        told(`${domain} is not signed: ${error instanceof Error ? error.message : String(error)}`);
        return [];
      },
    );
    const [first] = keys;
    domains.set(domain, {
      wish: {
        domain,
        host: tracking.host,
        campaign: '',
        clicks: tracking.clicks,
        opens: tracking.opens,
        text: config.relay?.text ?? false,
        unsubscribe: config.relay?.unsubscribe ?? 'keep',
        keepUnsubscribeLinks,
        privateTargets: tracking.privateTargets,
      },
      ...(first ? { sign: { domain, selector: first.selector, keys } } : {}),
    });
  }
  return domains;
}
