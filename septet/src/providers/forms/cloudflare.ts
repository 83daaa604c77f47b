/**
 * Cloudflare: the rows of the dashboard (DNS > Records > Add record).
 *
 * Names may be relative, `@` is the zone itself; targets have no dot. A text is entered without quotes, Cloudflare adds
 * them and cuts at 255 octets by itself; a text that holds `"` or `\` is entered in quotes with escapes, because
 * unbalanced quotes are refused. "Proxy status" has to be "DNS only" (the grey cloud): behind the proxy a CNAME answers
 * with addresses of Cloudflare, and a DKIM key, a return path or a proof of ownership is not found. The TTL comes from a
 * list; Auto is 300 seconds.
 */
import { formatTxtForZone } from '../../dns/rdata-text.ts';
import { txtText, type RrType, type Txt } from '../../dns/rrset.ts';
import { txtOf } from '../../change/txt.ts';
import type { TextForm } from '../form.ts';
import type { HostLimits } from '../../plan/limits.ts';
import { hostLimits } from '../limits.ts';
import { entryRefusal, isPlainText } from './entry.ts';
import { writeTable, type TableForm } from './entry-table.ts';

const limits: HostLimits | undefined = hostLimits['cloudflare'];

/** The list of the dashboard. */
const ttls: readonly (readonly [number, string])[] = [
  [60, '1 min'],
  [120, '2 min'],
  [300, 'Auto'],
  [600, '10 min'],
  [900, '15 min'],
  [1800, '30 min'],
  [3600, '1 hr'],
  [7200, '2 hr'],
  [18_000, '5 hr'],
  [43_200, '12 hr'],
  [86_400, '1 day'],
];
const last = 86_400;

const table: TableForm = {
  host: 'Cloudflare',
  ...(limits ? { limits } : {}),
  notes: [
    'Dashboard > DNS > Records. "Proxy status" is "DNS only" (grey cloud) for every record.',
    'Paste each value as it is: Cloudflare adds quotes and cuts long texts by itself.',
  ],
  nameTitle: 'Name',
  valueTitle: 'Content',
  style: { dot: false, txt: cloudflareText },
  ttlOf: (seconds) => ttls.find(([choice]) => choice >= seconds)?.[0] ?? last,
  ttlText: (seconds) => ttls.find(([choice]) => choice === seconds)?.[1] ?? `${seconds} s`,
  extra: [{ title: 'Proxy status', of: (type) => (canBeProxied(type) ? 'DNS only' : '-') }],
  refuses: (change) => entryRefusal(change, true),
};

export const cloudflareForm: TextForm = {
  id: 'cloudflare',
  title: 'Cloudflare dashboard',
  extension: '.txt',
  ...(limits ? { limits } : {}),
  write: (input) => writeTable(input, table),
};

/** Other types have no cloud in the dashboard. */
export const canBeProxied = (type: RrType): boolean => type === 'A' || type === 'AAAA' || type === 'CNAME';

function cloudflareText(txt: Txt): string {
  const text = txtText(txt);
  return isPlainText(text) && !/["\\]/.test(text) ? text : formatTxtForZone(txtOf(text));
}
