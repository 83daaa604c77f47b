import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { sharedData } from '../../test/shared-data.ts';
import { formatAddress } from './address.ts';
import { dnsName, octetText, under, type DnsName } from './name.ts';
import type { Rdata, RrSet, RrType } from './rrset.ts';
import { readZone } from './zone-read.ts';
import { writeZone } from './zone-write.ts';
import { makeZone, type Zone } from './zone.ts';

function readBack(zone: Zone): Zone {
  const text = writeZone(zone);
  const result = readZone(text, { file: 'written' });
  if (result.kind === 'bad') assert.fail(`${JSON.stringify(result.errors)}\n${text}`);
  return result.zone;
}

const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record(model, { noNullPrototype: true });
const origin = dnsName('example.com');
const plainLabel = fc.string({ unit: fc.constantFrom(...'abcz019-_'), minLength: 1, maxLength: 12 });
const anyLabel = fc
  .uint8Array({ minLength: 1, maxLength: 8 })
  .map((octets) => [...octets].map((octet) => octetText(octet)).join(''));
const name: fc.Arbitrary<DnsName> = fc
  .array(fc.oneof({ weight: 4, arbitrary: plainLabel }, anyLabel, fc.constantFrom('*', '@', '$x', '"', ';', '(')), {
    maxLength: 4,
  })
  .map((labels) => (labels.length === 0 ? origin : (under(labels.join('.'), origin) ?? origin)));
const octets = (max: number) => fc.uint8Array({ maxLength: max }).map((bytes) => Buffer.from(bytes).toString('latin1'));
const base64 = fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('base64'));
const hex = fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('hex'));
const u8 = fc.nat(255);
const u16 = fc.nat(65_535);
const u32 = fc.nat(0xffff_ffff);
const address = (family: 4 | 6) =>
  fc
    .uint8Array({ minLength: family === 4 ? 4 : 16, maxLength: family === 4 ? 4 : 16 })
    .map((bytes) => formatAddress({ family, octets: bytes }));
const txt = record({ strings: fc.array(octets(255), { minLength: 1, maxLength: 4 }) });
const rrType = fc.constantFrom<RrType>('A', 'TXT', 'RRSIG', 'TYPE65');

const rdata: { readonly [T in RrType]?: fc.Arbitrary<Rdata<T>> } = {
  A: address(4),
  AAAA: address(6),
  CNAME: name,
  DNAME: name,
  NS: name,
  PTR: name,
  MX: record({ preference: u16, exchange: name }),
  TXT: txt,
  SPF: txt,
  SRV: record({ priority: u16, weight: u16, port: u16, target: name }),
  CAA: record({ flags: u8, tag: fc.constantFrom('issue', 'iodef', 'issuevmc'), value: octets(300) }),
  TLSA: record({ usage: u8, selector: u8, matchingType: u8, data: hex }),
  DS: record({ keyTag: u16, algorithm: u8, digestType: u8, digest: hex }),
  DNSKEY: record({ flags: u16, protocol: u8, algorithm: u8, publicKey: base64 }),
  RRSIG: record({
    typeCovered: rrType,
    algorithm: u8,
    labels: u8,
    originalTtl: u32,
    expiration: u32,
    inception: u32,
    keyTag: u16,
    signer: name,
    signature: base64,
  }),
  NSEC: record({ next: name, types: fc.uniqueArray(rrType) }),
  TYPE65: record({ hex }),
  TYPE65280: record({ hex: fc.oneof(hex, fc.constant('')) }),
};

const ttl = fc.nat(0x7fff_ffff);
const set: fc.Arbitrary<RrSet> = fc.constantFrom(...(Object.keys(rdata) as RrType[])).chain((type) =>
  record({
    name,
    type: fc.constant(type),
    ttlSeconds: ttl,
    data: fc.array(rdata[type] as fc.Arbitrary<Rdata<RrType>>, { minLength: 1, maxLength: 3 }),
  }),
);
const soa: fc.Arbitrary<RrSet<'SOA'>> = record({
  name: fc.constant(origin),
  type: fc.constant('SOA' as const),
  ttlSeconds: ttl,
  data: fc.tuple(
    record({ mname: name, rname: name, serial: u32, refresh: u32, retry: u32, expire: u32, minimum: u32 }),
  ),
});

