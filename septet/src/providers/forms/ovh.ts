/**
 * OVHcloud: the rows of the web form (Web Cloud > Domain names > DNS zone > Add an entry).
 *
 * The sub-domain is relative and empty for the zone itself (`@` here); targets carry their dot, or OVHcloud completes
 * them with the zone. A text of type TXT stands in quotes, in strings of 255 octets. OVHcloud has types of its own: SPF,
 * DKIM and DMARC, which are TXT in the DNS and take the text without quotes. Where a record of such a type stands, it has
 * to be edited as that type, for a TXT beside it would be a second record.
 */
import { formatTxtForZone } from '../../dns/rdata-text.ts';
import { txtText } from '../../dns/rrset.ts';
import { txtOf } from '../../change/txt.ts';
import type { TextForm } from '../form.ts';
import type { HostLimits } from '../../plan/limits.ts';
import { hostLimits } from '../limits.ts';
import { entryRefusal } from './entry.ts';
import { writeTable, type TableForm } from './entry-table.ts';

const limits: HostLimits | undefined = hostLimits['ovh'];

const table: TableForm = {
  host: 'OVHcloud',
  ...(limits ? { limits } : {}),
  notes: [
    'Web Cloud > Domain names > DNS zone > Add an entry. For @ leave the sub-domain empty. Targets end with a dot.',
    'A record that stands there with the type SPF, DKIM or DMARC is edited as that type, value without the quotes.',
  ],
  nameTitle: 'Sub-domain',
  valueTitle: 'Target',
  style: { dot: true, txt: (txt) => formatTxtForZone(txtOf(txtText(txt))) },
  ttlText: String,
  refuses: (change) => entryRefusal(change, true),
};

export const ovhForm: TextForm = {
  id: 'ovh',
  title: 'OVHcloud web form',
  extension: '.txt',
  ...(limits ? { limits } : {}),
  write: (input) => writeTable(input, table),
};
