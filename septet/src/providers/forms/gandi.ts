/**
 * Gandi LiveDNS: lines for the text view of the zone (Domain > DNS Records > Edit as text).
 *
 * Names are relative to the zone, `@` is the zone itself; targets carry their dot or they end below the zone. Texts
 * stand in quotes, in strings of 255 octets. The TTL is at least 300 seconds. The text view saves the whole zone: lines
 * that are not ours stay in it as they are. Lines that begin with `;` are for the reader.
 */
import { formatRdata } from '../../dns/rdata-text.ts';
import type { FormInput, TextForm } from '../form.ts';
import type { HostLimits } from '../../plan/limits.ts';
import { hostLimits } from '../limits.ts';
import { headLines, laterLines, stepLines } from './comments.ts';
import { editsOf, netSteps } from './edits.ts';
import { zoneFileName } from './entry.ts';
import { fit } from './fit.ts';

const limits: HostLimits | undefined = hostLimits['gandi'];

export const gandiForm: TextForm = {
  id: 'gandi',
  title: 'lines for the text view of Gandi LiveDNS',
  extension: '.zone',
  ...(limits ? { limits } : {}),
  write: writeGandi,
};

function writeGandi(input: FormInput): string {
  const lines = [
    ...headLines('; ', input, 'Lines for the text view of Gandi LiveDNS', [
      'Lines behind "remove:" have to go; every other line of the zone stays. A line that stands there already stands there once.',
    ]),
  ];
  for (const step of netSteps(fit(input, { host: 'Gandi', ...(limits ? { limits } : {}) }))) {
    lines.push('', ...stepLines('; ', step));
    for (const change of step.changes) {
      const owner = zoneFileName(change.name, input.zone);
      const { after, type } = change;
      for (const data of editsOf(change).removed)
        lines.push(`; remove: ${owner} IN ${type} ${formatRdata(type, data)}`);
      for (const data of after?.data ?? [])
        lines.push(`${owner} ${after?.ttlSeconds ?? 0} IN ${type} ${formatRdata(type, data)}`);
    }
  }
  return `${[...lines, ...laterLines('; ', input)].join('\n')}\n`;
}
