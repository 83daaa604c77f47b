import type { DnsName } from '../../dns/name.ts';
import type { Answer } from '../../dns/rrset.ts';
import { isAbsent, txtText } from '../../dns/rrset.ts';
import type { Evidence, Finding, RecordToSet, Subject } from '../../finding/finding.ts';
import { makeFinding } from '../../finding/catalogue.ts';
import type { Span } from '../../text/parsed.ts';
import type { FetchFailure } from '../../world/world.ts';
import { checkPolicyHost } from './check-https.ts';
import { checkPolicyText } from './check-policy.ts';
import { found, rows } from './findings.ts';
import { policyUrl } from './lookup.ts';
import type { MtaStsObservation } from './lookup.ts';
import type { MtaStsPolicy } from './policy.ts';
import { matches, parsePolicy, patternText } from './policy.ts';
import { format, idAt, parse } from './record.ts';

/** The exchanges of the domain, as far as they are known. */
export type Exchanges =
  | { readonly kind: 'known'; readonly exchanges: readonly DnsName[] }
  | { readonly kind: 'null-mx' }
  | { readonly kind: 'unknown' };

export interface MtaStsContext {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly mx: Exchanges;
  /** Whether `_smtp._tls` asks for reports; `unknown` when it could not be told. */
  readonly tlsRpt: 'present' | 'missing' | 'unknown';
  /** TLSA answers of the exchanges. */
  readonly tlsa: readonly Answer<'TLSA'>[];
}

const ttlSeconds = 3600;

/** The policy that the observation shows, when it is usable. */
export function policyOf(seen: MtaStsObservation): MtaStsPolicy | undefined {
  if (seen.policy.kind !== 'response' || seen.policy.status !== 200) return undefined;
  const parsed = parsePolicy(seen.policy.body);
  return parsed.kind === 'good' ? parsed.value : undefined;
}

export function check(seen: MtaStsObservation, context: MtaStsContext): readonly Finding[] {
  const { txt, domain } = seen;
  if (txt === undefined || txt.kind === 'failed') return [];
  const subject: Subject = { name: txt.name, type: 'TXT' };
  const candidates =
    txt.kind === 'found' ? txt.set.data.map(txtText).filter((text) => parse(text).kind !== 'other') : [];
  if (candidates.length === 0) return withoutTxt(seen, subject, context);

  const findings: Finding[] = [];
  const first = txt.chain[0];
  const last = txt.chain.at(-1);
  if (first && last)
    findings.push(found('mtasts.txt.cname', { subject, args: { name: txt.name, target: last.target } }));
  const fresh = (): RecordToSet => ({
    name: txt.name,
    type: 'TXT',
    ttlSeconds,
    data: [format({ id: idAt(context.now), extensions: [] })],
  });
  if (candidates.length > 1) {
    const evidence = candidates.map((text) => record(txt, text));
    findings.push(
      found('mtasts.txt.multiple', {
        subject,
        args: { name: txt.name, count: candidates.length },
        evidence,
        set: [fresh()],
      }),
    );
  } else {
    const text = candidates[0] ?? '';
    const parsed = parse(text);
    for (const problem of parsed.kind === 'other' ? [] : parsed.problems) {
      findings.push(
        makeFinding('mtasts', problem.code, rows[problem.code], {
          subject,
          ...(problem.args ? { args: problem.args } : {}),
          evidence: [record(txt, text, problem)],
          ...(rows[problem.code].severity === 'error' ? { set: [fresh()] } : {}),
        }),
      );
    }
  }
  findings.push(...checkPolicyHost(seen, context.now));
  const fault = policyFault(seen);
  if (fault !== undefined) {
    findings.push(found('mtasts.half.txt_only', { subject, args: { url: policyUrl(domain), reason: fault } }));
  }
  findings.push(...checkPolicy(seen, context));
  findings.push(found('mtasts.value.claim', { subject, args: { domain } }));
  return findings;
}

function withoutTxt(seen: MtaStsObservation, subject: Subject, context: MtaStsContext): readonly Finding[] {
  const { domain, txt } = seen;
  const fresh: RecordToSet = {
    name: subject.name,
    type: 'TXT',
    ttlSeconds,
    data: [format({ id: idAt(context.now), extensions: [] })],
  };
  const stray = seen.misplaced[0];
  if (stray) {
    const set: RecordToSet[] = [
      { name: subject.name, type: 'TXT', ttlSeconds, data: [stray.text] },
      { name: stray.name, type: 'TXT', ttlSeconds, data: [stray.text], action: 'remove' },
    ];
    const evidence: Evidence[] = [{ kind: 'record', name: stray.name, type: 'TXT', text: stray.text }];
    return [found('mtasts.txt.location', { subject, args: { found: stray.name, name: subject.name }, evidence, set })];
  }
  if (policyOf(seen)) {
    const only = found('mtasts.half.policy_only', { subject, args: { domain, name: subject.name }, set: [fresh] });
    return [only, ...checkPolicyHost(seen, context.now), ...checkPolicy(seen, context)];
  }
  const outcome = txt?.kind === 'nxdomain' ? 'NXDOMAIN' : 'no such record';
  return [
    found('mtasts.missing', {
      subject,
      args: { domain },
      evidence: [{ kind: 'answer', name: subject.name, type: 'TXT', outcome }],
    }),
  ];
}

