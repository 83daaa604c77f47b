/** The tables for web forms, by the positions of their columns. */
import type { DnsName } from '../../../src/dns/name.ts';
import type { RrType } from '../../../src/dns/rrset.ts';
import { fromFields, fromRelative, type Operation, type Reading } from './operations.ts';
import { shownMeanings } from './shell-script.ts';

export interface TableReading extends Reading {
  readonly ttl: (text: string) => number;
  /** What "Proxy status" says, where there is such a column. */
  readonly proxy?: (type: RrType) => string;
}

export function readRows(text: string, zone: DnsName, reading: TableReading): readonly Operation[] {
  const operations: Operation[] = [];
  const lines = text.split('\n');
  let columns: readonly (readonly [string, number])[] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    if (/^Do +Type {2}/.test(line)) {
      columns = [...line.matchAll(/\S+(?: \S+)*/g)].map((match) => [match[0], match.index]);
      continue;
    }
    if (columns.length === 0) continue;
    if (line === '') {
      columns = [];
      continue;
    }
    const last = columns.length - 1;
    const cell = (index: number): string => {
      const from = columns[index]?.[1] ?? 0;
      return index === last ? line.slice(from) : line.slice(from, columns[index + 1]?.[1]).trim();
    };
    const [action, type, name, priority, ttl] = [cell(0), cell(1) as RrType, cell(2), cell(3), cell(4)];
    const own = cell(last) === '(next line)';
    const value = own ? (lines[++at] ?? '') : cell(last);
    if (!own && line.length > 80) throw new Error(`a line of ${line.length} columns`);
    if (columns.at(-2)?.[0] === 'Proxy status' && cell(last - 1) !== reading.proxy?.(type))
      throw new Error('the proxy is not off');
    const owner = fromRelative(name, zone);
    if (action === 'remove' || action === 'edit') {
      operations.push({ kind: 'remove', name: owner, type, anyOf: shownMeanings(type, value, priority) });
    } else if (action === 'add' || action === 'to') {
      const data = fromFields(type, value, priority === '-' ? undefined : Number(priority), reading);
      operations.push({ kind: 'add', name: owner, type, ttlSeconds: reading.ttl(ttl), data });
    } else if (action !== 'keep') throw new Error(`${action} is not an action`);
  }
  return operations;
}
