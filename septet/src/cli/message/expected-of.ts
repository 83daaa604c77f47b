/** What the plan of a configured domain expects of its mail: the senders and their records, as `proof/` wants them. */
import type { Config } from '../../config/read-config.ts';
import type { DnsName } from '../../dns/name.ts';
import type { Expected, ExpectedSender } from '../../proof/expected.ts';
import { needsOf } from '../../senders/needs-of.ts';
import type { SenderNeeds } from '../../senders/needs.ts';
import { settingsPlaceOf } from '../../senders/settings-place.ts';
import { InputError } from '../io.ts';

/** Throws `InputError` where the domain is not configured, or its senders cannot be planned. */
export function expectedOf(domain: DnsName, config: Config): Expected {
  const settings = config.domains.get(domain);
  if (!settings) {
    throw new InputError(`${domain} is not in ${config.file}. Add it with: septet init ${domain}`);
  }
  const { intent } = settings;
  const { needs, faults } = needsOf(domain, intent.senders);
  if (faults.length > 0)
    throw new InputError(faults.map((fault) => `${fault.place ?? settings.place}: ${fault.text}`).join('\n'));
  const senders = needs.map((need, index) => senderOf(domain, need, intent.senders[index]?.kind ?? need.id));
  const tracking = [
    ...(intent.tracking ? [intent.tracking.host] : []),
    ...senders.flatMap((sender) => (sender.tracking === undefined ? [] : [sender.tracking])),
  ];
  const hosts = [...new Set(tracking)];
  return { domain, senders, tracking: hosts, unsubscribe: hosts };
}

function senderOf(domain: DnsName, needs: SenderNeeds, kind: string): ExpectedSender {
  const selectors = needs.dkim.flatMap((need) =>
    need.kind === 'missing'
      ? need.selector === undefined
        ? []
        : [{ selector: need.selector, domain }]
      : [{ selector: need.selector, domain: ('domain' in need && need.domain) || domain }],
  );
  const paths = [
    ...needs.spf.map(({ name }) => name),
    ...needs.records.filter(({ purpose }) => purpose === 'return-path').map(({ name }) => name),
  ];
  const helo = new Set(needs.hosts.flatMap((host) => (host.helo === undefined ? [] : [host.helo])));
  const tracking = needs.records.find((record) => record.purpose === 'tracking' && record.type === 'CNAME')?.name;
  return {
    id: needs.id,
    title: needs.title,
    selectors,
    // SPF of a HELO name is for bounces; nobody sends with it as MAIL FROM.
    returnPaths: [...new Set(paths)].filter((name) => name === domain || !helo.has(name)),
    addresses: needs.hosts.map(({ address }) => address),
    spf: [...new Set(needs.spf.flatMap(({ mechanisms }) => mechanisms))],
    ...(tracking === undefined ? {} : { tracking }),
    where: settingsPlaceOf(kind),
  };
}
