/** A plan for a person at a terminal: the steps in order, what each changes, what it waits for. */
import type { Change } from '../change/change.ts';
import { zoneName } from '../dns/rdata-text.ts';
import { textsOf } from '../plan/drawing.ts';
import { shortDigest } from '../plan/digest.ts';
import type { GatePosition, Plan, Step } from '../plan/plan.ts';
import { clockText, spanText } from './clock-text.ts';
import { wrap, type Paint, type Style } from './paint.ts';
import { findingBlocks } from './report-text.ts';
import { visible } from './visible.ts';

export interface PlanTextOptions {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Steps that are done are shown in full, too. */
  readonly verbose: boolean;
}

export function planText(plan: Plan, paint: Paint, options: PlanTextOptions): string {
  const lines: string[] = [];
  const title = `Plan for ${plan.domain}`;
  const when = `${plan.madeAt.slice(0, 16).replace('T', ' ')} UTC`;
  const gap = Math.max(2, paint.columns - title.length - when.length);
  lines.push(
    `${paint('bold', title)}${' '.repeat(gap)}${paint('dim', when)}`,
    wrap(countText(plan), paint.columns, ''),
    '',
  );
  for (const [index, step] of plan.steps.entries()) {
    lines.push(headline(index + 1, step, paint, options.now));
    if (step.status.kind !== 'done' || options.verbose) lines.push(...body(step, paint, options.now), '');
  }
  if (lines.at(-1) !== '') lines.push('');
  const told = plan.findings.filter((finding) => finding.severity !== 'info' || options.verbose);
  if (told.length > 0) lines.push(findingBlocks(told, paint).trimEnd(), '');
  lines.push(...nextLines(plan, paint));
  return `${lines.join('\n')}\n`;
}

/** `9 steps: 4 done, 2 can be published now, 3 wait.` */
export function countText(plan: Plan): string {
  const count = (kind: Step['status']['kind']): number => plan.steps.filter((step) => step.status.kind === kind).length;
  const parts = [
    [count('done'), 'done'],
    [count('ready'), 'can be published now'],
    [count('waiting'), count('waiting') === 1 ? 'waits' : 'wait'],
    [count('outside'), 'for somebody else'],
    [count('blocked'), count('blocked') === 1 ? 'needs a decision' : 'need a decision'],
  ] as const;
  const shown = parts.filter(([number]) => number > 0).map(([number, words]) => `${number} ${words}`);
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
      return ['decide', 'red'];
  }
}

function headline(number: number, step: Step, paint: Paint, now: number): string {
  const [word, style] = statusWord(step);
  const until =
    step.status.kind === 'waiting' && step.status.until !== undefined
      ? ` until ${clockText(step.status.until, now)}`
      : '';
  const head = `${String(number).padStart(3)}. ${word.padEnd(10)}`;
  const text = wrap(
    `${step.id}  ${step.title}${until ? ` (${until.trim()})` : ''}`,
    paint.columns,
    ' '.repeat(head.length),
    head,
  );
  return text.replace(word, paint(style, word));
}

const indent = '     ';

function body(step: Step, paint: Paint, now: number): readonly string[] {
  const lines = [wrap(step.why, paint.columns, indent)];
  if (step.status.kind === 'blocked') {
    lines.push(wrap(step.status.why, paint.columns, `${indent}       `, `${indent}${paint('red', 'but')}    `));
    lines.push(wrap(step.status.cure, paint.columns, `${indent}       `, `${indent}do     `));
  }
  for (const change of step.changes) lines.push(...changeLines(change, paint));
  if (step.price) {
    const { lookupsBefore, lookupsAfter, voidsAfter, octetsBefore, octetsAfter } = step.price;
    lines.push(
      `${indent}price  look-ups ${lookupsBefore} → ${lookupsAfter} of 10, void ${voidsAfter} of 2, octets ${octetsBefore} → ${octetsAfter}`,
    );
  }
  if (step.readers) {
    lines.push(
      `${indent}reads  RFC 9989: ${step.readers.rfc9989}`,
      `${indent}       RFC 7489: ${step.readers.rfc7489}`,
    );
  }
  for (const work of step.outside ?? []) {
    const mark = work.done ? 'done' : 'ask';
    if (work.kind === 'file') {
      lines.push(
        wrap(`${work.done ? 'is up' : 'put up'} ${work.url}`, paint.columns, `${indent}       `, `${indent}file   `),
      );
      if (!work.done)
        lines.push(
          ...work.text
            .trimEnd()
            .split(/\r?\n/)
            .map((line) => `${indent}       | ${visible(line)}`),
        );
    } else {
      const text =
        work.kind === 'note' ? work.text : `${work.who}: ${zoneName(work.name)} ${work.type} ${work.data.join(', ')}`;
      lines.push(wrap(text, paint.columns, `${indent}       `, `${indent}${mark.padEnd(7)}`));
    }
  }
  for (const { sure, text } of awaited(step.gates, now)) {
    const word = sure ? 'waits' : 'unsure';
    const line = wrap(text, paint.columns, `${indent}       `, `${indent}${word.padEnd(7)}`);
    lines.push(line.replace(word, paint(sure ? 'yellow' : 'cyan', word)));
  }
  for (const note of step.notes) lines.push(wrap(note, paint.columns, `${indent}       `, `${indent}note   `));
  return lines;
}

/** Before and after of one RRset; what stays as it is stands once. */
export function changeLines(change: Change, paint: Paint): readonly string[] {
  const before = textsOf(change.before);
  const after = textsOf(change.after);
  const ttl = change.after ? `  TTL ${change.after.ttlSeconds}` : '';
  const lines = [`${indent}${paint('bold', `${zoneName(change.name)} ${change.type}`)}${paint('dim', ttl)}`];
  const show = (sign: string, text: string, style: Style | undefined): void => {
    const line = wrap(text === '' ? '""' : text, paint.columns, `${indent}    `, `${indent}  ${sign} `);
    lines.push(style ? paint(style, line) : line);
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
          ? `${spanText(gate.seconds)} at ${gate.since}`
          : `${spanText(gate.seconds)} after ${gate.since}`;
      return early || until !== undefined ? span : `${span}: ${detail}`;
    }
    case 'serves':
    case 'aligned':
      return detail;
    case 'approved':
      return `your yes: ${detail}`;
  }
}

function nextLines(plan: Plan, paint: Paint): readonly string[] {
  const writes = plan.steps.some((step) => step.changes.length > 0);
  if (!writes) return [wrap('Nothing to publish.', paint.columns, '')];
  return [
    `Digest ${paint('bold', shortDigest(plan.digest))}`,
    wrap(`septet publish ${plan.domain} --plan ${shortDigest(plan.digest)}`, paint.columns, '  '),
  ];
}
