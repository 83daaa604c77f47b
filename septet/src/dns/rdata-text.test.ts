import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { dnsName } from './name.ts';
import { parseSeconds, type Field } from './rdata-fields.ts';
import { formatRdata, formatTxtForZone, parseRdata } from './rdata-text.ts';
import { typeFromText, typeNumber, typeOfNumber } from './rr-type.ts';

const fieldsOf = (text: string): readonly Field[] => {
  const fields: Field[] = [];
  for (const match of text.matchAll(/"((?:\\.|[^"\\])*)"|\S+/g)) {
    fields.push({ text: match[1] ?? match[0], quoted: match[1] !== undefined, offset: match.index });
  }
  return fields;
};

/** Reads the text and writes it again. */
function canonical(typeText: string, text: string): string {
  const type = typeFromText(typeText);
  assert.ok(type);
  const read = parseRdata(type, fieldsOf(text), dnsName('example.com'));
  if (!read.ok) return `field ${read.fault.field}: ${read.fault.message}`;
  const out = formatRdata(type, read.data);
  const again = parseRdata(type, fieldsOf(out), undefined);
  assert.deepEqual(again, read, `${typeText} ${out}`);
  return out;
}

describe('record data as text', () => {
  it('writes every known type in one canonical form', () => {
    const cases: readonly (readonly [string, string, string])[] = [
      ['A', '192.0.2.1', '192.0.2.1'],
      ['AAAA', '2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
      ['AAAA', '::ffff:192.0.2.1', '::ffff:192.0.2.1'],
      ['CNAME', 'WWW', 'www.example.com.'],
      ['DNAME', '@', 'example.com.'],
      ['NS', 'ns1.example.net.', 'ns1.example.net.'],
      ['PTR', '.', '.'],
      ['MX', '10 mail', '10 mail.example.com.'],
      ['MX', '0 .', '0 .'],
      ['TXT', 'a "b c"', '"a" "b c"'],
      ['SPF', '"v=spf1 -all"', '"v=spf1 -all"'],
      ['SOA', 'ns1 h 1 2h 15m 2w 1d', 'ns1.example.com. h.example.com. 1 7200 900 1209600 86400'],
      ['SRV', '0 5 587 mail', '0 5 587 mail.example.com.'],
      ['CAA', '0 issue "ca.example; x=\\"y\\""', '0 issue "ca.example; x=\\"y\\""'],
      ['TLSA', '3 1 1 AABB CCDD', '3 1 1 aabbccdd'],
      ['DS', '60485 5 1 2BB183AF', '60485 5 1 2bb183af'],
      ['DNSKEY', '257 3 8 AwEA AQ==', '257 3 8 AwEAAQ=='],
      [
        'RRSIG',
        'A 5 3 86400 20030322173103 20030220173103 2642 example.com. oJB1',
        'A 5 3 86400 1048354263 1045762263 2642 example.com. oJB1',
      ],
      ['NSEC', 'host A MX TYPE1234', 'host.example.com. A MX TYPE1234'],
    ];
    for (const [type, text, expected] of cases) assert.equal(canonical(type, text), expected, `${type} ${text}`);
  });

  it('carries unknown types as RFC 3597 writes them', () => {
    assert.equal(canonical('TYPE65280', '\\# 3 AB CDEF'), '\\# 3 abcdef');
    assert.equal(canonical('TYPE65280', '\\# 0'), '\\# 0');
    assert.equal(canonical('A', '\\# 4 C0000201'), '192.0.2.1');
    assert.equal(canonical('TYPE16', '\\# 4 03616263'), '"abc"');
    assert.match(canonical('A', '\\# 3 C00002'), /^field 2: these octets are not A data/);
    assert.match(canonical('TYPE65280', '\\# 3 AB'), /^field 1:/);
  });

  it('turns the text form of types that it does not read into octets', () => {
    assert.equal(canonical('SSHFP', '4 2 AABB'), '\\# 4 0402aabb');
    assert.equal(canonical('NAPTR', '1 2 "s" "" "" .'), '\\# 9 000100020173000000');
    assert.equal(canonical('RP', 'a\\.b.example. .'), '\\# 14 03612e62076578616d706c650000');
    assert.equal(canonical('NSEC3PARAM', '1 0 10 -'), '\\# 5 0100000a00');
    assert.match(canonical('SSHFP', '4 2 xyz'), /^field 2:/);
    assert.match(canonical('HTTPS', '1 . alpn=h2'), /LENGTH HEX/);
  });

  it('knows types by name and number', () => {
    assert.equal(typeFromText('type65'), 'TYPE65');
    assert.equal(typeFromText('https'), 'TYPE65');
    assert.equal(typeFromText('TYPE16'), 'TXT');
    assert.equal(typeFromText('TYPE65536'), undefined);
    assert.equal(typeFromText('constructor'), undefined);
    assert.equal(typeNumber('TYPE64000'), 64_000);
    for (let number = 0; number < 300; number++) assert.equal(typeNumber(typeOfNumber(number)), number);
  });

  it('reads spans of time', () => {
    assert.deepEqual(['0', '3600', '1h30m', '1W2D', '5s', '', '1', 'h', '1h30', '-1', '1.5'].map(parseSeconds), [
      0,
      3600,
      5400,
      777_600,
      5,
      undefined,
      1,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('splits long strings and escapes what is not printable', () => {
    assert.equal(formatTxtForZone({ strings: ['a'.repeat(300)] }), `"${'a'.repeat(255)}" "${'a'.repeat(45)}"`);
    assert.equal(formatTxtForZone({ strings: ['a"b\\c;\u00FC\n'] }), String.raw`"a\"b\\c;\252\010"`);
    assert.equal(formatTxtForZone({ strings: [] }), '""');
  });
});
