/** Judges what `lookupBimi` saw. Pure. */
import type { DnsName } from '../../dns/name.ts';
import type { Answer } from '../../dns/rrset.ts';
import { txtText } from '../../dns/rrset.ts';
import { makeFinding } from '../../finding/catalogue.ts';
import type { Evidence, Finding, RecordToSet, Subject } from '../../finding/finding.ts';
import type { Span } from '../../text/parsed.ts';
import { checkAssets } from './check-assets.ts';
import { checkDmarc } from './check-dmarc.ts';
import type { DmarcFacts } from './check-dmarc.ts';
import { found, rows } from './findings.ts';
import { bimiTexts, holdsBimi } from './lookup.ts';
import type { BimiObservation } from './lookup.ts';
import { mend } from './mend.ts';
import { isBimi, isDeclined, localPartSelector, normaliseLocalPart, parse } from './record.ts';
import type { BimiRecord } from './record.ts';
import type { MarkRoot } from './roots.ts';

export interface BimiContext {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Absent when nobody looked. */
  readonly dmarc?: { readonly author: DmarcFacts; readonly organisational: DmarcFacts };
  /** Default: the roots known for mark certificates. */
  readonly roots?: readonly MarkRoot[];
}

const ttlSeconds = 3600;

export function check(seen: BimiObservation, context: BimiContext): readonly Finding[] {
  const { author, organisational, domain, orgDomain } = seen;
  if (author === undefined || author.kind === 'failed') return [];
  const findings: Finding[] = [];
  strangers(author, findings);
  const at = holdsBimi(author) ? author : organisational && holdsBimi(organisational) ? organisational : undefined;
  if (at !== author && organisational) strangers(organisational, findings);
  if (!at) {
    if (organisational?.kind !== 'failed') nowhere(seen, author, findings);
    return findings;
  }
  const subject: Subject = { name: at.name, type: 'TXT' };
  if (at === organisational) {
    const evidence: Evidence = {
      kind: 'answer',
      name: author.name,
      type: 'TXT',
      outcome: outcomeOf(author),
      server: author.server,
    };
    findings.push(
      found('bimi.inherited', { subject, args: { domain, orgDomain, name: author.name }, evidence: [evidence] }),
    );
  }
  const target = at.chain.at(-1)?.target;
  if (target !== undefined) findings.push(found('bimi.cname', { subject, args: { name: at.name, target } }));
  const texts = bimiTexts(at);
  if (texts.length > 1) {
    const evidence = texts.map((text) => record(at, text));
    findings.push(found('bimi.multiple', { subject, args: { name: at.name, count: texts.length }, evidence }));
    return findings;
  }
  const text = texts[0] ?? '';
  const parsed = parse(text);
  reportProblems(at, text, findings);
  if (parsed.kind !== 'good') {
    if (context.dmarc) findings.push(...checkDmarc(seen, context.dmarc));
    return findings;
  }
  const local = localRecord(seen, parsed.value, at === author ? domain : orgDomain, findings);
  const used = local ?? parsed.value;
  const evidence = [record(at, text)];
  if (isDeclined(used)) {
    findings.push(found('bimi.declined', { subject, args: { domain }, evidence }));
    return findings;
  }
  if (used.evidence === '') findings.push(found('bimi.a.missing', { subject, evidence }));
  if (context.dmarc) findings.push(...checkDmarc(seen, context.dmarc));
  findings.push(...checkAssets(seen, context));
  return findings;
}

/** Records at the name that no reader takes for BIMI. */
function strangers(answer: Answer<'TXT'>, findings: Finding[]): void {
  if (answer.kind !== 'found') return;
  const subject: Subject = { name: answer.name, type: 'TXT' };
  let unrelated = false;
  for (const data of answer.set.data) {
    const text = txtText(data);
    if (isBimi(text)) continue;
    if (parse(text).kind === 'bad') reportProblems(answer, text, findings);
    // Without a BIMI record beside it the text is not in the way of one; mostly a wildcard answers.
    else if (!unrelated && holdsBimi(answer)) {
      unrelated = true;
      findings.push(
        found('bimi.unrelated_txt', { subject, args: { name: answer.name }, evidence: [record(answer, text)] }),
      );
    }
  }
}

