import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { mailHeader } from '../../../test/proof/mail-header.ts';
import { expectCodes } from '../../../test/zone-world.ts';
import { dnsName } from '../../dns/name.ts';
import type { Finding, Severity, State } from '../../finding/finding.ts';
import type { DkimOutcome } from '../dkim/outcome.ts';
import type { BodySeen } from './body-link.ts';
import { checkUnsubscribe, oneClickAddresses, type UnsubscribeInput } from './check.ts';
import { rows } from './findings.ts';
import type { PostOutcome } from './post.ts';

const author = dnsName('example.com');
const token = '4fXkQ2mV9sLw7TzR';
const uri = `https://track.example.com/u/${token}`;
const listUnsubscribe = `List-Unsubscribe: <${uri}>, <mailto:leave@example.com?subject=${token}>`;
const listPost = 'List-Unsubscribe-Post: List-Unsubscribe=One-Click';
const companions = ['List-Id: <news.example.com>', 'Feedback-ID: a:b:c:example'] as const;
const good = [listUnsubscribe, listPost, ...companions] as const;
const body: BodySeen = { links: [{ href: uri, text: 'Unsubscribe' }], text: 'Unsubscribe' };

const signature = (more: Partial<DkimOutcome> = {}): DkimOutcome => ({
  line: 1,
  result: 'pass',
  reason: 'valid',
  domain: author,
  selector: 's1',
  signedHeaders: ['From', 'list-unsubscribe', ' List-Unsubscribe-Post '],
  ...more,
});
const answered = (more: Partial<Extract<PostOutcome, { kind: 'answered' }>> = {}): PostOutcome => ({
  kind: 'answered',
  uri,
  form: 'urlencoded',
  status: 200,
  cookies: [],
  excerpt: '',
  address: '192.0.2.1',
  elapsedMs: 3,
  tls: { protocol: 'TLSv1.3' },
  ...more,
});
const failed = (more: Partial<Extract<PostOutcome, { kind: 'failed' }>>): PostOutcome => ({
  kind: 'failed',
  uri,
  form: 'urlencoded',
  reason: 'refused',
  detail: 'it refuses',
  ...more,
});

interface Scenario extends Partial<Omit<UnsubscribeInput, 'source' | 'header'>> {
  readonly title: string;
  readonly fields?: readonly string[];
  readonly codes: readonly string[];
  /** Of the first of the codes. */
  readonly severity?: Severity;
  readonly state?: State;
  readonly says?: RegExp;
}

const without = (...names: readonly string[]): readonly string[] =>
  good.filter((field) => !names.some((name) => field.startsWith(`${name}:`)));
const instead = (field: string): readonly string[] => [field, ...without('List-Unsubscribe')];

