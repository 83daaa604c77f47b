import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { ed25519Key, judge, plain, rsaKey, sealed, sealing, type SealChanges } from '../../../test/proof/arc-chains.ts';
import { parseHeader } from '../../mail/parse-header.ts';
import { sealedText } from './covered.ts';
import { fieldsToSign } from './seal.ts';
import { readArcSignature } from './tags.ts';

test('the set is folded to 78 characters and stands in the order seal, message signature, results', () => {
  const outcome = sealing(plain);
  assert.equal(outcome.kind, 'sealed');
  if (outcome.kind !== 'sealed') return;
  assert.deepEqual(
    outcome.fields.map(({ name }) => name),
    ['ARC-Seal', 'ARC-Message-Signature', 'ARC-Authentication-Results'],
  );
  for (const line of outcome.text.split('\r\n')) assert.ok(line.length <= 78, line);
  assert.match(outcome.text, /ARC-Authentication-Results: i=1;\r\n {2}mx\.list\.example;\r\n {2}spf=pass/);
  assert.doesNotMatch(outcome.text, /[^\r]\n/);
});

test('what is signed by default: what a reader sees and the signatures before, never ARC or results', () => {
  const header = parseHeader(
    Buffer.from(
      'Authentication-Results: a; none\r\nARC-Seal: i=1\r\nDKIM-Signature: v=1\r\nDKIM-Signature: v=1\r\nList-Id: <x>\r\nFrom: a@b\r\nX-Own: 1\r\nSubject: s\r\n\r\n',
    ),
  );
  assert.deepEqual(fieldsToSign(header), ['from', 'dkim-signature', 'dkim-signature', 'list-id', 'subject']);
});

test('a chain that failed is closed with cv=fail over its own set only, and then nobody adds to it', async () => {
  const broken = `${sealed(plain)}A footer\r\n`;
  assert.equal((await judge(broken)).result, 'fail');
  const closing = sealed(broken, { domain: 'relay.example', cv: 'fail' });
  const outcome = await judge(closing);
  assert.equal(outcome.result, 'fail');
  assert.match(outcome.reason, /i=2\) says cv=fail: relay\.example/);
  const refused = sealing(closing, { cv: 'fail' });
  assert.ok(refused.kind === 'refused' && refused.reason.includes('§5.1 step 2'));
  // RFC 8617 §5.1.2: the closing seal verifies over the fields of its own set, as if no other were there.
  const { fields } = parseHeader(Buffer.from(closing));
  const [seal, message, results] = fields;
  assert.ok(seal && message && results);
  const { tags } = readArcSignature(seal);
  const key = createPublicKey(rsaKey);
  assert.ok(verify('sha256', sealedText([{ seal, message, results }]), key, tags.signature ?? Buffer.alloc(0)));
});

test('refusals say why', () => {
  const short = generateKeyPairSync('rsa', { modulusLength: 512 }).privateKey;
  const other = generateKeyPairSync('x25519').privateKey;
  const cases: readonly (readonly [SealChanges, RegExp])[] = [
    [{ cv: 'pass' }, /first seal says cv=none/],
    [{ key: short }, /512 bits/],
    [{ key: other }, /type x25519/],
    [{ selector: 'a b' }, /no selector/],
    [{ signedFields: ['subject'] }, /no From field/],
    [{ signedFields: ['from', 'arc-seal'] }, /must not be signed/],
    [{ results: 'spf=pass\u0000' }, /printable ASCII/],
    [{ results: 'hello' }, /results/],
    [{ results: `spf=pass (${'x'.repeat(901)})` }, /no line can hold/],
  ];
  for (const [changes, reason] of cases) {
    const outcome = sealing(plain, changes);
    assert.ok(outcome.kind === 'refused', JSON.stringify(Object.keys(changes)));
    assert.match(outcome.reason, reason);
  }
  const chained = sealing(sealed(plain), { cv: 'none' });
  assert.ok(chained.kind === 'refused' && /one|1 ARC set/.test(chained.reason));
  const headless = sealing(plain.replace(/^From:.*\r\n/m, ''));
  assert.ok(headless.kind === 'refused');
});

test('what is sealed verifies, whatever the fields and results hold', async () => {
  const word = fc.stringMatching(/^[a-z0-9]{1,30}$/);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(word, word), { maxLength: 12 }),
      fc.array(
        fc.string({ minLength: 1, maxLength: 60 }).map((text) => text.replaceAll(/[\r\n:\0]/g, '')),
        { maxLength: 8 },
      ),
      fc.boolean(),
      fc.boolean(),
      async (results, subjects, ed25519, wholeSignature) => {
        const extra = subjects.map((text) => `List-X: ${Buffer.from(text).toString('latin1')}\r\n`).join('');
        const message = plain.replace('Subject:', `${extra}Subject:`);
        const text = results.map(([method, value]) => `x-${method}=pass header.d=${value}`).join('; ');
        const once = sealed(message, {
          wholeSignature,
          ...(text === '' ? { results: 'none' } : { results: text }),
          ...(ed25519 ? { key: ed25519Key, selector: 'e1' } : { key: rsaKey }),
        });
        const outcome = await judge(once);
        assert.equal(outcome.result, 'pass', `${outcome.reason}\n${once}`);
      },
    ),
    { numRuns: 60 },
  );
});
