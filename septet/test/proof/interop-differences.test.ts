/**
 * The smallest messages on which Septet, python3-dkim and mailauth disagree, each with every verdict: a signature holds
 * exactly where signer and verifier are in one camp.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { missingPythonDkim, startPythonDkim } from '../servers/python-dkim.ts';
import {
  judgedByAll,
  parties,
  pythonKeys,
  signedByAll,
  type Form,
  type Party,
  type Verdict,
} from './interop-parties.ts';

const skip = await missingPythonDkim();

interface Difference {
  readonly name: string;
  readonly why: string;
  readonly message: string;
  /** Who reads alike; `undefined`: all do. */
  camps(form: Form): readonly (readonly Party[])[] | undefined;
  /** What dkimpy says instead of signing, and its verdict on every signature of the others. */
  readonly dkimpy?: { readonly signs: RegExp; readonly says: Verdict };
}

const dkimpyAlone: readonly (readonly Party[])[] = [['dkimpy'], ['septet', 'mailauth']];
const mailauthAlone: readonly (readonly Party[])[] = [['mailauth'], ['septet', 'dkimpy']];
const septetAlone: readonly (readonly Party[])[] = [['septet'], ['dkimpy', 'mailauth']];

const differences: readonly Difference[] = [
  {
    name: 'a form feed at the end of a value',
    why: 'RFC 6376 §3.4.2 takes WSP away, which is space and tab (§2.8); dkimpy takes more',
    message: 'From: a@author.example\r\nSubject: x\f\r\n\r\na\r\n',
    camps: ({ header }) => (header === 'relaxed' ? dkimpyAlone : undefined),
  },
  {
    name: 'a blank at the end of a body that no line end closes',
    why: 'RFC 6376 §3.4.4 takes the blank at the end of the line before it adds CRLF; dkimpy keeps it',
    message: 'From: a@author.example\r\n\r\na ',
    camps: ({ body }) => (body === 'relaxed' ? dkimpyAlone : undefined),
  },
  {
    name: 'a CR at the end of the header',
    why: 'RFC 5322 §2.3: a CR alone is no line end, and neither canonical form drops it; mailauth does, dkimpy where it is relaxed',
    message: 'From: a@author.example\r\nSubject: x\r\r\n\r\na\r\n',
    camps: ({ header }) => (header === 'relaxed' ? septetAlone : mailauthAlone),
  },
  {
    name: 'a line in the header that is neither field nor fold',
    why: 'RFC 5322 §2.2, RFC 6376 §3.8: no valid message. mailauth signs it with the field above, dkimpy refuses',
    message: 'From: a@author.example\r\nTo: b\r\nc\r\n\r\na\r\n',
    camps: () => mailauthAlone,
    dkimpy: { signs: /^MessageFormatError: Unexpected characters/, says: 'refused' },
  },
  {
    name: 'a name with an octet above 127',
    why: 'RFC 5322 §2.2: no name of a field. mailauth takes the line as part of the field above, dkimpy refuses',
    message: 'From: a@author.example\r\nT\xf6: b\r\n\r\na\r\n',
    camps: () => mailauthAlone,
    dkimpy: { signs: /^MessageFormatError: Unexpected characters/, says: 'refused' },
  },
  {
    name: 'a blank before the colon',
    why: 'RFC 5322 §4.5 has receivers take it, and RFC 6376 §3.4.2 signs it; dkimpy refuses',
    message: 'From: a@author.example\r\nTo : b\r\n\r\na\r\n',
    camps: () => undefined,
    dkimpy: { signs: /^MessageFormatError: Unexpected characters/, says: 'refused' },
  },
  {
    name: 'a blank before the colon of From',
    why: 'as above; dkimpy takes the field for the separator line of a mailbox file and finds no From',
    message: 'From : a@author.example\r\n\r\na\r\n',
    camps: () => dkimpyAlone,
    dkimpy: { signs: /^ParameterError: The From header field MUST be signed/, says: 'fail' },
  },
  {
    name: 'an LF alone in the body of a message with CRLF',
    why:
      'RFC 5321 §2.3.8: no line end, and must not be sent. Verifying, Septet reads the octets that are there. Signing, RFC ' +
      '6376 §5.3 wants CRLF made of it first, in what is sent too: the others do so for themselves only, Septet not at all. ' +
      'Signing it as it stands is our fault',
    message: 'From: a@author.example\r\n\r\na\nb\r\n',
    camps: () => septetAlone,
  },
  {
    name: 'an LF alone in the header of a message with CRLF',
    why: 'as above: one field here, two for the others',
    message: 'From: a@author.example\r\nTo: b\nCc: c\r\n\r\na\r\n',
    camps: () => septetAlone,
  },
];

