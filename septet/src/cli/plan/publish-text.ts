/** What `septet publish` says on its way, and how it ends. */
import { exitCodes } from '../../audit/report.ts';
import { shortDigest } from '../../plan/digest.ts';
import type { Step } from '../../plan/plan.ts';
import type { Published, PublishEvent } from '../../publish/publish-input.ts';
import { clockText, spanText } from './clock-text.ts';
import type { Io } from '../io.ts';
import { wrap, type Paint } from '../paint.ts';
import type { DomainSession } from './plan-session.ts';
import { changeLines } from './plan-text.ts';
import { tellFault } from './publish-outside.ts';
import { statusText } from './status.ts';

export function eventText(event: PublishEvent, paint: Paint, now: number): string {
  switch (event.kind) {
    case 'taken-up': {
      const words = {
        written: 'had been written when the run before was cut off',
        completed: 'was cut off half-way by the run before; the rest is written now',
        'not-written': 'was cut off before it was written; it is planned anew',
        'changed-since': 'was cut off, and somebody changed its records since; it is planned anew',
      } as const;
      return `${wrap(`${event.what.step} ${words[event.what.outcome]}.`, paint.columns, '')}\n`;
    }
    case 'writing': {
      const { id, title, changes } = event.step;
      const head = wrap(`${id}  ${title}`, paint.columns, '  ').replace(id, paint('bold', id));
      return `${[head, ...changes.flatMap((change) => changeLines(change, paint))].join('\n')}\n`;
    }
    case 'written':
      return `  ${paint('green', 'written')}\n`;
    case 'visible': {
      const byDetail = Map.groupBy(event.steps, (step) => step.visibility?.detail ?? 'seen');
      return [...byDetail]
        .map(([detail, steps]) => {
          const line = wrap(`${detail}: ${idsOf(steps)}`, paint.columns, '    ', '  ');
          return `${line.replace(detail, paint('green', detail))}\n`;
        })
        .join('');
    }
    case 'waiting': {
      const words = event.until === undefined ? 'waiting for all servers and resolvers' : untilText(event.until, now);
      return `${wrap(`${words}: ${idsOf(event.steps)}`, paint.columns, '    ', '  ')}\n`;
    }
  }
}

const idsOf = (steps: readonly Step[]): string => steps.map((step) => step.id).join(', ');

/** `waiting 6 seconds`, `waiting until today 14:32 UTC`. */
function untilText(until: number, now: number): string {
  const seconds = Math.ceil((until - now) / 1000);
  return seconds < 120 ? `waiting ${spanText(Math.max(seconds, 1))}` : `waiting until ${clockText(until, now)}`;
}

/** Answers the exit code. */
export async function tellResult(
  result: Published,
  own: DomainSession,
  paint: Paint,
  io: Io,
  now: number,
): Promise<number> {
  const err = (text: string): void => io.err(`${wrap(text, paint.columns, '')}\n`);
  const look = `septet plan ${own.domain}`;
  const before = (wrote: number): string =>
    wrote === 0 ? 'Nothing was published' : `Stopped after ${stepsText(wrote)}`;
  switch (result.kind) {
    case 'finished': {
      const words = result.wrote === 0 ? 'Nothing had to be written.' : `${stepsText(result.wrote)} written.`;
      await io.out(`${words}\n\n${statusText(result.plan, own.journal, paint, now)}`);
      if (result.unseen.length > 0) {
        const until = Math.max(...result.unseen.map((step) => step.visibility?.until ?? 0));
        const caches = until > now ? ` (caches may hold what stood before until ${clockText(until, now)})` : '';
        err(
          `Not seen everywhere yet: ${idsOf(result.unseen)}${caches}. Run septet publish ${own.domain} again later; it goes on from here.`,
        );
      }
      return exitCodeOfEnd(result);
    }
    case 'declined':
      await io.out('Nothing was published.\n');
      return exitCodes.fine;
    case 'other-plan': {
      const digest = shortDigest(result.plan.digest);
      err(
        `Nothing was published: the plan of now has the digest ${digest}, so the zone or the configuration is not what yours was made of. Look at it with: ${look}`,
      );
      return exitCodes.findings;
    }
    case 'moved':
      err(
        `${before(result.wrote)}: ${result.steps.join(', ')} would do something else than what was shown, because the zone or the configuration changed. Look again with: ${look}`,
      );
      return exitCodes.findings;
    case 'fault': {
      const { step, fault, wrote } = result;
      const code = tellFault(fault, step ? `${step.id}: ` : '', paint, io);
      const rest =
        wrote === 0
          ? `Run septet publish ${own.domain} again when that is mended.`
          : `${stepsText(wrote)} written before it, and ${wrote === 1 ? 'stays' : 'stay'}. Run septet publish ${own.domain} again to go on, or septet undo ${own.domain} to take the last one back.`;
      err(rest);
      return code;
    }
  }
}

const stepsText = (count: number): string => (count === 1 ? '1 step' : `${count} steps`);

/** 1 when a person has to decide something, 3 when not everybody was seen to have the records, else 0. */
function exitCodeOfEnd({ plan, unseen, refused }: Published & { readonly kind: 'finished' }): number {
  if (refused.length > 0 || plan.steps.some((step) => step.status.kind === 'blocked')) return exitCodes.findings;
  return unseen.length > 0 ? exitCodes.couldNotTell : exitCodes.fine;
}
