/** Aggregate reports as the world writes them: what is mended, what is refused, and that nothing breaks the reader. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { AggregateHead, AggregateRow } from './aggregate.ts';
import { aggregateReader } from './read-aggregate.ts';
import type { HeadResult } from './aggregate-head.ts';
import type { AggregateOptions } from './read-aggregate.ts';

const head = `<report_metadata><org_name>Receiver</org_name><email>a@receiver.example</email><report_id>r1</report_id>
<date_range><begin>1700000000</begin><end>1700086399</end></date_range></report_metadata>
<policy_published><domain>Example.com.</domain><p>none</p></policy_published>`;
const record = `<record><row><source_ip>192.0.2.1</source_ip><count>3</count><policy_evaluated>
<disposition>none</disposition><dkim>pass</dkim><spf>fail</spf></policy_evaluated></row>
<identifiers><header_from>Example.com</header_from></identifiers>
<auth_results><dkim><domain>example.com</domain><selector>s</selector><result>pass</result></dkim></auth_results></record>`;
const row: AggregateRow = {
  sourceIp: '192.0.2.1',
  count: 3,
  disposition: 'none',
  dkim: 'pass',
  spf: 'fail',
  reasons: [],
  headerFrom: 'example.com',
  dkimAuth: [{ domain: 'example.com', selector: 's', result: 'pass' }],
  spfAuth: [],
};
const feedback = (inner: string, attributes = ''): string => `<feedback${attributes}>${inner}</feedback>`;

interface Read {
  readonly rows: readonly AggregateRow[];
  readonly result: HeadResult;
}

function read(text: string, options: AggregateOptions = {}, cuts: readonly number[] = []): Read {
  const reader = aggregateReader(options);
  const rows: AggregateRow[] = [];
  let from = 0;
  for (const cut of [...cuts].sort((a, b) => a - b).concat(text.length)) {
    rows.push(...reader.write(text.slice(from, cut)));
    from = cut;
  }
  return { rows, result: reader.end() };
}

function good(text: string, options: AggregateOptions = {}): { rows: readonly AggregateRow[]; head: AggregateHead } {
  const { rows, result } = read(text, options);
  assert.ok(result.kind === 'good', JSON.stringify(result));
  return { rows, head: result.head };
}

/** The codes of what was mended, in order. */
const repairs = (text: string): readonly string[] => good(text).head.repairs.map(({ code, row }) => `${code} ${row}`);

function refusal(text: string, options: AggregateOptions = {}): string {
  const { result } = read(text, options);
  assert.ok(result.kind === 'refused', 'it is not refused');
  assert.match(result.refusal.text, /^[A-Z].*[.]$|^line \d+(?: or later)?: .*[.]$/s);
  return result.refusal.code;
}

test('a report without faults: head, rows, sums, no repairs', () => {
  const { rows, head: seen } = good(
    `<?xml version="1.0"?>\n${feedback(`<version>1.0</version>${head}${record}${record}`)}`,
  );
  assert.deepEqual(rows, [row, row]);
  assert.deepEqual(seen, {
    kind: 'aggregate',
    form: 'RFC 7489',
    reporter: 'Receiver',
    email: 'a@receiver.example',
    reportId: 'r1',
    range: { begin: 1_700_000_000, end: 1_700_086_399 },
    errors: [],
    policy: { domain: 'example.com', p: 'none' },
    extensions: [],
    rows: 2,
    messages: 6,
    repairs: [],
  });
});

test('the form is that of the namespace, else of the elements', () => {
  const form = (inner: string, attributes = ''): string => good(feedback(inner, attributes)).head.form;
  const body = head + record;
  assert.equal(form(body, ' xmlns="urn:ietf:params:xml:ns:dmarc-2.0"'), 'RFC 9990');
  assert.equal(form(`<version>1.0</version>${body}`, ' xmlns="http://dmarc.org/dmarc-xml/0.1"'), 'RFC 7489');
  assert.equal(form(body, ' xmlns="http://dmarc.org/dmarc-xml/0.2"'), 'draft');
  assert.equal(form(body), 'draft');
  assert.equal(form(`<version>1.0</version>${body}`), 'RFC 7489');
  assert.equal(form(body.replace('</p>', '</p><testing>y</testing>')), 'RFC 9990');
});

