/** Proofs made by hand: an ideal one, one with a value in every field, and one whose message wants to do harm. */
import { dnsName } from '../../src/dns/name.ts';
import type { Evidence, Finding } from '../../src/finding/finding.ts';
import type { AuthenticationResults } from '../../src/mail/authres.ts';
import type { Received } from '../../src/mail/received.ts';
import type { Change, DkimOutcome } from '../../src/proof/dkim/outcome.ts';
import type { DmarcReading, ReportRow } from '../../src/proof/dmarc/outcome.ts';
import type { Proof } from '../../src/proof/proof.ts';

const at = Date.parse('2026-11-23T09:12:05Z');
const author = dnsName('greengrocer.example');
const reports = dnsName('_dmarc.greengrocer.example');

export const token = 'Zx81kQ7mP0aa93LwT5';

const hops: readonly Received[] = [
  {
    line: 2,
    helo: 'mail.greengrocer.example',
    reverseName: 'mail.greengrocer.example',
    ip: '198.51.100.10',
    by: 'mx.google.com',
    protocol: 'ESMTPS',
    authenticated: false,
    tls: { version: 'TLS1_3', cipher: 'TLS_AES_256_GCM_SHA384' },
    for: 'colleague@gmail.example',
    id: 'd2e1a72fcca58-6f',
    envelopeFrom: 'bounce@greengrocer.example',
    at: at + 4000,
  },
  {
    line: 9,
    helo: 'shop',
    ip: '192.168.3.14',
    by: 'mail.greengrocer.example',
    protocol: 'ESMTPSA',
    authenticated: true,
    tls: {},
    at,
  },
];

const authres: AuthenticationResults = {
  authservId: 'mx.google.com',
  version: 1,
  none: false,
  results: [
    {
      method: 'dkim',
      methodVersion: 1,
      result: 'pass',
      properties: [
        { ptype: 'header', property: 'd', value: 'greengrocer.example' },
        { ptype: 'header', property: 's', value: 's1' },
      ],
      comments: ['2048 bit key'],
      at: { offset: 15, length: 60 },
    },
    {
      method: 'spf',
      result: 'pass',
      reason: 'the address is listed',
      properties: [{ ptype: 'smtp', property: 'mailfrom', value: 'bounce@greengrocer.example' }],
      comments: [],
      at: { offset: 77, length: 40 },
    },
    { method: 'dmarc', result: 'pass', properties: [], comments: ['p=REJECT'], at: { offset: 120, length: 10 } },
  ],
  repairs: [],
};

const good: DkimOutcome = {
  line: 14,
  result: 'pass',
  reason: 'The signature verifies.',
  domain: author,
  selector: 's1',
  identity: '@greengrocer.example',
  algorithm: 'rsa-sha256',
  canonicalization: { header: 'relaxed', body: 'relaxed' },
  signedHeaders: ['From', 'From', 'To', 'Subject', 'Date', 'Message-ID', 'List-Unsubscribe', 'List-Unsubscribe-Post'],
  timestamp: at / 1000,
  expires: at / 1000 + 604_800,
  signatureStart: 'pX9wq1Lk',
  bodyHash: {
    signed: '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=',
    computed: '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=',
  },
  key: {
    name: dnsName('s1._domainkey.greengrocer.example'),
    kind: 'found',
    texts: ['v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA'],
    aliases: [],
    type: 'rsa',
    bits: 2048,
  },
};

const readings: readonly DmarcReading[] = (['RFC 9989', 'RFC 7489'] as const).map((reader) => ({
  reader,
  author,
  result: 'pass',
  reason: 'DKIM and SPF are aligned.',
  record: { name: reports, text: 'v=DMARC1; p=reject; rua=mailto:dmarc@greengrocer.example' },
  source: 'author',
  organisationalDomain: author,
  adkim: 'r',
  aspf: 'r',
  identifiers: [
    { method: 'spf', domain: author, passed: true, match: 'strict', aligned: true, organisationalDomain: author },
    { method: 'dkim', domain: author, selector: 's1', passed: true, match: 'strict', aligned: true },
  ],
  published: { kind: 'policy', policy: 'reject', tag: 'p' },
  disposition: 'none',
}));

