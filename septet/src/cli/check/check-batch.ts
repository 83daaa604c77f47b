/** Batches of domains checked in one thread: what the main thread and the workers of `check --from` share. */
import { audit } from '../../audit/audit.ts';
import type { AuditOptions } from '../../audit/gather.ts';
import { exitCodeOf, exitCodes, type Report } from '../../audit/report.ts';
import type { DnsName } from '../../dns/name.ts';
import type { World } from '../../world/world.ts';
import { OrderedOctets } from './ordered-octets.ts';
import { visibleJson } from '../visible.ts';

export interface Tally {
  readonly checked: number;
  readonly failing: number;
  readonly unknown: number;
}

export interface Batch extends Tally {
  /** What is printed, as UTF-8, in the order of the domains (or in that of their end). */
  readonly octets: Uint8Array<ArrayBuffer>;
}

export interface BatchOptions {
  readonly audit: AuditOptions;
  readonly failOn: 'error' | 'warning';
  /** How many domains are under way at the same time. */
  readonly jobs: number;
  /** The lines in the order of the domains, or as they finish. */
  readonly inOrder: boolean;
}

/**
 * Domains begun in one turn of the event loop. Where the processor is what they wait for, turns are long and few domains
 * are under way, which then die young (a garbage collector copies what lives); where it is the network, turns are short
 * and `jobs` are soon reached.
 */
const startsInOneTurn = 4;

interface Open {
  readonly domains: readonly DnsName[];
  readonly output: OrderedOctets;
  readonly resolve: (batch: Batch) => void;
  readonly reject: (error: unknown) => void;
  begun: number;
  ended: number;
  failing: number;
  unknown: number;
}

/** Checks batches one after the other, `jobs` domains at a time; `print` makes the text of one report. */
export class BatchChecker {
  readonly #world: World;
  readonly #options: BatchOptions;
  readonly #print: (report: Report) => string;
  /** Batches with domains that have not begun, in their order. */
  readonly #waiting: Open[] = [];
  #underWay = 0;
  #hasTurn = false;

  constructor(world: World, options: BatchOptions, print: (report: Report) => string) {
    this.#world = world;
    this.#options = options;
    this.#print = print;
  }

  check(domains: readonly DnsName[]): Promise<Batch> {
    return new Promise((resolve, reject) => {
      const counts = { begun: 0, ended: 0, failing: 0, unknown: 0 };
      this.#waiting.push({ domains, output: new OrderedOctets(), resolve, reject, ...counts });
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#hasTurn || this.#waiting.length === 0 || this.#underWay >= this.#options.jobs) return;
    this.#hasTurn = true;
    setImmediate(() => {
      this.#hasTurn = false;
      for (let i = 0; i < startsInOneTurn && this.#underWay < this.#options.jobs; i++) {
        const batch = this.#waiting[0];
        if (batch === undefined) return;
        const place = batch.begun++;
        if (batch.begun === batch.domains.length) this.#waiting.shift();
        this.#underWay++;
        this.#checkOne(batch, place).catch(batch.reject);
      }
      this.#schedule();
    });
  }

  async #checkOne(batch: Open, place: number): Promise<void> {
    const { audit: auditOptions, failOn, inOrder } = this.#options;
    const report = await audit(this.#world, batch.domains[place] as DnsName, auditOptions);
    const code = exitCodeOf(report.findings, failOn);
    if (code === exitCodes.findings) batch.failing++;
    else if (code === exitCodes.couldNotTell) batch.unknown++;
    batch.output.put(inOrder ? place : batch.ended, this.#print(report));
    this.#underWay--;
    this.#schedule();
    const { domains, failing, unknown } = batch;
    if (++batch.ended === domains.length)
      batch.resolve({ octets: batch.output.take(), checked: domains.length, failing, unknown });
  }
}

export const jsonLine = (report: Report): string => `${visibleJson(report)}\n`;
