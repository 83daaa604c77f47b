/** Zone file lines (`bind`, `gandi`), read by Septet's own reader; comments tell what has to go. */
import type { DnsName } from '../../../src/dns/name.ts';
import type { RrSet } from '../../../src/dns/rrset.ts';
import { readZone } from '../../../src/dns/zone-read.ts';
import { meaning, type Operation } from './operations.ts';

export function readZoneLines(text: string, zone: DnsName): readonly Operation[] {
  const sets = setsOf(text, zone);
  const gone = setsOf(
    [...text.matchAll(/^; remove: (.*)$/gm)].map((match) => (match[1] ?? '').replace(' IN ', ' 1 IN ')).join('\n'),
    zone,
  );
  const stays = new Set(sets.map((set) => `${set.name} ${set.type}`));
  return [
    ...gone
      .filter((set) => !stays.has(`${set.name} ${set.type}`))
      .flatMap((set) =>
        set.data.map((data): Operation => ({
          kind: 'remove',
          name: set.name,
          type: set.type,
          anyOf: [meaning(set.type, data)],
        })),
      ),
    ...sets.map((set): Operation => ({ kind: 'set', set })),
  ];
}

function setsOf(text: string, zone: DnsName): readonly RrSet[] {
  const result = readZone(`$ORIGIN ${zone}.\n${text}\n`, { file: 'form.zone', origin: zone });
  if (result.kind === 'bad') throw new Error(JSON.stringify(result.errors));
  if (result.warnings.length > 0 && result.warnings.some((warning) => !/SOA/.test(warning.message))) {
    throw new Error(JSON.stringify(result.warnings));
  }
  return [...result.zone.records.values()].flatMap((types) => [...types.values()]);
}
