/** What only dynamic updates have: keys, clocks, prerequisites, secondaries, wildcards. At real name servers. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { sameData } from '../../src/change/change.ts';
import { dnsName, type DnsName } from '../../src/dns/name.ts';
import type { RrSet } from '../../src/dns/rrset.ts';
import { decodeMessage } from '../../src/dns/wire-decode.ts';
import { encodeResponse } from '../../src/dns/wire-encode.ts';
import { freePort, missing } from '../servers/process.ts';
import { change, expectFault, expectRead } from './bench.ts';
import {
  between,
  brands,
  isUpdate,
  hostAt,
  idleKey,
  keys,
  nsupdate,
  putting,
  seenAt,
  serve,
  zoneName,
  zoneText,
  type OwnServer,
} from './own-servers.ts';
import { aSet, txt } from './samples.ts';

const skip = await missing('knotd', 'named', 'nsupdate');
const zone = dnsName(zoneName);
const at = (prefix: string): DnsName => dnsName(`${prefix}.${zoneName}`);
const [, key = idleKey] = keys;

const text = `${zoneText}
Mixed MX 10 Mail.Example.NET.
* TXT "from the wildcard"
*.deep A 192.0.2.66
*.many A 192.0.2.67
*.many AAAA 2001:db8::67
*.many MX 10 mail.example.net.
*.many TXT "many"
own TXT "from the wildcard"
child NS ns.child
ns.child A 192.0.2.53
a.b.ent TXT "x"
`;

for (const brand of brands) {
  describe(`RFC 2136 at ${brand}`, { skip }, () => {
    let running: OwnServer;
    let server: string;
    let seen: ReturnType<typeof seenAt>;
    before(async () => {
      running = await serve(brand, { text, anyNames: false });
      server = running.server;
      seen = seenAt(server);
    });
    after(async () => {
      await seen?.close();
      await running?.stop();
    });
    const wanted = (prefix: string): ReturnType<typeof change> => change(undefined, txt(at(prefix), 600, 'wanted'));

    test('an unknown key is told by its name', async () => {
      const host = hostAt(server, { ...key, name: 'unheard-of.' });
      const fault = expectFault(await host.apply(zone, [wanted('_k')]), 'not-authenticated');
      assert.match(fault.detail, /does not accept the TSIG key unheard-of with hmac-sha256 \(BADKEY\)/);
    });

    test('a known key with another algorithm is no known key', async () => {
      const host = hostAt(server, { ...key, algorithm: 'hmac-sha512' });
      expectFault(await host.apply(zone, [wanted('_k')]), 'not-authenticated');
    });

    test('a wrong secret is told apart from an unknown key', async () => {
      const host = hostAt(server, { ...key, secret: Buffer.alloc(32, 'no').toString('base64') });
      const fault = expectFault(await host.apply(zone, [wanted('_k')]), 'not-authenticated');
      assert.match(fault.detail, /not this secret \(BADSIG\)/);
    });

    test('a key that may not update lacks the permission', async () => {
      // Knot says that it does not know a key that no rule of the zone names.
      const reason = brand === 'knot' ? 'not-authenticated' : 'not-permitted';
      const fault = expectFault(await hostAt(server, idleKey).apply(zone, [wanted('_idle')]), reason);
      assert.match(fault.detail, /key idle/);
      assert.match(fault.cure, /update/);
    });

    test('without a key the server refuses', async () => {
      const fault = expectFault(await hostAt(server, undefined).apply(zone, [wanted('_none')]), 'not-authenticated');
      assert.match(fault.detail, /without a TSIG key/);
    });

    test('a clock that is wrong is told with both times', async () => {
      const host = hostAt(server, key, { now: () => Date.UTC(2025, 0, 1, 12) });
      const fault = expectFault(await host.apply(zone, [wanted('_late')]), 'not-authenticated');
      const year = new Date().getUTCFullYear();
      assert.match(fault.detail, new RegExp(`here it is 2025-01-01T12:00:00Z, at ${server} ${year}-.*BADTIME`));
      assert.match(fault.cure, /clock/);
    });

    test('a clock within five minutes does', async () => {
      const host = hostAt(server, key, { now: () => Date.now() - 200_000 });
      assert.deepEqual(await host.apply(zone, [wanted('_nearly')]), { kind: 'applied' });
    });

    test('a response without signature proves nothing', async () => {
      const exchange = between(server, async (messages, send) => {
        const got = await send(messages);
        if (got.kind === 'failed') return got;
        const replies = got.replies.map((reply) => {
          const decoded = decodeMessage(reply);
          assert.equal(decoded.kind, 'message');
          if (decoded.kind !== 'message') return reply;
          const { id, question, answers, authority, authoritative } = decoded.message;
          return encodeResponse({ id, ...(question && { question }), answers, authority, aa: authoritative });
        });
        return { kind: 'replies', replies };
      });
      const read = await hostAt(server, key, { exchange }).read(zone, [zone]);
      assert.equal(read.kind === 'fault' && read.reason, 'malformed');
      assert.match(read.kind === 'fault' ? read.detail : '', /not signed although the request was/);
    });

    test('an altered response proves nothing', async () => {
      const exchange = between(server, async (messages, send) => {
        const got = await send(messages);
        if (got.kind === 'failed') return got;
        const replies = got.replies.map((reply) => Buffer.from(reply));
        for (const reply of replies) reply.writeUInt8(reply.readUInt8(3) ^ 0x80, 3); // RA
        return { kind: 'replies', replies };
      });
      const read = await hostAt(server, key, { exchange }).read(zone, [zone]);
      assert.match(read.kind === 'fault' ? read.detail : '', /its MAC is wrong/);
    });

    test('a response to another request proves nothing', async () => {
      let first: readonly Buffer[] | undefined;
      const exchange = between(server, async (messages, send) => {
        const got = await send(messages);
        if (got.kind === 'failed') return got;
        first ??= got.replies;
        const replies = first.map((reply, i) =>
          Buffer.concat([messages[i]?.subarray(0, 2) ?? reply, reply.subarray(2)]),
        );
        return { kind: 'replies', replies };
      });
      const host = hostAt(server, key, { exchange });
      expectRead(await host.read(zone, [zone]));
      const read = await host.read(zone, [zone]);
      assert.match(read.kind === 'fault' ? read.detail : '', /its MAC is wrong/);
    });

    for (const [what, theirs, ours, type] of [
      ['the same RRset', txt(at('_race-1'), 60, 'theirs'), txt(at('_race-1'), 60, 'ours'), 'TXT'],
      ['an address under a new CNAME', aSet(at('race-2'), 60, '192.0.2.1'), cname('race-2'), 'CNAME'],
      ['a CNAME under a new text', cname('_race-3'), txt(at('_race-3'), 60, 'ours'), 'TXT'],
    ] as const) {
      test(`the server refuses when somebody else is faster: ${what}`, async () => {
        const exchange = between(server, async (messages, send) => {
          if (messages.some(isUpdate)) await nsupdate(server, key, putting(theirs));
          return send(messages);
        });
        const other = change(undefined, aSet(at(`beside-${type.toLowerCase()}-${theirs.type}`), 60, '192.0.2.5'));
        const host = hostAt(server, key, { exchange });
        const fault = expectFault(await host.apply(zone, [other, change(undefined, ours)]), 'changed', 'rejected');
        assert.equal(fault.reason, 'changed');
        assert.deepEqual(fault.at, { name: ours.name, type });
        assert.ok(sameData(await seen.liveAt(theirs.name, theirs.type), theirs), 'theirs stays');
        assert.equal(await seen.liveAt(other.name, 'A'), undefined, 'nothing else is written');
      });
    }

    test('the server refuses when a member is changed between reading and writing', async () => {
      const name = at('_race-4');
      const seenSet = txt(name, 60, 'one', 'two');
      await nsupdate(server, key, putting(seenSet));
      const exchange = between(server, async (messages, send) => {
        if (messages.some(isUpdate)) await nsupdate(server, key, putting(txt(name, 60, 'one', 'three')));
        return send(messages);
      });
      const host = hostAt(server, key, { exchange });
      const fault = expectFault(await host.apply(zone, [change(seenSet, txt(name, 60, 'one', 'four'))]), 'changed');
      assert.match(fault.detail, /somebody else/);
      assert.ok(sameData(await seen.liveAt(name, 'TXT'), txt(name, 60, 'one', 'three')));
    });

    test('a wildcard is not taken for records of the name', async () => {
      const host = hostAt(server, key);
      const read = expectRead(await host.read(zone, [at('_dmarc'), at('own'), at('x.deep'), at('*')]));
      assert.deepEqual(
        read.sets.map((set) => `${set.name} ${set.type}`),
        [`own.${zoneName} TXT`, `*.${zoneName} TXT`],
      );
      assert.deepEqual(read.special, []);
      const made = txt(at('_dmarc'), 600, 'v=DMARC1; p=none');
      assert.deepEqual(await host.apply(zone, [change(undefined, made)]), { kind: 'applied' });
      assert.ok(sameData(await seen.liveAt(made.name, 'TXT'), made));
      const same = txt(at('_same'), 600, 'from the wildcard');
      assert.deepEqual(await host.apply(zone, [change(undefined, same)]), { kind: 'applied' });
      const again = expectRead(await host.read(zone, [same.name]));
      assert.equal(again.sets.length, 1, 'it is its own now');
      assert.deepEqual(await host.apply(zone, [change(made, undefined), change(same, undefined)]), { kind: 'applied' });
    });

    test('nor are those of a wildcard that has several types', async () => {
      const read = expectRead(await hostAt(server, key).read(zone, [at('x.many')]));
      assert.deepEqual(read.sets, []);
    });

    test('where it may not ask, it says that a wildcard may be behind the data', async () => {
      // Knot lets a key that no rule names not even read; without a key everybody may.
      const reader = hostAt(server, brand === 'knot' ? undefined : idleKey);
      const read = expectRead(await reader.read(zone, [at('own')]));
      assert.match(read.special[0]?.what ?? '', /looks like the wildcard above it/);
    });

    test('a name in a delegated zone is told with that zone', async () => {
      const read = await hostAt(server, key).read(zone, [at('mail.child')]);
      assert.equal(read.kind === 'fault' && read.reason, 'no-zone');
      assert.match(read.kind === 'fault' ? read.cure : '', /Name the zone child\.example\.com/);
    });

    test('names with capital letters in the zone are the same names', async () => {
      const host = hostAt(server, key);
      const [set] = expectRead(await host.read(zone, [at('mixed')])).sets;
      assert.ok(set?.type === 'MX');
      const more: RrSet<'MX'> = {
        ...(set as RrSet<'MX'>),
        data: [...(set as RrSet<'MX'>).data, { preference: 20, exchange: dnsName('b.example.net') }],
      };
      assert.deepEqual(await host.apply(zone, [change(set, more)]), { kind: 'applied' });
      assert.ok(sameData(await seen.liveAt(at('mixed'), 'MX'), more));
    });

    test('a CNAME at a name with names below it', async () => {
      const host = hostAt(server, key);
      const alias = { ...cname('ent'), name: at('b.ent') };
      assert.deepEqual(await host.apply(zone, [change(undefined, alias)]), { kind: 'applied' });
    });

    test('the top of the zone keeps its SOA and NS', async () => {
      const host = hostAt(server, key);
      const [ns] = expectRead(await host.read(zone, [zone])).sets.filter((set) => set.type === 'NS');
      assert.ok(ns);
      expectFault(await host.apply(zone, [change(ns, undefined)]), 'rejected');
      assert.ok(sameData(await seen.liveAt(zone, 'NS'), ns));
    });

    test('changes that fill more than one message are refused whole', async () => {
      const host = hostAt(server, key);
      const texts = Array.from({ length: 30 }, (_, i) => `${i}`.padEnd(2300, 'x'));
      const fault = expectFault(await host.apply(zone, [change(undefined, txt(at('_big'), 60, ...texts))]), 'rejected');
      assert.match(fault.detail, /65,535 octets/);
      const most = txt(at('_big'), 60, ...texts.slice(0, 26));
      assert.deepEqual(await host.apply(zone, [change(undefined, most)]), { kind: 'applied' });
      assert.ok(sameData(await seen.liveAt(at('_big'), 'TXT'), most));
    });

    test('many names are read in one go', async () => {
      const names = Array.from({ length: 150 }, (_, i) => at(`n${i}`));
      const read = expectRead(await hostAt(server, key).read(zone, [...names, zone]));
      assert.deepEqual(read.sets.map((set) => `${set.name} ${set.type}`).toSorted(), [`${zone} NS`, `${zone} SOA`]);
      assert.deepEqual(read.nameServers, [at('ns1')]);
    });
  });

  test(`${brand}: a change reaches the secondary`, { skip }, async () => {
    const port = await freePort();
    const primary = await serve(brand, { notify: [`127.0.0.1:${port}`] });
    const other = brand === 'knot' ? 'bind' : 'knot';
    const secondary = await serve(other, { primary: primary.server, port });
    const seen = seenAt(secondary.server);
    try {
      const set = txt(at('_travels'), 60, 'far');
      assert.deepEqual(await hostAt(primary.server, key).apply(zone, [change(undefined, set)]), { kind: 'applied' });
      const limit = performance.now() + 10_000;
      while (!sameData(await seen.liveAt(set.name, 'TXT'), set)) {
        assert.ok(performance.now() < limit, 'the secondary serves it in the end');
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      const fault = expectFault(await hostAt(secondary.server, key).apply(zone, [change(set, undefined)]), ...refusals);
      assert.ok(fault.cure.length > 0);
    } finally {
      await seen.close();
      await secondary.stop();
      await primary.stop();
    }
  });

  test(`${brand}: a signed zone shows what was published and not what the server adds`, { skip }, async () => {
    const running = await serve(brand, { signed: true });
    const seen = seenAt(running.server);
    try {
      const host = hostAt(running.server, key);
      const set = txt(at('_signed'), 60, 'here');
      assert.deepEqual(await host.apply(zone, [change(undefined, set)]), { kind: 'applied' });
      const read = expectRead(await host.read(zone, [set.name]));
      assert.deepEqual(
        read.sets.map(({ type }) => type),
        ['TXT'],
      );
      assert.deepEqual(await host.apply(zone, [change(set, undefined)]), { kind: 'applied' });
    } finally {
      await seen.close();
      await running.stop();
    }
  });
}

/** What a secondary says to an update. */
const refusals = ['no-zone', 'not-permitted', 'not-authenticated', 'rejected'];

function cname(prefix: string): RrSet<'CNAME'> {
  return { name: at(prefix), type: 'CNAME', ttlSeconds: 60, data: [dnsName('target.example.net')] };
}
