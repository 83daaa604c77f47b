/** From the texts around the records to the head of a report, or to why it is refused. */
import type { AggregateForm, AggregateHead, PublishedPolicy, ReportRefusal } from './aggregate.ts';
import { slotsOf } from './aggregate-elements.ts';
import { domainText, wholeNumber } from './aggregate-row.ts';
import type { Texts } from './aggregate-row.ts';
import type { Repairs } from './repairs.ts';
import { shown } from './repairs.ts';
import { alignments, methods, policies, wordOf, yesNo } from './report-words.ts';

export interface HeadInput {
  readonly texts: Texts;
  /** The namespace of `<feedback>`, `''` where it has none. */
  readonly namespace: string;
  readonly errors: readonly string[];
  readonly extensions: readonly string[];
  readonly rows: number;
  /** Records that were passed over. */
  readonly dropped: number;
  readonly messages: number;
  readonly repairs: Repairs;
  /** Seconds since 1970; absent: reports may lie in the future. */
  readonly now: number | undefined;
}

export type HeadResult =
  | { readonly kind: 'good'; readonly head: AggregateHead }
  | { readonly kind: 'refused'; readonly refusal: ReportRefusal };

/** RFC 9990, the namespace of its reports. */
const namespace9990 = 'urn:ietf:params:xml:ns:dmarc-2.0';
/** RFC 7489 appendix C, targetNamespace. */
const namespace7489 = 'http://dmarc.org/dmarc-xml/0.1';

/** A clock may be wrong by a day, and zones of time by another. */
const maxFutureSeconds = 2 * 86_400; // house
/** 5138: larger numbers of seconds are milliseconds. */
const maxSeconds = 100_000_000_000; // house

const refused = (code: ReportRefusal['code'], text: string): HeadResult => ({
  kind: 'refused',
  refusal: { code, text },
});

/** Called at `</feedback>`. */
export function headOf(input: HeadInput): HeadResult {
  const { texts, repairs } = input;
  const text = (slot: number): string => texts[slot]?.trim() ?? '';
  const domain = domainText(text(slotsOf.domain));
  if (domain === '')
    return refused(
      'domain',
      'The report has no <domain> in <policy_published>, so nobody can tell whom it is about; ask the reporter.',
    );
  const begin = second('begin', text(slotsOf.begin), repairs);
  const end = second('end', text(slotsOf.end), repairs);
  if (begin === undefined || end === undefined) {
    const [name, value] = begin === undefined ? ['begin', text(slotsOf.begin)] : ['end', text(slotsOf.end)];
    const said = value === '' ? 'is missing' : `says ${shown(value)}, which is no time`;
    return refused('range', `The <${name}> of <date_range> ${said}, so nobody can tell when it was; ask the reporter.`);
  }
  if (end < begin)
    return refused('range', `The report begins (${dayOf(begin)}) after it ends (${dayOf(end)}); ask the reporter.`);
  if (input.now !== undefined && end > input.now + maxFutureSeconds + 86_400)
    return refused('range', `The report ends in the future (${dayOf(end)}), so it cannot be true; ask the reporter.`);
  if (input.rows === 0 && input.dropped > 0)
    return refused(
      'count',
      `None of its ${input.dropped} records can be counted: ${repairs.list().find(({ code }) => /^(row|count)\./.test(code))?.text ?? ''}; ask the reporter.`,
    );
  if (!Number.isSafeInteger(input.messages))
    return refused('count', 'The counts add up to more than can be; ask the reporter.');
  if (input.rows === 0) repairs.note('rows.none', 'the report has no records', 0);
  const email = text(slotsOf.email);
  const reporter = reporterOf(text(slotsOf.orgName), email, repairs);
  let reportId = text(slotsOf.reportId);
  if (reportId === '') {
    reportId = `${reporter}!${domain}!${begin}!${end}`;
    repairs.note('report_id.missing', 'the report has no <report_id>; reporter, domain and times stand for it', 0);
  }
  const contact = text(slotsOf.contact);
  const generator = text(slotsOf.generator);
  const policy = policyOf(domain, texts, repairs);
  return {
    kind: 'good',
    head: {
      kind: 'aggregate',
      form: formOf(input.namespace, texts),
      reporter,
      ...(email === '' ? {} : { email }),
      ...(contact === '' ? {} : { contact }),
      reportId,
      range: { begin, end },
      errors: input.errors,
      ...(generator === '' ? {} : { generator }),
      policy,
      extensions: input.extensions,
      rows: input.rows,
      messages: input.messages,
      repairs: repairs.list(),
    },
  };
}

