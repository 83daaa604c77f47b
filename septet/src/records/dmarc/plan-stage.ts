/**
 * The stages of the DMARC ramp as records, and how a record that stands compares with them. Every comparison is made for
 * both generations of readers, because `pct` and `t` mean something to one of them only (RFC 9989 Appendix A.6).
 */
import { type Effect, lower, readAs7489, readAs9989, type Reading, strength } from './readers.ts';
import { type DmarcRecord, isPolicy, type Policy, type PolicyTag } from './record.ts';
import { formatReportUri, parseReportUri, type ReportUri } from './uri.ts';

export type StageName = 'none' | 'sampled' | 'quarantine' | 'reject';

export interface StageWant {
  /** Addresses for aggregate reports, as URIs. They are added to those that stand. */
  readonly reports: readonly string[];
  /** Addresses for failure reports, as URIs. */
  readonly failureReports: readonly string[];
  /** Policy for sub-domains, where the owner names one; else what stands stays. */
  readonly sp?: Policy;
  readonly np?: Policy;
  /** `both`: a sampled stage says `pct` too, for readers of RFC 7489. `9989`: never `pct`. */
  readonly readers: 'both' | '9989';
}

/** The tags that make a stage. */
interface Level {
  readonly p: Policy;
  readonly t?: 'y';
  readonly pct?: number;
}

/** Messages of a hundred that readers of RFC 7489 treat by the policy while it is rehearsed. */
const samplePercent = 10;

function levelOf(stage: StageName, readers: StageWant['readers']): Level {
  if (stage !== 'sampled') return { p: stage };
  return { p: 'quarantine', t: 'y', ...(readers === 'both' ? { pct: samplePercent } : {}) };
}

/** The record of a stage. What `live` says beside the policy stays; `pct`, `rf`, `ri` and defaults are left out. */
export function stageRecord(stage: { readonly name: StageName }, want: StageWant, live?: DmarcRecord): DmarcRecord {
  return build(levelOf(stage.name, want.readers), want, live);
}

/** The record that stands, its policy untouched, with the addresses and policies of sub-domains that are wanted. */
export function extendedRecord(live: DmarcRecord, want: StageWant): DmarcRecord {
  const p = isPolicy(live.p) ? live.p : 'none';
  const pct = live.pct !== undefined && live.pct < 100 ? { pct: live.pct } : {};
  return build({ p, ...(live.t === 'y' ? { t: 'y' as const } : {}), ...pct }, want, live);
}

function build(level: Level, want: StageWant, live: DmarcRecord | undefined): DmarcRecord {
  const sp = subDomainPolicy(level, want, live);
  const np = want.np ?? usable(live?.np);
  const rua = joined(live?.rua, want.reports);
  const ruf = joined(live?.ruf, want.failureReports);
  return {
    p: level.p,
    ...(sp ? { sp } : {}),
    ...(np ? { np } : {}),
    ...(level.t ? { t: level.t } : {}),
    ...(level.pct === undefined ? {} : { pct: level.pct }),
    ...(live?.psd ? { psd: live.psd } : {}),
    ...(live?.adkim === 's' ? { adkim: 's' as const } : {}),
    ...(live?.aspf === 's' ? { aspf: 's' as const } : {}),
    ...(live?.fo ? { fo: live.fo } : {}),
    ...(rua.length > 0 ? { rua } : {}),
    ...(ruf.length > 0 ? { ruf } : {}),
    ...(live?.unknown ? { unknown: live.unknown } : {}),
  };
}

/**
 * While the domain itself is only watched or rehearsed, a wanted `sp` goes no further than `p`: sub-domains send mail
 * too, and nobody has seen their reports yet. What their mail meets already is not lowered by that.
 */
function subDomainPolicy(level: Level, want: StageWant, live: DmarcRecord | undefined): Policy | undefined {
  const own = usable(live?.sp);
  // Written out beside an equal `p` it follows `p`, so that the ramp takes the sub-domains along.
  if (want.sp === undefined) return own !== undefined && follows(live, own, level) ? undefined : own;
  const rehearsal = level.p === 'none' || (level.p === 'quarantine' && level.t === 'y');
  const now = own ?? usable(live?.p) ?? 'none';
  const sp = rehearsal ? milder(want.sp, stricter(level.p, now)) : want.sp;
  return sp === level.p && own !== sp ? undefined : sp;
}

const follows = (live: DmarcRecord | undefined, own: Policy, level: Level): boolean =>
  own === usable(live?.p) && strength(own) < strength(level.p);

const milder = (a: Policy, b: Policy): Policy => (strength(a) <= strength(b) ? a : b);
const stricter = (a: Policy, b: Policy): Policy => (strength(a) >= strength(b) ? a : b);
const usable = (tag: PolicyTag | undefined): Policy | undefined => (isPolicy(tag) ? tag : undefined);

