/**
 * Reads a failure report: the fields of a `message/feedback-report` part (RFC 5965 §3, RFC 6591 §3, RFC 9991), or the
 * sentences that Exim writes in their place. What is about a person stands apart, and `redacted` takes it away.
 */
import { hash } from 'node:crypto';
import { canonicalAddress } from '../dns/address.ts';
import { parseDate } from '../mail/date.ts';
import { bodyOf, fieldsOf, valueOf } from '../mail/header.ts';
import type { Header } from '../mail/header.ts';
import { parseHeader } from '../mail/parse-header.ts';
import { decodeWords } from '../mail/words.ts';
import { domainText, wholeNumber } from './aggregate-row.ts';
import type { FailurePerson, FailureReport } from './failure.ts';
import { repairList, shown } from './repairs.ts';

export interface FailureInput {
  /** The header of the message that brought it. */
  readonly carrier: Header;
  /** The feedback-report part, or the text that stands for it. */
  readonly report: string;
  /** The header of the reported message, as far as it came. */
  readonly sample: Header | undefined;
}

/** Of the reported message, in characters. */
export const maxSampleCharacters = 64 * 1024; // house
const maxValue = 4000; // house
const maxRecipients = 50; // house

/** Reads the fields of an ARF part. `undefined` where they do not say `Feedback-Type`: it is no feedback report. */
export function readFailure(input: FailureInput): FailureReport | undefined {
  const repairs = repairList();
  const fields = headerOf(input.report);
  const one = (key: string): string | undefined => {
    const found = fieldsOf(fields, key);
    const value = found[0] === undefined ? '' : clip(decodeWords(valueOf(found[0])));
    return value === '' ? undefined : value;
  };
  const feedbackType = one('feedback-type')?.toLowerCase();
  if (feedbackType === undefined) return undefined;
  if (one('version') === undefined) repairs.note('version.missing', 'the report names no version (RFC 5965 §3.1)', 0);
  const authFailure = wordsOf(one('auth-failure'));
  if (authFailure.length === 0)
    repairs.note('auth_failure.missing', 'the report does not say what failed (RFC 6591 §3.1)', 0);
  const alignment = one('identity-alignment');
  const incidents = one('incidents');
  const count = incidents === undefined ? 1 : wholeNumber(incidents);
  if (count === undefined || count < 1)
    repairs.note('incidents', `Incidents says ${shown(incidents ?? '')}; it counts as 1`, 0);
  const arrival = timeOf(one('arrival-date') ?? one('received-date'));
  const address = one('source-ip');
  const sourceIp = address === undefined ? undefined : addressOf(address);
  if (address !== undefined && sourceIp === undefined)
    repairs.note('source_ip', `Source-IP ${shown(address)} is no address; it counts as not said`, 0);
  const from = originalFrom(input.sample);
  let reportedDomain = domainText(one('reported-domain') ?? '');
  if (reportedDomain === '') {
    reportedDomain = domainOf(from ?? one('original-mail-from') ?? '');
    repairs.note('domain.missing', 'there is no Reported-Domain; the author of the message stands for it', 0);
  }
  const optional = {
    deliveryResult: one('delivery-result')?.toLowerCase(),
    dkimDomain: one('dkim-domain')?.toLowerCase(),
    dkimSelector: one('dkim-selector'),
    dkimIdentity: one('dkim-identity'),
    spfDns: one('spf-dns'),
    authenticationResults: one('authentication-results'),
    userAgent: one('user-agent'),
  };
  const recipients = fieldsOf(fields, 'original-rcpt-to').slice(0, maxRecipients);
  const person = personOf(input.sample, {
    originalMailFrom: one('original-mail-from'),
    originalRcptTo: recipients.map((field) => clip(valueOf(field))).filter((text) => text !== ''),
  });
  return {
    kind: 'failure',
    reporter: reporterOf(input.carrier),
    reportId: reportIdOf(input),
    feedbackType,
    ...present({ arrival, sourceIp }),
    reportedDomain,
    authFailure,
    ...(alignment === undefined ? {} : { identityAlignment: wordsOf(alignment) }),
    ...present(optional),
    incidents: count === undefined || count < 1 ? 1 : Math.min(count, Number.MAX_SAFE_INTEGER),
    person,
    repairs: repairs.list(),
  };
}

const sentences =
  /^ *(Sender Domain|Sender IP Address|Received date|SPF Alignment|DKIM Alignment|DMARC Results): *(.*)$/gim;
const sampleMark = /^-{3,} *This is a copy of the headers[^\n]*$/im;

/**
 * Reads what Exim sends as plain text: sentences `Sender Domain: example.com`, and behind a line of hyphens the header of
 * the message. `undefined` for any other text.
 */
