/** The Markdown page: the fields of each record's table, and the boxes behind it. */
import type { DnsName } from '../../../src/dns/name.ts';
import type { RrType } from '../../../src/dns/rrset.ts';
import { fromFields, fromQuoted, fromRelative, fromUndotted, meaning, rawTxt, type Operation } from './operations.ts';
import { shownMeanings } from './shell-script.ts';

export interface PageFields {
  readonly verb: string;
  readonly type: string;
  readonly name: string;
  readonly value: string;
  readonly now?: string | undefined;
  readonly priority?: string | undefined;
  readonly ttl?: string | undefined;
  readonly pieces?: string | undefined;
  /** The value is written as in a zone file. */
  readonly notation: boolean;
}

export function operationsOfPage(records: readonly PageFields[], zone: DnsName): readonly Operation[] {
  return records.flatMap((record): readonly Operation[] => {
    const name = fromRelative(record.name, zone);
    const type = record.type as RrType;
    const remove = (shown: string): Operation => {
      const [, priority, value = shown] = (type === 'MX' && /^(\d+) (.*)$/.exec(shown)) || [];
      return { kind: 'remove', name, type, anyOf: shownMeanings(type, value, priority ?? record.priority) };
    };
    if (record.verb === 'Delete') return [remove(record.value)];
    const reading = { target: fromUndotted, txt: record.notation ? fromQuoted : rawTxt };
    const data = fromFields(
      type,
      record.value,
      record.priority === undefined ? undefined : Number(record.priority),
      reading,
    );
    if (record.pieces !== undefined && meaning('TXT', fromQuoted(record.pieces)) !== meaning(type, data))
      throw new Error('the pieces differ');
    const add: Operation = { kind: 'add', name, type, ttlSeconds: Number(record.ttl), data };
    return record.now === undefined ? [add] : [remove(record.now), add];
  });
}

export function readMarkdown(text: string, zone: DnsName): readonly Operation[] {
  const records: PageFields[] = [];
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at++) {
    const head = /^### (Add|Change|Delete) (\S+) `/.exec(lines[at] ?? '');
    if (head === null) continue;
    const fields = new Map<string, string>();
    for (at++; at < lines.length && !/^(#{2,3} |\*\*Please|---$)/.test(lines[at] ?? ''); at++) {
      const line = lines[at] ?? '';
      const row = /^\| ([A-Z][^|]*?) \| (?:(`+) ?(.*?) ?\2(?!`).*|in the box below) \|$/.exec(line);
      if (row) {
        if (row[2] !== undefined) fields.set(row[1] ?? '', row[2] === '`' ? (row[3] ?? '') : (row[3] ?? ''));
        continue;
      }
      const box = /^(Value now|(?:New v|V)alue(?: \(as in a zone file\))?|If the form refuses .*):$/.exec(line);
      if (box) {
        const fence = lines[at + 2] ?? '';
        if (lines[at + 4] !== fence || !/^`{3,}$/.test(fence))
          throw new Error(`a value that is broken: ${lines[at + 4]}`);
        fields.set(box[1] ?? '', lines[at + 3] ?? '');
        at += 4;
      }
    }
    at--;
    const entry = [...fields].find(([key]) => /^(New v|V)alue( \(as.*)?$/.test(key));
    records.push({
      verb: head[1] ?? '',
      type: fields.get('Type') ?? '',
      name: fields.get('Name') ?? '',
      value: entry?.[1] ?? '',
      notation: entry?.[0].includes('zone file') ?? false,
      now: fields.get('Value now'),
      priority: fields.get('Priority'),
      ttl: fields.get('TTL'),
      pieces: [...fields].find(([key]) => key.startsWith('If the form'))?.[1],
    });
  }
  return operationsOfPage(records, zone);
}
