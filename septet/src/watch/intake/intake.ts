/**
 * Reports into the store: whatever a file or message holds is read, checked for who vouches for it, and stored once. The
 * command `reports import` and the loop of `watch` both use it.
 */
import type { DnsName } from '../../dns/name.ts';
import { keyFinder } from '../../proof/dkim/key.ts';
import type { ReportRefusal } from '../../reports/aggregate.ts';
import type { IntakeLimits, ReportSource } from '../../reports/intake.ts';
import type { ImportFacts, Store, Trust } from '../../store/store.ts';
import type { World } from '../../world/world.ts';
import { Unreadable } from './unreadable.ts';
import { configured, type FoundReport } from './found-report.ts';
import type { IntakeItem } from './intake-item.ts';
import { intakeCounter, placeOf, type IntakeEvent, type IntakeSummary } from './intake-event.ts';
import { patience } from './patience.ts';
import { readItem, type Reading } from './read-item.ts';
import { together } from './together.ts';

export interface IntakeOptions {
  readonly store: Pick<Store, 'reports'>;
  readonly world: Pick<World, 'resolver' | 'now'>;
  /** Those of the configuration; reports on others are kept apart. */
  readonly domains: ReadonlySet<DnsName>;
  /** They hold personal data: kept only when asked, and redacted unless that is asked too. */
  readonly keepFailures: 'no' | 'redacted' | 'whole';
  /** Who calls vouches for all that nobody else vouches for. */
  readonly allowUnauthenticated: boolean;
  /** Ends it: what is on its way to the disk still gets there. */
  readonly signal: AbortSignal;
  /** How long a store that is away is waited for, in seconds of pauses. */
  readonly patienceSeconds: number;
  /** Pauses in milliseconds before a key that could not be looked up is asked for again. */
  readonly keyPauses?: readonly number[];
  readonly limits?: IntakeLimits;
  /** Told of each report when it is on disk, of each refusal, and of what a person may want to know. */
  tell(event: IntakeEvent): void;
}

export type TakeOutcome = 'taken' | 'postponed' | 'unreadable';

export interface Intake {
  /**
   * Reads an item; several may be read at a time. `postponed`: a key could not be looked up, and nothing of a message was
   * stored. `unreadable`: its octets end in `Unreadable`. Rejects with `StoreFault` when the store stays away, with `Interrupted` after the signal.
   */
  take(item: IntakeItem): Promise<TakeOutcome>;
  /** When all that was taken is on disk. Rejects as `take` does. */
  settle(): Promise<void>;
  /** For what the one who hands items in has to tell. */
  note(event: Extract<IntakeEvent, { readonly kind: 'notice' | 'unreadable' }>): void;
  summary(): IntakeSummary;
}

/** A fault of the store after which it is not waited for any more. */
class GivenUp extends Error {
  override readonly name = 'GivenUp';
}

/** Refusals that are remembered by an intake that runs for months (house). */
const mostKnown = 50_000;
const mostPaused = 3; // house
const usualKeyPauses: readonly number[] = [500, 1500];