const report: ReportRow = {
  source_ip: '198.51.100.10',
  count: 1,
  policy_evaluated: { disposition: 'none', dkim: 'pass', spf: 'pass', reason: [] },
  identifiers: {
    header_from: 'greengrocer.example',
    envelope_from: 'greengrocer.example',
    envelope_to: 'gmail.example',
  },
  auth_results: {
    dkim: [{ domain: 'greengrocer.example', selector: 's1', result: 'pass' }],
    spf: { domain: 'greengrocer.example', scope: 'mfrom', result: 'pass' },
  },
};

export const ideal: Proof = {
  version: 1,
  source: 'welcome.eml',
  evaluatedAt: '2026-11-23T12:00:00.000Z',
  message: {
    author: {
      kind: 'one',
      domain: author,
      mailboxes: [{ displayName: 'The Greengrocer', local: 'news', domainText: 'greengrocer.example', domain: author }],
    },
    subject: 'Pears are in – see you on Saturday',
    messageId: '<20261123091205.4711@greengrocer.example>',
    date: '2026-11-23T09:12:05.000Z',
    octets: 18_344,
    lineEnd: 'crlf',
    parts: 3,
    bulk: true,
  },
  envelope: {
    ip: { value: '198.51.100.10', from: 'Received', line: 2 },
    helo: { value: 'mail.greengrocer.example', from: 'Received', line: 2 },
    mailFrom: { value: 'bounce@greengrocer.example', from: 'Return-Path', line: 1 },
    ...(hops[0] ? { hop: hops[0] } : {}),
    why: 'The topmost Received field was written by mx.google.com, which also wrote the results.',
    hops,
  },
  spf: [
    {
      scope: 'mfrom',
      domain: 'greengrocer.example',
      result: 'pass',
      reason: 'mx matches.',
      detail: {
        kind: 'result',
        result: 'pass',
        domain: 'greengrocer.example',
        lookups: 1,
        voids: 0,
        matched: { term: 'mx', path: [author] },
        trace: {
          domain: author,
          record: 'v=spf1 mx -all',
          steps: [
            { index: 0, term: 'mx', outcome: 'match', lookups: 1, voids: 0, target: author, seen: ['198.51.100.10'] },
          ],
          verdict: 'pass',
        },
      },
    },
  ],
  dkim: [good],
  arc: { result: 'none', reason: 'There is no ARC set.', sets: [] },
  dmarc: { readings, report },
  receiver: {
    fields: [
      {
        line: 5,
        name: 'Authentication-Results',
        value: authres,
        dialect: 'gmail',
        standing: 'trusted',
        why: 'It stands above the hop that mx.google.com wrote.',
      },
    ],
    results: authres.results.map((result) => ({ ...result, line: 5 })),
    speaker: 'mx.google.com',
  },
  differences: [],
  verdict: {
    kind: 'ideal',
    text: 'SPF, DKIM and DMARC pass for greengrocer.example, and both are aligned.',
    forwarded: false,
  },
  findings: [],
};

const finding = (over: Partial<Finding>): Finding => ({
  code: 'dkim.test',
  severity: 'error',
  state: 'fail',
  record: 'dkim',
  subject: { name: author, type: 'TXT' },
  message: 'Something is wrong.',
  consequence: 'Gmail notices.',
  evidence: [],
  fix: { text: 'Mend it.' },
  source: 'RFC 6376 §3.6.1',
  ...over,
});

const unsubscribe = `List-Unsubscribe: <https://track.greengrocer.example/u/${token}?m=4711>,\r\n <mailto:unsub+${token}@greengrocer.example?subject=${token}>`;

const evidence: readonly Evidence[] = [
  {
    kind: 'record',
    name: author,
    type: 'TXT',
    text: 'v=spf1 include:_spf.mailer.example ip4:198.51.100.300 ~all',
    marks: [{ offset: 39, length: 14 }],
    ttlSeconds: 300,
    server: '127.0.0.1',
  },
  {
    kind: 'answer',
    name: dnsName('mail._domainkey.greengrocer.example'),
    type: 'TXT',
    outcome: 'NXDOMAIN',
    server: 'ns',
  },
  { kind: 'http', url: `https://track.greengrocer.example/u/${token}`, status: 302, detail: 'an empty page' },
  { kind: 'file', place: 'news.eml', line: 20, column: 1, text: unsubscribe, marks: [{ offset: 19, length: 62 }] },
  {
    kind: 'fact',
    label: 'links in the body',
    value: `the last one: Stop → https://track.greengrocer.example/u/${token}`,
  },
];

