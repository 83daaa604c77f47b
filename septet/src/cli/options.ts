/** Options that several commands share, described once. */
import type { Command } from 'commander';
import { parseDomain, type DnsName } from '../dns/name.ts';
import { InputError } from './io.ts';
import { visible } from './visible.ts';

/** Where answers come from: see `open-world.ts`. */
export function addWorldOptions(command: Command): Command {
  return command
    .option(
      '--resolver <server>',
      'ask this resolver (address, address:port or https://…/dns-query); may be repeated',
      collect,
    )
    .option('--zone <files...>', 'offline: answer from these zone files (RFC 1035); one may be the root')
    .option('--replay <file>', 'offline: answer from a case made with --record')
    .option('--record <file>', 'write everything that was answered into a case file')
    .option('--at <time>', 'check as if it were this time, e.g. 2026-11-23T12:00:00Z')
    .option('--timeout <seconds>', 'time for one DNS question (default: 5)')
    .option(
      '--transport <protocol>',
      'udp (with TCP where needed) or tcp throughout (default: udp; tcp with --from where the resolver takes it)',
    )
    .option('--ca <file>', 'trust these certificates (PEM) too; may be repeated', collect);
}

/** For an option that may be repeated. */
export const collect = (value: string, before: readonly string[] | undefined): readonly string[] => [
  ...(before ?? []),
  value,
];

/** Reads the domain a person typed; the error names what was probably meant. */
export function domainOf(text: string): DnsName {
  const parsed = parseDomain(text);
  if (parsed.ok) return parsed.name;
  const hint = parsed.meant && parseDomain(parsed.meant).ok ? ` Did you mean ${parsed.meant}?` : '';
  const shown = visible(text.length > 60 ? `${text.slice(0, 60)}…` : text);
  switch (parsed.fault) {
    case 'empty':
      throw new InputError('No domain is given.');
    case 'email-address':
      throw new InputError(`${shown} is an e-mail address, not a domain.${hint}`);
    case 'url':
      throw new InputError(`${shown} is a URL, not a domain.${hint}`);
    case 'ip-address':
      throw new InputError(`${shown} is an IP address, not a domain.`);
    case 'label-too-long':
      throw new InputError(
        `${shown} is not a domain: "${visible(parsed.part.slice(0, 20))}…" has ${parsed.part.length} characters, and 63 is the most between two dots.`,
      );
    case 'name-too-long':
      throw new InputError(`${shown} is not a domain: it has more than 253 characters.`);
    case 'empty-label':
      throw new InputError(`${shown} is not a domain: nothing stands between two of its dots.`);
    case 'illegal-character':
    case 'bad-escape':
      throw new InputError(`${shown} is not a domain: "${visible(parsed.part.slice(0, 60))}" cannot be part of one.`);
    case 'not-idna':
      throw new InputError(`${shown} is not a domain: it cannot be written in A-labels (xn--…).`);
  }
}

/** Reads a time such as `2026-11-23T12:00:00Z` into milliseconds since 1970. */
export function instantOf(text: string): number {
  const exact = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/.test(text);
  const instant = Date.parse(text);
  if (!exact || Number.isNaN(instant))
    throw new InputError(`--at is a time such as 2026-11-23T12:00:00Z, not ${text}.`);
  return instant;
}
