/** What a signature leaves open, and a body that will hardly arrive as it was signed. */
import type { DnsName } from '../../dns/name.ts';
import type { Finding, Subject } from '../../finding/finding.ts';
import { fieldsOf } from '../../mail/header.ts';
import type { Judged, SignaturesInput } from './check-input.ts';
import { fieldEvidence, signatureEvidence } from './check-evidence.ts';
import { found } from './findings.ts';
import type { DkimOutcome } from './outcome.ts';

/** RFC 6376 §5.4.1, as far as readers see them or programs act on them. */
const wanted = ['Subject', 'Date', 'To', 'Message-ID', 'MIME-Version', 'Content-Type', 'Reply-To'] as const;
const oversigned = ['From', 'Subject', 'To'] as const;
const listFields = ['List-Unsubscribe', 'List-Unsubscribe-Post'] as const;
const bimiOutput = ['BIMI-Location', 'BIMI-Indicator'] as const;
const shortestSeconds = 24 * 3600; // house

/**
 * Advice about the author's own signatures. Where one passes, those that fail are not weighed; where several pass, as with
 * RSA and Ed25519 side by side, a weakness counts only if none of them is without it.
 */
export function checkStrength(input: SignaturesInput, judged: readonly Judged[]): readonly Finding[] {
  const readable = judged.filter(({ own, outcome }) => own && outcome.signedHeaders.length > 0);
  const passing = readable.filter(({ passes }) => passes);
  const weighed = (passing.length > 0 ? passing : readable).map(({ outcome }) => outcome);
  const best = weighed[0];
  if (!best) return [];
  return [
    ...headers(input, weighed),
    ...listHeaders(
      input,
      passing.map(({ outcome }) => outcome),
    ),
    ...bimi(input, weighed),
    ...times(input, weighed),
    ...weighed.flatMap((outcome) => lengthTag(input, outcome)),
    ...canonical(input, weighed),
  ];
}

const subjectOf = (outcome: DkimOutcome): Subject => ({
  name: outcome.domain ?? ('' as DnsName),
  type: 'DKIM-Signature',
});
const domainOf = (outcome: DkimOutcome): string => outcome.domain ?? 'an unknown domain';
const timesIn = (outcome: DkimOutcome, name: string): number =>
  outcome.signedHeaders.filter((signed) => signed.toLowerCase() === name.toLowerCase()).length;
const count = (input: SignaturesInput, name: string): number => fieldsOf(input.header, name.toLowerCase()).length;
const evidenceOf = (input: SignaturesInput, outcome: DkimOutcome, ...tags: string[]) =>
  signatureEvidence(input.source, input.header, outcome.line, tags);

/** The signature with the shortest list of faults. */
function fewest<T>(
  outcomes: readonly DkimOutcome[],
  faults: (outcome: DkimOutcome) => readonly T[],
): { outcome: DkimOutcome; faults: readonly T[] } | undefined {
  return outcomes
    .map((outcome) => ({ outcome, faults: faults(outcome) }))
    .toSorted((one, other) => one.faults.length - other.faults.length)[0];
}

function headers(input: SignaturesInput, outcomes: readonly DkimOutcome[]): readonly Finding[] {
  const findings: Finding[] = [];
  const weak = fewest(outcomes, (outcome) =>
    wanted.filter((name) => count(input, name) > 0 && timesIn(outcome, name) === 0),
  );
  if (weak && weak.faults.length > 0) {
    const args = { domain: domainOf(weak.outcome), missing: weak.faults.join(', ') };
    findings.push(
      found('dkim.sig.headers_weak', {
        subject: subjectOf(weak.outcome),
        args,
        evidence: evidenceOf(input, weak.outcome, 'h'),
      }),
    );
  }
  const open = fewest(outcomes, (outcome) => oversigned.filter((name) => timesIn(outcome, name) <= count(input, name)));
  // From alone is what counts; a signer that oversigns it is not troubled about the others.
  if (open?.faults.includes('From') && open.outcome.fault !== 'from_unsigned') {
    const args = { domain: domainOf(open.outcome), fields: open.faults.join(', ') };
    findings.push(
      found('dkim.sig.no_oversign', {
        subject: subjectOf(open.outcome),
        args,
        evidence: evidenceOf(input, open.outcome, 'h'),
      }),
    );
  }
  return findings;
}

/** RFC 8058 §4: one signature that holds covers both. Where none holds that is said elsewhere. */
function listHeaders(input: SignaturesInput, passing: readonly DkimOutcome[]): readonly Finding[] {
  const there = listFields.filter((name) => count(input, name) > 0);
  const open = fewest(passing, (outcome) => there.filter((name) => timesIn(outcome, name) === 0));
  if (!open || open.faults.length === 0) return [];
  const evidence = [
    ...open.faults
      .flatMap((name) => fieldsOf(input.header, name.toLowerCase()).slice(0, 1))
      .map((field) => fieldEvidence(input.source, field)),
    ...evidenceOf(input, open.outcome, 'h'),
  ];
  const severity = input.bulk ? 'error' : 'warning';
  return [
    found('dkim.sig.list_headers', {
      subject: subjectOf(open.outcome),
      severity,
      args: { missing: open.faults.join(' and ') },
      evidence,
    }),
  ];
}

