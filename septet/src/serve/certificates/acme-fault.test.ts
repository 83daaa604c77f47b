import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { problemSentence, readProblem } from './acme-fault.ts';

const urn = 'urn:ietf:params:acme:error:';

test('the words of the authority and a cure', () => {
  const problem = readProblem({ type: `${urn}caa`, detail: 'CAA record for a.example forbids issuance' });
  assert.equal(
    problemSentence('The authority acme.example refuses the order for a.example', problem),
    'The authority acme.example refuses the order for a.example: CAA record for a.example forbids issuance. A CAA record of the domain names other authorities (RFC 8659). Add this one to it, or choose one that it names.',
  );
});

test('of several names the one that is told', () => {
  const sub = { type: `${urn}dns`, detail: 'no A record', identifier: { type: 'dns', value: 'a.example' } };
  const sentence = problemSentence(
    'It fails',
    readProblem({ type: `${urn}malformed`, detail: 'some', subproblems: [sub] }),
  );
  assert.match(sentence, /^It fails: no A record\. The name does not resolve/);
});

test('without words: the type, or nothing', () => {
  assert.equal(problemSentence('It fails', readProblem({ type: `${urn}orderNotReady` })), 'It fails (orderNotReady).');
  assert.equal(problemSentence('It fails', readProblem('<html>')), 'It fails.');
});

test('foreign words stay on one line, short, and steer no terminal', () => {
  const problem = readProblem({ type: `${urn}dns`, detail: `\u001b]0;x\u0007 a\r\nb \u202e${'c'.repeat(5000)}` });
  assert.ok(problem.detail.length <= 300);
  assert.doesNotMatch(problem.detail, /[\p{C}]/u);
  fc.assert(
    fc.property(fc.jsonValue(), (json) => {
      assert.doesNotMatch(problemSentence('It fails', readProblem(json)), /[\p{Cc}]/u);
    }),
  );
});

test('a type that is none of ours is not believed', () => {
  assert.equal(readProblem({ type: `${urn}../../x`, detail: 'y' }).type, 'unknown');
  assert.equal(readProblem({ type: 'about:blank', detail: 'y' }).type, 'unknown');
});