const findings: readonly Finding[] = [
  finding({
    code: 'dkim.plan.selector',
    message: 'Your Postfix signs with selector `mail`; the plan publishes `s1`.',
    consequence: 'Receivers find no key, so no signature verifies and DMARC rests on SPF alone.',
    evidence: evidence.slice(0, 2),
    fix: {
      text: 'Set `Selector s1` in `/etc/opendkim.conf`, or publish the key of `mail`.',
      set: [
        {
          name: dnsName('mail._domainkey.greengrocer.example'),
          type: 'TXT',
          ttlSeconds: 300,
          data: [`v=DKIM1; k=rsa; p=${'MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA'.repeat(9)}IDAQAB`],
        },
        { name: author, type: 'TXT', ttlSeconds: 300, data: [], action: 'remove' },
      ],
    },
  }),
  finding({
    code: 'unsub.token.guessable',
    record: 'message',
    severity: 'error',
    subject: { name: author, type: 'List-Unsubscribe' },
    message: `The unsubscribe address tells the recipient by \`${token}\`, and no token that cannot be guessed.`,
    consequence: 'Whoever guesses that can unsubscribe other people.',
    evidence: evidence.slice(2),
    fix: { text: 'Put a random token of the recipient into the address.' },
    source: 'RFC 8058 §3.1, §6',
  }),
  finding({
    code: 'dkim.length',
    severity: 'warning',
    message: 'The signature covers only 312 octets of the body (`l=312`).',
    consequence: 'Anybody can add text below, and it still passes.',
  }),
  finding({ code: 'dkim.length.more', severity: 'warning', follows: 'dkim.length' }),
  finding({
    code: 'host.ptr',
    record: 'host',
    severity: 'warning',
    state: 'unknown',
    message: 'The name of 198.51.100.10 could not be looked up: timeout.',
  }),
  finding({
    code: 'arc.note',
    severity: 'info',
    state: 'pass',
    record: 'message',
    message: 'The message carries an ARC set of lists.example.',
    consequence: 'It tells receivers what the list had found.',
    fix: { text: 'Nothing needs doing.' },
    source: 'RFC 8617 §5.2',
  }),
];

const changes: readonly Change[] = [
  {
    kind: 'field',
    field: 'Subject',
    how: 'altered',
    was: 'Pears are in',
    is: '[list] Pears are in',
    line: 11,
    certainty: 'proved',
  },
  {
    kind: 'footer',
    fromLine: 42,
    lines: 4,
    text: `-- \nTo leave: https://lists.example/leave/${token}`,
    certainty: 'proved',
  },
  { kind: 'banner', fromLine: 1, lines: 1, text: 'CAUTION: external sender', certainty: 'likely' },
  { kind: 'line', line: 7, was: 'Pears', is: 'Apples', certainty: 'shown' },
  { kind: 'form', what: 'trailing-blanks', text: 'Blanks at the ends of lines were removed.', certainty: 'likely' },
];

const broken: DkimOutcome = {
  ...good,
  line: 22,
  result: 'fail',
  fault: 'body_hash',
  reason: 'The body was altered after it was signed.',
  selector: 'mail',
  length: { signed: 312, beyond: 2048 },
  bodyHash: {
    signed: '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=',
    computed: 'frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=',
  },
  key: {
    name: dnsName('mail._domainkey.greengrocer.example'),
    kind: 'several',
    texts: ['v=DKIM1; p=AAA', 'v=DKIM1; t=y; p=BBB'],
    aliases: [dnsName('mail.dkim.mailer.example')],
    type: 'ed25519',
    bits: 256,
    testing: true,
    server: '127.0.0.1',
    detail: 'two records',
  },
  changes,
  keyFits: false,
  originalFits: false,
  looked: { octets: 1_048_576, of: 9_000_000 },
};

const arcResults: AuthenticationResults = {
  authservId: 'lists.example',
  version: 1,
  instance: 1,
  none: false,
  results: authres.results.slice(0, 1),
  repairs: [{ code: 'semicolon.missing', text: 'A semicolon was put in.', offset: 12, length: 0 }],
};

const failing: readonly DmarcReading[] = readings.map((reading) => ({
  ...reading,
  result: 'fail',
  reason: 'Neither SPF nor DKIM is aligned.',
  published: { kind: 'policy', policy: 'reject', tag: 'p', sample: { percent: 20, rest: 'quarantine' } },
  disposition: 'reject',
  sampled: { percent: 20, rest: 'quarantine' },
  identifiers: [
    { method: 'spf', domain: dnsName('lists.example'), passed: true, match: 'none', aligned: false },
    { method: 'dkim', domain: author, selector: 'mail', passed: false, match: 'strict', aligned: false },
  ],
}));

