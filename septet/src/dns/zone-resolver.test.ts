import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fakeFetch, expectCodes, zoneOf, zoneWorld, zoneWorldNow } from '../../test/zone-world.ts';
import { dnsName } from './name.ts';
import type { Answer, RrType } from './rrset.ts';
import { formatRdata } from './rdata-text.ts';
import { zoneResolver } from './zone-resolver.ts';

const soa = '@ 3600 SOA ns1 hostmaster 1 7200 900 1209600 300\n';
const example = `$ORIGIN example.com.\n$TTL 600\n${soa}
@ NS ns1
@ MX 10 mail
mail A 192.0.2.25
deep.empty TXT "here"
www CNAME mail
far CNAME cdn.example.net.
gone CNAME nowhere
out CNAME host.example.org.
loop-a CNAME loop-b
loop-b CNAME loop-a
self CNAME self
both CNAME mail
both TXT "beside the alias"
*.wild TXT "any"
*.wild MX 10 mail
exact.wild A 192.0.2.1
sub.exact.wild A 192.0.2.2
*.alias CNAME mail
old DNAME new
x.new A 192.0.2.3
hidden.old A 192.0.2.4
dept NS ns.dept
dept DS 1 8 2 aabb
ns.dept A 192.0.2.53
child NS ns.child
child DS 2 8 2 ccdd
`;
const child = `$ORIGIN child.example.com.\n$TTL 60\n@ 50 SOA ns h 1 2 3 4 500\n@ NS ns\nns A 192.0.2.54\n`;
const other = `$ORIGIN example.net.\n$TTL 60\n${soa}cdn A 192.0.2.80\n`;
const resolver = zoneResolver([example, child, other].map(zoneOf));

function summary(name: string, type: RrType, from = resolver): string {
  const answer: Answer = from.peek(dnsName(name), type);
  const hops = answer.chain.map((hop) => `${hop.target} > `).join('');
  if (answer.kind === 'found') {
    return `${hops}${answer.set.name} ${answer.set.data.map((data) => formatRdata(type, data)).join(', ')}`;
  }
  if (answer.kind === 'failed') return `${hops}${answer.reason}: ${answer.detail}`;
  return `${hops}${answer.kind} ${answer.negativeTtlSeconds} ${answer.zone}`;
}

