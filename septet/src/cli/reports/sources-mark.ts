/** `septet sources mark` and `unmark`. */
import { parseAddress } from '../../dns/address.ts';
import type { DnsName } from '../../dns/name.ts';
import { sourceKeyOf } from '../../reports/source-key.ts';
import type { SourceJudgement } from '../../reports/evidence/sources.ts';
import { proofOf } from '../../reports/evidence/source-proof.ts';
import type { SourceMark, Store } from '../../store/store.ts';
import type { Config } from '../../config/read-config.ts';
import { InputError, type Io } from '../io.ts';
import { openStoreOf, type StoreOptions } from '../store-option.ts';
import { visible } from '../visible.ts';
import { judged } from './judged.ts';
import { askedDomains } from './reports-config.ts';

export interface MarkOptions extends StoreOptions {
  readonly domain?: string;
  readonly config?: string;
  readonly note?: string;
}

const marks: readonly SourceMark[] = ['mine', 'forwarder', 'not mine'];
const dayMs = 86_400_000;
const maxNamed = 5;
const maxNote = 500;

/** Exit code: 0. Throws `InputError`. */
export async function markSource(text: string, whose: string, options: MarkOptions, io: Io): Promise<number> {
  const mark = marks.find(
    (word) =>
      word ===
      whose
        .trim()
        .toLowerCase()
        .replace(/[\s-]+/g, ' '),
  );
  if (mark === undefined)
    throw new InputError(`A source is mine, forwarder or "not mine", not ${visible(whose.slice(0, 40))}.`);
  const { note } = options;
  if (note !== undefined && note.length > maxNote)
    throw new InputError(`--note has more than ${maxNote} characters. Write a shorter one.`);
  return withSources(text, options, io, async (store, domain, keys, known) => {
    for (const sourceKey of keys) {
      // oxlint-disable-next-line no-await-in-loop -- a few marks, one after another
      await store.sources.mark({ domain, sourceKey, mark, at: io.now(), ...(note === undefined ? {} : { note }) });
      await io.out(
        `${visible(sourceKey)} is ${mark} for ${domain}.${known ? '' : ' No report has named it so far.'}\n`,
      );
    }
    return 0;
  });
}

/** Exit code: 0; 1 where there was no mark. Throws `InputError`. */
export async function unmarkSource(text: string, options: MarkOptions, io: Io): Promise<number> {
  return withSources(text, options, io, async (store, domain, keys) => {
    let taken = 0;
    for (const sourceKey of keys) {
      // oxlint-disable-next-line no-await-in-loop -- a few marks, one after another
      if (!(await store.sources.unmark(domain, sourceKey))) continue;
      taken++;
      await io.out(`${visible(sourceKey)} has no mark for ${domain} any more.\n`);
    }
    if (taken === 0) io.err(`${visible(keys[0] ?? text)} had no mark for ${domain}.\n`);
    return taken > 0 ? 0 : 1;
  });
}

async function withSources(
  text: string,
  options: MarkOptions,
  io: Io,
  work: (store: Store, domain: DnsName, keys: readonly string[], known: boolean) => Promise<number>,
): Promise<number> {
  const { domains, config } = await askedDomains(options.domain, options.config, io);
  const [domain] = domains;
  if (domain === undefined || domains.length > 1)
    throw new InputError(`Say which domain it sends as, with --domain: ${domains.slice(0, 20).join(', ')}.`);
  const store = await openStoreOf(options, io);
  try {
    const sources = await sourcesOf(store, domain, config, io.now());
    const key = keyOf(text);
    if (key !== undefined)
      return await work(
        store,
        domain,
        [key],
        sources.some((source) => source.key === key),
      );
    const wanted = text.trim().toLowerCase();
    const found = sources.filter(
      ({ title, sender }) => title.toLowerCase() === wanted || sender.toLowerCase() === wanted,
    );
    if (found.length === 0) throw new InputError(unknownText(text, domain, sources));
    return await work(
      store,
      domain,
      found.map((source) => source.key),
      true,
    );
  } finally {
    await store.close();
  }
}

async function sourcesOf(
  store: Store,
  domain: DnsName,
  config: Config | undefined,
  now: number,
): Promise<readonly SourceJudgement[]> {
  const period = { since: 0, until: now + dayMs };
  const days = await store.reports.sourceDays({ domain, ...period, unauthenticated: true });
  return judged(domain, days, { store, config, now, unauthenticated: true });
}

/** A key as it stands in the reports, or the key that an address alone has; `undefined` for a name. */
export function keyOf(text: string): string | undefined {
  const trimmed = text.trim().toLowerCase().replace(/\s+/g, ' ');
  const bare = trimmed.replace(/^ip=/, '').replace(/\/\d{1,3}$/, '');
  if (parseAddress(bare) !== undefined) return sourceKeyOf({ sourceIp: bare, dkimAuth: [], spfAuth: [] });
  if (!/^(dkim=\S+)?( ?spf=\S+)?$/.test(trimmed) || trimmed === '') return undefined;
  const { signers, spf } = proofOf(trimmed);
  if (signers.length === 0 && spf === undefined) return undefined;
  const dkimAuth = signers.map((name) => ({ domain: name, result: 'pass' as const }));
  const spfAuth = spf === undefined ? [] : [{ domain: spf, result: 'pass' as const }];
  // Made again, so that the order of the signers does not matter.
  return sourceKeyOf({ sourceIp: '', dkimAuth, spfAuth });
}

function unknownText(text: string, domain: DnsName, sources: readonly SourceJudgement[]): string {
  const shown = visible(text.length > 80 ? `${text.slice(0, 80)}…` : text);
  if (sources.length === 0)
    return `There is no source ${shown}: no report on ${domain} is stored. Name it by what its mail proves, such as 'dkim=example.net spf=example.net', or by an address.`;
  const named = sources.slice(0, maxNamed).map(({ title, key }) => `  ${visible(title)}: ${visible(key)}`);
  return `There is no source ${shown} of ${domain}. Name it by its key, its name, or an address; the largest are:\n${named.join('\n')}`;
}
