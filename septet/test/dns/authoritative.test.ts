/** `authorityFinder` against real servers: a parent, a child with healthy, silent, lame and disagreeing servers. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { authorityFinder } from '../../src/dns/authoritative.ts';
import { dnsName } from '../../src/dns/name.ts';
import { networkResolver, type NetworkResolver } from '../../src/dns/network-resolver.ts';
import type { Authority } from '../../src/dns/resolver.ts';
import { dataOf, txtText, type Answer } from '../../src/dns/rrset.ts';
import { serveDns, type DnsServer } from '../../src/dns/server.ts';
import { startKnot, type Knot } from '../servers/knot.ts';
import { freePort, missing } from '../servers/process.ts';
import { startUnbound, type Unbound } from '../servers/unbound.ts';

const skip = await missing('knotd', 'unbound');

/** Every server has an address of its own and the same port, as name servers do. */
const addresses = {
  parent: '127.0.0.2',
  healthy: '127.0.0.3',
  older: '127.0.0.4',
  silent: '127.0.0.5',
  lame: '127.0.0.6',
};

const parentZone = `$ORIGIN test.
$TTL 300
@ SOA ns hostmaster 1 7200 3600 1209600 60
@ NS ns
ns A ${addresses.parent}
example NS ns1.example
example NS ns2.example
example NS ns3.example
example NS ns4.example
ns1.example A ${addresses.healthy}
ns2.example A ${addresses.older}
ns3.example A ${addresses.silent}
ns4.example A ${addresses.lame}
dead NS ns1.dead
ns1.dead A ${addresses.silent}
here TXT "in the parent's zone"
here-alias CNAME www.example
`;
const childZone = (text: string): string => `$ORIGIN example.test.
$TTL 300
@ SOA ns1 hostmaster 1 7200 3600 1209600 60
@ NS ns1
@ NS ns2
ns1 A ${addresses.healthy}
ns2 A ${addresses.older}
@ TXT "${text}"
www CNAME away.elsewhere.test.
`;

suite('asking the servers of a zone', { skip }, () => {
  let port: number;
  const knots: Knot[] = [];
  let silent: DnsServer;
  let unbound: Unbound;
  let resolver: NetworkResolver;
  let find: ReturnType<typeof authorityFinder>;

  before(async () => {
    port = await freePort(addresses.parent);
    silent = await serveDns({ address: addresses.silent, port, answer: () => ({ kind: 'silence' }) });
    knots.push(
      await startKnot([{ origin: 'test', text: parentZone }], { address: addresses.parent, port }),
      await startKnot([{ origin: 'example.test', text: childZone('new') }], { address: addresses.healthy, port }),
      await startKnot([{ origin: 'example.test', text: childZone('old') }], { address: addresses.older, port }),
      await startKnot(
        [{ origin: 'unrelated.test', text: childZone('no').replaceAll('example.test', 'unrelated.test') }],
        {
          address: addresses.lame,
          port,
        },
      ),
    );
    unbound = await startUnbound({
      stubs: {
        test: [`${addresses.parent}:${port}`],
        'example.test': [`${addresses.healthy}:${port}`],
        'dead.test': [`${addresses.silent}:${port}`],
      },
    });
    resolver = networkResolver({ servers: [unbound.server], timeoutMs: 1000 });
    find = authorityFinder({ resolver, port, timeoutMs: 400 });
  });

  after(async () => {
    await resolver?.close();
    await unbound?.stop();
    for (const knot of knots) await knot.stop();
    await silent?.close();
  });

  async function authority(name: string): Promise<Authority> {
    const result = await find(dnsName(name));
    assert.ok(result.kind === 'found', JSON.stringify(result));
    return result.authority;
  }

  test('the zone, its delegation with addresses from the glue, and the NS set of its own', async () => {
    const found = await authority('_dmarc.example.test');
    assert.equal(found.zone, 'example.test');
    assert.deepEqual(found.delegated.map((server) => `${server.name} ${server.addresses.join(' ')}`).toSorted(), [
      `ns1.example.test ${addresses.healthy}`,
      `ns2.example.test ${addresses.older}`,
      `ns3.example.test ${addresses.silent}`,
      `ns4.example.test ${addresses.lame}`,
    ]);
    assert.deepEqual(found.apex.toSorted(), ['ns1.example.test', 'ns2.example.test']);
  });

  test('each server says what it says: two disagree, one is silent, one refuses', async () => {
    const answers = await (await authority('example.test')).ask(dnsName('example.test'), 'TXT');
    const said = new Map(
      answers.map(({ server, answer }) => [
        server as string,
        answer.kind === 'failed' ? answer.reason : dataOf(answer).map(txtText).join(),
      ]),
    );
    assert.deepEqual([...said].toSorted(), [
      ['ns1.example.test', 'new'],
      ['ns2.example.test', 'old'],
      ['ns3.example.test', 'timeout'],
      ['ns4.example.test', 'refused'],
    ]);
  });

  test('an alias into another zone is told as it stands, without following', async () => {
    const answers = await (await authority('www.example.test')).ask(dnsName('www.example.test'), 'TXT');
    const healthy = answers.find((one) => one.address === addresses.healthy)?.answer as Answer;
    assert.equal(healthy.kind, 'nodata');
    assert.deepEqual(
      healthy.chain.map((hop) => hop.target),
      ['away.elsewhere.test'],
    );
  });

  test('a name that is an alias belongs to the zone that holds the alias', async () => {
    assert.equal((await authority('here-alias.test')).zone, 'test');
    assert.equal((await authority('here.test')).zone, 'test');
  });

  test('a zone whose servers are all dead is found in its parent', async () => {
    const dead = await authority('www.dead.test');
    assert.equal(dead.zone, 'dead.test');
    assert.deepEqual(dead.apex, []);
    const answers = await dead.ask(dnsName('www.dead.test'), 'TXT');
    assert.deepEqual(
      answers.map((one) => one.answer.kind === 'failed' && one.answer.reason),
      ['timeout'],
    );
  });

  test('where nobody answers, the outcome is failed with the reason', async () => {
    const deaf = networkResolver({ servers: [silent.server], timeoutMs: 50 });
    const result = await authorityFinder({ resolver: deaf, port, timeoutMs: 50 })(dnsName('www.example.test'));
    await deaf.close();
    assert.ok(result.kind === 'failed');
    assert.match(result.detail, /^www\.example\.test SOA: no answer from 127\.0\.0\.5/);
  });

  test('a signal ends the search', async () => {
    await assert.rejects(find(dnsName('dead.test'), { signal: AbortSignal.timeout(20) }), { name: 'TimeoutError' });
  });
});
