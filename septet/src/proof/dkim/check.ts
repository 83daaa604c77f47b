/** The signatures of a message, judged: what is missing, what fails and why, what is weak in those that hold. */
import type { DnsName } from '../../dns/name.ts';
import type { Evidence, Finding, Severity, Subject } from '../../finding/finding.ts';
import type { Header } from '../../mail/header.ts';
import { checkBodyForm, checkStrength } from './check-strength.ts';
import type { Judged, SignaturesInput } from './check-input.ts';
import { changeEvidence, diagnose, signatureEvidence } from './check-evidence.ts';
import { found } from './findings.ts';
import type { DkimOutcome } from './outcome.ts';

export function checkSignatures(input: SignaturesInput): readonly Finding[] {
  const { outcomes, source, header } = input;
  const author: Subject = { name: input.author ?? ('' as DnsName), type: 'message' };
  if (outcomes.length === 0) return [found('dkim.sig.missing', { subject: author })];

  const looked = outcomes.filter((outcome) => outcome.fault !== 'limit');
  const judged = looked.map((outcome): Judged => {
    const match = input.author === undefined || !outcome.domain ? undefined : input.alignedWith(outcome.domain);
    const own = input.author === undefined || match === 'strict' || match === 'relaxed';
    return { outcome, own, passes: outcome.result === 'pass' };
  });
  const findings: Finding[] = [...checkAlignment(input, judged)];
  const proved = judged.some(({ own, passes }) => own && passes);
  for (const one of judged) if (!one.passes) findings.push(...checkFailure(input, one, proved));
  findings.push(...checkStrength(input, judged), ...checkBodyForm(input, author));
  if (outcomes.length > looked.length) {
    findings.push(
      found('dkim.sig.limit', {
        subject: author,
        args: { count: outcomes.length - looked.length, all: outcomes.length },
      }),
    );
  }
  if (outcomes.length > 3) {
    const names = looked.map(({ selector, domain }) => `${selector ?? '?'} of ${domain ?? '?'}`).slice(0, 10);
    const evidence = looked
      .slice(0, 10)
      .flatMap((outcome) => signatureEvidence(source, header, outcome.line, ['d', 's']));
    const args = { count: outcomes.length, signers: names.join(', ') };
    findings.push(found('dkim.sig.dup_selector_domains', { subject: author, args, evidence }));
  }
  return findings;
}

/** Whether any signature is of the author's organisation, whatever became of it. */
function checkAlignment(input: SignaturesInput, judged: readonly Judged[]): readonly Finding[] {
  const { author, source, header } = input;
  if (author === undefined || judged.some(({ own }) => own)) return [];
  const domains = [...new Set(judged.flatMap(({ outcome }) => outcome.domain ?? []))];
  // A signature that cannot be read, or a look-up that failed, could be the one that counts.
  if (domains.length === 0 || domains.some((domain) => input.alignedWith(domain) === 'unknown')) return [];
  const subject: Subject = { name: author, type: 'message' };
  const severity = input.enforcing || input.bulk ? 'error' : 'warning';
  const evidence = judged.flatMap(({ outcome }) => signatureEvidence(source, header, outcome.line, ['d']));
  const services = domains.map((domain) => input.esp?.(domain));
  const service = services.find((title) => title !== undefined);
  const shown = domains.slice(0, 5).join(', ');
  if (service !== undefined && services.every((title) => title !== undefined)) {
    return [
      found('dkim.sig.d_is_esp_only', { subject, severity, args: { author, service, domains: shown }, evidence }),
    ];
  }
  return [found('dkim.sig.unaligned', { subject, severity, args: { author, domains: shown }, evidence })];
}

type Weight = Exclude<Severity, 'ok'>;

