/**
 * Namecheap: the rows of the web form (Domain List > Manage > Advanced DNS).
 *
 * The host is relative, `@` is the domain itself; the form adds the domain. A text is entered without quotes and may hold
 * none. MX records are in a section of their own, "Mail Settings", which has to be set to "Custom MX"; a null MX cannot
 * be entered. The TTL comes from a list that ends at 60 minutes. Use the form: the API (setHosts) replaces the whole
 * zone and forgets what is not in the call.
 */
import { txtText } from '../../dns/rrset.ts';
import type { TextForm } from '../form.ts';
import type { HostLimits } from '../../plan/limits.ts';
import { hostLimits } from '../limits.ts';
import { entryRefusal } from './entry.ts';
import { writeTable, type TableForm } from './entry-table.ts';

const limits: HostLimits | undefined = hostLimits['namecheap'];

/** The list of the form, in seconds. */
const ttls: readonly number[] = [60, 300, 1200, 1800, 3600];
const last = 3600;

const table: TableForm = {
  host: 'Namecheap',
  ...(limits ? { limits } : {}),
  notes: [
    'Domain List > Manage > Advanced DNS. The form adds the domain to the host. Texts without quotes.',
    'MX records: Mail Settings > Custom MX.',
  ],
  nameTitle: 'Host',
  valueTitle: 'Value',
  style: { dot: false, txt: txtText },
  ttlOf: (seconds) => ttls.find((choice) => choice >= seconds) ?? last,
  ttlText: (seconds) => `${seconds / 60} min`,
  refuses: (change) => entryRefusal(change),
};

export const namecheapForm: TextForm = {
  id: 'namecheap',
  title: 'Namecheap web form',
  extension: '.txt',
  ...(limits ? { limits } : {}),
  write: (input) => writeTable(input, table),
};
