/** `septet init`: writes `septet.yaml` for a domain, starting from the records that it has. */
import type { Command } from 'commander';
import { exitCodes } from '../../audit/report.ts';
import { insertDomain, type Inserted } from '../../config/insert-domain.ts';
import { problemText } from '../../config/problem.ts';
import { readConfig } from '../../config/read-config.ts';
import { writeConfig, type DomainSettings } from '../../config/write-config.ts';
import { isPublicSuffix } from '../../dns/public-suffix.ts';
import type { DnsName } from '../../dns/name.ts';
import { hostKinds } from '../../providers/host-kinds.ts';
import type { Asker } from './init-ask.ts';
import { draftOf, keepReadable, nobodySends } from './init-draft.ts';
import { readFlags, type InitFlags } from './init-flags.ts';
import { seeDomain, type SeenDomain } from './init-see.ts';
import { foundText } from './init-show.ts';
import { InputError, type Io } from '../io.ts';
import { openWorld, type WorldOptions } from '../open-world.ts';
import { addWorldOptions, collect, domainOf } from '../options.ts';
import { painter, wrap } from '../paint.ts';

interface InitOptions extends WorldOptions, InitFlags {
  readonly domain?: string;
  readonly file: string;
  readonly yes?: boolean;
  readonly force?: boolean;
  readonly print?: boolean;
}

export function configure(command: Command, io: Io, done: (code: number) => void): void {
  command
    .argument('[domain]', 'the domain to write a configuration for')
    .option('--domain <domain>', 'the same, for scripts')
    .option('--host <host>', `where the DNS records are kept: ${hostKinds.map(({ key }) => key).join(', ')}`)
    .option(
      '--sender <sender>',
      'who sends: google-workspace, or "ses:region=eu-west-1,mailFrom=bounce"; values of a list are divided by ";"; may be repeated',
      collect,
    )
    .option('--reports <address>', 'where DMARC reports go')
    .option('--people', 'people have mailboxes at the domain: the slow ramp')
    .option('--no-people', 'only machines send: the quick ramp')
    .option('--mx <exchange>', 'who takes mail: "10 mail.example.com", or none; may be repeated', collect)
    .option('--tracking <host=target>', 'host of the links in the mail, such as track=app.example.com')
    .option('--tls-reports <address>', 'where TLS reports go')
    .option('--mta-sts', 'publish MTA-STS: testing first')
    .option('--bimi-logo <url>', 'https address of the logo')
    .option('--file <file>', 'the file to write', 'septet.yaml')
    .option('--print', 'print the configuration instead of writing it')
    .option('--force', 'replace what the file says about the domain')
    .option('-y, --yes', 'ask nothing');
  addWorldOptions(command);
  command.action(async (domain: string | undefined, options: InitOptions) => done(await init(domain, options, io)));
}

async function init(argument: string | undefined, options: InitOptions, io: Io): Promise<number> {
  const asker = io.interactive && !options.yes ? (await import('./init-prompts.ts')).terminalAsker : undefined;
  const domain = await domainOfInit(argument, options, asker);
  const flags = readFlags(domain, options, io.env);
  const target = options.print ? undefined : await openTarget(options, io);
  // What stands in the way is told before anything is looked up.
  if (target) textWith(target, { intent: flags.config.intent, host: flags.config.host }, options);
  const seen = await look(domain, options, io);
  const show = (text: string): void => (options.print ? io.err(text) : void io.out(text));
  const base: DomainSettings = { intent: flags.config.intent, host: flags.config.host };
  const { settings: draft, left } = keepReadable(draftOf(seen, flags), base);
  show(foundText(seen, left, painter(io.columns, !options.print && io.colours)));
  const settings = asker ? await (await import('./init-ask.ts')).askSettings(asker, draft) : draft;
  expectReadable(settings);
  const code = seen.untold.length > 0 || seen.silent ? exitCodes.couldNotTell : exitCodes.fine;
  if (!target) {
    await io.out(writeConfig({ domains: [settings] }));
    return code;
  }
  await io.writeFile(options.file, textWith(target, settings, options));
  show(closing(settings, seen, { file: options.file, added: target.text !== undefined }, io));
  return code;
}

