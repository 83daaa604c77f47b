/**
 * Amazon Route 53: a ChangeBatch for `aws route53 change-resource-record-sets --change-batch file://…`.
 *
 * All changes of a batch happen together or not at all, so the whole plan is one batch. UPSERT replaces the whole RRset;
 * CREATE fails when something stands there meanwhile, which is what we want where the plan saw nothing; DELETE must
 * repeat values and TTL as Route 53 holds them. Each text is `"…"`, over 255 octets `"a" "b"` in one Value, with `"` and
 * `\` escaped; other octets are octal `\ddd`, not decimal as in zone files. JSON has no comments: what has to be said
 * stands in `Comment`, of which Route 53 takes 256 characters.
 */
import { absolute } from '../../dns/name.ts';
import { formatRdata, formatTxtForZone } from '../../dns/rdata-text.ts';
import { txtText, type Rdata, type RrSet, type RrType, type Txt } from '../../dns/rrset.ts';
import { txtOf } from '../../change/txt.ts';
import type { FormInput, TextForm } from '../form.ts';
import type { HostLimits } from '../../plan/limits.ts';
import { hostLimits } from '../limits.ts';
import { octalEscapes } from '../route53/sets.ts';
import { ascii } from './comments.ts';
import { netChanges, removalsFirst } from './edits.ts';
import { fit } from './fit.ts';

/** API reference, ChangeBatch: Comment has at most 256 characters. */
const maxCommentCharacters = 256;
const limits: HostLimits | undefined = hostLimits['route53'];

export const route53Form: TextForm = {
  id: 'route53',
  title: 'Route 53 ChangeBatch',
  extension: '.json',
  ...(limits ? { limits } : {}),
  write: writeRoute53,
};

function writeRoute53(input: FormInput): string {
  const steps = fit(input, { host: 'Route 53', ...(limits ? { limits } : {}) });
  const changes = removalsFirst(netChanges(steps)).map(({ before, after }) => {
    if (after) return { Action: before ? 'UPSERT' : 'CREATE', ResourceRecordSet: recordSet(after) };
    return { Action: 'DELETE', ResourceRecordSet: recordSet(before as RrSet) };
  });
  const said = [
    ...steps.flatMap((step) => step.refused),
    `Septet plan ${input.digest.slice(0, 16)} for ${input.domain}`,
  ];
  const comment = ascii(said.join(' / '));
  const cut = comment.length <= maxCommentCharacters ? comment : `${comment.slice(0, maxCommentCharacters - 3)}...`;
  return `${JSON.stringify({ Comment: cut, Changes: changes }, undefined, 2)}\n`;
}

function recordSet(set: RrSet): object {
  return {
    Name: octalEscapes(absolute(set.name)),
    Type: set.type,
    TTL: set.ttlSeconds,
    ResourceRecords: set.data.map((data) => ({ Value: route53Value(set.type, data) })),
  };
}

/** The `Value` of one record, shared with Terraform. */
export const route53Value = (type: RrType, data: Rdata<RrType>): string => octalEscapes(formatRdata(type, data));

/** The strings of a text as Route 53 wants them, without the quotes around. */
export const route53Strings = (txt: Txt): readonly string[] =>
  txtOf(txtText(txt)).strings.map((string) => octalEscapes(formatTxtForZone({ strings: [string] })).slice(1, -1));
