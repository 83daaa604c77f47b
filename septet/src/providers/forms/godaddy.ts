/**
 * GoDaddy: the rows of the web form (Domain > DNS > DNS Records > Add New Record).
 *
 * Names are relative, `@` is the zone itself; the form adds the domain, so a full name ends up doubled. Targets have no
 * dot. A text is entered without quotes. The TTL is at least 600 seconds ("Custom"). GoDaddy may have put a `_dmarc`
 * record of its own into the zone: edit it, since two of them are read as none (RFC 7489 §6.6.3).
 */
import { txtText } from '../../dns/rrset.ts';
import type { TextForm } from '../form.ts';
import type { HostLimits } from '../../plan/limits.ts';
import { hostLimits } from '../limits.ts';
import { entryRefusal } from './entry.ts';
import { writeTable, type TableForm } from './entry-table.ts';

const limits: HostLimits | undefined = hostLimits['godaddy'];

const table: TableForm = {
  host: 'GoDaddy',
  ...(limits ? { limits } : {}),
  notes: [
    'Domain > DNS > DNS Records. The form adds the domain to the name. TTL: "Custom", in seconds, at least 600.',
    'If a _dmarc record of GoDaddy stands there already, edit it; two of them are none.',
  ],
  nameTitle: 'Name',
  valueTitle: 'Value',
  style: { dot: false, txt: txtText },
  ttlText: String,
  refuses: (change) => entryRefusal(change),
};

export const godaddyForm: TextForm = {
  id: 'godaddy',
  title: 'GoDaddy web form',
  extension: '.txt',
  ...(limits ? { limits } : {}),
  write: (input) => writeTable(input, table),
};
