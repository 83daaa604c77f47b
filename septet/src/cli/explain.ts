/** `septet explain CODE`: what a code means, why it matters, how to mend it, where it comes from. */
import type { Command } from 'commander';
import { catalogues, entryOf, similarCodes, type Entry } from '../audit/catalogues.ts';
import { mailboxDemands } from '../audit/mailbox-demands.ts';
import { InputError, type Io } from './io.ts';
import { painter, wrap, type Paint } from './paint.ts';

export function configure(command: Command, io: Io, done: (code: number) => void): void {
  command
    .argument('<code>', 'a code such as spf.lookups.exceeded, or an area such as spf for all of its codes')
    .option('--format <form>', 'text or json', 'text')
    .action((code: string, options: { readonly format: string }) => {
      if (options.format !== 'text' && options.format !== 'json')
        throw new InputError(`--format is text or json here, not ${options.format}.`);
      explain(code.trim().toLowerCase(), options.format === 'json', io);
      done(0);
    });
}

function explain(code: string, json: boolean, io: Io): void {
  const paint = painter(io.columns, io.colours);
  const entry = entryOf(code);
  if (entry) {
    io.out(json ? `${JSON.stringify(toJson(entry), undefined, 2)}\n` : entryText(entry, paint));
    return;
  }
  const demand = mailboxDemands
    .flatMap((provider) => provider.rows.map((row) => ({ provider, row })))
    .find(({ provider, row }) => `req.${provider.id}.${row.row}` === code);
  if (demand) {
    const { provider, row } = demand;
    const text = {
      code,
      title: row.title,
      level: row.level,
      provider: provider.title,
      note: row.note ?? null,
      source: provider.source,
      seenOn: provider.seenOn,
    };
    io.out(
      json
        ? `${JSON.stringify(text, undefined, 2)}\n`
        : `${paint('bold', code)}\n${provider.title}: ${row.title} is ${row.level}.${row.note ? ` ${row.note}.` : ''}\nSource: ${provider.source} (read ${provider.seenOn})\n`,
    );
    return;
  }
  const area = catalogues.filter((catalogue) => catalogue.area === code || catalogue.record === code);
  if (area.length > 0) {
    const entries = area.flatMap((catalogue) =>
      Object.entries(catalogue.rows).map(([name, row]) => ({ catalogue, code: name, row })),
    );
    if (json) io.out(`${JSON.stringify(entries.map(toJson), undefined, 2)}\n`);
    else
      io.out(
        entries
          .map(({ code: name, row }) =>
            wrap(`${row.severity.padEnd(7)} ${row.test}`, paint.columns, '    ', `${paint('bold', name)}\n    `),
          )
          .join('\n') + '\n',
      );
    return;
  }
  const later = catalogues.find((catalogue) => Object.hasOwn(catalogue.later, code));
  if (later)
    throw new InputError(
      `${code} is known, but no check reports it yet: it needs ${waitsFor[later.later[code] ?? ''] ?? later.later[code]}.`,
    );
  const similar = similarCodes(code);
  throw new InputError(
    `There is no code ${code}.${similar.length > 0 ? ` Perhaps one of these:\n  ${similar.join('\n  ')}` : ' docs/findings.md lists them all.'}`,
  );
}

/** What the words in the `later` tables mean, for people. */
export const waitsFor: Readonly<Record<string, string>> = {
  smtp: 'a connection to a mail server',
  message: 'a real message',
  reports: 'DMARC or TLS reports',
  watch: 'watching over time',
  plan: 'a plan of what is wanted',
  config: 'the configuration of the senders',
  blocklist: 'questions to block lists of third parties',
  rdap: 'registration data (RDAP)',
  render: 'an engine that draws the logo',
  network: 'another network than this machine has',
};

function toJson({ catalogue, code, row }: Entry) {
  return {
    code,
    record: catalogue.record,
    severity: row.severity,
    or: row.or ?? [],
    test: row.test,
    why: row.why,
    fix: row.fix,
    source: row.source,
  };
}

function entryText({ catalogue, code, row }: Entry, paint: Paint): string {
  const severities = [row.severity, ...(row.or ?? [])].join(' or ');
  const part = (title: string, text: string): string =>
    `${paint('bold', title)}\n${wrap(plainBraces(text), paint.columns, '  ')}\n`;
  return [
    `${paint('bold', code)}  ${catalogue.title}, ${severities}\n`,
    part('What it means', row.test),
    part('What a report says', row.message),
    part('Why it matters', row.why),
    part('How to mend it', row.fix),
    part('Source', row.source),
  ].join('\n');
}

/** `{name}` reads as `‹name›`, which nobody takes for something to type. */
const plainBraces = (text: string): string => text.replaceAll(/\{([a-zA-Z][a-zA-Z0-9]*)\}/g, '‹$1›');
