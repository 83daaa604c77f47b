/**
 * What an evaluation tells: the verdict and, term by term, how it came about. The values are plain and cheap to make;
 * `explainTrace` turns them into sentences when a person asks.
 */
import type { DnsName } from '../../dns/name.ts';

/** RFC 7208 §2.6. */
export type SpfVerdict = 'pass' | 'fail' | 'softfail' | 'neutral' | 'none' | 'temperror' | 'permerror';

/** One record that was read, with its terms in the order in which they were evaluated. */
export interface TraceRecord {
  readonly domain: DnsName;
  /** The text of the record; absent when there is none, several, or no answer. */
  readonly record?: string;
  readonly steps: readonly TraceStep[];
  /** What check_host() answers for this record. */
  readonly verdict: SpfVerdict;
}

/** One term that was evaluated. `lookups` and `voids` are the running counts behind it. */
export interface TraceStep {
  /** The place of the term in the record, from 0. */
  readonly index: number;
  /** The term as written. */
  readonly term: string;
  readonly outcome: StepOutcome;
  readonly lookups: number;
  readonly voids: number;
  /** The name that was asked, for terms that ask DNS. */
  readonly target?: string;
  /** What DNS answered: addresses, exchanges or names. */
  readonly seen?: readonly string[];
  /** The record behind `include` and `redirect`. */
  readonly nested?: TraceRecord;
}

export type StepOutcome =
  | 'match'
  | 'no-match'
  /** DNS holds nothing there: no match, and a void look-up (RFC 7208 §4.6.4). */
  | 'void'
  /** The name cannot exist in DNS: no match, no query. */
  | 'impossible-name'
  /** `redirect=`: this record's verdict is that of the nested one. */
  | 'followed'
  | 'error';

/**
 * Why a verdict is temperror, permerror or none. `code` is the finding that tells more, or one of three that concern the
 * request alone: `spf.request.address`, `spf.request.domain`, `spf.time.exceeded`.
 */
export interface SpfTrouble {
  readonly code: string;
  /** One sentence. */
  readonly reason: string;
}

export interface SpfResult {
  readonly kind: 'result';
  readonly result: SpfVerdict;
  /** What `exp=` says, for `fail`; absent when the domain gives no explanation (or a broken one). */
  readonly explanation?: string;
  /** The domain that was judged: that of MAIL FROM or, for the null sender, the HELO name. Empty when there is none. */
  readonly domain: string;
  /** Terms that ask DNS, of at most 10, and those of them with empty answers, of at most 2 (RFC 7208 §4.6.4). */
  readonly lookups: number;
  readonly voids: number;
  /** The mechanism that decided, and the domains from the judged one to the record in which it stands. */
  readonly matched?: { readonly term: string; readonly path: readonly DnsName[] };
  readonly problem?: SpfTrouble;
  readonly trace?: TraceRecord;
}

const outcomeText: Readonly<Record<StepOutcome, string>> = {
  match: 'matches',
  'no-match': 'does not match',
  void: 'finds nothing in DNS',
  'impossible-name': 'asks for a name that cannot exist',
  followed: 'is followed',
  error: 'cannot be evaluated',
};

export interface TraceLine {
  /** 0 for the judged domain, one more behind each include or redirect. */
  readonly depth: number;
  readonly text: string;
  /** Running counts; absent on the line that opens a record. */
  readonly lookups?: number;
  readonly voids?: number;
}

/** The trace as lines to print, in evaluation order. */
export function explainTrace(result: SpfResult): readonly TraceLine[] {
  const lines: TraceLine[] = [];
  if (result.trace) explainRecord(result.trace, 0, lines);
  const because = result.problem
    ? `: ${result.problem.reason}`
    : result.matched
      ? `: ${result.matched.term} matches`
      : '';
  lines.push({ depth: 0, text: `${result.result}${because}`, lookups: result.lookups, voids: result.voids });
  return lines;
}

function explainRecord(node: TraceRecord, depth: number, lines: TraceLine[]): void {
  lines.push({
    depth,
    text: node.record === undefined ? `${node.domain}: no usable record` : `${node.domain}: ${node.record}`,
  });
  for (const step of node.steps) {
    if (step.nested) explainRecord(step.nested, depth + 1, lines);
    const target =
      step.target === undefined || step.term.toLowerCase().includes(step.target) ? '' : ` (${step.target})`;
    const seen = step.seen && step.seen.length > 0 ? `: ${step.seen.join(', ')}` : '';
    lines.push({
      depth: depth + 1,
      text: `${step.term}${target} ${outcomeText[step.outcome]}${seen}`,
      lookups: step.lookups,
      voids: step.voids,
    });
  }
}
