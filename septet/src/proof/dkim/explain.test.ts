import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { dnsName } from '../../dns/name.ts';
import { type Field, type Header, valueOf } from '../../mail/header.ts';
import { splitMessage } from '../../mail/parse-header.ts';
import { bodyHasher } from './body.ts';
import { canonicalField, canonicalSignature } from './canonical.ts';
import { explainBody } from './explain-body.ts';
import { canonicalText, linesOf } from './explain-lines.ts';
import { explain, explainFailure, maxBodyLooked } from './explain.ts';
import type { Canonicalization, Change, DkimOutcome } from './outcome.ts';
import { selectFields } from './select.ts';

type Pair = { readonly privateKey: KeyObject; readonly publicKey: KeyObject };
const pairOf = ({ privateKey, publicKey }: { privateKey: string; publicKey: string }): Pair => ({
  privateKey: createPrivateKey(privateKey),
  publicKey: createPublicKey(publicKey),
});
const pem = {
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
} as const;
const rsa = pairOf(generateKeyPairSync('rsa', { modulusLength: 1024, ...pem }));
const otherRsa = pairOf(generateKeyPairSync('rsa', { modulusLength: 1024, ...pem }));
const ed25519 = pairOf(generateKeyPairSync('ed25519', pem));

interface Signing {
  readonly forms?: Canonicalization;
  readonly names?: readonly string[];
  readonly pair?: Pair;
  readonly length?: number;
  readonly copies?: string;
  /** Instead of the hash of the body. */
  readonly bodyHash?: string;
}

const relaxed: Canonicalization = { header: 'relaxed', body: 'relaxed' };
const simple: Canonicalization = { header: 'simple', body: 'simple' };
const usual = [
  'From',
  'To',
  'Subject',
  'Date',
  'Message-ID',
  'MIME-Version',
  'Content-Type',
  'Content-Transfer-Encoding',
];
const octets = (text: string): Buffer => Buffer.from(text, 'latin1');

/** The message with a signature on top. */
function signed(message: string, options: Signing = {}): string {
  const { forms = relaxed, names = usual, pair = rsa, length, copies } = options;
  const { header, body } = splitMessage(octets(message));
  const hasher = bodyHasher(
    [{ form: forms.body, hash: 'sha256', ...(length === undefined ? {} : { length }) }],
    header.lineEnd,
  );
  hasher.write(body);
  const bh = options.bodyHash ?? hasher.end()[0]?.digest.toString('base64');
  const type = pair === ed25519 ? 'ed25519' : 'rsa';
  const l = length === undefined ? '' : ` l=${length};`;
  const z = copies === undefined ? '' : ` z=${copies};`;
  const raw = `DKIM-Signature: v=1; a=${type}-sha256; c=${forms.header}/${forms.body};\r\n d=example.com; s=s1;${l}${z} h=${names.join(':')};\r\n bh=${bh}; b=`;
  const field: Field = { name: 'DKIM-Signature', key: 'dkim-signature', raw, colon: 14, line: 1 };
  const data =
    selectFields(header.fields, names)
      .map((field) => (field ? `${canonicalField(field, forms.header)}\r\n` : ''))
      .join('') + canonicalSignature(field, forms.header);
  const b =
    pair === ed25519
      ? sign(null, createHash('sha256').update(data, 'latin1').digest(), pair.privateKey)
      : sign('sha256', octets(data), pair.privateKey);
  return `${raw}${b.toString('base64')}\r\n${message}`;
}

interface Opened {
  readonly header: Header;
  readonly body: Uint8Array;
  readonly outcome: DkimOutcome;
  readonly signatureField: Field;
}

