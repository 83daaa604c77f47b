import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatState, noState, parseState, settingsMark, underSettings } from './order-state.ts';

test('what is kept is read again', () => {
  const time = fc.nat();
  const state = fc.record(
    {
      failures: fc.nat(100),
      nextTryAt: time,
      fault: fc.string({ maxLength: 200 }),
      renewal: fc.record({ certId: fc.string(), at: time, askAgainAt: time }),
    },
    { requiredKeys: ['failures', 'nextTryAt'], noNullPrototype: true },
  );
  fc.assert(fc.property(state, (value) => assert.deepEqual(parseState(formatState(value)), structuredClone(value))));
});

test('what cannot be read is nothing remembered', () => {
  for (const text of [
    undefined,
    '',
    'x',
    '[]',
    'null',
    '{}',
    '{"failures":-1,"nextTryAt":0}',
    '{"failures":"1","nextTryAt":0}',
  ])
    assert.deepEqual(parseState(text), noState, String(text));
  fc.assert(fc.property(fc.json(), (text) => void parseState(text)));
});

test('a pause that other settings earned does not count; what was said of the renewal stays', () => {
  const renewal = { certId: 'a.b', at: 5, askAgainAt: 4 };
  const failed = { failures: 3, nextTryAt: 9, fault: 'No.', mark: 'then', renewal };
  assert.deepEqual(underSettings(failed, 'now'), { ...noState, renewal });
  assert.deepEqual(underSettings(failed, 'then'), failed);
  const acme = { directory: 'https://a.example/', challenge: 'http-01', agree: true } as const;
  assert.notEqual(settingsMark(acme), settingsMark({ ...acme, agree: false }));
  assert.doesNotMatch(settingsMark({ ...acme, eab: { kid: 'k', hmacKey: 'secret' } }), /secret/);
});
