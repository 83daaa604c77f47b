/** The catalogue of DMARC: every code that DNS or given facts can decide. */
import { reporter, type Rows } from '../../finding/catalogue.ts';
import { discoveryRows } from './rows-discovery.ts';
import { recordRows } from './rows-record.ts';
import { reportRows } from './rows-reports.ts';

export const rows = { ...recordRows, ...reportRows, ...discoveryRows } as const satisfies Rows;

export const found = reporter('dmarc', rows);

/** Codes that need more than DNS shows at one moment. */
export const later = {
  'dmarc.t.forgotten': 'watch',
  'dmarc.changed': 'watch',
  'dmarc.psd.n_needed': 'plan',
} as const;