function bimi(input: SignaturesInput, outcomes: readonly DkimOutcome[]): readonly Finding[] {
  const findings: Finding[] = [];
  const selector = fieldsOf(input.header, 'bimi-selector')[0];
  const first = outcomes[0];
  if (selector && first && outcomes.every((outcome) => timesIn(outcome, 'BIMI-Selector') === 0)) {
    const evidence = [fieldEvidence(input.source, selector), ...evidenceOf(input, first, 'h')];
    findings.push(found('dkim.sig.bimi_selector', { subject: subjectOf(first), evidence }));
  }
  for (const outcome of outcomes) {
    const signed = bimiOutput.filter((name) => timesIn(outcome, name) > 0);
    if (signed.length === 0) continue;
    const args = { domain: domainOf(outcome), fields: signed.join(' and ') };
    findings.push(
      found('dkim.sig.bimi_output_signed', {
        subject: subjectOf(outcome),
        args,
        evidence: evidenceOf(input, outcome, 'h'),
      }),
    );
  }
  return findings;
}

function times(input: SignaturesInput, outcomes: readonly DkimOutcome[]): readonly Finding[] {
  const findings: Finding[] = [];
  const lifetime = ({ timestamp, expires }: DkimOutcome): number =>
    timestamp === undefined || expires === undefined ? Number.POSITIVE_INFINITY : expires - timestamp;
  const longest = outcomes.toSorted((one, other) => lifetime(other) - lifetime(one))[0];
  if (longest && lifetime(longest) < shortestSeconds && lifetime(longest) > 0) {
    const hours = lifetime(longest) / 3600;
    const args = {
      domain: domainOf(longest),
      hours: hours < 1 ? `${Math.round(hours * 60)} minutes` : `${Math.round(hours * 10) / 10} hours`,
    };
    findings.push(
      found('dkim.sig.expiry_short', {
        subject: subjectOf(longest),
        args,
        evidence: evidenceOf(input, longest, 't', 'x'),
      }),
    );
  }
  for (const outcome of outcomes) {
    // One that did not pass is told as a failure.
    if (outcome.result !== 'pass' || outcome.fault !== 'future' || outcome.timestamp === undefined) continue;
    const args = {
      domain: domainOf(outcome),
      at: new Date(outcome.timestamp * 1000).toISOString().replace('.000Z', 'Z'),
    };
    findings.push(
      found('dkim.sig.future', { subject: subjectOf(outcome), args, evidence: evidenceOf(input, outcome, 't') }),
    );
  }
  return findings;
}

function lengthTag(input: SignaturesInput, outcome: DkimOutcome): readonly Finding[] {
  if (!outcome.length) return [];
  const { signed, beyond: more } = outcome.length;
  const beyond =
    more > 0 ? `In this message ${more} octets are not signed.` : 'Some receivers therefore ignore such signatures.';
  return [
    found('dkim.sig.length_tag', {
      subject: subjectOf(outcome),
      args: { domain: domainOf(outcome), signed, beyond },
      evidence: evidenceOf(input, outcome, 'l'),
    }),
  ];
}

function canonical(input: SignaturesInput, outcomes: readonly DkimOutcome[]): readonly Finding[] {
  const first = outcomes[0];
  const strict = outcomes.every(
    ({ canonicalization }) => canonicalization?.header === 'simple' && canonicalization.body === 'simple',
  );
  if (!first || !strict) return [];
  return [
    found('dkim.sig.canon_simple', {
      subject: subjectOf(first),
      args: { domain: domainOf(first) },
      evidence: evidenceOf(input, first, 'c'),
    }),
  ];
}

/** Lines that servers on the way have to change (RFC 6376 §5.3). */
export function checkBodyForm(input: SignaturesInput, subject: Subject): readonly Finding[] {
  const { body, source } = input;
  const what: string[] = [];
  const { octets, line } = body.longestLine;
  if (body.longLines > 0)
    what.push(
      `${body.longLines === 1 ? 'a line' : `${body.longLines} lines`} of more than 998 octets (the longest has ${octets})`,
    );
  if (body.bareCr > 0) what.push('bare CR');
  if (body.bareLf > 0) what.push('bare LF');
  if (body.nul > 0) what.push('NUL octets');
  const broken = what.length > 0;
  if (body.eightBit > 0) what.push('8-bit text');
  if (what.length === 0) return [];
  const evidence =
    body.longLines > 0
      ? [
          {
            kind: 'fact',
            label: 'longest line',
            value: `line ${line} of ${source}, ${octets} octets`,
          } as const,
        ]
      : [];
  return [
    found('dkim.sig.line_length', {
      subject,
      severity: broken ? 'warning' : 'info',
      args: { what: what.join(', ') },
      evidence,
    }),
  ];
}
