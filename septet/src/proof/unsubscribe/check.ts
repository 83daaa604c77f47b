/** One-click unsubscribe as a message shows it: the two fields, their signature, the address, the link in the body. */
import { parseAddress } from '../../dns/address.ts';
import { parseName, root, type DnsName } from '../../dns/name.ts';
import { registrableDomain } from '../../dns/public-suffix.ts';
import type { Evidence, Finding, Severity, Subject } from '../../finding/finding.ts';
import { fieldsOf, valueOf, type Field, type Header } from '../../mail/header.ts';
import { bulkSigns } from '../content/bulk.ts';
import type { DkimOutcome } from '../dkim/outcome.ts';
import type { Identifier } from '../dmarc/outcome.ts';
import type { Expected } from '../expected.ts';
import { checkBodyLink, type BodySeen } from './body-link.ts';
import { checkCover } from './check-cover.ts';
import { checkPosts } from './check-post.ts';
import { found } from './findings.ts';
import { postValue, readListUnsubscribe, type Reading } from './reading.ts';
import type { PostOutcome } from './post.ts';
import { judgeToken } from './token.ts';

export interface UnsubscribeInput {
  /** The file, for evidence. */
  readonly source: string;
  readonly header: Header;
  /** The author domain, where there is one. */
  readonly author?: DnsName;
  /** The evaluated signatures; absent: nobody looked. */
  readonly dkim?: readonly DkimOutcome[];
  /** How a signing domain matches the author domain; absent: the organisational domains are compared by the list. */
  readonly aligned?: (domain: DnsName) => Identifier['match'];
  /** Marketing or list mail: `isBulk`, or what the user said. */
  readonly bulk: boolean;
  /** Links and text of the body; absent: it was not read. */
  readonly body?: BodySeen;
  readonly expected?: Expected;
  /** What came of the one-click POSTs that the user asked for. */
  readonly posts?: readonly PostOutcome[];
}

/** The https addresses of List-Unsubscribe, in order: where a one-click POST goes, the first one. */
export const oneClickAddresses = (header: Header): readonly string[] =>
  httpsOf(readListUnsubscribe(header)).map(({ uri }) => uri);

/** What the rows need besides the input. */
interface Context extends UnsubscribeInput {
  readonly subject: Subject;
  readonly fields: readonly Field[];
  readonly postFields: readonly Field[];
  readonly reading: Reading;
  /** An error in bulk mail; a warning in mail of which nobody demands it. */
  readonly grave: Exclude<Severity, 'ok' | 'info'>;
}

export function checkUnsubscribe(input: UnsubscribeInput): readonly Finding[] {
  const { header, author = root, bulk } = input;
  const context: Context = {
    ...input,
    subject: { name: author, type: 'List-Unsubscribe' },
    fields: fieldsOf(header, 'list-unsubscribe'),
    postFields: fieldsOf(header, 'list-unsubscribe-post'),
    reading: readListUnsubscribe(header),
    grave: bulk ? 'error' : 'warning',
  };
  const out = context.fields.length === 0 ? missing(context) : present(context);
  if (bulk) out.push(...checkBodyLink(input.body, context.subject, context.reading), ...companions(context));
  return out;
}

function missing({ header, bulk, postFields, subject, source }: Context): Finding[] {
  if (!bulk && postFields.length === 0) return [];
  const signs = bulkSigns(header).map(({ text }) => text);
  if (postFields.length > 0) signs.push('List-Unsubscribe-Post');
  const args = { signs: signs.length > 0 ? [...new Set(signs)].slice(0, 5).join(', ') : 'as you say' };
  const lines = bulkSigns(header).map(({ line }) => line);
  const evidence = header.fields
    .filter(({ line }) => lines.includes(line))
    .map((field) => fieldEvidence(source, field));
  return [found('unsub.header.missing', { subject, args, evidence: evidence.slice(0, 5) })];
}

function present(context: Context): Finding[] {
  const { reading, fields, postFields, subject, source, grave, bulk } = context;
  const evidence = fields.map((field) => fieldEvidence(source, field)).slice(0, 3);
  const out: Finding[] = [];
  if (!bulk) out.push(found('unsub.transactional', { subject, evidence }));
  out.push(...syntax(context, evidence), ...postField(context, evidence));
  const https = httpsOf(reading);
  const first = https[0];
  if (!first) {
    out.push(found('unsub.https.missing', { subject, severity: grave, args: { kinds: kindsOf(reading) }, evidence }));
    return out;
  }
  const order = orderFault(reading);
  if (order !== undefined) out.push(found('unsub.https.first', { subject, args: { reason: order }, evidence }));
  out.push(...tokenFindings(context, first.uri, evidence), ...hostFindings(context, first.uri, evidence));
  if (postFields.length > 0) out.push(...checkCover(context));
  out.push(...checkPosts(context.posts ?? [], subject));
  return out;
}

