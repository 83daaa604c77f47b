/** `septet publish`: carries a plan out, step by step, and shows that every server serves what was meant. */
import type { Command } from 'commander';
import { exitCodes } from '../audit/report.ts';
import type { DnsName } from '../dns/name.ts';
import { shortDigest } from '../plan/digest.ts';
import type { Step } from '../plan/plan.ts';
import type { HostFault } from '../providers/host.ts';
import { delegationFault } from '../publish/delegation.ts';
import { publish, type Published, type PublishEvent } from '../publish/publish.ts';
import { takeLock } from '../store/lock.ts';
import { clockText } from './clock-text.ts';
import { InputError, type Io } from './io.ts';
import { collect } from './options.ts';
import { painter, wrap, type Paint } from './paint.ts';
import {
  addPlanOptions,
  openPlanSession,
  type DomainSession,
  type PlanOptions,
  type PlanSession,
} from './plan-session.ts';
import { changeLines, planText } from './plan-text.ts';
import { worse } from './plan.ts';
import { clockOf, confirm } from './publish-outside.ts';
import { statusText } from './status.ts';

interface Options extends PlanOptions {
  readonly plan?: string;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly approve?: readonly string[];
  readonly vouch?: readonly string[];
  readonly wait: string;
}

export function configure(command: Command, io: Io, done: (code: number) => void): void {
  addPlanOptions(command)
    .argument('[domains...]', 'domains of the configuration (default: all)')
    .option('--plan <digest>', 'publish exactly the plan with this digest, without asking')
    .option('--yes', 'publish without asking; records that Septet did not make stay')
    .option(
      '--approve <step>',
      'agree that this step gives up records that Septet did not make; may be repeated',
      collect,
    )
    .option('--vouch <step>', 'go on although what this step points at could not be seen; may be repeated', collect)
    .option('--dry-run', 'show what would be written; write nothing')
    .option('--wait <time>', 'how long to wait for records to spread: 90s, 10m, 2h', '10m')
    .action(async (domains: readonly string[], options: Options) => {
      done(await publishAll(domains, options, io));
    });
}

async function publishAll(names: readonly string[], options: Options, io: Io): Promise<number> {
  if (!options.dryRun && (options.zone !== undefined || options.replay !== undefined))
    throw new InputError('publish looks at the live DNS; --zone and --replay are for plan.');
  const waitMs = durationOf(options.wait);
  if (options.plan !== undefined && !/^[0-9a-f]{8,64}$/i.test(options.plan))
    throw new InputError(`--plan takes at least 8 digits of a digest that septet plan printed, not ${options.plan}.`);
  const session = await openPlanSession(names, options, io, { fresh: true });
  let code: number = exitCodes.fine;
  try {
    if (options.plan !== undefined && session.domains.length > 1)
      throw new InputError('--plan belongs to one domain. Name it: septet publish example.com --plan …');
    for (const domain of session.domains) {
      // oxlint-disable-next-line no-await-in-loop -- one domain after the other
      code = worse(code, await publishOne(domain, session, options, waitMs, io));
    }
  } finally {
    await session.close();
  }
  return code;
}

async function publishOne(
  domain: DnsName,
  session: PlanSession,
  options: Options,
  waitMs: number,
  io: Io,
): Promise<number> {
  const own = await session.of(domain);
  const paint = painter(io.columns, io.colours);
  if (options.dryRun) return dryRun(own, paint, session, io);
  if (options.plan === undefined && !options.yes && !io.interactive) {
    const { plan } = await own.plan();
    throw new InputError(
      `Nothing was published: nobody is here to ask. Look at septet plan ${domain}, then run\n  septet publish ${domain} --plan ${shortDigest(plan.digest)}`,
    );
  }
  const host = await own.openHost();
  const lock = await takeLock(own.lockFile, io.processes);
  if (lock.kind === 'taken') {
    throw new InputError(
      `Another septet (process ${lock.pid}) is publishing ${domain}. Wait for it, or stop it first.`,
    );
  }
  try {
    const first = await own.plan();
    const wrong = await delegationFault(
      host,
      first.plan.zone,
      own.settings.host.servers.length > 0 ? undefined : session.world,
    );
    if (wrong) return tellFault(wrong, undefined, paint, io);
    const clock = clockOf(io);
    let initial: typeof first | undefined = first;
    const result = await publish({
      domain,
      zone: async () => first.plan.zone,
      // The plan that was just made is good for the first look.
      plan: async () => {
        const made = initial ?? (await own.plan());
        initial = undefined;
        return made.plan;
      },
      host,
      journal: own.journal,
      clock,
      ...(options.plan === undefined ? {} : { digest: options.plan }),
      consent: async (plan) => {
        if (options.yes) return true;
        await io.out(planText(plan, paint, { now: clock.now(), verbose: false }));
        return confirm('Publish what is ready, and the rest as its gates open?');
      },
      agree: async (step, question) => {
        if (options.approve?.includes(step.id)) return true;
        if (io.interactive && !options.yes && options.plan === undefined) return confirm(`${step.id}: ${question}`);
        io.err(
          `${wrap(`${step.id} ${question.replace(' Agree?', '')} Agree with: --approve ${step.id}`, paint.columns, '  ')}\n`,
        );
        return false;
      },
      vouched: new Set(options.vouch ?? []),
      waitMs,
      tell: (event) => void io.out(eventText(event, paint, clock.now())),
    });
    return await tellResult(result, own, paint, io, clock.now());
  } finally {
    await lock.release();
    await host.close?.();
  }
}

