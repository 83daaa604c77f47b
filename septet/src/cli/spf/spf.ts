/** `septet spf`: the verdict for an address, the include tree with its running look-up count, and many verdicts at once. */
import type { Command } from 'commander';
import type { DnsName } from '../../dns/name.ts';
import { exitCodes } from '../../audit/report.ts';
import { checkHost } from '../../records/spf/check-host.ts';
import { parseAddress } from '../../records/spf/address.ts';
import type { SpfResult, SpfVerdict } from '../../records/spf/trace.ts';
import { explainTrace } from '../../records/spf/trace.ts';
import type { World } from '../../world/world.ts';
import { InputError, type Io } from '../io.ts';
import { addWorldOptions, domainOf } from '../options.ts';
import { openWorld, type WorldOptions } from '../open-world.ts';
import { painter, wrap, type Paint, type Style } from '../paint.ts';
import { addChangeCommands } from './spf-change.ts';
import { printSpfRecord } from './spf-record.ts';
import { visibleJson } from '../visible.ts';

interface SpfOptions extends WorldOptions {
  readonly ip?: string;
  readonly mailFrom?: string;
  readonly helo?: string;
  readonly batch?: string;
  readonly format: string;
}

export function configure(command: Command, io: Io, done: (code: number) => void): void {
  command
    .argument('[domain]', 'the domain of the MAIL FROM address')
    .option('--ip <address>', 'the address that sends')
    .option('--mail-from <address>', 'the MAIL FROM address; default: postmaster@ the domain')
    .option('--helo <name>', 'what the sending host says after EHLO; default: the domain')
    .option('--batch <file>', 'one {"ip","mailFrom","helo"} a line in, one verdict a line out (- is standard input)')
    .option('--format <form>', 'text or json', 'text');
  addWorldOptions(command);
  command.addHelpText(
    'after',
    `
Exit codes with --ip:    0 pass, 1 any other verdict, 3 temperror
           with --batch: 0, or 2 when a line could not be read`,
  );
  command.action(async (domain: string | undefined, options: SpfOptions) => done(await spf(domain, options, io)));
  addChangeCommands(command, io, done);
}

async function spf(text: string | undefined, options: SpfOptions, io: Io): Promise<number> {
  if (options.format !== 'text' && options.format !== 'json')
    throw new InputError(`--format is text or json here, not ${options.format}.`);
  if (options.batch !== undefined) {
    if (text !== undefined || options.ip !== undefined)
      throw new InputError(
        '--batch takes domains and addresses from its lines; give neither a domain nor --ip with it.',
      );
    const { world, close } = await openWorld(options, io, { many: true });
    try {
      return await batch(options.batch, world, io);
    } finally {
      await close();
    }
  }
  if (text === undefined) throw new InputError('Give a domain, as in: septet spf example.com --ip 192.0.2.1');
  const domain = domainOf(text);
  if (options.ip !== undefined && parseAddress(options.ip) === undefined)
    throw new InputError(`${options.ip} is not an IPv4 or IPv6 address.`);
  const { world, close } = await openWorld(options, io);
  try {
    if (options.ip === undefined) {
      if (options.mailFrom ?? options.helo)
        throw new InputError('--mail-from and --helo need the address that sends: add --ip.');
      return await printSpfRecord(domain, world, options.format, io);
    }
    return await one(domain, options.ip, options, world, io);
  } finally {
    await close();
  }
}

async function one(domain: DnsName, ip: string, options: SpfOptions, world: World, io: Io): Promise<number> {
  const mailFrom = options.mailFrom ?? `postmaster@${domain}`;
  const helo = options.helo ?? domain;
  const result = await checkHost(world, { ip, mailFrom, helo });
  if (options.format === 'json')
    io.out(`${visibleJson({ version: 1, ip, mailFrom, helo, ...verdictJson(result), trace: result.trace }, 2)}\n`);
  else io.out(verdictText(result, { ip, mailFrom, helo }, painter(io.columns, io.colours)));
  return result.result === 'pass'
    ? exitCodes.fine
    : result.result === 'temperror'
      ? exitCodes.couldNotTell
      : exitCodes.findings;
}

const meaning: Readonly<Record<SpfVerdict, string>> = {
  pass: 'the address may send for this domain',
  fail: 'the domain says that this address may not send for it',
  softfail: 'the domain says that this address probably may not send for it',
  neutral: 'the domain says neither yes nor no',
  none: 'there is no SPF record to judge by',
  temperror: 'DNS did not answer; receivers try again later',
  permerror: 'the record is broken, and receivers treat it as if it were not there, or worse',
};
const verdictStyle: Readonly<Record<SpfVerdict, Style>> = {
  pass: 'green',
  fail: 'red',
  softfail: 'yellow',
  neutral: 'yellow',
  none: 'yellow',
  temperror: 'cyan',
  permerror: 'red',
};

