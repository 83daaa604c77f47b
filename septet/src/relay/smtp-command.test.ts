/** MAIL and RCPT as clients write them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readMailWish, readPath, readRecipientWords } from './smtp-command.ts';

const path = (line: string, verb: 'MAIL' | 'RCPT' = 'MAIL') => {
  const read = readPath(line, verb);
  return read.kind === 'good' ? read.value.path : `${read.code} ${read.text.slice(0, 5)}`;
};

test('paths are kept as they are written', () => {
  assert.equal(path('MAIL FROM:<a@b.test>'), 'a@b.test');
  assert.equal(path('mail from: <a@b.test> SIZE=5'), 'a@b.test');
  assert.equal(path('MAIL FROM:<>'), '');
  assert.equal(path('RCPT TO:<"a > b\\" c"@d.test>', 'RCPT'), '"a > b\\" c"@d.test');
  assert.equal(path('RCPT TO:<@one.test,@two.test:a@b.test>', 'RCPT'), 'a@b.test');
  assert.equal(path('RCPT TO:<Postmaster>', 'RCPT'), 'Postmaster');
  assert.equal(path('RCPT TO:<a@[IPv6:::1]>', 'RCPT'), 'a@[IPv6:::1]');
});

test('what is none is told', () => {
  for (const [line, wanted] of [
    ['MAIL a@b.test', '501 5.5.4'],
    ['MAIL FROM:a@b.test', '501 5.1.3'],
    ['MAIL FROM:<a b@c.test>', '501 5.1.3'],
    ['MAIL FROM:<a@b.test>SIZE=5', '501 5.1.3'],
    ['MAIL FROM:<a@b\tc.test>', '501 5.1.3'],
    ['MAIL FROM:<a@b.test> SIZE=5 SIZE=6', '501 5.5.4'],
    ['MAIL FROM:<a@b.test> SI/ZE=5', '501 5.5.4'],
    [`MAIL FROM:<${'a'.repeat(1001)}>`, '501 5.1.3'],
  ] as const)
    assert.equal(path(line), wanted, line);
  assert.equal(path('RCPT TO:<>', 'RCPT'), '501 5.1.3');
});

test('parameters: those of the next server, and no others', () => {
  const all = { dsn: true, utf8: true, eightBit: true };
  const wish = (words: string, offered = all) => {
    const read = readPath(`MAIL FROM:<a@b.test> ${words}`, 'MAIL');
    assert.ok(read.kind === 'good');
    const got = readMailWish(read.value, offered);
    return got.kind === 'good' ? got.value : `${got.code} ${got.text.slice(0, 5)}`;
  };
  assert.deepEqual(wish('SIZE=10 BODY=8bitmime SMTPUTF8 RET=FULL ENVID=x+20y AUTH=<>'), {
    eightBit: true,
    utf8: true,
    dsn: ['RET=FULL', 'ENVID=x+20y'],
    size: 10,
  });
  for (const [words, wanted] of [
    ['BODY=BINARYMIME', '501 5.5.4'],
    ['SIZE=x', '501 5.5.4'],
    ['RET=ALL', '501 5.5.4'],
    ['SMTPUTF8=1', '501 5.5.4'],
    ['HOLDFOR=5', '555 5.5.4'],
  ] as const)
    assert.equal(wish(words), wanted, words);
  const none = { dsn: false, utf8: false, eightBit: false };
  assert.equal(wish('BODY=8BITMIME', none), '554 5.6.3');
  assert.equal(wish('SMTPUTF8', none), '553 5.6.7');
  assert.equal(wish('RET=FULL', none), '555 5.5.4');
  const recipient = (words: string, dsn = true) => {
    const read = readPath(`RCPT TO:<a@b.test> ${words}`, 'RCPT');
    assert.ok(read.kind === 'good');
    const got = readRecipientWords(read.value, dsn);
    return got.kind === 'good' ? got.value.join(' ') : got.code;
  };
  assert.equal(recipient('NOTIFY=SUCCESS,DELAY ORCPT=rfc822;a@b.test'), 'NOTIFY=SUCCESS,DELAY ORCPT=rfc822;a@b.test');
  assert.equal(recipient('NOTIFY=NEVER,DELAY'), 501);
  assert.equal(recipient('NOTIFY=NEVER', false), 555);
  assert.equal(recipient('RRVS=1'), 555);
});

test('whatever a client sends is read in no time', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary-ascii', maxLength: 2000 }), (text) => {
      readPath(`MAIL FROM:<${text}`, 'MAIL');
      readPath(text, 'RCPT');
    }),
  );
  const started = performance.now();
  for (const text of ['"\\'.repeat(6000), '<"'.repeat(6000), 'a=b '.repeat(3000), '@a:'.repeat(4000)])
    readPath(`MAIL FROM:<${text}`, 'MAIL');
  assert.ok(performance.now() - started < 10_000);
});
