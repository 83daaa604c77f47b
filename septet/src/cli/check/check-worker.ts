/** What a worker thread of `check --from` does: opens a World of its own and checks the batches that it is sent. */
import type { DnsName } from '../../dns/name.ts';
import type { BatchOptions, Tally } from './check-batch.ts';
import { BatchChecker, jsonLine } from './check-batch.ts';
import type { Io } from '../io.ts';
import { openWorld, type WorldOptions } from '../open-world.ts';

/** Sent to the worker once, before any batch. */
export interface WorkerSetting {
  readonly world: WorldOptions;
  readonly batch: BatchOptions;
}

/** Batches overlap, and a later one may be done first: the answer carries the number of its batch. */
export interface BatchToCheck {
  readonly id: number;
  readonly domains: readonly DnsName[];
}

export type ToWorker = WorkerSetting | BatchToCheck;

/** Sent back for each batch: the text as UTF-8, handed over without a copy. */
export interface FromWorker extends Tally {
  readonly id: number;
  readonly octets: Uint8Array;
}

export interface Port {
  on(event: 'message', listener: (message: ToWorker) => void): unknown;
  postMessage(message: FromWorker, transfer: readonly ArrayBuffer[]): void;
}

export function serveBatches(port: Port, io: Io): void {
  let checker: Promise<BatchChecker> | undefined;
  const answer = async (to: Promise<BatchChecker>, { id, domains }: BatchToCheck): Promise<void> => {
    const { octets, ...tally } = await (await to).check(domains);
    port.postMessage({ id, octets, ...tally }, [octets.buffer]);
  };
  port.on('message', (message) => {
    if ('world' in message) {
      const { world, batch } = message;
      checker = openWorld(world, io, { many: true }).then((open) => new BatchChecker(open.world, batch, jsonLine));
    } else if (checker) {
      void answer(checker, message);
    }
  });
}