/** What a verifier finds in the message, whose topmost signature is ours. */
function opened(message: string): Opened {
  const { header, body } = splitMessage(octets(message));
  const signatureField = header.fields.find((field) => field.key === 'dkim-signature');
  assert.ok(signatureField);
  const value = valueOf(signatureField);
  const tag = (name: string): string => new RegExp(`(?:^|;)\\s*${name}=([^;]*)`).exec(value)?.[1]?.trim() ?? '';
  const [inHeader, inBody] = tag('c').split('/') as ['simple' | 'relaxed', 'simple' | 'relaxed'];
  const length = tag('l') === '' ? undefined : Number(tag('l'));
  const hasher = bodyHasher(
    [{ form: inBody, hash: 'sha256', ...(length === undefined ? {} : { length }) }],
    header.lineEnd,
  );
  hasher.write(body);
  const hash = hasher.end()[0];
  const computed = hash?.digest.toString('base64') ?? '';
  const outcome: DkimOutcome = {
    line: signatureField.line,
    result: 'fail',
    reason: '',
    fault: computed === tag('bh') ? 'signature' : 'body_hash',
    domain: dnsName('example.com'),
    selector: 's1',
    algorithm: tag('a'),
    canonicalization: { header: inHeader, body: inBody },
    signedHeaders: tag('h')
      .split(':')
      .map((name) => name.trim()),
    ...(length === undefined ? {} : { length: { signed: length, beyond: (hash?.octets ?? 0) - length } }),
    bodyHash: { signed: tag('bh'), computed },
  };
  return { header, body, outcome, signatureField };
}

const explained = (message: string, key: KeyObject | undefined = rsa.publicKey): readonly Change[] =>
  explainFailure({ ...opened(message), ...(key ? { key } : {}) });

const lines = (...text: string[]): string => text.map((line) => `${line}\r\n`).join('');
const top = lines(
  'From: "Ann Example" <ann@example.com>',
  'To: list@lists.example.net',
  'Subject: Order 17 has left',
  'Date: Mon, 23 Nov 2026 12:00:00 +0000',
  'Message-ID: <1@example.com>',
  'MIME-Version: 1.0',
  'Content-Type: text/plain; charset=utf-8',
  'Content-Transfer-Encoding: 8bit',
);
const text = lines('Dear Bob,', '', 'your order  is on its way. ', 'Gr\u00c3\u00bc\u00c3\u009fe', '', 'Ann');
const plain = `${top}\r\n${text}`;
const footer = lines('_______________________________________________', 'list mailing list', 'list@lists.example.net');

/** Kind, and what is told of it, for short expectations. */
function brief(change: Change): string {
  if (change.kind === 'field') return `${change.field} ${change.how}: ${change.was ?? '-'} > ${change.is ?? '-'}`;
  if (change.kind === 'line') return `line ${change.line}: ${change.was} > ${change.is}`;
  if (change.kind === 'form') return change.what;
  return `${change.kind} ${change.fromLine}+${change.lines}: ${change.text}`;
}

interface Scenario {
  readonly title: string;
  readonly message?: string;
  readonly options?: Signing;
  alter(message: string): string;
  readonly changes: readonly string[];
}

const replace = (was: string, is: string) => (message: string) => {
  assert.ok(message.includes(was), `the message of this test has no ${was}`);
  return message.replace(was, () => is);
};
const append = (more: string) => (message: string) => message + more;

const boundary = 'xyz';
const multipart = (types: string, ...parts: string[]): string =>
  [
    top.replace(
      /Content-Type:[^\r]*\r\nContent-Transfer-Encoding: 8bit\r\n/,
      `Content-Type: ${types}; boundary="${boundary}"\r\n`,
    ),
    '\r\n',
    ...parts.map((part) => `--${boundary}\r\n${part}\r\n`),
    `--${boundary}--\r\n`,
  ].join('');
