/**
 * DMARC: Domain-based Message Authentication, Reporting and Conformance (RFC 9989, 2026; before it RFC 7489).
 *
 * The record says what a receiver should do with mail that carries the domain in its From header and that neither SPF
 * nor DKIM proves with an aligned domain, and where reports about the domain go. It is one TXT record at
 * `_dmarc.<domain>`. Every receiver of the mail reads it: the record of the From domain, else the one of its
 * organisational domain, else that of its registry (`discover.ts`).
 *
 *     _dmarc.example.com.  TXT  "v=DMARC1; p=quarantine; np=reject; rua=mailto:dmarc-reports@example.com"
 *
 * `v` comes first and is exactly `DMARC1`. `p` is the policy for the domain, `sp` for its sub-domains, `np` for
 * sub-domains that do not exist; `t=y` asks for one level less; `psd` marks registries and organisational boundaries;
 * `adkim` and `aspf` choose how closely names must match; `rua`, `ruf` and `fo` order reports. RFC 9989 dropped `pct`,
 * `rf` and `ri`; readers of RFC 7489 still obey them, so the value keeps them. Unknown tags are ignored.
 */
import type { Parsed, Problem } from '../../text/parsed.ts';
import { scanTagList } from '../../text/tag-list.ts';
import { maxProblems, readTag, shorten, type Draft } from './read-tag.ts';
import type { DmarcRecord, Policy, PolicyTag, ProblemCode } from './record-types.ts';
import { formatReportUri } from './uri.ts';

export type { DmarcRecord, FailureOption, Policy, PolicyTag, ProblemCode } from './record-types.ts';

const versionPattern = /^v[ \t]*=[ \t]*DMARC1[ \t]*(?:;|$)/;
/** Whether a TXT value is a DMARC record, which is all that discovery asks (RFC 9989 §4.10 step 2). */
export function isDmarc(text: string): boolean {
  if (text.startsWith('v=DMARC1') && (text.length === 8 || text.charCodeAt(8) === 59)) return true;
  return versionPattern.test(text);
}

export function isPolicy(tag: PolicyTag | undefined): tag is Policy {
  return typeof tag === 'string';
}

/** Reads the value of a TXT record. Linear in its length; never throws. */
export function parse(text: string): Parsed<DmarcRecord, ProblemCode> {
  if (!isDmarc(text)) {
    return looksMeant(text) ? { kind: 'bad', problems: [versionProblem(text)] } : { kind: 'other' };
  }
  const problems: Problem<ProblemCode>[] = [];
  const list = scanTagList(text);
  const value: Draft = {};
  const seen = new Set<string>(['v']);
  for (let i = 1; i < list.tags.length; i++) {
    const tag = list.tags[i]!;
    if (seen.has(tag.name)) {
      problems.push({ code: 'dmarc.syntax.duplicate_tag', ...tag.at, args: { tag: tag.name } });
      continue;
    }
    seen.add(tag.name);
    readTag(tag, value, problems);
    if (tag.name === 'p' && i > 1) {
      value.pLate = true;
      problems.push({ code: 'dmarc.p.not_second', ...tag.at });
    }
  }
  for (const piece of list.broken) {
    if (problems.length > maxProblems) break;
    const before = list.tags.findLast(
      (tag) => tag.at.offset < piece.offset && (tag.name === 'rua' || tag.name === 'ruf'),
    );
    if (before && piece.text.includes('@')) {
      problems.push({
        code: 'dmarc.rua.syntax',
        offset: piece.offset,
        length: piece.length,
        args: { tag: before.name, part: piece.text, reason: 'a comma, not a semicolon, stands between two addresses' },
      });
    } else {
      problems.push({
        code: 'dmarc.syntax.separator',
        offset: piece.offset,
        length: piece.length,
        args: { part: piece.text },
      });
    }
  }
  if (!seen.has('p')) {
    const at = list.tags[0]?.at ?? { offset: 0, length: 8 };
    if (!problems.some((problem) => problem.code === 'dmarc.syntax.separator'))
      problems.push({ code: 'dmarc.p.missing', ...at });
  }
  if (problems.length > 1) problems.sort((a, b) => a.offset - b.offset);
  return { kind: 'good', value, problems: problems.slice(0, maxProblems) };
}

/** The record's text, tags in the order in which people expect them. `parse(format(v))` gives `v`. */
export function format(record: DmarcRecord): string {
  let text = 'v=DMARC1';
  const add = (name: string, value: string | undefined): void => {
    if (value !== undefined) text += `; ${name}=${value}`;
  };
  if (!record.pLate) add('p', policyText(record.p));
  add('sp', policyText(record.sp));
  add('np', policyText(record.np));
  add('t', record.t);
  add('pct', record.pct === undefined ? undefined : String(record.pct));
  add('psd', record.psd);
  add('adkim', record.adkim);
  add('aspf', record.aspf);
  add('fo', record.fo?.join(':'));
  add('rua', record.rua?.map(formatReportUri).join(','));
  add('ruf', record.ruf?.map(formatReportUri).join(','));
  add('rf', record.rf);
  add('ri', record.ri);
  for (const { name, value } of record.unknown ?? []) add(name, value);
  if (record.pLate) add('p', policyText(record.p));
  return text;
}

/** Whether text that is not a DMARC record was meant to be one. */
function looksMeant(text: string): boolean {
  const head = text.slice(0, 200);
  if (/^\s*"?v\s*=\s*spf1/i.test(head)) return false;
  return /\bv\s*[=:]?\s*"?DMARC/i.test(head) || /(?:^|;)\s*s?p\s*=\s*(?:none|quarantine|reject)\s*(?:;|$)/i.test(head);
}

function versionProblem(text: string): Problem<ProblemCode> {
  const separator = /^v[ \t]*=[ \t]*DMARC1((?:[ \t]*,[ \t]*|[ \t]+)(?=[a-z]))/.exec(text);
  if (separator) {
    const mark = separator[1] ?? '';
    const offset = separator[0].length - mark.length;
    return { code: 'dmarc.syntax.separator', offset, length: mark.length, args: { part: mark.trim() || 'a blank' } };
  }
  const colon = /^v[ \t]*([: ])[ \t]*DMARC1/.exec(text);
  if (colon) return { code: 'dmarc.syntax.separator', offset: 0, length: colon[0].length, args: { part: colon[0] } };
  const tag = scanTagList(text.slice(0, 4096)).tags.find((tag) => tag.name.toLowerCase() === 'v');
  if (!tag) {
    const semicolon = text.indexOf(';');
    const length = Math.min(semicolon < 0 ? text.length : semicolon, 40);
    return {
      code: 'dmarc.v.bad',
      offset: 0,
      length,
      args: { reason: `It begins with \`${shorten(text.slice(0, length))}\`.` },
    };
  }
  const first = tag.at.offset === 0;
  const reason =
    tag.value !== 'DMARC1'
      ? `It says \`${shorten(tag.value)}\`.`
      : tag.name !== 'v'
        ? `It says \`${tag.name}\`; names of tags are lower case.`
        : first
          ? 'Something follows it before the semicolon.'
          : 'Something stands before it.';
  const span = first ? tag.at : { offset: 0, length: tag.at.offset + tag.at.length };
  return { code: 'dmarc.v.bad', ...span, args: { reason } };
}

function policyText(tag: PolicyTag | undefined): string | undefined {
  return tag === undefined || typeof tag === 'string' ? tag : tag.invalid;
}
