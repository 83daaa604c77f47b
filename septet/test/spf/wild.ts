/** The real records of `wild/root.zone` against the verdicts of `wild/verdicts.json.gz` (pyspf, strict mode). */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { root } from '../../src/dns/name.ts';
import { readZone } from '../../src/dns/zone-read.ts';
import { zoneResolver } from '../../src/dns/zone-resolver.ts';
import type { Source } from '../../src/records/spf/answers.ts';
import { evaluate } from '../../src/records/spf/evaluate.ts';
import type { SpfResult } from '../../src/records/spf/trace.ts';

export interface Difference {
  readonly domain: string;
  readonly ip: string;
  readonly theirs: string;
  readonly ours: SpfResult;
}

export interface Comparison {
  readonly total: number;
  readonly equal: number;
  readonly differences: readonly Difference[];
}

export function wildSource(zoneFile: string): Source {
  const read = readZone(readFileSync(zoneFile), { file: zoneFile, origin: root });
  if (read.kind !== 'good') throw new Error(`${zoneFile} cannot be read`);
  const { peek } = zoneResolver([read.zone]);
  return peek;
}

export function compareWild(zoneFile: string, verdictFile: string): Comparison {
  const source = wildSource(zoneFile);
  const verdicts = JSON.parse(gunzipSync(readFileSync(verdictFile)).toString('utf8')) as Record<
    string,
    readonly (readonly [string, string])[]
  >;
  const differences: Difference[] = [];
  let total = 0;
  for (const [domain, list] of Object.entries(verdicts)) {
    for (const [ip, theirs] of list) {
      total++;
      const ours = evaluate({ ip, mailFrom: `postmaster@${domain}`, helo: domain }, source);
      if (ours.kind !== 'result') throw new Error(`${domain}: an answer is missing`);
      if (ours.result !== theirs) differences.push({ domain, ip, theirs, ours });
    }
  }
  return { total, equal: total - differences.length, differences };
}
