/** `septet reports show`: what the stored reports say of a domain, as tables, JSON or CSV. */
import type { Period, Store, TallyLine } from '../../store/store.ts';
import type { Config } from '../../config/read-config.ts';
import type { DnsName } from '../../dns/name.ts';
import { InputError, type Io } from '../io.ts';
import { openStoreOf, type StoreOptions } from '../store-option.ts';
import { visible, visibleJson } from '../visible.ts';
import { judgedWith } from './judged.ts';
import { periodOf } from './period.ts';
import { askedDomains } from './reports-config.ts';
import { showCsv } from './show-csv.ts';
import { showJson } from './show-json.ts';
import { showText } from './show-text.ts';
import { messagesOf, showKinds, type ShowBy, type Shown, type ShownDomain, type ShownLine } from './shown.ts';
import { tlsShown } from './tls-shown.ts';

export interface ShowOptions extends StoreOptions {
  readonly since: string;
  readonly until?: string;
  readonly by: string;
  readonly unauthenticated?: boolean;
  readonly config?: string;
  readonly json?: boolean;
  readonly csv?: boolean;
}

/** Exit code: 0, also when there is nothing yet. Throws `InputError`. */
export async function showReports(named: string | undefined, options: ShowOptions, io: Io): Promise<number> {
  const by = showKinds.find((kind) => kind === options.by);
  if (by === undefined)
    throw new InputError(`--by is ${showKinds.slice(0, -1).join(', ')} or result, not ${visible(options.by)}.`);
  if (options.json && options.csv) throw new InputError('--json and --csv exclude each other.');
  const period = periodOf(options, io.now());
  const { domains, config } = await askedDomains(named, options.config, io);
  const store = await openStoreOf(options, io);
  try {
    const shown: Shown = {
      period,
      by,
      domains: await Promise.all(domains.map((domain) => shownDomain(domain, by, period, store, config, options))),
      foreign: await store.reports.foreign(period),
      refusals: await store.reports.refusals(period),
    };
    if (options.json) await io.out(`${visibleJson(showJson(shown), 2)}\n`);
    else if (options.csv) await io.out(showCsv(shown));
    else await io.out(showText(shown, io));
    return 0;
  } finally {
    await store.close();
  }
}

async function shownDomain(
  domain: DnsName,
  by: ShowBy,
  period: Period,
  store: Store,
  config: Config | undefined,
  { unauthenticated = false }: ShowOptions,
): Promise<ShownDomain> {
  const query = { domain, ...period, ...(unauthenticated ? { unauthenticated } : {}) };
  const { reports } = store;
  const days = await reports.tally(query, 'day');
  const all = unauthenticated ? days : await reports.tally({ ...query, unauthenticated: true }, 'day');
  const lines = by === 'day' ? days : await reports.tally(query, by === 'result' ? 'disposition' : by);
  const tls = tlsShown(domain, await reports.tls(query));
  return {
    domain,
    days,
    lines:
      by === 'source' ? await named(domain, lines, store, config) : lines.map((line) => ({ ...line, title: line.key })),
    unproved: messagesOf(all) - messagesOf(days),
    tls,
  };
}

/** Names that are remembered; nobody is asked. */
async function named(
  domain: DnsName,
  lines: readonly TallyLine[],
  store: Store,
  config: Config | undefined,
): Promise<readonly ShownLine[]> {
  const days = lines.map((line) => ({ ...line, source: line.key, day: '' }));
  const sources = await judgedWith(domain, days, { store, config }, new Map());
  const titles = new Map(sources.map(({ key, title }) => [key, title]));
  return lines.map((line) => ({ ...line, title: titles.get(line.key) ?? line.key }));
}
