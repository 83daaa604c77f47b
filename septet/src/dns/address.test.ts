import assert from 'node:assert/strict';
import net from 'node:net';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import {
  addressClass,
  canonicalAddress,
  contains,
  formatAddress,
  formatNetwork,
  mappedIpv4,
  parseAddress,
  parseNetwork,
  reverseName,
  sameAddress,
  type AddressClass,
  type IpAddress,
} from './address.ts';
import { httpProxies, proxyOf, takesMail } from './cdn-ranges.ts';
import { dnsName } from './name.ts';

const address = (text: string): IpAddress => {
  const parsed = parseAddress(text);
  assert.ok(parsed, text);
  return parsed;
};
const network = (text: string) => {
  const parsed = parseNetwork(text);
  assert.ok(parsed, text);
  return parsed;
};
const ipv4 = fc
  .uint8Array({ minLength: 4, maxLength: 4 })
  .map((octets): IpAddress => ({ family: 4, octets: Uint8Array.from(octets) }));
const sparse = fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(255) });
const ipv6 = fc
  .array(sparse, { minLength: 16, maxLength: 16 })
  .map((octets): IpAddress => ({ family: 6, octets: Uint8Array.from(octets) }));

describe('addresses', () => {
  it('writes IPv6 as RFC 5952 §4 says', () => {
    for (const [text, canonical] of [
      ['2001:0DB8:0:0:0:0:2:1', '2001:db8::2:1'],
      ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
      ['2001:db8::1:0:0:1', '2001:db8::1:0:0:1'],
      ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
      ['::', '::'],
      ['::1', '::1'],
      ['1::', '1::'],
      ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
      ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
      ['::ffff:c000:0201', '::ffff:192.0.2.1'],
      ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
      ['1:2:3:4:5:6:192.0.2.1', '1:2:3:4:5:6:c000:201'],
      ['192.0.2.1', '192.0.2.1'],
    ] as const) {
      assert.equal(canonicalAddress(text), canonical, text);
    }
  });

  it('refuses everything else', () => {
    for (const text of [
      '',
      '1.2.3',
      '1.2.3.4.5',
      '01.2.3.4',
      '1.2.3.256',
      '1.2.3.4 ',
      '1..2.3',
      ':',
      ':1',
      '1:',
      ':::',
      '1::2::3',
      '1:2:3:4:5:6:7',
      '1:2:3:4:5:6:7:8:9',
      '::1:2:3:4:5:6:7:8',
      '1:2:3:4:5:6:7:8::',
      '12345::',
      'g::',
      '::1.2.3',
      '::1.2.3.4:5',
      '1:2:3:4:5:6:7:1.2.3.4',
      'fe80::1%eth0',
      '[::1]',
      '::ffff:01.2.3.4',
    ]) {
      assert.equal(parseAddress(text), undefined, text);
    }
  });

  it('reads back what it writes', () => {
    fc.assert(fc.property(fc.oneof(ipv4, ipv6), (ip) => assert.deepEqual(address(formatAddress(ip)), ip)));
  });

  it('accepts what the system accepts, zone ids aside', () => {
    const text = fc.string({ unit: fc.constantFrom(...'0123456789af:.'), maxLength: 20 });
    fc.assert(fc.property(text, (text) => assert.equal(parseAddress(text) !== undefined, net.isIP(text) !== 0)));
  });

  it('knows whether a network contains an address', () => {
    for (const [cidr, inside, outside] of [
      ['192.0.2.0/24', '192.0.2.255', '192.0.3.0'],
      ['162.158.0.0/15', '162.159.0.1', '162.160.0.1'],
      ['192.0.2.1', '192.0.2.1', '192.0.2.2'],
      ['2a06:98c0::/29', '2a06:98c7::1', '2a06:98c8::1'],
      ['10.0.0.0/31', '10.0.0.1', '10.0.0.2'],
    ] as const) {
      assert.ok(contains(network(cidr), address(inside)), cidr);
      assert.ok(!contains(network(cidr), address(outside)), cidr);
    }
    assert.ok(contains(network('0.0.0.0/0'), address('255.1.2.3')));
    assert.ok(!contains(network('::/0'), address('255.1.2.3')));
    for (const text of ['1.2.3.4/33', '1.2.3.4/', '1.2.3.4/08', '1.2.3.4/x', '::/129', '/8']) {
      assert.equal(parseNetwork(text), undefined, text);
    }
    assert.equal(formatNetwork(network('192.0.2.77/25')), '192.0.2.0/25');
    assert.equal(formatNetwork(network('2001:db8:ffff::/33')), '2001:db8:8000::/33');
  });

  it('agrees with the system about networks', () => {
    fc.assert(
      fc.property(ipv4, fc.nat(32), fc.array(fc.nat(31), { maxLength: 3 }), (base, prefixLength, flips) => {
        const octets = base.octets.slice();
        for (const bit of flips) octets[bit >> 3] = (octets[bit >> 3] ?? 0) ^ (128 >> (bit & 7));
        const list = new net.BlockList();
        list.addSubnet(formatAddress(base), prefixLength);
        const other: IpAddress = { family: 4, octets };
        assert.equal(contains({ base, prefixLength }, other), list.check(formatAddress(other)));
      }),
    );
  });

  it('makes reverse names', () => {
    assert.equal(reverseName(address('192.0.2.10')), '10.2.0.192.in-addr.arpa');
    assert.equal(
      reverseName(address('2001:db8::567:89ab')),
      'b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa',
    );
  });

  it('finds IPv4 inside mapped IPv6', () => {
    const mapped = mappedIpv4(address('::ffff:192.0.2.1'));
    assert.ok(mapped && sameAddress(mapped, address('192.0.2.1')));
    assert.equal(mappedIpv4(address('::192.0.2.1')), undefined);
  });

  it('classes addresses as the special-purpose registries do', () => {
    const classes: Readonly<Record<AddressClass, readonly string[]>> = {
      public: [
        '8.8.8.8',
        '100.63.0.1',
        '100.128.0.1',
        '172.15.0.1',
        '172.32.0.1',
        '192.0.0.9',
        '192.0.1.1',
        '198.20.0.1',
        '203.0.112.1',
        '223.255.255.255',
        '2606:4700::1',
        '2001:4860::1',
        '2a00::1',
        '3fff:1000::1',
      ],
      private: ['10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1', 'fec0::1'],
      loopback: ['127.0.0.1', '127.255.0.1', '::1'],
      'link-local': ['169.254.1.1', 'fe80::1', 'febf::1'],
      cgnat: ['100.64.0.1', '100.127.255.255'],
      documentation: ['192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1', '3fff:fff::1'],
      benchmarking: ['198.18.0.1', '198.19.255.255', '2001:2::1'],
      multicast: ['224.0.0.1', '239.1.1.1', 'ff02::1'],
      ula: ['fc00::1', 'fd12:3456::1'],
      transition: ['::ffff:8.8.8.8', '2001::1', '2002:808:808::1', '64:ff9b::808:808'],
      unspecified: ['0.0.0.0', '::'],
      reserved: [
        '0.1.2.3',
        '192.0.0.1',
        '192.88.99.1',
        '240.0.0.1',
        '255.255.255.255',
        '::2',
        '100::1',
        '2001:10::1',
        '5f00::1',
        '4000::1',
      ],
    };
    for (const [kind, texts] of Object.entries(classes)) {
      for (const text of texts) assert.equal(addressClass(address(text)), kind, text);
    }
  });

  it('knows proxies that pass on only HTTP, and their own mail servers', () => {
    assert.equal(proxyOf(address('104.21.3.4'))?.id, 'cloudflare');
    assert.equal(proxyOf(address('2606:4700:3030::6815:1'))?.id, 'cloudflare');
    assert.equal(proxyOf(address('104.28.0.1')), undefined);
    const proxy = httpProxies[0];
    assert.ok(proxy && takesMail(proxy, dnsName('route1.mx.cloudflare.net')));
    assert.ok(proxy && !takesMail(proxy, dnsName('mail.example.com')));
  });
});
