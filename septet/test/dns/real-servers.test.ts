/** The resolver against a real Knot and a real unbound: DNSSEC, truncation, refusals, bulk. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { cachingResolver } from '../../src/dns/cache.ts';
import { dnsName, type DnsName } from '../../src/dns/name.ts';
import { networkResolver, type NetworkResolver } from '../../src/dns/network-resolver.ts';
import { readAnswer } from '../../src/dns/read-answer.ts';
import { dataOf, txtText, type Answer } from '../../src/dns/rrset.ts';
import { decodeMessage } from '../../src/dns/wire-decode.ts';
import type { Question } from '../../src/dns/wire-types.ts';
import { signZone, startKnot, type Knot } from '../servers/knot.ts';
import { missing } from '../servers/process.ts';
import { startUnbound, type Unbound } from '../servers/unbound.ts';

const skip = await missing('knotd', 'unbound');
const longText = 'k'.repeat(4000);
const strings = longText.match(/.{1,250}/g)?.map((text) => `"${text}"`) ?? [];

const zone = (origin: string): string => `$ORIGIN ${origin}.
$TTL 300
@ SOA ns hostmaster 1 7200 3600 1209600 60
@ NS ns
ns A 127.0.0.1
@ MX 10 mail
@ MX 20 Mail2.Example.NET.
mail A 192.0.2.1
mail AAAA 2001:db8::1
@ TXT "v=spf1 " "-all"
odd\\.label\\032x TXT "odd \\195\\164 \\"quoted\\" \\\\"
large TXT ${strings.join(' ')}
alias CNAME alias2
alias2 CNAME mail
away CNAME elsewhere.insecure.test.
loop CNAME loop2
loop2 CNAME loop
@ CAA 0 issue "ca.example; policy=ev"
_443._tcp.mail TLSA 3 1 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
_smtp._tcp SRV 1 2 25 mail
@ TYPE65280 \\# 3 abcdef
*.wild TXT "from a wildcard"
`;

suite('Knot behind unbound', { skip }, () => {
  let knot: Knot;
  let unbound: Unbound;
  let viaUnbound: NetworkResolver;
  let direct: NetworkResolver;

  before(async () => {
    const signed = await signZone('signed.test', zone('signed.test'));
    const broken = await signZone('broken.test', zone('broken.test'));
    const names = Array.from({ length: 5000 }, (_, i) => `n${i} TXT "number ${i}"\n`).join('');
    knot = await startKnot([
      { origin: 'signed.test', text: signed.text },
      { origin: 'broken.test', text: broken.text.replaceAll('-all', '+all') },
      { origin: 'insecure.test', text: `${zone('insecure.test')}elsewhere TXT "over there"\n${names}` },
    ]);
    unbound = await startUnbound({
      stubs: { 'signed.test': [knot.server], 'broken.test': [knot.server], 'insecure.test': [knot.server] },
      trustAnchors: [signed.trustAnchor, broken.trustAnchor],
    });
    viaUnbound = networkResolver({ servers: [unbound.server] });
    direct = networkResolver({ servers: [knot.server] });
  });

  after(async () => {
    await viaUnbound?.close();
    await direct?.close();
    await unbound?.stop();
    await knot?.stop();
  });

  test('a validated answer is secure, an unsigned one insecure, an authoritative one unknown', async () => {
    const secure = await viaUnbound.query(dnsName('signed.test'), 'TXT');
    assert.equal(secure.kind, 'found');
    assert.equal(secure.dnssec, 'secure');
    assert.deepEqual(dataOf(secure), [{ strings: ['v=spf1 ', '-all'] }]);
    assert.equal((await viaUnbound.query(dnsName('insecure.test'), 'TXT')).dnssec, 'insecure');
    const own = await direct.query(dnsName('signed.test'), 'TXT');
    assert.equal(own.dnssec, 'unknown');
    assert.equal(own.authoritative, true);
  });

  test('a broken signature is SERVFAIL with the reason, never absence', async () => {
    const answer = await viaUnbound.query(dnsName('broken.test'), 'TXT');
    assert.ok(answer.kind === 'failed');
    assert.equal(answer.reason, 'servfail');
    assert.match(answer.detail ?? '', /^SERVFAIL, DNSSEC Bogus \(EDE 6\)/);
    assert.equal(
      (await viaUnbound.query(dnsName('mail.broken.test'), 'A')).dnssec,
      'secure',
      'the rest of the zone is fine',
    );
  });

  test('absence has its zone and its time, signed or not', async () => {
    for (const resolver of [viaUnbound, direct]) {
      const none = await resolver.query(dnsName('nothing.signed.test'), 'TXT');
      assert.ok(none.kind === 'nxdomain' && none.zone === 'signed.test', JSON.stringify(none));
      assert.ok(none.negativeTtlSeconds > 0 && none.negativeTtlSeconds <= 60);
      const nodata = await resolver.query(dnsName('mail.signed.test'), 'TXT');
      assert.ok(nodata.kind === 'nodata' && nodata.zone === 'signed.test');
    }
  });

  test('a large TXT comes over TCP, every string as published', async () => {
    for (const resolver of [viaUnbound, direct]) {
      const answer = await resolver.query(dnsName('large.signed.test'), 'TXT');
      assert.equal(dataOf(answer).map(txtText).join('|'), longText);
      assert.equal(dataOf(answer)[0]?.strings.length, 16);
      assert.ok((answer.octets ?? 0) > 4000);
    }
  });

  test('every type reads as the zone says', async () => {
    const apex = dnsName('signed.test');
    const mx = dataOf(await viaUnbound.query(apex, 'MX')).toSorted((a, b) => a.preference - b.preference);
    assert.deepEqual(mx, [
      { preference: 10, exchange: 'mail.signed.test' },
      { preference: 20, exchange: 'mail2.example.net' },
    ]);
    assert.deepEqual(dataOf(await direct.query(dnsName('mail.signed.test'), 'A')), ['192.0.2.1']);
    assert.deepEqual(dataOf(await direct.query(dnsName('mail.signed.test'), 'AAAA')), ['2001:db8::1']);
    assert.deepEqual(dataOf(await direct.query(apex, 'NS')), ['ns.signed.test']);
    assert.deepEqual(dataOf(await direct.query(apex, 'CAA')), [
      { flags: 0, tag: 'issue', value: 'ca.example; policy=ev' },
    ]);
    assert.deepEqual(dataOf(await direct.query(apex, 'TYPE65280')), [{ hex: 'abcdef' }]);
    assert.deepEqual(dataOf(await direct.query(dnsName('_smtp._tcp.signed.test'), 'SRV')), [
      { priority: 1, weight: 2, port: 25, target: 'mail.signed.test' },
    ]);
    const tlsa = dataOf(await direct.query(dnsName('_443._tcp.mail.signed.test'), 'TLSA'));
    assert.equal(tlsa[0]?.data, '0123456789abcdef'.repeat(4));
    const soa = dataOf(await direct.query(apex, 'SOA'))[0];
    assert.equal(soa?.mname, 'ns.signed.test');
    assert.equal(soa?.minimum, 60);
    const odd = dataOf(await direct.query(dnsName('odd\\.label\\032x.signed.test'), 'TXT'))[0];
    assert.deepEqual(odd?.strings, ['odd \u00c3\u00a4 "quoted" \\']);
    const key = dataOf(await direct.query(apex, 'DNSKEY')).find((one) => one.flags === 257);
    assert.ok(key?.algorithm === 13 && Buffer.from(key.publicKey, 'base64').length === 64);
    const nsec = dataOf(await direct.query(apex, 'NSEC', { dnssec: true }))[0];
    assert.ok(nsec?.types.includes('TYPE65280') && nsec.types.includes('CAA') && nsec.types.includes('RRSIG'));
    const rrsig = dataOf(await direct.query(apex, 'RRSIG', { dnssec: true }));
    assert.ok(rrsig.length > 0 && rrsig.every((one) => one.signer === 'signed.test' && one.labels === 2));
    assert.ok(rrsig.every((one) => one.inception < one.expiration && one.originalTtl <= 300));
    const wild = await direct.query(dnsName('a.b.wild.signed.test'), 'TXT');
    assert.ok(wild.kind === 'found' && wild.set.name === 'a.b.wild.signed.test');
  });

  test('aliases are followed, over zones too, and a loop shows its hops', async () => {
    for (const resolver of [viaUnbound, direct]) {
      const answer = await resolver.query(dnsName('alias.signed.test'), 'A');
      assert.deepEqual(dataOf(answer), ['192.0.2.1']);
      assert.deepEqual(
        answer.chain.map((hop) => hop.target),
        ['alias2.signed.test', 'mail.signed.test'],
      );
      const away = await resolver.query(dnsName('away.signed.test'), 'TXT');
      assert.deepEqual(dataOf(away), [{ strings: ['over there'] }]);
      assert.equal(away.name, 'away.signed.test');
      assert.notEqual(away.dnssec, 'secure', 'a chain is as secure as its weakest link');
    }
    const loop = await direct.query(dnsName('loop.signed.test'), 'A');
    assert.ok(loop.kind === 'failed' && loop.reason === 'malformed' && loop.detail === 'CNAME loop');
    assert.equal(loop.chain.length, 2);
  });

  test('a server that does not hold the zone refuses; the next one is asked', async () => {
    const refused = await direct.query(dnsName('foreign.example'), 'TXT');
    assert.ok(refused.kind === 'failed' && refused.reason === 'refused', JSON.stringify(refused));
    const both = networkResolver({ servers: [knot.server, unbound.server] });
    const answer = await both.query(dnsName('localhost'), 'A');
    await both.close();
    assert.equal(answer.server, unbound.server);
    assert.deepEqual(dataOf(answer), ['127.0.0.1']);
  });

  for (const transport of ['udp', 'tcp'] as const) {
    test(`thousands of questions at once over ${transport}, none lost, none mixed up`, async () => {
      const resolver = networkResolver({ servers: [knot.server], transport, concurrency: 2000 });
      const names: DnsName[] = [];
      for (let i = 0; i < 20_000; i++) names.push(dnsName(`n${i % 5000}.insecure.test`));
      const answers = await Promise.all(names.map((name) => resolver.query(name, 'TXT')));
      await resolver.close();
      answers.forEach((answer: Answer<'TXT'>, i) => {
        assert.equal(answer.name, names[i]);
        assert.equal(dataOf(answer).map(txtText).join(''), `number ${i % 5000}`, JSON.stringify(answer));
      });
    });
  }

  test('through a cache, a thousand equal questions are one', async () => {
    let asked = 0;
    const counting = networkResolver({
      servers: [knot.server],
      read: (octets, question, server) => {
        asked++;
        return readAnswer(octets, question, server);
      },
    });
    const cache = cachingResolver(counting, { now: () => Date.now() });
    const answers = await Promise.all(Array.from({ length: 1000 }, () => cache.query(dnsName('signed.test'), 'MX')));
    await counting.close();
    assert.equal(asked, 1);
    assert.equal(new Set(answers).size, 1);
  });

  test('real messages, mutated, are read or refused, and nothing throws', async () => {
    const seen: { octets: Buffer; question: Question }[] = [];
    const listening = networkResolver({
      servers: [knot.server],
      read: (octets, question, server) => {
        seen.push({ octets: Buffer.from(octets), question });
        return readAnswer(octets, question, server);
      },
    });
    for (const name of ['signed.test', 'alias.signed.test', 'nothing.signed.test', 'large.signed.test']) {
      for (const type of ['TXT', 'MX', 'A', 'DNSKEY', 'SOA', 'NSEC', 'RRSIG'] as const) {
        await listening.query(dnsName(name), type, { dnssec: true });
      }
    }
    await listening.close();
    assert.ok(seen.length >= 28);
    let state = 12345;
    const random = (below: number): number => {
      state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
      return (state >> 8) % below;
    };
    const kinds = new Set<string>();
    const started = performance.now();
    for (let round = 0; round < 20_000; round++) {
      const { octets, question } = seen[random(seen.length)] as (typeof seen)[number];
      const mutated = Buffer.from(octets.length > 600 ? octets.subarray(0, 600) : octets);
      for (let i = random(8); i >= 0; i--) mutated[random(mutated.length)] = random(3) === 0 ? 0xc0 : random(256);
      const cut = random(4) === 0 ? mutated.subarray(0, random(mutated.length)) : mutated;
      kinds.add(decodeMessage(cut).kind);
      kinds.add(readAnswer(cut, question, 'test').kind);
    }
    assert.ok(performance.now() - started < 10_000);
    assert.deepEqual([...kinds].toSorted(), ['failed', 'found', 'malformed', 'message', 'nodata', 'nxdomain']);
  });
});
