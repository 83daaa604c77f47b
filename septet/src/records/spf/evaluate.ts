/**
 * check_host() (RFC 7208 §4): may this address send mail for this sender?
 *
 * Synchronous over answers that are there already. When one is missing the evaluation says which questions to ask, and
 * the driver in `check-host.ts` asks them and calls again. Records are read once per answer and never per evaluation.
 */
import { parseName } from '../../dns/name.ts';
import type { DnsName } from '../../dns/name.ts';
import { parseAddress } from './address.ts';
import { op, spfOf, stride } from './answers.ts';
import type { Program, Question, Source, SpfOfTxt } from './answers.ts';
import { expandName, explain } from './expand.ts';
import { addressTerm, mx, ptr } from './host-terms.ts';
import { isAscii } from './macro.ts';
import {
  ask,
  fail,
  maxLookups,
  needs,
  neutral,
  none,
  pass,
  permerror,
  step,
  temperror,
  tooManyVoids,
  verdicts,
} from './run.ts';
import type { Run, SpfRequest } from './run.ts';
import type { SpfResult, TraceStep } from './trace.ts';

/** Either the verdict, or the questions whose answers are needed first. */
export type Evaluation = SpfResult | { readonly kind: 'needs'; readonly questions: readonly Question[] };

/** Judges one request. Never throws; never asks DNS. */
export function evaluate(request: SpfRequest, source: Source): Evaluation {
  const helo = request.helo ?? '';
  let sender = request.mailFrom ?? '';
  if (sender.startsWith('<') && sender.endsWith('>')) sender = sender.slice(1, -1);
  if (sender === '') sender = `postmaster@${helo}`;
  const at = sender.lastIndexOf('@');
  const local = at > 0 ? sender.slice(0, at) : 'postmaster';
  const written = sender.slice(at + 1);
  const ip = parseAddress(request.ip);
  if (!ip) return unjudged(written, 'spf.request.address', `${request.ip} is not an IP address.`);
  const parsed = written.startsWith('[') ? undefined : parseName(written);
  if (!parsed?.ok || !parsed.name.includes('.')) {
    return unjudged(
      written,
      'spf.request.domain',
      `${written === '' ? 'An empty name' : written} is not a domain name with several labels, so there is nothing to ask.`,
    );
  }
  const run: Run = {
    request,
    source,
    ip,
    local,
    senderDomain: isAscii(written) ? stripDot(written) : parsed.name,
    lookups: 0,
    voids: 0,
    voidCounted: false,
    questions: [],
    path: [],
    matched: undefined,
    problem: undefined,
    explainer: undefined,
    node: undefined,
  };
  const verdict = checkDomain(run, parsed.name, true);
  if (verdict === needs) return { kind: 'needs', questions: run.questions };
  const { lookups, voids } = run;
  let explanation: string | undefined;
  if (verdict === fail && run.explainer?.spec) {
    const node = run.node;
    const told = explain(run, run.explainer.spec, run.explainer.domain);
    if (told === needs) return { kind: 'needs', questions: run.questions };
    explanation = told;
    run.node = node;
  }
  return {
    kind: 'result',
    result: verdicts[verdict] ?? 'permerror',
    domain: parsed.name,
    lookups,
    voids,
    ...(explanation !== undefined && { explanation }),
    ...(run.matched && verdict < none && { matched: run.matched }),
    ...(run.problem && verdict >= none && { problem: run.problem }),
    ...(run.node && { trace: run.node }),
  };
}

function unjudged(domain: string, code: string, reason: string): SpfResult {
  return { kind: 'result', result: 'none', domain, lookups: 0, voids: 0, problem: { code, reason } };
}

/** One record: §4.4 to §4.7. `explains` is false below an include, whose explanations do not count (§6.2). */
function checkDomain(run: Run, domain: DnsName, explains: boolean): number {
  const answer = ask(run, domain, 'TXT');
  if (!answer) return needs;
  const steps: TraceStep[] = [];
  if (answer.kind === 'failed') {
    run.problem = {
      code: 'spf.include.temperror',
      reason: `The question for the record of ${domain} was not answered (${answer.reason}).`,
    };
    return close(run, domain, undefined, steps, temperror);
  }
  const found = spfOf(answer);
  const program = found.program;
  if (!program)
    return close(
      run,
      domain,
      found.kind === 'bad' ? found.texts[0] : undefined,
      steps,
      withoutProgram(run, domain, found),
    );
  if (explains) run.explainer = { spec: program.record.exp, domain };
  run.path.push(domain);
  let verdict = walk(run, domain, program, steps);
  if (verdict === none) verdict = program.record.redirect ? follow(run, domain, program, steps, explains) : neutral;
  run.path.pop();
  return verdict === needs ? needs : close(run, domain, program.record.text, steps, verdict);
}