async function domainOfInit(
  argument: string | undefined,
  options: InitOptions,
  asker: Asker | undefined,
): Promise<DnsName> {
  const given = argument ?? options.domain;
  if (argument !== undefined && options.domain !== undefined && argument !== options.domain)
    throw new InputError(`Two domains are given, ${argument} and ${options.domain}. Run init once for each.`);
  if (given === undefined && !asker) throw new InputError('No domain is given. Write septet init yourcompany.com.');
  const fault = (text: string): string | undefined => {
    try {
      registered(text);
      return undefined;
    } catch (error) {
      if (error instanceof InputError) return error.message;
      throw error;
    }
  };
  const text =
    given ?? (await asker?.text({ message: 'Which domain do you send from?', placeholder: 'yourcompany.com', fault }));
  return registered(text ?? '');
}

function registered(text: string): DnsName {
  const domain = domainOf(text);
  if (isPublicSuffix(domain, { icannOnly: true }))
    throw new InputError(
      `${domain} is a public suffix: people register domains below it. Give your own domain, such as yourcompany.${domain}.`,
    );
  return domain;
}

interface Target {
  readonly file: string;
  /** What stands in the file; absent when there is none. */
  readonly text?: string;
}

async function openTarget({ file }: InitOptions, io: Io): Promise<Target> {
  const there = await io.exists(file);
  return there ? { file, text: (await io.readFile(file)).toString('utf8') } : { file };
}

/** The text of the file with the domain in it. */
function textWith({ file, text }: Target, settings: DomainSettings, { force }: InitOptions): string {
  if (text === undefined) return writeConfig({ domains: [settings] });
  const inserted: Inserted = insertDomain(text, settings, { replace: force === true });
  if (inserted.kind === 'good') return inserted.text;
  if (inserted.kind === 'there')
    throw new InputError(
      `${file}:${inserted.line} holds ${settings.intent.domain} already. --force replaces that entry, --print shows a new one.`,
    );
  throw new InputError(
    `${file} cannot be added to. ${inserted.message}\nWith --print the new entry is shown, to be put in by hand.`,
  );
}

async function look(domain: DnsName, options: InitOptions, io: Io): Promise<SeenDomain> {
  const { world, close } = await openWorld(options, io);
  try {
    return await seeDomain(world, domain);
  } finally {
    await close();
  }
}

/** What is written has to read back; anything else is a fault of this program. */
function expectReadable(settings: DomainSettings): void {
  const file = 'septet.yaml';
  const text = writeConfig({ domains: [settings] });
  const read = readConfig(text, { file, env: {} });
  if (read.kind === 'good') return;
  const problems = read.problems.map((problem) => problemText(file, problem)).join('\n');
  throw new InputError(`The configuration that comes of this cannot be used:\n${problems}\n\n${text}`);
}

interface Written {
  readonly file: string;
  /** To others that stand in the file already. */
  readonly added: boolean;
}

function closing(settings: DomainSettings, seen: SeenDomain, { file, added }: Written, io: Io): string {
  const { intent, host } = settings;
  const paint = painter(io.columns, io.colours);
  const line = (text: string): string => `${wrap(text, paint.columns, '')}\n`;
  const missing = Object.values(host.secrets).filter(({ kind, name }) => kind === 'env' && !io.env[name]);
  const where = hostKinds.find(({ key }) => key === host.kind);
  const secret = missing.map(({ name }) => name).join(' and ');
  return [
    line(added ? `Added ${intent.domain} to ${file}.` : `Wrote ${file}.`),
    ...(intent.senders.length === 0 && !nobodySends(seen.spf)
      ? [line('No sender was seen or given: name those that send for the domain in the file.')]
      : []),
    ...(settings.remarks?.senders && !nobodySends(seen.spf)
      ? [
          line(
            'As it is, the plan publishes v=spf1 ~all, which says that nobody sends. For a domain from which nothing ever comes, write spf: { all: -all } into the file.',
          ),
        ]
      : []),
    ...(intent.dmarc.reports.length === 0
      ? [line('No address for DMARC reports is set: without reports nobody can tell when to go on.')]
      : []),
    ...(where?.publishes && secret !== ''
      ? [line(`To publish at ${where.title}, set ${secret} in the environment. A plan needs no token.`)]
      : []),
    line(`Next: septet plan ${intent.domain}`),
  ].join('');
}