const alternative = multipart(
  'multipart/alternative',
  `Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n${text}`,
  `Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\n<p>Dear Bob</p>\r\n`,
);
const wide = [
  text
    .replaceAll(/[\u0080-\u00ff]/g, (c) => `=${c.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll(' \r\n', '=20\r\n'),
].join('');

/** What a list makes of a plain message: a multipart, with the message and a footer as its parts. */
function wrapped(message: string): string {
  const { header, body } = splitMessage(octets(message));
  const kept = header.fields.filter((field) => !field.key.startsWith('content-'));
  const moved = header.fields.filter((field) => field.key.startsWith('content-'));
  return [
    ...kept.map((field) => `${field.raw}\r\n`),
    'Content-Type: multipart/mixed; boundary="===="\r\n\r\n--====\r\n',
    ...moved.map((field) => `${field.raw}\r\n`),
    `\r\n${Buffer.from(body).toString('latin1')}\r\n--====\r\nContent-Type: text/plain\r\n\r\n${footer}\r\n--====--\r\n`,
  ].join('');
}

const scenarios: readonly Scenario[] = [
  {
    title: 'a footer',
    alter: append(footer),
    changes: ['footer 7+3: _______________________________________________'],
  },
  {
    title: 'a footer below empty lines',
    alter: append(`\r\n\r\n${footer}\r\n`),
    changes: ['footer 9+3: _______________________________________________'],
  },
  {
    title: 'a footer, simple form',
    options: { forms: simple },
    alter: append(footer),
    changes: ['footer 7+3: _______________________________________________'],
  },
  {
    title: 'a footer below an empty body',
    message: `${top}\r\n`,
    alter: append(footer),
    changes: ['footer 1+3: _______________________________________________'],
  },
  {
    title: 'a banner',
    alter: replace('Dear', 'CAUTION: external\r\n\r\nDear'),
    changes: ['banner 1+1: CAUTION: external'],
  },
  {
    title: 'a banner and a footer',
    alter: (message) => append(footer)(replace('Dear', 'CAUTION: external\r\n\r\nDear')(message)),
    changes: ['banner 1+1: CAUTION: external', 'footer 9+3: _______________________________________________'],
  },
  {
    title: 'a footer in the text part of a multipart',
    message: alternative,
    alter: replace('\r\nAnn\r\n', `\r\nAnn\r\n${footer}`),
    changes: ['footer 11+3: _______________________________________________'],
  },
  {
    title: 'a banner in the text part of a multipart',
    message: alternative,
    alter: replace('\r\nDear Bob', '\r\nCAUTION\r\nDear Bob'),
    changes: ['banner 5+1: CAUTION'],
  },
  {
    title: 'a part put into a multipart',
    message: alternative,
    alter: replace(
      `--${boundary}--`,
      `--${boundary}\r\nContent-Type: text/plain\r\n\r\nbought by others\r\n--${boundary}--`,
    ),
    changes: ['footer 21+1: bought by others'],
  },
  {
    title: 'a subject with the name of the list',
    alter: replace('Subject: ', 'Subject: [list] '),
    changes: ['Subject altered: Order 17 has left > [list] Order 17 has left'],
  },
  {
    title: 'a subject marked as foreign',
    alter: replace('Subject: ', 'Subject: EXTERNAL: '),
    changes: ['Subject altered: Order 17 has left > EXTERNAL: Order 17 has left'],
  },
  {
    title: 'words put into the middle of a subject',
    alter: replace('17 has', '17 (copy) has'),
    changes: ['Subject altered: Order 17 has left > Order 17 (copy) has left'],
  },
  {
    title: 'a subject whose Re: was taken off',
    message: plain.replace('Subject: ', 'Subject: Re: '),
    alter: replace('Re: ', ''),
    changes: ['Subject altered: Re: Order 17 has left > Order 17 has left'],
  },
  {
    title: 'a list: subject and footer',
    alter: (message) => append(footer)(replace('Subject: ', 'Subject: [list] ')(message)),
    changes: [
      'Subject altered: Order 17 has left > [list] Order 17 has left',
      'footer 7+3: _______________________________________________',
    ],
  },
  {
    title: 'a list that writes From anew and keeps the author in Reply-To',
    alter: (message) =>
      replace(
        'From: "Ann Example" <ann@example.com>',
        'From: Ann Example via list <list@lists.example.net>\r\nReply-To: "Ann Example" <ann@example.com>',
      )(replace('Subject: ', 'Subject: [list] ')(message)),
    changes: [
      'From altered: "Ann Example" <ann@example.com> > Ann Example via list <list@lists.example.net>',
      'Subject altered: Order 17 has left > [list] Order 17 has left',
    ],
  },
  {
    title: 'a second From below',
    options: { names: ['From', 'From', 'Subject'] },
    alter: replace('To:', 'From: eve@example.org\r\nTo:'),
    changes: ['From added: - > eve@example.org'],
  },
  {
    title: 'a second Subject, not foreseen',
    alter: replace('\r\nDate:', '\r\nSubject: Buy\r\nDate:'),
    changes: ['Subject added: - > Buy'],
  },
  {
    title: 'a field taken out',
    alter: replace('MIME-Version: 1.0\r\n', ''),
    changes: ['MIME-Version removed: 1.0 > -'],
  },
  {
    title: 'a field refolded, simple form',
    options: { forms: simple },
    alter: replace('Subject: Order 17', 'Subject: Order\r\n 17'),
    changes: ['Subject refolded: Order 17 has left > Order 17 has left'],
  },
  {
    title: 'the case of a name, simple form',
    options: { forms: simple },
    alter: replace('\r\nMessage-ID:', '\r\nMessage-Id:'),
    changes: ['Message-ID refolded: <1@example.com> > <1@example.com>'],
  },
  {
    title: 'all folds changed, simple form',
    options: { forms: simple },
    message: plain
      .replace('Order 17', 'Order\r\n\t17')
      .replace('To: list@lists', 'To:\tlist@lists')
      .replace('plain; ', 'plain;\r\n\t'),
    alter: (message) => message.replaceAll('\r\n\t', '\r\n '),
    changes: [
      'Subject refolded: Order\t17 has left > Order 17 has left',
      'Content-Type refolded: text/plain;\tcharset=utf-8 > text/plain; charset=utf-8',
    ],
  },
  {
    title: 'a long value broken by a fold',
    message: plain.replace('Order 17', 'Order1717'),
    alter: replace('Order1717', 'Order17\r\n 17'),
    changes: ['Subject refolded: Order1717 has left > Order17 17 has left'],
  },
  {
    title: 'the signature refolded, simple form',
    options: { forms: simple },
    alter: replace(';\r\n d=', '; d='),
    changes: [],
  },
  {
    title: 'quotes around a charset',
    alter: replace('charset=utf-8', 'charset="utf-8"'),
    changes: ['Content-Type altered: text/plain; charset=utf-8 > text/plain; charset="utf-8"'],
  },
  {
    title: 'one fold put in, simple form',
    options: { forms: simple },
    message: plain.replace('Subject: Order 17', 'Subject: Order\r\n 17'),
    alter: replace('Order\r\n 17', 'Order 17'),
    changes: ['Subject refolded: Order 17 has left > Order 17 has left'],
  },
  {
    title: 'a value that only z= knows',
    options: { copies: 'Subject:=20Order=2017=20has=20left|From:=20"Ann=20Example"=20<ann@example.com>' },
    alter: replace('Order 17 has left', 'Something else'),
    changes: ['Subject altered: Order 17 has left > Something else'],
  },
  {
    title: 'blanks at line ends, simple form',
    options: { forms: simple },
    message: plain.replace('way. ', 'way.'),
    alter: (message) => message.replace('Dear Bob,', 'Dear Bob, \t'),
    changes: ['trailing-blanks'],
  },
  { title: 'an empty line on top', alter: replace('\r\n\r\nDear', '\r\n\r\n\r\nDear'), changes: ['blank-lines'] },
  {
    title: 'an empty line on top taken off',
    message: `${top}\r\n\r\n${text}`,
    alter: replace('\r\n\r\n\r\nDear', '\r\n\r\nDear'),
    changes: ['blank-lines'],
  },
  { title: 'a bare LF in place of CRLF', alter: replace('Dear Bob,\r\n', 'Dear Bob,\n'), changes: ['line-ends'] },
  {
    title: 'From quoted as in a mailbox file',
    message: `${plain}From here on\r\n`,
    alter: replace('From here', '>From here'),
    changes: ['mbox-quoting'],
  },
  {
    title: 'the same with a footer',
    message: `${plain}From here on\r\n`,
    alter: (message) => replace('From here', '>From here')(message) + footer,
    changes: ['mbox-quoting', 'footer 8+3: _______________________________________________'],
  },
  {
    title: 'a dot doubled',
    message: `${plain}.profile\r\n`,
    alter: replace('\r\n.profile', '\r\n..profile'),
    changes: ['line 7: .profile > ..profile'],
  },
  {
    title: 'a long line broken',
    message: `${plain}${'x'.repeat(1500)}\r\n`,
    alter: replace('x'.repeat(1500), `${'x'.repeat(990)}\r\n${'x'.repeat(510)}`),
    changes: ['line-ends'],
  },
  {
    title: '8bit turned into quoted-printable',
    alter: (message) => replace('Encoding: 8bit', 'Encoding: quoted-printable')(replace(text, wide)(message)),
    changes: ['Content-Transfer-Encoding altered: 8bit > quoted-printable', 'transfer-encoding'],
  },
  {
    title: 'one part of a multipart turned into quoted-printable',
    message: alternative,
    alter: (message) => replace('Encoding: 8bit', 'Encoding: quoted-printable')(replace(text, wide)(message)),
    changes: ['transfer-encoding'],
  },
  {
    title: '8bit turned into base64',
    alter: (message) =>
      replace(
        'Encoding: 8bit',
        'Encoding: base64',
      )(
        replace(
          text,
          lines(
            ...(octets(text)
              .toString('base64')
              .match(/.{1,76}/g) ?? []),
          ),
        )(message),
      ),
    changes: ['Content-Transfer-Encoding altered: 8bit > base64', 'transfer-encoding'],
  },
  {
    title: 'base64 turned into 8bit',
    message: `${top.replace('8bit', 'base64')}\r\n${lines(
      ...(octets(text)
        .toString('base64')
        .match(/.{1,76}/g) ?? []),
    )}`,
    alter: (message) =>
      `${message.slice(0, message.indexOf('\r\n\r\n') + 4).replace('Encoding: base64', 'Encoding: 8bit')}${text}`,
    changes: ['Content-Transfer-Encoding altered: base64 > 8bit', 'transfer-encoding'],
  },
  {
    title: 'a list that wraps a plain message',
    alter: wrapped,
    changes: [
      'Content-Type altered: text/plain; charset=utf-8 > multipart/mixed; boundary="===="',
      'Content-Transfer-Encoding removed: 8bit > -',
      'wrapped',
    ],
  },
  {
    title: 'a list that wraps a multipart, with a name in the subject',
    message: alternative,
    alter: (message) => replace('Subject: ', 'Subject: [list] ')(wrapped(message)),
    changes: [
      'Subject altered: Order 17 has left > [list] Order 17 has left',
      'Content-Type altered: multipart/alternative; boundary="xyz" > multipart/mixed; boundary="===="',
      'wrapped',
    ],
  },
  { title: 'text above l= altered', options: { length: 20 }, alter: replace('Dear', 'Poor'), changes: [] },
  { title: 'a word of the body replaced', alter: replace('order', 'parcel'), changes: [] },
  { title: 'a subject written anew', alter: replace('Order 17 has left', 'You have won'), changes: [] },
];

for (const { title, message = plain, options, alter, changes } of scenarios) {
  test(`explained: ${title}`, () => {
    const seen = explained(alter(signed(message, options)));
    if (title.startsWith('the signature refolded')) {
      assert.deepEqual(
        seen.map((change) => change.kind === 'field' && `${change.field} ${change.how}`),
        ['DKIM-Signature refolded'],
      );
    } else assert.deepEqual(seen.map(brief), changes);
    for (const change of seen) assert.equal(change.certainty, 'proved');
  });
}

test('an untouched message has no differences', () => {
  assert.deepEqual(explained(signed(plain)), []);
  assert.deepEqual(explained(signed(plain, { forms: simple })), []);
});

test('a signer that hashes the body in its own way', () => {
  const sha256 = (body: string): string => createHash('sha256').update(body, 'latin1').digest('base64');
  const cases: readonly (readonly [bodyHash: string, what: string])[] = [
    [sha256(text), 'trailing-blanks'],
    [sha256(canonicalText(linesOf(text, 'crlf'), 'relaxed', '\n')), 'line-ends'],
    [sha256(canonicalText(linesOf(text, 'crlf'), 'relaxed').concat('\r\n')), 'blank-lines'],
  ];
  for (const [bodyHash, what] of cases) assert.deepEqual(explained(signed(plain, { bodyHash })).map(brief), [what]);
});

test('an Ed25519 signature gives no hash back, and is explained all the same', () => {
  const altered = replace('Subject: ', 'Subject: [list] ')(signed(plain, { pair: ed25519 })) + footer;
  assert.deepEqual(explained(altered, ed25519.publicKey).map(brief), [
    'Subject altered: Order 17 has left > [list] Order 17 has left',
    'footer 7+3: _______________________________________________',
  ]);
});

test('without the key only the body is explained', () => {
  const altered = append(footer)(replace('Subject: ', 'Subject: [list] ')(signed(plain)));
  const { header, body, outcome, signatureField } = opened(altered);
  assert.deepEqual(
    explainFailure({ header, body, outcome, signatureField }).map((change) => change.kind),
    ['footer'],
  );
});

test('a message of a Unix file, with LF alone', () => {
  const altered = append(footer)(signed(plain)).replaceAll('\r\n', '\n');
  assert.deepEqual(explained(altered).map(brief), ['footer 7+3: _______________________________________________']);
});

test('the key at the selector is not the one that signed', () => {
  assert.equal(explain({ ...opened(signed(plain)), key: otherRsa.publicKey }).keyFits, false);
  assert.equal(explain({ ...opened(signed(plain)), key: rsa.publicKey }).keyFits, true);
  const ofEd25519 = explain({ ...opened(signed(plain, { pair: ed25519 })), key: ed25519.publicKey });
  assert.equal(ofEd25519.keyFits, undefined);
});

test('what z= says without proof is likely', () => {
  const options = { copies: 'Subject:=20Order=2017=20has=20left' };
  const altered = replace(
    'To: list',
    'To: nobody@example.org, some',
  )(replace('Order 17 has left', 'Something else')(signed(plain, options)));
  const changes = explained(altered);
  assert.deepEqual(changes.map(brief), ['Subject altered: Order 17 has left > Something else']);
  assert.equal(changes[0]?.certainty, 'likely');
});

test('a body over the limit is looked at as far as it goes, and that is said', () => {
  const long = `${top}\r\n${lines('x'.repeat(70)).repeat(20_000)}`;
  const altered = opened(signed(plain, {}).replace(text, long.slice(top.length + 2)));
  const seen = explain({ ...altered, key: rsa.publicKey });
  assert.deepEqual(seen.cut, { looked: maxBodyLooked, of: altered.body.length });
});

test('with the original the differences are shown', () => {
  const before = splitMessage(octets(plain));
  const told = (message: string) => explain({ ...opened(message), original: before });
  const list = told(append(footer)(replace('Subject: ', 'Subject: [list] ')(signed(plain))));
  assert.deepEqual(list.changes.map(brief), [
    'Subject altered: Order 17 has left > [list] Order 17 has left',
    'footer 7+3: _______________________________________________',
  ]);
  assert.ok(list.changes.every((change) => change.certainty === 'shown'));
  assert.equal(list.originalFits, true);
  assert.deepEqual(told(replace('order', 'parcel')(signed(plain))).changes.map(brief), [
    'line 3: your order is on its way. > your parcel is on its way.',
  ]);
  const both = told(replace('Dear', 'CAUTION\r\nDear')(append(footer)(signed(plain))));
  assert.deepEqual(both.changes.map(brief), [
    'banner 1+1: CAUTION',
    'footer 8+3: _______________________________________________',
  ]);
  assert.deepEqual(told(replace('MIME-Version: 1.0\r\n', '')(signed(plain))).changes.map(brief), [
    'MIME-Version removed: 1.0 > -',
  ]);
  const middle = told(replace('\r\nAnn', '\r\nput in\r\nAnn')(signed(plain)));
  assert.deepEqual(middle.changes.map(brief), ['footer 6+1: put in']);
  const another = explain({
    ...opened(append(footer)(signed(plain))),
    original: splitMessage(octets(plain.replace('Bob', 'Eve'))),
  });
  assert.equal(another.originalFits, false);
});

test('the canonical body is that of the verifier', () => {
  const piece = fc.constantFrom('a', ' ', '\t', '\r\n', '\n', '\r', '\u00e9', 'bc');
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 30 }),
      fc.constantFrom('simple', 'relaxed'),
      fc.constantFrom('crlf', 'lf'),
      (pieces, form, lineEnd) => {
        const body = pieces.join('');
        const hasher = bodyHasher([{ form, hash: 'sha256' }], lineEnd);
        hasher.write(octets(body));
        const ours = createHash('sha256')
          .update(canonicalText(linesOf(body, lineEnd), form), 'latin1')
          .digest('base64');
        assert.equal(ours, hasher.end()[0]?.digest.toString('base64'));
      },
    ),
    { numRuns: 500 },
  );
});

/** What the message would be if the proved changes of its header were undone, in the relaxed form. */
function undone(header: Header, changes: readonly Change[], names: readonly string[]): string {
  const fields = header.fields.flatMap((field): Field[] => {
    const change = changes.find((change) => change.kind === 'field' && change.line === field.line);
    if (change?.kind !== 'field') return [field];
    return change.was === undefined ? [] : [{ ...field, raw: `${field.raw.slice(0, field.colon + 1)} ${change.was}` }];
  });
  for (const change of changes) {
    if (change.kind !== 'field' || change.how !== 'removed') continue;
    fields.unshift({
      name: change.field,
      key: change.field.toLowerCase(),
      raw: `${change.field}: ${change.was ?? ''}`,
      colon: change.field.length,
      line: 0,
    });
  }
  return selectFields(fields, names)
    .map((field) => (field ? canonicalField(field, 'relaxed') : ''))
    .join('\n');
}

test('whatever is altered, what is proved about the header is true', () => {
  const message = signed(plain);
  const end = message.indexOf('\r\n\r\n');
  const begin = message.indexOf('From:');
  const truth = undone(splitMessage(octets(message)).header, [], usual);
  let proved = 0;
  fc.assert(
    fc.property(
      fc.integer({ min: begin, max: end - 1 }),
      fc.integer({ min: 0, max: 12 }),
      fc.constantFrom('', ' ', 'x', '[list] ', 'Re: ', '\r\n ', ', a@example.org', '"', ' EXTERNAL '),
      (at, taken, put) => {
        const altered = message.slice(0, at) + put + message.slice(Math.min(at + taken, end));
        const { header } = splitMessage(octets(altered));
        const changes = explained(altered).filter((change) => change.certainty === 'proved' && change.kind === 'field');
        if (changes.length === 0) return;
        proved++;
        assert.equal(undone(header, changes, usual), truth);
      },
    ),
    { numRuns: 150, seed: 7 },
  );
  assert.ok(proved > 5, `only ${proved} alterations were explained`);
});

test('whatever is altered, what is proved about the body is true', () => {
  const form = 'relaxed';
  const hash = createHash('sha256')
    .update(canonicalText(linesOf(text, 'crlf'), form), 'latin1')
    .digest('base64');
  const before = linesOf(canonicalText(linesOf(text, 'crlf'), form), 'crlf');
  let proved = 0;
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: text.length }),
      fc.integer({ min: 0, max: 10 }),
      fc.array(fc.constantFrom('x', '\r\n', ' ', '.', '=', 'From ', '>', '--xyz', '\n'), { maxLength: 6 }),
      (at, taken, put) => {
        const altered = text.slice(0, at) + put.join('') + text.slice(at + taken);
        const changes = explainBody({ text: altered, lineEnd: 'crlf' }, { form, hash });
        const runs = changes.flatMap((change) =>
          change.kind === 'footer' || change.kind === 'banner' ? [change] : [],
        );
        if (runs.length === 0 || runs.length < changes.length) return;
        proved++;
        const left = linesOf(canonicalText(linesOf(altered, 'crlf'), form), 'crlf').map((line, index) => ({
          line,
          number: index + 1,
        }));
        const kept = left.filter(
          ({ number }) => !runs.some((run) => number >= run.fromLine && number < run.fromLine + run.lines),
        );
        // Empty lines around a run are not counted to it.
        assert.deepEqual(kept.map(({ line }) => line).filter(Boolean), before.filter(Boolean));
      },
    ),
    { numRuns: 400, seed: 11 },
  );
  assert.ok(proved > 5, `only ${proved} alterations were explained`);
});

test('arbitrary signed hashes are explained by nothing, in bounded time', () => {
  const body = `${'a line of text that is not special at all\r\n'.repeat(20_000)}--b\r\n\r\nx\r\n--b--\r\n`;
  const hash = createHash('sha256').update('other').digest('base64');
  const from = performance.now();
  assert.deepEqual(
    explainBody(
      { text: body, lineEnd: 'crlf', contentType: ' multipart/mixed; boundary=b' },
      { form: 'relaxed', hash },
    ),
    [],
  );
  assert.deepEqual(explainBody({ text: text.repeat(20), lineEnd: 'crlf' }, { form: 'simple', hash }), []);
  const took = performance.now() - from;
  assert.ok(took < 5000, `took ${took} ms`);
});

test('a hostile header and body are explained by nothing, in bounded time', () => {
  const hostile: readonly (readonly [message: string, names: readonly string[]])[] = [
    [`${'Subject: x\r\n'.repeat(9000)}From: a@example.com\r\n\r\nx\r\n`, Array.from({ length: 500 }, () => 'Subject')],
    [
      `From: ${' '.repeat(900_000)}x\r\nSubject: ${'re: '.repeat(50_000)}\r\n\r\nx\r\n`,
      ['From', 'Subject', 'Content-Type'],
    ],
    [`From: a@example.com\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n${' '.repeat(900_000)}x\r\n`, usual],
    [`From: a@example.com\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\n\r\n'.repeat(100_000)}`, usual],
  ];
  for (const [message, names] of hostile) {
    for (const forms of [simple, relaxed]) {
      const altered = signed(message, {
        forms,
        names,
        bodyHash: createHash('sha256').update('other').digest('base64'),
      });
      const from = performance.now();
      const seen = explained(altered.replace('a@example.com', 'b@example.org').replace('re: x', 'y'));
      const took = performance.now() - from;
      assert.deepEqual(
        seen.filter((change) => change.kind !== 'field'),
        [],
      );
      assert.ok(took < 5000, `${message.slice(0, 40)} took ${took} ms`);
    }
  }
});
