/** `septet plan`: the steps in order, each with its gate; or the records in the form that a DNS host or a tool wants. */
import type { Command } from 'commander';
import { exitCodes } from '../../audit/report.ts';
import type { Plan } from '../../plan/plan.ts';
import { formInput } from './form-input.ts';
import { InputError, type Io } from '../io.ts';
import { collect } from '../options.ts';
import { painter } from '../paint.ts';
import type { TextForm } from '../../providers/form.ts';
import { hostKinds } from '../../providers/host-kinds.ts';
import {
  addPlanOptions,
  openPlanSession,
  type DomainSession,
  type PlanOptions,
  type PlanSession,
} from './plan-session.ts';
import { planValue } from './plan-json.ts';
import { planText } from './plan-text.ts';
import { visibleJson } from '../visible.ts';

interface Options extends PlanOptions {
  readonly as: string;
  readonly step?: readonly string[];
  readonly all?: boolean;
  readonly verbose?: boolean;
}

export function configure(command: Command, io: Io, done: (code: number) => void): void {
  addPlanOptions(command)
    .argument('[domains...]', 'domains of the configuration (default: all)')
    .option('--as <form>', 'text, or records as a host or tool wants them: septet plan --as list', 'text')
    .option('--step <id>', 'with --as: only this step, whatever it waits for; may be repeated', collect)
    .option('--all', 'with --as: every step up to the later stages of the ramps')
    .option('-v, --verbose', 'also what is done, and advice')
    .action(async (domains: readonly string[], options: Options) => {
      done(await plan(domains, options, io));
    });
}

async function plan(names: readonly string[], options: Options, io: Io): Promise<number> {
  const { textForms, formOf } = await import('../../providers/forms/forms.ts');
  if (options.as === 'list') {
    const width = Math.max(...textForms.map((form) => form.id.length));
    const own = [
      ['text', 'steps for a person at a terminal'],
      ['json', 'the whole plan, for programs'],
    ] as const;
    const rows = [...own, ...textForms.map((form) => [form.id, form.title] as const)];
    await io.out(`${rows.map(([id, title]) => `${id.padEnd(width)}  ${title}`).join('\n')}\n`);
    return exitCodes.fine;
  }
  const form = options.as === 'text' || options.as === 'json' ? undefined : formOf(options.as);
  if (!form && options.as !== 'text' && options.as !== 'json') {
    throw new InputError(
      `--as ${options.as} is no form. There are: text, json, ${textForms.map((each) => each.id).join(', ')}.`,
    );
  }
  if ((options.step || options.all) && !form)
    throw new InputError(
      `--step and --all choose what a form prints. ${options.as === 'json' ? 'JSON is always the whole plan' : 'Name one with --as'}.`,
    );
  const session = await openPlanSession(names, options, io);
  let code: number = exitCodes.fine;
  try {
    for (const domain of session.domains) {
      // oxlint-disable-next-line no-await-in-loop -- one domain after the other, in the order that was asked for
      const own = await session.of(domain);
      // oxlint-disable-next-line no-await-in-loop -- as above
      const { plan: made } = await own.plan();
      const text = textOf(made, own, form, options, io, session);
      // oxlint-disable-next-line no-await-in-loop -- a slow reader holds the program back
      await io.out(text);
      code = worse(code, exitCodeOfPlan(made));
    }
  } finally {
    await session.close();
  }
  return code;
}

function textOf(
  plan: Plan,
  own: DomainSession,
  form: TextForm | undefined,
  options: Options,
  io: Io,
  { domains, world }: PlanSession,
): string {
  if (form) return form.write(formInput(plan, { steps: options.step, all: options.all === true }));
  // One value a line where there are several, as `check` does it.
  if (options.as === 'json') return `${visibleJson(planValue(plan), domains.length > 1 ? undefined : 2)}\n`;
  const verbose = options.verbose === true;
  return planText(plan, painter(io.columns, io.colours), { now: world.now(), verbose, ...formOfHost(own) });
}

/** Where Septet cannot write, the records are printed in the form of the host. */
function formOfHost({ settings }: DomainSession): { readonly form?: string } {
  const kind = hostKinds.find((other) => other.key === settings.host.kind);
  return kind?.publishes ? {} : { form: kind?.form ?? 'markdown' };
}

/** 1 when a person has to decide or an error stands, else 3 when DNS did not tell, else 0. As `check` does it. */
export function exitCodeOfPlan(plan: Plan): number {
  const blocked = plan.steps.flatMap(({ status }) => (status.kind === 'blocked' ? [status] : []));
  const errors = plan.findings.some((finding) => finding.severity === 'error' && finding.state === 'fail');
  if (errors || blocked.some((status) => !status.unanswered)) return exitCodes.findings;
  const silent = plan.steps.some((step) => step.outside?.some((work) => work.unanswered));
  return blocked.length > 0 || silent ? exitCodes.couldNotTell : exitCodes.fine;
}

/** Of two exit codes the one that matters more: wrong use, findings, could not tell, fine. */
export function worse(a: number, b: number): number {
  const order = [exitCodes.fine, exitCodes.couldNotTell, exitCodes.findings, exitCodes.misuse] as readonly number[];
  return order.indexOf(a) > order.indexOf(b) ? a : b;
}
