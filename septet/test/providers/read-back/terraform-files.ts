/** Terraform files, as far as the forms write them: resource blocks with strings, numbers, booleans and lists of strings. */
import { dnsName } from '../../../src/dns/name.ts';
import type { RrSet, RrType } from '../../../src/dns/rrset.ts';
import { fromFields, fromQuoted, fromUndotted, fromZoneText, meaning, type Operation } from './operations.ts';

export type HclValue = string | number | boolean | readonly string[];
export interface Resource {
  readonly type: string;
  readonly label: string;
  readonly values: ReadonlyMap<string, HclValue>;
}

export function readResources(text: string): readonly Resource[] {
  const resources: { type: string; label: string; values: Map<string, HclValue> }[] = [];
  const seen = new Set<string>();
  const lines = text.split('\n');
  let open: Map<string, HclValue> | undefined;
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    const head = /^resource "(\w+)" "([a-z_]\w*)" \{$/.exec(line);
    const attribute = /^ {2}(\w+) += (.*)$/.exec(line);
    if (head) {
      if (seen.has(line)) throw new Error(`twice: ${line}`);
      seen.add(line);
      open = new Map();
      resources.push({ type: head[1] ?? '', label: head[2] ?? '', values: open });
    } else if (line === '}') open = undefined;
    else if (open && attribute) {
      const [, name = '', value = ''] = attribute;
      if (value === '[') {
        const list: string[] = [];
        for (at++; (lines[at] ?? '') !== '  ]'; at++) list.push(hclText((lines[at] ?? '').trim().replace(/,$/, '')));
        open.set(name, list);
      } else
        open.set(
          name,
          /^\d+$/.test(value)
            ? Number(value)
            : value === 'true' || value === 'false'
              ? value === 'true'
              : value === 'var.zone_id'
                ? value
                : hclText(value),
        );
    } else if (open) throw new Error(`not understood: ${line}`);
    else if (!/^(|#.*|variable "zone_id" \{| {2}type = string)$/.test(line)) throw new Error(`not understood: ${line}`);
  }
  return resources;
}

function hclText(source: string): string {
  if (!/^"(?:[^"\\]|\\.)*"$/.test(source)) throw new Error(`not a string: ${source}`);
  return source
    .slice(1, -1)
    .replaceAll(/\\u([0-9a-f]{4})|\\(.)|\$\$\{|%%\{|[$%]\{/g, (piece, hex?: string, one?: string) => {
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      if (one !== undefined) return one;
      if (piece.length === 2) throw new Error(`a template: ${source}`);
      return piece.slice(1);
    });
}

/** Comments that tell what has to go, in files of Terraform and DNSControl. */
export const removals = (text: string, words: string): readonly Operation[] =>
  [...text.matchAll(new RegExp(`^\\s*(?:#|//) (?:${words}): (\\S+) (\\S+) (.*)$`, 'gm'))].map((match): Operation => {
    const type = match[2] as RrType;
    return {
      kind: 'remove',
      name: dnsName(match[1] ?? ''),
      type,
      anyOf: [meaning(type, fromZoneText(type, match[3] ?? ''))],
    };
  });

export function readTerraformCloudflare(text: string): readonly Operation[] {
  const reading = { target: fromUndotted, txt: fromQuoted };
  return [
    ...removals(text, 'remove|replaces'),
    ...readResources(text).map(({ type: kind, values }): Operation => {
      if (kind !== 'cloudflare_dns_record' || values.get('proxied') !== false) throw new Error(kind);
      const type = values.get('type') as RrType;
      const priority = values.get('priority') as number | undefined;
      const data = fromFields(type, String(values.get('content')), priority, reading);
      return {
        kind: 'add',
        name: fromUndotted(String(values.get('name'))),
        type,
        ttlSeconds: Number(values.get('ttl')),
        data,
      };
    }),
  ];
}

export function readTerraformRoute53(text: string): readonly Operation[] {
  const sets = readResources(text).map(({ type: kind, values }): RrSet => {
    if (kind !== 'aws_route53_record') throw new Error(kind);
    const type = values.get('type') as RrType;
    const records = values.get('records') as readonly string[];
    // The provider puts the quotes around.
    const data = records.map((record) =>
      fromZoneText(type, type === 'TXT' ? `"${record}"`.replaceAll(/(?<!\\)((?:\\\\)*)""(?=.)/g, '$1" "') : record, 8),
    );
    return { name: dnsName(String(values.get('name'))), type, ttlSeconds: Number(values.get('ttl')), data };
  });
  return [...removals(text, 'remove'), ...sets.map((set): Operation => ({ kind: 'set', set }))];
}
