/** What a worker thread of `check --from` does: opens a World of its own and checks the batches that it is sent. */
import type { DnsName } from '../dns/name.ts';
import type { BatchOptions, Tally } from './check-batch.ts';
import { checkBatch, jsonLine } from './check-batch.ts';
import type { Io } from './io.ts';
import { openWorld, type OpenWorld, type WorldOptions } from './open-world.ts';

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
  let open: Promise<OpenWorld> | undefined;
  let setting: WorkerSetting | undefined;
  const encoder = new TextEncoder();
  const answer = async (
    opened: Promise<OpenWorld>,
    batch: BatchOptions,
    { id, domains }: BatchToCheck,
  ): Promise<void> => {
    const { world } = await opened;
    const { text, ...tally } = await checkBatch(world, domains, batch, jsonLine);
    const octets = encoder.encode(text);
    port.postMessage({ id, octets, ...tally }, [octets.buffer]);
  };
  port.on('message', (message) => {
    if ('world' in message) {
      setting = message;
      open = openWorld(message.world, io, { many: true });
    } else if (open && setting) {
      void answer(open, setting.batch, message);
    }
  });
}
