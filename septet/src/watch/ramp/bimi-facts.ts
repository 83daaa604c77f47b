/** What BIMI asks of DMARC before a receiver shows a logo (BIMI draft, authentication requirements). Pure. */
import { policyOf, readAs7489, readAs9989, strength } from '../../records/dmarc/readers.ts';
import type { DmarcRecord } from '../../records/dmarc/record.ts';

export interface BimiFacts {
  /** What stands in the way, a sentence each. */
  readonly dmarc: readonly string[];
  /** The logo, and the mark certificate where one is wanted, are served and good; a sentence each where not. */
  readonly logo: readonly string[];
}

/**
 * Of the author domain and of its organisational domain; `undefined` for none. `t=y` counts as not enforcing (catalogue
 * 14.1, house), a `pct` below 100 too, for readers of either generation.
 */
export function bimiBlocks(whose: string, record: DmarcRecord | undefined): readonly string[] {
  if (!record) return [`${whose} has no DMARC record`];
  const blocks: string[] = [];
  const readings = [readAs9989(record), readAs7489(record)];
  const weak = (who: 'domain' | 'existing'): boolean =>
    readings.some((reading) => strength(policyOf(reading[who])) === 0);
  if (record.p === 'none' || readings.some(({ degraded }) => degraded)) blocks.push(`${whose} does not enforce DMARC`);
  else if (weak('existing')) blocks.push(`${whose} has sp=none or rehearses its policy`);
  if (record.t === 'y') blocks.push(`${whose} has t=y`);
  if (record.pct !== undefined && record.pct < 100) blocks.push(`${whose} has pct=${record.pct}`);
  return blocks;
}
