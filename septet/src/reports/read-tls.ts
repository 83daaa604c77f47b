/**
 * Reads an SMTP TLS report (RFC 8460 §4.4). Receivers leave out what they have nothing to say about and write numbers as
 * text; such things are mended and told. What a report counts stays as it says, even where its own sums differ.
 */
import { canonicalAddress } from '../dns/address.ts';
import type { ReportRefusal } from './aggregate.ts';
import { domainText, wholeNumber } from './aggregate-row.ts';
import { repairList, shown } from './repairs.ts';
import type { Repairs } from './repairs.ts';
import type { TlsFailure, TlsPolicyResult, TlsReport } from './tls.ts';

export type TlsResult =
  | { readonly kind: 'good'; readonly report: TlsReport }
  | { readonly kind: 'refused'; readonly refusal: ReportRefusal };

/** Characters of a report; one of the largest senders has some kilobytes. */
export const maxTlsCharacters = 16 * 1024 * 1024; // house
const maxPolicies = 1000; // house
/** Failure details of one policy. */
const maxFailures = 10_000; // house
/** Of one text. */
const maxText = 2000; // house

type Fields = Readonly<Record<string, unknown>>;

const refused = (code: ReportRefusal['code'], text: string): Extract<TlsResult, { kind: 'refused' }> => ({
  kind: 'refused',
  refusal: { code, text },
});

/** `now`: seconds since 1970; a report that ends more than three days later is refused. Never throws. */
export function readTlsReport(text: string, options: { readonly now?: number } = {}): TlsResult {
  const plain = text.replace(/^\uFEFF/, '');
  if (plain.trim() === '') return refused('empty', 'There is nothing in it.');
  if (plain.length > maxTlsCharacters)
    return refused('limit', `The JSON is longer than ${maxTlsCharacters.toLocaleString('en')} characters.`);
  let json: unknown;
  try {
    json = JSON.parse(plain);
  } catch (error) {
    return refused('json', `This is no JSON (${shown(messageOf(error), 120)}). Ask the reporter to send it again.`);
  }
  const repairs = repairList();
  if (plain.includes('\uFFFD'))
    repairs.note('octets.invalid', 'octets that are no text in its charset stand as U+FFFD', 0);
  if (Array.isArray(json) && json.length === 1) {
    repairs.note('json.list', 'the report stands in a list', 0);
    json = json[0];
  }
  const report = fieldsOf(json);
  const policies = report === undefined ? undefined : get(report, 'policies', repairs);
  if (report === undefined || !Array.isArray(policies))
    return refused('not-report', 'This is JSON, but no SMTP TLS report: it has no list of policies (RFC 8460 §4.4).');
  if (policies.length > maxPolicies)
    return refused('limit', `The report has more than ${maxPolicies} policies, which no domain needs.`);
  return read(report, policies, repairs, options.now);
}

function read(report: Fields, list: readonly unknown[], repairs: Repairs, now: number | undefined): TlsResult {
  const dates = fieldsOf(get(report, 'date-range', repairs)) ?? {};
  const begin = second(get(dates, 'start-datetime', repairs));
  const end = second(get(dates, 'end-datetime', repairs));
  if (begin === undefined || end === undefined) {
    const name = begin === undefined ? 'start-datetime' : 'end-datetime';
    return refused('range', `The ${name} of its date-range is missing or no date (RFC 8460 §4.4); ask the reporter.`);
  }
  if (end < begin) return refused('range', 'The report begins after it ends; ask the reporter.');
  if (now !== undefined && end > now + 3 * 86_400)
    return refused('range', 'The report ends in the future, so it cannot be true; ask the reporter.');
  const policies: TlsPolicyResult[] = [];
  for (const [index, entry] of list.entries()) {
    const made = policyOf(fieldsOf(entry), index + 1, repairs);
    if (made.kind === 'refused') return made;
    policies.push(made.policy);
  }
  if (policies.length === 0) repairs.note('policies.none', 'the list of policies is empty', 0);
  const contact = textOf(report, 'contact-info', repairs);
  let reporter = textOf(report, 'organization-name', repairs) ?? '';
  if (reporter === '') {
    reporter = (contact ?? '').slice((contact ?? '').lastIndexOf('@') + 1).toLowerCase();
    repairs.note('organization.missing', 'there is no organization-name; the domain of contact-info stands for it', 0);
  }
  let reportId = textOf(report, 'report-id', repairs) ?? '';
  if (reportId === '') {
    reportId = `${reporter}!${policies[0]?.policyDomain ?? ''}!${begin}!${end}`;
    repairs.note('report_id.missing', 'there is no report-id; reporter, domain and times stand for it', 0);
  }
  return {
    kind: 'good',
    report: {
      kind: 'tls',
      reporter,
      ...(contact === undefined ? {} : { contact }),
      reportId,
      range: { begin, end },
      policies,
      repairs: repairs.list(),
    },
  };
}

