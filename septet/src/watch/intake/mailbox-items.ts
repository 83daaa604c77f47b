/** A mailbox into the intake: what is there once, or what comes until it is interrupted. */
import { setTimeout as sleep } from 'node:timers/promises';
import { followMailbox } from '../../world/follow-mailbox.ts';
import { mayPass, type ImapFault } from '../../world/imap-faults.ts';
import type { MailboxItem, MailboxPosition } from '../../world/imap-messages.ts';
import { imapText, type ImapDone, type ImapUrl } from '../../world/imap-url.ts';
import { openMailbox } from '../../world/imap.ts';
import type { World } from '../../world/world.ts';
import type { Intake } from './intake.ts';

export interface MailboxRun {
  readonly url: ImapUrl;
  /** What becomes of a message when its reports are on disk. */
  readonly done: ImapDone;
  /** Certificates (PEM) that are trusted besides the well-known roots. */
  readonly ca?: readonly string[];
  readonly signal: AbortSignal;
  readonly world: Pick<World, 'now' | 'randomBytes'>;
  /** How far it was read before; absent: from its first message on. */
  readonly since?: MailboxPosition;
}

export type MailboxEnd =
  /** `position`: how far it was read; absent where it was empty. */
  | { readonly kind: 'read'; readonly position?: MailboxPosition }
  /** `again`: it may work later without anybody doing anything. */
  | { readonly kind: 'failed'; readonly why: string; readonly again: boolean; readonly position?: MailboxPosition };

/** Before a message whose signature could not be checked is read again, in milliseconds (house). */
const againMs = 60_000;
const firstPauseMs = 1000;
const longestPauseMs = 10_000;

/** Reads what is there. A server that is away is waited for, `patienceSeconds` of pauses in all. Rejects as `take` does. */
export async function readMailbox(intake: Intake, run: MailboxRun, patienceSeconds: number): Promise<MailboxEnd> {
  const { url, signal } = run;
  let position = run.since;
  let left = patienceSeconds * 1000;
  let told = '';
  for (let pause = firstPauseMs; ; pause = Math.min(pause * 2, longestPauseMs)) {
    // oxlint-disable-next-line no-await-in-loop -- one connection after another
    const end = await once(intake, run, position);
    position = end.position ?? position;
    const at = position === undefined ? {} : { position };
    if (end.kind === 'read') return { kind: 'read', ...at };
    if (!end.again || left <= 0 || signal.aborted) return { ...end, ...at };
    if (end.why !== told) intake.note({ kind: 'notice', text: `${end.why} It is tried again for a while.` });
    told = end.why;
    const now = Math.min(pause, left);
    left -= now;
    // oxlint-disable-next-line no-await-in-loop -- the pause is what is wanted
    await sleep(now, undefined, { signal }).catch(() => {});
    if (signal.aborted) return { kind: 'failed', why: `${imapText(url)} was not read to its end.`, again: true, ...at };
  }
}

async function once(intake: Intake, run: MailboxRun, since: MailboxPosition | undefined): Promise<MailboxEnd> {
  const { url, done, ca, signal } = run;
  const opened = await openMailbox(url, { done, signal, ...(ca === undefined ? {} : { ca }) });
  if (opened.kind === 'failed') return failed(opened.fault);
  let position = since;
  let held = false;
  try {
    for await (const item of opened.mailbox.messages(since)) {
      if (item.kind === 'failed') return { ...failed(item.fault), ...(position === undefined ? {} : { position }) };
      const outcome = await takeItem(intake, run, item);
      // Left in its hands, a message is neither marked nor moved.
      if (outcome === 'postponed' && done.kind !== 'leave') {
        const why = `${imapText(url)} is read up to the message whose signature could not be checked; it stays where it is.`;
        return { kind: 'failed', why, again: false, ...(position === undefined ? {} : { position }) };
      }
      // What is postponed is read again the next time, and what follows with it, where it is known.
      held ||= outcome === 'postponed';
      if (!held && (item.kind === 'message' || item.kind === 'skipped'))
        position = { uidValidity: item.uidValidity, lastUid: item.uid };
      if (signal.aborted) return { kind: 'failed', why: `${imapText(url)} was not read to its end.`, again: true };
    }
    return { kind: 'read', ...(position === undefined ? {} : { position }) };
  } finally {
    await opened.mailbox.close();
  }
}

/** Stays with it until the signal. Answers at the end, or when it cannot be opened for a reason that does not pass. */
export async function stayWithMailbox(intake: Intake, run: MailboxRun): Promise<MailboxEnd> {
  const { url, done, ca, signal, world, since } = run;
  const items = followMailbox(url, {
    done,
    signal,
    world,
    ...(ca === undefined ? {} : { ca }),
    ...(since === undefined ? {} : { since }),
  });
  for await (const item of items) {
    if (item.kind === 'failed') return failed(item.fault);
    while ((await takeItem(intake, run, item)) === 'postponed' && !signal.aborted)
      await sleep(againMs, undefined, { signal }).catch(() => {});
  }
  return { kind: 'read' };
}

async function takeItem(
  intake: Intake,
  { url, done }: MailboxRun,
  item: Exclude<MailboxItem, { readonly kind: 'failed' }>,
): Promise<'taken' | 'postponed'> {
  const origin = (uid: number): string => `${imapText(url)}, message ${uid}`;
  if (item.kind === 'notice') intake.note({ kind: 'notice', text: item.text });
  else if (item.kind === 'skipped') intake.note({ kind: 'unreadable', origin: origin(item.uid), why: item.why });
  else {
    const outcome = await intake.take({ origin: origin(item.uid), octets: () => item.octets });
    // It is marked or moved when the next one is asked for: only when it is on disk.
    if (done.kind !== 'leave') await intake.settle();
    if (outcome === 'postponed') return outcome;
  }
  return 'taken';
}

const failed = (fault: ImapFault): MailboxEnd => ({ kind: 'failed', why: fault.text, again: mayPass(fault) });