const scenarios: readonly Scenario[] = [
  { title: 'all in good order', codes: [] },
  { title: 'no bulk mail, and no fields', fields: ['Subject: your receipt'], bulk: false, codes: [] },
  {
    title: 'bulk mail without List-Unsubscribe',
    fields: companions,
    codes: ['unsub.header.missing'],
    says: /List-Id/,
  },
  {
    title: 'only the Post field',
    fields: [listPost],
    bulk: false,
    codes: ['unsub.header.missing'],
    says: /List-Unsubscribe-Post/,
  },
  {
    title: 'no Post field',
    fields: without('List-Unsubscribe-Post'),
    codes: ['unsub.post.missing'],
    severity: 'error',
  },
  {
    title: 'transactional mail gets no error',
    fields: [`List-Unsubscribe: https://mail.other.test/?id=17`],
    bulk: false,
    codes: ['unsub.transactional', 'unsub.syntax', 'unsub.post.missing', 'unsub.https.missing'],
  },
  {
    title: 'transactional mail with both fields in order',
    bulk: false,
    codes: ['unsub.transactional'],
    severity: 'info',
  },
  {
    title: 'another value',
    fields: [...without('List-Unsubscribe-Post'), 'List-Unsubscribe-Post: One-Click'],
    codes: ['unsub.post.value'],
    severity: 'error',
    says: /says `One-Click` instead/,
  },
  {
    title: 'the value in other letters',
    fields: [...without('List-Unsubscribe-Post'), 'List-Unsubscribe-Post: list-unsubscribe=one-click'],
    codes: ['unsub.post.value'],
    severity: 'warning',
  },
  {
    title: 'the value folded and with blanks around it is the value',
    fields: [...without('List-Unsubscribe-Post'), 'List-Unsubscribe-Post:\r\n List-Unsubscribe=One-Click  '],
    codes: [],
  },
  {
    title: 'two Post fields',
    fields: [...good, listPost],
    codes: ['unsub.post.value'],
    says: /stands 2 times/,
  },
  {
    title: 'mailto only',
    fields: instead('List-Unsubscribe: <mailto:leave@example.com>'),
    codes: ['unsub.https.missing'],
    says: /mailto:/,
  },
  { title: 'http only', fields: instead('List-Unsubscribe: <http://example.com/u/x>'), codes: ['unsub.https.missing'] },
  { title: 'an empty field', fields: instead('List-Unsubscribe:'), codes: ['unsub.https.missing', 'unsub.syntax'] },
  {
    title: 'mailto first',
    fields: instead(`List-Unsubscribe: <mailto:leave@example.com>, <${uri}>`),
    codes: ['unsub.https.first'],
    severity: 'info',
  },
  { title: 'no mailto', fields: instead(`List-Unsubscribe: <${uri}>`), codes: ['unsub.https.first'] },
  {
    title: 'no angle brackets',
    fields: instead(`List-Unsubscribe: ${uri}`),
    codes: ['unsub.https.missing', 'unsub.syntax'],
    says: /without angle brackets|no address/,
  },
  {
    title: 'a blank in the address',
    fields: instead(`List-Unsubscribe: <${uri}?a=b c>, <mailto:l@example.com>`),
    codes: ['unsub.syntax'],
    says: /blank/,
  },
  {
    title: 'several fields',
    fields: [...good, 'List-Unsubscribe: <mailto:leave@example.com>'],
    codes: ['unsub.syntax'],
    says: /2 such fields/,
  },
  {
    title: 'two https addresses',
    fields: instead(`List-Unsubscribe: <${uri}>, <${uri}2>, <mailto:l@example.com>`),
    codes: ['unsub.syntax'],
    severity: 'warning',
  },
  {
    title: 'an address folded in its midst',
    fields: instead(`List-Unsubscribe: <https://track.example.com/u/\r\n ${token}>, <mailto:l@example.com>`),
    codes: ['unsub.folded_uri'],
    says: /folded/,
  },
  {
    title: 'an address of a thousand characters',
    fields: instead(`List-Unsubscribe: <${uri}${'a1B'.repeat(330)}>, <mailto:l@example.com>`),
    codes: ['unsub.folded_uri'],
    says: /1\d\d\d characters/,
  },
  {
    title: 'a fold between addresses is as it should be',
    fields: instead(`List-Unsubscribe: <${uri}>,\r\n <mailto:l@example.com>`),
    codes: [],
  },
  { title: 'a signature that covers both', dkim: [signature()], codes: [] },
  {
    title: 'one valid signature of two covers both',
    dkim: [signature({ result: 'fail' }), signature({ signedHeaders: ['from'] }), signature()],
    codes: [],
  },
  {
    title: 'a signature that leaves one out',
    dkim: [signature({ signedHeaders: ['from', 'List-Unsubscribe'] })],
    codes: ['unsub.dkim.uncovered'],
    severity: 'error',
    says: /example\.com \(selector s1\) leaves out List-Unsubscribe-Post/,
  },
  {
    title: 'a field that stands twice and is signed once',
    fields: [...good, 'List-Unsubscribe: <mailto:evil@other.test>'],
    dkim: [signature()],
    codes: ['unsub.dkim.uncovered', 'unsub.syntax'],
    says: /names List-Unsubscribe 1 times, and it stands in the header 2 times/,
  },
  {
    title: 'a field that stands once and is signed twice (oversigned)',
    dkim: [signature({ signedHeaders: [...signature().signedHeaders, ...signature().signedHeaders] })],
    codes: [],
  },
  { title: 'no signature', dkim: [], codes: ['unsub.dkim.uncovered'], says: /no DKIM signature/ },
  {
    title: 'a broken signature covers nothing',
    dkim: [signature({ result: 'fail' })],
    codes: ['unsub.dkim.uncovered'],
    state: 'fail',
  },
  {
    title: 'a key that could not be asked for',
    dkim: [signature({ result: 'temperror', reason: 'SERVFAIL' })],
    codes: ['unsub.dkim.uncovered'],
    state: 'unknown',
  },
  {
    title: 'only the service has signed both',
    dkim: [signature({ signedHeaders: ['from'] }), signature({ domain: dnsName('esp.test') })],
    codes: ['unsub.dkim.uncovered'],
    severity: 'warning',
    says: /esp\.test/,
  },
  {
    title: 'a sub-domain signs',
    dkim: [signature({ domain: dnsName('mail.example.com') })],
    codes: [],
  },
  {
    title: 'what DMARC found to match counts',
    dkim: [signature({ domain: dnsName('brand.test') })],
    aligned: () => 'relaxed',
    codes: [],
  },
  {
    title: 'what DMARC found not to match',
    dkim: [signature({ domain: dnsName('mail.example.com') })],
    aligned: () => 'none',
    codes: ['unsub.dkim.uncovered'],
    severity: 'warning',
  },
  { title: 'the POST works', posts: [answered(), answered({ status: 202, form: 'multipart' })], codes: [] },
  {
    title: 'the POST is answered by a cookie, which does not matter',
    posts: [answered({ cookies: ['sid'] })],
    codes: [],
  },
  {
    title: 'the POST is not taken',
    posts: [answered({ status: 405 })],
    codes: ['unsub.post.works'],
    says: /https:\/\/track\.example\.com\/u… does not work: it answers 405/,
  },
  {
    title: 'both forms fail alike: told once',
    posts: [answered({ status: 500 }), answered({ status: 500, form: 'multipart' })],
    codes: ['unsub.post.works'],
  },
  {
    title: 'only the second form fails',
    posts: [answered(), answered({ status: 415, form: 'multipart' })],
    codes: ['unsub.post.works'],
    says: /multipart\/form-data/,
  },
  { title: 'too many requests', posts: [answered({ status: 429 })], codes: ['unsub.post.works'], state: 'unknown' },
  { title: 'refused', posts: [failed({})], codes: ['unsub.post.works'], state: 'fail' },
  { title: 'no answer', posts: [failed({ reason: 'timeout' })], codes: ['unsub.post.works'], state: 'unknown' },
  {
    title: 'a host that is not there',
    posts: [failed({ reason: 'dns', detail: 'track.example.com has no address' })],
    codes: ['unsub.post.works'],
    state: 'fail',
  },
  {
    title: 'a host that could not be looked up',
    posts: [failed({ reason: 'dns', detail: 'the address of x could not be looked up (servfail)' })],
    codes: ['unsub.post.works'],
    state: 'unknown',
  },
  {
    title: 'offline',
    posts: [{ kind: 'not-sent', why: 'offline', detail: 'offline', uri, form: 'urlencoded' }],
    codes: ['unsub.post.works'],
    state: 'unknown',
  },
  {
    title: 'an address of a private network',
    posts: [{ kind: 'not-sent', why: 'inside', detail: '10.0.0.1 is not a public address', uri, form: 'urlencoded' }],
    codes: ['unsub.post.works'],
    state: 'fail',
  },
  {
    title: 'a redirect',
    posts: [answered({ status: 303, location: '/bye?who=me' })],
    codes: ['unsub.post.redirect'],
    says: /\(303\) to https:\/\/track\.example\.com\/bye…\.$/,
  },
  {
    title: 'a form token is missing',
    posts: [answered({ status: 403, demand: 'form token' })],
    codes: ['unsub.post.needs_context'],
    severity: 'error',
  },
  {
    title: 'a page that asks again',
    posts: [answered({ demand: 'confirmation' })],
    codes: ['unsub.post.needs_context'],
    severity: 'warning',
  },
  {
    title: 'a certificate for another name',
    posts: [failed({ reason: 'certificate-name', detail: 'it is for other.test' })],
    codes: ['unsub.host.tls'],
    severity: 'error',
  },
  {
    title: 'old TLS',
    posts: [answered({ tls: { protocol: 'TLSv1.1' } })],
    codes: ['unsub.host.tls'],
    severity: 'warning',
  },
  {
    title: 'a number as token',
    fields: instead('List-Unsubscribe: <https://example.com/unsubscribe?id=4711>, <mailto:l@example.com>'),
    codes: ['unsub.token.guessable'],
    severity: 'error',
    says: /number 4711/,
  },
  {
    title: 'an address as token',
    fields: instead('List-Unsubscribe: <https://example.com/out?e=jane%40doe.test>, <mailto:l@example.com>'),
    codes: ['unsub.token.guessable'],
    says: /e-mail address/,
  },
  {
    title: 'one address for everybody',
    fields: instead('List-Unsubscribe: <https://example.com/unsubscribe>, <mailto:l@example.com>'),
    codes: ['unsub.token.guessable'],
    severity: 'warning',
  },
  {
    title: 'another organisation takes the unsubscribe',
    fields: instead(`List-Unsubscribe: <https://u1.ct.esp.test/u/${token}>, <mailto:l@example.com>`),
    codes: ['unsub.host.orgdomain'],
    says: /u1\.ct\.esp\.test/,
  },
  {
    title: 'another organisation, as the plan has it',
    fields: instead(`List-Unsubscribe: <https://u.brand.test/u/${token}>, <mailto:l@example.com>`),
    expected: { domain: author, senders: [], tracking: [], unsubscribe: [dnsName('u.brand.test')] },
    codes: [],
  },
  { title: 'no List-Id', fields: without('List-Id'), codes: ['unsub.list_id'] },
  { title: 'no Feedback-ID', fields: without('Feedback-ID'), codes: ['unsub.feedback_id'] },
  {
    title: 'no link in the body',
    body: { links: [{ href: 'https://example.com/', text: 'Read on' }], text: 'Read on' },
    codes: ['unsub.body_link'],
    state: 'fail',
  },
  {
    title: 'no link in what was read of the body',
    body: { links: [], text: '', cut: true },
    codes: ['unsub.body_link'],
    state: 'unknown',
  },
  {
    title: 'words without any link',
    body: { links: [], text: 'To unsubscribe write to us.' },
    codes: ['unsub.body_link'],
  },
  {
    title: 'a link beside the words',
    body: { links: [{ href: 'https://track.example.com/c/xyz', text: 'here' }], text: 'To unsubscribe click here' },
    codes: [],
  },
  {
    title: 'a link in another language',
    body: { links: [{ href: 'https://track.example.com/c/xyz', text: 'Vom Newsletter abmelden' }], text: '' },
    codes: [],
  },
  {
    title: 'a link by its address',
    body: { links: [{ href: 'https://example.com/optout/xyz', text: '' }], text: '' },
    codes: [],
  },
  {
    title: 'a host that only sounds like it',
    body: { links: [{ href: 'https://unsubscribe.example.com/shop', text: 'Shop' }], text: 'Shop' },
    codes: ['unsub.body_link'],
  },
  {
    title: 'no body link is asked of transactional mail',
    fields: ['Subject: x'],
    bulk: false,
    body: { links: [], text: '' },
    codes: [],
  },
];