function policyOf(
  entry: Fields | undefined,
  number: number,
  repairs: Repairs,
): Extract<TlsResult, { kind: 'refused' }> | { readonly kind: 'good'; readonly policy: TlsPolicyResult } {
  const policy = fieldsOf(entry && get(entry, 'policy', repairs));
  const policyDomain = domainText(policy === undefined ? '' : (textOf(policy, 'policy-domain', repairs) ?? ''));
  if (entry === undefined || policy === undefined || policyDomain === '')
    return refused(
      'domain',
      `Policy ${number} has no policy-domain (RFC 8460 §4.4), so nobody can tell whose it is; ask the reporter.`,
    );
  const details = get(entry, 'failure-details', repairs);
  const failures: TlsFailure[] = [];
  for (const detail of Array.isArray(details) ? details : details === undefined || details === null ? [] : [details]) {
    if (failures.length === maxFailures) {
      repairs.note(
        'limit.failures',
        `a policy has more than ${maxFailures} failure-details; the others are passed over`,
        number,
      );
      break;
    }
    const made = failureOf(fieldsOf(detail), number, repairs);
    if (made !== undefined) failures.push(made);
  }
  const told = failures.reduce((sum, { failedSessions }) => sum + failedSessions, 0);
  const summary = fieldsOf(get(entry, 'summary', repairs));
  const counted = (name: string): number | undefined => {
    const value = summary === undefined ? undefined : get(summary, name, repairs);
    if (value === undefined || value === null) return undefined;
    const count = countOf(value);
    if (count === undefined) repairs.note('count.unreadable', `${name} is no count; it counts as not said`, number);
    return count;
  };
  const successful = counted('total-successful-session-count');
  const failed = counted('total-failure-session-count');
  if (successful === undefined)
    repairs.note('count.missing', 'the count of successful sessions is missing; it counts as 0', number);
  if (failed === undefined)
    repairs.note(
      'count.failed_missing',
      'the count of failed sessions is missing; the sum of the details stands for it',
      number,
    );
  else if (told > failed)
    repairs.note(
      'count.differs',
      `the details tell of ${told} failed sessions, the summary of ${failed}; both stay as they are`,
      number,
    );
  const type = textOf(policy, 'policy-type', repairs)?.toLowerCase() ?? '';
  if (type === '') repairs.note('policy_type.missing', 'a policy has no policy-type', number);
  const strings = listOf(get(policy, 'policy-string', repairs));
  return {
    kind: 'good',
    policy: {
      policyType: type,
      policyString: strings,
      policyDomain,
      mxHosts: listOf(get(policy, 'mx-host', repairs)).map((host) => host.toLowerCase()),
      successful: successful ?? 0,
      failed: failed ?? told,
      failures,
    },
  };
}