export function openIntake(options: IntakeOptions): Intake {
  const { store, world, signal } = options;
  const counter = intakeCounter();
  const group = together();
  const findKey = keyFinder(world);
  const domainOf = configured(options.domains);
  const tell = (event: IntakeEvent): void => {
    counter.add(event);
    options.tell(event);
  };
  const patient = patience({
    seconds: options.patienceSeconds,
    signal,
    tell: (text) => tell({ kind: 'notice', text }),
  });
  const knownRefusals = refusalsOf(store);
  /** Messages that had to be postponed, one after the other: DNS is away, and waiting for each would take long. */
  let inARow = 0;

  /** `run` answers what is to be told, if anything. */
  const work = (weight: number, run: () => Promise<IntakeEvent | undefined>): Promise<void> | void =>
    group.add(weight, async () => {
      try {
        const event = await run();
        return () => event && tell(event);
      } catch (error) {
        throw new GivenUp('the store was given up', { cause: error });
      }
    });

  const submit = (found: FoundReport, trust: Trust, untrusted: string | undefined, stored: Set<string>) => {
    const { names, source, repairs } = found;
    return work(found.weight, async () => {
      const facts: ImportFacts = {
        source,
        trust,
        importedAt: world.now(),
        ...(names.domain === undefined ? {} : { domain: names.domain }),
      };
      let tries = 0;
      const outcome = await patient(() => {
        tries++;
        return found.store(facts);
      });
      const identity = JSON.stringify([names.report, names.reporter, names.reportId, names.about]);
      if (outcome.kind === 'stored') {
        stored.add(identity);
        const { rows, messages } = outcome;
        const why = trust === 'unauthenticated' && untrusted !== undefined ? { untrusted } : {};
        return { kind: 'stored', ...names, source, rows, messages, trust, ...why, repairs };
      }
      const { same, firstSeen, raised = false } = outcome;
      // Read again after a fault: it was told already.
      if (stored.has(identity)) return undefined;
      if (same && tries > 1 && firstSeen === facts.importedAt) {
        // The answer to the first try was lost, the report was not.
        return { kind: 'stored', ...names, source, ...found.size, trust, repairs };
      }
      return { kind: 'duplicate', ...names, source, same, firstSeen, raised };
    });
  };

  const refuse = (refusal: ReportRefusal, source: ReportSource, told: Set<string>): Promise<void> | void => {
    const place = placeOf(source);
    const key = refusalKey(refusal, place);
    if (told.has(key)) return;
    told.add(key);
    return work(1, async () => {
      const known = await patient(knownRefusals);
      if (!known.has(key)) {
        if (known.size > mostKnown) known.clear();
        // Before it is stored: the same may be on its way a second time.
        known.add(key);
        const trust: Trust = source.carrier === undefined ? 'file' : 'unauthenticated';
        await patient(() => store.reports.addRefusal(refusal, { source, trust, importedAt: world.now() }));
      }
      return { kind: 'refused', source, refusal };
    });
  };

  const take = async (item: IntakeItem): Promise<TakeOutcome> => {
    const stored = new Set<string>();
    const told = new Set<string>();
    let postponed = false;
    const reading: Reading = {
      shelf: store.reports,
      domainOf,
      findKey,
      now: world.now,
      signal,
      keepFailures: options.keepFailures,
      allowUnauthenticated: options.allowUnauthenticated,
      keyPauses: () => (inARow < mostPaused ? (options.keyPauses ?? usualKeyPauses) : []),
      ...(options.limits === undefined ? {} : { limits: options.limits }),
      submit: (found, trust, untrusted) => submit(found, trust, untrusted, stored),
      refuse: (refusal, source) => refuse(refusal, source, told),
      leftOut: (names, source) => tell({ kind: 'left-out', ...names, source }),
      postponed: (source, why) => {
        postponed = true;
        inARow++;
        tell({ kind: 'postponed', source, why });
      },
    };
    try {
      if (item.once === true) await readItem(item, reading);
      // Rows of a large report go to the store while it is read: after a fault it is read again from its beginning.
      else await patient(() => readItem(item, reading));
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      tell({ kind: 'unreadable', origin: item.origin, why: error.message });
      return 'unreadable';
    }
    counter.item();
    if (!postponed) inARow = 0;
    return postponed ? 'postponed' : 'taken';
  };

  const unwrapped = async <T>(run: () => Promise<T>): Promise<T> => {
    try {
      return await run();
    } catch (error) {
      throw error instanceof GivenUp ? error.cause : error;
    }
  };
  return {
    take: (item) => unwrapped(() => take(item)),
    settle: () => unwrapped(() => group.settle()),
    note: tell,
    summary: () => counter.summary(),
  };
}

const refusalKey = ({ code, text }: ReportRefusal, place: string): string => JSON.stringify([code, text, place]);

/** The refusals that are stored, read once when the first is met: an import that is done again adds none. */
function refusalsOf(store: Pick<Store, 'reports'>): () => Promise<Set<string>> {
  let known: Promise<Set<string>> | undefined;
  return () => {
    known ??= store.reports.refusals({ since: 0, until: Number.MAX_SAFE_INTEGER }).then(
      (all) => new Set(all.map(({ refusal, origin }) => refusalKey(refusal, origin))),
      (error: unknown) => {
        known = undefined;
        throw error;
      },
    );
    return known;
  };
}
