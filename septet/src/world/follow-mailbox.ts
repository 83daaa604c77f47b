/**
 * Stays with a mailbox: gives out what comes, waits for more, and comes back when the connection or the mailbox goes away.
 * Nothing is lost and nothing given twice: the position moves on only when a message has been taken.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { openMailbox, type Mailbox, type MailboxOptions } from './imap.ts';
import { mayPass, type ImapFault } from './imap-faults.ts';
import type { MailboxItem, MailboxPosition } from './imap-messages.ts';
import { imapText, type ImapUrl } from './imap-url.ts';
import type { World } from './world.ts';

export interface FollowOptions extends Omit<MailboxOptions, 'signal'> {
  /** How far the mailbox was read before; absent: from its first message on. */
  readonly since?: MailboxPosition;
  /** Ends it. */
  readonly signal: AbortSignal;
  readonly world: Pick<World, 'now' | 'randomBytes'>;
  /** How often a server that tells nothing by itself is asked (usually every minute). */
  readonly pollMs?: number;
  /** How often the mailbox is opened again, to see that it is still the same; also ends and renews IDLE. Below 29 minutes. */
  readonly reopenMs?: number;
  /** The first pause before the next connection; it doubles up to `maxPauseMs`. */
  readonly firstPauseMs?: number;
  readonly maxPauseMs?: number;
}

const usual = { pollMs: 60_000, reopenMs: 9 * 60_000, firstPauseMs: 1000, maxPauseMs: 5 * 60_000 };
/** RFC 2177: a client ends IDLE and begins it again at least every 29 minutes. */
const maxReopenMs = 28 * 60_000;

/**
 * Every message above `since`, then every new one as it comes. A message counts as taken when the next item is asked for.
 * Ends when the signal says so, without a word, or with `failed` when the mailbox cannot be opened at the beginning for a
 * reason that only a person can change; later such reasons are told and tried again.
 */
export async function* followMailbox(
  url: ImapUrl,
  options: FollowOptions,
): AsyncGenerator<MailboxItem, void, undefined> {
  const { signal, world } = options;
  const { firstPauseMs = usual.firstPauseMs, maxPauseMs = usual.maxPauseMs } = options;
  // While somebody holds a message the connection stays, so that the message can be marked when it has been taken.
  const cut = new AbortController();
  let held = false;
  const abort = (): void => {
    if (!held) cut.abort();
  };
  signal.addEventListener('abort', abort);
  let position = options.since;
  let wasOpen = false;
  let pauses = 0;
  let told = '';
  try {
    while (!signal.aborted) {
      // oxlint-disable-next-line no-await-in-loop -- one connection after another
      const opened = await openMailbox(url, { ...options, signal: cut.signal });
      let fault: ImapFault;
      if (opened.kind === 'open') {
        const { mailbox } = opened;
        const session = stay(mailbox, position, options);
        const began = world.now();
        try {
          if (told !== '') yield { kind: 'notice', text: `${imapText(url)} is open again.` };
          told = '';
          wasOpen = true;
          for (;;) {
            // oxlint-disable-next-line no-await-in-loop -- items come one after another
            const next = await session.next();
            if (next.done === true) {
              fault = next.value;
              break;
            }
            held = true;
            yield next.value;
            held = false;
            const at = after(next.value);
            if (at !== undefined) {
              position = at;
              pauses = 0;
            }
            if (signal.aborted) {
              // Asks for one more, which nobody gets, so that the last one is known to be taken.
              // oxlint-disable-next-line no-await-in-loop -- the last time
              await session.next();
              return;
            }
          }
        } finally {
          // What was taken is marked first.
          // oxlint-disable-next-line no-await-in-loop -- one connection after another
          await session.return(leaving);
          await mailbox.close(); // oxlint-disable-line no-await-in-loop -- the same
        }
        if (world.now() - began > maxPauseMs) pauses = 0;
      } else {
        ({ fault } = opened);
        if (signal.aborted) return;
        if (!wasOpen && !mayPass(fault)) {
          yield { kind: 'failed', fault };
          return;
        }
      }
      if (signal.aborted) return;
      if (fault.text !== told) yield { kind: 'notice', text: `${fault.text} It is tried again until it works.` };
      told = fault.text;
      const longest = Math.min(maxPauseMs, firstPauseMs * 2 ** Math.min(pauses++, 20));
      // Between half of it and the whole, so that many who lost the same server do not come back together.
      const share = 0.5 + (world.randomBytes(1)[0] ?? 0) / 510;
      // oxlint-disable-next-line no-await-in-loop -- the pause is what is wanted
      await sleep(longest * share, undefined, { signal }).catch(() => {});
    }
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

const leaving: ImapFault = { kind: 'lost', text: 'Nobody asks any more.' };

const after = (item: MailboxItem): MailboxPosition | undefined =>
  item.kind === 'message' || item.kind === 'skipped' ? { uidValidity: item.uidValidity, lastUid: item.uid } : undefined;

/** One connection, until it fails. */
async function* stay(
  mailbox: Mailbox,
  before: MailboxPosition | undefined,
  options: FollowOptions,
): AsyncGenerator<MailboxItem, ImapFault, undefined> {
  const { world } = options;
  const pollMs = options.pollMs ?? usual.pollMs;
  const reopenMs = Math.min(options.reopenMs ?? usual.reopenMs, maxReopenMs);
  let position = before;
  let reopened = world.now();
  for (;;) {
    if (position !== undefined && position.uidValidity !== mailbox.uidValidity) {
      const text =
        'The mailbox has been made anew (UIDVALIDITY is another one); it is read from its first message, and reports that are known are not counted again.';
      yield { kind: 'notice', text };
      position = undefined;
    }
    for await (const item of mailbox.messages(position)) {
      if (item.kind === 'failed') return item.fault;
      yield item;
      position = after(item) ?? position;
    }
    if (options.signal.aborted) return leaving;
    for (;;) {
      const left = Math.max(0, reopened + reopenMs - world.now());
      // oxlint-disable-next-line no-await-in-loop -- waiting is what is wanted
      const outcome = await mailbox.wait(mailbox.tells ? left : Math.min(left, pollMs));
      if (outcome === 'changed') break;
      if (outcome !== 'quiet') return outcome;
      const again = world.now() >= reopened + reopenMs;
      // oxlint-disable-next-line no-await-in-loop -- one connection answers one after another
      const fault = await (again ? mailbox.reopen() : mailbox.ask());
      if (fault !== undefined) return fault;
      if (!again) continue;
      reopened = world.now();
      break;
    }
  }
}
