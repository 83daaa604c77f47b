/**
 * DigitalOcean: `doctl` commands, one for each record.
 *
 * Names are relative, `@` is the zone itself; targets carry their dot. A text is given raw, without quotes, and
 * DigitalOcean stores no more than about 509 octets of it, so a 4096-bit DKIM key has no place there; null MX, empty
 * texts and backslashes neither. A record has a number by which it is changed or deleted: `doctl` lists them, and they
 * are put into variables first, because nobody but the account knows them.
 */
import type { DnsName } from '../../dns/name.ts';
import { txtText, type Rdata, type RrType } from '../../dns/rrset.ts';
import type { Change } from '../../change/change.ts';
import type { FormInput, TextForm } from '../form.ts';
import type { HostLimits } from '../../plan/limits.ts';
import { hostLimits } from '../limits.ts';
import { headLines, laterLines, stepLines } from './comments.ts';
import { editsOf, removalsFirst } from './edits.ts';
import { entryOf, entryRefusal, relativeName, shownTxt, type EntryStyle } from './entry.ts';
import { fit } from './fit.ts';
import { shellWord } from './shell.ts';

const limits: HostLimits | undefined = hostLimits['digitalocean'];

export const digitaloceanForm: TextForm = {
  id: 'digitalocean',
  title: 'DigitalOcean (doctl commands)',
  extension: '.sh',
  ...(limits ? { limits } : {}),
  write: writeDigitalocean,
};

const style: EntryStyle = { dot: true, txt: txtText };
const shown: EntryStyle = { dot: true, txt: shownTxt };

function writeDigitalocean(input: FormInput): string {
  const zone = shellWord(input.zone);
  const commands: string[] = [];
  const numbers: string[] = [];
  for (const step of fit(input, {
    host: 'DigitalOcean',
    ...(limits ? { limits } : {}),
    refuses: (change) => entryRefusal(change, true),
  })) {
    commands.push('', ...stepLines('# ', step));
    for (const change of removalsFirst(step.changes)) commands.push(...commandsOf(change, input.zone, numbers));
  }
  const lines = [
    ...headLines('# ', input, 'doctl commands', []),
    ...(numbers.length === 0
      ? []
      : [
          '#',
          '# Each record that changes or goes has a number. List them, and fill them in:',
          `doctl compute domain records list ${zone} --format ID,Type,Name,Data`,
          ...numbers,
        ]),
    ...commands,
    ...laterLines('# ', input),
  ];
  return `${lines.join('\n')}\n`;
}

function commandsOf(change: Change, zone: DnsName, numbers: string[]): readonly string[] {
  const { added, removed, kept, type, ttlSeconds } = editsOf(change);
  const name = relativeName(change.name, zone);
  const number = (data: Rdata<RrType>): string => {
    const { value, priority } = entryOf(type, data, shown);
    const variable = `ID_${numbers.length / 2 + 1}`;
    numbers.push(
      `# the number of ${type} ${name} ${priority === undefined ? '' : `${priority} `}${value}`,
      `${variable}=`,
    );
    return `"\${${variable}:?}"`;
  };
  const fields = (data: Rdata<RrType>): string => {
    const { value, priority } = entryOf(type, data, style);
    return [
      `--record-type ${type} --record-name ${shellWord(name)}`,
      `--record-data ${shellWord(value)}`,
      ...(priority === undefined ? [] : [`--record-priority ${priority}`]),
      `--record-ttl ${ttlSeconds}`,
    ].join(' ');
  };
  const domain = shellWord(zone);
  const pairs = Math.min(added.length, removed.length);
  return [
    ...removed.slice(pairs).map((data) => `doctl compute domain records delete ${domain} ${number(data)} --force`),
    ...added.map((data, i) => {
      const old = i < pairs ? removed[i] : undefined;
      return old === undefined
        ? `doctl compute domain records create ${domain} ${fields(data)}`
        : `doctl compute domain records update ${domain} --record-id ${number(old)} ${fields(data)}`;
    }),
    ...kept.map((data) => `# stays: ${type} ${name} ${entryOf(type, data, shown).value}`),
  ];
}
