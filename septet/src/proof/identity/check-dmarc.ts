/** The rules about DMARC of a message: one set for each author domain, by the readers of RFC 9989. */
import { under } from '../../dns/name.ts';
import type { Evidence, Finding, Subject } from '../../finding/finding.ts';
import { effectText } from '../../records/dmarc/readers.ts';
import type { DmarcReading } from '../dmarc/outcome.ts';
import { onlySubmitted } from '../spf-of.ts';
import { found } from './findings.ts';
import { fieldEvidence, type IdentityInput } from './input.ts';

export function checkDmarc(input: IdentityInput): readonly Finding[] {
  const out: Finding[] = [];
  for (const reading of input.dmarc.readings) {
    if (reading.reader !== 'RFC 9989') continue;
    const older = input.dmarc.readings.find(({ reader, author }) => reader === 'RFC 7489' && author === reading.author);
    out.push(...checkReading(input, reading));
    if (older && differs(reading, older)) {
      const args = { author: reading.author, current: saidBy(reading), older: saidBy(older) };
      const evidence = [...recordEvidence(reading), ...recordEvidence(older)].filter(
        (one, i, all) => all.findIndex((other) => other.text === one.text && other.name === one.name) === i,
      );
      out.push(found('message.dmarc.readers_differ', { subject: subjectOf(reading), args, evidence }));
    }
  }
  return out;
}

const subjectOf = ({ author }: DmarcReading): Subject => ({ name: author, type: 'From' });

function checkReading(input: IdentityInput, reading: DmarcReading): readonly Finding[] {
  const { author, result, reason, identifiers, record } = reading;
  const subject = subjectOf(reading);
  const shown = recordEvidence(reading);
  const evidence = [...fieldEvidence(input, 'from'), ...shown];
  switch (result) {
    case 'none': {
      const name = under('_dmarc', author) ?? author;
      return [found('message.dmarc.none', { subject, args: { author, name }, evidence })];
    }
    case 'permerror':
      return [found('message.dmarc.permerror', { subject, args: { author, reason }, evidence })];
    case 'temperror': {
      const open = input.spf.some(({ scope, result }) => scope === 'mfrom' && result === 'unknown');
      const cure = onlySubmitted(input.envelope)
        ? 'Send the message to a mailbox elsewhere and take its source there.'
        : open
          ? 'Give what is missing with --ip and --mail-from.'
          : 'Look again later; if it stays, see whether the name servers answer.';
      return [found('message.dmarc.undecided', { subject, args: { author, reason, cure }, evidence })];
    }
    case 'pass': {
      if (identifiers.some(({ method, aligned }) => method === 'dkim' && aligned)) return [];
      const args = { author, reason: dkimState(input, reading) };
      return [found('message.dmarc.spf_only', { subject, args, evidence }), ...strictDkim(reading, evidence)];
    }
    case 'fail': {
      const asked = askedOf(reading);
      const args = { author, reason: failText(reading), asked, cure: cureOf(input, reading) };
      const severity = input.forwarding ? 'warning' : 'error';
      const failed = found('message.dmarc.fail', { subject, args, evidence, severity });
      return record ? [failed, ...strictDkim(reading, evidence)] : [failed];
    }
  }
}

/** Each proof, and why it does not count. */
function failText({ identifiers, author, reason }: DmarcReading): string {
  const parts: string[] = [];
  for (const { method, domain, passed, match } of identifiers) {
    const name = method === 'spf' ? 'SPF' : 'DKIM';
    if (passed && match === 'none')
      parts.push(`${name} passed for ${domain}, which is not the organisation of ${author}`);
    else if (passed) parts.push(`${name} passed for ${domain}, which is not exactly ${author}, as the record asks`);
    else parts.push(`${name} did not pass for ${domain}`);
  }
  if (!identifiers.some(({ method }) => method === 'dkim')) parts.push('there is no DKIM signature');
  const unique = [...new Set(parts)].slice(0, 5);
  return unique.length > 0 ? `${unique.join('; ')}.` : reason;
}

function cureOf(input: IdentityInput, reading: DmarcReading): string {
  const { identifiers, author } = reading;
  if (input.forwarding) {
    return 'Judge the sender by a message that goes straight to its reader; a forwarder or list breaks what was proved.';
  }
  const cures: string[] = [];
  const of = (method: 'spf' | 'dkim') => identifiers.filter((one) => one.method === method);
  if (of('dkim').some(({ passed }) => passed))
    cures.push(`Let the service sign with d=${author} instead of its own domain.`);
  else if (of('dkim').length > 0) cures.push('See above why the DKIM signature does not verify, and mend that first.');
  else cures.push(`Let the sender sign with DKIM, d=${author}.`);
  if (of('spf').some(({ passed }) => passed)) {
    cures.push(`Set a return path of your own (custom MAIL FROM), for example bounce.${author}.`);
  }
  return cures.join(' ');
}

function askedOf({ published, disposition, author }: DmarcReading): string {
  if (published.kind !== 'policy') return `What ${author} asks for could not be told.`;
  if (disposition === 'none') return `${author} asks receivers to do nothing special (${effectText(published)}).`;
  return `${author} asks receivers to ${disposition === 'reject' ? 'refuse it' : 'put it into spam'} (${effectText(published)}).`;
}

function dkimState(input: IdentityInput, { identifiers, author }: DmarcReading): string {
  const passed = identifiers.find((one) => one.method === 'dkim' && one.passed);
  if (passed) return `DKIM passed for ${passed.domain}, which does not count for ${author}.`;
  return input.dkim.length > 0 ? 'no DKIM signature verifies.' : 'there is no DKIM signature.';
}

function strictDkim(reading: DmarcReading, evidence: readonly Evidence[]): readonly Finding[] {
  const { author, adkim, record, identifiers } = reading;
  const near = identifiers.find(({ method, passed, match }) => method === 'dkim' && passed && match === 'relaxed');
  if (adkim !== 's' || !near || !record) return [];
  const args = { domain: near.domain, author, record: record.name };
  return [found('message.dmarc.strict', { subject: subjectOf(reading), args, evidence })];
}

function recordEvidence({ record }: DmarcReading): readonly (Evidence & { kind: 'record' })[] {
  return record ? [{ kind: 'record', name: record.name, type: 'TXT', text: record.text }] : [];
}

/** A look-up that failed for one of them is no difference. */
function differs(current: DmarcReading, older: DmarcReading): boolean {
  if (current.result === 'temperror' || older.result === 'temperror') return false;
  if (current.result !== older.result) return true;
  const lot = (reading: DmarcReading): number => reading.sampled?.percent ?? 100;
  if (current.result !== 'fail' || current.published.kind === 'unknown') return false;
  return (
    current.disposition !== older.disposition ||
    (older.disposition !== 'none' && lot(current) !== lot(older) && lot(older) !== 0)
  );
}

function saidBy({ result, disposition, sampled }: DmarcReading): string {
  if (result !== 'fail') return result === 'none' ? 'no record applies' : `it is \`${result}\``;
  if (sampled && sampled.percent > 0) return `it fails and meets \`${disposition}\` in ${sampled.percent} of 100 cases`;
  return `it fails and meets \`${disposition}\``;
}
