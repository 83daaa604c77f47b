/** What a DMARC record says, beside its policy, that keeps receivers from showing a logo (BIMI draft, preconditions). Pure. */
import type { Live } from '../change/change.ts';
import type { DnsName } from '../dns/name.ts';
import { isDmarc, parse } from '../records/dmarc/record.ts';
import { textsAt } from './policy-wanted.ts';

/** Of the record that stands when the steps before are done; undefined where nothing stands in the way. */
export function bimiHindrance(
  domain: DnsName,
  dmarc: Live,
): { readonly why: string; readonly cure: string } | undefined {
  const [text] = textsAt(dmarc).filter(isDmarc);
  const parsed = text === undefined ? undefined : parse(text);
  if (parsed?.kind !== 'good') return undefined;
  const { sp, t, pct } = parsed.value;
  const tag = sp === 'none' ? 'sp=none' : t === 'y' ? 't=y' : pct !== undefined && pct < 100 ? `pct=${pct}` : undefined;
  if (tag === undefined) return undefined;
  const cure =
    tag === 'sp=none'
      ? 'Set dmarc.sp to quarantine or reject, once the reports of the sub-domains allow it.'
      : `Take ${tag} out of the record at _dmarc.${domain}.`;
  return { why: `The DMARC record of ${domain} says ${tag}, and no receiver shows a logo then.`, cure };
}