describe('writeZone', () => {
  it('reads back equal for zones of every type', () => {
    fc.assert(
      fc.property(fc.array(set, { maxLength: 8 }), soa, (sets, apex) => {
        const zone = makeZone(origin, [apex, ...sets]);
        assert.deepEqual(readBack(zone), zone);
      }),
      { numRuns: 300 },
    );
  });

  it('keeps different TTLs of one set apart', () => {
    const result = readZone('a.example.com. 300 A 192.0.2.1\na.example.com. 60 A 192.0.2.2', { file: 'x', origin });
    assert.ok(result.kind === 'good');
    assert.deepEqual(readBack(result.zone), result.zone);
  });

  it('writes the apex first, then names in the order of RFC 4034 §6.1', () => {
    const text =
      '$ORIGIN example.com.\n$TTL 5\nz A 192.0.2.1\na.z A 192.0.2.1\nb A 192.0.2.1\n@ NS b\n@ SOA b h 1 2 3 4 5\nzz A 192.0.2.1\n';
    const result = readZone(text, { file: 'x' });
    assert.ok(result.kind === 'good');
    const owners = writeZone(result.zone)
      .trim()
      .split('\n')
      .map((line) => line.split(' ')[0]);
    assert.deepEqual(owners.slice(1), [
      'example.com.',
      'example.com.',
      'b.example.com.',
      'z.example.com.',
      'a.z.example.com.',
      'zz.example.com.',
    ]);
  });

  it('reads and writes whole real zones back to equal zones', (t) => {
    const folder = sharedData(t, 'zones');
    if (folder === undefined) return;
    const files = zoneFiles(folder);
    assert.ok(files.length >= 200, `${files.length} zones`);
    for (const file of files) {
      const result = readZone(readFileSync(file), { file });
      if (result.kind === 'bad') assert.fail(JSON.stringify(result.errors));
      assert.deepEqual(readBack(result.zone), result.zone, file);
    }
  });

  it('reads and writes the zone of 19,793 real domains', (t) => {
    const file = sharedData(t, 'wild/root.zone');
    if (file === undefined) return;
    const result = readZone(readFileSync(file), { file });
    if (result.kind === 'bad') assert.fail(JSON.stringify(result.errors));
    assert.equal(result.zone.origin, '');
    assert.deepEqual(readBack(result.zone), result.zone);
  });
});

describe('readZone on damaged text', () => {
  it('never throws on mutated real zones, and what it reads it writes back', (t) => {
    const folder = sharedData(t, 'zones');
    if (folder === undefined) return;
    const texts = zoneFiles(folder)
      .filter((_, i) => i % 11 === 0)
      .map((file) => readFileSync(file).subarray(0, 4000));
    const noise = fc.constantFrom(
      ...'"();\\@$ \n\t\r0129aA.*',
      '\\#',
      '\\999',
      '$ORIGIN ',
      '\0',
      '\u00FF',
      'TXT',
      '""',
    );
    const edits = fc.array(fc.tuple(fc.nat(3999), fc.nat(6), noise), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(fc.constantFrom(...texts), edits, (original, changes) => {
        let text = original.toString('latin1');
        for (const [at, drop, insert] of changes) text = text.slice(0, at) + insert + text.slice(at + drop);
        const result = readZone(Buffer.from(text, 'latin1'), { file: 'mutated.example.zone' });
        if (result.kind === 'bad') {
          assert.ok(result.errors.length > 0 && result.errors.length <= 20);
          for (const error of result.errors) assert.ok(error.line >= 1 && error.column >= 1);
        } else {
          const bare = makeZone(
            result.zone.origin,
            [...result.zone.records.values()].flatMap((types) => [...types.values()]),
          );
          assert.deepEqual(readBack(result.zone).records, bare.records);
        }
      }),
      { numRuns: 400 },
    );
  });

  it('never throws on noise', () => {
    const unit = fc.constantFrom(
      ...'"();\\@$ \n\t\r09aA.*#',
      '\u0000',
      'ü',
      ' A ',
      ' TXT ',
      '$TTL',
      '$ORIGIN ',
      '\uD800',
    );
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 80 }), (text) => {
        assert.ok(['good', 'bad'].includes(readZone(text, { file: 'noise' }).kind));
      }),
      { numRuns: 2000 },
    );
  });

  it('stays linear on hostile text', () => {
    const count = 100_000;
    const hostile = [
      '('.repeat(count),
      `a TXT (${'\n'.repeat(count)}`,
      '"'.repeat(count),
      '\\'.repeat(count),
      `a TXT ${'"x" '.repeat(count)}`,
      `${'a.'.repeat(count)} A 192.0.2.1`,
      '$ORIGIN a\n'.repeat(count),
      'a.example. 1 TXT "x"\n'.repeat(count / 10),
      `a.example. TLSA 3 1 1 ${'ab '.repeat(count)}`,
      `a.example. ${'1h'.repeat(count)} A 192.0.2.1`,
    ];
    const begin = performance.now();
    for (const text of hostile) readZone(text, { file: 'hostile' });
    assert.ok(performance.now() - begin < 100_000, 'ten texts of 100,000 characters take less than five seconds');
  });
});

function zoneFiles(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.zone'))
    .toSorted()
    .map((file) => path.join(folder, file));
}