test('prefixes, case, order and former names do not matter', () => {
  const prefixed = `<d:feedback xmlns:d="urn:ietf:params:xml:ns:dmarc-2.0">${`${record}${head}`.replaceAll(/<(\/?)/g, '<$1d:')}</d:feedback>`;
  const read = good(prefixed);
  assert.deepEqual(read.rows, [row]);
  assert.equal(read.head.form, 'RFC 9990');
  assert.deepEqual(read.head.repairs, []);
  const upper = feedback(head + record).replaceAll(/<\/?[a-z_]+/g, (name) => name.toUpperCase());
  assert.deepEqual(good(upper).rows, [row]);
  assert.deepEqual(repairs(upper).slice(0, 1), ['name.case 0']);
  assert.deepEqual(repairs(feedback(head + record.replaceAll('identifiers', 'identities'))), ['name.case 1']);
});

/** What is done to the report, and what is told of it. */
const mended: readonly (readonly [what: string, text: string, codes: readonly string[]])[] = [
  ['upper-case results', feedback(head + record.replaceAll('pass', 'Pass')), ['word.case 1']],
  ['blanks around numbers and words', feedback((head + record).replaceAll(/>([\w.]+)</g, '> $1\n<')), []],
  ['milliseconds', feedback(head.replaceAll(/(1700\d+)/g, '$1000') + record), ['range.milliseconds 0']],
  ['dates', feedback(head.replace('1700000000', '2023-11-14T22:13:20Z') + record), ['range.date 0']],
  ['fractions', feedback(head.replace('1700000000', '1700000000.7') + record), ['range.fraction 0']],
  ['no reporter', feedback(head.replace('Receiver', '') + record), ['org_name.missing 0']],
  ['no report id', feedback(head.replace('r1', '') + record), ['report_id.missing 0']],
  [
    'an unknown element',
    feedback(head + record.replace('<row>', '<strange a="&lt;">x</strange><row>')),
    ['element.unknown 1'],
  ],
  ['an element twice', feedback(head + record.replace('<count>', '<count>9</count><count>')), ['element.twice 1']],
  [
    'an empty reason',
    feedback(head + record.replace('</policy', '<reason><type/></reason></policy')),
    ['reason.empty 1'],
  ],
  ['text between elements', feedback(`${head} stray ${record}`), ['text.stray 0']],
  ['text behind the report', `${feedback(head + record)}</xs:schema>`, ['end.text 0']],
  ['blanks in front', `\uFEFF\n ${feedback(head + record)}`, ['begin.blank 0']],
  ['octets that were no text', feedback(head + record.replace('>s<', '>s\uFFFD<')), ['octets.invalid 1']],
  ['a control character', feedback(head + record.replace('>s<', '>s\u0001<')), ['character 1']],
  ['an unknown disposition', feedback(head + record.replace('>none<', '>odd<')), ['word.unknown 1']],
  ['a percentage that is none', feedback(head.replace('</p>', '</p><pct>500</pct>') + record), ['pct 0']],
  ['no records', feedback(head), ['rows.none 0']],
  ['a wrapper', `<a><b>${feedback(head + record)}</b></a>`, []],
  ['a namespace for something else', feedback(head + record, ' xmlns:xsi="x" xsi:schemaLocation="y"'), []],
  ['no author', feedback(head + record.replace(/<header_from>.*<\/header_from>/, '')), ['row.header_from 1']],
  ['one record without address', feedback(head + record + record.replace('192.0.2.1', 'unknown')), ['row.address 2']],
  ['one record without count', feedback(head + record + record.replace('>3<', '><')), ['count.missing 2']],
  ['one negative count', feedback(head + record + record.replace('>3<', '>-3<')), ['count.negative 2']],
  ['one absurd count', feedback(head + record + record.replace('>3<', '>99999999999999<')), ['count.absurd 2']],
  ['one count that is none', feedback(head + record + record.replace('>3<', '>3e2<')), ['count.unreadable 2']],
];

for (const [what, text, codes] of mended) {
  test(`mended: ${what}`, () => {
    assert.deepEqual(repairs(text), codes);
    if (!/record/.test(what)) return;
    assert.equal(good(text).head.rows, what === 'no records' ? 0 : 1);
  });
}

test('a record that is passed over counts nowhere', () => {
  const { rows, head: seen } = good(feedback(head + record + record.replace('>3<', '>-3<')));
  assert.equal(rows.length, 1);
  assert.deepEqual([seen.rows, seen.messages], [1, 3]);
});

test('addresses are in canonical form, mapped ones are IPv4', () => {
  const ip = (text: string): string | undefined =>
    good(feedback(head + record.replace('192.0.2.1', text))).rows[0]?.sourceIp;
  assert.equal(ip('2001:DB8:0:0::1'), '2001:db8::1');
  assert.equal(ip('::ffff:192.0.2.7'), '192.0.2.7');
  assert.equal(ip(' [192.0.2.8] '), '192.0.2.8');
});

