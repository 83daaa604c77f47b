/** The catalogues of what an audit reports, in one table; `cli/codes.ts` has those of plans too. */
import type { Row, Rows } from '../finding/catalogue.ts';
import type { FindingKey } from '../finding/finding.ts';
import * as bimi from '../records/bimi/findings.ts';
import * as svg from '../records/bimi/findings-svg.ts';
import * as mc from '../records/bimi/findings-mc.ts';
import * as dkim from '../records/dkim/findings.ts';
import * as dmarc from '../records/dmarc/findings.ts';
import * as host from '../records/host/findings.ts';
import * as mtasts from '../records/mtasts/findings.ts';
import * as mx from '../records/mx/findings.ts';
import * as spf from '../records/spf/findings.ts';
import * as tlsrpt from '../records/tlsrpt/findings.ts';
import * as tracking from '../records/tracking/findings.ts';
import * as zone from '../records/zone/findings.ts';

export interface Catalogue {
  readonly record: FindingKey;
  /** The part of a code before the first dot. */
  readonly area: string;
  readonly title: string;
  readonly rows: Rows;
  /** Codes that no check reports yet, with what they wait for. */
  readonly later: Readonly<Record<string, string>>;
}

export const catalogues: readonly Catalogue[] = [
  { record: 'zone', area: 'dns', title: 'The DNS itself', ...zone },
  { record: 'mx', area: 'mx', title: 'MX', ...mx },
  { record: 'host', area: 'host', title: 'Sending hosts', ...host },
  { record: 'spf', area: 'spf', title: 'SPF', ...spf },
  { record: 'dkim', area: 'dkim', title: 'DKIM', ...dkim },
  { record: 'dmarc', area: 'dmarc', title: 'DMARC', ...dmarc },
  { record: 'tracking', area: 'track', title: 'Tracking', ...tracking },
  { record: 'mtasts', area: 'mtasts', title: 'MTA-STS', ...mtasts },
  { record: 'tlsrpt', area: 'tlsrpt', title: 'TLS-RPT', ...tlsrpt },
  { record: 'bimi', area: 'bimi', title: 'BIMI', ...bimi },
  { record: 'bimi', area: 'svg', title: 'BIMI logo (SVG Tiny PS)', ...svg },
  { record: 'bimi', area: 'mc', title: 'BIMI mark certificate', ...mc },
];

export interface Entry {
  readonly catalogue: Catalogue;
  readonly code: string;
  readonly row: Row;
}

const entries: ReadonlyMap<string, Entry> = new Map(
  catalogues.flatMap((catalogue) =>
    Object.entries(catalogue.rows).map(([code, row]) => [code, { catalogue, code, row }] as const),
  ),
);

/** The row of a code; `undefined` when no check reports it. */
export const entryOf = (code: string): Entry | undefined => entries.get(code);
