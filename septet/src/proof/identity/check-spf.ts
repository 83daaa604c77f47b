/** The rules about the envelope and SPF of a message. */
import { parseName, type DnsName } from '../../dns/name.ts';
import type { Finding, Subject } from '../../finding/finding.ts';
import { authorDomains } from '../dmarc/dmarc-of.ts';
import type { DmarcReading } from '../dmarc/outcome.ts';
import { onlySubmitted } from '../spf-of.ts';
import { found } from './findings.ts';
import { envelopeEvidence, nowhere, type IdentityInput } from './input.ts';

export function checkSpf(input: IdentityInput): readonly Finding[] {
  const { envelope, spf, forwarding, author } = input;
  const mfrom = spf.find(({ scope }) => scope === 'mfrom');
  if (!mfrom) return [];
  const { domain, result, reason } = mfrom;
  const ip = envelope.ip?.value ?? 'the client';
  const evidence = envelopeEvidence(input);
  const subject: Subject = { name: nameOf(domain) ?? authorDomains(author)[0] ?? nowhere, type: 'MAIL FROM' };
  if (onlySubmitted(envelope)) {
    const by = envelope.hop?.by ?? 'the own server';
    return [found('message.envelope.submission', { subject, args: { by }, evidence })];
  }
  if (result === 'unknown') return [found('message.envelope.unknown', { subject, args: { reason }, evidence })];
  const out: Finding[] = [];
  if (envelope.mailFrom?.value === '') {
    out.push(found('message.spf.null_sender', { subject, args: { domain: domain || 'nothing' }, evidence }));
  }
  if (forwarding && result !== 'temperror' && !isAligned(input)) {
    const signs = forwarding.signs.slice(0, 3).join(', ');
    const by = forwarding.kind === 'list' ? 'mailing list' : 'forwarder';
    const args = { by, signs, result, domain: domain || 'an unknown name' };
    out.push(found('message.spf.forwarded', { subject, args, evidence }));
    return out;
  }
  const args = { domain: domain || 'the return path', result, ip, reason };
  if (result === 'temperror') out.push(found('message.spf.unknown', { subject, args, evidence }));
  else if (result === 'permerror') out.push(found('message.spf.permerror', { subject, args, evidence }));
  else if (result === 'none') out.push(found('message.spf.none', { subject, args, evidence }));
  else if (result === 'pass') out.push(...checkAlignment(input, domain, subject));
  else out.push(found('message.spf.fail', { subject, args, evidence }));
  const helo = spf.find(({ scope }) => scope === 'helo');
  // With the null sender both identities are the same.
  if (helo?.result === 'fail' && envelope.mailFrom?.value !== '') {
    const name = nameOf(helo.domain) ?? nowhere;
    const said = { domain: helo.domain, ip, reason: helo.reason };
    out.push(found('message.spf.helo_fail', { subject: { name, type: 'HELO' }, args: said, evidence }));
  }
  return out;
}

const current = ({ dmarc }: IdentityInput): readonly DmarcReading[] =>
  dmarc.readings.filter(({ reader }) => reader === 'RFC 9989');

const isAligned = (input: IdentityInput): boolean =>
  current(input).some(({ identifiers }) => identifiers.some(({ method, aligned }) => method === 'spf' && aligned));

/** SPF passes; whether it counts for each author domain. */
function checkAlignment(input: IdentityInput, domain: string, subject: Subject): readonly Finding[] {
  const out: Finding[] = [];
  for (const { author, identifiers, record } of current(input)) {
    const spf = identifiers.find(({ method }) => method === 'spf');
    if (!spf || spf.aligned || spf.match === 'unknown') continue;
    const evidence = envelopeEvidence(input);
    if (spf.match === 'none') out.push(found('message.spf.unaligned', { subject, args: { domain, author }, evidence }));
    else if (record) {
      const args = { domain, author, record: record.name };
      const shown = { kind: 'record', name: record.name, type: 'TXT', text: record.text } as const;
      out.push(found('message.spf.strict', { subject, args, evidence: [...evidence, shown] }));
    }
  }
  return out;
}

function nameOf(text: string): DnsName | undefined {
  const parsed = text === '' ? undefined : parseName(text);
  return parsed?.ok ? parsed.name : undefined;
}
