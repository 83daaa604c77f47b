/** Servers that behave oddly towards dynamic updates: strict, silent, forgetful, absent; and PowerDNS, which takes them, too. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sameData } from '../../src/change/change.ts';
import { dnsName, type DnsName } from '../../src/dns/name.ts';
import type { DnsExchange } from '../../src/dns/update-transport.ts';
import { missingPowerDns, startPowerDns } from '../servers/powerdns.ts';
import { freePort, missing } from '../servers/process.ts';
import { change, expectFault, expectRead } from './bench.ts';
import {
  between,
  hostAt,
  idleKey,
  isUpdate,
  keys,
  nsupdate,
  putting,
  seenAt,
  serve,
  zoneName,
  zoneText,
} from './own-servers.ts';
import { aSet, txt } from './samples.ts';

const skip = await missing('knotd', 'named', 'nsupdate');
const zone = dnsName(zoneName);
const at = (prefix: string): DnsName => dnsName(`${prefix}.${zoneName}`);
const [, key = idleKey] = keys;

test('BIND refuses an address at a name with an underscore, and the cure says so', { skip }, async () => {
  const running = await serve('bind', { anyNames: false });
  try {
    const set = aSet(at('_x'), 60, '192.0.2.1');
    const fault = expectFault(await hostAt(running.server, key).apply(zone, [change(undefined, set)]), 'not-permitted');
    assert.match(fault.cure, /check-names primary ignore/);
    assert.deepEqual(fault.at, { name: set.name, type: 'A' });
  } finally {
    await running.stop();
  }
});

test('a server that ignores a part without a word is found out', { skip }, async () => {
  const running = await serve('knot', { mayUpdate: [] });
  const { server } = running;
  try {
    const [first, second] = [txt(at('_first'), 60, 'x'), txt(at('_second'), 60, 'y')];
    const ignoring = (really: readonly string[]): DnsExchange =>
      between(server, async (messages, send) => {
        if (!messages.some(isUpdate)) return send(messages);
        if (really.length > 0) await nsupdate(server, undefined, really);
        const reply = Buffer.alloc(12);
        messages[0]?.copy(reply, 0, 0, 2);
        reply.writeUInt16BE(0xa800, 2); // QR, opcode 5, NOERROR
        return { kind: 'replies', replies: [reply] };
      });
    const changes = [change(undefined, first), change(undefined, second)];
    const nothing = hostAt(server, undefined, { exchange: ignoring([]) });
    expectFault(await nothing.apply(zone, changes), 'rejected');
    const half = hostAt(server, undefined, { exchange: ignoring(putting(first)) });
    const applied = await half.apply(zone, changes);
    assert.equal(applied.kind, 'stopped');
    assert.ok(applied.kind === 'stopped');
    assert.deepEqual(applied.done, [changes[0]]);
    assert.deepEqual(applied.fault.at, { name: second.name, type: 'TXT' });
    assert.deepEqual(await hostAt(server, undefined).apply(zone, changes), { kind: 'applied' }, 'without a key');
  } finally {
    await running.stop();
  }
});

test('a server that does not answer ANY is read all the same', { skip }, async () => {
  const running = await serve('knot', {
    mayUpdate: [],
    text: `${zoneText}all A 192.0.2.1\nall TXT "x"\nall TYPE65 \\# 1 00\n`,
  });
  const { server } = running;
  try {
    const exchange = between(server, async (messages, send) => {
      const got = await send(messages);
      if (got.kind === 'failed') return got;
      const replies = got.replies.map((reply, i) => {
        const message = messages[i] ?? Buffer.alloc(0);
        if (message.readUInt16BE(message.length - 4) !== 255) return reply;
        const refused = Buffer.from(message);
        refused.writeUInt16BE(0x8004, 2); // QR, NOTIMP
        return refused;
      });
      return { kind: 'replies', replies };
    });
    const read = expectRead(await hostAt(server, undefined, { exchange }).read(zone, [at('all')]));
    assert.deepEqual(read.sets.map(({ type }) => type).toSorted(), ['A', 'TXT', 'TYPE65']);
  } finally {
    await running.stop();
  }
});

test('a server that is not there, and one that says nothing', { skip }, async () => {
  const read = await hostAt(`127.0.0.1:${await freePort()}`, key).read(zone, [zone]);
  assert.equal(read.kind === 'fault' && read.reason, 'unreachable');
  assert.match(read.kind === 'fault' ? read.detail : '', /connection refused/);
  const running = await serve('knot');
  try {
    const exchange = between(running.server, (messages, send) =>
      messages.some(isUpdate)
        ? send(messages).then(() => ({ kind: 'failed', sent: true, detail: 'no answer within 3 seconds' }) as const)
        : send(messages),
    );
    const changes = [change(undefined, txt(at('_maybe'), 60, 'x'))];
    const fault = expectFault(await hostAt(running.server, key, { exchange }).apply(zone, changes), 'unreachable');
    assert.match(fault.detail, /Whether it was carried out is not known/);
    assert.deepEqual(await hostAt(running.server, key).apply(zone, changes), { kind: 'applied' }, 'run again');
  } finally {
    await running.stop();
  }
});

test('PowerDNS takes dynamic updates, too', { skip: await missingPowerDns() }, async () => {
  const running = await startPowerDns();
  const seen = seenAt(running.server);
  try {
    await running.api('POST', '/zones', { name: `${zoneName}.`, kind: 'Native', nameservers: [`ns1.${zoneName}.`] });
    const host = hostAt(running.server, undefined);
    const [one, two] = [txt(at('_pdns'), 600, 'one "quoted"'), txt(at('_pdns'), 600, 'two', 'and three')];
    assert.deepEqual(await host.apply(zone, [change(undefined, one)]), { kind: 'applied' });
    assert.deepEqual(await host.apply(zone, [change(one, two)]), { kind: 'applied' });
    assert.ok(sameData(await seen.liveAt(one.name, 'TXT'), two));
    expectFault(await host.apply(zone, [change(one, undefined)]), 'changed');
    assert.deepEqual(await host.apply(zone, [change(two, undefined)]), { kind: 'applied' });
  } finally {
    await seen.close();
    await running.stop();
  }
});
