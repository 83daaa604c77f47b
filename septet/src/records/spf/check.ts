/** What is right and wrong with the SPF of a domain. */
import type { DnsName } from '../../dns/name.ts';
import { registrableDomain } from '../../dns/public-suffix.ts';
import type { Answer } from '../../dns/rrset.ts';
import type { Finding, RecordToSet } from '../../finding/finding.ts';
import { spfOf } from './answers.ts';
import { checkRecord } from './check-record.ts';
import { checkEgress, checkTree } from './check-tree.ts';
import type { SpfContext } from './context.ts';
import { suggestFlatten } from './flatten-suggest.ts';
import type { SpfObservation } from './lookup.ts';
import { foreignIn, merge, Mend, repair, versionLike } from './repair.ts';
import { answerEvidence, defaultTtlSeconds, recordEvidence, Sheet, textsOf, ttlOf } from './sheet.ts';
import { spfTree } from './tree.ts';

export type { SpfContext } from './context.ts';

/** Judges an observation. Pure; thousands of domains a second. */
export function check(seen: SpfObservation, context: SpfContext = {}): readonly Finding[] {
  const own = seen.nodes[0];
  if (!own) return [];
  if (own.kind === 'failed') return checkFailed(own);
  const found = spfOf(own);
  const text = found.texts[0];
  if (text === undefined) return [...checkAbsent(seen, own, context), ...checkNames(seen, own, '', context)];
  if (found.kind === 'multiple') return [...checkMultiple(own, found.texts), ...checkNames(seen, own, text, context)];
  const sheet = new Sheet(own, text);
  for (const problem of found.parsed && found.parsed.kind !== 'other' ? found.parsed.problems : []) {
    sheet.add(problem.code, problem.args ?? {}, { evidence: [sheet.evidence(problem)], mends: true });
  }
  addLeftovers(sheet, own);
  const program = found.program;
  if (!program) {
    addForeign(sheet, text);
    return [...sheet.finish(() => repair(text)), ...checkNames(seen, own, text, context), ...checkEgress(seen)];
  }
  const mend = new Mend(program.record);
  const tree = spfTree(seen);
  const hasProblems = found.parsed?.kind === 'good' && found.parsed.problems.length > 0;
  checkRecord(sheet, mend, program.record, tree, seen, context);
  checkTree(sheet, mend, tree, seen, context);
  const mended = (): string | undefined => {
    const changed = mend.text();
    return hasProblems ? repair(changed ?? text) : changed;
  };
  const flat = suggestFlatten(seen);
  return [
    ...sheet.finish(mended),
    ...(flat ? [flat] : []),
    ...checkNames(seen, own, text, context),
    ...checkEgress(seen),
  ];
}

/** What the mended text leaves out: tokens of others that came into the record. */
function addForeign(sheet: Sheet, text: string): void {
  for (const word of foreignIn(text)) {
    const offset = text.indexOf(word);
    const evidence = sheet.evidence(...(offset < 0 ? [] : [{ offset, length: word.length }]));
    sheet.add('spf.modifier.unknown', { term: word }, { evidence: [evidence], mends: true });
  }
}

function checkFailed(own: Answer<'TXT'> & { readonly kind: 'failed' }): readonly Finding[] {
  const sheet = new Sheet(own, '');
  sheet.add(
    'spf.include.temperror',
    { target: own.name, reason: own.detail ?? own.reason },
    { evidence: [answerEvidence(own)] },
  );
  return sheet.finish(() => undefined);
}