describe('zoneResolver', () => {
  it('answers data, no data and no name', () => {
    assert.equal(summary('example.com', 'MX'), 'example.com 10 mail.example.com.');
    assert.equal(summary('example.com', 'TXT'), 'nodata 300 example.com');
    assert.equal(summary('nope.example.com', 'TXT'), 'nxdomain 300 example.com');
    assert.equal(summary('ns.child.example.com', 'TXT'), 'nodata 50 child.example.com');
  });

  it('knows that a name above an owner exists (RFC 8020)', () => {
    assert.equal(summary('empty.example.com', 'TXT'), 'nodata 300 example.com');
    assert.equal(summary('x.empty.example.com', 'TXT'), 'nxdomain 300 example.com');
  });

  it('follows aliases within and across zones', () => {
    assert.equal(summary('www.example.com', 'A'), 'mail.example.com > mail.example.com 192.0.2.25');
    assert.equal(summary('far.example.com', 'A'), 'cdn.example.net > cdn.example.net 192.0.2.80');
    assert.equal(summary('gone.example.com', 'A'), 'nowhere.example.com > nxdomain 300 example.com');
    assert.equal(summary('www.example.com', 'TXT'), 'mail.example.com > nodata 300 example.com');
    assert.equal(summary('www.example.com', 'CNAME'), 'www.example.com mail.example.com.');
    const answer = resolver.peek(dnsName('www.example.com'), 'A');
    assert.equal(answer.name, 'www.example.com');
    assert.deepEqual(answer.chain, [{ owner: 'www.example.com', target: 'mail.example.com', ttlSeconds: 600 }]);
  });

  it('says what no zone covers', () => {
    assert.equal(summary('example.org', 'TXT'), 'unreachable: no zone file covers example.org');
    assert.equal(summary('com', 'NS'), 'unreachable: no zone file covers com');
    assert.equal(
      summary('out.example.com', 'A'),
      'host.example.org > unreachable: no zone file covers host.example.org',
    );
    assert.equal(summary('notexample.com', 'A'), 'unreachable: no zone file covers notexample.com');
  });

  it('shows a loop of aliases with its hops, and stops a chain that is too long', () => {
    assert.equal(summary('loop-a.example.com', 'A'), 'loop-b.example.com > loop-a.example.com > malformed: CNAME loop');
    assert.equal(summary('self.example.com', 'A'), 'self.example.com > malformed: CNAME loop');
    const lines = Array.from({ length: 40 }, (_, i) => `c${i} CNAME c${i + 1}`).join('\n');
    const long = zoneResolver([zoneOf(`$ORIGIN example.com.\n$TTL 5\n${soa}${lines}\nc40 A 192.0.2.1\n`)]);
    const answer = long.peek(dnsName('c0.example.com'), 'A');
    assert.deepEqual([answer.kind, answer.chain.length], ['failed', 16]);
    assert.equal(long.peek(dnsName('c24.example.com'), 'A').kind, 'found');
  });

  it('answers the data beside an alias, and follows the alias for the rest', () => {
    assert.equal(summary('both.example.com', 'TXT'), 'both.example.com "beside the alias"');
    assert.equal(summary('both.example.com', 'A'), 'mail.example.com > mail.example.com 192.0.2.25');
    assert.equal(summary('both.example.com', 'CNAME'), 'both.example.com mail.example.com.');
  });

  it('lets wildcards stand for names that do not exist only (RFC 4592)', () => {
    assert.equal(summary('a.wild.example.com', 'TXT'), 'a.wild.example.com "any"');
    assert.equal(summary('a.b.wild.example.com', 'MX'), 'a.b.wild.example.com 10 mail.example.com.');
    assert.equal(summary('a.wild.example.com', 'A'), 'nodata 300 example.com');
    assert.equal(summary('exact.wild.example.com', 'TXT'), 'nodata 300 example.com');
    assert.equal(summary('a.exact.wild.example.com', 'TXT'), 'nxdomain 300 example.com');
    assert.equal(summary('wild.example.com', 'TXT'), 'nodata 300 example.com');
    assert.equal(summary('*.wild.example.com', 'TXT'), '*.wild.example.com "any"');
    assert.equal(summary('z.alias.example.com', 'A'), 'mail.example.com > mail.example.com 192.0.2.25');
    assert.equal(summary('z.alias.example.com', 'CNAME'), 'z.alias.example.com mail.example.com.');
  });

  it('answers the wildcard example of RFC 4592 §2.2.1 as it says', () => {
    const text = `$ORIGIN example.\n$TTL 3600\n@ SOA ns h 1 2 3 4 5
@ NS ns.example.com.
@ NS ns.example.net.
*.example. TXT "this is a wildcard"
*.example. MX 10 host1.example.
sub.*.example. TXT "this is not a wildcard"
host1.example. A 192.0.2.1
_ssh._tcp.host1.example. SRV 0 0 22 host1
_ssh._tcp.host2.example. SRV 0 0 22 host2
subdel.example. NS ns.example.com.
subdel.example. NS ns.example.net.
`;
    const from = zoneResolver([zoneOf(text)]);
    const kind = (name: string, type: RrType) => from.peek(dnsName(name), type).kind;
    assert.equal(kind('host3.example', 'MX'), 'found');
    assert.equal(kind('host3.example', 'A'), 'nodata');
    assert.equal(kind('foo.bar.example', 'TXT'), 'found');
    assert.equal(kind('host1.example', 'MX'), 'nodata');
    assert.equal(kind('sub.*.example', 'MX'), 'nodata');
    assert.equal(kind('_telnet._tcp.host1.example', 'SRV'), 'nxdomain');
    assert.equal(kind('host.subdel.example', 'A'), 'failed');
    assert.equal(kind('ghost.*.example', 'MX'), 'nxdomain');
  });

  it('renames below a DNAME (RFC 6672)', () => {
    assert.equal(summary('x.old.example.com', 'A'), 'x.new.example.com > x.new.example.com 192.0.2.3');
    assert.equal(summary('y.old.example.com', 'A'), 'y.new.example.com > nxdomain 300 example.com');
    assert.equal(summary('hidden.old.example.com', 'A'), 'hidden.new.example.com > nxdomain 300 example.com');
    assert.equal(summary('x.old.example.com', 'CNAME'), 'x.old.example.com x.new.example.com.');
    assert.equal(summary('old.example.com', 'A'), 'nodata 300 example.com');
    const long = ['a', 'b', 'c'].map((char) => char.repeat(60)).join('.');
    const zone = zoneOf(`$ORIGIN example.com.\n$TTL 5\n${soa}d DNAME ${'t'.repeat(60)}.${'u'.repeat(60)}\n`);
    assert.match(summary(`${long}.d.example.com`, 'A', zoneResolver([zone])), /^malformed: the DNAME/);
  });

  it('stops at a delegation whose zone is not here, and answers its DS set', () => {
    assert.equal(summary('dept.example.com', 'A'), 'unreachable: no zone file covers dept.example.com');
    assert.equal(summary('ns.dept.example.com', 'A'), 'unreachable: no zone file covers ns.dept.example.com');
    assert.equal(summary('a.b.dept.example.com', 'A'), 'unreachable: no zone file covers a.b.dept.example.com');
    assert.equal(summary('dept.example.com', 'DS'), 'dept.example.com 1 8 2 aabb');
  });

  it('asks the zone with the longest name, and the parent for DS', () => {
    assert.equal(summary('ns.child.example.com', 'A'), 'ns.child.example.com 192.0.2.54');
    assert.equal(summary('zz.child.example.com', 'A'), 'nxdomain 50 child.example.com');
    assert.equal(resolver.peek(dnsName('ns.child.example.com'), 'A').server, 'zone child.example.com');
    assert.equal(summary('child.example.com', 'DS'), 'child.example.com 2 8 2 ccdd');
    assert.equal(summary('example.com', 'DS'), 'nodata 300 example.com');
  });

  it('estimates the response without name compression inside data', () => {
    // header 12, question 13 + 4, OPT 11, record 12 + 2 + 18
    assert.equal(resolver.peek(dnsName('example.com'), 'MX').octets, 72);
  });

  it('answers the same through query, and honours an aborted signal', async () => {
    const name = dnsName('example.com');
    assert.equal(await resolver.query(name, 'MX'), resolver.peek(name, 'MX'));
    await assert.rejects(resolver.query(name, 'MX', { signal: AbortSignal.abort(new Error('stop')) }), /stop/);
  });

  it('serves a root zone', () => {
    const from = zoneResolver([zoneOf('. 60 SOA ns. h. 1 2 3 4 5\n* 60 TXT any\nexample.com. 60 A 192.0.2.1\n')]);
    assert.equal(summary('example.com', 'A', from), 'example.com 192.0.2.1');
    assert.equal(summary('a.example.com', 'A', from), 'nxdomain 5 ');
    assert.equal(summary('org', 'TXT', from), 'org "any"');
    assert.equal(summary('.', 'SOA', from), ' ns. h. 1 2 3 4 5');
  });
});

