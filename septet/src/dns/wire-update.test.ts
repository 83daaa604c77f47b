import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dnsName } from './name.ts';
import type { RrSet } from './rrset.ts';
import { Reader } from './wire-reader.ts';
import { encodeUpdate } from './wire-update.ts';

const zone = dnsName('example.com');
const name = dnsName('_dmarc.example.com');
const set: RrSet<'TXT'> = { name, type: 'TXT', ttlSeconds: 600, data: [{ strings: ['a', 'b'] }, { strings: [''] }] };

/** The records of a message as RFC 2136 §2 writes them: name, type, class, TTL, octets of data. */
function records(message: Buffer): { readonly head: readonly number[]; readonly records: readonly string[] } {
  const reader = new Reader(message);
  const head = [reader.u16(), reader.u16(), reader.u16(), reader.u16(), reader.u16(), reader.u16()];
  assert.equal(reader.name(), zone);
  assert.deepEqual([reader.u16(), reader.u16()], [6, 1], 'SOA IN');
  const out: string[] = [];
  while (reader.at < message.length) {
    const owner = reader.name();
    const [type, recordClass, ttl, length] = [reader.u16(), reader.u16(), reader.u32(), reader.u16()];
    out.push([owner, type, recordClass, ttl, Buffer.from(reader.latin1(length), 'latin1').toString('hex')].join(' '));
  }
  return { head, records: out };
}

test('an update holds zone, prerequisites and edits as the standard writes them', () => {
  const message = encodeUpdate({
    id: 0xabcd,
    zone,
    prerequisites: [
      { kind: 'holds', set },
      { kind: 'exists', name, type: 'TXT' },
      { kind: 'absent', name, type: 'CNAME' },
      { kind: 'unused', name: dnsName('new.example.com') },
    ],
    edits: [
      { kind: 'delete', name, type: 'TXT' },
      { kind: 'add', set },
    ],
  });
  assert.deepEqual(records(message), {
    head: [0xabcd, 0x2800, 1, 5, 3, 0],
    records: [
      '_dmarc.example.com 16 1 0 01610162', // §2.4.2: class of the zone, TTL 0, data
      '_dmarc.example.com 16 1 0 00',
      '_dmarc.example.com 16 255 0 ', // §2.4.1: class ANY
      '_dmarc.example.com 5 254 0 ', // §2.4.3: class NONE
      'new.example.com 255 254 0 ', // §2.4.5: type ANY, class NONE
      '_dmarc.example.com 16 255 0 ', // §2.5.2: class ANY
      '_dmarc.example.com 16 1 600 01610162', // §2.5.1
      '_dmarc.example.com 16 1 600 00',
    ],
  });
});

test('an update without edits asks and changes nothing', () => {
  const message = encodeUpdate({ id: 1, zone, prerequisites: [{ kind: 'exists', name, type: 'MX' }], edits: [] });
  assert.deepEqual(records(message).head, [1, 0x2800, 1, 1, 0, 0]);
});
