/** `septet config`: the JSON Schema of `septet.yaml`, an example, the environment forms. */
import type { Command } from 'commander';
import { environmentDomain, environmentName } from '../../config/environment.ts';
import { environmentForms } from '../../config/environment-forms.ts';
import { exampleConfig } from '../../config/example.ts';
import { configSchema } from '../../config/schema.ts';
import type { DnsName } from '../../dns/name.ts';
import { InputError, type Io } from '../io.ts';
import { domainOf } from '../options.ts';
import { painter, wrap } from '../paint.ts';
import { visibleJson } from '../visible.ts';

interface ConfigOptions {
  readonly example?: boolean;
  readonly env?: boolean;
}

export function configure(command: Command, io: Io, done: (code: number) => void): void {
  command
    .argument('[domain]', 'with --env: the domain whose names are shown', 'yourcompany.com')
    .option('--example', 'print a commented example instead of the JSON Schema')
    .option('--env', 'list the environment variable of every key')
    .action(async (domain: string, options: ConfigOptions) => {
      if (options.example && options.env) throw new InputError('--example and --env cannot be used together.');
      await io.out(
        options.example
          ? exampleConfig
          : options.env
            ? environmentText(domainOf(domain), io)
            : `${visibleJson(configSchema(), 2)}\n`,
      );
      done(0);
    });
}

function environmentText(domain: DnsName, io: Io): string {
  const word = environmentDomain(domain);
  if (word === undefined)
    throw new InputError(`${domain} has no environment form: only letters, digits, dots and dashes can be written so.`);
  const paint = painter(io.columns, io.colours);
  const lines: string[] = [
    wrap(
      'An environment variable takes the place of the key in the file. Lists are divided by commas; what is more than a list is written as YAML. In a domain, a dot is one underscore and a dash three.',
      paint.columns,
      '',
    ),
  ];
  for (const group of environmentForms()) {
    lines.push('', paint('bold', wrap(group.title, paint.columns, '')));
    for (const { path, about } of group.forms) {
      // A name is copied: it stands in a line of its own and is never cut.
      lines.push(`  ${group.top ? `SEPTET_${path.join('__')}` : environmentName(word, path)}`);
      lines.push(paint('dim', wrap(about, paint.columns, '      ')));
    }
  }
  return `${lines.join('\n')}\n`;
}