test('what the reporter says besides is kept: errors, testing, method, overrides, extensions', () => {
  const told = head
    .replace(
      '<date_range>',
      '<error>two records</error><error lang="en">syntax &amp; more</error><generator>G 1</generator><date_range>',
    )
    .replace(
      '</p>',
      '</p><np>reject</np><testing>y</testing><discovery_method>TreeWalk</discovery_method><adkim>s</adkim>',
    );
  const why =
    '<reason><type>mailing_list</type><comment>list</comment></reason><reason><comment>only</comment></reason>';
  const { rows, head: seen } = good(
    feedback(
      `${told}<extension><e:x xmlns:e="u" a="1">t &lt; u</e:x></extension>${record.replace('</policy_', `${why}</policy_`)}`,
    ),
  );
  assert.deepEqual(seen.errors, ['two records', 'syntax & more']);
  assert.equal(seen.generator, 'G 1');
  assert.deepEqual(seen.policy, {
    domain: 'example.com',
    p: 'none',
    np: 'reject',
    adkim: 's',
    testing: true,
    discoveryMethod: 'treewalk',
  });
  assert.deepEqual(seen.extensions, ['<extension><e:x xmlns:e="u" a="1">t &lt; u</e:x></extension>']);
  assert.deepEqual(rows[0]?.reasons, [
    { type: 'mailing_list', comment: 'list' },
    { type: 'other', comment: 'only' },
  ]);
});

test('the words of the drafts count as what they meant (RFC 7489 appendix C)', () => {
  const spf = (word: string): string | undefined =>
    good(
      feedback(
        head +
          record.replace(
            '<dkim><domain>',
            `<spf><domain>e.example</domain><result>${word}</result></spf><dkim><domain>`,
          ),
      ),
    ).rows[0]?.spfAuth[0]?.result;
  assert.deepEqual(['unknown', 'error', 'hardfail', 'softfail', '', 'x'].map(spf), [
    'temperror',
    'permerror',
    'fail',
    'softfail',
    'none',
    'none',
  ]);
});

test('nothing is concluded from what is not said', () => {
  const { rows } = good(feedback(head + record.replace('<dkim>pass</dkim><spf>fail</spf>', '<dkim></dkim>')));
  assert.equal('dkim' in (rows[0] ?? {}), false);
  assert.equal('spf' in (rows[0] ?? {}), false);
});

const begun = feedback(head + record);
const refusedTexts: readonly (readonly [what: string, text: string, code: string, options?: AggregateOptions])[] = [
  ['nothing', '', 'empty'],
  ['blanks', ' \n ', 'empty'],
  ['text', 'no report', 'not-xml'],
  ['another document', '<html><body></body></html>', 'not-report'],
  ['mismatched tags', begun.replace('</row>', '</rows>'), 'not-xml'],
  ['a bare ampersand', begun.replace('Receiver', 'A&B'), 'not-xml'],
  ['an undefined entity', begun.replace('Receiver', 'A&nbsp;B'), 'not-xml'],
  ['cut in the middle', begun.slice(0, begun.indexOf('<count>')), 'incomplete'],
  ['cut before its end', begun.slice(0, -3), 'incomplete'],
  ['a DTD', `<!DOCTYPE feedback>${begun}`, 'entities'],
  ['an external DTD', `<!DOCTYPE feedback SYSTEM "http://127.0.0.1:1/x.dtd">${begun}`, 'entities'],
  [
    'an external entity',
    `<!DOCTYPE f [<!ENTITY x SYSTEM "file:///etc/passwd">]>${begun.replace('Receiver', '&x;')}`,
    'entities',
  ],
  ['no domain', begun.replace('Example.com.', ' '), 'domain'],
  ['no period', begun.replace(/<date_range>.*<\/date_range>/s, ''), 'range'],
  ['a period that is none', begun.replace('1700000000', 'soon'), 'range'],
  ['a negative time', begun.replace('1700000000', '-5'), 'range'],
  ['an end before its beginning', begun.replace('1700086399', '1600000000'), 'range'],
  ['a time to come', begun, 'range', { now: 1_600_000_000 }],
  ['only records that cannot be counted', begun.replace('192.0.2.1', ''), 'count'],
  ['too many records', feedback(head + record.repeat(5)), 'limit', { maxRows: 4 }],
];
for (const [what, text, code, options] of refusedTexts) {
  test(`refused: ${what}`, () => assert.equal(refusal(text, options), code));
}

