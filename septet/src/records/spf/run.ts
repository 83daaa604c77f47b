/** The state of one evaluation, and what every term does to it: asking, counting, leaving a step in the trace. */
import type { DnsName } from '../../dns/name.ts';
import type { Answer, RrType } from '../../dns/rrset.ts';
import type { Address } from './address.ts';
import type { Question, Source } from './answers.ts';
import type { DomainSpec } from './macro.ts';
import type { SpfTrouble, SpfVerdict, StepOutcome, TraceRecord, TraceStep } from './trace.ts';

export interface SpfRequest {
  /** The connecting address, IPv4 or IPv6 text. */
  readonly ip: string;
  /** MAIL FROM without angle brackets; empty or absent for the null sender, whose place postmaster@helo takes (§2.4). */
  readonly mailFrom?: string;
  readonly helo?: string;
  /** The receiving host, for `%{r}` in explanations. */
  readonly receiver?: string;
  /** Milliseconds since 1970, for `%{t}` in explanations. */
  readonly now?: number;
}

/** RFC 7208 §4.6.4. */
export const maxLookups = 10;
export const maxVoids = 2;
export const maxNames = 10;

export const verdicts: readonly SpfVerdict[] = [
  'pass',
  'fail',
  'softfail',
  'neutral',
  'none',
  'temperror',
  'permerror',
];
export const pass = 0;
export const fail = 1;
export const neutral = 3;
export const none = 4;
export const temperror = 5;
export const permerror = 6;
/** Not a verdict: an answer is missing. */
export const needs = 7;

export interface Run {
  readonly request: SpfRequest;
  readonly source: Source;
  readonly ip: Address;
  readonly local: string;
  readonly senderDomain: string;
  lookups: number;
  voids: number;
  /** The term under way has had its void look-up counted: the limit is on terms (RFC 7208 §4.6.4). */
  voidCounted: boolean;
  readonly questions: Question[];
  readonly path: DnsName[];
  matched: { readonly term: string; readonly path: readonly DnsName[] } | undefined;
  problem: SpfTrouble | undefined;
  /** The record whose `exp=` would explain a fail, and its domain (§6.2). */
  explainer: { readonly spec: DomainSpec | null; readonly domain: DnsName } | undefined;
  /** The trace of the record that was evaluated last. */
  node: TraceRecord | undefined;
}

export function step(
  run: Run,
  steps: TraceStep[],
  index: number,
  term: string,
  outcome: StepOutcome,
  target: string | undefined,
  seen: readonly string[] | undefined,
  nested?: TraceRecord,
): void {
  const { lookups, voids } = run;
  if (nested) steps.push({ index, term, outcome, lookups, voids, target: target ?? '', nested });
  else if (seen) steps.push({ index, term, outcome, lookups, voids, target: target ?? '', seen });
  else if (target !== undefined) steps.push({ index, term, outcome, lookups, voids, target });
  else steps.push({ index, term, outcome, lookups, voids });
}

export function failed(
  run: Run,
  index: number,
  text: string,
  domain: DnsName,
  answer: Answer & { kind: 'failed' },
  steps: TraceStep[],
): number {
  run.problem = {
    code: 'spf.include.temperror',
    reason: `${text} in the record of ${domain}: the question for ${answer.name} ${answer.type} was not answered (${answer.reason}).`,
  };
  step(run, steps, index, text, 'error', answer.name, undefined);
  return temperror;
}

export function emptyAnswer(
  run: Run,
  index: number,
  text: string,
  domain: DnsName,
  target: DnsName,
  steps: TraceStep[],
): number {
  countVoid(run);
  step(run, steps, index, text, 'void', target, undefined);
  return tooManyVoids(run, text, domain) ? permerror : none;
}

export function countVoid(run: Run): void {
  if (run.voidCounted) return;
  run.voidCounted = true;
  run.voids++;
}

export function tooManyVoids(run: Run, text: string, domain: DnsName): boolean {
  if (run.voids <= maxVoids) return false;
  run.problem = {
    code: 'spf.voids.exceeded',
    reason: `${text} in the record of ${domain} is the third look-up without an answer; at most ${maxVoids} are allowed.`,
  };
  return true;
}

export function ask<T extends RrType>(run: Run, name: DnsName, type: T): Answer<T> | undefined {
  const answer = run.source(name, type);
  if (!answer) run.questions.push([name, type]);
  return answer;
}
