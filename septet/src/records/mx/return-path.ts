/**
 * The MX of a name that a sending service uses as MAIL FROM (the return path), so that bounces come back to the service:
 * `bounce.example.com MX 10 feedback-smtp.eu-west-1.amazonses.com`. What the service wants is handed in.
 */
import type { DnsName } from '../../dns/name.ts';
import type { Evidence, Finding, RecordToSet } from '../../finding/finding.ts';
import { found } from './findings.ts';
import type { MxObservation } from './lookup.ts';
import { format, type Mx } from './record.ts';

export interface ReturnPath {
  /** The sending service, as a person knows it: `Amazon SES`. */
  readonly service: string;
  /** The record to publish as text, with a pattern where it depends on the account: `10 feedback-smtp.<region>.amazonses.com.` */
  readonly wanted: string;
  /** The same when it is known exactly; then it is offered for publishing. */
  readonly record?: Mx | undefined;
  readonly matches: (exchange: DnsName) => boolean;
  /** Whether the service asks for no other MX at the name. */
  readonly alone: boolean;
}

/** Judges what `lookupMx` saw at the name for bounces. A question that failed yields nothing. */
export function checkReturnPath(seen: MxObservation, expected: ReturnPath): readonly Finding[] {
  const { domain: name, mx } = seen;
  if (mx.kind === 'failed') return [];
  const subject = { name, type: 'MX' };
  const { service, wanted, record } = expected;
  const ttlSeconds = mx.kind === 'found' ? mx.set.ttlSeconds : 3600;
  const records = mx.kind === 'found' ? mx.set.data : [];
  const good = records.filter((mx) => expected.matches(mx.exchange));
  const data = record ?? good[0];
  const set: RecordToSet[] = data ? [{ name, type: 'MX', ttlSeconds, data: [format(data)] }] : [];
  const evidence: Evidence[] = records.map((mx) => ({
    kind: 'record',
    name,
    type: 'MX',
    text: format(mx),
    ttlSeconds,
  }));
  if (good.length === 0) {
    const outcome = mx.kind === 'nxdomain' ? 'NXDOMAIN' : 'no data';
    if (records.length === 0) evidence.push({ kind: 'answer', name, type: 'MX', outcome, server: mx.server });
    const texts = records.map((mx) => `\`${format(mx)}\``).join(', ');
    const seenText = texts === '' ? 'no MX' : `the MX ${texts}`;
    return [
      found('mx.returnpath.missing', { subject, args: { name, service, wanted, seen: seenText }, evidence, set }),
    ];
  }
  if (!expected.alone || records.length === 1) return [];
  return [
    found('mx.returnpath.extra', { subject, args: { name, service, wanted, count: records.length }, evidence, set }),
  ];
}