function close(
  run: Run,
  domain: DnsName,
  record: string | undefined,
  steps: readonly TraceStep[],
  verdict: number,
): number {
  const name = verdicts[verdict] ?? 'permerror';
  run.node = record === undefined ? { domain, steps, verdict: name } : { domain, record, steps, verdict: name };
  return verdict;
}

function withoutProgram(run: Run, domain: DnsName, found: SpfOfTxt): number {
  if (found.kind === 'multiple') {
    run.problem = { code: 'spf.multiple', reason: `${domain} has more than one SPF record.` };
    return permerror;
  }
  if (found.parsed?.kind === 'bad') {
    const first = found.parsed.problems[0];
    const piece = first ? (found.texts[0] ?? '').slice(first.offset, first.offset + first.length) : '';
    run.problem = {
      code: first?.code ?? 'spf.syntax.unknown_mechanism',
      reason: `The record of ${domain} has a syntax error at \`${piece}\`.`,
    };
    return permerror;
  }
  run.problem = { code: 'spf.missing', reason: `${domain} has no SPF record.` };
  return none;
}

/** The mechanisms from left to right. Answers `none` when no one matched. */
function walk(run: Run, domain: DnsName, program: Program, steps: TraceStep[]): number {
  const { code, texts } = program;
  const { ip } = run;
  const v4 = ip.family === 4;
  for (let index = 0, at = 0; at < code.length; index++, at += stride) {
    const term = texts[index] ?? '';
    let hit = false;
    switch (code[at]) {
      case op.ip4:
        hit = v4 && ((ip.a ^ (code[at + 2] ?? 0)) & (code[at + 6] ?? 0)) === 0;
        break;
      case op.ip6:
        hit =
          !v4 &&
          ((ip.a ^ (code[at + 2] ?? 0)) & (code[at + 6] ?? 0)) === 0 &&
          ((ip.b ^ (code[at + 3] ?? 0)) & (code[at + 7] ?? 0)) === 0 &&
          ((ip.c ^ (code[at + 4] ?? 0)) & (code[at + 8] ?? 0)) === 0 &&
          ((ip.d ^ (code[at + 5] ?? 0)) & (code[at + 9] ?? 0)) === 0;
        break;
      case op.all:
        hit = true;
        break;
      case op.modifier:
        continue;
      default: {
        const outcome = askTerm(run, domain, program, index, steps);
        if (outcome === none) continue;
        if (outcome === needs) prefetch(run, domain, program, index + 1);
        if (outcome !== pass) return outcome;
        if (run.matched === undefined || code[at] !== op.include) run.matched = { term, path: run.path.slice() };
        return code[at + 1] ?? 0;
      }
    }
    if (hit) {
      steps.push({ index, term, outcome: 'match', lookups: run.lookups, voids: run.voids });
      run.matched = { term, path: run.path.slice() };
      return code[at + 1] ?? 0;
    }
    steps.push({ index, term, outcome: 'no-match', lookups: run.lookups, voids: run.voids });
  }
  return none;
}

