/**
 * Terraform for Route 53: one `aws_route53_record` for each RRset, with all its members in `records`.
 *
 * A text is given without the outer quotes, the provider adds them; over 255 octets the pieces are joined by `\"\"`
 * inside the string. A quote of the text itself is `\"` for Route 53 and `\\\"` in the file. Where a set stands already,
 * `allow_overwrite` lets Terraform take it over; members that are somebody else's are in `records`, because Route 53
 * replaces the whole set.
 */
import type { Change } from '../../change/change.ts';
import type { DnsName } from '../../dns/name.ts';
import { formatRdata } from '../../dns/rdata-text.ts';
import type { Rdata, RrType, Txt } from '../../dns/rrset.ts';
import type { FormInput, TextForm } from '../form.ts';
import type { HostLimits } from '../../plan/limits.ts';
import { hostLimits } from '../limits.ts';
import { headLines, laterLines, stepLines } from './comments.ts';
import { netSteps } from './edits.ts';
import { fit } from './fit.ts';
import { hclLabels, hclResource, hclString, zoneIdVariable } from './hcl.ts';
import { route53Strings, route53Value } from './route53.ts';

const limits: HostLimits | undefined = hostLimits['route53'];

export const terraformRoute53Form: TextForm = {
  id: 'terraform-route53',
  title: 'Terraform for Route 53',
  extension: '.tf',
  ...(limits ? { limits } : {}),
  write: writeTerraform,
};

function writeTerraform(input: FormInput): string {
  const lines = [
    ...headLines('# ', input, 'Terraform resources of Route 53', [
      'A resource of the same name and type in your configuration is replaced by the one here.',
    ]),
    '',
    ...zoneIdVariable,
  ];
  const label = hclLabels(input.zone);
  for (const step of netSteps(fit(input, { host: 'Route 53', ...(limits ? { limits } : {}) }))) {
    lines.push('', ...stepLines('# ', step));
    for (const change of step.changes) lines.push(...resource(change, label));
  }
  return `${[...lines, ...laterLines('# ', input)].join('\n')}\n`;
}

function resource(
  { name, type, before, after }: Change,
  label: (name: DnsName, type: RrType) => string,
): readonly string[] {
  if (after === undefined) {
    return (before?.data ?? []).map((data) => `# remove: ${name} ${type} ${formatRdata(type, data)}`);
  }
  const records = { name: 'records', values: after.data.map((data) => hclString(recordOf(type, data))) };
  const attributes: (readonly [string, string])[] = [
    ['zone_id', 'var.zone_id'],
    ['name', hclString(name)],
    ['type', hclString(type)],
    ['ttl', String(after.ttlSeconds)],
    ...(before ? [['allow_overwrite', 'true'] as const] : []),
  ];
  return ['', ...hclResource('aws_route53_record', label(name, type), attributes, records)];
}

const recordOf = (type: RrType, data: Rdata<RrType>): string =>
  type === 'TXT' || type === 'SPF' ? route53Strings(data as Txt).join('""') : route53Value(type, data);
