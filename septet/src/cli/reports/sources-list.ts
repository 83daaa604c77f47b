/** `septet sources`: each source with a name, a standing, its volume, and what to do. */
import type { DnsName } from '../../dns/name.ts';
import type { SourceJudgement } from '../../reports/evidence/sources.ts';
import type { Period } from '../../store/store.ts';
import type { Io } from '../io.ts';
import { openWorld, type OpenWorld, type WorldOptions } from '../open-world.ts';
import { cutTo, painter, wrap, type Paint, type Style } from '../paint.ts';
import { openStoreOf, type StoreOptions } from '../store-option.ts';
import { visible, visibleJson, widthOf } from '../visible.ts';
import { judged } from './judged.ts';
import { periodOf, periodText } from './period.ts';
import { askedDomains } from './reports-config.ts';
import { percentText, plural, thousands } from './words.ts';

export interface SourcesOptions extends WorldOptions, StoreOptions {
  readonly since: string;
  readonly unauthenticated?: boolean;
  readonly offline?: boolean;
  readonly config?: string;
  readonly json?: boolean;
}

interface DomainSources {
  readonly domain: DnsName;
  readonly sources: readonly SourceJudgement[];
}

/** Exit code: 0. Throws `InputError`. */
export async function listSources(named: string | undefined, options: SourcesOptions, io: Io): Promise<number> {
  const { domains, config } = await askedDomains(named, options.config, io);
  let open: OpenWorld | undefined;
  if (options.offline !== true) {
    const own = config !== undefined && config.resolvers.length > 0 && !options.zone && !options.replay;
    open = await openWorld(
      { ...(own ? { resolver: config.resolvers } : {}), ...options, https: false, authoritative: false },
      io,
    );
  }
  try {
    const now = open?.world.now() ?? io.now();
    const period = periodOf(options, now);
    const store = await openStoreOf(options, io);
    try {
      const found: DomainSources[] = [];
      const more = options.unauthenticated ? { unauthenticated: true } : {};
      for (const domain of domains) {
        // oxlint-disable-next-line no-await-in-loop -- one domain after another
        const days = await store.reports.sourceDays({ domain, ...period, ...more });
        const judging = { store, config, now, ...(open ? { world: open.world } : {}), ...more };
        // oxlint-disable-next-line no-await-in-loop -- the same
        found.push({ domain, sources: await judged(domain, days, judging) });
      }
      await io.out(
        options.json
          ? `${visibleJson(sourcesJson(found, period), 2)}\n`
          : sourcesText(found, period, painter(io.columns, io.colours)),
      );
      return 0;
    } finally {
      await store.close();
    }
  } finally {
    await open?.close();
  }
}

const sourcesJson = (found: readonly DomainSources[], period: Period) => ({
  version: 1,
  since: new Date(period.since).toISOString(),
  until: new Date(period.until).toISOString(),
  domains: found.map(({ domain, sources }) => ({ domain, sources })),
});

const maxShown = 30;
const styles: Readonly<Record<SourceJudgement['standing'], Style>> = {
  mine: 'green',
  forwarder: 'cyan',
  'not mine': 'dim',
  unknown: 'yellow',
};

export function sourcesText(found: readonly DomainSources[], period: Period, paint: Paint): string {
  return `${found.map((one) => domainText(one, period, paint)).join('\n\n')}\n`;
}

function domainText({ domain, sources }: DomainSources, period: Period, paint: Paint): string {
  const head = `${paint('bold', domain)}  ${periodText(period)}`;
  if (sources.length === 0) {
    const none = wrap(
      `No DMARC report on ${domain} is stored for this time, so nobody can say who sends as it. Put reports into the store with: septet reports import FILE…`,
      paint.columns,
      '  ',
    );
    return `${head}\n${none}`;
  }
  const messages = sources.reduce((sum, source) => sum + source.messages, 0);
  const unknown = sources.filter(({ standing }) => standing === 'unknown').length;
  const sum = `  ${plural(sources.length, 'source')}, ${plural(messages, 'message')}${unknown > 0 ? `; ${thousands(unknown)} unknown` : ''}`;
  const nameWidth = paint.columns - 2 - 12 - 12 - 9;
  const blocks = sources.slice(0, maxShown).map((source) => {
    const title = cutTo(visible(source.title), nameWidth - 1);
    const name = title + ' '.repeat(Math.max(0, nameWidth - widthOf(title)));
    const share = percentText(source.aligned, source.messages).padStart(9);
    const line = `  ${paint('bold', name)}${paint(styles[source.standing], source.standing.padEnd(12))}${thousands(source.messages).padStart(12)}${share}`;
    const detail = [
      // The key stands in one piece, to be copied.
      paint('dim', `    ${visible(source.key)}`),
      wrap(`${source.because} ${source.toDo}`, paint.columns, '    '),
    ];
    return [line, ...detail].join('\n');
  });
  const heads = `  ${'Source'.padEnd(nameWidth)}${'Whose'.padEnd(12)}${'Messages'.padStart(12)}${'Pass'.padStart(9)}`;
  const rest = sources.length > maxShown ? [`  And ${thousands(sources.length - maxShown)} more; --json has all.`] : [];
  return [head, sum, '', paint('bold', heads), ...blocks, ...rest].join('\n');
}
