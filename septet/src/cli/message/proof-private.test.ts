import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Evidence, Finding } from '../../finding/finding.ts';
import { full, ideal, token } from '../../../test/browser/proof-samples.ts';
import { shortened, withoutTokens } from './proof-private.ts';

const cases: readonly (readonly [whole: string, short: string])[] = [
  ['https://host.example/u/8f3a91c2b7', 'https://host.example/u/…'],
  ['see https://host.example/unsubscribe?id=17&x=y now', 'see https://host.example/unsubscribe?… now'],
  ['https://host.example/one-click/v2/logo.svg', 'https://host.example/one-click/v2/logo.svg'],
  ['https://host.example/aBcDeFgHiJ/x', 'https://host.example/…/x'],
  ['HTTPS://host.example/a/b#tok9', 'HTTPS://host.example/a/b#…'],
  ['https://anna:secret@host.example/', 'https://…@host.example/'],
  ['www.host.example/c/AQ0x91?u=1', 'www.host.example/c/…?…'],
  ['mailto:unsub+17@host.example?subject=stop-17', 'mailto:unsub…@host.example?…'],
  ['mailto:unsubscribe@host.example', 'mailto:unsubscribe@host.example'],
  ['https://host.example', 'https://host.example'],
  ['no address at all: a/8f3a91c2b7?x', 'no address at all: a/8f3a91c2b7?x'],
];

for (const [whole, short] of cases)
  test(`${whole} is shown as ${short}`, () => {
    assert.equal(shortened(whole), short);
    assert.equal(shortened(short), short, 'and no more the second time');
  });

test('no part of a token is left, whatever is around it', () => {
  const secret = fc.stringMatching(/^[A-Za-z0-9]{18,40}$/).filter((text) => /\d/.test(text));
  const around = fc.constantFrom(
    (t: string) => `https://h.example/u/${t}`,
    (t: string) => `https://h.example/u?t=${t}`,
    (t: string) => `(https://h.example/a/${t}/b?x=${t}#${t})`,
    (t: string) => `<mailto:x+${t}@h.example?subject=${t}>`,
  );
  fc.assert(fc.property(secret, around, (text, put) => !shortened(put(text)).includes(text.slice(2, 14))));
});

const withEvidence = (evidence: Evidence, over: Partial<Finding> = {}): Finding => {
  const [finding] = full.findings;
  assert.ok(finding);
  const [shown] = withoutTokens({ ...ideal, findings: [{ ...finding, ...over, evidence: [evidence] }] }).findings;
  return shown ?? assert.fail();
};

const fileText = (text: string, marks?: readonly { offset: number; length: number }[]) => {
  const [evidence] = withEvidence({ kind: 'file', place: 'a', text, ...(marks ? { marks } : {}) }).evidence;
  assert.ok(evidence?.kind === 'file');
  return evidence;
};

test('List-Unsubscribe: torn, cut, without brackets', () => {
  for (const [text, shown] of [
    ['List-Unsubscribe: <https://h.example/u/\r\n 8f3a91c2b7d1>', 'List-Unsubscribe: <https://h.example/u/ …>'],
    ['List-Unsubscribe:<https://h.example/u/8f3a9', 'List-Unsubscribe:<https://h.example/u/…'],
    ['list-unsubscribe: https://h.example/u/8f3a91c2b7d1', 'list-unsubscribe: https://h.example/u/…'],
    ['List-Unsubscribe: <ht tp://h.example/u/8f3a91c2b7d1>', 'List-Unsubscribe: <ht tp://h.exampl…>'],
    ['Subject: 8f3a91c2b7d18f3a91c2b7d1', 'Subject: 8f3a91c2b7d18f3a91c2b7d1'],
  ] as const)
    assert.equal(fileText(text).text, shown);
});

test('marks stay on the characters that they were on', () => {
  const text = 'List-Unsubscribe: <https://h.example/u/8f3a91c2b7d1>,\r\n <http://i.example/>';
  const marks = ['<https', '8f3a91c2b7d1', 'i.example', '>,\r\n <'].map((part) => ({
    offset: text.indexOf(part),
    length: part.length,
  }));
  const shown = fileText(text, marks);
  assert.deepEqual(
    shown.marks?.map(({ offset, length }) => shown.text.slice(offset, offset + length)),
    ['<https', '…', 'i.example', '>, <'],
  );
});

test('a sentence does not quote what was taken out of its evidence', () => {
  const evidence: Evidence = { kind: 'file', place: 'a', text: 'List-Unsubscribe: <https://h.example/u/471199>' };
  const message = 'It tells the recipient by the number 471199.';
  assert.equal(
    withEvidence(evidence, { code: 'unsub.token.guessable', message }).message,
    'It tells the recipient by the number ….',
  );
  assert.equal(withEvidence(evidence, { code: 'dkim.other', message }).message, message);
});

test('the whole proof holds the token, and what is passed on does not', () => {
  assert.ok(JSON.stringify(full).includes(token));
  assert.ok(!JSON.stringify(withoutTokens(full)).includes(token));
  assert.deepEqual(withoutTokens(ideal), ideal);
});
