/** Terraform's language, as far as records need it, laid out as `terraform fmt` does. */
import type { DnsName } from '../../dns/name.ts';
import type { RrType } from '../../dns/rrset.ts';
import { relativeName } from './entry.ts';

/** A quoted string: `${` and `%{` begin templates, so SPF macros (`%{i}`) are written `%%{i}`. */
export function hclString(text: string): string {
  const escaped = text
    .replaceAll(/["\\]/g, '\\$&')
    .replaceAll(/[$%](?=\{)/g, (mark) => mark + mark)
    .replaceAll(/[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return `"${escaped}"`;
}

/** A resource block; the equals signs stand below each other. Values are HCL already, `list` is written last, a line each. */
export function hclResource(
  type: string,
  label: string,
  attributes: readonly (readonly [string, string])[],
  list?: { readonly name: string; readonly values: readonly string[] },
): readonly string[] {
  const width = Math.max(...attributes.map(([name]) => name.length));
  return [
    `resource "${type}" "${label}" {`,
    ...attributes.map(([name, value]) => `  ${name.padEnd(width)} = ${value}`),
    ...(list ? [`  ${list.name} = [`, ...list.values.map((value) => `    ${value},`), '  ]'] : []),
    '}',
  ];
}

/** `bounce_txt`, `apex_mx_2`: a label that Terraform takes, the same for the same record, each only once. */
export function hclLabels(zone: DnsName): (name: DnsName, type: RrType) => string {
  const taken = new Map<string, number>();
  return (name, type) => {
    const relative = relativeName(name, zone);
    const words = (relative === '@' ? 'apex' : relative.replaceAll('*', 'wildcard')).toLowerCase();
    const base = `${words.replaceAll(/[^a-z0-9]+/g, '_').replaceAll(/^_+|_+$/g, '')}_${type.toLowerCase()}`;
    const stem = /^[a-z]/.test(base) ? base : `r_${base}`;
    const count = (taken.get(stem) ?? 0) + 1;
    taken.set(stem, count);
    if (count === 1) return stem;
    const numbered = `${stem}_${count}`;
    taken.set(numbered, 1);
    return numbered;
  };
}

/** A variable that the reader's configuration has, or gets. */
export const zoneIdVariable: readonly string[] = ['variable "zone_id" {', '  type = string', '}'];
