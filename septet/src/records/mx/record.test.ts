import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { dnsName, type DnsName } from '../../dns/name.ts';
import { addressInExchange, format, fusedPreference, isNullMx, nullMx, parse, type Mx } from './record.ts';

const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?$/);
const exchange = fc
  .array(label, { minLength: 1, maxLength: 5 })
  .map((labels) => `${labels.join('.')}.example`)
  .map(dnsName);
const mx = fc.record(
  { preference: fc.nat(65_535), exchange: fc.oneof(exchange, fc.constant('' as DnsName)) },
  { noNullPrototype: true },
);

describe('MX record', () => {
  it('reads back what it writes', () => {
    fc.assert(
      fc.property(mx, (value: Mx) => assert.deepEqual(parse(format(value)), { kind: 'good', value, problems: [] })),
    );
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.string(), (text) => assert.ok(parse(text).kind)));
  });

  it('reads what a person types', () => {
    const value = { preference: 10, exchange: dnsName('mail.example.com') };
    for (const text of ['10 mail.example.com', ' 10\t MAIL.example.com. ', '010 mail.example.com']) {
      assert.deepEqual(parse(text), { kind: 'good', value, problems: [] }, text);
    }
    assert.deepEqual(parse('0 .'), { kind: 'good', value: nullMx, problems: [] });
    assert.ok(isNullMx(nullMx));
    assert.deepEqual(parse('  '), { kind: 'other' });
  });

  it('points at what is wrong', () => {
    for (const [text, code, part] of [
      ['mail.example.com', 'mx.preference.missing', 'mail.example.com'],
      ['10', 'mx.preference.missing', '10'],
      ['65536 mail.example.com', 'mx.preference.missing', '65536'],
      ['-1 mail.example.com', 'mx.preference.missing', '-1'],
      ['10mail.example.com', 'mx.preference.missing', '10mail.example.com'],
      ['10 192.0.2.1', 'mx.target.ip', '192.0.2.1'],
      ['10 [192.0.2.1]', 'mx.target.ip', '[192.0.2.1]'],
      ['10 [IPv6:2001:db8::1]', 'mx.target.ip', '[IPv6:2001:db8::1]'],
      ['10 mail example.com', 'illegal-character', 'mail example.com'],
      ['10 mail..example.com', 'empty-label', 'mail..example.com'],
    ] as const) {
      const parsed = parse(text);
      assert.equal(parsed.kind, 'bad', text);
      const problem = parsed.kind === 'bad' ? parsed.problems[0] : undefined;
      assert.ok(problem);
      assert.equal(problem.code, code, text);
      assert.equal(text.slice(problem.offset, problem.offset + problem.length), part);
    }
  });

  it('sees addresses and preferences inside names', () => {
    const zone = dnsName('example.com');
    assert.equal(addressInExchange(dnsName('192.0.2.1'), zone), '192.0.2.1');
    assert.equal(addressInExchange(dnsName('192.0.2.1.example.com'), zone), '192.0.2.1');
    assert.equal(addressInExchange(dnsName('[192.0.2.1]'), zone), '192.0.2.1');
    assert.equal(addressInExchange(dnsName('2001:db8::1'), zone), '2001:db8::1');
    assert.equal(addressInExchange(dnsName('2001:db8::1.example.com'), zone), '2001:db8::1');
    assert.equal(addressInExchange(dnsName('1.example.com'), zone), undefined);
    assert.equal(addressInExchange(dnsName('192.0.2.1.example.net'), zone), undefined);
    assert.deepEqual(fusedPreference(dnsName('10 mail.example.com')), {
      preference: 10,
      exchange: dnsName('mail.example.com'),
    });
    assert.equal(fusedPreference(dnsName('10mail.example.com')), undefined);
  });
});
