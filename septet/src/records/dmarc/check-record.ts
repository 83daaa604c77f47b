/** The rows about one record: its text and what its values mean. */
import type { DnsName } from '../../dns/name.ts';
import { isPublicSuffix } from '../../dns/public-suffix.ts';
import { makeFinding, type Row } from '../../finding/catalogue.ts';
import type { Evidence, Finding, RecordToSet } from '../../finding/finding.ts';
import type { Problem, Span } from '../../text/parsed.ts';
import { scanTagList } from '../../text/tag-list.ts';
import type { Level } from './discover.ts';
import { found, rows } from './findings.ts';
import { mend } from './mend.ts';
import { effectText, readAs7489, readAs9989, strength } from './readers.ts';
import { type DmarcRecord, format, isPolicy, parse, type Policy, type ProblemCode } from './record.ts';

/** What is known of a record beyond its text. */
export interface RecordSetting {
  readonly level: Level;
  /** The organisational domain of the record's owner by tree walk, where known. */
  readonly organisation?: DnsName;
  /** The name is an alias, so that no TXT record can be published there. */
  readonly isAlias: boolean;
  /** The owner says that the domain sends no mail. */
  readonly silent: boolean;
}

/** House default for records that did not exist before, in seconds. */
export const defaultTtlSeconds = 3600;

/** The record's text as evidence, with the marked tags or places. */
export function textEvidence(level: Level, text: string, marks: readonly Span[] = []): Evidence {
  return {
    kind: 'record',
    name: level.query,
    type: 'TXT',
    text,
    ...(marks.length > 0 ? { marks } : {}),
    ...(level.ttlSeconds === undefined ? {} : { ttlSeconds: level.ttlSeconds }),
    ...(level.server === undefined ? {} : { server: level.server }),
  };
}

/** The TXT record to publish at `_dmarc` of the level. */
export function toSet(level: Level, record: DmarcRecord): readonly RecordToSet[] {
  return [
    { name: level.query, type: 'TXT', ttlSeconds: level.ttlSeconds ?? defaultTtlSeconds, data: [format(record)] },
  ];
}

/** Reports the problems of a text that cannot be used as a record. */
export function checkBroken(level: Level, text: string, isAlias: boolean): readonly Finding[] {
  const parsed = parse(text);
  if (parsed.kind !== 'bad') return [];
  const set = isAlias ? [] : toSet(level, mend(text));
  return parsed.problems.map((problem) => problemFinding(level, text, problem, set, ''));
}

/** Reports everything about a usable record. */
export function checkRecord(setting: RecordSetting): readonly Finding[] {
  const { level } = setting;
  const { record } = level;
  const text = level.texts[0];
  if (record === undefined || text === undefined) return [];
  const changes: Change[] = [];
  const judged = judgeRecord(
    setting,
    record,
    checkerFor(setting, text, (change) => {
      changes.push(change);
      return [];
    }),
  );
  if (changes.length === 0 || setting.isAlias) return judged;
  // Every finding names the same record to publish: the one in which all of them are mended.
  const mended = toSet(
    level,
    changes.reduce((value, change) => change(value), mend(text)),
  );
  return judgeRecord(
    setting,
    record,
    checkerFor(setting, text, () => mended),
  );
}

function judgeRecord(setting: RecordSetting, record: DmarcRecord, checker: Checker): readonly Finding[] {
  const { level } = setting;
  const out: Finding[] = [];
  for (const problem of level.problems ?? []) {
    const set = checker.set((value) => value);
    out.push(problemFinding(level, checker.text, problem, set, effects(record)));
  }
  checkPolicies(setting, record, checker, out);
  checkTest(record, checker, out);
  checkOrders(setting, record, checker, out);
  return out;
}

type Change = (value: DmarcRecord) => DmarcRecord;

interface Checker {
  readonly subject: Finding['subject'];
  readonly text: string;
  /** The text with these tags marked. */
  see(...tags: readonly string[]): readonly Evidence[];
  /** Asks for a change of the mended record, and gives the record to publish. */
  set(change: Change): readonly RecordToSet[];
}

function checkerFor({ level }: RecordSetting, text: string, set: Checker['set']): Checker {
  return {
    text,
    set,
    subject: { name: level.query, type: 'TXT' },
    see: (...names) => {
      const marks = names.length === 0 ? [] : scanTagList(text).tags.filter((tag) => names.includes(tag.name));
      return [
        textEvidence(
          level,
          text,
          marks.map((tag) => tag.at),
        ),
      ];
    },
  };
}

function problemFinding(
  level: Level,
  text: string,
  problem: Problem<ProblemCode>,
  set: readonly RecordToSet[],
  effect: string,
): Finding {
  return makeFinding('dmarc', problem.code, rows[problem.code] as Row, {
    subject: { name: level.query, type: 'TXT' },
    args: { effect, name: level.query, ...problem.args },
    evidence: [textEvidence(level, text, [{ offset: problem.offset, length: problem.length }])],
    set,
  });
}

function effects(record: DmarcRecord): string {
  const now = effectText(readAs9989(record).domain);
  const old = effectText(readAs7489(record).domain);
  return now === old ? `Here the result is: ${now}.` : `Here current readers see: ${now}; older ones: ${old}.`;
}