/** A mechanism that asks DNS. Answers `pass` for a match, `none` for no match, else the error or `needs`. */
function askTerm(run: Run, domain: DnsName, program: Program, index: number, steps: TraceStep[]): number {
  const term = program.record.terms[index];
  const text = program.texts[index] ?? '';
  if (!term || !('qualifier' in term) || term.kind === 'all' || term.kind === 'ip4' || term.kind === 'ip6') return none;
  const lookups = ++run.lookups;
  if (lookups > maxLookups) {
    run.problem = {
      code: 'spf.lookups.exceeded',
      reason: `${text} in the record of ${domain} is look-up number ${lookups}; at most ${maxLookups} are allowed.`,
    };
    step(run, steps, index, text, 'error', undefined, undefined);
    return permerror;
  }
  run.voidCounted = false;
  const target = term.domain === null ? domain : expandName(run, term.domain, domain);
  if (target === needs) return needs;
  if (target === undefined) {
    if (term.kind === 'include') {
      run.problem = {
        code: 'spf.include.no_record',
        reason: `${text} in the record of ${domain} names no possible domain.`,
      };
      step(run, steps, index, text, 'error', undefined, undefined);
      return permerror;
    }
    step(run, steps, index, text, 'impossible-name', undefined, undefined);
    return tooManyVoids(run, text, domain) ? permerror : none;
  }
  switch (term.kind) {
    case 'include':
      return include(run, domain, target, index, text, steps);
    case 'a': {
      const { family } = run.ip;
      const answer = family === 4 ? ask(run, target, 'A') : ask(run, target, 'AAAA');
      return addressTerm(run, domain, term, index, text, target, answer, program.code, steps);
    }
    case 'exists':
      return addressTerm(run, domain, undefined, index, text, target, ask(run, target, 'A'), program.code, steps);
    case 'mx':
      return mx(run, domain, index, text, target, program.code, steps);
    case 'ptr':
      return ptr(run, domain, index, text, target, steps);
  }
}

/** §5.2: matches when the nested check passes; its errors are ours, and a missing record is an error. */
function include(run: Run, domain: DnsName, target: DnsName, index: number, text: string, steps: TraceStep[]): number {
  const verdict = checkDomain(run, target, false);
  if (verdict === needs) return needs;
  const nested = run.node;
  if (verdict === pass) {
    step(run, steps, index, text, 'match', target, undefined, nested);
    return pass;
  }
  run.matched = undefined;
  if (verdict === none) {
    run.problem = {
      code: 'spf.include.no_record',
      reason: `${text} in the record of ${domain}: ${target} has no SPF record.`,
    };
  }
  if (verdict >= none) {
    step(run, steps, index, text, 'error', target, undefined, nested);
    return verdict === temperror ? temperror : permerror;
  }
  step(run, steps, index, text, 'no-match', target, undefined, nested);
  return none;
}

/** §6.1: the verdict of another record, when nothing matched here. */
function follow(run: Run, domain: DnsName, program: Program, steps: TraceStep[], explains: boolean): number {
  const { redirect, terms } = program.record;
  if (!redirect) return neutral;
  const index = terms.findIndex((term) => term.kind === 'redirect');
  const text = program.texts[index] ?? '';
  if (++run.lookups > maxLookups) {
    run.problem = {
      code: 'spf.lookups.exceeded',
      reason: `${text} in the record of ${domain} is look-up number ${run.lookups}; at most ${maxLookups} are allowed.`,
    };
    step(run, steps, index, text, 'error', undefined, undefined);
    return permerror;
  }
  run.voidCounted = false;
  const target = expandName(run, redirect, domain);
  if (target === needs) return needs;
  const verdict = target === undefined ? none : checkDomain(run, target, explains);
  if (verdict === needs) return needs;
  const nested = target === undefined ? undefined : run.node;
  if (verdict === none) {
    run.problem = {
      code: 'spf.redirect.no_record',
      reason: `${text} in the record of ${domain}: there is no SPF record.`,
    };
    step(run, steps, index, text, 'error', target, undefined, nested);
    return permerror;
  }
  step(run, steps, index, text, verdict >= none ? 'error' : 'followed', target, undefined, nested);
  return verdict;
}

/** While one answer is being waited for, the others that the rest of the record will want can come too. */
function prefetch(run: Run, domain: DnsName, program: Program, from: number): void {
  const type = run.ip.family === 4 ? 'A' : 'AAAA';
  let left = maxLookups - run.lookups;
  for (const term of program.record.terms.slice(from)) {
    if (left <= 0 || term.kind === 'all') return;
    if (term.kind !== 'include' && term.kind !== 'a' && term.kind !== 'mx' && term.kind !== 'redirect') continue;
    left--;
    const name = term.domain === null ? domain : term.domain.name;
    if (name !== null) ask(run, name, term.kind === 'a' ? type : term.kind === 'mx' ? 'MX' : 'TXT');
  }
}

function stripDot(text: string): string {
  return text.endsWith('.') ? text.slice(0, -1) : text;
}
