/** `septet approve`: shows the step that waits for a person and what it would break, asks, and writes the answer down. */
import type { Command } from 'commander';
import { exitCodes } from '../../audit/report.ts';
import type { DnsName } from '../../dns/name.ts';
import type { Plan } from '../../plan/plan.ts';
import { approveStep, stopRamp, type Said, type SaidOf } from '../../watch/approve-ramp.ts';
import { viewRamps, type RampView } from '../../watch/ramp-view.ts';
import { rampsOf, stepOfStage } from '../../watch/ramps-of.ts';
import { InputError, type Io } from '../io.ts';
import { painter, wrap, type Paint } from '../paint.ts';
import { changeLines } from '../plan/plan-text.ts';
import { addPlanOptions, openPlanSession, type PlanOptions } from '../plan/plan-session.ts';
import { confirm } from '../plan/publish-outside.ts';
import { rampText } from './ramp-text.ts';
import { rampTitles, stageWords } from './ramp-words.ts';

interface Options extends PlanOptions {
  readonly yes?: boolean;
  readonly reject?: string;
}

export function configure(command: Command, io: Io, done: (code: number) => void): void {
  addPlanOptions(command)
    .argument('[domain]', 'a domain of the configuration (default: the only one)')
    .argument('[ramp]', 'dmarc, spf, mta-sts or bimi (default: the one that waits)')
    .option('--yes', 'do not ask')
    .option('--reject <why>', 'no: stop the ramp where it is, until it is approved again')
    .action(async (domain: string | undefined, ramp: string | undefined, options: Options) => {
      done(await approve(domain, ramp, options, io));
    });
}

async function approve(
  name: string | undefined,
  wanted: string | undefined,
  options: Options,
  io: Io,
): Promise<number> {
  const session = await openPlanSession(name === undefined ? [] : [name], options, io);
  try {
    const [domain, ...others] = session.domains;
    if (domain === undefined || others.length > 0) throw new InputError('Which domain? septet approve example.com');
    const { store } = session;
    if (!store)
      throw new InputError(
        'Nothing waits for you: no reports and no ramps are kept here yet. Name the place with --data, or begin with septet watch.',
      );
    const own = await session.of(domain);
    const { plan } = await own.plan();
    const now = session.world.now();
    const { intent } = own.settings;
    const views = await viewRamps({ intent, plan, now, store });
    const paint = painter(io.columns, io.colours);
    const view = chosen(views, domain, wanted, options);
    if (!view) {
      await io.out(`${wrap(nothingWaits(domain, views), paint.columns, '')}\n`);
      return exitCodes.fine;
    }
    const ramp = rampsOf(intent).find((other) => other.name === view.ramp);
    if (!ramp || view.stage === undefined) throw new TypeError(`${view.ramp} has no stage`);
    const of: SaidOf = { store, domain, ramp, stage: view.stage, plan, now };
    return options.reject === undefined
      ? await sayYes(of, view, paint, options, io)
      : await sayNo(of, view, options.reject, paint, io);
  } finally {
    await session.close();
  }
}

/** A yes can be given before the reports are in; it counts when they are. */
const canApprove = ({ asks, paused, needs, plan }: RampView): boolean =>
  asks ||
  paused !== undefined ||
  plan.some(({ gate }) => gate.kind === 'approved') ||
  needs.some(({ kind, met }) => !met && (kind === 'approval' || kind === 'forwarded'));

/** Undefined where nothing waits. Throws `InputError` where it is not clear which, or there is nothing to say yes to. */
function chosen(
  views: readonly RampView[],
  domain: DnsName,
  wanted: string | undefined,
  { reject }: Options,
): RampView | undefined {
  if (wanted === undefined) {
    const waiting = views.filter((view) => view.asks || (reject === undefined && view.paused !== undefined));
    if (waiting.length > 1)
      throw new InputError(
        `Which ramp? ${waiting.map(({ ramp }) => `septet approve ${domain} ${ramp}`).join(', or ')}`,
      );
    return waiting[0];
  }
  const view = views.find(({ ramp }) => ramp === wanted);
  if (!view) {
    const known = views.map(({ ramp }) => ramp).join(', ');
    throw new InputError(`${domain} has no ramp ${wanted}. It has: ${known}.`);
  }
  if (view.stage === undefined)
    throw new InputError(`${rampTitles[view.ramp]} of ${domain} has not begun: ${view.why}.`);
  if (reject !== undefined || canApprove(view)) return view;
  if (view.next === undefined) throw new InputError(`${rampTitles[view.ramp]} of ${domain} is at its last stage.`);
  throw new InputError(`${rampTitles[view.ramp]} of ${domain} does not wait for you, but for this: ${view.why}.`);
}

function nothingWaits(domain: DnsName, views: readonly RampView[]): string {
  const at = views.flatMap(({ ramp, stage }) => (stage === undefined ? [] : [`${rampTitles[ramp]} at ${stage}`]));
  return `Nothing of ${domain} waits for your yes${at.length > 0 ? ` (${at.join(', ')})` : ''}. See septet ramp ${domain}.`;
}

async function sayYes(of: SaidOf, view: RampView, paint: Paint, options: Options, io: Io): Promise<number> {
  const to = view.next ?? of.stage;
  await io.out(`${paint('bold', of.domain)}\n\n${rampText(view, paint, of.now)}\n${stepText(of.plan, view, paint)}\n`);
  if (!options.yes) {
    if (!io.interactive)
      throw new InputError(
        `Nothing was approved: nobody is here to ask. To agree: septet approve ${of.domain} ${view.ramp} --yes`,
      );
    if (!(await confirm(`Let ${rampTitles[view.ramp]} go on to ${stageWords(view.ramp, to)}?`))) {
      await io.out('Nothing was approved. To stop the ramp: septet approve --reject "why"\n');
      return exitCodes.fine;
    }
  }
  const said = await approveStep(of, to, 'a person said yes');
  const then = view.needs.some(({ kind, met }) => !met && kind !== 'approval' && kind !== 'forwarded')
    ? 'It is taken when the rest is there.'
    : 'septet watch takes the step.';
  return tell(said, `Approved: ${rampTitles[view.ramp]} to ${to}. ${then}`, paint, io);
}

async function sayNo(of: SaidOf, view: RampView, why: string, paint: Paint, io: Io): Promise<number> {
  if (why.trim() === '')
    throw new InputError('--reject takes a reason, such as --reject "the newsletter comes first".');
  const said = await stopRamp(of, why.trim());
  const words = `Stopped: ${rampTitles[view.ramp]} stays at ${of.stage}. To go on: septet approve ${of.domain} ${view.ramp}`;
  return tell(said, words, paint, io);
}

async function tell(said: Said, words: string, paint: Paint, io: Io): Promise<number> {
  if (said === 'written') {
    await io.out(`${wrap(words, paint.columns, '')}\n`);
    return exitCodes.fine;
  }
  io.err(
    `${wrap('Nothing was written down: the ramp has moved meanwhile. Look again with septet ramp.', paint.columns, '')}\n`,
  );
  return exitCodes.couldNotTell;
}

/** The records that the step would change. */
function stepText(plan: Plan, { ramp, next }: RampView, paint: Paint): string {
  const id = next === undefined ? undefined : stepOfStage(ramp, next);
  const step = plan.steps.find((other) => other.id === id);
  if (!step || step.changes.length === 0) return '';
  return ['', ...step.changes.flatMap((change) => changeLines(change, paint)), ''].join('\n');
}
