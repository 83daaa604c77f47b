import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { dnsName, type DnsName } from './name.ts';
import type { RrType } from './rrset.ts';
import { maxZoneOctets, originFromFileName, readZone, type ReadOptions, type ZoneProblem } from './zone-read.ts';
import { setOf, type Zone } from './zone.ts';

const head = '$ORIGIN example.com.\n$TTL 3600\n@ SOA ns1 hostmaster 1 2h 15m 2w 5m\n';

function good(text: string | Uint8Array, options: Partial<ReadOptions> = {}): Zone {
  const result = readZone(text, { file: 'test', ...options });
  assert.equal(result.kind, 'good', result.kind === 'bad' ? JSON.stringify(result.errors) : '');
  return (result as Extract<typeof result, { kind: 'good' }>).zone;
}

function warnings(text: string, options: Partial<ReadOptions> = {}): readonly ZoneProblem[] {
  const result = readZone(text, { file: 'test', ...options });
  assert.equal(result.kind, 'good', result.kind === 'bad' ? JSON.stringify(result.errors) : '');
  return (result as Extract<typeof result, { kind: 'good' }>).warnings;
}

function errors(text: string, options: Partial<ReadOptions> = {}): readonly ZoneProblem[] {
  const result = readZone(text, { file: 'test', ...options });
  return result.kind === 'bad' ? result.errors : assert.fail('the text reads without error');
}

function data<T extends RrType>(zone: Zone, name: string, type: T): unknown {
  return setOf(zone, dnsName(name), type)?.data;
}

function textOf(line: string): readonly (readonly string[])[] {
  const set = setOf(good(`${head}t TXT ${line}\n`), dnsName('t.example.com'), 'TXT');
  return (set?.data ?? []).map((txt) => txt.strings);
}

