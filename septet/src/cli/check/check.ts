/** `septet check`: all records of one domain, or of many. */
import type { Command } from 'commander';
import { audit } from '../../audit/audit.ts';
import type { AuditOptions } from '../../audit/gather.ts';
import { exitCodeOf, recordOrder, type Report } from '../../audit/report.ts';
import { parseAddress, type IpAddress } from '../../dns/address.ts';
import type { DnsName } from '../../dns/name.ts';
import type { RecordKey } from '../../finding/finding.ts';
import { checkMany, type Many } from './check-many.ts';
import { failOnOf } from './file-report.ts';
import { InputError, type Io } from '../io.ts';
import { openWorld, type WorldOptions } from '../open-world.ts';
import { addWorldOptions, collect, domainOf } from '../options.ts';
import { painter } from '../paint.ts';
import { markdownReport } from './report-markdown.ts';
import { sarifReport } from './report-sarif.ts';
import { textReport } from './report-text.ts';
import { version } from '../version.ts';
import { visibleJson } from '../visible.ts';

interface CheckOptions extends WorldOptions {
  readonly from?: string;
  readonly order?: string;
  readonly jobs?: string;
  readonly threads?: string;
  readonly format?: string;
  readonly only?: string;
  readonly failOn: string;
  readonly selector?: readonly string[];
  readonly ip?: readonly string[];
  readonly helo?: string;
  readonly tracking?: readonly string[];
  readonly bimiSelector?: string;
  readonly verbose?: boolean;
  readonly depth?: string;
}

const formats = ['text', 'json', 'ndjson', 'markdown', 'sarif'] as const;
type Format = (typeof formats)[number];

export function configure(command: Command, io: Io, done: (code: number) => void): void {
  command
    .argument('[domain...]', 'the domains to check')
    .option('--from <file>', 'check every domain in this file, one a line; # begins a comment (- is standard input)')
    .option('--order <order>', 'with --from: input (the order of the file) or done (as they finish)', 'input')
    .option('--jobs <count>', 'with --from: domains that are checked at the same time (default: 256)')
    .option(
      '--threads <count>',
      'with --from: worker threads for long lists; more are faster and take more memory (default: 1)',
    )
    .option(
      '--depth <depth>',
      'full: neighbours, every name server, DNSSEC, CAA; bulk: what thousands of domains can bear (default: full for one domain, bulk with --from)',
    )
    .option('--format <form>', `${formats.join(', ')} (default: text, with --from ndjson)`)
    .option(
      '--only <records>',
      `only these, separated by commas: ${recordOrder.filter((key) => key !== 'zone').join(', ')}`,
    )
    .option('--fail-on <severity>', 'error or warning: what makes the exit code 1', 'error')
    .option('--selector <name>', 'a DKIM selector that signs; may be repeated', collect)
    .option('--ip <address>', 'an address that sends; may be repeated', collect)
    .option('--helo <name>', 'what the sending host says after EHLO')
    .option('--tracking <host>', 'a host that the links in your mail lead to; may be repeated', collect)
    .option('--bimi-selector <name>', 'the BIMI selector (default: "default")')
    .option('--authoritative', 'ask every name server of the zone by itself (default with the system’s resolvers)')
    .option('--no-authoritative', 'ask only the resolver')
    .option('--no-https', 'ask no web server')
    .option('-v, --verbose', 'show advice in full');
  addWorldOptions(command);
  command.action(async (domains: readonly string[], options: CheckOptions) => done(await check(domains, options, io)));
}

