/**
 * A script for `nsupdate` (BIND) and `knsupdate` (Knot): RFC 2136 as text. One message for each step.
 *
 * Prerequisites make the server refuse a step when the zone is no longer what the plan saw (RFC 2136 §2.4): `nxrrset`
 * where nothing stood, `yxrrset` with the data where something did. An RRset is deleted and added again as a whole, so
 * that all its members have one TTL; members that stay are added again. The server, and the key (`-k` or `-y`), are
 * given on the command line or in the commented line: a key never stands in this file.
 */
import type { Change } from '../../change/change.ts';
import { formatRdata, zoneName } from '../../dns/rdata-text.ts';
import type { FormInput, TextForm } from '../form.ts';
import type { HostLimits } from '../../plan/limits.ts';
import { hostLimits } from '../limits.ts';
import { commentLines, headLines, laterLines, stepLines } from './comments.ts';
import { removalsFirst } from './edits.ts';
import { fit } from './fit.ts';

const limits: HostLimits | undefined = hostLimits['rfc2136'];

export const nsupdateForm: TextForm = {
  id: 'nsupdate',
  title: 'nsupdate script (RFC 2136)',
  extension: '.nsupdate',
  ...(limits ? { limits } : {}),
  write: writeNsupdate,
};

function writeNsupdate(input: FormInput): string {
  const lines = [
    ...headLines('; ', input, 'Dynamic update', [
      'Run it with: nsupdate -k KEYFILE this-file, or knsupdate -k KEYFILE this-file',
    ]),
    '; server 192.0.2.53',
    ...checkNames(input),
  ];
  for (const step of fit(input, { host: 'the name server', ...(limits ? { limits } : {}) })) {
    lines.push('', ...stepLines('; ', step));
    if (step.changes.length === 0) continue;
    lines.push(`zone ${zoneName(input.zone)}`);
    for (const change of step.changes) lines.push(...prerequisites(change));
    for (const change of removalsFirst(step.changes)) lines.push(...updates(change));
    lines.push('send');
  }
  return `${[...lines, ...laterLines('; ', input)].join('\n')}\n`;
}

/** nsupdate takes addresses and MX for those of hosts, which have no underscore (RFC 952); knsupdate has no such check. */
function checkNames(input: FormInput): readonly string[] {
  const doubted = input.steps
    .flatMap((step) => step.changes)
    .filter(({ type, name }) => (type === 'A' || type === 'AAAA' || type === 'MX') && name.includes('_'));
  if (doubted.length === 0) return [];
  return [
    ...commentLines(
      '; ',
      'nsupdate refuses some names below for their underscore. Uncomment this for it; knsupdate does not know the line.',
    ),
    '; check-names off',
  ];
}

function prerequisites({ name, type, before }: Change): readonly string[] {
  const owner = zoneName(name);
  if (before === undefined) return [`prereq nxrrset ${owner} IN ${type}`];
  return before.data.map((data) => `prereq yxrrset ${owner} IN ${type} ${formatRdata(type, data)}`);
}

function updates({ name, type, before, after }: Change): readonly string[] {
  const owner = zoneName(name);
  return [
    ...(before ? [`update delete ${owner} IN ${type}`] : []),
    ...(after?.data ?? []).map(
      (data) => `update add ${owner} ${after?.ttlSeconds ?? 0} IN ${type} ${formatRdata(type, data)}`,
    ),
  ];
}