async function dryRun(own: DomainSession, paint: Paint, session: PlanSession, io: Io): Promise<number> {
  const { plan } = await own.plan();
  await io.out(planText(plan, paint, { now: session.world.now(), verbose: false }));
  const ready = plan.steps.filter((step) => step.status.kind === 'ready');
  const words =
    ready.length === 0
      ? 'Nothing would be written now.'
      : `Would be written now at ${own.hostTitle}: ${ready.map((step) => step.id).join(', ')}.`;
  await io.out(`${wrap(`${words} This was a dry run: nothing was written.`, paint.columns, '')}\n`);
  return exitCodes.fine;
}

function eventText(event: PublishEvent, paint: Paint, now: number): string {
  switch (event.kind) {
    case 'taken-up': {
      const words = {
        written: 'had been written when the run before was cut off',
        completed: 'was cut off half-way by the run before; the rest is written now',
        'not-written': 'was cut off before it was written; it is planned anew',
        'changed-since': 'was cut off, and somebody changed its records since; it is planned anew',
      } as const;
      return `${wrap(`${event.what.step} ${words[event.what.outcome]}.`, paint.columns, '  ')}\n`;
    }
    case 'writing':
      return [
        `${paint('bold', event.step.id)}  ${event.step.title}`,
        ...event.step.changes.flatMap((change) => changeLines(change, paint)),
        '',
      ].join('\n');
    case 'written':
      return `  ${paint('green', 'written')}\n`;
    case 'visible':
      return `  ${paint('green', 'seen')} ${event.step.id}: ${event.step.visibility?.detail ?? ''}\n`;
    case 'waiting': {
      const names = event.steps.map((step: Step) => step.id).join(', ');
      const until =
        event.until === undefined
          ? 'waiting for all servers and resolvers'
          : `waiting until ${clockText(event.until, now)}`;
      return `${wrap(`${until}: ${names}`, paint.columns, '  ')}\n`;
    }
  }
}

async function tellResult(result: Published, own: DomainSession, paint: Paint, io: Io, now: number): Promise<number> {
  switch (result.kind) {
    case 'finished': {
      const words =
        result.wrote === 0
          ? 'Nothing had to be written.'
          : `${result.wrote} ${result.wrote === 1 ? 'step was' : 'steps were'} written.`;
      await io.out(`${words}\n\n${statusText(result.plan, own.journal, paint, now)}`);
      return exitCodes.fine;
    }
    case 'declined':
      await io.out('Nothing was published.\n');
      return exitCodes.fine;
    case 'other-plan': {
      const digest = shortDigest(result.plan.digest);
      io.err(
        `${wrap(`Nothing was published: the plan of today has the digest ${digest}. The zone or the configuration changed since yours was made. Look at it with: septet plan ${own.domain}`, paint.columns, '')}\n`,
      );
      return exitCodes.findings;
    }
    case 'moved': {
      io.err(
        `${wrap(`Stopped: ${result.steps.join(', ')} would do something else than what was shown, because the zone or the configuration changed. Look again with: septet plan ${own.domain}`, paint.columns, '')}\n`,
      );
      return exitCodes.findings;
    }
    case 'fault':
      return tellFault(result.fault, result.step, paint, io);
  }
}

function tellFault(fault: HostFault, step: Step | undefined, paint: Paint, io: Io): number {
  const at = step ? `${step.id}: ` : '';
  io.err(`${wrap(`${at}${fault.detail}`, paint.columns, '')}\n${wrap(fault.cure, paint.columns, '')}\n`);
  if (step)
    io.err(
      `${wrap('What was written before it stays. Run septet publish again to go on, or septet undo to take it back.', paint.columns, '')}\n`,
    );
  switch (fault.reason) {
    case 'changed':
    case 'rejected':
      return exitCodes.findings;
    case 'unreachable':
    case 'rate-limited':
    case 'malformed':
      return exitCodes.couldNotTell;
    default:
      return exitCodes.misuse;
  }
}

/** `90s`, `10m`, `2h`, `0` in milliseconds. */
export function durationOf(text: string): number {
  const match = /^(\d{1,6})(s|m|h)?$/.exec(text);
  if (!match) throw new InputError(`--wait is a time such as 90s, 10m or 2h, not ${text}.`);
  const unit = match[2] === 'h' ? 3600 : match[2] === 'm' ? 60 : 1;
  return Number(match[1]) * unit * 1000;
}
