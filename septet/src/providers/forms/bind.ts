/**
 * Zone file lines (RFC 1035 §5.1), for BIND, Knot, NSD and whoever reads zone files.
 *
 * Names are absolute, with their dot: a name without it is completed by `$ORIGIN`, and `example.com.example.com` is
 * born. Texts stand in quotes, because a bare `;` begins a comment, and in strings of at most 255 octets, one after the
 * other. After the edit the serial of the SOA has to grow, or the secondaries never notice.
 */
import { linesOf } from '../../dns/zone-write.ts';
import { zoneName, formatRdata } from '../../dns/rdata-text.ts';
import type { FormInput, TextForm } from '../form.ts';
import type { HostLimits } from '../../plan/limits.ts';
import { hostLimits } from '../limits.ts';
import { headLines, laterLines, stepLines } from './comments.ts';
import { editsOf, netSteps } from './edits.ts';
import { fit } from './fit.ts';

const limits: HostLimits | undefined = hostLimits['bind'];

export const bindForm: TextForm = {
  id: 'bind',
  title: 'zone file lines',
  extension: '.zone',
  ...(limits ? { limits } : {}),
  write: writeBind,
};

function writeBind(input: FormInput): string {
  const lines = [
    ...headLines('; ', input, 'Zone file lines', [
      'Lines behind "remove:" have to go. A line that stands in the zone already stands there once.',
      'Raise the serial of the SOA, then reload the zone.',
    ]),
  ];
  for (const step of netSteps(fit(input, { host: 'the zone file', ...(limits ? { limits } : {}) }))) {
    lines.push('', ...stepLines('; ', step));
    for (const change of step.changes) {
      const edits = editsOf(change);
      const owner = zoneName(change.name);
      for (const data of edits.removed)
        lines.push(`; remove: ${owner} IN ${change.type} ${formatRdata(change.type, data)}`);
      if (change.after) lines.push(...linesOf(change.after));
    }
  }
  return `${[...lines, ...laterLines('; ', input)].join('\n')}\n`;
}
