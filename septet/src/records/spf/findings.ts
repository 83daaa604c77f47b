/** The catalogue of SPF. `sheet.ts` reports its rows. */
import type { Rows } from '../../finding/catalogue.ts';
import { planRows } from './rows-plan.ts';
import { recordRows } from './rows-record.ts';
import { treeRows } from './rows-tree.ts';

export const rows = { ...recordRows, ...treeRows, ...planRows } as const satisfies Rows;

/** Codes that need more than DNS shows at one moment. */
export const later = {
  'spf.a_mx.unneeded': 'reports',
  'spf.include.unused': 'reports',
  'spf.include.drift': 'watch',
  'spf.flatten.stale': 'watch',
  'spf.flatten.unattended': 'watch',
  'spf.record.changed': 'watch',
} as const;
