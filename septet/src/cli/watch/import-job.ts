/** The job `import`: what is new in the folders and mailboxes of the configuration. */
import { stat } from 'node:fs/promises';
import type { Config } from '../../config/read-config.ts';
import type { WatchConfig } from '../../config/watch-keys.ts';
import type { Store } from '../../store/store.ts';
import { filesBelow } from '../../watch/intake/files.ts';
import { placeOf } from '../../watch/intake/intake-event.ts';
import { openIntake, type Intake } from '../../watch/intake/intake.ts';
import { readMailbox } from '../../watch/intake/mailbox-items.ts';
import type { JobDone } from '../../watch/loop/watch-loop.ts';
import type { Tell } from '../../watch/loop/watch-event.ts';
import { parseImapUrl } from '../../world/imap-url.ts';
import type { MailboxPosition } from '../../world/imap-messages.ts';
import type { World } from '../../world/world.ts';
import type { Io } from '../io.ts';

export interface ImportHands {
  readonly store: Store;
  readonly world: World;
  readonly config: Config;
  readonly watch: WatchConfig;
  readonly ca: readonly string[];
  readonly io: Io;
  readonly signal: AbortSignal;
  readonly tell: Tell;
  /** Files that were read, with size and time, so that the same are not read every few minutes. */
  readonly read: Map<string, string>;
  /** How far each mailbox was read, for the same reason. */
  readonly positions: Map<string, MailboxPosition>;
}

const patienceSeconds = 15; // house: the job comes again in a minute
const mostRemembered = 200_000;

export async function importJob(hands: ImportHands): Promise<JobDone> {
  const { store, world, config, watch, signal, tell } = hands;
  const trouble: string[] = [];
  const wrong: string[] = [];
  const intake = openIntake({
    store,
    world,
    domains: new Set(config.domains.keys()),
    keepFailures: watch.keepFailures,
    allowUnauthenticated: watch.unauthenticated,
    signal,
    patienceSeconds,
    tell: (event) => {
      if (event.kind === 'unreadable') wrong.push(event.why);
      if (event.kind === 'postponed') trouble.push(event.why);
      if (event.kind === 'refused')
        tell({
          event: 'notice',
          severity: 'warning',
          text: `A report was refused: ${placeOf(event.source)}: ${event.refusal.text}`,
          more: { place: placeOf(event.source), code: event.refusal.code },
        });
    },
  });
  for (const place of watch.reports) {
    if (signal.aborted) break;
    if (place.kind === 'folder') await fromFolder(place.path, intake, hands);
    else await fromMailbox(place.url, intake, hands, trouble, wrong);
  }
  await intake.settle();
  const { aggregate, tls, failure, duplicates, raised, refused, messages, unauthenticated, foreign } = intake.summary();
  const apart = [...foreign.values()].reduce((sum, count) => sum + count, 0);
  const stored = aggregate + tls + failure;
  const text = `Imported ${stored} report${stored === 1 ? '' : 's'} (${messages} messages), ${duplicates} known, ${refused} refused${raised > 0 ? `; ${raised} of the known count now` : ''}${unauthenticated > 0 ? `; ${unauthenticated} that no signature vouches for open no gates` : ''}${apart > 0 ? `; ${apart} on other domains kept apart` : ''}.`;
  if (stored > 0 || raised > 0 || refused > 0)
    tell({
      event: 'imported',
      severity: 'info',
      text,
      more: { aggregate, tls, failure, duplicates, raised, refused, messages, unauthenticated, foreign: apart },
    });
  for (const why of [...wrong, ...trouble])
    tell({ event: 'failed', severity: 'warning', text: why, more: { job: 'import' } });
  if (wrong.length > 0) return { verdict: 'person', text: [text, ...wrong].join(' ') };
  if (trouble.length > 0) return { verdict: 'could not tell', text: [text, ...trouble].join(' '), failed: true };
  return { verdict: 'fine', text };
}

async function fromFolder(folder: string, intake: Intake, { read, signal }: ImportHands): Promise<void> {
  for await (const found of filesBelow([folder])) {
    if (signal.aborted) return;
    if (found.kind !== 'file') {
      intake.note(found);
      continue;
    }
    const { origin } = found.item;
    const facts = await stat(origin).catch(() => undefined);
    const mark = facts ? `${facts.size} ${facts.mtimeMs}` : '';
    if (mark !== '' && read.get(origin) === mark) continue;
    if ((await intake.take(found.item)) !== 'taken') continue;
    if (read.size >= mostRemembered) read.clear();
    read.set(origin, mark);
  }
}

async function fromMailbox(
  text: string,
  intake: Intake,
  { io, ca, signal, world, positions }: ImportHands,
  trouble: string[],
  wrong: string[],
): Promise<void> {
  const parsed = parseImapUrl(text, io.env);
  if (parsed.kind === 'bad') {
    wrong.push(`watch.reports ${parsed.why.replace(/^--imap /, '')}`);
    return;
  }
  const since = positions.get(text);
  const before = trouble.length;
  const end = await readMailbox(
    intake,
    {
      url: parsed.url,
      done: { kind: 'leave' },
      signal,
      world,
      ...(ca.length > 0 ? { ca } : {}),
      ...(since ? { since } : {}),
    },
    patienceSeconds,
  );
  // What was postponed is read again.
  if (end.position && trouble.length === before) positions.set(text, end.position);
  if (end.kind !== 'failed' || signal.aborted) return;
  (end.again ? trouble : wrong).push(end.why);
}