/** By the namespace; many write none, so then by the elements that only one form has. */
function formOf(namespace: string, texts: Texts): AggregateForm {
  if (namespace === namespace9990) return 'RFC 9990';
  if (namespace === namespace7489) return 'RFC 7489';
  if (namespace.startsWith('http://dmarc.org/dmarc-xml/')) return 'draft';
  const newer = [slotsOf.testing, slotsOf.discovery, slotsOf.generator, slotsOf.np];
  if (newer.some((slot) => texts[slot] !== undefined) && texts[slotsOf.pct] === undefined) return 'RFC 9990';
  // RFC 7489 appendix C asks for a version; the drafts before it had none.
  return texts[slotsOf.version] === undefined ? 'draft' : 'RFC 7489';
}

function reporterOf(name: string, email: string, repairs: Repairs): string {
  if (name !== '') return name;
  const host = email.slice(email.lastIndexOf('@') + 1);
  repairs.note(
    'org_name.missing',
    host === ''
      ? 'the report names no reporter'
      : 'the report has no <org_name>; the domain of its <email> stands for it',
    0,
  );
  return host.toLowerCase();
}

function second(name: string, text: string, repairs: Repairs): number | undefined {
  if (text === '') return undefined;
  let value = wholeNumber(text);
  if (value === undefined && /^\d{4}-\d\d-\d\d/.test(text) && text.length < 40) {
    const at = Date.parse(/\d$/.test(text) && text.length > 10 ? `${text.replace(' ', 'T')}Z` : text);
    if (Number.isNaN(at) || at < 0) return undefined;
    value = Math.floor(at / 1000);
    repairs.note('range.date', `<${name}> is written as a date`, 0);
  }
  if (value === undefined && /^\d{1,15}\.\d{1,20}$/.test(text)) {
    value = Math.floor(Number(text));
    repairs.note('range.fraction', `<${name}> has a fraction of a second`, 0);
  }
  if (value !== undefined && value >= maxSeconds) {
    value = Math.floor(value / 1000);
    repairs.note('range.milliseconds', `<${name}> is written in milliseconds`, 0);
  }
  return value === undefined || value >= maxSeconds ? undefined : value;
}

const dayOf = (seconds: number): string => `${new Date(seconds * 1000).toISOString().slice(0, 16)}Z`;

function policyOf(domain: string, texts: Texts, repairs: Repairs): PublishedPolicy {
  const p = wordOf(texts[slotsOf.p], policies, 'p', repairs, 0);
  const sp = wordOf(texts[slotsOf.sp], policies, 'sp', repairs, 0);
  const np = wordOf(texts[slotsOf.np], policies, 'np', repairs, 0);
  const adkim = wordOf(texts[slotsOf.adkim], alignments, 'adkim', repairs, 0);
  const aspf = wordOf(texts[slotsOf.aspf], alignments, 'aspf', repairs, 0);
  const testing = wordOf(texts[slotsOf.testing], yesNo, 'testing', repairs, 0);
  const method = wordOf(texts[slotsOf.discovery], methods, 'discovery_method', repairs, 0);
  const fo = texts[slotsOf.fo]?.trim() ?? '';
  const version = texts[slotsOf.versionPublished]?.trim() ?? '';
  const written = texts[slotsOf.pct]?.trim() ?? '';
  let pct = written === '' ? undefined : wholeNumber(written);
  if (written !== '' && (pct === undefined || pct > 100)) {
    repairs.note('pct', `<pct> says ${shown(written, 40)}; it counts as not said`, 0);
    pct = undefined;
  }
  return {
    domain,
    ...(p === undefined ? {} : { p }),
    ...(sp === undefined ? {} : { sp }),
    ...(np === undefined ? {} : { np }),
    ...(adkim === undefined ? {} : { adkim }),
    ...(aspf === undefined ? {} : { aspf }),
    ...(fo === '' ? {} : { fo }),
    ...(pct === undefined ? {} : { pct }),
    ...(testing === undefined ? {} : { testing: testing === 'y' }),
    ...(method === undefined ? {} : { discoveryMethod: method }),
    ...(version === '' ? {} : { versionPublished: version }),
  };
}
