/**
 * PowerDNS Authoritative: one PATCH of the zone for each step, as `curl` commands with the JSON behind them.
 *
 * Names and targets carry their dot, and the content of a text carries its quotes: `"\"v=spf1 …\""` in JSON, pieces of
 * 255 octets one after the other. `REPLACE` puts the whole RRset in place of what stands there, so members that are
 * somebody else's are in it; `DELETE` takes all. A PATCH is one transaction. On signed zones run `pdnsutil rectify-zone`
 * where the server does not do it by itself. The API key stays in the environment.
 */
import type { Change } from '../../change/change.ts';
import { absolute } from '../../dns/name.ts';
import { formatRdata } from '../../dns/rdata-text.ts';
import type { FormInput, TextForm } from '../form.ts';
import type { HostLimits } from '../../plan/limits.ts';
import { hostLimits } from '../limits.ts';
import { headLines, laterLines, stepLines } from './comments.ts';
import { removalsFirst } from './edits.ts';
import { fit } from './fit.ts';
import { curl } from './shell.ts';

const limits: HostLimits | undefined = hostLimits['powerdns'];

export const powerdnsForm: TextForm = {
  id: 'powerdns',
  title: 'PowerDNS API (PATCH for each step)',
  extension: '.sh',
  ...(limits ? { limits } : {}),
  write: writePowerdns,
};

function writePowerdns(input: FormInput): string {
  const url = `\${PDNS_URL:-http://127.0.0.1:8081}/api/v1/servers/localhost/zones/${zoneId(absolute(input.zone))}`;
  const lines = [
    ...headLines('# ', input, 'PowerDNS API calls', [
      'PDNS_API_KEY holds the key, PDNS_URL the base of the API. REPLACE carries the whole RRset.',
    ]),
  ];
  for (const step of fit(input, { host: 'PowerDNS', ...(limits ? { limits } : {}) })) {
    lines.push('', ...stepLines('# ', step));
    if (step.changes.length === 0) continue;
    const rrsets = removalsFirst(step.changes).map(rrsetOf);
    lines.push(...curl('PATCH', url, '"X-API-Key: ${PDNS_API_KEY:?}"', { rrsets }));
  }
  return `${[...lines, ...laterLines('# ', input)].join('\n')}\n`;
}

/** PowerDNS writes octets other than letters, digits, dot and hyphen as `=HH` in the id of a zone. */
const zoneId = (name: string): string =>
  name.replaceAll(/[^a-z0-9.-]/g, (c) => `=${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);

function rrsetOf({ name, type, after }: Change): object {
  if (after === undefined) return { name: absolute(name), type, changetype: 'DELETE' };
  return {
    name: absolute(name),
    type,
    ttl: after.ttlSeconds,
    changetype: 'REPLACE',
    records: after.data.map((data) => ({ content: formatRdata(type, data), disabled: false })),
  };
}
