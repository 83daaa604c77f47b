/** Chains sealed here, validated by npm's mailauth, and the other way round. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { authenticate, sealMessage } from 'mailauth';
import { answerTxt, ed25519Key, judge, plain, rsaKey, sealed } from './arc-chains.ts';

const theirs = { ip: '192.0.2.1', helo: 'out.author.example', sender: 'ann@author.example', resolver: answerTxt };

test('mailauth validates what is sealed here, RSA and Ed25519, folded and not', async () => {
  const once = sealed(plain, { wholeSignature: true });
  const chains = [sealed(once, { domain: 'relay.example' }), sealed(plain, { key: ed25519Key, selector: 'e1' })];
  for (const message of chains) {
    const { arc } = await authenticate(Buffer.from(message, 'latin1'), theirs);
    assert.equal(arc && arc.status.result, 'pass', message);
    const changed = await authenticate(Buffer.from(`${message}A footer\r\n`, 'latin1'), theirs);
    assert.equal(changed.arc && changed.arc.status.result, 'fail');
  }
});

test('what mailauth seals is validated here', async () => {
  const key = rsaKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  const fields = await sealMessage(Buffer.from(plain, 'latin1'), {
    signingDomain: 'list.example',
    selector: 's1',
    privateKey: key,
    authResults: 'mx.list.example; spf=pass smtp.mailfrom=author.example',
    cv: 'none',
  });
  const message = fields.toString('latin1') + plain;
  const outcome = await judge(message);
  assert.equal(outcome.result, 'pass', outcome.reason);
  assert.equal((await judge(`${message}A footer\r\n`)).result, 'fail');
});
