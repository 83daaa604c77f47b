/** What the configuration says of who sends as a domain, for the judgement of sources. Pure. */
import { parseAddress } from '../../dns/address.ts';
import { parseName, type DnsName } from '../../dns/name.ts';
import { registrableDomain } from '../../dns/public-suffix.ts';
import type { DomainIntent } from '../../plan/intent.ts';
import type { SourceHints } from '../../reports/evidence/sources.ts';
import { needsOf } from '../../senders/needs-of.ts';
import { profiles } from '../../senders/profiles.ts';
import { serviceOf } from '../../senders/service-of.ts';

/** `intent` absent: the configuration does not have the domain. */
export function sourceHints(
  domain: DnsName,
  intent: DomainIntent | undefined,
  reverseNames: SourceHints['reverseNames'] = new Map(),
): SourceHints {
  const { needs } = needsOf(domain, intent?.senders ?? []);
  const own = organisation(domain);
  const services = new Set(needs.map(({ title }) => title).filter((title) => titles.has(title)));
  const organisations = new Set<DnsName>();
  const addresses = new Set<string>();
  const name = (text: string): void => {
    const parsed = parseName(text);
    if (!parsed.ok || parsed.name === '') return;
    const service = serviceOf(parsed.name);
    if (service !== undefined) services.add(service);
    else if (organisation(parsed.name) !== own) organisations.add(organisation(parsed.name));
  };
  for (const { spf, dkim, records, hosts } of needs) {
    for (const { address } of hosts) addresses.add(address);
    for (const { mechanisms } of spf) {
      for (const text of mechanisms) {
        const [, kind = '', value = ''] = /^([a-z0-9]+)[:=](.*)$/i.exec(text) ?? [];
        if (/^(include|redirect)$/i.test(kind)) name(value);
        const address = /^ip[46]$/i.test(kind) ? value.replace(/\/.*$/, '') : '';
        if (parseAddress(address) !== undefined) addresses.add(address);
      }
    }
    for (const need of dkim) {
      if (need.kind === 'cname') name(need.target);
      if ('domain' in need && need.domain !== undefined) name(need.domain);
    }
    for (const need of records) if (need.purpose === 'return-path' && need.type === 'CNAME') name(need.target);
  }
  return {
    domain,
    services: [...services],
    organisations: [...organisations],
    addresses: [...addresses],
    reverseNames,
  };
}

const titles: ReadonlySet<string> = new Set(profiles.map(({ title }) => title));

const organisation = (name: DnsName): DnsName => registrableDomain(name) ?? name;
