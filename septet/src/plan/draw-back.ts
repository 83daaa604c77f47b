/**
 * Records that become milder, because a ramp goes back: the one direction in which nothing else in a plan goes. What the
 * owner chose beside the policy stays. Pure.
 */
import type { Live, Proposal } from '../change/change.ts';
import { aliasAt, unknownAt } from '../change/propose-blocked.ts';
import { proposeTxt } from '../change/propose-txt.ts';
import { withMember } from '../change/txt.ts';
import type { DnsName } from '../dns/name.ts';
import { txtText } from '../dns/rrset.ts';
import { rank, stageRecord } from '../records/dmarc/plan.ts';
import { format, isDmarc, parse } from '../records/dmarc/record.ts';
import { isSpfText } from '../records/spf/record.ts';
import { parse as parseMtaSts } from '../records/mtasts/record.ts';
import type { DmarcIntent, RampStage } from './intent.ts';

interface Place {
  readonly name: DnsName;
  readonly ttlSeconds: number;
}

const cannot = (what: string): { readonly kind: 'blocked'; readonly why: string; readonly cure: string } => ({
  kind: 'blocked',
  why: `${what}, so Septet cannot tell how to make it milder.`,
  cure: 'Mend the record first; septet check says what is wrong with it.',
});

/** The DMARC record of an earlier stage. A record that is no further than that, for every reader, stays. */
export function proposeDmarcBack(
  place: Place,
  stage: RampStage['name'],
  intent: DmarcIntent,
  live: Live<'TXT'>,
): Proposal {
  return proposeTxt({ ...place, isSameKind: isDmarc }, live, (same) => {
    const [only, ...more] = same;
    if (only === undefined) return cannot(`There is no DMARC record at ${place.name}`);
    const parsed = parse(only);
    if (more.length > 0 || parsed.kind !== 'good') return cannot(`The DMARC record at ${place.name} cannot be read`);
    const next = stageRecord({ name: stage }, intent, parsed.value);
    const [is, wanted] = [rank(parsed.value), rank(next)];
    if (is.rfc9989 <= wanted.rfc9989 && is.rfc7489 <= wanted.rfc7489) return { kind: 'keep', comparison: 'equivalent' };
    return { kind: 'publish', text: format(next), comparison: 'conflicting', loses: [], notes: [] };
  });
}

/** `-all` becomes `~all`; all else stays to the letter. */
export function proposeSpfBack(place: Place, live: Live<'TXT'>): Proposal {
  return proposeTxt({ ...place, isSameKind: isSpfText }, live, (same) => {
    const [only, ...more] = same;
    if (only === undefined) return cannot(`There is no SPF record at ${place.name}`);
    if (more.length > 0) return cannot(`There are several SPF records at ${place.name}`);
    const text = only.replaceAll(/ -all(?= |$)/gi, ' ~all');
    if (text === only) return { kind: 'keep', comparison: 'equivalent' };
    return { kind: 'publish', text, comparison: 'conflicting', loses: [], notes: [] };
  });
}

/** The record that announces a policy goes; undefined where none stands. Other texts of the name stay. */
export function proposeMtaStsGone({ name, ttlSeconds }: Place, live: Live<'TXT'>): Proposal | undefined {
  if (live.kind === 'absent') return undefined;
  if (live.kind === 'unknown') return unknownAt(live);
  const isOurs = (text: string): boolean => parseMtaSts(text).kind !== 'other';
  if (!(live.set?.data ?? []).some((txt) => isOurs(txtText(txt)))) return undefined;
  if (live.kind === 'alias') return aliasAt(live);
  const before = live.set;
  const after = withMember(name, before, ttlSeconds, isOurs, []);
  const change = { name, type: 'TXT' as const, before, ...(after ? { after } : {}) };
  return { kind: 'change', comparison: 'conflicting', change, loses: [], notes: [] };
}