/** A message of a list, with a value in every field. */
export const full: Proof = {
  ...ideal,
  source: 'news.mbox#2',
  message: {
    ...ideal.message,
    author: {
      kind: 'several',
      domains: [author, dnsName('other.example')],
      mailboxes: [
        { displayName: 'Shop', local: 'news', domainText: 'Greengrocer.example', domain: author, group: 'The team' },
        { local: 'x', domainText: 'other.example', domain: dnsName('other.example') },
      ],
      fields: 1,
    },
  },
  envelope: {
    ...ideal.envelope,
    tls: { value: true, from: 'Received', line: 2 },
    recipients: ['colleague@gmail.example'],
  },
  spf: [
    {
      scope: 'mfrom',
      domain: 'lists.example',
      result: 'fail',
      reason: '-all matches.',
      detail: {
        kind: 'result',
        result: 'fail',
        explanation: 'Not from here: https://lists.example/why?ip=198.51.100.10',
        domain: 'lists.example',
        lookups: 2,
        voids: 1,
        problem: { code: 'spf.lookup.void', reason: 'Nothing is there.' },
        trace: {
          domain: dnsName('lists.example'),
          record: 'v=spf1 include:_spf.lists.example -all',
          steps: [
            {
              index: 0,
              term: 'include:_spf.lists.example',
              outcome: 'no-match',
              lookups: 1,
              voids: 0,
              target: '_spf.lists.example',
              nested: { domain: dnsName('_spf.lists.example'), steps: [], verdict: 'none' },
            },
          ],
          verdict: 'fail',
        },
      },
    },
    { scope: 'helo', domain: 'mail.greengrocer.example', result: 'unknown', reason: 'Nobody answered.' },
  ],
  dkim: [broken, good],
  arc: {
    result: 'fail',
    reason: 'The seal of set 1 does not verify.',
    sets: [
      {
        instance: 1,
        domain: dnsName('lists.example'),
        selector: 'arc',
        claimed: 'none',
        results: arcResults,
        message: { ...broken, line: 6 },
        seal: {
          result: 'fail',
          reason: 'The signature does not verify.',
          fault: 'signature',
          ...(good.key ? { key: good.key } : {}),
        },
      },
    ],
    oldestPass: 1,
  },
  dmarc: {
    readings: failing,
    report: {
      ...report,
      policy_evaluated: {
        disposition: 'reject',
        dkim: 'fail',
        spf: 'fail',
        reason: [{ type: 'mailing_list', comment: 'arc=fail & <odd>' }],
      },
      auth_results: {
        dkim: [{ domain: 'greengrocer.example', selector: 'mail', result: 'fail', human_result: 'body hash' }],
        spf: { domain: 'lists.example', scope: 'mfrom', result: 'fail' },
      },
    },
  },
  differences: [
    {
      method: 'dkim',
      about: 'd=greengrocer.example s=mail',
      ours: 'fail',
      theirs: 'pass',
      why: 'The message was altered after the receiver looked at it.',
      line: 5,
    },
  ],
  sender: { id: 'postfix', title: 'Postfix', because: 'its address is 198.51.100.10' },
  planDomain: author,
  verdict: {
    kind: 'fail',
    text: 'DMARC fails for greengrocer.example, but the message came by a mailing list, which can break both proofs: judge the sender by a direct message.',
    forwarded: true,
  },
  findings: findings.map((one) => (one.code === 'arc.note' ? { ...one, evidence } : one)),
};

/** A message without an author, of which nothing is known. */
export const bare: Proof = {
  ...ideal,
  source: '-',
  message: { author: { kind: 'none', why: 'no-field' }, octets: 1, lineEnd: 'lf', parts: 1, bulk: false },
  envelope: { why: 'There is no Received field.', hops: [] },
  spf: [],
  dkim: [],
  dmarc: { readings: [] },
  receiver: { fields: [], results: [] },
  verdict: { kind: 'fail', text: 'The From field names no domain, so nothing can be proved for it.', forwarded: false },
};

