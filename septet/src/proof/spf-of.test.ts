import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { zoneWorld } from '../../test/zone-world.ts';
import type { Envelope } from './envelope/envelope.ts';
import { spfOf } from './spf-of.ts';

const zone = `
example.com. TXT "v=spf1 ip4:192.0.2.1 include:more.example -all"
more.example. TXT "v=spf1 ip4:192.0.2.2 -all"
mail.example.com. TXT "v=spf1 a -all"
mail.example.com. A 192.0.2.1`;

const envelope = (ip?: string, mailFrom?: string, helo?: string): Envelope => ({
  ...(ip === undefined ? {} : { ip: { value: ip, from: 'option' } }),
  ...(mailFrom === undefined ? {} : { mailFrom: { value: mailFrom, from: 'option' } }),
  ...(helo === undefined ? {} : { helo: { value: helo, from: 'option' } }),
  why: 'There is no Received field.',
  hops: [],
});

const results = async (given: Envelope): Promise<readonly string[]> =>
  (await spfOf(zoneWorld(zone), given)).map(({ scope, domain, result }) => `${scope} ${domain} ${result}`);

describe('spfOf', () => {
  test('MAIL FROM and HELO', async () => {
    assert.deepEqual(await results(envelope('192.0.2.1', 'a@Example.com', 'mail.example.com')), [
      'mfrom example.com pass',
      'helo mail.example.com pass',
    ]);
    assert.deepEqual(await results(envelope('192.0.2.3', 'a@example.com')), ['mfrom example.com fail']);
  });

  test('the reason names the mechanism and the record that holds it', async () => {
    const [own] = await spfOf(zoneWorld(zone), envelope('192.0.2.1', 'a@example.com'));
    assert.equal(own?.reason, '`ip4:192.0.2.1` in the record of example.com allows 192.0.2.1.');
    const [none] = await spfOf(zoneWorld(zone), envelope('192.0.2.1', 'a@nothing.example'));
    assert.match(none?.reason ?? '', /nothing\.example has no SPF record/);
  });

  test('the null sender is judged by HELO, and a MAIL FROM that is only a domain by itself', async () => {
    assert.deepEqual(await results(envelope('192.0.2.1', '', 'mail.example.com')), [
      'mfrom mail.example.com pass',
      'helo mail.example.com pass',
    ]);
    assert.deepEqual(await results(envelope('192.0.2.1', 'example.com')), ['mfrom example.com pass']);
  });

  test('what is missing is named with its option', async () => {
    const [noIp, helo] = await spfOf(zoneWorld(zone), envelope(undefined, 'a@example.com', 'mail.example.com'));
    assert.equal(noIp?.result, 'unknown');
    assert.equal(noIp?.domain, 'example.com');
    assert.match(noIp?.reason ?? '', /--ip\). There is no Received field\.$/);
    assert.equal(helo?.result, 'unknown');
    const [noPath, heloKnown] = await spfOf(zoneWorld(zone), envelope('192.0.2.1', undefined, 'mail.example.com'));
    assert.match(noPath?.reason ?? '', /--mail-from/);
    assert.equal(heloKnown?.result, 'pass');
    const [noHelo] = await spfOf(zoneWorld(zone), envelope('192.0.2.1', ''));
    assert.match(noHelo?.reason ?? '', /--helo/);
  });

  test('the connection of the author is not judged', async () => {
    const hop = { line: 1, ip: '192.0.2.77', helo: 'laptop', protocol: 'ESMTPSA', authenticated: true };
    const [mfrom] = await spfOf(zoneWorld(zone), {
      ip: { value: '192.0.2.77', from: 'Received', line: 1 },
      mailFrom: { value: 'a@example.com', from: 'Return-Path' },
      hop,
      hops: [hop],
      why: 'Only a submission was seen.',
    });
    assert.equal(mfrom?.result, 'unknown');
    assert.match(mfrom?.reason ?? '', /--ip/);
  });

  test('a question without an answer is temperror', async () => {
    const world = zoneWorld(zone, { failures: [['example.com', 'TXT', 'servfail']] });
    const [mfrom] = await spfOf(world, envelope('192.0.2.1', 'a@example.com'));
    assert.equal(mfrom?.result, 'temperror');
  });
});