function verdictText(result: SpfResult, asked: { ip: string; mailFrom: string; helo: string }, paint: Paint): string {
  const sender = asked.mailFrom === '' ? 'the null sender' : asked.mailFrom;
  const asking = wrap(`${asked.ip} for ${sender} (HELO ${asked.helo})`, paint.columns, '  ', `${result.result}  `);
  const lines = [asking.replace(result.result, paint(verdictStyle[result.result], result.result))];
  lines.push(wrap(`${capital(meaning[result.result])}.`, paint.columns, ''));
  if (result.matched) lines.push(wrap(matchText(result.matched), paint.columns, ''));
  if (result.problem) lines.push(wrap(`${result.problem.reason} (${result.problem.code})`, paint.columns, ''));
  if (result.explanation !== undefined)
    lines.push(wrap(`The domain explains: “${result.explanation}”`, paint.columns, ''));
  // The last line of the trace repeats the verdict and its reason, which stand above.
  const trace = explainTrace(result).slice(0, -1);
  if (trace.length > 0) lines.push('', paint('dim', 'look-ups  voids'));
  for (const line of trace) {
    const counts =
      line.lookups === undefined ? '' : `${String(line.lookups).padStart(8)}  ${String(line.voids ?? 0).padStart(5)}`;
    const indent = '  '.repeat(Math.min(line.depth, maxIndents));
    lines.push(wrap(line.text, paint.columns, `${' '.repeat(17)}${indent}  `, `${counts.padEnd(17)}${indent}`));
  }
  const cost = `${result.lookups} of 10 look-ups, ${result.voids} of 2 void look-ups (RFC 7208 §4.6.4)`;
  lines.push('', wrap(cost, paint.columns, ''));
  return `${lines.join('\n')}\n`;
}

function matchText({ term, path }: NonNullable<SpfResult['matched']>): string {
  const between = path.slice(1, -1);
  const way = between.length > 0 ? `, by way of ${between.join(' and ')}` : '';
  return `${term} in the record of ${path.at(-1) ?? 'the domain'} matched${way}.`;
}

/** Deeper includes keep this indentation, so that their text has room. */
const maxIndents = 6;

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

function verdictJson(result: SpfResult): Readonly<Record<string, unknown>> {
  return {
    result: result.result,
    explanation: result.explanation ?? null,
    domain: result.domain,
    lookups: result.lookups,
    voids: result.voids,
    matched: result.matched ?? null,
    problem: result.problem ?? null,
  };
}

/** Lines judged at the same time; the order of the output is that of the input. */
const window = 256;

async function batch(path: string, world: World, io: Io): Promise<number> {
  let unreadable = 0;
  let number = 0;
  const pending: Promise<string>[] = [];
  const drain = async (keep: number): Promise<void> => {
    let text = '';
    while (pending.length > keep) text += `${await pending.shift()}\n`;
    if (text !== '') await io.out(text);
  };
  for await (const line of io.lines(path)) {
    number++;
    if (line.trim() === '') continue;
    const request = readRequest(line);
    if (typeof request === 'string') {
      unreadable++;
      pending.push(Promise.resolve(JSON.stringify({ line: number, error: request })));
    } else pending.push(checkHost(world, request).then((result) => visibleJson(verdictJson(result))));
    if (pending.length >= 2 * window) await drain(window);
  }
  await drain(0);
  if (unreadable > 0)
    io.err(
      `${unreadable === 1 ? 'One line' : `${unreadable} lines`} could not be read; the output says which and why.\n`,
    );
  return unreadable > 0 ? exitCodes.misuse : exitCodes.fine;
}

/** One line of a batch; a sentence when it cannot be used. */
function readRequest(line: string): { ip: string; mailFrom: string; helo: string } | string {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return 'this line is not JSON';
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return 'this line is not a JSON object';
  const text = (key: string): string | undefined => {
    const value = (json as Record<string, unknown>)[key];
    return value === undefined || value === null ? '' : typeof value === 'string' ? value : undefined;
  };
  const [ip, mailFrom, helo] = [text('ip'), text('mailFrom'), text('helo')];
  if (ip === undefined || mailFrom === undefined || helo === undefined)
    return '"ip", "mailFrom" and "helo" are strings';
  if (parseAddress(ip) === undefined) return `"ip" is not an IPv4 or IPv6 address: ${JSON.stringify(ip)}`;
  if (mailFrom === '' && helo === '') return 'neither "mailFrom" nor "helo" is given';
  return { ip, mailFrom, helo };
}
