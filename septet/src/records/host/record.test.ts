import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { parseAddress } from '../../dns/address.ts';
import { dnsName } from '../../dns/name.ts';
import { genericPart } from './generic.ts';
import { format, parse } from './record.ts';

const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,10}[a-z0-9])?$/);

describe('HELO name', () => {
  it('reads back what it writes', () => {
    const name = fc
      .array(label, { minLength: 1, maxLength: 4 })
      .map((labels) => dnsName(`${labels.join('.')}.example`));
    fc.assert(
      fc.property(name, (name) =>
        assert.deepEqual(parse(format({ name })), { kind: 'good', value: { name }, problems: [] }),
      ),
    );
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.string(), (text) => assert.ok(parse(text).kind)));
  });

  it('wants a full domain name', () => {
    for (const text of ['mail.example.com', 'MAIL.example.com.', ' mx-1.example.co.uk', 'mail_1.example.com']) {
      assert.equal(parse(text).kind, 'good', text);
    }
    const bad = ['localhost', 'mail', '192.0.2.1', '[192.0.2.1]', '[IPv6:::1]', '::1', 'a b.example.com', 'mail..com'];
    for (const text of [
      ...bad,
      'localhost.localdomain',
      'pc.local',
      'nas.home.arpa',
      'host.1',
      'ma\\032il.example.com',
    ]) {
      assert.equal(parse(text).kind, 'bad', text);
    }
    assert.equal(parse(' ').kind, 'other');
  });
});

describe('generic PTR names', () => {
  const own = dnsName('example.com');
  const part = (name: string, text: string): string | undefined => {
    const address = parseAddress(text);
    assert.ok(address);
    return genericPart(dnsName(name), address, own);
  };
  it('sees the address in the name', () => {
    assert.equal(part('ec2-20-1-2-3.compute-1.amazonaws.com', '20.1.2.3'), '20-1-2-3');
    assert.equal(part('3.2.1.20.provider.net', '20.1.2.3'), '3.2.1.20');
    assert.equal(part('h020001002003.provider.net', '20.1.2.3'), '020001002003');
    assert.equal(part('p5dc3a1f2.dip0.t-ipconnect.de', '93.195.161.242'), '5dc3a1f2');
    assert.equal(part('host-20-1-2-3.example.com', '20.1.2.3'), '20-1-2-3');
    assert.equal(part('2a01-4f8-c0c-1234--1.provider.net', '2a01:4f8:c0c:1234::1'), '2a01-4f8-c0c-1234');
    assert.equal(
      part('2a0104f80c0c123402163efffe123456.provider.net', '2a01:4f8:c0c:1234:216:3eff:fe12:3456'),
      '2a0104f80c0c123402163efffe123456',
    );
    assert.equal(part('x.02163efffe123456.provider.net', '2a01:4f8:c0c:1234:216:3eff:fe12:3456'), '02163efffe123456');
  });
  it('sees the words of access providers', () => {
    assert.equal(part('static.provider.net.example.org', '20.1.2.3'), 'static');
    assert.equal(part('dyn-77.access.provider.net', '20.1.2.3'), 'dyn');
    assert.equal(part('vps123.provider.net', '20.1.2.3'), 'vps');
  });
  it('leaves names of mail servers alone', () => {
    for (const name of [
      'mail.example.org',
      'static.example.com',
      'a8-31.smtp-out.amazonses.com',
      'o1.ptr123.sendgrid.net',
      'mx20-1.example.org',
      'static.net',
      'mail-20-1-2-33.example.org',
    ]) {
      assert.equal(part(name, '20.1.2.3'), undefined, name);
    }
    assert.equal(part('mail.example.org', '2a01:4f8::1'), undefined);
  });
});
