/** The catalogue of DKIM: what can be told from the key records alone. */
import { reporter, type Rows } from '../../finding/catalogue.ts';
import { keyRows } from './rows-key.ts';
import { nameRows } from './rows-name.ts';

export const rows = { ...keyRows, ...nameRows } as const satisfies Rows;

export const found = reporter('dkim', rows);

/** Codes of the catalogue that need more than DNS. */
export const later = {
  'dkim.rotation.overdue': 'watch',
  'dkim.rotation.removed_early': 'watch',
  'dkim.rotation.unrevoked': 'watch',
  'dkim.key.changed': 'watch',
} as const;