describe('readZone', () => {
  it('reads the example of RFC 1035 §5.3', () => {
    const zone = good(
      [
        '@   IN  SOA     VENERA      Action\\.domains (',
        '                                 20     ; SERIAL',
        '                                 7200   ; REFRESH',
        '                                 600    ; RETRY',
        '                                 3600000; EXPIRE',
        '                                 60)    ; MINIMUM',
        '',
        '        NS      A.ISI.EDU.',
        '        NS      VENERA',
        '        MX      10      VENERA',
        '        MX      20      VAXA',
        'A       A       26.3.0.103',
        'VENERA  A       10.1.0.52',
        '        A       128.9.0.32',
      ].join('\n'),
      { origin: dnsName('isi.edu') },
    );
    assert.equal(zone.origin, 'isi.edu');
    assert.deepEqual(zone.soa?.data, [
      {
        mname: 'venera.isi.edu',
        rname: 'action\\.domains.isi.edu',
        serial: 20,
        refresh: 7200,
        retry: 600,
        expire: 3_600_000,
        minimum: 60,
      },
    ]);
    assert.deepEqual(data(zone, 'isi.edu', 'NS'), ['a.isi.edu', 'venera.isi.edu']);
    assert.deepEqual(data(zone, 'venera.isi.edu', 'A'), ['10.1.0.52', '128.9.0.32']);
    assert.equal(setOf(zone, dnsName('a.isi.edu'), 'A')?.ttlSeconds, 60);
  });

  it('takes TTL and class in either order, types and names in any case', () => {
    const zone = good(`${head}a 5m IN TXT x\nb in 1h30m txt "x"\nC TXT x\nd 7 Txt x\nE.Example.COM. IN TXT x\n`);
    const ttl = (name: string) => setOf(zone, dnsName(`${name}.example.com`), 'TXT')?.ttlSeconds;
    assert.deepEqual(['a', 'b', 'c', 'd', 'e'].map(ttl), [300, 5400, 3600, 7, 3600]);
  });

  it('takes the TTL from the record above when there is no $TTL, then from the SOA', () => {
    const zone = good('a.example. 77 A 192.0.2.1\nb.example. A 192.0.2.2\n', { origin: dnsName('example') });
    assert.equal(setOf(zone, dnsName('b.example'), 'A')?.ttlSeconds, 77);
    assert.equal(
      warnings('a.example. A 192.0.2.1\n').some((w) => w.code === 'zone.no-ttl'),
      true,
    );
  });

  it('keeps the strings of a TXT record apart and undoes escapes', () => {
    assert.deepEqual(textOf('"v=spf1 " "-all"'), [['v=spf1 ', '-all']]);
    assert.deepEqual(textOf('"a""b"'), [['a', 'b']]);
    assert.deepEqual(textOf(String.raw`"say \"hi\"; \\ \059 \000\255"`), [['say "hi"; \\ ; \0\u00FF']]);
    assert.deepEqual(textOf(String.raw`v=DMARC1\;\032p=none`), [['v=DMARC1; p=none']]);
    assert.deepEqual(textOf('""'), [['']]);
    assert.deepEqual(textOf('( "a" ; first\n  "b" ) ; second'), [['a', 'b']]);
    assert.deepEqual(textOf('"a ( b ) ; c"'), [['a ( b ) ; c']]);
  });

  it('keeps UTF-8 as octets, from a string and from octets', () => {
    const line = `${head}t TXT "grüße"\n`;
    const octets = Buffer.from('grüße', 'utf8').toString('latin1');
    for (const text of [line, Buffer.from(line, 'utf8')]) {
      assert.deepEqual(data(good(text), 't.example.com', 'TXT'), [{ strings: [octets] }]);
    }
    const latin1 = Buffer.from(line, 'latin1');
    assert.deepEqual(data(good(latin1), 't.example.com', 'TXT'), [{ strings: ['gr\u00FC\u00DFe'] }]);
  });

  it('reads files from other systems: CRLF, a byte order mark, no line end, a transfer with the SOA twice', () => {
    const soa = 'example.com. 60 IN SOA ns1.example.com. h.example.com. 1 2 3 4 5';
    const zone = good(`\uFEFF; dig axfr\r\n${soa}\r\na.example.com. 60 IN A 192.0.2.1\r\n${soa}`);
    assert.equal(zone.origin, 'example.com');
    assert.equal(zone.soa?.data.length, 1);
    assert.deepEqual(data(zone, 'a.example.com', 'A'), ['192.0.2.1']);
  });

  it('knows the zone by its SOA, what is given, $ORIGIN, the file name, the owners', () => {
    assert.equal(good(head).origin, 'example.com');
    assert.equal(good('a A 192.0.2.1', { origin: dnsName('example.org') }).origin, 'example.org');
    assert.equal(good('$ORIGIN example.net.\na A 192.0.2.1').origin, 'example.net');
    assert.equal(good('a A 192.0.2.1', { file: 'zones/db.example.com' }).origin, 'example.com');
    assert.equal(good('a.b.example. A 192.0.2.1\nc.b.example. A 192.0.2.1').origin, 'b.example');
    assert.deepEqual(
      warnings(head, { origin: dnsName('example.org') }).map((w) => w.code),
      ['zone.other-origin'],
    );
    assert.deepEqual(
      warnings('a.example. 1 A 192.0.2.1').map((w) => w.code),
      ['zone.no-soa'],
    );
    for (const file of ['example.com.zone', '/etc/bind/db.example.com', 'C:\\dns\\example.com.txt', 'example.com']) {
      assert.equal(originFromFileName(file), 'example.com', file);
    }
    assert.equal(originFromFileName('root.zone'), undefined);
    assert.equal(originFromFileName('zone text 1'), undefined);
  });

  it('knows the names between the apex and an owner', () => {
    const zone = good(`${head}a.b.c A 192.0.2.1\nc TXT x\nx.y.c A 192.0.2.1\n`);
    assert.deepEqual([...zone.emptyNonTerminals].sort(), ['b.c.example.com', 'y.c.example.com']);
  });

  it('keeps the smallest of different TTLs and all of them', () => {
    const set = setOf(good(`${head}a 300 A 192.0.2.1\na 60 A 192.0.2.2\n`), dnsName('a.example.com'), 'A');
    assert.equal(set?.ttlSeconds, 60);
    assert.deepEqual(set?.ttlsSeconds, [300, 60]);
  });

  it('leaves out what a name server leaves out, and says so', () => {
    const text = `${head}other.org. A 192.0.2.1\na TXT x\na TXT x\nw ALIAS target\nl LOC 51 30 N 0 7 W 10m\n`;
    const found = warnings(text);
    assert.deepEqual(
      found.map((w) => [w.line, w.code]),
      [
        [4, 'zone.outside'],
        [6, 'zone.duplicate'],
        [7, 'zone.provider-type'],
        [8, 'zone.type-not-read'],
      ],
    );
    const zone = good(text);
    assert.equal(zone.records.has(dnsName('other.org')), false);
    assert.equal(zone.emptyNonTerminals.has(dnsName('l.example.com')), true);
  });

  it('warns where text without quotes is cut or joined, and where a name is not ASCII', () => {
    const found = warnings(
      `${head}_dmarc TXT v=DMARC1; p=none\n@ TXT v=spf1 -all\nmüller A 192.0.2.1\nok TXT token ; note\n`,
    );
    assert.deepEqual(
      found.map((w) => [w.line, w.column, w.code]),
      [
        [4, 20, 'dns.txt.semicolon_truncated'],
        [5, 7, 'zone.text-not-quoted'],
        [6, 1, 'zone.name-not-ascii'],
      ],
    );
    assert.match(found[2]?.message ?? '', /xn--mller-kva/);
  });

  it('names the length of a string over 255 octets and how to split it', () => {
    const [error] = errors(`${head}k._domainkey TXT "${'a'.repeat(300)}"\n`);
    assert.equal(error?.code, 'dns.txt.chunk_over_255');
    assert.match(error?.message ?? '', /300 octets.*2 strings/);
    assert.deepEqual([error?.line, error?.column], [4, 18]);
    assert.deepEqual(textOf(`"${'é'.repeat(127)}"`)[0]?.[0]?.length, 254);
    assert.equal(errors(`${head}t TXT "${'é'.repeat(128)}"`)[0]?.code, 'dns.txt.chunk_over_255');
  });

  it('refuses $INCLUDE and $GENERATE by name', () => {
    const found = errors(`${head}$INCLUDE keys.db\n$GENERATE 1-9 h$ A 192.0.2.$\n$TLL 5\n`);
    assert.deepEqual(
      found.map((e) => [e.line, e.message.split(' ')[0]]),
      [
        [4, '$INCLUDE'],
        [5, '$GENERATE'],
        [6, '"$TLL"'],
      ],
    );
  });

  it('collects errors with their places and goes on', () => {
    const lines = [
      'a A 192.0.2.256',
      'b AAAA 2001:db8:::1',
      'c MX mail',
      'd MX 10',
      'e TXT "not closed',
      'f BOGUS x',
      'g CH TXT x',
      'h A',
      'i A 192.0.2.1 192.0.2.2',
      'j..k A 192.0.2.1',
      `${'l'.repeat(64)} A 192.0.2.1`,
      'm 3x A 192.0.2.1',
      'n )',
      'o TXT "\\999"',
      'p',
      'q 99999999999 A 192.0.2.1',
      'r SOA ns1 h 1 2 3 4 5',
      's TYPE65280 \\# 3 aabb',
    ];
    const found = errors(head + lines.join('\n'));
    assert.deepEqual(
      found.map((e) => [e.line - 3, e.column]),
      [
        [1, 5],
        [2, 8],
        [3, 6],
        [4, 3],
        [5, 7],
        [6, 3],
        [7, 3],
        [8, 3],
        [9, 15],
        [10, 1],
        [11, 1],
        [12, 3],
        [13, 3],
        [14, 7],
        [15, 1],
        [16, 3],
        [17, 1],
        [18, 16],
      ],
    );
  });

  it('stops after twenty errors', () => {
    assert.equal(errors(`${head}${'x A y\n'.repeat(50)}`).length, 20);
  });

  it('finds its way back after a fault inside parentheses', () => {
    const found = errors(`${head}a TXT ( "open\n  "b" )\nc A 192.0.2.1\nd A bad\ne TXT ( "x"\n`);
    assert.deepEqual(
      found.map((e) => [e.line, e.column]),
      [
        [4, 9],
        [7, 5],
        [8, 7],
      ],
    );
  });

  it('names files that are in UTF-16 or too large', () => {
    const utf16 = Buffer.from(`\uFEFF${head}`, 'utf16le');
    const result = readZone(utf16, { file: 'test' });
    assert.match(result.kind === 'bad' ? (result.errors[0]?.message ?? '') : '', /UTF-16/);
    assert.match(errors(' '.repeat(maxZoneOctets + 1))[0]?.message ?? '', /at most/);
  });

  it('says what a relative name lacks', () => {
    assert.match(errors('www A 192.0.2.1')[0]?.message ?? '', /\$ORIGIN/);
    assert.match(errors('  A 192.0.2.1')[0]?.message ?? '', /no name stands above/);
  });

  it('reads names with escapes, and `$` and `@` as characters of a name', () => {
    const zone = good(`${head}a\\.b A 192.0.2.1\n\\$x A 192.0.2.2\n\\@ A 192.0.2.3\n\\065 A 192.0.2.4\n`);
    const names = [...zone.records.keys()].filter((name) => name !== zone.origin);
    assert.deepEqual(
      names,
      ['a\\.b', '$x', '@', 'a'].map((label) => `${label}.example.com` as DnsName),
    );
  });
});
