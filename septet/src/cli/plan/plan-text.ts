/** A plan for a person at a terminal: the steps in order, what each changes, what it waits for. */
import type { Change } from '../../change/change.ts';
import { zoneName } from '../../dns/rdata-text.ts';
import { textsOf } from '../../plan/drawing.ts';
import { shortDigest } from '../../plan/digest.ts';
import type { GatePosition, OutsideWork, Plan, Step } from '../../plan/plan.ts';
import { clockText, spanText } from './clock-text.ts';
import { wrap, type Paint, type Style } from '../paint.ts';
import { findingBlocks } from '../check/report-text.ts';
import { visible } from '../visible.ts';

export interface PlanTextOptions {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Steps that are done are shown in full, too. */
  readonly verbose: boolean;
  /** The form for a DNS host that Septet does not write to; absent: `publish` does it. */
  readonly form?: string;
}

export function planText(plan: Plan, paint: Paint, options: PlanTextOptions): string {
  const lines: string[] = [];
  const title = `Plan for ${plan.domain}`;
  const when = `${plan.madeAt.slice(0, 16).replace('T', ' ')} UTC`;
  const gap = paint.columns - title.length - when.length;
  if (gap >= 2) lines.push(`${paint('bold', title)}${' '.repeat(gap)}${paint('dim', when)}`);
  else lines.push(paint('bold', wrap(title, paint.columns, '')), paint('dim', when));
  lines.push(wrap(countText(plan), paint.columns, ''), '');
  const told = new Map<string, string>();
  for (const [index, step] of plan.steps.entries()) {
    const short = step.status.kind === 'done' && !options.verbose;
    lines.push(headline(index + 1, step, paint, options.now));
    if (!short) lines.push(...body(step, told, paint, options.now));
    const next = plan.steps[index + 1];
    // Steps that are done stand close together, so that the eye goes to the others.
    if (!short || (next && next.status.kind !== 'done')) lines.push('');
  }
  if (lines.at(-1) !== '') lines.push('');
  const findings = plan.findings.filter(
    // Those of limits stand at their step.
    (finding) => finding.code !== 'plan.provider.limit' && (finding.severity !== 'info' || options.verbose),
  );
  if (findings.length > 0) lines.push(findingBlocks(findings, paint, { verbose: options.verbose }).trimEnd(), '');
  lines.push(...nextLines(plan, paint, options.form));
  return `${lines.join('\n')}\n`;
}

/** `9 steps: 4 done, 2 can be published now, 3 wait.` */
export function countText(plan: Plan): string {
  const steps = plan.steps.map(({ status }) => status);
  const count = (kind: Step['status']['kind']): number => steps.filter((status) => status.kind === kind).length;
  const unanswered = steps.filter((status) => status.kind === 'blocked' && status.unanswered).length;
  const decisions = count('blocked') - unanswered;
  const parts = [
    [count('done'), 'done'],
    [count('ready'), 'can be published now'],
    [count('waiting'), count('waiting') === 1 ? 'waits' : 'wait'],
    [count('outside'), 'for somebody else'],
    [decisions, decisions === 1 ? 'needs a decision' : 'need a decision'],
    [unanswered, 'without an answer of DNS'],
  ] as const;
  const shown = parts.filter(([number]) => number > 0).map(([number, words]) => `${number} ${words}`);
  if (shown.length === 0) return 'Nothing is wished for.';
  return `${plan.steps.length} ${plan.steps.length === 1 ? 'step' : 'steps'}: ${shown.join(', ')}.`;
}

export function statusWord(step: Step): readonly [word: string, style: Style] {
  switch (step.status.kind) {
    case 'done':
      return ['done', 'green'];
    case 'ready':
      return ['ready', 'cyan'];
    case 'waiting':
      return ['waits', 'yellow'];
    case 'outside':
      return ['by others', 'yellow'];
    case 'blocked':
      return step.status.unanswered ? ['no answer', 'yellow'] : ['decide', 'red'];
  }
}

