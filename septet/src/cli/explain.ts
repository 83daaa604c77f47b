/** `septet explain CODE`: what a code means, why it matters, how to mend it, where it comes from. */
import type { Command } from 'commander';
import type { Entry } from '../audit/catalogues.ts';
import { allCatalogues, entryOf, similarCodes } from './codes.ts';
import { mailboxDemands } from '../audit/mailbox-demands.ts';
import { InputError, type Io } from './io.ts';
import { painter, wrap, type Paint } from './paint.ts';
import { visible } from './visible.ts';

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
        : [
            paint('bold', code),
            wrap(
              `${provider.title}: ${row.title} (${row.level}).${row.note ? ` ${row.note}.` : ''}`,
              paint.columns,
              '',
            ),
            wrap(`Source: ${provider.source} (read ${provider.seenOn})`, paint.columns, ''),
            '',
          ].join('\n'),
    );
    return;
  }
  const area = allCatalogues.filter((catalogue) => catalogue.area === code || catalogue.record === code);
  if (area.length > 0) {
    const entries = area.flatMap((catalogue) =>
      Object.entries(catalogue.rows).map(([name, row]) => ({ catalogue, code: name, row })),
    );
    if (json) io.out(`${JSON.stringify(entries.map(toJson), undefined, 2)}\n`);
    else
      io.out(
        entries
          .map(
            ({ code: name, row }) =>
              `${paint('bold', name)}\n${wrap(`${row.severity}: ${plainBraces(row.test)}`, paint.columns, '    ')}`,
          )
          .join('\n') + '\n',
      );
    return;
  }
  const demands = demandsOf(code);
  if (demands.length > 0) {
    io.out(
      json
        ? `${JSON.stringify(demands, undefined, 2)}\n`
        : `${demands.map((line) => demandText(line, paint)).join('\n')}\n`,
    );
    return;
  }
  const verdict = Object.hasOwn(verdictCodes, code) ? verdictCodes[code] : undefined;
  if (verdict) {
    io.out(
      json
        ? `${JSON.stringify({ code, record: 'spf', ...verdict }, undefined, 2)}\n`
        : wordsText(code, 'SPF, named by verdicts of septet spf only', verdict, paint),
    );
    return;
  }
  const later = allCatalogues.find((catalogue) => Object.hasOwn(catalogue.later, code));
  if (later)
    throw new InputError(
      `${code} is known, but no check reports it yet: it needs ${waitsFor[later.later[code] ?? ''] ?? later.later[code]}.`,
    );
  const similar = similarCodes(code);
  throw new InputError(
    `There is no code ${visible(code.slice(0, 80))}.${similar.length > 0 ? ` Perhaps one of these:\n  ${similar.join('\n  ')}` : ' docs/findings.md lists them all.'}`,
  );
}

/** What the words in the `later` tables mean, for people. */
export const waitsFor: Readonly<Record<string, string>> = {
  smtp: 'a connection to a mail server',
  message: 'a real message',
  click: 'a request to a click link of a message',
  serve: 'an unsubscribe address of our own, whose state can be looked up',
  reports: 'DMARC or TLS reports',
  heads: 'the details of single reports, which septet reports parse shows',
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

interface Words {
  readonly test: string;
  readonly message: string;
  readonly why: string;
  readonly fix: string;
  readonly source: string;
}

/** Problems that concern the question to SPF and not the domain: verdicts name them, no finding does. */
const verdictCodes: Readonly<Record<string, Words>> = {
  'spf.request.address': {
    test: 'The question names the address that sends.',
    message: '‹ip› is not an IP address.',
    why: 'SPF compares addresses; without one the verdict is none.',
    fix: 'Give an IPv4 or IPv6 address, such as 192.0.2.1 or 2001:db8::1.',
    source: 'RFC 7208 §4.1',
  },
  'spf.request.domain': {
    test: 'MAIL FROM or, where it is empty, HELO names a domain that can have an SPF record.',
    message: '‹domain› cannot be judged: it is no domain name with at least two labels.',
    why: 'There is nothing to look up, so the verdict is none and receivers have only DKIM to go by.',
    fix: 'Send with a full domain in MAIL FROM, and with a full host name after EHLO.',
    source: 'RFC 7208 §4.3',
  },
  'spf.time.exceeded': {
    test: 'The evaluation ends within 20 seconds.',
    message: 'The evaluation took longer than 20 seconds.',
    why: 'Receivers stop with temperror and try again later; mail waits or goes without SPF.',
    fix: 'Ask again. If it stays, the name servers of an include are slow or silent: septet check shows which.',
    source: 'RFC 7208 §4.6.4',
  },
};

const entryText = ({ catalogue, code, row }: Entry, paint: Paint): string =>
  wordsText(code, `${catalogue.title}, ${[row.severity, ...(row.or ?? [])].join(' or ')}`, row, paint);

function wordsText(code: string, kind: string, words: Words, paint: Paint): string {
  const part = (title: string, text: string): string =>
    `${paint('bold', title)}\n${wrap(plainBraces(text), paint.columns, '  ')}\n`;
  return [
    `${wrap(`${code}: ${kind}`, paint.columns, '  ', '').replace(code, paint('bold', code))}\n`,
    part('What is tested', words.test),
    part('What a report says', words.message),
    part('Why it matters', words.why),
    part('How to mend it', words.fix),
    part('Source', words.source),
  ].join('\n');
}

/** The demands of every mailbox provider for `req`, of one for `req.gmail`. */
const demandsOf = (code: string): readonly { readonly code: string; readonly text: string }[] =>
  mailboxDemands
    .filter((provider) => code === 'req' || code === `req.${provider.id}`)
    .flatMap((provider) =>
      provider.rows.map((row) => ({
        code: `req.${provider.id}.${row.row}`,
        text: `${provider.title}: ${row.title} (${row.level})`,
      })),
    );

const demandText = ({ code, text }: { readonly code: string; readonly text: string }, paint: Paint): string =>
  `${paint('bold', code)}\n${wrap(text, paint.columns, '    ')}`;

/** `{name}` reads as `‹name›`, which nobody takes for something to type. */
export const plainBraces = (text: string): string => text.replaceAll(/\{([a-zA-Z][a-zA-Z0-9]*)\}/g, '‹$1›');
