/**
 * Hetzner Cloud API: one call for each RRset, as `curl` commands with the JSON behind them.
 *
 * Names are relative to the zone, `@` is the zone itself; targets carry their dot. Texts stand in quotes, in strings of
 * 255 octets. `set_records` replaces the whole RRset. Hetzner has two generations: zones of the old DNS Console
 * (dns.hetzner.com) are not known here; move them to the Cloud Console first. Importing a zone file there replaces the
 * whole zone, which is why no zone text is printed for it.
 */
import type { Change } from '../../change/change.ts';
import type { DnsName } from '../../dns/name.ts';
import { formatRdata } from '../../dns/rdata-text.ts';
import type { FormInput, TextForm } from '../form.ts';
import type { HostLimits } from '../../plan/limits.ts';
import { hostLimits } from '../limits.ts';
import { headLines, laterLines, stepLines } from './comments.ts';
import { removalsFirst } from './edits.ts';
import { relativeName } from './entry.ts';
import { fit } from './fit.ts';
import { curl } from './shell.ts';

const limits: HostLimits | undefined = hostLimits['hetzner'];

export const hetznerForm: TextForm = {
  id: 'hetzner',
  title: 'Hetzner Cloud API (one call for each RRset)',
  extension: '.sh',
  ...(limits ? { limits } : {}),
  write: writeHetzner,
};

const token = '"Authorization: Bearer ${HCLOUD_TOKEN:?}"';

function writeHetzner(input: FormInput): string {
  const lines = [
    ...headLines('# ', input, 'Hetzner Cloud API calls', [
      'HCLOUD_TOKEN holds the token. Records that stay are in the calls, because a call replaces the whole RRset.',
    ]),
  ];
  for (const step of fit(input, { host: 'Hetzner', ...(limits ? { limits } : {}) })) {
    lines.push('', ...stepLines('# ', step));
    for (const change of removalsFirst(step.changes)) lines.push(...calls(change, input.zone));
  }
  return `${[...lines, ...laterLines('# ', input)].join('\n')}\n`;
}

function calls({ name, type, before, after }: Change, zone: DnsName): readonly string[] {
  const base = `https://api.hetzner.cloud/v1/zones/${encodeURIComponent(zone)}/rrsets`;
  const relative = relativeName(name, zone);
  const one = `${base}/${encodeURIComponent(relative)}/${type}`;
  if (after === undefined) return curl('DELETE', one, token);
  const records = after.data.map((data) => ({ value: formatRdata(type, data) }));
  if (before === undefined) return curl('POST', base, token, { name: relative, type, ttl: after.ttlSeconds, records });
  // What the plan saw of the old TTL may be what was left of it in a cache, so it is always said.
  const ttl = curl('POST', `${one}/actions/change_ttl`, token, { ttl: after.ttlSeconds });
  return [...ttl, ...curl('POST', `${one}/actions/set_records`, token, { records })];
}