async function check(texts: readonly string[], options: CheckOptions, io: Io): Promise<number> {
  const failOn = failOnOf(options.failOn);
  const format = formatOf(options);
  const many = options.from !== undefined || texts.length > 1;
  const depth = options.depth ?? (many ? 'bulk' : 'full');
  if (depth !== 'full' && depth !== 'bulk') throw new InputError(`--depth is full or bulk, not ${depth}.`);
  const auditOptions: AuditOptions = { ...auditOptionsOf(options), depth };
  if (options.from !== undefined && texts.length > 0)
    throw new InputError('Give domains on the command line or with --from, not both.');
  if (many) {
    const source = options.from === undefined ? texts : io.lines(options.from);
    return severally({ source, place: placeOf(options.from), audit: auditOptions, failOn, options, io }, format);
  }
  if (texts.length === 0) throw new InputError('Give a domain, as in: septet check example.com');
  const domain = domainOf(texts[0] ?? '');
  const { world, close } = await openWorld(options, io);
  let report: Report;
  try {
    report = await audit(world, domain, auditOptions);
  } finally {
    await close();
  }
  await io.out(rendered(report, format, options, io));
  return exitCodeOf(report.findings, failOn);
}

const placeOf = (from: string | undefined): string =>
  from === undefined ? 'the command line' : from === '-' ? 'Standard input' : from;

/** Many domains in one of the formats; SARIF is one document for all of them. */
async function severally(
  many: Omit<Many, 'world' | 'order' | 'jobs' | 'threads' | 'print'> & { readonly options: CheckOptions },
  format: Format,
): Promise<number> {
  const { options, io, ...rest } = many;
  const base = {
    ...rest,
    io,
    world: worldOptionsOf(options),
    order: options.order ?? 'input',
    jobs: options.jobs,
    threads: options.threads,
  };
  if (format === 'ndjson' || format === 'json') return checkMany(base);
  if (format !== 'sarif')
    return checkMany({ ...base, print: (report) => `${rendered(report, format, options, io)}\n` });
  const reports: Report[] = [];
  const code = await checkMany({ ...base, print: (report) => (reports.push(report), '') });
  await io.out(sarifReport(reports, version));
  return code;
}

function worldOptionsOf(options: CheckOptions): WorldOptions {
  const { resolver, zone, replay, record, at, timeout, transport, https, authoritative, ca } = options;
  const given = { resolver, zone, replay, record, at, timeout, transport, https, authoritative, ca };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as WorldOptions;
}

function rendered(report: Report, format: Format, options: Pick<CheckOptions, 'verbose'>, io: Io): string {
  switch (format) {
    case 'text':
      return textReport(report, painter(io.columns, io.colours), options.verbose ? { verbose: true } : {});
    case 'json':
      return `${visibleJson(report, 2)}\n`;
    case 'ndjson':
      return `${visibleJson(report)}\n`;
    case 'markdown':
      return markdownReport(report);
    case 'sarif':
      return sarifReport([report], version);
  }
}

function formatOf(options: CheckOptions): Format {
  const text = options.format ?? (options.from === undefined ? 'text' : 'ndjson');
  const format = formats.find((known) => known === text);
  if (!format) throw new InputError(`--format is one of ${formats.join(', ')}, not ${text}.`);
  return format;
}

function auditOptionsOf(options: CheckOptions): Omit<AuditOptions, 'depth'> {
  return {
    ...(options.only === undefined ? {} : { only: onlyOf(options.only) }),
    ...(options.selector ? { selectors: options.selector } : {}),
    ...(options.ip ? { addresses: options.ip.map(addressOf) } : {}),
    ...(options.helo === undefined ? {} : { helo: options.helo }),
    ...(options.tracking ? { tracking: options.tracking.map((host): DnsName => domainOf(host)) } : {}),
    ...(options.bimiSelector === undefined ? {} : { bimiSelector: options.bimiSelector }),
  };
}

/** `mta-sts` and `tls-rpt` are understood as people write them. */
function onlyOf(text: string): ReadonlySet<RecordKey> {
  const keys = new Set<RecordKey>();
  for (const word of text.split(',')) {
    const wanted = word.trim().toLowerCase().replaceAll('-', '');
    const key = recordOrder.find((known) => known === wanted);
    if (!key) throw new InputError(`--only does not know "${word.trim()}". It takes: ${recordOrder.join(', ')}.`);
    keys.add(key);
  }
  return keys;
}

function addressOf(text: string): IpAddress {
  const address = parseAddress(text);
  if (!address) throw new InputError(`${text} is not an IPv4 or IPv6 address.`);
  return address;
}
