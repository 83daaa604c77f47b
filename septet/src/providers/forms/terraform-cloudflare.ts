/**
 * Terraform for Cloudflare (provider version 5): one `cloudflare_dns_record` for each record.
 *
 * `name` is the full name without a dot; targets have no dot. The content of a text is written in quotes inside the
 * string, `"\"v=spf1 …\""`, in pieces of 255 octets: Cloudflare gives it back like that, and without them every plan
 * shows a difference. `priority` is an argument of its own. `proxied = false` everywhere. Records that are somebody
 * else's are not in the output: Terraform leaves alone what it does not manage.
 */
import type { Change } from '../../change/change.ts';
import { txtOf } from '../../change/txt.ts';
import type { DnsName } from '../../dns/name.ts';
import { formatRdata, formatTxtForZone } from '../../dns/rdata-text.ts';
import { txtText, type Rdata, type RrType } from '../../dns/rrset.ts';
import type { FormInput, TextForm } from '../form.ts';
import type { HostLimits } from '../../plan/limits.ts';
import { hostLimits } from '../limits.ts';
import { headLines, laterLines, stepLines } from './comments.ts';
import { editsOf, netSteps } from './edits.ts';
import { entryOf, entryRefusal, type EntryStyle } from './entry.ts';
import { fit } from './fit.ts';
import { hclLabels, hclResource, hclString, zoneIdVariable } from './hcl.ts';

const limits: HostLimits | undefined = hostLimits['cloudflare'];

export const terraformCloudflareForm: TextForm = {
  id: 'terraform-cloudflare',
  title: 'Terraform for Cloudflare (provider 5)',
  extension: '.tf',
  ...(limits ? { limits } : {}),
  write: writeTerraform,
};

const style: EntryStyle = { dot: false, txt: (txt) => formatTxtForZone(txtOf(txtText(txt))) };

function writeTerraform(input: FormInput): string {
  const lines = [
    ...headLines('# ', input, 'Terraform resources of Cloudflare', [
      'What stands behind "replaces:" or "remove:" leaves your configuration, or the dashboard if Terraform does not manage it.',
    ]),
    '',
    ...zoneIdVariable,
  ];
  const label = hclLabels(input.zone);
  for (const step of netSteps(
    fit(input, {
      host: 'Cloudflare',
      ...(limits ? { limits } : {}),
      refuses: (change) => entryRefusal(change, true),
    }),
  )) {
    lines.push('', ...stepLines('# ', step));
    for (const change of step.changes) lines.push(...resources(change, label));
  }
  return `${[...lines, ...laterLines('# ', input)].join('\n')}\n`;
}

function resources(change: Change, label: (name: DnsName, type: RrType) => string): readonly string[] {
  const { added, removed, kept, name, type, ttlSeconds } = editsOf(change);
  const word = added.length === 0 ? 'remove' : 'replaces';
  const comment = (what: string, data: Rdata<RrType>): string =>
    `# ${what}: ${name} ${type} ${formatRdata(type, data)}`;
  return [
    ...removed.map((data) => comment(word, data)),
    ...kept.map((data) => comment('stays', data)),
    ...added.flatMap((data) => {
      const { value, priority } = entryOf(type, data, style);
      return [
        '',
        ...hclResource('cloudflare_dns_record', label(name, type), [
          ['zone_id', 'var.zone_id'],
          ['name', hclString(name)],
          ['type', hclString(type)],
          ['ttl', String(ttlSeconds)],
          ...(priority === undefined ? [] : [['priority', String(priority)] as const]),
          ['proxied', 'false'],
          ['content', hclString(value)],
        ]),
      ];
    }),
  ];
}
