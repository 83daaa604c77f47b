/**
 * Takes what waits in the outbox to the programs that are to learn of it, until they have it: at least once each, with the
 * same id when it comes again. Several machines share the work.
 */
import type { DnsName } from '../../dns/name.ts';
import type { Store } from '../../store/store.ts';
import type { Delivery } from '../../store/tracking.ts';
import type { HttpsFetch } from '../../world/world.ts';
import { count, type Counters } from '../counters.ts';
import { signatureOf } from './webhook.ts';

export interface OutboxParts {
  readonly store: Pick<Store, 'outbox'>;
  /** A sentence where the secret is not there; `undefined` where the configuration names no webhook any more. */
  webhookOf(domain: DnsName): Promise<{ readonly url: string; readonly secret: string } | string | undefined>;
  /** Absent when offline: nothing is sent. */
  readonly fetch: HttpsFetch | undefined;
  readonly counters: Counters;
  now(): number;
  log(line: string): void;
}

export interface Outbox {
  /** Something was posted. */
  wake(): void;
  /** Waits for what is on its way. */
  stop(): Promise<void>;
}

const atOnce = 8; // house
const timeoutMs = 15_000; // house
const lookMs = 5000; // house; others may have posted
/** Nobody else takes it before; the webhook may hang for as long as it likes. */
const takenMs = 60_000;
const firstPauseMs = 5000; // house; doubles each time
const longestPauseMs = 3_600_000; // house

export function startOutbox(parts: OutboxParts): Outbox {
  let running: Promise<void> | undefined;
  const wish = { again: false, stopped: false };
  const run = async (): Promise<void> => {
    do {
      wish.again = false;
      const now = parts.now();
      // oxlint-disable-next-line no-await-in-loop -- until nothing is due
      const due = await parts.store.outbox.take(now, now + takenMs, atOnce);
      if (due.length === atOnce) wish.again = true;
      // oxlint-disable-next-line no-await-in-loop -- see above
      await Promise.all(due.map((delivery) => deliver(delivery, parts)));
    } while (wish.again && !wish.stopped);
  };
  const wake = (): void => {
    if (wish.stopped) return;
    wish.again = true;
    running ??= run()
      .catch((error: unknown) => {
        parts.log(`Webhooks wait: ${error instanceof Error ? error.message : String(error)}`);
      })
      .finally(() => (running = undefined));
  };
  const timer = setInterval(wake, lookMs);
  timer.unref();
  wake();
  return {
    wake,
    stop: async () => {
      wish.stopped = true;
      clearInterval(timer);
      await running;
    },
  };
}

async function deliver(delivery: Delivery, parts: OutboxParts): Promise<void> {
  const { store, counters, now } = parts;
  const outcome = await send(delivery, parts);
  if (outcome === 'taken') {
    count(counters.webhooks, 'taken');
    await store.outbox.done(delivery.id);
    return;
  }
  count(counters.webhooks, 'failed');
  const pause = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(20, delivery.tries - 1));
  await store.outbox.later(delivery.id, now() + pause);
  parts.log(
    `The webhook of ${delivery.domain} did not take an unsubscribe (try ${delivery.tries}): ${outcome}. Next try in ${Math.round(pause / 1000)} s.`,
  );
}

/** Never rejects. The text holds neither address nor secret. */
async function send(
  { id, domain, body }: Delivery,
  { webhookOf, fetch: post, now }: OutboxParts,
): Promise<'taken' | string> {
  const webhook = await webhookOf(domain).catch((error: unknown) =>
    error instanceof Error ? error.message : String(error),
  );
  if (webhook === undefined) return 'the configuration names none';
  if (typeof webhook === 'string') return webhook;
  if (!post) return 'this machine asks no web servers';
  const outcome = await post(webhook.url, {
    method: 'POST',
    body: Buffer.from(body, 'utf8'),
    contentType: 'application/json',
    headers: { 'X-Septet-Signature': signatureOf(body, webhook.secret, now()), 'X-Septet-Delivery': id },
    maxOctets: 64 * 1024,
    timeoutMs,
  });
  if (outcome.kind === 'failed') return outcome.reason;
  return outcome.status >= 200 && outcome.status < 300 ? 'taken' : `it answered ${outcome.status}`;
}
