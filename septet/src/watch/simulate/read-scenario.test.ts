import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import { readScenario } from './read-scenario.ts';
import { runRamp } from './run-ramp.ts';

const text = `
domain: example.com
receivers:
  - { name: google.com, share: 0.5, reader: 7489 }
  - { name: Yahoo, share: 0.2 }
sources:
  - { name: postfix, address: 192.0.2.10, perDay: 400, signs: [example.com], returnPath: example.com }
`;
const faults = (change: (value: Record<string, never>) => void): readonly string[] => {
  const value = parse(text) as Record<string, never>;
  change(value);
  const read = readScenario(value);
  return read.kind === 'bad' ? read.faults : [];
};

describe('a scenario file', () => {
  test('needs a domain, receivers and sources; the rest has usual values', () => {
    const read = readScenario(parse(text));
    assert.equal(read.kind, 'good');
    if (read.kind !== 'good') return;
    assert.deepEqual(
      read.scenario.receivers.map(({ reader, delayDays, reliability }) => [reader, delayDays, reliability]),
      [
        ['7489', 1, 1],
        ['9989', 1, 1],
      ],
    );
    assert.equal([...runRamp(read.scenario, { days: 7, seed: 1 })].length, 7);
  });

  for (const [name, path, value, fault] of [
    ['a share above 1', ['receivers', 0, 'share'], 1.5, 'receivers[0].share: write a number from 0 to 1'],
    ['shares that come to more than 1', ['receivers', 1, 'share'], 0.6, 'receivers: their shares come to more than 1'],
    ['an unknown reader', ['receivers', 0, 'reader'], 'old', 'receivers[0].reader: write 9989, 7489'],
    [
      'an address that is none',
      ['sources', 0, 'address'],
      '192.0.2',
      'sources[0].address: write an address such as 192.0.2.10',
    ],
    ['a day that is not in the calendar', ['start'], '2026-02-30', 'start: write a day such as 2026-01-05'],
    ['half a day', ['sources', 0, 'from'], 1.5, 'sources[0].from: write a whole number of days'],
    ['negative mail', ['sources', 0, 'perDay'], -1, 'sources[0].perDay: write messages a day, at most 10000000'],
    ['no number', ['sources', 0, 'dkim'], Number.NaN, 'sources[0].dkim: write a number from 0 to 1'],
    ['no list', ['sources'], {}, 'sources: write a list of at most 1000'],
    ['a URL for a domain', ['domain'], 'https://example.com', 'domain: write a domain such as example.com'],
  ] as const) {
    test(`${name} is told with its place`, () => {
      const found = faults((top) => {
        let at = top as Record<string | number, never>;
        for (const key of path.slice(0, -1)) at = at[key] as never;
        at[path.at(-1) ?? ''] = value as never;
      });
      assert.deepEqual(found, [fault]);
    });
  }

  test('a slip in a key is told', () => {
    const found = faults((top) => (top['recievers'] = [] as never));
    assert.match(found.join(), /^scenario\.recievers: there is no such key; known are domain, start/);
  });

  test('anything at all gives a scenario or faults', () => {
    fc.assert(fc.property(fc.anything(), (value) => assert.ok(['good', 'bad'].includes(readScenario(value).kind))));
  });
});