function nowhere(seen: BimiObservation, author: Answer<'TXT'>, findings: Finding[]): void {
  const { domain } = seen;
  const subject: Subject = { name: author.name, type: 'TXT' };
  let misplaced = findings.some(({ code }) => code === 'bimi.v');
  for (const stray of seen.strays) {
    const texts = bimiTexts(stray);
    if (texts.length === 0) continue;
    misplaced = true;
    const data = texts.slice(0, 1);
    const set: RecordToSet[] = [
      { name: author.name, type: 'TXT', ttlSeconds, data },
      { name: stray.name, type: 'TXT', ttlSeconds, data, action: 'remove' },
    ];
    const evidence = texts.map((text) => record(stray, text));
    findings.push(found('bimi.location', { subject, args: { found: stray.name, name: author.name }, evidence, set }));
  }
  if (misplaced) return;
  const evidence = [author, ...(seen.organisational ? [seen.organisational] : [])].map((answer): Evidence => ({
    kind: 'answer',
    name: answer.name,
    type: 'TXT',
    outcome: outcomeOf(answer),
    server: answer.server,
  }));
  findings.push(found('bimi.missing', { subject, args: { domain }, evidence }));
}

function reportProblems(answer: Answer<'TXT'>, text: string, findings: Finding[]): void {
  const parsed = parse(text);
  if (parsed.kind === 'other' || parsed.problems.length === 0) return;
  const { name } = answer;
  const mended = answer.chain.length > 0 ? undefined : mend(text);
  const set = mended === undefined ? [] : [{ name, type: 'TXT', ttlSeconds, data: [mended] }];
  for (const problem of parsed.problems) {
    const severity = rows[problem.code].severity;
    findings.push(
      makeFinding('bimi', problem.code, rows[problem.code], {
        subject: { name: answer.name, type: 'TXT' },
        ...(problem.args ? { args: problem.args } : {}),
        evidence: [record(answer, text, problem)],
        ...(severity === 'info' ? {} : { set }),
      }),
    );
  }
}

/** The record of the author's local part, where one applies; reports how it was sought. */
function localRecord(
  seen: BimiObservation,
  main: BimiRecord,
  owner: DnsName,
  findings: Finding[],
): BimiRecord | undefined {
  const { localPart, local } = seen;
  if (localPart === undefined || !main.localParts) return undefined;
  const { steps, selector } = normaliseLocalPart(localPart);
  const shown = selector === undefined ? 'nothing that can be a selector' : `\`${selector}\``;
  const evidence: Evidence = { kind: 'fact', label: 'steps', value: steps.join(' → ') };
  const subject: Subject = { name: owner, type: 'TXT' };
  findings.push(
    found('bimi.lps.normalisation', { subject, args: { localPart, selector: shown }, evidence: [evidence] }),
  );
  if (localPartSelector(main, localPart) === undefined || !local || local.kind === 'failed') return undefined;
  const texts = bimiTexts(local);
  const parsed = texts.length === 1 ? parse(texts[0] ?? '') : undefined;
  if (parsed?.kind === 'good') {
    reportProblems(local, texts[0] ?? '', findings);
    return parsed.value;
  }
  const args = { localPart, name: local.name };
  findings.push(found('bimi.lps.unresolved', { subject: { name: local.name, type: 'TXT' }, args }));
  return undefined;
}

function outcomeOf(answer: Answer): string {
  if (answer.kind === 'nxdomain') return 'NXDOMAIN';
  return answer.kind === 'nodata' ? 'no data' : answer.kind === 'failed' ? answer.reason : 'no BIMI record';
}

function record(answer: Answer<'TXT'>, text: string, mark?: Span): Evidence {
  const { name, server } = answer;
  const ttl = answer.kind === 'found' ? { ttlSeconds: answer.set.ttlSeconds } : {};
  const marks = mark ? { marks: [{ offset: mark.offset, length: mark.length }] } : {};
  return { kind: 'record', name, type: 'TXT', text, ...marks, ...ttl, server };
}
