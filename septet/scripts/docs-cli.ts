/** `docs/cli.md`: the help of every command as it is printed, and what a help text has no room for. */
import { commands, run } from '../src/cli/run.ts';
import type { Io } from '../src/cli/io.ts';
import { InputError } from '../src/cli/io.ts';
import { generatedNote } from './docs-markdown.ts';

/** Commands with commands of their own. */
const subCommands: Readonly<Record<string, readonly string[]>> = {
  spf: ['merge', 'optimise', 'flatten'],
  dkim: ['generate', 'import', 'export', 'rotate'],
};

export async function cliPage(): Promise<string> {
  const helps = await Promise.all(
    commands.map(async ({ name }) => {
      const own = `### septet ${name}\n\n${indented(await helpOf([name, '--help']))}`;
      const below = (subCommands[name] ?? []).map(
        async (word) => `\n### septet ${name} ${word}\n\n${indented(await helpOf([name, word, '--help']))}`,
      );
      return `${own}${(await Promise.all(below)).join('')}`;
    }),
  );
  return `${generatedNote}
# The command line

Septet has one command, \`septet\`. In a clone it is \`npx septet …\`.

## Exit codes

The same for every command.

| code | meaning |
|---|---|
| 0 | nothing at or above \`--fail-on\` (default: error) |
| 1 | such findings exist; for \`septet spf --ip\`: any verdict but pass and temperror; for \`plan\` and \`status\`: a step needs a decision; for \`publish\` and \`undo\`: the zone is not what the plan saw, or the host refused a record |
| 2 | wrong use, or input or a configuration that cannot be read, or a token that the DNS host does not take; with \`--from\` and \`--batch\` the rest is still done |
| 3 | could not tell: only failed look-ups stand in the way, so try again later |

\`--fail-on warning\` makes warnings count. Advice (\`info\`) never does. \`septet explain\` and \`septet demo\` end with 0, or 2.

## Where answers come from

One of these; without any, the resolvers of the system.

- \`--resolver 192.0.2.53\`, \`192.0.2.53:5353\`, \`[2001:db8::53]:53\`: ask this server. Given several times for one domain, the first
  answers and the others are compared with it.
- \`--resolver https://dns.example/dns-query\`: DNS over HTTPS (RFC 8484).
- \`--zone example.com.zone other.zone\`: no network at all. The files are zone files (RFC 1035 §5): \`$ORIGIN\`, \`$TTL\`, parentheses,
  escapes and relative names are understood, \`$INCLUDE\` is refused. The origin is that of the SOA record, of \`$ORIGIN\`, or of
  the file name (\`example.com.zone\`). A name outside every file could not be told and is reported as unknown; when one of the files is
  rooted at \`.\`, it does not exist. Web servers are not asked: policies, logos and certificates are skipped. As \`--zone\` takes every word
  behind it, put the domain in front of it.
- \`--replay case.json\`: no network at all; everything is answered from the case, the time included.

\`--record case.json\` writes what was answered to a case file, so that a check can be repeated elsewhere. It holds what the
DNS and the web servers say in public. \`--at 2026-11-23T12:00:00Z\` sets the clock for certificates and dates.

## One domain, or many

One domain is checked in full. Several domains, or \`--from\`, are checked with \`--depth bulk\`, which leaves out:

- each name server of the zone by itself, and whether they agree; the delegation; DNSSEC; CAA; names between the domain and its records
- places where a record is put by mistake, except one question for a doubled suffix
- a policy host of MTA-STS without the TXT record
- what a wildcard does to SPF and what DMARC does to sub-domains that do not exist
- PTR of the addresses in the SPF record; those given with \`--ip\` are always looked up
- two DKIM selectors that are tried even where the server says that nothing exists below \`_domainkey\`
- the search for tracking hosts, the obsolete record type SPF, and the cards of the mailbox providers

A list of a thousand domains and more is checked in a worker thread, with \`--threads\` in several; where the resolver takes TCP, its
questions go over TCP, a dozen in one write.

\`--depth full\` does all of it for every domain. \`--depth bulk\` is for one domain what it would be in a list.

\`--from\` reads a domain a line; blank lines and what follows \`#\` are skipped; \`-\` is standard input. Lines come out in the order of the
input, or with \`--order done\` as they finish. Progress is drawn on standard error when that is a terminal. [json.md](json.md) describes the output.

## Environment

| variable | effect |
|---|---|
| \`NO_COLOR\` | not empty: no colours |
| \`FORCE_COLOR\` | not empty and not 0: colours also where standard output is not a terminal |
| \`COLUMNS\` | the width where standard output is not a terminal; default 80 |
| \`SEPTET_HTTPS_PORT\`, \`SEPTET_HTTP_PORT\` | ports that stand for 443 and 80, for laboratories |

## Commands

${indented(await helpOf(['--help']))}
${helps.join('\n')}`;
}

const indented = (text: string): string =>
  `${text
    .trimEnd()
    .split('\n')
    .map((line) => (line === '' ? '' : `    ${line}`))
    .join('\n')}\n`;

async function helpOf(args: readonly string[]): Promise<string> {
  let text = '';
  const nothing = (): never => {
    throw new InputError('a help text needs no input');
  };
  const io: Io = {
    out: (part) => void (text += part),
    err: (part) => void (text += part),
    columns: 100,
    colours: false,
    progress: false,
    interactive: false,
    exists: async () => false,
    pid: 0,
    readFile: nothing,
    lines: nothing,
    chunks: nothing,
    writeFile: nothing,
    now: () => 0,
    randomBytes: nothing,
    env: {},
  };
  await run(args, io);
  return text;
}
