/** Who sent the message, and what proves it: findings of From, the envelope, SPF, DMARC, and BIMI. Pure. */
import type { Finding } from '../../finding/finding.ts';
import { fieldsOf } from '../../mail/header.ts';
import { authorDomains } from '../dmarc/dmarc-of.ts';
import { checkDmarc } from './check-dmarc.ts';
import { checkSpf } from './check-spf.ts';
import { found, foundBimi, foundDmarc } from './findings.ts';
import { evidenceOf, fieldEvidence, nowhere, type IdentityInput } from './input.ts';

export function checkIdentity(input: IdentityInput): readonly Finding[] {
  return [...checkFrom(input), ...checkSpf(input), ...checkDmarc(input), ...checkBimi(input)];
}

const problems = {
  empty: 'is empty',
  'no-address': 'holds no address',
  'no-domain': 'holds no address with a domain name',
} as const;

function checkFrom(input: IdentityInput): readonly Finding[] {
  const { author } = input;
  const evidence = fieldEvidence(input, 'from');
  if (author.kind === 'none') {
    const subject = { name: nowhere, type: 'From' };
    if (author.why === 'no-field') return [found('message.from.missing', { subject })];
    return [found('message.from.unreadable', { subject, args: { problem: problems[author.why] }, evidence })];
  }
  if (author.kind === 'one') return [];
  const what =
    author.fields > 1 ? `The message has ${author.fields} From fields` : `From names ${author.domains.length} domains`;
  const list = author.domains.slice(0, 5).join(', ') + (author.domains.length > 5 ? ' and more' : '');
  const subject = { name: author.domains[0] ?? nowhere, type: 'From' };
  return [foundDmarc('dmarc.from.multi', { subject, args: { what, list: list || 'no domain' }, evidence })];
}

function checkBimi(input: IdentityInput): readonly Finding[] {
  const { author, bimi, dmarc, forwarding } = input;
  const domain = authorDomains(author)[0] ?? nowhere;
  const out: Finding[] = [...checkForged(input)];
  if (!bimi) return out;
  const uses = bimi.record === 'present' || bimi.line !== undefined;
  const count = author.kind === 'none' ? 0 : author.mailboxes.length;
  if (uses && count > 1) {
    const subject = { name: domain, type: 'From' };
    out.push(foundBimi('bimi.from.multi', { subject, args: { count }, evidence: fieldEvidence(input, 'from') }));
  }
  const result = dmarc.readings.find(({ reader, author: name }) => reader === 'RFC 9989' && name === domain)?.result;
  if (bimi.record === 'present' && !forwarding && result !== undefined && result !== 'pass' && result !== 'temperror') {
    const subject = { name: domain, type: 'message' };
    out.push(foundBimi('bimi.dmarc.result', { subject, args: { domain, result } }));
  }
  if (bimi.line !== undefined && bimi.record === 'missing') {
    const subject = { name: domain, type: 'BIMI-Selector' };
    const name = bimi.name ?? `default._bimi.${domain}`;
    const problem =
      bimi.name === undefined
        ? 'cannot be read; it has to say `v=BIMI1; s=<selector>`'
        : `names the selector \`${bimi.selector ?? ''}\`, which has no BIMI record`;
    const evidence = fieldEvidence(input, 'bimi-selector');
    out.push(foundBimi('bimi.selector.header', { subject, args: { problem, name }, evidence }));
  }
  return out;
}

/** Above the last hop these fields are the receiver's own. */
function checkForged({ source, header, author, envelope, dkim }: IdentityInput): readonly Finding[] {
  const fields = ['bimi-location', 'bimi-indicator'].flatMap((key) => fieldsOf(header, key));
  const signed = new Set(dkim.flatMap(({ signedHeaders }) => signedHeaders.map((name) => name.toLowerCase())));
  const line = envelope.hop?.line;
  const written = fields.filter((field) => line === undefined || field.line > line || signed.has(field.key));
  if (written.length === 0) return [];
  const subject = { name: authorDomains(author)[0] ?? nowhere, type: written[0]?.name ?? 'message' };
  const names = [...new Set(written.map(({ name }) => name))].join(' and ');
  const evidence = written.slice(0, 5).map((field) => evidenceOf(source, field));
  return [foundBimi('bimi.header.forged', { subject, args: { fields: names }, evidence })];
}
