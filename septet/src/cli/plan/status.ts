/**
 * `septet status`: where each step stands, what it waits for, and until when. Changes no record; it notes in the journal
 * since when each step is seen everywhere, because gates count from there.
 */
import type { Command } from 'commander';
import type { Plan, Step } from '../../plan/plan.ts';
import { noteVisible, unnoted } from '../../publish/publish.ts';
import { undoable, unfinished } from '../../store/evidence.ts';
import type { Journal } from '../../store/journal.ts';
import { takeLock } from '../../store/files/lock.ts';
import { clockText } from './clock-text.ts';
import { InputError, type Io } from '../io.ts';
import { painter, wrap, type Paint } from '../paint.ts';
import { exitCodeOfPlan, worse } from './plan.ts';
import { addPlanOptions, openPlanSession, type DomainSession, type PlanOptions } from './plan-session.ts';
import { awaited, countText, gateText, statusWord } from './plan-text.ts';
import { clockOf } from './publish-outside.ts';
import { visibleJson } from '../visible.ts';

interface Options extends PlanOptions {
  readonly format: string;
}

export function configure(command: Command, io: Io, done: (code: number) => void): void {
  addPlanOptions(command)
    .argument('[domains...]', 'domains of the configuration (default: all)')
    .option('--format <format>', 'text or json', 'text')
    .action(async (domains: readonly string[], options: Options) => {
      if (options.format !== 'text' && options.format !== 'json')
        throw new InputError(`--format is text or json, not ${options.format}.`);
      done(await status(domains, options, io));
    });
}

async function status(names: readonly string[], options: Options, io: Io): Promise<number> {
  const session = await openPlanSession(names, options, io);
  let code = 0;
  try {
    for (const domain of session.domains) {
      // oxlint-disable no-await-in-loop -- one domain after the other, in the order that was asked for
      const own = await session.of(domain);
      const { plan } = await own.plan();
      // Who publishes by hand has nobody else to note since when a step stands.
      if (looksNow(options) && unnoted(own.journal, plan).length > 0) await note(own, plan, io);
      const now = session.world.now();
      // As `check` does: one domain for people too, several a line each.
      const spaces = session.domains.length > 1 ? 0 : 2;
      if (options.format === 'json') await io.out(`${visibleJson(statusValue(plan, own.journal), spaces)}\n`);
      else await io.out(statusText(plan, own.journal, painter(io.columns, io.colours), now));
      // oxlint-enable no-await-in-loop
      code = worse(code, exitCodeOfPlan(plan));
    }
  } finally {
    await session.close();
  }
  return code;
}

/** While another run publishes, that one notes what it sees. */
async function note(own: DomainSession, plan: Plan, io: Io): Promise<void> {
  const lock = await takeLock(own.lockFile, io);
  if (lock.kind === 'taken') return;
  try {
    await own.journal.refresh();
    await noteVisible({ journal: own.journal, clock: clockOf(io), tell: () => {} }, plan);
  } finally {
    await lock.release();
  }
}

/** What files and other times show is no evidence of today. */
const looksNow = ({ zone, replay, at }: Options): boolean =>
  zone === undefined && replay === undefined && at === undefined;

function statusValue(plan: Plan, journal: Journal): unknown {
  const { version, domain, zone, madeAt, digest, steps } = plan;
  return {
    version,
    domain,
    zone,
    madeAt,
    digest,
    steps: steps.map(({ id, record, title, status: state, gates, visibility }) => ({
      id,
      record,
      title,
      status: state.kind,
      until: state.kind === 'waiting' && state.until !== undefined ? new Date(state.until).toISOString() : null,
      ...(state.kind === 'blocked'
        ? { blocked: { why: state.why, cure: state.cure, unanswered: state.unanswered === true } }
        : {}),
      ...(visibility ? { seen: visibility.detail } : {}),
      waitsFor: gates.filter((position) => position.state !== 'open').map(gateText),
    })),
    published: undoable(journal.entries).map(({ step, at, host }) => ({ step, at, host })),
    unfinished: unfinished(journal.entries).map(({ step, at }) => ({ step, at })),
  };
}

/** One line for each step, what it waits for below it. */
export function statusText(plan: Plan, journal: Journal, paint: Paint, now: number): string {
  const lines = [paint('bold', plan.domain), wrap(countText(plan), paint.columns, ''), ''];
  const width = Math.min(28, Math.max(...plan.steps.map((step) => step.id.length)));
  for (const step of plan.steps) lines.push(...stepLines(step, width, paint, now));
  const last = undoable(journal.entries).at(-1);
  if (last) {
    lines.push(
      '',
      wrap(
        `Published last: ${last.step}, ${clockText(Date.parse(last.at), now)}. Take it back with: septet undo ${plan.domain}`,
        paint.columns,
        '',
      ),
    );
  }
  const cut = unfinished(journal.entries);
  if (cut.length > 0) {
    const steps = cut.map((intent) => intent.step).join(', ');
    lines.push(
      '',
      wrap(`A run was cut off while it wrote ${steps}. septet publish ${plan.domain} takes it up.`, paint.columns, ''),
    );
  }
  return `${lines.join('\n')}\n`;
}

/** `seen on all 2 servers`; `not yet at 192.0.2.53, until today 14:32 UTC`. */
function seenText({ visibility }: Step, now: number): string {
  if (!visibility) return 'nothing to publish';
  return visibility.until === undefined
    ? visibility.detail
    : `${visibility.detail}, until ${clockText(visibility.until, now)}`;
}

function stepLines(step: Step, width: number, paint: Paint, now: number): readonly string[] {
  const spreads = step.status.kind === 'done' && step.visibility !== undefined && step.visibility.state !== 'open';
  const [word, style] = spreads ? (['spreads', 'yellow'] as const) : statusWord(step);
  const head = `  ${step.id.padEnd(width)}  ${word.padEnd(10)}`;
  const indent = ' '.repeat(width + 14);
  const texts: string[] = [];
  if (step.status.kind === 'done') texts.push(seenText(step, now));
  else if (step.status.kind === 'blocked') texts.push(`${step.status.why} ${step.status.cure}`);
  else {
    texts.push(...awaited(step.gates, now).map((line) => line.text));
    if (texts.length === 0) texts.push(step.title);
  }
  return texts.map((text, index) => {
    const line = wrap(text, paint.columns, indent, index === 0 ? head : indent);
    return index === 0 ? line.replace(word, paint(style, word)) : line;
  });
}