test('the table of differences: every verdict on the smallest messages', { skip }, async (t) => {
  const python = startPythonDkim(t, pythonKeys);
  for (const { name, why, message, camps, dkimpy } of differences) {
    const octets = Buffer.from(message, 'latin1');
    // oxlint-disable no-await-in-loop -- in their order
    const signed = await signedByAll(octets, python, 0);
    assert.deepEqual(Object.keys(signed.refusals), dkimpy ? ['dkimpy'] : [], name);
    if (dkimpy) assert.match(signed.refusals.dkimpy ?? '', dkimpy.signs, name);
    const verdicts = await judgedByAll(signed.octets, signed.signatures.length, python);
    // oxlint-enable no-await-in-loop
    const seen = new Set<string>();
    for (const [index, signature] of signed.signatures.entries()) {
      const { signer, key, header, body } = signature;
      for (const verifier of parties) {
        const alike = camps(signature)?.some((camp) => camp.includes(signer) && camp.includes(verifier)) ?? true;
        const should = verifier === 'dkimpy' && dkimpy ? dkimpy.says : alike ? 'pass' : 'fail';
        assert.equal(verdicts[verifier][index], should, `${name}: ${signer} ${key} ${header}/${body}, by ${verifier}`);
        if (should !== 'pass') seen.add(`${signer} → ${verifier}: ${should}`);
      }
    }
    t.diagnostic(`${name}: ${why}. ${[...seen].join(', ')}`);
  }
});

test(
  'a blank at the end: our signature outlives the line end that the way adds, that of dkimpy does not',
  { skip },
  async (t) => {
    const python = startPythonDkim(t, pythonKeys);
    const { octets, signatures } = await signedByAll(
      Buffer.from('From: a@author.example\r\n\r\na ', 'latin1'),
      python,
      0,
    );
    const sent = Buffer.concat([octets, Buffer.from('\r\n')]);
    const verdicts = await judgedByAll(sent, signatures.length, python);
    const should = signatures.map(({ signer, body }) => (signer === 'dkimpy' && body === 'relaxed' ? 'fail' : 'pass'));
    for (const verifier of parties) assert.deepEqual(verdicts[verifier], should, verifier);
  },
);

test('a From that is put above: only dkimpy calls a signature without oversigned From failed', { skip }, async (t) => {
  const python = startPythonDkim(t, pythonKeys);
  const message = Buffer.from('From: a@author.example\r\n\r\na\r\n');
  const { octets, signatures } = await signedByAll(message, python, 0);
  const two = Buffer.concat([Buffer.from('From: eve@author.example\r\n'), octets]);
  const verdicts = await judgedByAll(two, signatures.length, python);
  // RFC 6376 §5.4.2 and §8.15: From once more in h= than in the header is what closes the door; mailauth does not do it.
  const closed = signatures.map(({ signer }) => (signer === 'mailauth' ? 'pass' : 'fail'));
  assert.deepEqual(verdicts.septet, closed);
  assert.deepEqual(verdicts.mailauth, closed);
  assert.deepEqual(
    verdicts.dkimpy,
    signatures.map(() => 'fail'),
  );
});
