/**
 * DMARC aggregate reports of any length, for tests and benchmarks: the same seed gives the same report.
 *
 *     node septet/scripts/make-reports.ts --rows 100000 --form 9990 > report.xml
 */
import { parseArgs } from 'node:util';

export interface WantedReport {
  readonly rows: number;
  /** RFC 9990 with its namespace, or RFC 7489. */
  readonly form: '9990' | '7489';
  readonly seed?: number;
  readonly reportId?: string;
  readonly domain?: string;
  readonly reporter?: string;
  /** Seconds since 1970 on which the day of the report begins. */
  readonly begin?: number;
}

/** The report in pieces of about a hundred rows. Its counts are 1 to 200, see `countOf`. */
export function* reportPieces(wanted: WantedReport): Generator<string> {
  const { rows, form, domain = 'example.com', reporter = 'Receiver Example' } = wanted;
  const next = numbers(wanted.seed ?? 1);
  const begin = wanted.begin ?? 1_795_392_000;
  yield head(form, domain, reporter, wanted.reportId ?? `${begin}.${rows}`, begin);
  let piece = '';
  for (let row = 0; row < rows; row++) {
    piece += record(next, form, domain);
    if (row % 100 === 99) {
      yield piece;
      piece = '';
    }
  }
  yield `${piece}</feedback>\n`;
}

/** What the counts of the report add up to. */
export function messagesOf(wanted: WantedReport): number {
  const next = numbers(wanted.seed ?? 1);
  let messages = 0;
  for (let row = 0; row < wanted.rows; row++) messages += draw(next).count;
  return messages;
}

function head(form: WantedReport['form'], domain: string, reporter: string, id: string, begin: number): string {
  const newer = form === '9990';
  return `<?xml version="1.0" encoding="UTF-8"?>
<feedback${newer ? ' xmlns="urn:ietf:params:xml:ns:dmarc-2.0"' : ''}>
  <version>1.0</version>
  <report_metadata>
    <org_name>${reporter}</org_name>
    <email>dmarc-reports@receiver.example</email>
    <extra_contact_info>https://receiver.example/dmarc</extra_contact_info>
    <report_id>${id}</report_id>
    <date_range>
      <begin>${begin}</begin>
      <end>${begin + 86_399}</end>
    </date_range>${newer ? '\n    <generator>make-reports</generator>' : ''}
  </report_metadata>
  <policy_published>
    <domain>${domain}</domain>
    <adkim>r</adkim>
    <aspf>r</aspf>
    <p>none</p>
    <sp>none</sp>
    ${newer ? '<testing>n</testing>\n    <discovery_method>treewalk</discovery_method>' : '<pct>100</pct>'}
    <fo>1</fo>
  </policy_published>
`;
}

interface Draw {
  readonly ip: string;
  readonly count: number;
  readonly dkim: boolean;
  readonly spf: boolean;
  readonly host: number;
  readonly forwarded: boolean;
}

function draw(next: () => number): Draw {
  const six = next() % 10 === 0;
  const host = next() % 4000;
  const ip = six
    ? `2001:db8:${(host >> 4).toString(16)}:${(host + 1).toString(16)}::${((next() % 250) + 1).toString(16)}`
    : `${11 + (host % 200)}.${(host >> 3) % 256}.${next() % 256}.${next() % 256}`;
  return {
    ip,
    count: (next() % 200) + 1,
    dkim: next() % 8 !== 0,
    spf: next() % 5 !== 0,
    host,
    forwarded: next() % 50 === 0,
  };
}

function record(next: () => number, form: WantedReport['form'], domain: string): string {
  const { ip, count, dkim, spf, host, forwarded } = draw(next);
  const word = (good: boolean): string => (good ? 'pass' : 'fail');
  const reason = forwarded
    ? `
        <reason>
          <type>mailing_list</type>
          <comment>list ${host}</comment>
        </reason>`
    : '';
  return `  <record>
    <row>
      <source_ip>${ip}</source_ip>
      <count>${count}</count>
      <policy_evaluated>
        <disposition>${form === '9990' && (dkim || spf) ? 'pass' : 'none'}</disposition>
        <dkim>${word(dkim)}</dkim>
        <spf>${word(spf)}</spf>${reason}
      </policy_evaluated>
    </row>
    <identifiers>
      <envelope_from>bounces.${domain}</envelope_from>
      <header_from>${domain}</header_from>
    </identifiers>
    <auth_results>
      <dkim>
        <domain>${domain}</domain>
        <selector>s${host % 3}</selector>
        <result>${word(dkim)}</result>
      </dkim>
      <spf>
        <domain>bounces.${domain}</domain>
        <scope>mfrom</scope>
        <result>${spf ? 'pass' : 'softfail'}</result>
      </spf>
    </auth_results>
  </record>
`;
}

/** Whole numbers below 2^31 (a linear congruence); enough for made-up reports. */
function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 8;
  };
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { rows: { type: 'string' }, form: { type: 'string' } } });
  const form = values.form === '7489' ? '7489' : '9990';
  for (const piece of reportPieces({ rows: Number(values.rows ?? 1000), form })) {
    if (!process.stdout.write(piece)) await new Promise((resolve) => process.stdout.once('drain', resolve));
  }
}