/** Texts at the name that are no SPF records but have to do with SPF. */
function addLeftovers(sheet: Sheet, own: Answer<'TXT'>): void {
  if (own.kind !== 'found' || own.set.data.length < 2) return;
  for (const text of textsOf(own)) {
    if (/^spf2\.0\//i.test(text))
      sheet.add(
        'spf.senderid.leftover',
        { start: shorten(text) },
        { evidence: [recordEvidence(own, text)], set: [removal(own, text)] },
      );
  }
}

function checkAbsent(seen: SpfObservation, own: Answer<'TXT'>, context: SpfContext): readonly Finding[] {
  const sheet = new Sheet(own, '');
  const { domain } = seen;
  let told = false;
  for (const text of textsOf(own)) {
    if (/^spf2\.0\//i.test(text)) {
      sheet.add(
        'spf.senderid.leftover',
        { start: shorten(text) },
        { evidence: [recordEvidence(own, text)], set: [removal(own, text)] },
      );
    } else if (/^\s+v=spf1(?:\s|$)/i.test(text)) {
      const length = text.length - text.trimStart().length;
      sheet.add(
        'spf.version.leading_space',
        {},
        { evidence: [recordEvidence(own, text, [{ offset: 0, length }])], ...replacement(own, repair(text)) },
      );
      told = true;
    } else if (versionLike.test(text)) {
      const length = versionLike.exec(text)?.[0].length ?? text.length;
      sheet.add(
        'spf.version.bad',
        { start: shorten(text) },
        { evidence: [recordEvidence(own, text, [{ offset: 0, length }])], ...replacement(own, repair(text)) },
      );
      told = true;
    }
  }
  for (const stray of seen.strays) {
    const text = spfOf(stray).texts[0];
    if (text === undefined || told || /^v=spf1 +-all *$/i.test(text)) continue;
    sheet.add(
      'spf.wrong_location',
      { stray: stray.name, domain },
      {
        evidence: [recordEvidence(stray, text), answerEvidence(own)],
        set: [removal(stray, text), { name: domain, type: 'TXT', ttlSeconds: ttlOf(stray), data: [text] }],
      },
    );
    told = true;
  }
  if (!told) addMissing(sheet, own, domain, context);
  return sheet.finish(() => undefined);
}

function addMissing(sheet: Sheet, own: Answer<'TXT'>, domain: DnsName, context: SpfContext): void {
  const evidence = [answerEvidence(own)];
  const closed: readonly RecordToSet[] = [
    { name: domain, type: 'TXT', ttlSeconds: defaultTtlSeconds, data: ['v=spf1 -all'] },
  ];
  if (context.sendsMail === false) return sheet.add('spf.nonsending.missing', { domain }, { evidence, set: closed });
  const { mailFrom, wantedTerms } = context;
  if (mailFrom && mailFrom.length > 0 && !mailFrom.includes(domain)) {
    return sheet.add('spf.missing_from_only', { domain, mailFrom: mailFrom.join(', ') }, { evidence, set: closed });
  }
  const wanted = wantedTerms && wantedTerms.length > 0 ? merge([`v=spf1 ${wantedTerms.join(' ')} ~all`]) : undefined;
  sheet.add('spf.missing', { domain }, { evidence, ...replacement(own, wanted) });
}

function checkMultiple(own: Answer<'TXT'>, texts: readonly string[]): readonly Finding[] {
  const sheet = new Sheet(own, texts[0] ?? '');
  const merged = merge(texts);
  const others = texts.filter((text) => text !== merged);
  sheet.add(
    'spf.multiple',
    { domain: own.name, count: texts.length },
    {
      evidence: texts.map((text) => recordEvidence(own, text)),
      ...(merged !== undefined && {
        set: [...new Set(others)].map((text) => removal(own, text)).concat(replacement(own, merged).set ?? []),
      }),
    },
  );
  addLeftovers(sheet, own);
  return sheet.finish(() => undefined);
}

/** Other names: sub-domains in use, the wildcard, and MAIL FROM outside the organisation. */
function checkNames(seen: SpfObservation, own: Answer<'TXT'>, text: string, context: SpfContext): readonly Finding[] {
  const { alsoUsed, wildcard, domain } = seen;
  const wild = wildcard && spfOf(wildcard).texts[0];
  if (alsoUsed.length === 0 && wild === undefined && !context.mailFrom) return [];
  const sheet = new Sheet(own, text);
  for (const answer of alsoUsed) {
    if (answer.kind === 'failed' || spfOf(answer).kind !== 'none') continue;
    sheet.add(
      'spf.subdomain.uncovered',
      { name: answer.name },
      { subject: { name: answer.name, type: 'TXT' }, evidence: [answerEvidence(answer)] },
    );
  }
  if (wildcard && wild !== undefined) {
    sheet.add(
      'spf.subdomain.wildcard',
      { domain },
      { subject: { name: wildcard.name, type: 'TXT' }, evidence: [recordEvidence(wildcard, wild)] },
    );
  }
  const organisation = registrableDomain(domain) ?? domain;
  for (const mailFrom of context.mailFrom ?? []) {
    if ((registrableDomain(mailFrom) ?? mailFrom) !== organisation)
      sheet.add('spf.from.unaligned', { mailFrom, domain });
  }
  return sheet.finish(() => undefined);
}

function replacement(own: Answer<'TXT'>, text: string | undefined): { readonly set?: readonly RecordToSet[] } {
  return text === undefined ? {} : { set: [{ name: own.name, type: 'TXT', ttlSeconds: ttlOf(own), data: [text] }] };
}

function removal(answer: Answer<'TXT'>, text: string): RecordToSet {
  return { name: answer.name, type: 'TXT', ttlSeconds: ttlOf(answer), data: [text], action: 'remove' };
}

function shorten(text: string): string {
  return text.length > 24 ? `${text.slice(0, 23)}…` : text;
}
