import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { expectCodes, zoneWorld, type FailingQuestion } from '../../../test/zone-world.ts';
import { dnsName } from '../../dns/name.ts';
import type { Envelope } from './envelope.ts';
import { hostOf, type HostOutcome } from './host-of.ts';

const reverse = '3.2.1.20.in-addr.arpa.';
const domain = dnsName('example.com');

function look(
  zone: string,
  over: {
    ip?: string;
    helo?: string;
    mailFrom?: string;
    forwarded?: boolean;
    failures?: readonly FailingQuestion[];
  } = {},
): Promise<HostOutcome> {
  const envelope: Envelope = {
    ...(over.ip === '' ? {} : { ip: { value: over.ip ?? '20.1.2.3', from: 'Received' } }),
    helo: { value: over.helo ?? 'mail.example.com', from: 'Received' },
    mailFrom: { value: over.mailFrom ?? 'a@example.com', from: 'Return-Path' },
    why: '',
    hops: [],
  };
  const world = zoneWorld(zone, over.failures ? { failures: over.failures } : {});
  return hostOf(world, { envelope, domain, forwarded: over.forwarded ?? false });
}

function codesOf(outcome: HostOutcome, codes: readonly string[]): void {
  assert.equal(outcome.kind, 'checked');
  if (outcome.kind === 'checked') expectCodes(outcome.findings, codes);
}

const own = `${reverse} PTR mail.example.com.\nmail.example.com. A 20.1.2.3`;
const service = `${reverse} PTR a8.out.service.net.\na8.out.service.net. A 20.1.2.3`;

describe('hostOf', () => {
  test('a host of one’s own is judged whole', async () => {
    codesOf(await look(`${own}\nmail.example.com. TXT "v=spf1 a -all"`), []);
    codesOf(await look(own), ['host.helo.no_spf']);
    codesOf(await look('mail.example.com. A 20.1.2.3\nmail.example.com. TXT "v=spf1 a -all"'), ['host.ptr.missing']);
  });

  test('of a host of a service only what matters to the sender is told', async () => {
    codesOf(await look(service, { helo: 'a8.out.service.net' }), []);
    codesOf(await look(service, { helo: 'a8.out.service.net', mailFrom: '' }), ['host.helo.no_spf']);
  });

  test('skipped with a reason', async () => {
    for (const [over, why] of [
      [{ ip: '10.0.0.1' }, /not a public address \(private\)/],
      [{ ip: '' }, /--ip/],
      [{ ip: 'x' }, /not an IP address/],
      [{ forwarded: true }, /forwarded/],
      [{ failures: [['3.2.1.20.in-addr.arpa', 'PTR', 'timeout']] }, /could not be asked for/],
    ] as const) {
      // oxlint-disable-next-line no-await-in-loop -- five small cases
      const outcome = await look(own, over);
      assert.equal(outcome.kind, 'skipped');
      if (outcome.kind === 'skipped') assert.match(outcome.why, why);
    }
  });
});
