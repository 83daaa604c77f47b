/** The mechanisms that compare the sending address with hosts in DNS: `a`, `mx`, `ptr` and `exists` (RFC 7208 §5.3–§5.7). */
import { parseAddress, reverseName } from '../../dns/address.ts';
import type { DnsName } from '../../dns/name.ts';
import { isAbsent } from '../../dns/rrset.ts';
import type { Answer } from '../../dns/rrset.ts';
import { formatAddress } from './address.ts';
import type { Address } from './address.ts';
import { stride, wordsOf } from './answers.ts';
import {
  ask,
  countVoid,
  emptyAnswer,
  failed,
  maxNames,
  needs,
  none,
  pass,
  permerror,
  step,
  tooManyVoids,
} from './run.ts';
import type { Run } from './run.ts';
import type { HostTerm } from './term.ts';
import type { TraceStep } from './trace.ts';

/** `a` (with the term) and `exists` (without). */
export function addressTerm(
  run: Run,
  domain: DnsName,
  term: HostTerm | undefined,
  index: number,
  text: string,
  target: DnsName,
  answer: Answer<'A'> | Answer<'AAAA'> | undefined,
  code: Int32Array,
  steps: TraceStep[],
): number {
  if (!answer) return needs;
  if (answer.kind === 'failed') return failed(run, index, text, domain, answer, steps);
  if (answer.kind !== 'found') return emptyAnswer(run, index, text, domain, target, steps);
  const data = answer.set.data;
  const hit = term === undefined || inHosts(run, data, code, index);
  step(run, steps, index, text, hit ? 'match' : 'no-match', target, data);
  return hit ? pass : none;
}

function inHosts(run: Run, data: readonly string[], code: Int32Array, index: number): boolean {
  const { ip } = run;
  const words = wordsOf(data, ip.family);
  const at = index * stride;
  if (ip.family === 4) {
    const mask = code[at + 2] ?? 0;
    for (const word of words) if (((word ^ ip.a) & mask) === 0) return true;
    return false;
  }
  for (let k = 0; k < words.length; k += 4) {
    if (
      (((words[k] ?? 0) ^ ip.a) & (code[at + 6] ?? 0)) === 0 &&
      (((words[k + 1] ?? 0) ^ ip.b) & (code[at + 7] ?? 0)) === 0 &&
      (((words[k + 2] ?? 0) ^ ip.c) & (code[at + 8] ?? 0)) === 0 &&
      (((words[k + 3] ?? 0) ^ ip.d) & (code[at + 9] ?? 0)) === 0
    ) {
      return true;
    }
  }
  return false;
}

/**
 * §5.4: the addresses of every exchange; more than ten exchanges are an error (§4.6.4). The limit on void look-ups is on
 * terms: `mx` is void when there are no exchanges, not when one of them lacks an address of the asked family.
 */
export function mx(
  run: Run,
  domain: DnsName,
  index: number,
  text: string,
  target: DnsName,
  code: Int32Array,
  steps: TraceStep[],
): number {
  const answer = ask(run, target, 'MX');
  if (!answer) return needs;
  if (answer.kind === 'failed') return failed(run, index, text, domain, answer, steps);
  if (answer.kind !== 'found') return emptyAnswer(run, index, text, domain, target, steps);
  const exchanges = answer.set.data;
  if (exchanges.length > maxNames) {
    run.problem = {
      code: 'spf.mx.too_many',
      reason: `${text} in the record of ${domain} finds ${exchanges.length} exchanges; at most ${maxNames} are allowed.`,
    };
    step(run, steps, index, text, 'error', target, undefined);
    return permerror;
  }
  const type = run.ip.family === 4 ? 'A' : 'AAAA';
  let waiting = false;
  for (const { exchange } of exchanges) if (exchange !== '' && !ask(run, exchange, type)) waiting = true;
  if (waiting) return needs;
  const seen: string[] = [];
  for (const { exchange } of exchanges) {
    if (exchange === '') continue;
    seen.push(exchange);
    const host = ask(run, exchange, type);
    if (!host) return needs;
    if (host.kind === 'failed') return failed(run, index, text, domain, host, steps);
    if (host.kind === 'found' && inHosts(run, host.set.data, code, index)) {
      step(run, steps, index, text, 'match', target, seen);
      return pass;
    }
  }
  step(run, steps, index, text, 'no-match', target, seen);
  return none;
}

/** §5.5: a validated name of the address that is the target or stands below it. DNS errors mean no match. */
export function ptr(
  run: Run,
  domain: DnsName,
  index: number,
  text: string,
  target: DnsName,
  steps: TraceStep[],
): number {
  const validated = validatedNames(run);
  if (!validated) return needs;
  const suffix = `.${target}`;
  const hit = validated.some((name) => name === target || name.endsWith(suffix));
  const outcome = hit ? 'match' : validated.length === 0 && run.voidCounted ? 'void' : 'no-match';
  step(run, steps, index, text, outcome, target, validated);
  if (hit) return pass;
  return tooManyVoids(run, text, domain) ? permerror : none;
}

/** The names of the address that point back to it, of the first ten (§4.6.4, §5.5). `undefined` while answers are missing. */
export function validatedNames(run: Run): readonly DnsName[] | undefined {
  const octets = parseAddress(formatAddress(run.ip));
  if (!octets) return [];
  const answer = ask(run, reverseName(octets), 'PTR');
  if (!answer) return undefined;
  if (isAbsent(answer)) countVoid(run);
  if (answer.kind !== 'found') return [];
  const names = answer.set.data.slice(0, maxNames);
  const type = run.ip.family === 4 ? 'A' : 'AAAA';
  let waiting = false;
  for (const name of names) if (!ask(run, name, type)) waiting = true;
  if (waiting) return undefined;
  const validated: DnsName[] = [];
  for (const name of names) {
    const host = ask(run, name, type);
    if (host?.kind === 'found' && holds(run.ip, wordsOf(host.set.data, run.ip.family))) validated.push(name);
  }
  return validated;
}

function holds(ip: Address, words: Int32Array): boolean {
  if (ip.family === 4) return words.includes(ip.a);
  for (let k = 0; k < words.length; k += 4) {
    if (words[k] === ip.a && words[k + 1] === ip.b && words[k + 2] === ip.c && words[k + 3] === ip.d) return true;
  }
  return false;
}
