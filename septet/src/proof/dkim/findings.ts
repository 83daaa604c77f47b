/** The catalogue of DKIM signatures (RFC 6376, RFC 8301): what a message shows. `records/dkim` has that of the keys. */
import { reporter, type Rows } from '../../finding/catalogue.ts';
import { advice } from './check-rows-advice.ts';
import { failures } from './check-rows-failures.ts';

export const rows = { ...failures, ...advice } as const satisfies Rows;

export const later = {} as const;

export const found = reporter('dkim', rows);
