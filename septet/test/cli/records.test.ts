/** `septet spf`, `dmarc`, `bimi` and `mta-sts`: verdicts, batches, files, and their exit codes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brotliCompressSync } from 'node:zlib';
import { sharedData } from '../shared-data.ts';
import { folder, jsonLines, septet, serve, within } from './program.ts';
import { exampleZone, rootZone } from './zones.ts';

const zones = { 'example.zone': exampleZone, 'root.zone': rootZone };

test('spf with an address: the verdict, the trace with running counts, and why', async (t) => {
  const file = await folder(t, zones);
  const zone = ['--zone', file('example.zone'), file('root.zone')];
  const pass = await septet(['spf', 'example.com', '--ip', '8.8.4.4', ...zone]);
  assert.equal(pass.code, 0);
  assert.equal(
    pass.stdout,
    `pass  8.8.4.4 for postmaster@example.com (HELO example.com)
The address may send for this domain.
ip4:8.8.4.0/24 in the record of _spf.sender.example matched.

look-ups  voids
                 example.com: v=spf1 mx include:_spf.sender.example
                   a:mail.example.com -all exp=why.example.com
       1      0    mx (example.com) does not match: mx1.example.com
                   _spf.sender.example: v=spf1 ip4:8.8.4.0/24
                     include:_spf2.sender.example -all
       2      0      ip4:8.8.4.0/24 matches
       2      0    include:_spf.sender.example matches

2 of 10 look-ups, 0 of 2 void look-ups (RFC 7208 §4.6.4)
`,
  );
  const fail = await within(['spf', 'example.com', '--ip', '203.0.113.9', ...zone]);
  assert.equal(fail.code, 1);
  assert.match(fail.stdout, /^fail /);
  assert.match(fail.stdout, /\nThe domain explains: “203\.0\.113\.9 does not send for us”\n/);
  const json = await within([
    'spf',
    'example.com',
    '--ip',
    '9.9.9.25',
    '--mail-from',
    'a@example.com',
    '--helo',
    'h.example.com',
    '--format',
    'json',
    ...zone,
  ]);
  const verdict = JSON.parse(json.stdout) as Record<string, unknown>;
  assert.deepEqual(
    [verdict['version'], verdict['result'], verdict['mailFrom'], verdict['helo'], verdict['lookups']],
    [1, 'pass', 'a@example.com', 'h.example.com', 1],
  );
  const helo = await within(['spf', 'example.com', '--ip', '9.9.9.25', '--mail-from', '', ...zone]);
  assert.match(helo.stdout, /^pass {2}9\.9\.9\.25 for the null sender \(HELO example\.com\)\n/);
});

test('spf with an address: none and permerror are 1, temperror is 3', async (t) => {
  const file = await folder(t, {
    'z.zone': `${rootZone}\nbad.example. TXT "v=spf1 ip4:x -all"\nnone.example. A 9.9.9.9`,
  });
  const code = async (domain: string, ...more: readonly string[]): Promise<number> =>
    (await within(['spf', domain, '--ip', '9.9.9.9', ...more])).code;
  assert.equal(await code('bad.example', '--zone', file('z.zone')), 1);
  assert.equal(await code('none.example', '--zone', file('z.zone')), 1);
  const silent = await serve(t, () => ({ kind: 'silence' }));
  assert.equal(await code('example.com', '--resolver', silent.server, '--timeout', '0.2'), 3);
});

test('spf without an address: the include tree with the running look-up count', async (t) => {
  const file = await folder(t, zones);
  const run = await septet(['spf', 'example.com', '--zone', file('example.zone'), file('root.zone')]);
  assert.equal(run.code, 0);
  assert.match(
    run.stdout,
    new RegExp(
      [
        String.raw`^example\.com\n\nlook-up\n {9}example\.com: v=spf1 mx include:_spf\.sender\.example a:mail\.example\.com\n`,
        String.raw`.*\n {6}1 {4}mx\n {6}2 {4}include:_spf\.sender\.example\n`,
        String.raw` {13}_spf\.sender\.example: v=spf1 ip4:8\.8\.4\.0/24\n`,
        String.raw`[^]*\n {6}3 {8}include:_spf2\.sender\.example\n`,
        String.raw`[^]*\n {6}4 {12}exists:%\{i\}\.list\.sender\.example \(depends on the message\)\n`,
        String.raw`[^]*\n {6}5 {4}a:mail\.example\.com\n`,
        String.raw`[^]*\n5 of 10 look-ups, 0 of 2 void look-ups\. 258 IPv4 addresses may send\.\n`,
      ].join(''),
    ),
  );
  const json = await within([
    'spf',
    'example.com',
    '--format',
    'json',
    '--zone',
    file('example.zone'),
    file('root.zone'),
  ]);
  const value = JSON.parse(json.stdout) as Record<string, unknown>;
  assert.deepEqual([value['lookups'], value['voids'], value['complete'], value['ipv4Addresses']], [5, 0, true, 258]);
});

test('spf --batch: the same order out, bad lines named, blank lines skipped', async (t) => {
  const lines = Array.from({ length: 1200 }, (_, index) =>
    JSON.stringify({ ip: `8.8.${index % 5}.${index % 250}`, mailFrom: 'a@example.com', helo: 'h.example' }),
  );
  const bad = ['no JSON', '[]', '{"ip":7}', '{"ip":"x","helo":"a.example"}', '{"ip":"9.9.9.9"}', ''];
  const input = [...lines, ...bad, '{"ip":"9.9.9.25","mailFrom":"","helo":"example.com"}'].join('\n');
  const file = await folder(t, { ...zones, 'cases.ndjson': input });
  const zone = ['--zone', file('example.zone'), file('root.zone')];
  const fromFile = await septet(['spf', '--batch', file('cases.ndjson'), ...zone]);
  const fromInput = await septet(['spf', '--batch', '-', ...zone], { input });
  assert.deepEqual(fromInput, fromFile);
  assert.equal(fromFile.code, 2);
  assert.equal(fromFile.stderr, '5 lines could not be read; the output says which and why.\n');
  const out = jsonLines(fromFile.stdout);
  assert.equal(out.length, lines.length + 6);
  for (const [index, line] of out.slice(0, lines.length).entries()) {
    assert.equal(line['result'], index % 5 === 4 ? 'pass' : 'fail', `line ${index + 1}`);
    if (line['result'] === 'fail')
      assert.equal(line['explanation'], `8.8.${index % 5}.${index % 250} does not send for us`);
  }
  assert.deepEqual(
    out.slice(lines.length, -1).map((line) => line['line']),
    [1201, 1202, 1203, 1204, 1205],
  );
  assert.deepEqual(Object.keys(out.at(-1) ?? {}), [
    'result',
    'explanation',
    'domain',
    'lookups',
    'voids',
    'matched',
    'problem',
  ]);
  assert.equal(
    (await within(['spf', '--batch', '-', ...zone], { input: `${lines.slice(0, 3).join('\n')}\n` })).code,
    0,
  );
});

test('dmarc: both readers, the ways there, and the organisational domain, as text and as JSON', async (t) => {
  const file = await folder(t, zones);
  const zone = ['--zone', file('example.zone'), file('root.zone')];
  const text = await septet(['dmarc', 'shop.example.com', ...zone]);
  assert.equal(text.code, 0);
  const head = text.stdout.slice(0, text.stdout.indexOf('\nNothing needs doing'));
  assert.equal(
    head,
    `shop.example.com

_dmarc.example.com TXT
  v=DMARC1; p=reject; rua=mailto:dmarc@example.com

What happens to mail that fails DMARC
                         New readers (RFC 9989)     Old readers (RFC 7489)
  shop.example.com       reject (p)                 reject (p)
  its sub-domains        reject (p)                 reject (p)
  names without DNS      reject (p)                 reject (p)

  Organisational domain  example.com (highest       example.com
                         record)

How new readers find it (tree walk, RFC 9989 §4.10)
  _dmarc.shop.example.com  NXDOMAIN
  _dmarc.example.com       1 record
  _dmarc.com               NXDOMAIN

How old readers find it (public suffix list, RFC 7489 §6.6.3)
  _dmarc.shop.example.com  NXDOMAIN
  _dmarc.example.com       1 record
`,
  );
  const json = await within(['dmarc', 'shop.example.com', '--format', 'json', ...zone]);
  const value = JSON.parse(json.stdout) as {
    organisationalDomain: unknown;
    rfc9989: { queries: { query: string }[]; source: unknown };
    rfc7489: { queries: { query: string }[] };
  };
  assert.deepEqual(value.organisationalDomain, { rfc9989: 'example.com', rfc7489: 'example.com' });
  assert.deepEqual(
    value.rfc9989.queries.map((level) => level.query),
    ['_dmarc.shop.example.com', '_dmarc.example.com', '_dmarc.com'],
  );
  assert.equal(value.rfc7489.queries.length, 2);
  assert.deepEqual(value.rfc9989.source, {
    kind: 'organisation',
    domain: 'example.com',
    record: 'v=DMARC1; p=reject; rua=mailto:dmarc@example.com',
  });
});

test('dmarc: exit codes', async (t) => {
  const file = await folder(t, {
    'z.zone': `${rootZone}\n_dmarc.bad.example. TXT "v=DMARC1; p=nonsense"\n_dmarc.warn.example. TXT "v=DMARC1; p=none; foo=1"`,
  });
  const code = async (...args: readonly string[]): Promise<number> => (await within(['dmarc', ...args])).code;
  assert.equal(await code('bad.example', '--zone', file('z.zone')), 1);
  const silent = await serve(t, () => ({ kind: 'silence' }));
  assert.equal(await code('bad.example', '--resolver', silent.server, '--timeout', '0.2'), 3);
  assert.equal(await code('warn.example', '--zone', file('z.zone')), 0);
  assert.equal(await code('warn.example', '--zone', file('z.zone'), '--fail-on', 'warning'), 1);
});

const logo = `<?xml version="1.0" encoding="utf-8"?>
<svg xmlns="http://www.w3.org/2000/svg" version="1.2" baseProfile="tiny-ps" viewBox="0 0 64 64">
  <title>Example</title>
  <rect width="64" height="64" fill="#063"/>
</svg>
`;

test('bimi: a good logo, a broken one with its place, and JSON', async (t) => {
  const file = await folder(t, {
    'good.svg': logo,
    'bad.svg': logo.replace('<rect', '<script>alert(1)</script>\n  <rect'),
  });
  const good = await septet(['bimi', '--svg', file('good.svg')]);
  assert.equal(good.code, 0, good.stdout);
  assert.match(good.stdout, /\n {2}valid SVG Tiny PS, 2\d\d octets\n/);
  const bad = await septet(['bimi', '--svg', file('bad.svg')]);
  assert.equal(bad.code, 1);
  assert.match(bad.stdout, /bad\.svg:4:\d+/);
  const json = JSON.parse((await within(['bimi', '--svg', file('bad.svg'), '--format', 'json'])).stdout) as {
    version: number;
    schemaValid: boolean;
    findings: { code: string }[];
  };
  assert.equal(json.schemaValid, false);
  assert.ok(json.findings.some((finding) => finding.code.startsWith('svg.')));
});

test('bimi: bombs are refused quickly', async (t) => {
  const entities = Array.from({ length: 9 }, (_, i) => `<!ENTITY a${i + 1} "${`&a${i};`.repeat(10)}">`).join('');
  const file = await folder(t, {
    'laughs.svg': `<!DOCTYPE svg [<!ENTITY a0 "ha">${entities}]>${logo.slice(39)}&a9;`,
    'deep.svg': `<svg xmlns="http://www.w3.org/2000/svg">${'<g>'.repeat(200_000)}`,
    'large.svg': logo.replace('</svg>', `<!--${' '.repeat(10_000_000)}--></svg>`),
    'bomb.svgz': (await import('node:zlib')).gzipSync(Buffer.alloc(50_000_000, 0x20)),
    'brotli.svgz': brotliCompressSync(Buffer.from(logo)),
  });
  const started = performance.now();
  for (const name of ['laughs.svg', 'deep.svg', 'large.svg', 'bomb.svgz', 'brotli.svgz']) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other, for the clock
    const run = await within(['bimi', '--svg', file(name)]);
    assert.equal(run.code, 1, name);
    assert.match(run.stdout, /error {2}BIMI/);
    assert.ok(run.stdout.length < 20_000, name);
  }
  assert.ok(performance.now() - started < 5000);
});

test('bimi: real certificates, with the clock set to their life and after it', async (t) => {
  const certificate = sharedData(t, 'bimi/certificates/globalsign-vmc.pem');
  if (certificate === undefined) return;
  const codes = async (at: string): Promise<readonly string[]> => {
    const run = await within(['bimi', '--certificate', certificate, '--at', at, '--format', 'json']);
    return (JSON.parse(run.stdout) as { findings: { code: string }[] }).findings.map((finding) => finding.code);
  };
  assert.ok(!(await codes('2025-10-01')).includes('mc.validity'));
  assert.ok((await codes('2026-11-23T12:00:00Z')).includes('mc.validity'));
  const file = await folder(t, { 'other.svg': logo });
  const both = await septet(['bimi', '--certificate', certificate, '--svg', file('other.svg'), '--at', '2025-10-01']);
  assert.equal(both.code, 1);
  assert.match(both.stdout, /until \d{4}-\d\d-\d\d/);
});

test('mta-sts: policies on disk', async (t) => {
  const policy = 'version: STSv1\r\nmode: enforce\r\nmx: mx1.example.com\r\nmax_age: 604800\r\n';
  const file = await folder(t, {
    'good.txt': policy,
    'bad.txt': policy.replace('enforce', 'on'),
    'large.txt': policy + 'mx: a.example.com\r\n'.repeat(600_000),
  });
  const good = await septet(['mta-sts', '--policy', file('good.txt')]);
  assert.equal(good.code, 0);
  assert.match(good.stdout, /\n {2}mode enforce, mx1\.example\.com, max_age 604800 seconds\n\nNothing needs doing\.\n/);
  const input = await septet(['mta-sts', '--policy', '-'], { input: policy });
  assert.equal(input.code, 0);
  const bad = await within(['mta-sts', '--policy', file('bad.txt')]);
  assert.equal(bad.code, 1);
  assert.match(bad.stdout, /bad\.txt:2:\d+/);
  const large = await within(['mta-sts', '--policy', file('large.txt'), '--fail-on', 'warning']);
  assert.equal(large.code, 1);
  assert.match(large.stdout, /mtasts\.policy\.size/);
  assert.ok(large.stdout.length < 3000);
  const json = JSON.parse((await within(['mta-sts', '--policy', file('good.txt'), '--format', 'json'])).stdout) as {
    version: number;
    findings: unknown[];
  };
  assert.deepEqual([json.version, json.findings], [1, []]);
});
