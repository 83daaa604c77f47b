/** The rows that a message can show, by area of their codes. Some areas belong to a record and continue its rows there. */
import type { Rows } from '../finding/catalogue.ts';
import type { FindingKey } from '../finding/finding.ts';
import * as arc from './arc/findings.ts';
import * as content from './content/findings.ts';
import * as dkim from './dkim/findings.ts';
import * as identity from './identity/findings.ts';
import * as planSide from './plan-side/findings.ts';
import * as receiver from './receiver/findings.ts';
import * as trace from './trace/findings.ts';
import * as unsubscribe from './unsubscribe/findings.ts';

export interface ProofRows {
  readonly record: FindingKey;
  /** The part of a code before the first dot. */
  readonly area: string;
  readonly title: string;
  readonly rows: Rows;
  /** Codes that no check reports yet, with what they wait for. */
  readonly later: Readonly<Record<string, string>>;
}

const of = (record: FindingKey, area: string, title: string, rows: Rows, later = {}): ProofRows => ({
  record,
  area,
  title,
  rows,
  later,
});

const messageRows: Rows = { ...identity.rows, ...planSide.rows, ...trace.rows, ...content.rows };

export const proofCatalogues: readonly ProofRows[] = [
  of('host', 'host', 'Sending hosts', trace.hostRows),
  of('dkim', 'dkim', 'DKIM', dkim.rows),
  of('dmarc', 'dmarc', 'DMARC', identity.dmarcRows),
  of('bimi', 'bimi', 'BIMI', identity.bimiRows),
  of('message', 'message', 'The message', inArea(messageRows, 'message')),
  of('message', 'unsub', 'One-click unsubscribe', unsubscribe.rows, unsubscribe.later),
  of(
    'message',
    'authres',
    'Authentication-Results',
    { ...receiver.rows, ...inArea(trace.rows, 'authres') },
    receiver.later,
  ),
  of('message', 'arc', 'ARC', arc.rows, arc.later),
];

function inArea(rows: Rows, area: string): Rows {
  return Object.fromEntries(Object.entries(rows).filter(([code]) => code.startsWith(`${area}.`)));
}