const seen = new Set<string>();
const run = ({ fields = good, ...more }: Partial<Scenario>): readonly Finding[] =>
  checkUnsubscribe({ source: 'mail.eml', header: mailHeader(...fields), author, bulk: true, body, ...more });

for (const scenario of scenarios) {
  test(scenario.title, () => {
    const findings: readonly Finding[] = run(scenario);
    for (const { code } of findings) seen.add(code);
    expectCodes(findings, scenario.codes);
    const first = findings.find(({ code }) => code === scenario.codes[0]);
    if (scenario.severity !== undefined) assert.equal(first?.severity, scenario.severity);
    if (scenario.state !== undefined) assert.equal(first?.state, scenario.state);
    if (scenario.says !== undefined) assert.match(findings.map(({ message }) => message).join('\n'), scenario.says);
    if (scenario.bulk === false) {
      const errors = findings.filter(({ severity, code }) => severity === 'error' && code !== 'unsub.header.missing');
      assert.deepEqual(errors, [], 'transactional mail gets no error');
    }
  });
}

after(() => assert.deepEqual([...seen].sort(), Object.keys(rows).sort(), 'every row has a scenario'));

test('evidence is the field itself, with the faulty characters marked', () => {
  const [finding] = run({ fields: instead('List-Unsubscribe: <https://a.example.com/u/ x>') });
  const evidence = finding?.evidence[0];
  assert.ok(evidence?.kind === 'file');
  assert.equal(evidence.line, 1);
  const [mark] = evidence.marks ?? [];
  assert.ok(mark);
  assert.equal(evidence.text.slice(mark.offset, mark.offset + mark.length), 'https://a.example.com/u/ x');
});

