/** The sources of a domain, judged by marks, configuration and reverse names: what `sources` and `reports show` show. */
import type { DnsName } from '../../dns/name.ts';
import type { Config } from '../../config/read-config.ts';
import type { SourceDay } from '../../reports/evidence/counts.ts';
import { judgeSources, type SourceJudgement } from '../../reports/evidence/sources.ts';
import type { Store } from '../../store/store.ts';
import { reverseNamesOf } from '../../watch/intake/reverse-names.ts';
import { sourceHints } from '../../watch/intake/source-hints.ts';
import { markedHints } from '../../watch/marked-hints.ts';
import type { World } from '../../world/world.ts';

export interface JudgeOptions {
  readonly store: Pick<Store, 'reports' | 'sources'>;
  readonly config: Config | undefined;
  /** Absent: names that are not remembered are not asked for. */
  readonly world?: World;
  readonly now: number;
  readonly unauthenticated?: boolean;
}

/** Most messages first. Reads the rows of some sources, for the names of their addresses. */
export async function judged(
  domain: DnsName,
  days: readonly SourceDay[],
  options: JudgeOptions,
): Promise<readonly SourceJudgement[]> {
  const names = await reverseNamesOf(days, { ...options, domain });
  return judgedWith(domain, days, options, names);
}

export async function judgedWith(
  domain: DnsName,
  days: readonly SourceDay[],
  { store, config }: Pick<JudgeOptions, 'store' | 'config'>,
  names: ReadonlyMap<string, string | null>,
): Promise<readonly SourceJudgement[]> {
  const marks = await store.sources.marks(domain);
  // As the ramps see it: a mark stands for the whole service.
  const hints = markedHints(sourceHints(domain, config?.domains.get(domain)?.intent, names), marks);
  return judgeSources(days, marks, hints);
}
