import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noState } from './order-state.ts';
import type { ReadyCertificate } from './read-certificate.ts';
import { nextFor } from './schedule.ts';

const certificate = { notBefore: 0, notAfter: 900, certId: 'a.b' } as ReadyCertificate;

test('without a certificate it is ordered, at once or after the pause', () => {
  assert.deepEqual(nextFor(undefined, noState, true), { do: 'order', at: 0 });
  assert.deepEqual(nextFor(undefined, { failures: 2, nextTryAt: 70 }, true), { do: 'order', at: 70 });
});

test('without renewal information two thirds of the lifetime, and what it replaces is named', () => {
  assert.deepEqual(nextFor(certificate, noState, false), { do: 'order', at: 600, replaces: 'a.b' });
  const { certId: _, ...plain } = certificate;
  assert.deepEqual(nextFor(plain as ReadyCertificate, noState, true), { do: 'order', at: 600 });
});

test('the authority is asked first, then at its pace, and not after the time has come', () => {
  assert.deepEqual(nextFor(certificate, noState, true), { do: 'ask', at: 0 });
  const renewal = { certId: 'a.b', at: 500, askAgainAt: 100 };
  assert.deepEqual(nextFor(certificate, { ...noState, renewal }, true), { do: 'ask', at: 100 });
  assert.deepEqual(nextFor(certificate, { ...noState, renewal: { ...renewal, askAgainAt: 550 } }, true), {
    do: 'order',
    at: 500,
    replaces: 'a.b',
  });
  // What was said of the certificate before this one does not count.
  assert.deepEqual(nextFor(certificate, { ...noState, renewal: { ...renewal, certId: 'old' } }, true), {
    do: 'ask',
    at: 0,
  });
  // A failed renewal waits for its pause.
  assert.deepEqual(
    nextFor(certificate, { failures: 1, nextTryAt: 800, renewal: { ...renewal, askAgainAt: 850 } }, true),
    { do: 'order', at: 800, replaces: 'a.b' },
  );
});