/** 0 none, 1 sampled, 2 quarantine, 3 reject. */
export type Rank = 0 | 1 | 2 | 3;

export interface Ranks {
  readonly rfc9989: Rank;
  readonly rfc7489: Rank;
}

/**
 * The stage that each generation of readers sees for mail from the domain. `p=quarantine; pct=10` is 2 for readers of
 * RFC 9989, who do not know `pct`; `p=quarantine; t=y` is 2 for those of RFC 7489, who do not know `t`.
 */
export function rank(record: DmarcRecord): Ranks {
  return { rfc9989: rankOf(readAs9989(record).domain), rfc7489: rankOf(readAs7489(record).domain) };
}

function rankOf(effect: Effect): Rank {
  if (effect.kind !== 'policy') return 0;
  // `policy` is what is left of the published one after `t=y` took a level away.
  if (effect.test) return effect.policy === 'quarantine' ? 2 : 1;
  if (effect.sample) return effect.policy === 'reject' ? 2 : 1;
  return effect.policy === 'none' ? 0 : effect.policy === 'quarantine' ? 2 : 3;
}

/** Whether the record is at the stage or past it, for every reader that the owner looks after. */
export function reaches(record: DmarcRecord, stage: StageName, readers: StageWant['readers']): boolean {
  const have = rank(record);
  const need = rank(levelOf(stage, readers));
  return have.rfc9989 >= need.rfc9989 && (readers === '9989' || have.rfc7489 >= need.rfc7489);
}

/** No reader takes a policy from the record. */
export function isWithoutEffect(record: DmarcRecord): boolean {
  return readAs9989(record).degraded && readAs7489(record).degraded;
}

/** Whose mail meets a milder policy at some reader. */
export function loosened(
  before: DmarcRecord,
  after: DmarcRecord,
): { domain: boolean; existing: boolean; ghost: boolean } {
  const pairs = [
    [readAs9989(before), readAs9989(after)],
    [readAs7489(before), readAs7489(after)],
  ] as const;
  const some = (who: 'domain' | 'existing' | 'ghost'): boolean =>
    pairs.some(([was, is]) => weight(is[who]) < weight(was[who]));
  return { domain: some('domain'), existing: some('existing'), ghost: some('ghost') };
}

/** 0 for none to 2 for reject; a sample counts by its share. */
function weight(effect: Effect): number {
  if (effect.kind !== 'policy') return 0;
  const { policy, sample } = effect;
  if (!sample) return strength(policy);
  return strength(lower(policy)) + (strength(policy) - strength(lower(policy))) * (sample.percent / 100);
}

/** A text that is equal for two records that every reader treats alike; `rf` and `ri` mean nothing any more. */
export function meaning(record: DmarcRecord): string {
  const reading = (read: Reading): readonly unknown[] =>
    [read.domain, read.existing, read.ghost].map((effect) =>
      effect.kind === 'policy' ? [effect.policy, effect.test, effect.sample] : effect.kind,
    );
  return JSON.stringify([
    reading(readAs9989(record)),
    reading(readAs7489(record)),
    readAs9989(record).degraded || readAs7489(record).degraded || record.pLate === true,
    record.psd ?? 'u',
    record.adkim ?? 'r',
    record.aspf ?? 'r',
    [...(record.fo ?? ['0'])].sort(),
    (record.rua ?? []).map(destinationOf).sort(),
    (record.ruf ?? []).map(destinationOf).sort(),
    (record.unknown ?? []).map(({ name, value }) => `${name}=${value}`).sort(),
  ]);
}

/** Where the reports go: the mailbox, its domain without regard to case, or the URI without its size limit. */
export function destinationOf(uri: ReportUri): string {
  if (uri.address === undefined || uri.host === undefined)
    return `${uri.scheme}:${uri.uri.slice(uri.scheme.length + 1)}`;
  return `mailto:${uri.address.slice(0, uri.address.lastIndexOf('@'))}@${uri.host}`;
}

function joined(live: readonly ReportUri[] | undefined, wanted: readonly string[]): readonly ReportUri[] {
  const uris = [...(live ?? [])];
  for (const text of wanted) {
    const parsed = parseReportUri(text);
    if (!parsed.ok) continue;
    if (!uris.some((uri) => destinationOf(uri) === destinationOf(parsed.uri))) uris.push(parsed.uri);
  }
  return uris;
}

/** The first address that cannot stand in a record. */
export function faultyReport(want: StageWant): string | undefined {
  return [...want.reports, ...want.failureReports].find((text) => {
    const parsed = parseReportUri(text);
    return !parsed.ok || /[,;]/.test(formatReportUri(parsed.uri));
  });
}
