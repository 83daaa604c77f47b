/** Scripts are read by a real shell, in which the commands only say with what they were called. */
import { execFile } from 'node:child_process';
import type { DnsName } from '../../../src/dns/name.ts';
import type { RrType } from '../../../src/dns/rrset.ts';
import { fromDotted, fromFields, fromQuoted, fromRelative, meaning, rawTxt, type Operation } from './operations.ts';

export interface Call {
  readonly args: readonly string[];
  readonly input: string;
}

/** Runs the script with nothing in its path, so that a command that slips out of a value is not found. */
export function callsOf(
  script: string,
  commands: readonly string[],
  variables: Readonly<Record<string, string>>,
): Promise<readonly Call[]> {
  const recorders = commands.map(
    (name) =>
      `${name}() { for a in "$@"; do printf '%s\\001' "$a"; done; printf '\\002'; case " $* " in *" @- "*) while IFS= read -r l; do printf '%s\\n' "$l"; done;; esac; printf '\\003'; }`,
  );
  return new Promise((resolve, reject) => {
    execFile(
      '/bin/sh',
      ['-c', `set -eu\n${recorders.join('\n')}\n${script}`],
      { env: { PATH: '/nowhere', ...variables }, encoding: 'latin1', maxBuffer: 1e7 },
      (error, stdout, stderr) => {
        if (error !== null || stderr !== '') reject(new Error(`${error?.message ?? ''}\n${stderr}`));
        else {
          resolve(
            stdout
              .split('\u0003')
              .slice(0, -1)
              .map((call) => {
                const [args = '', input = ''] = call.split('\u0002');
                return { args: args.split('\u0001').slice(0, -1), input };
              }),
          );
        }
      },
    );
  });
}

export async function readDoctl(text: string, zone: DnsName): Promise<readonly Operation[]> {
  const numbers = new Map(
    [...text.matchAll(/^# the number of (.*)\n(ID_\d+)=$/gm)].map((match) => [match[2] ?? '', match[1] ?? '']),
  );
  const filled = text.replaceAll(/^(ID_\d+)=$/gm, '$1=$1');
  const operations: Operation[] = [];
  for (const { args } of await callsOf(filled, ['doctl'], {})) {
    const words = args.slice(0, 5);
    if (words.slice(0, 3).join(' ') !== 'compute domain records' || words[4] !== zone) throw new Error(args.join(' '));
    const option = (name: string): string | undefined =>
      args.includes(name) ? args[args.indexOf(name) + 1] : undefined;
    const verb = words[3];
    const number = verb === 'delete' ? args[5] : option('--record-id');
    if (verb === 'delete' || verb === 'update') {
      const [, type = '', name = '', priority, shown = ''] =
        /^(\S+) (\S+) (?:(?<=MX \S+ )(\d+) )?(.*)$/.exec(numbers.get(number ?? '') ?? '') ?? [];
      operations.push({
        kind: 'remove',
        name: fromRelative(name, zone),
        type: type as RrType,
        anyOf: shownMeanings(type as RrType, shown, priority),
      });
    }
    if (verb === 'create' || verb === 'update') {
      const type = option('--record-type') as RrType;
      const priority = option('--record-priority');
      operations.push({
        kind: 'add',
        name: fromRelative(option('--record-name') ?? '', zone),
        type,
        ttlSeconds: Number(option('--record-ttl')),
        data: fromFields(type, option('--record-data') ?? '', priority === undefined ? undefined : Number(priority), {
          target: fromDotted,
          txt: rawTxt,
        }),
      });
    }
  }
  return operations;
}

/** What a value may mean that is shown to a person: the text itself, or zone file notation. */
export function shownMeanings(type: RrType, shown: string, priority: string | undefined): readonly string[] {
  if (type !== 'TXT') {
    const dotted =
      /^[0-9a-f.:]+$/.test(shown) && type !== 'CNAME' && type !== 'MX' ? shown : `${shown.replace(/\.$/, '')}.`;
    return [priority === undefined || priority === '-' ? dotted : `${priority} ${dotted}`];
  }
  try {
    return [shown, meaning('TXT', fromQuoted(shown))];
  } catch {
    return [shown];
  }
}