function headline(number: number, step: Step, paint: Paint, now: number): string {
  const [word, style] = statusWord(step);
  const until =
    step.status.kind === 'waiting' && step.status.until !== undefined
      ? ` (until ${clockText(step.status.until, now)})`
      : '';
  const head = `${String(number).padStart(3)}. ${word.padEnd(10)}`;
  const text = wrap(`${step.id}: ${step.title}${until}`, paint.columns, ' '.repeat(head.length), head);
  return text.replace(word, paint(style, word)).replace(`${step.id}:`, paint('bold', `${step.id}:`));
}

const indent = '     ';

/** `told`: the step at which each reason was given; it is not given again for the later stages of the same record. */
function body(step: Step, told: Map<string, string>, paint: Paint, now: number): readonly string[] {
  const say = (label: string, text: string, style?: Style): string => {
    const lines = wrap(text, paint.columns, `${indent}       `, `${indent}${label.padEnd(7)}`);
    return style ? lines.replace(label, paint(style, label)) : lines;
  };
  const lines: string[] = [];
  const waits = (): readonly string[] =>
    awaited(step.gates, now).map(({ sure, text }) => say(sure ? 'waits' : 'unsure', text, sure ? 'yellow' : 'cyan'));
  // What it wants is published by the step that it waits for.
  if (step.status.kind === 'waiting' && step.changes.length === 0) return waits();
  const before = step.status.kind === 'blocked' ? told.get(step.status.why) : undefined;
  if (before !== undefined) return [say('but', `the same as at ${before}.`, 'red')];
  lines.push(paint('dim', wrap(step.why, paint.columns, indent)));
  if (step.status.kind === 'blocked') {
    told.set(step.status.why, step.id);
    lines.push(say('but', step.status.why, step.status.unanswered ? 'yellow' : 'red'), say('do', step.status.cure));
  }
  for (const change of step.changes) lines.push(...changeLines(change, paint));
  if (step.price && step.status.kind !== 'done') lines.push(say('price', priceText(step.price)));
  if (step.readers) {
    const { rfc9989, rfc7489 } = step.readers;
    const same = rfc9989 === rfc7489;
    lines.push(say('reads', same ? `all receivers: ${rfc9989}` : `RFC 9989: ${rfc9989}`));
    if (!same) lines.push(say('', `RFC 7489: ${rfc7489}`));
  }
  for (const work of step.outside ?? []) lines.push(...workLines(work, say));
  // What else a step waits for is of no use while it cannot be planned.
  if (step.status.kind !== 'blocked') lines.push(...waits());
  for (const note of step.notes) lines.push(say('note', note));
  if (step.status.kind === 'done' && step.visibility) lines.push(say('live', step.visibility.detail));
  return lines;
}

type Say = (label: string, text: string, style?: Style) => string;

function workLines(work: OutsideWork, say: Say): readonly string[] {
  if (work.kind === 'file') {
    if (work.done) return [say('file', `is up: ${work.url}`)];
    const rows = work.text.trimEnd().split(/\r?\n/);
    return [say('file', `put up ${work.url}`), ...rows.map((row) => `${indent}       | ${visible(row)}`)];
  }
  const text = work.kind === 'note' ? work.text : recordWork(work);
  return [say(work.done ? 'is so' : work.unanswered ? 'unsure' : 'ask', text)];
}

/** `whoever runs the DNS of example.net: x.example.net. TXT v=DMARC1;` */
export const recordWork = (work: OutsideWork & { readonly kind: 'record' }): string =>
  `${work.who}: ${zoneName(work.name)} ${work.type} ${work.data.join(', ')}`;

function priceText(price: NonNullable<Step['price']>): string {
  const { lookupsBefore, lookupsAfter, voidsBefore, voidsAfter, octetsBefore, octetsAfter } = price;
  const change = (before: number, after: number): string => (before === after ? String(after) : `${before} → ${after}`);
  return `look-ups ${change(lookupsBefore, lookupsAfter)} of 10, void ${change(voidsBefore, voidsAfter)} of 2, octets ${change(octetsBefore, octetsAfter)}`;
}