/** One signature that did not pass. `proved`: another one, of the author's organisation, did. */
function checkFailure(input: SignaturesInput, { outcome, own }: Judged, proved: boolean): readonly Finding[] {
  const { source, header } = input;
  const { fault } = outcome;
  const severity: Weight = proved ? (own ? 'warning' : 'info') : own ? 'error' : 'warning';
  const domain = outcome.domain ?? 'an unknown domain';
  const name = outcome.key?.name ?? `${outcome.selector ?? '?'}._domainkey.${domain}`;
  const subject: Subject = { name: outcome.domain ?? input.author ?? ('' as DnsName), type: 'DKIM-Signature' };
  const shown = (...tags: string[]): Evidence[] => signatureEvidence(source, header, outcome.line, tags);
  const base = { subject, severity, state: 'fail' as const };
  const selector = outcome.selector ?? '?';
  const outcomeOfKey = outcome.key?.detail ?? 'no answer';
  const keyEvidence = [...shown('d', 's'), ...keyTexts(outcome)];

  switch (fault) {
    case 'body_hash':
    case 'body_length':
    case 'signature': {
      const { what, cure } = diagnose(outcome, input);
      const effect = proved
        ? 'Another signature of the author’s domain holds, so little depends on this one.'
        : own
          ? 'DMARC then depends on SPF alone.'
          : 'It is not a signature of the author’s domain, so DMARC does not count it.';
      const weight = severity === 'error' && input.forwarded === true ? 'warning' : severity;
      const hashes = outcome.bodyHash;
      const facts: Evidence[] =
        fault === 'body_hash' && hashes
          ? [{ kind: 'fact', label: 'body hash', value: `signed ${hashes.signed}, found ${hashes.computed}` }]
          : [];
      const evidence = [
        ...shown(fault === 'signature' ? 'h' : 'bh'),
        ...facts,
        ...changeEvidence(outcome.changes ?? []),
      ];
      const code = fault === 'signature' ? 'dkim.sig.bad' : 'dkim.sig.body_hash';
      const told =
        fault === 'body_length' && outcome.changes === undefined ? 'it is shorter than what was signed' : what;
      return [found(code, { ...base, severity: weight, args: { domain, what: told, effect, cure }, evidence })];
    }
    case 'from_unsigned':
      return [found('dkim.sig.from_unsigned', { ...base, args: { domain }, evidence: shown('h') })];
    case 'expired':
    case 'timestamps':
      return [expired(outcome, { ...base, evidence: shown('t', 'x') }, domain, header)];
    case 'future':
      return [
        found('dkim.sig.future', {
          ...base,
          args: { domain, at: instant(outcome.timestamp) },
          evidence: shown('t'),
        }),
      ];
    case 'sha1':
      return [found('dkim.sig.sha1', { ...base, args: { domain }, evidence: shown('a') })];
    case 'i_outside_d':
      return [
        found('dkim.sig.i_outside_d', {
          ...base,
          args: { domain, identity: outcome.identity ?? '' },
          evidence: shown('d', 'i'),
        }),
      ];
    case 'i_strict':
      return [
        found('dkim.t.strict_i', {
          ...base,
          args: { domain, identity: outcome.identity ?? '', name },
          evidence: [...shown('d', 'i'), ...keyTexts(outcome)],
        }),
      ];
    case 'key_missing':
      return [
        found('dkim.sig.key_missing', {
          ...base,
          args: { domain, selector, name, outcome: outcomeOfKey },
          evidence: keyEvidence,
        }),
      ];
    case 'key_unavailable':
      return [
        found('dkim.sig.key_unavailable', {
          subject,
          severity: proved ? 'info' : 'warning',
          args: { domain, name, outcome: outcomeOfKey },
          evidence: keyEvidence,
        }),
      ];
    case 'key_revoked':
      return [found('dkim.sig.key_revoked', { ...base, args: { domain, selector, name }, evidence: keyEvidence })];
    case 'key_short':
      return [
        found('dkim.sig.key_short', {
          ...base,
          args: { domain, selector, bits: outcome.key?.bits ?? 'too few' },
          evidence: keyEvidence,
        }),
      ];
    case 'key_syntax':
    case 'key_type':
    case 'key_hash':
    case 'key_service':
    case 'key_unusable':
      return [
        found('dkim.sig.key_unusable', {
          ...base,
          args: { domain, name, reason: outcome.reason },
          evidence: keyEvidence,
        }),
      ];
    case 'limit':
      return [];
    default: {
      // What cannot be read: `syntax`, `version`, `tag_missing`, `…_unknown`.
      const by = outcome.domain === undefined ? '' : ` of ${outcome.domain}`;
      return [found('dkim.sig.syntax', { ...base, args: { by, reason: outcome.reason }, evidence: shown() })];
    }
  }
}

/** `x=` in the past, or not after `t=`. A message that arrived in time is no fault. */
function expired(
  outcome: DkimOutcome,
  base: { subject: Subject; severity: Weight; state: 'fail'; evidence: readonly Evidence[] },
  domain: string,
  header: Header,
): Finding {
  const { expires, timestamp } = outcome;
  if (outcome.fault === 'timestamps' || (expires !== undefined && timestamp !== undefined && expires <= timestamp)) {
    const what = `ends (${instant(expires)}) before it begins (${instant(timestamp)})`;
    const cure = 'Correct the lifetime of signatures in the signer: a week or more, or no `x=`.';
    return found('dkim.sig.expired', { ...base, args: { domain, what, cure } });
  }
  const arrived = arrivalOf(header);
  const inTime = arrived !== undefined && expires !== undefined && arrived <= expires * 1000;
  const what = `expired at ${instant(expires)}${inTime ? ', after the message arrived' : ''}`;
  const cure = inTime
    ? `Nothing needs doing. To see what the receiver saw, look again with \`--at ${new Date(arrived).toISOString()}\`.`
    : 'Let signatures hold for a week or more, or leave `x=` out. If the message lay in a queue for long, see why.';
  return found('dkim.sig.expired', {
    ...base,
    ...(inTime ? { severity: 'info', state: 'pass' } : {}),
    args: { domain, what, cure },
  });
}

/** When the newest trace field was written, in milliseconds (RFC 5321 §4.4: the date stands behind the last semicolon). */
function arrivalOf(header: Header): number | undefined {
  const field = header.fields.find(({ key }) => key === 'received');
  const at = field
    ? Date.parse(
        field.raw
          .slice(field.raw.lastIndexOf(';') + 1)
          .replaceAll(/\([^()]*\)|\r\n/g, ' ')
          .trim(),
      )
    : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}

/** ISO 8601, UTC; what cannot be a date as it is. */
export function instant(seconds: number | undefined): string {
  if (seconds === undefined) return 'an unknown time';
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? `${seconds} s` : date.toISOString().replace('.000Z', 'Z');
}

function keyTexts(outcome: DkimOutcome): readonly Evidence[] {
  const { key } = outcome;
  if (!key) return [];
  const server = key.server === undefined ? {} : { server: key.server };
  if (key.texts.length === 0) {
    return [{ kind: 'answer', name: key.name, type: 'TXT', outcome: key.detail ?? key.kind, ...server }];
  }
  return key.texts.slice(0, 4).map((text) => ({ kind: 'record', name: key.name, type: 'TXT', text, ...server }));
}
