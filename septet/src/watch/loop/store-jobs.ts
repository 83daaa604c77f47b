/** The jobs that concern all domains: `retain` and `tell`. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Retention, Store } from '../../store/store.ts';
import type { World } from '../../world/world.ts';
import type { ChannelShelf } from '../alerts/channel-state.ts';
import type { Channel } from '../alerts/channel.ts';
import { tell as tellChannels } from '../alerts/tell.ts';
import type { JobDone } from './watch-loop.ts';
import type { Tell } from './watch-event.ts';

export async function retainJob(store: Store, retention: Retention, now: number, tell: Tell): Promise<JobDone> {
  const gone = Object.entries(await store.retain(retention, now)).filter(([, count]) => count > 0);
  if (gone.length === 0) return { verdict: 'fine', text: 'Nothing was too old.' };
  const text = `Deleted what was too old: ${gone.map(([what, count]) => `${count} ${what}`).join(', ')}.`;
  tell({ event: 'retained', severity: 'info', text, more: Object.fromEntries(gone) });
  return { verdict: 'fine', text };
}

export interface TellHands {
  readonly store: Store;
  readonly world: World;
  readonly channels: readonly Channel[];
  /** Channels that cannot be used; a sentence each. */
  readonly problems: readonly string[];
  readonly shelf: ChannelShelf;
  readonly signal: AbortSignal;
  readonly tell: Tell;
}

export async function tellJob({ store, world, channels, problems, shelf, signal, tell }: TellHands): Promise<JobDone> {
  for (const text of problems) tell({ event: 'failed', severity: 'error', text });
  const told = await tellChannels({
    alerts: store.alerts,
    channels,
    shelf,
    world,
    sleep: async (milliseconds) => void (await sleep(milliseconds, undefined, { signal })),
  });
  const trouble: string[] = [...problems];
  for (const { channel, sent, trouble: why } of told) {
    if (sent > 0) {
      const text = `${channel} was told: ${sent} message${sent === 1 ? '' : 's'}.`;
      tell({ event: 'told', severity: 'info', text, more: { channel, sent } });
    }
    if (why === undefined) continue;
    trouble.push(`${channel}: ${why}`);
    tell({
      event: 'failed',
      severity: 'warning',
      text: `${channel} does not take alerts: ${why.replace(/\.$/, '')}.`,
      more: { channel },
    });
  }
  if (trouble.length > 0) return { verdict: 'person', text: trouble.join(' ') };
  return { verdict: 'fine', text: `${told.length} channel${told.length === 1 ? '' : 's'}: all is told.` };
}
