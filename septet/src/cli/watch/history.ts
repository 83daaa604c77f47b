/** `septet history`: what changed at a domain, when, seen from where, by us or by somebody else. */
import type { Command } from 'commander';
import { exitCodes } from '../../audit/report.ts';
import { loadConfig } from '../../config/find-config.ts';
import type { DnsName } from '../../dns/name.ts';
import { textsOf } from '../../plan/drawing.ts';
import { journalPath, openJournal } from '../../store/files/journal-file.ts';
import type { Journal } from '../../store/journal.ts';
import type { Period, Store } from '../../store/store.ts';
import { historyOf, type HistoryEntry } from '../../watch/drift/history.ts';
import { InputError, type Io } from '../io.ts';
import { domainOf } from '../options.ts';
import { painter } from '../paint.ts';
import { storeIfAny } from '../plan/plan-store.ts';
import { sharedJournals } from '../plan/shared-journal.ts';
import { addStoreOptions, type StoreOptions } from '../store-option.ts';
import { visibleJson } from '../visible.ts';
import { historyText } from './history-text.ts';

interface Options extends StoreOptions {
  readonly config?: string;
  readonly state?: string;
  readonly since: string;
  readonly json?: boolean;
}

export function configure(command: Command, io: Io, done: (code: number) => void): void {
  addStoreOptions(command)
    .argument('[domain]', 'a domain of the configuration (default: all)')
    .option('--since <time>', 'from when on: 12h, 30d, 8w, or a date such as 2026-11-01', '30d')
    .option('--json', 'the same as JSON, with every place')
    .option('--config <file>', 'the configuration (default: septet.yaml here, then the usual places)')
    .option('--state <folder>', 'where journals are kept (default: as the configuration says)')
    .action(async (domain: string | undefined, options: Options) => done(await history(domain, options, io)));
}

async function history(name: string | undefined, options: Options, io: Io): Promise<number> {
  const now = io.now();
  const period: Period = { since: sinceOf(options.since, now), until: now + 1 };
  const loaded = await loadConfig(io, options.config);
  if (loaded.kind !== 'good') throw new InputError(loaded.message);
  const { config } = loaded;
  const domains = name === undefined ? [...config.domains.keys()] : [domainOf(name)];
  for (const domain of domains) {
    if (!config.domains.has(domain)) throw new InputError(`${domain} is not in ${config.file}.`);
  }
  const store = await storeIfAny(options, io);
  const journals = await openJournals(options, options.state ?? config.state, store, io);
  try {
    const paint = painter(io.columns, io.colours);
    for (const [index, domain] of domains.entries()) {
      // oxlint-disable-next-line no-await-in-loop -- in the order of the configuration
      const entries = await entriesOf(domain, store, journals, period);
      const since = new Date(period.since).toISOString();
      const text = options.json
        ? `${visibleJson({ version: 1, domain, since, entries: entries.map(jsonOf) }, domains.length > 1 ? 0 : 2)}\n`
        : `${index > 0 ? '\n' : ''}${historyText(domain, entries, paint)}`;
      // oxlint-disable-next-line no-await-in-loop -- as above
      await io.out(text);
    }
  } finally {
    await journals.close();
    await store?.close();
  }
  return exitCodes.fine;
}

async function entriesOf(
  domain: DnsName,
  store: Store | undefined,
  journals: Journals,
  period: Period,
): Promise<readonly HistoryEntry[]> {
  const [changes, events, journal] = await Promise.all([
    store?.observations.history(domain, period) ?? [],
    store?.ramps.events(domain, period) ?? [],
    journals.open(domain),
  ]);
  return historyOf({ changes, events, journal, period });
}

interface Journals {
  open(domain: DnsName): Promise<Pick<Journal, 'entries'>>;
  close(): Promise<void>;
}

/** What commands of this machine wrote stands in files, what machines that share a database wrote in it. */
async function openJournals(options: Options, state: string, store: Store | undefined, io: Io): Promise<Journals> {
  const files = (domain: DnsName): Promise<Journal> => openJournal(journalPath(state, domain));
  const shared = store?.kind === 'postgres' ? await sharedJournals(options, io) : undefined;
  if (!shared) return { open: files, close: async () => {} };
  return {
    open: async (domain) => {
      const both = await Promise.all([files(domain), shared.open(domain)]);
      return { entries: both.flatMap(({ entries }) => entries) };
    },
    close: shared.close,
  };
}

/** Times as ISO 8601, records as texts. */
function jsonOf(entry: HistoryEntry): unknown {
  const time = (at: number): string => new Date(at).toISOString();
  const { kind, at, ...rest } = entry;
  const base = { kind, at: time(at), ...rest };
  if (entry.kind === 'published') {
    const changes = entry.changes.map(({ name, type, before, after }) => ({
      name,
      type,
      before: textsOf(before),
      after: textsOf(after),
    }));
    return { ...base, changes };
  }
  return 'places' in base ? { ...base, places: base.places.map((place) => ({ ...place, at: time(place.at) })) } : base;
}

const unitsMs: Readonly<Record<string, number>> = { h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 };

/** Milliseconds since 1970. Throws `InputError`. */
export function sinceOf(text: string, now: number): number {
  const span = /^(\d{1,5})([hdw])$/.exec(text);
  if (span) return now - Number(span[1]) * (unitsMs[span[2] ?? ''] ?? 0);
  const at = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?Z)?$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== text.slice(0, 10))
    throw new InputError(`--since is a time such as 12h, 30d, 8w or 2026-11-01, not ${text.slice(0, 40)}.`);
  return at;
}
