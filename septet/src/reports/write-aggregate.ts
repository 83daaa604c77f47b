/**
 * Writes an aggregate report as RFC 9990 has it: the order of elements, the namespace and the words of its XSD. What RFC
 * 9990 has no place for is left out: `pct`, `helo` scopes, results beyond the first SPF one. `sampled_out` and `forwarded`
 * of RFC 7489 become `other` with their name as the comment. Extensions are foreign XML text and are not written.
 */
import type { AggregateHead, AggregateRow, DkimAuth, PolicyOverride, SpfAuth } from './aggregate.ts';
import { escapeXml } from './aggregate-extension.ts';

/** What is needed of a head; `rows`, `messages` and `repairs` follow from the rows. */
export type WrittenHead = Pick<AggregateHead, 'reporter' | 'reportId' | 'range' | 'policy'> &
  Partial<Pick<AggregateHead, 'email' | 'contact' | 'errors' | 'generator'>>;

/** The report as XML text, which reads back as the same values. There must be a row: RFC 9990 asks for one. */
export function writeAggregate(head: WrittenHead, rows: Iterable<AggregateRow>): string {
  const { policy } = head;
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0">',
    '  <version>1.0</version>',
    '  <report_metadata>',
    tag(4, 'org_name', head.reporter),
    tag(4, 'email', head.email ?? ''),
    maybe(4, 'extra_contact_info', head.contact),
    tag(4, 'report_id', head.reportId),
    '    <date_range>',
    tag(6, 'begin', String(head.range.begin)),
    tag(6, 'end', String(head.range.end)),
    '    </date_range>',
    // The XSD has room for one.
    maybe(4, 'error', head.errors === undefined || head.errors.length === 0 ? undefined : head.errors.join('; ')),
    maybe(4, 'generator', head.generator),
    '  </report_metadata>',
    '  <policy_published>',
    tag(4, 'domain', policy.domain),
    // A record without p counts as none (RFC 9989); the XSD asks for it.
    tag(4, 'p', policy.p ?? 'none'),
    maybe(4, 'sp', policy.sp),
    maybe(4, 'np', policy.np),
    maybe(4, 'adkim', policy.adkim),
    maybe(4, 'aspf', policy.aspf),
    maybe(4, 'discovery_method', policy.discoveryMethod),
    maybe(4, 'fo', policy.fo),
    maybe(4, 'testing', policy.testing === undefined ? undefined : policy.testing ? 'y' : 'n'),
    '  </policy_published>',
  ];
  for (const row of rows) lines.push(record(row));
  lines.push('</feedback>');
  return `${lines.filter((line) => line !== '').join('\n')}\n`;
}

function record(row: AggregateRow): string {
  return [
    '  <record>',
    '    <row>',
    tag(6, 'source_ip', row.sourceIp),
    tag(6, 'count', String(row.count)),
    '      <policy_evaluated>',
    tag(8, 'disposition', row.disposition),
    tag(8, 'dkim', row.dkim ?? 'fail'),
    tag(8, 'spf', row.spf ?? 'fail'),
    ...row.reasons.map(reason),
    '      </policy_evaluated>',
    '    </row>',
    '    <identifiers>',
    tag(6, 'header_from', row.headerFrom),
    maybe(6, 'envelope_from', row.envelopeFrom),
    maybe(6, 'envelope_to', row.envelopeTo),
    '    </identifiers>',
    '    <auth_results>',
    ...row.dkimAuth.map(dkim),
    ...row.spfAuth.slice(0, 1).map(spf),
    '    </auth_results>',
    '  </record>',
  ]
    .filter((line) => line !== '')
    .join('\n');
}

/** RFC 9990, PolicyOverrideType. */
const overrides: ReadonlySet<string> = new Set([
  'local_policy',
  'mailing_list',
  'other',
  'policy_test_mode',
  'trusted_forwarder',
]);

function reason({ type, comment }: PolicyOverride): string {
  const known = overrides.has(type);
  const said = known ? comment : comment === undefined ? type : `${type}: ${comment}`;
  return group(8, 'reason', [tag(10, 'type', known ? type : 'other'), maybe(10, 'comment', said)]);
}

const dkim = (auth: DkimAuth): string =>
  group(6, 'dkim', [
    tag(8, 'domain', auth.domain),
    // The XSD asks for a selector, and RFC 7489 did not.
    tag(8, 'selector', auth.selector ?? ''),
    tag(8, 'result', auth.result),
    maybe(8, 'human_result', auth.humanResult),
  ]);

const spf = (auth: SpfAuth): string =>
  group(6, 'spf', [
    tag(8, 'domain', auth.domain),
    auth.scope === 'mfrom' ? tag(8, 'scope', 'mfrom') : '',
    tag(8, 'result', auth.result),
    maybe(8, 'human_result', auth.humanResult),
  ]);

const group = (indent: number, name: string, lines: readonly string[]): string =>
  [`${' '.repeat(indent)}<${name}>`, ...lines.filter((line) => line !== ''), `${' '.repeat(indent)}</${name}>`].join(
    '\n',
  );

const tag = (indent: number, name: string, text: string): string =>
  `${' '.repeat(indent)}<${name}>${escapeXml(text)}</${name}>`;

const maybe = (indent: number, name: string, text: string | undefined): string =>
  text === undefined || text === '' ? '' : tag(indent, name, text);
