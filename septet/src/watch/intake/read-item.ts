/** Reads one file or message: its reports go on when it is known who vouches for them. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Header } from '../../mail/header.ts';
import type { FindKey } from '../../proof/dkim/key.ts';
import type { ReportRefusal } from '../../reports/aggregate.ts';
import { redacted } from '../../reports/read-failure.ts';
import type { IntakeLimits, ReportSink, ReportSource } from '../../reports/intake.ts';
import type { MessageTap } from '../../reports/read-mail.ts';
import { readReports } from '../../reports/read-reports.ts';
import type { AggregateDraft, ReportShelf, Trust } from '../../store/store.ts';
import { carrierCheck, type CarrierCheck } from './carrier-check.ts';
import { foundAggregate, foundFailure, foundTls, type Configured, type FoundReport } from './found-report.ts';
import type { IntakeItem } from './intake-item.ts';
import type { ReportNames } from './intake-event.ts';
import { Interrupted } from './patience.ts';
import { vouched } from './reporter-trust.ts';

export interface Reading {
  readonly shelf: ReportShelf;
  readonly domainOf: Configured;
  readonly findKey: FindKey;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly signal: AbortSignal;
  readonly keepFailures: 'no' | 'redacted' | 'whole';
  readonly allowUnauthenticated: boolean;
  /** Milliseconds before a key that could not be looked up is asked for again, each time. */
  keyPauses(): readonly number[];
  readonly limits?: IntakeLimits;
  /** A promise holds the reader back. */
  submit(found: FoundReport, trust: Trust, untrusted: string | undefined): Promise<void> | void;
  refuse(refusal: ReportRefusal, source: ReportSource): Promise<void> | void;
  leftOut(names: ReportNames, source: ReportSource): void;
  postponed(source: ReportSource, why: string): void;
}

/** The message that is being read, with the reports that it has brought so far. */
interface OpenMessage {
  readonly source: ReportSource;
  readonly check: CarrierCheck;
  readonly held: FoundReport[];
}

/** Rejects as reading and the store do; then nothing of what is still on its way counts. */
export async function readItem(item: IntakeItem, reading: Reading): Promise<void> {
  const { shelf, domainOf, signal } = reading;
  let draft: AggregateDraft | undefined;
  let message: OpenMessage | undefined;

  const found = (report: FoundReport): Promise<void> | void => {
    if (message !== undefined) message.held.push(report);
    else return reading.submit(report, 'file', undefined);
  };
  const drop = async (): Promise<void> => {
    const open = draft;
    draft = undefined;
    await open?.discard();
  };

  const sink: ReportSink = {
    begin() {
      draft = shelf.draft();
    },
    rows(rows) {
      if (signal.aborted) throw new Interrupted('interrupted within a report');
      return draft?.rows(rows);
    },
    aggregate(head, source) {
      const own = draft;
      draft = undefined;
      if (own !== undefined) return found(foundAggregate(head, source, own, domainOf));
    },
    async tls(report, source) {
      for (const one of foundTls(report, source, shelf, domainOf)) {
        // oxlint-disable-next-line no-await-in-loop -- one report after another
        await found(one);
      }
    },
    failure(report, source) {
      if (reading.keepFailures !== 'no') {
        const whole = reading.keepFailures === 'whole';
        return found(foundFailure(whole ? report : redacted(report), source, shelf, domainOf, !whole));
      }
      reading.leftOut(foundFailure(report, source, shelf, domainOf, true).names, source);
    },
    async refused(refusal, source) {
      await drop();
      await reading.refuse(refusal, source);
    },
  };

  const tap = (header: Header, source: ReportSource): MessageTap => {
    const check = carrierCheck(header, reading.findKey, reading.now());
    const own: OpenMessage = { source, check, held: [] };
    message = own;
    return {
      write: (piece) => check.write(piece),
      end: async () => {
        await release(own, reading);
        message = undefined;
      },
    };
  };

  try {
    await readReports(item.octets(), item.origin, sink, {
      now: Math.floor(reading.now() / 1000),
      tap,
      ...(reading.limits === undefined ? {} : { limits: reading.limits }),
    });
  } catch (error) {
    // What cannot be removed now goes at the next opening of the store.
    await drop().catch(() => {});
    await discard(message?.held ?? []).catch(() => {});
    throw error;
  }
}

/**
 * A report on older days is stored although a key cannot be looked up, and nobody vouches for it: a domain whose servers
 * never answer must not keep its reports coming for ever (house).
 */
const postponedFor = 7 * 86_400_000;

/** The message has ended: its signature is known to hold or not, and its reports go on. */
async function release({ source, check, held }: OpenMessage, reading: Reading): Promise<void> {
  if (held.length === 0) return;
  const { allowUnauthenticated, signal } = reading;
  const recent = held.some(({ endsAt }) => endsAt === undefined || endsAt > reading.now() - postponedFor);
  let proof = await check.proof();
  for (const pause of recent && !allowUnauthenticated ? reading.keyPauses() : []) {
    if (!proof.unavailable || signal.aborted) break;
    // oxlint-disable-next-line no-await-in-loop -- the pause is what is wanted
    await sleep(pause, undefined, { signal }).catch(() => {});
    // oxlint-disable-next-line no-await-in-loop -- one question after another
    proof = await check.proof();
  }
  if (proof.unavailable && !allowUnauthenticated && recent) {
    await discard(held);
    reading.postponed(
      source,
      `The DKIM key of ${proof.author ?? 'its author'} could not be looked up, so nobody can say whether the report is genuine. Nothing of it was stored; import it again when DNS answers, or with --allow-unauthenticated.`,
    );
    return;
  }
  for (const report of held) {
    const verdict =
      report.source.carrier === source.carrier
        ? proof.unavailable
          ? { kind: 'not' as const, why: `the DKIM key of ${proof.author ?? 'its author'} could not be looked up` }
          : vouched(report.claim, proof)
        : { kind: 'not' as const, why: 'it came attached to another message' };
    const trust =
      verdict.kind === 'authenticated' ? 'authenticated' : allowUnauthenticated ? 'file' : 'unauthenticated';
    // oxlint-disable-next-line no-await-in-loop -- one report after another
    await reading.submit(report, trust, verdict.kind === 'not' ? verdict.why : undefined);
  }
}

async function discard(held: readonly FoundReport[]): Promise<void> {
  for (const report of held) {
    // oxlint-disable-next-line no-await-in-loop -- one report after another
    await report.discard();
  }
}
