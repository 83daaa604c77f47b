/**
 * One text to publish at each name. Findings of different homes may each propose a text for the same record: the one
 * without its quotation marks, the one with its syntax mended, a new one because none could be read. A person can
 * publish only one, so the best of them takes the place of the others. Pure.
 */
import type { DnsName } from '../dns/name.ts';
import type { Finding, RecordToSet } from '../finding/finding.ts';
import { mend as mendBimi } from '../records/bimi/mend.ts';
import { parse as parseBimi } from '../records/bimi/record.ts';
import { judge as judgeKey } from '../records/dkim/judge.ts';
import { mended as mendDmarc } from '../records/dmarc/mend.ts';
import { parse as parseDmarc } from '../records/dmarc/record.ts';
import { parse as parseMtaSts } from '../records/mtasts/record.ts';
import { parse as parseSpf } from '../records/spf/record.ts';
import { repair as repairSpf } from '../records/spf/repair.ts';
import { parse as parseTlsRpt } from '../records/tlsrpt/record.ts';
import { hasVersion, kindOfText, type Versioned } from '../records/zone/kinds.ts';
import { kindOfName } from '../records/zone/places.ts';
import { textDamage } from '../records/zone/text.ts';
import type { Parsed } from '../text/parsed.ts';
import { entryOf } from './catalogues.ts';

/**
 * The findings with one text for each name and kind of record. The text with the fewest faults counts; among equals the
 * one of a cause before that of a consequence, then the longest, because more of the old record is in it. A new text for something missing does not count where another
 * finding is the cause and knows the old text. What its readers refuse is not proposed at all.
 */
export function withOneCure(findings: readonly Finding[]): readonly Finding[] {
  /** Whether a finding that is no consequence proposes it, by text. */
  const texts = new Map<string, Map<string, boolean>>();
  const add = ({ name, text, kind }: Proposal, isCause: boolean): void => {
    const key = `${kind} ${name}`;
    const known = texts.get(key) ?? new Map<string, boolean>();
    texts.set(key, known.set(text, isCause || known.get(text) === true));
  };
  for (const finding of findings) {
    if (!finding.fix.set) continue;
    const isFresh =
      /(?:missing|policy_only)$/.test(finding.code) && causesOf(finding, findings).some((cause) => cause.fix.set);
    if (!isFresh) for (const proposal of proposalsOf(finding)) add(proposal, finding.follows === undefined);
  }
  const best = new Map<string, string | undefined>();
  for (const [key, choice] of texts) best.set(key, bestOf(key.slice(0, key.indexOf(' ')) as Versioned, choice));
  if (best.size === 0) return findings;
  return findings.map((finding) => {
    const { set } = finding.fix;
    if (!set || proposalsOf(finding).length === 0) return finding;
    const agreed = set.flatMap((record): readonly RecordToSet[] => {
      const proposal = proposalOf(record);
      if (!proposal) return [record];
      const key = `${proposal.kind} ${proposal.name}`;
      const text = best.has(key) ? best.get(key) : proposal.text;
      return text === undefined ? [] : [text === proposal.text ? record : { ...record, data: [text] }];
    });
    const { set: _set, ...fix } = finding.fix;
    return { ...finding, fix: agreed.some(({ action }) => action !== 'remove') ? { ...fix, set: agreed } : fix };
  });
}

function causesOf({ follows, record }: Finding, findings: readonly Finding[]): readonly Finding[] {
  return findings.filter((other) => other.code === follows && other.record === record);
}

interface Proposal {
  readonly kind: Versioned;
  readonly name: DnsName;
  readonly text: string;
}

function proposalsOf({ fix }: Finding): readonly Proposal[] {
  return (fix.set ?? []).flatMap((record) => proposalOf(record) ?? []);
}

/** A text to publish as one of the records that stand alone at their name; authorisations of reports are not meant. */
function proposalOf({ name, type, data, action }: RecordToSet): Proposal | undefined {
  const [text, more] = data;
  if (type !== 'TXT' || action === 'remove' || text === undefined || more !== undefined) return undefined;
  const kind = kindOfName(name) ?? kindOfText(text);
  return kind === undefined || name.includes('._report.') ? undefined : { kind, name, text };
}

function bestOf(kind: Versioned, texts: ReadonlyMap<string, boolean>): string | undefined {
  const sound = [...texts].flatMap(([given, isCause]) => {
    const known = faultsOf(kind, given);
    if (known === 0) return [{ text: given, isCause, faults: 0 }];
    // A text without its quotation marks may still have the faults that its home knows how to mend.
    const mended = mendedBy(kind, given);
    const text = mended !== undefined && faultsOf(kind, mended) !== undefined ? mended : given;
    const faults = faultsOf(kind, text);
    return faults === undefined ? [] : [{ text, isCause, faults }];
  });
  const [best] = sound.sort(
    (a, b) => a.faults - b.faults || Number(b.isCause) - Number(a.isCause) || b.text.length - a.text.length,
  );
  return best?.text;
}

const parsers: Readonly<Record<Exclude<Versioned, 'dkim'>, (text: string) => Parsed<unknown>>> = {
  spf: parseSpf,
  dmarc: parseDmarc,
  mtasts: parseMtaSts,
  tlsrpt: parseTlsRpt,
  bimi: parseBimi,
};

function mendedBy(kind: Versioned, text: string): string | undefined {
  if (kind === 'spf') return repairSpf(text);
  if (kind === 'dmarc') return mendDmarc(text);
  if (kind === 'bimi') return mendBimi(text);
  return kind === 'dkim' ? judgeKey(text).mended : undefined;
}

/** How many faults readers see in the text; `undefined` when they cannot use it, or a part of it. */
function faultsOf(kind: Versioned, text: string): number | undefined {
  const damage = textDamage(
    { strings: [text.slice(0, 255), text.slice(255)] },
    { expect: kind, domain: '' as DnsName },
  );
  const damages = damage?.problems.filter(({ code }) => code !== 'dns.txt.chunk_over_255').length ?? 0;
  if (kind === 'dkim') {
    const key = judgeKey(text);
    return key.kind === 'good' ? key.faults.length + damages : undefined;
  }
  const parsed = parsers[kind](text);
  if (parsed.kind !== 'good' || !hasVersion(text, kind)) return undefined;
  if (parsed.problems.some(({ code }) => entryOf(code)?.row.severity === 'error')) return undefined;
  return parsed.problems.length + damages;
}
