import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { dnsName } from '../../dns/name.ts';
import { commonTrackingLabels, format, parse } from './record.ts';

const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,10}[a-z0-9])?$/);

describe('tracking CNAME', () => {
  it('reads back what it writes', () => {
    const name = fc
      .array(label, { minLength: 1, maxLength: 4 })
      .map((labels) => dnsName(`${labels.join('.')}.example`));
    fc.assert(
      fc.property(name, (value) => assert.deepEqual(parse(format(value)), { kind: 'good', value, problems: [] })),
    );
  });

  it('never throws, and points into the text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const parsed = parse(text);
        if (parsed.kind !== 'bad') return;
        for (const { offset, length } of parsed.problems) assert.ok(offset >= 0 && offset + length <= text.length);
      }),
    );
  });

  it('names the host in a pasted URL', () => {
    assert.deepEqual(parse('https://track.postal.example.net/'), {
      kind: 'bad',
      problems: [{ code: 'url', offset: 0, length: 33, args: { meant: 'track.postal.example.net' } }],
    });
    assert.equal(parse('192.0.2.1').kind, 'bad');
    assert.equal(parse('').kind, 'other');
  });

  it('asks at most eight labels', () => assert.ok(commonTrackingLabels.length <= 8));
});
