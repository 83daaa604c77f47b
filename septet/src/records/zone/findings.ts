/** The catalogue of the rules of the DNS itself. */
import { reporter, type Rows } from '../../finding/catalogue.ts';
import { nameRows } from './rows-names.ts';
import { textRows } from './rows-text.ts';
import { zoneRows } from './rows-zone.ts';

export const rows = { ...zoneRows, ...nameRows, ...textRows } as const satisfies Rows;

export const found = reporter('zone', rows);

/** Codes of this area that need more than DNS. */
export const later = {
  'dns.domain.expiring': 'rdap',
  'dns.wrong_zone_edited': 'plan',
  'dns.ttl.too_high_for_change': 'plan',
  'dns.drift.changed': 'watch',
  'dns.drift.extra': 'watch',
  'dns.drift.ns_changed': 'watch',
} as const;
