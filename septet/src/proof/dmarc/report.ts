/** The row that this message would add to an aggregate report (RFC 9990). */
import { parseName } from '../../dns/name.ts';
import { parse } from '../../records/dmarc/record.ts';
import type { DkimOutcome } from '../dkim/outcome.ts';
import type { DmarcReading, ReportRow } from './outcome.ts';
import type { Envelope } from '../envelope/envelope.ts';
import type { SpfOutcome } from '../proof.ts';

/** RFC 9990 §3.1.3: no more signatures than this for a row. */
const maxSignatures = 100;

export interface ReportInput {
  readonly spf: readonly SpfOutcome[];
  readonly dkim: readonly DkimOutcome[];
  readonly envelope: Envelope;
}

/**
 * Of the reading that a receiver reports: the first with a record, new readers before old ones. None without a record,
 * and none for a message that can neither pass nor fail. A message that passes has the disposition `none` here; RFC 9990
 * calls it `pass` under an enforcing policy.
 */
export function reportOf(readings: readonly DmarcReading[], input: ReportInput): ReportRow | undefined {
  const reported = readings.filter(({ record, result }) => record && (result === 'pass' || result === 'fail'));
  const reading = reported.find(({ reader }) => reader === 'RFC 9989') ?? reported[0];
  if (!reading) return undefined;
  const { spf, dkim, envelope } = input;
  const mfrom = spf.find(({ scope }) => scope === 'mfrom');
  const passes = (method: 'spf' | 'dkim'): 'pass' | 'fail' =>
    reading.identifiers.some((identifier) => identifier.method === method && identifier.aligned) ? 'pass' : 'fail';
  const to = envelope.recipients?.length === 1 ? domainOf(envelope.recipients[0]) : undefined;
  const mailFrom = envelope.mailFrom?.value;
  return {
    ...(envelope.ip ? { source_ip: envelope.ip.value } : {}),
    count: 1,
    policy_evaluated: {
      disposition: reading.disposition,
      dkim: passes('dkim'),
      spf: passes('spf'),
      reason: reasonsOf(reading),
    },
    identifiers: {
      header_from: reading.author,
      ...(mailFrom === undefined ? {} : { envelope_from: mailFrom === '' ? '' : (domainOf(mailFrom) ?? mailFrom) }),
      ...(to === undefined ? {} : { envelope_to: to }),
    },
    auth_results: {
      dkim: signaturesOf(reading, dkim),
      ...(mfrom && mfrom.result !== 'unknown'
        ? { spf: { domain: mfrom.domain, scope: 'mfrom' as const, result: mfrom.result } }
        : {}),
    },
  };
}

/** `policy_test_mode` is of RFC 9990 §3.1.6, `sampled_out` of RFC 7489 Appendix C. */
function reasonsOf(reading: DmarcReading): ReportRow['policy_evaluated']['reason'] {
  if (reading.result !== 'fail' || reading.published.kind !== 'policy') return [];
  if (reading.published.test) {
    const parsed = parse(reading.record?.text ?? '');
    const tag = reading.published.tag;
    const written = parsed.kind === 'good' && tag !== 'default' ? parsed.value[tag] : undefined;
    const comment = typeof written === 'string' ? `t=y: ${written} is applied as ${reading.published.policy}` : 't=y';
    return [{ type: 'policy_test_mode', comment }];
  }
  if (reading.sampled?.percent === 0) return [{ type: 'sampled_out', comment: 'pct=0' }];
  return [];
}

/** In the order of RFC 9990 §3.1.3: passing and strictly aligned, passing and aligned, passing, the rest. */
function signaturesOf(reading: DmarcReading, dkim: readonly DkimOutcome[]): ReportRow['auth_results']['dkim'] {
  const rank = ({ domain, result }: DkimOutcome): number => {
    if (result !== 'pass') return 3;
    const match = reading.identifiers.find((one) => one.method === 'dkim' && one.domain === domain)?.match;
    return match === 'strict' ? 0 : match === 'relaxed' ? 1 : 2;
  };
  return dkim
    .filter(({ domain, selector }) => domain !== undefined && selector !== undefined)
    .toSorted((a, b) => rank(a) - rank(b))
    .slice(0, maxSignatures)
    .map(({ domain, selector, result, reason }) => ({
      domain: domain ?? '',
      selector: selector ?? '',
      result,
      ...(result === 'pass' || reason === '' ? {} : { human_result: reason }),
    }));
}

function domainOf(address: string | undefined): string | undefined {
  if (address === undefined) return undefined;
  const parsed = parseName(address.slice(address.lastIndexOf('@') + 1));
  return parsed.ok && parsed.name !== '' ? parsed.name : undefined;
}
