/** `septet publish`: carries a plan out, step by step, and shows that every server serves what was meant. */
import type { Command } from 'commander';
import { exitCodes } from '../../audit/report.ts';
import type { DnsName } from '../../dns/name.ts';
import { shortDigest } from '../../plan/digest.ts';
import type { Plan } from '../../plan/plan.ts';
import type { DnsHost } from '../../providers/host.ts';
import { delegationFault } from '../../publish/delegation.ts';
import { hostAuthority } from '../../publish/host-authority.ts';
import { publish } from '../../publish/publish.ts';
import { InputError, type Io } from '../io.ts';
import { collect } from '../options.ts';
import { painter, wrap, type Paint } from '../paint.ts';
import {
  addPlanOptions,
  openPlanSession,
  type DomainSession,
  type PlanOptions,
  type PlanSession,
} from './plan-session.ts';
import { planText } from './plan-text.ts';
import { worse } from './plan.ts';
import { alone, clockOf, confirm, tellFault } from './publish-outside.ts';
import { eventText, tellResult } from './publish-text.ts';

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
    if (plan.steps.some((step) => step.changes.length > 0)) {
      throw new InputError(
        `Nothing was published: nobody is here to ask. Look at septet plan ${domain}, then run\n  septet publish ${domain} --plan ${shortDigest(plan.digest)}`,
      );
    }
  }
  const host = await own.openHost();
  try {
    return await alone(own.lockFile, domain, io, () => carryOut(own, host, session, options, { waitMs, paint, io }));
  } finally {
    await host.close?.();
  }
}

async function carryOut(
  own: DomainSession,
  host: DnsHost,
  session: PlanSession,
  options: Options,
  { waitMs, paint, io }: { readonly waitMs: number; readonly paint: Paint; readonly io: Io },
): Promise<number> {
  const { domain, journal } = own;
  // Another run may have ended between the first reading and the lock.
  await journal.refresh();
  const offline = options.zone !== undefined || options.replay !== undefined;
  let zone: DnsName | undefined;
  const plan = async (): Promise<Plan> => {
    zone ??= offline ? (await own.plan()).plan.zone : undefined;
    // Files tell of everybody else; the zone itself is what its host stores.
    return (await own.plan(zone === undefined ? undefined : hostAuthority(host, zone))).plan;
  };
  const first = await plan();
  for (const option of ['approve', 'vouch'] as const) checkSteps(option, options[option] ?? [], first, paint);
  const world = own.settings.host.servers.length > 0 ? undefined : session.world;
  const wrong = await delegationFault(host, first.zone, world);
  if (wrong) return tellFault(wrong, '', paint, io);
  const clock = clockOf(io);
  // The plan that was just made is good for the first look, unless the journal has learned something since.
  let known: { readonly plan: Plan; readonly lines: number } | undefined = {
    plan: first,
    lines: journal.entries.length,
  };
  const result = await publish({
    domain,
    zone: async () => first.zone,
    plan: async () => {
      const usable = known?.lines === journal.entries.length ? known.plan : undefined;
      known = undefined;
      return usable ?? plan();
    },
    host,
    journal,
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
      const words = `${step.id} ${question.replace(' Agree?', '')} It was left out; agree with --approve ${step.id}.`;
      io.err(`${wrap(words, paint.columns, '')}\n`);
      return false;
    },
    vouched: new Set(options.vouch ?? []),
    waitMs,
    tell: (event) => void io.out(eventText(event, paint, clock.now())),
  });
  return tellResult(result, own, paint, io, clock.now());
}

function checkSteps(option: 'approve' | 'vouch', ids: readonly string[], plan: Plan, paint: Paint): void {
  for (const id of ids) {
    if (plan.steps.some((step) => step.id === id)) continue;
    const known = plan.steps.map((step) => step.id).join(', ');
    const words = `--${option} ${id}: the plan of ${plan.domain} has no such step. It has: ${known}.`;
    throw new InputError(wrap(words, paint.columns, ''));
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

/** `90s`, `10m`, `2h`, `0` in milliseconds. */
export function durationOf(text: string): number {
  const match = /^(\d{1,6})(s|m|h)?$/.exec(text);
  if (!match) throw new InputError(`--wait is a time such as 90s, 10m or 2h, not ${text}.`);
  const unit = match[2] === 'h' ? 3600 : match[2] === 'm' ? 60 : 1;
  return Number(match[1]) * unit * 1000;
}