/** Before and after of one RRset; what stays as it is stands once. */
export function changeLines(change: Change, paint: Paint): readonly string[] {
  const before = textsOf(change.before);
  const after = textsOf(change.after);
  const name = zoneName(change.name);
  const ttl = change.after ? ` TTL ${change.after.ttlSeconds}` : '';
  const lines = [
    wrap(`${name} ${change.type}${ttl}`, paint.columns, `${indent}  `, indent)
      .replace(name, paint('bold', name))
      .replace(ttl, paint('dim', ttl)),
  ];
  const show = (sign: string, text: string, style: Style): void => {
    const line = wrap(text === '' ? '""' : text, paint.columns, `${indent}    `, `${indent}  ${sign} `);
    lines.push(paint(style, line));
  };
  for (const text of before) {
    if (after.includes(text)) show(' ', text, 'dim');
    else show('-', text, 'red');
  }
  for (const text of after) if (!before.includes(text)) show('+', text, 'green');
  return lines;
}

/** What is awaited, as lines: the steps that come first together, then each gate by itself. */
export function awaited(
  gates: readonly GatePosition[],
  now: number,
): readonly { readonly sure: boolean; readonly text: string }[] {
  const closed = gates.filter((position) => position.state !== 'open');
  const steps = closed.flatMap(({ gate, early }) => (early && gate.kind === 'visible' ? [gate.step] : []));
  const lines: { sure: boolean; text: string }[] = [];
  if (steps.length > 0) {
    const caches = Math.max(
      0,
      ...closed.map(({ gate, early }) =>
        early && gate.kind === 'elapsed' && gate.counts === 'change' ? gate.seconds : 0,
      ),
    );
    const then = caches > 0 ? `, and ${spanText(caches)} for the caches` : '';
    lines.push({ sure: true, text: `first ${steps.join(', ')}${then}` });
  }
  for (const position of closed) {
    const { gate, early, until, state } = position;
    if (early && (gate.kind === 'visible' || (gate.kind === 'elapsed' && gate.counts === 'change'))) continue;
    const clock = until === undefined ? '' : `, until ${clockText(until, now)}`;
    lines.push({ sure: state !== 'unknown', text: `${gateText(position)}${clock}` });
  }
  return lines;
}

export function gateText({ gate, detail, early, until }: GatePosition): string {
  switch (gate.kind) {
    case 'visible':
      return `${gate.step} seen everywhere: ${detail}`;
    case 'elapsed': {
      const span =
        gate.counts === 'stage'
          ? `${spanText(gate.seconds)} after ${gate.since} is seen everywhere`
          : `${spanText(gate.seconds)} after ${gate.since}`;
      return early || until !== undefined ? span : `${span}: ${detail}`;
    }
    case 'serves':
    case 'aligned':
      return detail;
    case 'approved':
      return `your yes (publish asks): ${detail.replace(/ Agree\?$/, '')}`;
  }
}

function nextLines(plan: Plan, paint: Paint, form: string | undefined): readonly string[] {
  const writes = plan.steps.filter((step) => step.changes.length > 0 && step.status.kind !== 'blocked');
  if (writes.length === 0) return [wrap(endText(plan), paint.columns, '')];
  const ready = writes.filter((step) => step.status.kind === 'ready').map((step) => step.id);
  const now =
    ready.length > 0 ? `Ready now: ${ready.join(', ')}.` : 'Nothing is ready now; publish waits for what opens.';
  const digest = shortDigest(plan.digest);
  const command =
    form === undefined ? `septet publish ${plan.domain} --plan ${digest}` : `septet plan ${plan.domain} --as ${form}`;
  return [wrap(now, paint.columns, ''), `Digest ${paint('bold', digest)}`, wrap(command, paint.columns, '  ', '  ')];
}

function endText(plan: Plan): string {
  const open = plan.steps.filter((step) => step.status.kind !== 'done');
  if (open.length === 0) return 'Nothing to publish: what is wished for stands.';
  return `Nothing to publish until ${open.length === 1 ? 'the step above is' : 'the steps above are'} cleared up.`;
}