describe('zoneWorld', () => {
  it('takes text without SOA as the whole DNS', async () => {
    const world = zoneWorld([
      'example.com TXT "v=spf1 -all"\nexample.com NS ns1.example.com\nns1.example.com A 192.0.2.1',
    ]);
    const kind = async (name: string, type: RrType) => (await world.resolver.query(dnsName(name), type)).kind;
    assert.equal(await kind('example.com', 'TXT'), 'found');
    assert.equal(await kind('example.com', 'NS'), 'found');
    assert.equal(await kind('ns1.example.com', 'A'), 'found');
    assert.equal(await kind('example.org', 'TXT'), 'nxdomain');
    assert.equal(world.now(), zoneWorldNow);
    assert.equal(world.fetch, undefined);
    assert.equal(world.randomBytes(40).length, 40);
    assert.deepEqual(zoneWorld('').randomBytes(8), zoneWorld('').randomBytes(8));
  });

  it('throws with the errors of the text', () => {
    assert.throws(() => zoneWorld('example.com. A nonsense'), /zone text 1:1:16: A of example\.com/);
    assert.throws(() => zoneWorld(`${example}\nexample.org. TXT x`), /outside the zone/);
  });

  it('fails the questions that it is told to fail, also behind an alias', async () => {
    const world = zoneWorld('www.example.com CNAME t.example.com\nt.example.com A 192.0.2.1', {
      failures: [
        ['t.example.com', 'A', 'timeout'],
        ['x.example.com', '*', 'servfail', 'why'],
      ],
      now: () => 5,
    });
    assert.equal(world.now(), 5);
    const ask = (name: string, type: RrType) => world.resolver.query(dnsName(name), type);
    const behind = await ask('www.example.com', 'A');
    assert.deepEqual([behind.kind, behind.chain.length], ['failed', 1]);
    const direct = await ask('x.example.com', 'TXT');
    assert.equal(direct.kind === 'failed' && `${direct.reason} ${direct.detail}`, 'servfail why');
    assert.equal((await ask('t.example.com', 'TXT')).kind, 'nodata');
  });

  it('serves pages', async () => {
    const fetch = fakeFetch({
      'https://a/': { body: 'hello', headers: { 'Content-Type': 'x' } },
      'https://b/': { failed: 'tls' },
    });
    const limits = { maxOctets: 10, timeoutMs: 1 };
    const page = await fetch('https://a/', limits);
    assert.equal(page.kind === 'response' && page.headers['content-type'], 'x');
    assert.equal(page.tls?.protocol, 'TLSv1.3');
    const outcomes = [
      await fetch('https://b/', limits),
      await fetch('https://c/', limits),
      await fetch('https://a/', { ...limits, maxOctets: 4 }),
    ];
    assert.deepEqual(
      outcomes.map((outcome) => outcome.kind === 'failed' && outcome.reason),
      ['tls', 'unreachable', 'too-large'],
    );
  });

  it('compares codes as a multiset', () => {
    expectCodes([{ code: 'a' }, { code: 'b' }, { code: 'a' }], ['b', 'a', 'a']);
    assert.throws(
      () => expectCodes([{ code: 'a' }, { code: 'a', message: 'm' }], ['a', 'b']),
      /- missing {5}b\n\+ unexpected {2}a: m/,
    );
  });
});
