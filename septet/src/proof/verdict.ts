/**
 * The verdict on one message. The bar for a direct message: SPF, DKIM and DMARC pass, and both are aligned. A message
 * that was forwarded may lose SPF (forwarder) or DKIM (list) without any record being wrong.
 */
import type { Author } from '../mail/author.ts';
import type { DmarcOutcome, DmarcReading } from './dmarc/outcome.ts';
import type { Forwarding } from './envelope/forwarded.ts';
import type { ProofVerdict } from './proof.ts';

export interface VerdictInput {
  readonly author: Author;
  readonly dmarc: DmarcOutcome;
  readonly forwarding?: Forwarding | undefined;
}

const strengths: readonly ProofVerdict['kind'][] = ['ideal', 'bar', 'weak', 'unknown', 'fail'];

/** By the readers of RFC 9989. With several author domains the worst counts. */
export function verdictOf({ author, dmarc, forwarding }: VerdictInput): ProofVerdict {
  const forwarded = forwarding !== undefined;
  const current = dmarc.readings.filter(({ reader }) => reader === 'RFC 9989');
  if (author.kind === 'none' || current.length === 0) {
    const text = 'The From field names no domain, so nothing can be proved for it.';
    return { kind: 'fail', text, forwarded };
  }
  const verdicts = current.map((reading) => ({ ...verdictOn(reading, forwarding), forwarded }));
  const worst = verdicts.reduce((a, b) => (strengths.indexOf(b.kind) > strengths.indexOf(a.kind) ? b : a));
  if (author.kind !== 'several') return worst;
  const text = `From names ${author.domains.length === 1 ? 'one domain in several fields' : 'several domains'}, which most receivers refuse. ${worst.text}`;
  return { kind: worst.kind === 'unknown' ? 'unknown' : 'fail', text, forwarded };
}

function verdictOn(reading: DmarcReading, forwarding: Forwarding | undefined): Omit<ProofVerdict, 'forwarded'> {
  const { author, result, identifiers } = reading;
  const aligned = (method: 'spf' | 'dkim'): string | undefined =>
    identifiers.find((one) => one.method === method && one.aligned)?.domain;
  const dkim = aligned('dkim');
  const spf = aligned('spf');
  const byWay = forwarding?.kind === 'list' ? 'a mailing list' : 'a forwarder';
  switch (result) {
    case 'pass':
      if (dkim !== undefined && spf !== undefined) {
        return { kind: 'ideal', text: `SPF, DKIM and DMARC pass for ${author}, and both are aligned.` };
      }
      if (dkim !== undefined) {
        const text = forwarding
          ? `DMARC passes for ${author} by its DKIM signature. The message came by ${byWay}, which SPF does not survive; nothing is wrong with it.`
          : `DMARC passes for ${author} by its DKIM signature; SPF does not help, because ${spfFault(reading)}.`;
        return { kind: 'bar', text };
      }
      return {
        kind: 'weak',
        text: `DMARC passes for ${author} by SPF alone, because ${dkimFault(reading)}; the first forwarder breaks it.`,
      };
    case 'fail': {
      const text = forwarding
        ? `DMARC fails for ${author}, but the message came by ${byWay}, which can break both proofs: judge the sender by a direct message.`
        : `DMARC fails for ${author}: ${lowerFirst(reading.reason)}`;
      return { kind: 'fail', text };
    }
    case 'none': {
      const proved = [...(spf === undefined ? [] : ['SPF']), ...(dkim === undefined ? [] : ['DKIM'])].join(' and ');
      const rest = proved === '' ? 'neither SPF nor DKIM passes for it' : `${proved} would be aligned with it`;
      return { kind: 'fail', text: `${author} has no DMARC record, so receivers find nothing proved; ${rest}.` };
    }
    case 'permerror':
      return {
        kind: 'fail',
        text: `The DMARC record for ${author} cannot be used, so nothing is proved to receivers.`,
      };
    case 'temperror':
      return { kind: 'unknown', text: `DMARC could not be decided for ${author}: ${lowerFirst(reading.reason)}` };
  }
}

function spfFault({ identifiers, author }: DmarcReading): string {
  const spf = identifiers.find(({ method }) => method === 'spf');
  if (!spf) return 'there is no SPF result';
  return spf.passed
    ? `it passed for ${spf.domain}, which is not aligned with ${author}`
    : `it did not pass for ${spf.domain}`;
}

function dkimFault({ identifiers, author }: DmarcReading): string {
  const signatures = identifiers.filter(({ method }) => method === 'dkim');
  const passed = signatures.find((one) => one.passed);
  if (passed) return `DKIM passed for ${passed.domain}, which is not aligned with ${author}`;
  return signatures.length > 0 ? 'no DKIM signature verifies' : 'the message has no DKIM signature';
}

/** The sentence behind a colon; domain names and abbreviations stay as they are. */
function lowerFirst(sentence: string): string {
  return /^[A-Z][a-z]+ /.test(sentence) ? sentence.charAt(0).toLowerCase() + sentence.slice(1) : sentence;
}