function syntax({ reading, fields, subject, grave, source }: Context, whole: readonly Evidence[]): readonly Finding[] {
  const out: Finding[] = [];
  if (fields.length > 1) {
    const args = { reason: `there are ${fields.length} such fields` };
    out.push(found('unsub.syntax', { subject, severity: grave, args, evidence: whole }));
  }
  const marked = new Map<Field, { reasons: string[]; marks: { offset: number; length: number }[] }>();
  for (const { field, reason, at } of reading.faults) {
    const known = marked.get(field) ?? { reasons: [], marks: [] };
    marked.set(field, known);
    if (!known.reasons.includes(reason)) known.reasons.push(reason);
    known.marks.push(at);
  }
  for (const [field, { reasons, marks }] of marked) {
    const args = { reason: reasons.slice(0, 3).join(', and ') };
    const evidence = [fieldEvidence(source, field, marks.slice(0, 10))];
    out.push(found('unsub.syntax', { subject, severity: grave, args, evidence }));
  }
  const web = reading.uris.filter(({ scheme }) => scheme === 'https' || scheme === 'http');
  if (web.length > 1 && web.some(({ scheme }) => scheme === 'https')) {
    const args = { reason: `it holds ${web.length} web addresses, where one-click unsubscribe allows one` };
    out.push(found('unsub.syntax', { subject, severity: 'warning', args, evidence: whole }));
  }
  const bent = reading.uris.find(({ folded, uri }) => folded || uri.length > maxLine);
  if (bent) {
    const reason = bent.folded ? 'is folded in its midst' : `has ${bent.uri.length} characters`;
    const evidence = [fieldEvidence(source, bent.field, [bent.at])];
    out.push(found('unsub.folded_uri', { subject, args: { reason }, evidence }));
  }
  return out;
}

const maxLine = 998; // RFC 5322 §2.1.1

function postField({ postFields, subject, source, grave }: Context, evidence: readonly Evidence[]): readonly Finding[] {
  const [first] = postFields;
  if (!first) return [found('unsub.post.missing', { subject, severity: grave, evidence })];
  const own = postFields.map((field) => fieldEvidence(source, field)).slice(0, 3);
  const about: Subject = { ...subject, type: 'List-Unsubscribe-Post' };
  const out: Finding[] = [];
  if (postFields.length > 1) {
    const reason = `List-Unsubscribe-Post stands ${postFields.length} times`;
    out.push(found('unsub.post.value', { subject: about, severity: grave, args: { reason }, evidence: own }));
  }
  const value = valueOf(first);
  if (value !== postValue) {
    const reason = `List-Unsubscribe-Post says \`${cut(value)}\` instead of \`${postValue}\``;
    const severity = value.toLowerCase() === postValue.toLowerCase() ? 'warning' : grave;
    out.push(found('unsub.post.value', { subject: about, severity, args: { reason }, evidence: own }));
  }
  return out;
}

function orderFault({ uris }: Reading): string | undefined {
  const [first] = uris;
  if (first && first.scheme !== 'https') return `The https address stands behind one of ${first.scheme}`;
  return uris.some(({ scheme }) => scheme === 'mailto')
    ? undefined
    : 'There is no mailto address besides the https one';
}

function tokenFindings({ subject, grave }: Context, uri: string, evidence: readonly Evidence[]): readonly Finding[] {
  const verdict = judgeToken(uri);
  if (verdict.kind === 'opaque') return [];
  const reason = {
    address: () => 'tells the recipient by the e-mail address',
    number: (part: string) => `tells the recipient by the number ${part}`,
    short: (part: string) => `tells the recipient by \`${cut(part)}\`, which is short`,
    nothing: () => 'holds nothing that tells the recipient',
  }[verdict.kind]('part' in verdict ? verdict.part : '');
  const severity = verdict.kind === 'address' || verdict.kind === 'number' ? grave : 'warning';
  return [found('unsub.token.guessable', { subject, severity, args: { reason }, evidence })];
}

function hostFindings(
  { author, subject, expected }: Context,
  uri: string,
  evidence: readonly Evidence[],
): readonly Finding[] {
  if (author === undefined || !URL.canParse(uri)) return [];
  const { hostname } = new URL(uri);
  const host = parseName(hostname);
  if (host.ok && expected?.unsubscribe.includes(host.name)) return [];
  const numeric = parseAddress(hostname.replace(/^\[|\]$/g, '')) !== undefined;
  if (!numeric && host.ok && sameOrganisation(host.name, author)) return [];
  return [found('unsub.host.orgdomain', { subject, args: { host: hostname, author }, evidence })];
}

const sameOrganisation = (one: DnsName, other: DnsName): boolean =>
  one === other || (registrableDomain(one) !== undefined && registrableDomain(one) === registrableDomain(other));

/** List-Id and Feedback-ID, which lists have besides. */
function companions({ header, author, subject }: Context): readonly Finding[] {
  const lacks = (key: string): boolean => !fieldsOf(header, key).some((field) => valueOf(field) !== '');
  const about = (type: string): Subject => ({ ...subject, type });
  return [
    ...(lacks('list-id')
      ? [found('unsub.list_id', { subject: about('List-Id'), args: { domain: author ?? 'example.com' } })]
      : []),
    ...(lacks('feedback-id') ? [found('unsub.feedback_id', { subject: about('Feedback-ID') })] : []),
  ];
}

const httpsOf = ({ uris }: Reading): Reading['uris'] => uris.filter(({ scheme }) => scheme === 'https');

function kindsOf({ uris }: Reading): string {
  const schemes = [...new Set(uris.map(({ scheme }) => scheme))];
  return schemes.length === 0
    ? 'no address that can be read'
    : schemes
        .slice(0, 4)
        .map((one) => `${one}:`)
        .join(' and ');
}

const cut = (text: string): string => (text.length > 80 ? `${text.slice(0, 79)}…` : text);

/** The field as it stands, cut where it is endless. */
function fieldEvidence(
  source: string,
  field: Field,
  marks: readonly { readonly offset: number; readonly length: number }[] = [],
): Evidence {
  const text = field.raw.slice(0, 2000);
  const shown = marks.filter(({ offset, length }) => offset + length <= text.length);
  return {
    kind: 'file',
    place: source,
    line: field.line,
    text,
    ...(shown.length > 0 ? { marks: shown } : {}),
  };
}