test('what tells the recipient does not stand in sentences about a POST', () => {
  const posts = [
    answered({ status: 302, location: `https://other.test/${token}?u=${token}` }),
    answered({ status: 500 }),
  ];
  const header = mailHeader(...good);
  const findings = checkUnsubscribe({ source: 'x', header, author, bulk: true, posts });
  assert.equal(findings.length, 2);
  assert.ok(!JSON.stringify(findings).includes(token));
});

test('the addresses for a POST', () => {
  assert.deepEqual(oneClickAddresses(mailHeader(...good)), [uri]);
  assert.deepEqual(oneClickAddresses(mailHeader('Subject: x')), []);
});

test('any text in the fields is judged without an exception', () => {
  const piece = fc.oneof(
    fc.constantFrom('<', '>', ',', ' ', '\r\n ', 'https://', 'mailto:', '(', '%', 'example.com/', '[', '1', uri),
    fc.string({ maxLength: 5 }).map((text) => text.replaceAll(/[\r\n]/g, '')),
  );
  const value = fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(value, value, fc.boolean(), (one, other, bulk) => {
      const header = mailHeader(`List-Unsubscribe: ${one}`, `List-Unsubscribe-Post: ${other}`);
      for (const finding of checkUnsubscribe({ source: 'x', header, author, bulk, dkim: [], body })) {
        assert.ok(finding.code in rows);
        assert.ok(!/\{\w+\}/.test(finding.message), finding.message);
      }
    }),
    { numRuns: 300 },
  );
});