test('a report of today is not one from the future', () => {
  assert.equal(good(begun, { now: 1_700_000_000 }).rows.length, 1);
});

test('a report that is cut off says how far it came', () => {
  const { result } = read(`${feedback(head + record.repeat(2)).slice(0, -30)}`);
  assert.ok(result.kind === 'refused');
  assert.match(result.refusal.text, /line \d+ inside <\w+>, after 1 records with 3 messages/);
});

test('what is read does not depend on how the text is cut', () => {
  const text = `<?xml version="1.0" encoding="UTF-8"?><!-- c -->${feedback(`${head}<x>𝒳&amp;<![CDATA[<y>]]></x>${record}${record.replace('>s<', '>s&#x1D4B3;é<')}`)}`;
  const whole = read(text);
  assert.equal(whole.result.kind, 'good');
  for (let cut = 0; cut <= text.length; cut++) assert.deepEqual(read(text, {}, [cut]), whole);
  fc.assert(
    fc.property(fc.array(fc.nat(text.length), { maxLength: 40 }), (cuts) => {
      assert.deepEqual(read(text, {}, cuts), whole);
    }),
    { numRuns: 200 },
  );
});

test('text with pieces exchanged, doubled and lost never throws', () => {
  const text = feedback(head + record.repeat(3));
  const piece = fc.tuple(
    fc.nat(text.length),
    fc.nat(60),
    fc.constantFrom('', '<', '>', '&', '"', '\u0000', '<a>', '</', ']]>', '<![CDATA[', '<!--'),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), (changes) => {
      let changed = text;
      for (const [at, length, put] of changes) changed = changed.slice(0, at) + put + changed.slice(at + length);
      const { rows, result } = read(changed);
      if (result.kind === 'good') assert.equal(result.head.rows, rows.length);
    }),
    { numRuns: 2000 },
  );
});

/** Milliseconds that a bomb may take; it takes a tenth of that. */
const patience = 3000;
const bombs: readonly (readonly [what: string, text: () => string, code: string])[] = [
  [
    'a billion laughs',
    () =>
      `<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">${Array.from({ length: 20 }, (_, i) => `<!ENTITY ${String.fromCharCode(98 + i)} "${`&${String.fromCharCode(97 + i)};`.repeat(10)}">`).join('')}]>${feedback('&u;')}`,
    'entities',
  ],
  [
    'quadratic blow-up',
    () => `<!DOCTYPE l [<!ENTITY a "${'x'.repeat(500_000)}">]>${feedback('&a;'.repeat(50_000))}`,
    'entities',
  ],
  ['a DTD without end', () => `<!DOCTYPE l [${'<!ENTITY a "b">'.repeat(300_000)}`, 'limit'],
  ['a million elements in each other', () => '<a>'.repeat(1_000_000), 'limit'],
  ['a million elements in each other in a report', () => feedback('<record>'.repeat(1_000_000)), 'limit'],
  ['an attribute of 10 MB', () => `<feedback a="${'x'.repeat(10_000_000)}">${head}</feedback>`, 'limit'],
  [
    'a hundred thousand attributes',
    () => `<feedback ${Array.from({ length: 100_000 }, (_, i) => `a${i}="${i}${i}"`).join(' ')}>`,
    'limit',
  ],
  ['a text of 10 MB', () => feedback(head.replace('Receiver', 'x'.repeat(10_000_000))), 'limit'],
  ['a comment of 10 MB', () => `<!--${'x'.repeat(10_000_000)}-->${begun}`, 'limit'],
  ['three million empty elements', () => feedback(head + '<a/><version/>'.repeat(1_500_000)), 'limit'],
  ['a name of 10 MB', () => `<${'x'.repeat(10_000_000)}>`, 'limit'],
];
for (const [what, text, code] of bombs) {
  test(`bounded: ${what}`, () => {
    const bomb = text();
    const from = performance.now();
    assert.equal(refusal(bomb), code);
    assert.ok(performance.now() - from < patience, 'it takes too long');
  });
}

test('bounded: a million signatures, reasons and errors in one row', () => {
  const dkim = '<dkim><domain>d.example</domain><result>pass</result></dkim>';
  const { rows, head: seen } = good(
    feedback(
      head.replace('<date_range>', `${'<error>e</error>'.repeat(1000)}<date_range>`) +
        record.replace('<auth_results>', `<auth_results>${dkim.repeat(20_000)}`),
    ),
  );
  assert.equal(rows[0]?.dkimAuth.length, 100);
  assert.equal(seen.errors.length, 20);
});
