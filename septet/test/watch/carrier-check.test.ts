/** Keys that are for TLS reports alone (RFC 8460 §3): they vouch for such mail, and for no other. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseHeader } from '../../src/mail/parse-header.ts';
import { keyFinder } from '../../src/proof/dkim/key.ts';
import { carrierCheck } from '../../src/watch/intake/carrier-check.ts';
import { zoneWorld, zoneWorldNow } from '../zone-world.ts';
import { keyZone, signed } from './intake-mail.ts';

const key = keyZone('receiver.example').replace('v=DKIM1;', 'v=DKIM1; s=tlsrpt;');

async function signersOf(fields: string): Promise<readonly string[]> {
  const octets = signed(`From: tls@receiver.example\r\n${fields}\r\nReport\r\n`, 'receiver.example');
  const header = parseHeader(octets);
  const check = carrierCheck(header, keyFinder(zoneWorld(key)), zoneWorldNow);
  check.write(octets.subarray(header.octets));
  return (await check.proof()).signers;
}

test('s=tlsrpt vouches for a mail with TLS reports', async () => {
  assert.deepEqual(await signersOf('TLS-Report-Domain: example.com\r\n'), ['receiver.example']);
});

test('s=tlsrpt vouches for nothing else', async () => {
  assert.deepEqual(await signersOf('Subject: DMARC report\r\n'), []);
});