function checkPolicies(setting: RecordSetting, record: DmarcRecord, checker: Checker, out: Finding[]): void {
  const { level, organisation } = setting;
  const { subject } = checker;
  const { p, sp, np } = record;
  const below = organisation !== undefined && organisation !== level.domain;
  if (below) {
    for (const tag of ['sp', 'np'] as const) {
      if (record[tag] === undefined) continue;
      const set = checker.set(({ [tag]: _drop, ...rest }) => rest);
      const args = { tag, domain: level.domain, organisation };
      out.push(found('dmarc.sp.on_subdomain', { subject, args, evidence: checker.see(tag), set }));
    }
  }
  if (!isPolicy(p) || readAs9989(record).degraded) return;
  if (p === 'none') {
    // A parked domain skips the first stage, because nothing honest can be lost.
    const set = setting.silent ? checker.set((value) => ({ ...value, p: 'reject' })) : [];
    out.push(found('dmarc.p.none', { subject, evidence: checker.see('p'), set }));
  }
  if (below) return;
  if (p !== 'none' && sp === 'none') {
    const set = checker.set(({ sp: _drop, ...rest }) => rest);
    out.push(found('dmarc.sp.none', { subject, args: { p }, evidence: checker.see('p', 'sp'), set }));
  }
  for (const tag of ['sp', 'np'] as const) {
    const value = record[tag];
    if (!isPolicy(value) || strength(value) >= strength(p) || (tag === 'sp' && value === 'none')) continue;
    const who = tag === 'sp' ? 'sub-domains' : 'sub-domains that do not exist';
    const set = checker.set((mended) => ({ ...mended, [tag]: p }));
    out.push(found('dmarc.sp.weaker', { subject, args: { tag, value, p, who }, evidence: checker.see('p', tag), set }));
  }
  const forGhosts = isPolicy(sp) ? sp : p;
  if (np === undefined && forGhosts !== 'reject') {
    const set = checker.set((value) => ({ ...value, np: value.np ?? 'reject' }));
    out.push(found('dmarc.np.missing', { subject, args: { policy: forGhosts }, evidence: checker.see(), set }));
  }
}

/** The rows on `t` and `pct`, the two ways to go gently, each of which the other generation does not know. */
function checkTest(record: DmarcRecord, checker: Checker, out: Finding[]): void {
  const { subject } = checker;
  const { pct, t } = record;
  if (pct === undefined && t !== 'y') return;
  const strongest = strongestOf(record);
  const testing = t === 'y' && strongest !== 'none';
  if (t === 'y' && !testing) {
    out.push(found('dmarc.t.noop', { subject, evidence: checker.see('t'), set: checker.set((value) => value) }));
  }
  if (testing && (pct === undefined || pct === 100)) {
    const shim = strongest === 'reject' ? 0 : 10;
    const set = checker.set((value) => ({ ...value, t, pct: shim }));
    out.push(
      found('dmarc.t.alone', { subject, args: { strongest, pct: shim }, evidence: checker.see('t', 'pct'), set }),
    );
  }
  if (pct === undefined) return;
  if (pct < 100 && strongest !== 'none') {
    if (testing) return;
    const set = checker.set((value) => ({ ...value, t: 'y', pct }));
    const details = { subject, evidence: checker.see('p', 'pct'), set };
    if (pct === 0) out.push(found('dmarc.pct.zero_effect', { ...details, args: { strongest } }));
    else out.push(found('dmarc.pct.partial', { ...details, args: { strongest, pct } }));
  } else {
    const set = checker.set((value) => value);
    out.push(found('dmarc.pct.removed', { subject, args: { pct }, evidence: checker.see('pct'), set }));
  }
}

/** The rows on `psd` and on what reports are ordered. */
function checkOrders(setting: RecordSetting, record: DmarcRecord, checker: Checker, out: Finding[]): void {
  const { level } = setting;
  const { subject } = checker;
  if (record.psd === 'y') {
    if (!isPublicSuffix(level.domain)) {
      const set = checker.set(({ psd: _drop, ...rest }) => rest);
      out.push(
        found('dmarc.psd.y_misused', { subject, args: { owner: level.domain }, evidence: checker.see('psd'), set }),
      );
    }
    if (record.ruf) {
      const set = checker.set(({ ruf: _ruf, fo: _fo, ...rest }) => rest);
      out.push(found('dmarc.psd.y_with_ruf', { subject, evidence: checker.see('psd', 'ruf'), set }));
    }
  }
  if (record.rua === undefined && !setting.silent) {
    const set = checker.set((value) => (value.rua ? value : { ...value, rua: [ownReportUri(level.domain)] }));
    out.push(found('dmarc.rua.missing', { subject, evidence: checker.see(), set }));
  }
  for (const tag of ['rua', 'ruf'] as const) {
    const uris = record[tag];
    if (!uris?.length) continue;
    if (!uris.some((uri) => uri.scheme === 'mailto')) {
      const scheme = uris[0]?.scheme ?? '';
      const set = checker.set((value) => ({ ...value, [tag]: [ownReportUri(level.domain), ...uris] }));
      out.push(found('dmarc.rua.scheme', { subject, args: { tag, scheme }, evidence: checker.see(tag), set }));
    }
    if (uris.length > 2) {
      out.push(found('dmarc.rua.many', { subject, args: { tag, count: uris.length }, evidence: checker.see(tag) }));
    }
  }
  if (record.ruf?.length) out.push(found('dmarc.ruf.present', { subject, evidence: checker.see('ruf') }));
  if (record.fo && record.ruf === undefined) {
    const set = checker.set((value) => value);
    out.push(found('dmarc.fo.without_ruf', { subject, evidence: checker.see('fo'), set }));
  }
}

/** The address that Septet proposes where none is known. */
export function ownReportUri(domain: DnsName): { uri: string; scheme: string; address: string; host: DnsName } {
  const address = `dmarc-reports@${domain}`;
  return { uri: `mailto:${address}`, scheme: 'mailto', address, host: domain };
}

function strongestOf(record: DmarcRecord): Policy {
  let strongest: Policy = 'none';
  for (const tag of [record.p, record.sp, record.np]) {
    if (isPolicy(tag) && strength(tag) > strength(strongest)) strongest = tag;
  }
  return strongest;
}
