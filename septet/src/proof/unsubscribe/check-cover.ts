/**
 * Whether a valid signature covers both fields (RFC 8058 §4). A field counts as covered when `h=` names it at least as
 * often as it stands in the header: names are taken from the bottom up (RFC 6376 §5.4.2).
 */
import type { DnsName } from '../../dns/name.ts';
import { registrableDomain } from '../../dns/public-suffix.ts';
import type { Evidence, Finding, Subject } from '../../finding/finding.ts';
import { fieldsOf, type Header } from '../../mail/header.ts';
import type { DkimOutcome } from '../dkim/outcome.ts';
import type { Identifier } from '../dmarc/outcome.ts';
import { found } from './findings.ts';

export interface CoverInput {
  readonly header: Header;
  readonly author?: DnsName;
  readonly dkim?: readonly DkimOutcome[];
  readonly aligned?: (domain: DnsName) => Identifier['match'];
  readonly subject: Subject;
  readonly grave: 'error' | 'warning';
}

const names = ['List-Unsubscribe', 'List-Unsubscribe-Post'] as const;
const signBoth = 'Let the sender sign List-Unsubscribe and List-Unsubscribe-Post: name both in `h=`.';

export function checkCover(input: CoverInput): readonly Finding[] {
  const { dkim, subject, grave, author } = input;
  if (dkim === undefined) return [];
  const valid = dkim.filter(({ result }) => result === 'pass');
  const covering = valid.filter((signature) => uncovered(signature, input.header).length === 0);
  if (covering.some((signature) => isOwn(signature, input))) return [];
  const report = (
    reason: string,
    cure: string,
    more: Partial<Pick<Finding, 'state' | 'evidence'>> = {},
  ): readonly Finding[] => [
    found('unsub.dkim.uncovered', { subject, severity: grave, args: { reason, cure }, ...more }),
  ];
  const [foreign] = covering;
  if (foreign) {
    const reason = `only the signature of ${foreign.domain ?? 'another domain'} covers it, and From is at ${author ?? 'another one'}`;
    const cure = `${signBoth} Sign with d=${author ?? 'the domain of From'} too.`;
    return [
      found('unsub.dkim.uncovered', {
        subject,
        severity: 'warning',
        args: { reason, cure },
        evidence: signs([foreign]),
      }),
    ];
  }
  const own = valid.find((signature) => isOwn(signature, input)) ?? valid[0];
  if (own) {
    const missing = uncovered(own, input.header);
    const reason = `the signature of ${own.domain ?? 'the sender'} (selector ${own.selector ?? '?'}) ${leavesOut(missing, own, input.header)}`;
    return report(reason, signBoth, { evidence: signs(valid) });
  }
  const untold = dkim.find(({ result }) => result === 'temperror');
  if (untold) {
    const reason = `it cannot be told, because a signature could not be checked (${untold.reason})`;
    return report(reason, `Try again. ${signBoth}`, { state: 'unknown', evidence: signs([untold]) });
  }
  if (dkim.length === 0) return report('the message has no DKIM signature', signBoth);
  return report('no DKIM signature of the message is valid', `Mend the signature first. ${signBoth}`, {
    evidence: signs(dkim),
  });
}

function isOwn({ domain }: DkimOutcome, { author, aligned }: CoverInput): boolean {
  if (domain === undefined) return false;
  if (author === undefined) return true;
  if (aligned) return aligned(domain) !== 'none';
  const organisation = registrableDomain(author);
  return domain === author || (organisation !== undefined && registrableDomain(domain) === organisation);
}

const uncovered = (signature: DkimOutcome, header: Header): readonly string[] =>
  names.filter((name) => countOf(signature, name) < fieldsOf(header, name.toLowerCase()).length);

const countOf = ({ signedHeaders }: DkimOutcome, name: string): number =>
  signedHeaders.filter((signed) => signed.trim().toLowerCase() === name.toLowerCase()).length;

function leavesOut(missing: readonly string[], signature: DkimOutcome, header: Header): string {
  const twice = missing.find((name) => countOf(signature, name) > 0);
  if (twice === undefined) return `leaves out ${missing.join(' and ')}`;
  const there = fieldsOf(header, twice.toLowerCase()).length;
  return `names ${twice} ${countOf(signature, twice)} times, and it stands in the header ${there} times`;
}

const signs = (signatures: readonly DkimOutcome[]): readonly Evidence[] =>
  signatures.slice(0, 3).map(({ line, domain, selector, result, signedHeaders }) => ({
    kind: 'fact',
    label: `DKIM-Signature on line ${line}`,
    value: `d=${domain ?? '?'} s=${selector ?? '?'} ${result}, h=${signedHeaders.slice(0, 40).join(':')}`,
  }));
