/** An nsupdate script, line by line. Prerequisites are returned too, as what the zone must hold before. */
import { dnsName } from '../../../src/dns/name.ts';
import type { RrType } from '../../../src/dns/rrset.ts';
import { fromDotted, fromZoneText, type Operation } from './operations.ts';

export function readNsupdate(text: string): readonly Operation[] {
  const operations: Operation[] = [];
  let zone: string | undefined;
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith(';')) continue;
    const add = /^update add (\S+) (\d+) IN (\S+) (.*)$/.exec(line);
    const gone = /^update delete (\S+) IN (\S+)$/.exec(line);
    if (line.startsWith('zone ')) zone = line.slice(5);
    else if (line === 'send') zone = undefined;
    else if (zone === undefined) throw new Error(`no zone above: ${line}`);
    else if (add) {
      const type = add[3] as RrType;
      const data = fromZoneText(type, add[4] ?? '');
      operations.push({ kind: 'add', name: fromDotted(add[1] ?? ''), type, ttlSeconds: Number(add[2]), data });
    } else if (gone) operations.push({ kind: 'delete', name: dnsName(gone[1] ?? ''), type: gone[2] as RrType });
    else if (!/^prereq (nxrrset \S+ IN \S+|yxrrset \S+ IN \S+ .+)$/.test(line))
      throw new Error(`not understood: ${line}`);
  }
  if (zone !== undefined) throw new Error('the last step is not sent');
  return operations;
}