const script = '<script>document.title="owned"</script><img src=x onerror="document.title=1">"\'`</code></pre></main>';
const word = 'W'.repeat(10_000);
const steering = '\u202egnp.exe\u2066\u200b\u001b[31m\0';
const piled = `Z${'\u0301'.repeat(500)}algo`;

/** Everything foreign is markup, endless, or steers. */
export const hostile: Proof = {
  ...full,
  source: `${script}${steering}.eml`,
  message: {
    ...full.message,
    subject: `${script} ${steering} ${piled} ${word}`.slice(0, 9000),
    messageId: word,
    author: {
      kind: 'one',
      domain: author,
      mailboxes: [{ displayName: `${script}${steering}`, local: word, domainText: `${script}@`, domain: author }],
    },
  },
  envelope: {
    ...full.envelope,
    ip: { value: '2001:db8:85a3:1234:5678:8a2e:370:7334', from: 'Received', line: 2 },
    helo: { value: `${script}${word}`, from: 'Received', line: 2 },
    mailFrom: { value: `${steering}${word}@${script}`, from: 'Return-Path', line: 1 },
    why: `${script}${piled}`,
    hops: Array.from({ length: 100 }, (_, index) => ({
      line: index + 2,
      helo: `${script}${index === 3 ? word : ''}`,
      by: `${steering}${script}`,
      protocol: 'X'.repeat(300),
      authenticated: true,
      tls: { version: script, cipher: word.slice(0, 400) },
      at: at * (index === 5 ? 1e6 : 1),
    })),
  },
  spf: [{ scope: 'mfrom', domain: `${script}${word}`, result: 'permerror', reason: `${script}${word}` }],
  dkim: Array.from({ length: 200 }, () => ({
    ...broken,
    reason: `${script}${steering}${word}`,
    selector: script,
    signedHeaders: Array.from({ length: 300 }, () => script),
    changes: [
      { kind: 'field', field: script, how: 'altered', was: word, is: `${script}${steering}`, certainty: 'likely' },
      { kind: 'footer', fromLine: 1, lines: 9, text: `${script}${word}`, certainty: 'proved' },
    ],
  })),
  receiver: {
    speaker: `${script}${word.slice(0, 300)}`,
    fields: [
      {
        line: 1,
        name: script,
        standing: 'forged',
        why: `${script}${word}`,
        value: {
          ...authres,
          authservId: `${script}${steering}`,
          results: [
            {
              method: script,
              result: `${script}${word}`,
              properties: [{ ptype: script, property: word, value: script }],
              comments: [script],
              at: { offset: 0, length: 0 },
            },
          ],
        },
      },
    ],
    results: [
      {
        method: 'spf',
        result: `${script}${word}`,
        properties: [],
        comments: [],
        at: { offset: 0, length: 0 },
        line: 1,
      },
    ],
  },
  differences: Array.from({ length: 50 }, () => ({
    method: 'dkim',
    about: `${script}${word}`,
    ours: 'fail',
    theirs: script,
    why: `${steering}${word}`,
    line: 1,
  })),
  verdict: { ...full.verdict, text: `${script}${steering}${word}` },
  findings: Array.from({ length: 100 }, (_, index) =>
    finding({
      code: `dkim.hostile.${index}`,
      severity: index % 3 === 0 ? 'error' : index % 3 === 1 ? 'warning' : 'info',
      state: index % 7 === 6 ? 'unknown' : index % 3 === 2 ? 'pass' : 'fail',
      message: `${script} \`${script}\` [link](javascript:alert(1)) <https://evil.example/x> # ${steering} ${index}`,
      consequence: `${word} ${piled}`,
      evidence: [
        {
          kind: 'file',
          place: `${script}`,
          line: 1,
          text: `${script}${word}${steering}`,
          marks: [{ offset: 9_000, length: 400 }],
        },
        {
          kind: 'file',
          place: 'a.eml',
          line: 1,
          text: `${script}\r\n ${steering}`,
          marks: [{ offset: 0, length: 200 }],
        },
        {
          kind: 'record',
          name: author,
          type: 'TXT',
          text: `${script}\u00e2\u0080\u00ae`,
          marks: [{ offset: 99_999, length: 9 }],
        },
        { kind: 'fact', label: script, value: `${word}${steering}` },
      ],
      fix: {
        text: `${script} | \`\`\` ${word}`,
        set: [{ name: author, type: 'TXT', ttlSeconds: 300, data: [`${script}${word}`] }],
      },
    }),
  ),
};