export function readPlainFailure(input: Omit<FailureInput, 'sample'>): FailureReport | undefined {
  const text = input.report.replaceAll('\r\n', '\n');
  const mark = sampleMark.exec(text);
  const said = new Map<string, string>();
  for (const [, name = '', value = ''] of (mark === null ? text : text.slice(0, mark.index)).matchAll(sentences))
    if (!said.has(name.toLowerCase())) said.set(name.toLowerCase(), clip(value.trim()));
  const reportedDomain = domainText(said.get('sender domain') ?? '');
  if (reportedDomain === '' || !said.has('sender ip address')) return undefined;
  const repairs = repairList();
  repairs.note('form.plain', 'the report is plain text without a feedback-report part (RFC 5965 §2)', 0);
  const sample =
    mark === null ? undefined : headerOf(text.slice(mark.index + mark[0].length, mark.index + maxSampleCharacters));
  const aligned = ['spf', 'dkim'].filter((method) => said.get(`${method} alignment`)?.toLowerCase() === 'yes');
  const results = sample === undefined ? undefined : fieldsOf(sample, 'authentication-results')[0];
  return {
    kind: 'failure',
    reporter: reporterOf(input.carrier),
    reportId: reportIdOf({ ...input, sample }),
    feedbackType: 'auth-failure',
    ...present({
      arrival: timeOf(said.get('received date')),
      sourceIp: addressOf(said.get('sender ip address') ?? ''),
      deliveryResult: said.get('dmarc results')?.toLowerCase() || undefined,
      authenticationResults: results === undefined ? undefined : clip(valueOf(results)),
    }),
    reportedDomain,
    authFailure: ['dmarc'],
    identityAlignment: aligned.length === 0 ? ['none'] : aligned,
    incidents: 1,
    person: personOf(sample, {}),
    repairs: repairs.list(),
  };
}

/**
 * The report without what is about a person: addresses, subject, the message. DKIM identities keep their domain, and text
 * that may hold addresses has them taken out.
 */
export function redacted(report: FailureReport): FailureReport {
  const { dkimIdentity, authenticationResults, ...others } = report;
  return {
    ...others,
    ...present({
      dkimIdentity: dkimIdentity?.replace(/^.*@/s, '@'),
      authenticationResults: authenticationResults?.replaceAll(localParts, '$1$2@'),
    }),
    person: {},
  };
}

/** What stands in front of an `@`, behind the name of a property (`smtp.mailfrom=`) if there is one. */
const localParts = /(^|[\s;(<])([A-Za-z]{1,40}\.[\w-]{1,40}=)?(?:"[^"]{0,300}"|[^\s;<>()]{0,300})@/g;

function personOf(
  sample: Header | undefined,
  envelope: { readonly originalMailFrom?: string | undefined; readonly originalRcptTo?: readonly string[] },
): FailurePerson {
  const one = (key: string): string | undefined => {
    const field = sample === undefined ? undefined : fieldsOf(sample, key)[0];
    return field === undefined ? undefined : clip(decodeWords(valueOf(field))) || undefined;
  };
  const lines = sample?.fields.map((field) => field.raw).join('\r\n') ?? '';
  const { originalRcptTo = [] } = envelope;
  return {
    ...present({
      originalMailFrom: envelope.originalMailFrom,
      subject: one('subject'),
      headerFrom: one('from'),
      messageId: one('message-id'),
      sample: lines === '' ? undefined : Buffer.from(lines, 'latin1').toString('utf8').slice(0, maxSampleCharacters),
    }),
    ...(originalRcptTo.length === 0 ? {} : { originalRcptTo }),
  };
}

/** The fields of a text; blank lines in front of them are passed over, as some write them. */
function headerOf(text: string): Header {
  return parseHeader(Buffer.from(`${text.replace(/^\s+/, '').replace(/\s+$/, '')}\r\n\r\n`, 'utf8'));
}

function originalFrom(sample: Header | undefined): string | undefined {
  const field = sample === undefined ? undefined : fieldsOf(sample, 'from')[0];
  return field === undefined ? undefined : valueOf(field);
}

function reporterOf(carrier: Header): string {
  const field = fieldsOf(carrier, 'from')[0];
  return field === undefined ? '' : domainOf(valueOf(field));
}

/** Of the carrier, which is another for each report. */
function reportIdOf({ carrier, report }: FailureInput): string {
  const field = fieldsOf(carrier, 'message-id')[0];
  const id = field === undefined ? '' : /<([^<>]+)>/.exec(bodyOf(field))?.[1]?.trim();
  return id === undefined || id === '' ? `sha256:${hash('sha256', report)}` : clip(id);
}

function domainOf(text: string): string {
  return domainText(/@([^\s@<>()",;]+)>?[^@]*$/.exec(text)?.[1] ?? '');
}

function addressOf(text: string): string | undefined {
  return canonicalAddress(text.trim().replace(/^\[(?:ipv6:)?(.*)\]$/i, '$1'));
}

function timeOf(text: string | undefined): number | undefined {
  const at = text === undefined ? undefined : parseDate(text)?.at;
  return at === undefined ? undefined : Math.floor(at / 1000);
}

const wordsOf = (text: string | undefined): readonly string[] =>
  (text ?? '')
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((word) => word !== '')
    .slice(0, 20);

const clip = (text: string): string => (text.length > maxValue ? text.slice(0, maxValue) : text);

type Present<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> };

/** Without the fields that are undefined. */
function present<T extends object>(fields: T): Present<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Present<T>;
}