function failureOf(detail: Fields | undefined, number: number, repairs: Repairs): TlsFailure | undefined {
  const count = detail === undefined ? undefined : get(detail, 'failed-session-count', repairs);
  const failedSessions = count === undefined ? undefined : countOf(count);
  if (detail === undefined || (count !== undefined && count !== null && failedSessions === undefined)) {
    repairs.note('failure.unreadable', 'an entry of failure-details cannot be counted; it is passed over', number);
    return undefined;
  }
  if (failedSessions === undefined)
    repairs.note('failure.count_missing', 'an entry of failure-details has no count; it counts as one session', number);
  const resultType = textOf(detail, 'result-type', repairs)?.toLowerCase() ?? '';
  if (resultType === '') repairs.note('failure.type_missing', 'an entry of failure-details has no result-type', number);
  const address = (name: string): string | undefined => {
    const text = textOf(detail, name, repairs);
    return text === undefined ? undefined : (canonicalAddress(text.replace(/^\[(.*)\]$/, '$1')) ?? text);
  };
  const sendingMtaIp = address('sending-mta-ip');
  const receivingIp = address('receiving-ip');
  const receivingMxHostname = textOf(detail, 'receiving-mx-hostname', repairs)?.toLowerCase();
  const receivingMxHelo = textOf(detail, 'receiving-mx-helo', repairs);
  const additionalInformation = textOf(detail, 'additional-information', repairs);
  const reasonCode = textOf(detail, 'failure-reason-code', repairs);
  return {
    resultType: resultType === '' ? 'unknown' : resultType,
    ...(sendingMtaIp === undefined ? {} : { sendingMtaIp }),
    ...(receivingMxHostname === undefined ? {} : { receivingMxHostname }),
    ...(receivingMxHelo === undefined ? {} : { receivingMxHelo }),
    ...(receivingIp === undefined ? {} : { receivingIp }),
    failedSessions: failedSessions ?? 1,
    ...(additionalInformation === undefined ? {} : { additionalInformation }),
    ...(reasonCode === undefined ? {} : { reasonCode }),
  };
}

/** A field by its name, whatever its case and whether with `-` or `_`. */
function get(fields: Fields, name: string, repairs: Repairs): unknown {
  if (Object.hasOwn(fields, name)) return fields[name];
  const found = Object.keys(fields).find((key) => key.toLowerCase().replaceAll('_', '-') === name);
  if (found === undefined) return undefined;
  repairs.note('name.form', `${name} is written ${shown(found)}`, 0);
  return fields[found];
}

function textOf(fields: Fields, name: string, repairs: Repairs): string | undefined {
  const value = get(fields, name, repairs);
  const text = typeof value === 'string' ? value.trim() : typeof value === 'number' ? String(value) : '';
  return text === '' ? undefined : text.slice(0, maxText);
}

function listOf(value: unknown): readonly string[] {
  const list = Array.isArray(value) ? value : value === undefined ? [] : [value];
  return list
    .filter((item) => typeof item === 'string')
    .slice(0, 1000)
    .map((item) => item.slice(0, maxText));
}

function countOf(value: unknown): number | undefined {
  const count = typeof value === 'string' ? wholeNumber(value) : value;
  return typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : undefined;
}

/** RFC 3339 as RFC 8460 asks for it, or seconds since 1970. */
function second(value: unknown): number | undefined {
  const count = countOf(value);
  if (count !== undefined) return count >= 100_000_000_000 ? Math.floor(count / 1000) : count;
  if (typeof value !== 'string' || value.length > 40 || !/^\d{4}-\d\d-\d\d/.test(value.trim())) return undefined;
  const text = value.trim();
  const at = Date.parse(
    /[zZ]|[+-]\d\d:?\d\d$/.test(text.slice(10)) || text.length === 10 ? text : `${text.replace(' ', 'T')}Z`,
  );
  return Number.isNaN(at) || at < 0 ? undefined : Math.floor(at / 1000);
}

const fieldsOf = (value: unknown): Fields | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : 'unreadable');