/** Failures after which a policy may be there all the same. */
const untold: ReadonlySet<FetchFailure> = new Set(['too-large', 'timeout', 'dns']);

/** Why no policy could be fetched, in a few words; `undefined` when one was, or when nobody could tell. */
function policyFault(seen: MtaStsObservation): string | undefined {
  const { policy, host } = seen;
  if (policy.kind === 'response') return policy.status === 200 ? undefined : `it answers ${policy.status}`;
  if (policy.kind === 'failed') return untold.has(policy.reason) ? undefined : policy.detail;
  return policy.why === 'no-host' && host ? `${host.name} has no address` : undefined;
}

function checkPolicy(seen: MtaStsObservation, context: MtaStsContext): readonly Finding[] {
  if (seen.policy.kind !== 'response' || seen.policy.status !== 200) return [];
  const url = policyUrl(seen.domain);
  const subject: Subject = { name: seen.host?.name ?? seen.domain, type: 'HTTPS' };
  const findings = [...checkPolicyText(seen.policy.body, url, subject)];
  const policy = policyOf(seen);
  if (!policy) return findings;
  findings.push(...checkCoverage(policy, context.mx, url, subject));
  if (policy.mode !== 'none' && context.tlsRpt === 'missing') {
    findings.push(found('mtasts.mode.no_tlsrpt', { subject, args: { mode: policy.mode } }));
  }
  for (const tlsa of context.tlsa) {
    if (tlsa.kind !== 'found' || policy.mode === 'none') continue;
    const exchange = tlsa.name.replace(/^_25\._tcp\./, '');
    findings.push(found('mtasts.dane.conflict', { subject, args: { exchange } }));
  }
  return findings;
}

/** The policy against the live MX (RFC 8461 §4.1). */
export function checkCoverage(policy: MtaStsPolicy, mx: Exchanges, url: string, subject: Subject): readonly Finding[] {
  if (policy.mode === 'none' || mx.kind === 'unknown') return [];
  if (mx.kind === 'null-mx') return [found('mtasts.mx.null', { subject })];
  const findings: Finding[] = [];
  const shown: Evidence = {
    kind: 'file',
    place: url,
    text: policy.mx.map((pattern) => `mx: ${patternText(pattern)}`).join('\n'),
  };
  for (const exchange of mx.exchanges) {
    if (policy.mx.some((pattern) => matches(pattern, exchange))) continue;
    const deep = policy.mx.find((pattern) => pattern.wildcard && exchange.endsWith(`.${pattern.name}`));
    if (deep)
      findings.push(
        found('mtasts.mx.wildcard_depth', { subject, args: { base: deep.name, exchange }, evidence: [shown] }),
      );
    const severity = policy.mode === 'enforce' ? 'error' : 'warning';
    findings.push(found('mtasts.mx.uncovered', { subject, args: { exchange }, severity, evidence: [shown] }));
  }
  for (const pattern of policy.mx) {
    if (mx.exchanges.some((exchange) => matches(pattern, exchange))) continue;
    findings.push(
      found('mtasts.mx.stale_pattern', { subject, args: { pattern: patternText(pattern) }, evidence: [shown] }),
    );
  }
  return findings;
}

function record(txt: Answer<'TXT'>, text: string, mark?: Span): Evidence {
  const ttl = txt.kind === 'found' ? { ttlSeconds: txt.set.ttlSeconds } : {};
  const marks = mark ? { marks: [{ offset: mark.offset, length: mark.length }] } : {};
  return { kind: 'record', name: txt.name, type: 'TXT', text, server: txt.server, ...ttl, ...marks };
}

/** Whether the observation says that senders see a policy announced. */
export function announces(seen: MtaStsObservation): boolean {
  return (
    seen.txt !== undefined &&
    !isAbsent(seen.txt) &&
    seen.txt.kind === 'found' &&
    seen.txt.set.data.some((d) => parse(txtText(d)).kind === 'good')
  );
}
