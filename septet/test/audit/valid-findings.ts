/** What holds for every finding of every audit: known, filled, and what it tells people to publish is right. */
import assert from 'node:assert/strict';
import { entryOf } from '../../src/audit/catalogues.ts';
import type { Report } from '../../src/audit/report.ts';
import { holdsPrivateKey } from '../../src/audit/secrets.ts';
import { parseName, root, type DnsName } from '../../src/dns/name.ts';
import { typeFromText } from '../../src/dns/rr-type.ts';
import { readZone } from '../../src/dns/zone-read.ts';
import type { Finding, RecordToSet } from '../../src/finding/finding.ts';
import { parse as parseBimi } from '../../src/records/bimi/record.ts';
import { parse as parseDkim } from '../../src/records/dkim/record.ts';
import { parse as parseDmarc } from '../../src/records/dmarc/record.ts';
import { parse as parseMtaSts } from '../../src/records/mtasts/record.ts';
import { parse as parseSpf } from '../../src/records/spf/record.ts';
import { parse as parseTlsRpt } from '../../src/records/tlsrpt/record.ts';
import type { Parsed } from '../../src/text/parsed.ts';

/** Sentences about the report that are not as they should be; empty when all is well. */
export function faultsOf(report: Report): readonly string[] {
  const faults = report.findings.flatMap((finding) =>
    faultsOfFinding(finding).map((fault) => `${report.domain}: ${finding.code}: ${fault}`),
  );
  for (const [key, { state, summary }] of Object.entries(report.records)) {
    if (!['pass', 'fail', 'unknown', 'skip'].includes(state))
      faults.push(`${report.domain}: ${key} has state ${state}`);
    if (summary === '') faults.push(`${report.domain}: ${key} has no summary`);
  }
  for (const text of stringsIn(report))
    if (holdsPrivateKey(text)) faults.push(`${report.domain}: a private key: ${text}`);
  return faults;
}

function stringsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsIn) : [];
}

function faultsOfFinding(finding: Finding): readonly string[] {
  const faults: string[] = [];
  const entry = entryOf(finding.code);
  if (!entry) return ['no catalogue knows this code'];
  const { severity, or = [] } = entry.row;
  if (finding.severity !== severity && !or.includes(finding.severity as typeof severity)) {
    faults.push(`severity ${finding.severity} is not one of the row's: ${[severity, ...or].join(', ')}`);
  }
  if (!['pass', 'fail', 'unknown', 'skip'].includes(finding.state)) faults.push(`state ${finding.state}`);
  for (const text of [finding.message, finding.consequence, finding.fix.text, finding.source]) {
    if (text.trim() === '') faults.push('an empty sentence');
    if (/\{[a-z][a-zA-Z0-9]*\}/.test(text) && !/%\{/.test(text)) faults.push(`unfilled placeholder: ${text}`);
    if (/\b(?:undefined|NaN)\b|\[object /.test(text)) faults.push(`a value is missing: ${text}`);
  }
  for (const evidence of finding.evidence) {
    if (!('marks' in evidence)) continue;
    for (const { offset, length } of evidence.marks ?? []) {
      if (offset < 0 || length < 0 || offset + length > evidence.text.length) {
        faults.push(`a mark outside the text (${offset}+${length} of ${evidence.text.length}): ${evidence.text}`);
      }
    }
  }
  for (const record of finding.fix.set ?? []) faults.push(...faultsOfRecord(record));
  return faults;
}

/** What is wrong with a record that a finding tells people to publish. */
function faultsOfRecord({ name, type, ttlSeconds, data, action }: RecordToSet): readonly string[] {
  const faults: string[] = [];
  const shown = `${name} ${type} ${JSON.stringify(data)}`;
  if (!parseName(name).ok) faults.push(`not a name: ${shown}`);
  if (!(ttlSeconds >= 0 && ttlSeconds <= 604_800)) faults.push(`TTL ${ttlSeconds}: ${shown}`);
  if (action === 'remove') return faults;
  if (typeFromText(type) === undefined) return [...faults, `not a record type: ${shown}`];
  if (data.length === 0) faults.push(`nothing to publish: ${shown}`);
  for (const text of data) {
    if (type === 'TXT') faults.push(...faultsOfText(name, text).map((fault) => `${fault}: ${shown}`));
    else {
      const line = readZone(`${name}. 300 ${type} ${text}`, { file: 'record', origin: root });
      if (line.kind === 'bad') faults.push(`${line.errors[0]?.message}: ${shown}`);
    }
  }
  return faults;
}

/** A text is judged by the reader that its name or its version leads to. */
export function faultsOfText(name: DnsName, text: string): readonly string[] {
  if (text === '' || /^"|"$/.test(text)) return ['empty or quoted'];
  const labels = name.split('.');
  if (labels.includes('_report')) return text.startsWith('v=DMARC1') ? [] : ['not an authorisation'];
  const parse = /^v=spf1(?: |$)/i.test(text)
    ? parseSpf
    : labels[0] === '_dmarc'
      ? parseDmarc
      : labels[1] === '_domainkey'
        ? parseDkim
        : labels[0] === '_mta-sts'
          ? parseMtaSts
          : labels[0] === '_smtp' && labels[1] === '_tls'
            ? parseTlsRpt
            : labels[1] === '_bimi'
              ? parseBimi
              : undefined;
  if (!parse) return [];
  const parsed: Parsed<unknown> = parse(text);
  if (parse === parseDmarc && !/;\s*p=/.test(text)) return ['a DMARC record without a policy'];
  if (parsed.kind !== 'good') {
    const codes = parsed.kind === 'bad' ? parsed.problems.map((problem) => problem.code).join(', ') : 'other';
    return [`the reader refuses it (${codes})`];
  }
  return parsed.problems
    .filter((problem) => entryOf(problem.code)?.row.severity === 'error')
    .map((problem) => `the reader sees an error in it (${problem.code})`);
}

export function assertNoFaults(faults: readonly string[]): void {
  assert.equal(faults.length, 0, `${faults.length} faults:\n${faults.slice(0, 40).join('\n')}`);
}
