/** The real zones of `../shared/data` as a small Internet: read as text, and served by Knot. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseName, type DnsName } from '../../src/dns/name.ts';
import { readZone } from '../../src/dns/zone-read.ts';
import type { Zone } from '../../src/dns/zone.ts';
import type { KnotZone } from '../servers/knot.ts';

export interface RealZone {
  readonly file: string;
  readonly text: string;
  readonly zone: Zone;
}

/**
 * Every `*.zone` and `db.*` below the folder, in the order of their paths, except files that others include.
 * Throws when one cannot be read.
 */
export function readRealZones(folder: string): readonly RealZone[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.zone') || path.basename(name).startsWith('db.'))
    .filter((name) => path.basename(name) !== 'db.ocf')
    .sort()
    .map((name) => realZone(path.join(folder, name)));
}

export function realZone(file: string): RealZone {
  const text = included(file, readFileSync(file, 'utf8'));
  const result = readZone(text, { file });
  if (result.kind === 'good') return { file, text, zone: result.zone };
  throw new Error(result.errors.map((error) => `${file}:${error.line}:${error.column}: ${error.message}`).join('\n'));
}

/** Septet refuses `$INCLUDE`; here the file beside it takes its place. */
function included(file: string, text: string): string {
  return text.replaceAll(/^\$INCLUDE\s+(\S+)$/gm, (_, other: string) =>
    readFileSync(path.join(path.dirname(file), path.basename(other)), 'utf8'),
  );
}

/** Knot wants a `#` at the beginning of an owner escaped. */
export function knotZone({ zone, text }: RealZone): KnotZone {
  const origin = zone.origin === '' ? '.' : zone.origin;
  return { origin, text: text.replaceAll(/^#/gm, String.raw`\#`) };
}

/** Names below the apexes that look like senders: they own MX or TXT, and no label begins with `_` or is `*`. */
export function subdomains(zones: readonly RealZone[]): readonly DnsName[] {
  const found: DnsName[] = [];
  for (const { zone } of zones) {
    for (const [name, types] of zone.records) {
      if (name === zone.origin || !(types.has('MX') || types.has('TXT'))) continue;
      if (!/(?:^|\.)(?:_|\*)/.test(name)) found.push(name);
    }
  }
  return found;
}

/** About `count` members, evenly spread. */
export function spread<T>(list: readonly T[], count: number): readonly T[] {
  const step = Math.max(1, list.length / count);
  return Array.from({ length: Math.min(count, list.length) }, (_, i) => list[Math.floor(i * step)] as T);
}

export function readDomains(file: string): readonly DnsName[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const parsed = parseName(line.trim());
      return line.trim() !== '' && parsed.ok ? [parsed.name] : [];
    });
}

/** Runs `work` over the list, `jobs` at a time; results in the order of the list. */
export async function inParallel<T, R>(
  list: readonly T[],
  jobs: number,
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let i = next++; i < list.length; i = next++) results[i] = await work(list[i] as T);
  };
  await Promise.all(Array.from({ length: Math.min(jobs, list.length) }, worker));
  return results;
}
