import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { suite, test } from 'node:test';
import { parseAddress } from '../dns/address.ts';
import { dnsName } from '../dns/name.ts';
import type { Finding, RecordKey } from '../finding/finding.ts';
import { zoneWorld, type ZoneWorldOptions } from '../../test/zone-world.ts';
import { faultsOf } from '../../test/audit/valid-findings.ts';
import { audit } from './audit.ts';
import { entryOf } from './catalogues.ts';
import type { AuditOptions } from './gather.ts';
import { recordOrder, type Demand, type Report } from './report.ts';

const base = `example.com. SOA ns.example.net. h.example.com. 1 2 3 4 300
example.com. NS ns.example.net.
`;
const sound = `${base}example.com. MX 10 mail.example.com.
mail.example.com. A 20.61.97.25
mail.example.com. AAAA 2603:1020:200::25
example.com. TXT "v=spf1 ip4:20.61.97.25 -all"
_dmarc.example.com. TXT "v=DMARC1; p=reject; rua=mailto:dmarc@example.com"
`;

/** The rest of the world: all other names do not exist. */
const elsewhere = `example.com. NS ns.example.net.
ns.example.net. A 20.61.97.53
25.97.61.20.in-addr.arpa. PTR mail.example.com.`;

async function check(
  zone: string,
  options: Partial<AuditOptions> = {},
  world: ZoneWorldOptions = {},
  domain = 'example.com',
): Promise<Report> {
  const report = await audit(zoneWorld([zone, elsewhere], world), dnsName(domain), { depth: 'full', ...options });
  assert.deepEqual(faultsOf(report), []);
  return report;
}
const codes = (report: Report): readonly string[] => report.findings.map(({ code }) => code);
function the(report: Report, code: string): Finding {
  const found = report.findings.find((finding) => finding.code === code);
  assert.ok(found, `${code} is not among ${codes(report).join(' ')}`);
  return found;
}
function demand(report: Report, code: string): Demand {
  const found = report.mailboxProviders.flatMap(({ demands }) => demands).find((one) => one.code === code);
  assert.ok(found, `${code} is on no card`);
  return found;
}

suite('the report', () => {
  test('every record in its place, findings worst first, the time from the world', async () => {
    const report = await check(sound, {}, { now: () => Date.parse('2030-01-02T03:04:05Z') });
    assert.equal(report.version, 1);
    assert.equal(report.domain, 'example.com');
    assert.equal(report.checkedAt, '2030-01-02T03:04:05.000Z');
    assert.deepEqual(Object.keys(report.records), [...recordOrder]);
    assert.deepEqual(
      Object.entries(report.records).map(([key, { state }]) => `${key} ${state}`),
      [
        'mx pass',
        'spf pass',
        'dkim unknown',
        'dmarc pass',
        'tracking skip',
        'mtasts skip',
        'tlsrpt skip',
        'bimi skip',
        'host pass',
        'zone pass',
      ],
    );
    assert.deepEqual(JSON.parse(JSON.stringify(report)), report, 'it is plain JSON');
  });

  test('an unregistered domain is one finding, and nothing else was looked at', async () => {
    for (const depth of ['full', 'bulk'] as const) {
      const report = await check(sound, { depth }, {}, 'nobody.test');
      assert.deepEqual(codes(report), ['dns.domain.nxdomain']);
      assert.deepEqual(report.mailboxProviders, []);
      for (const key of recordOrder) assert.equal(report.records[key]?.state, key === 'zone' ? 'fail' : 'skip', key);
    }
  });

  test('--only: no other record has a section or a finding', async () => {
    const broken = `${base}example.com. TXT "v=spf1 include:nobody.test -all"
_dmarc.example.com. TXT "v=DMARC1; p=whatever"
s1._domainkey.example.com. TXT "v=DKIM1; p=AAAA"`;
    for (const only of [['spf'], ['dmarc'], ['mtasts', 'tlsrpt'], ['dkim'], ['bimi'], ['mx']] as const) {
      const keys: ReadonlySet<RecordKey> = new Set(only);
      const report = await check(broken, { only: keys, selectors: ['s1'] });
      assert.deepEqual(Object.keys(report.records), [...recordOrder.filter((key) => keys.has(key)), 'zone']);
      const others = report.findings.filter(
        ({ record }) => record !== 'zone' && record !== 'message' && !keys.has(record),
      );
      assert.deepEqual(
        others.map(({ code }) => code),
        [],
        only.join(),
      );
      assert.deepEqual(report.mailboxProviders, [], 'a part of the records says too little about the demands');
    }
    assert.ok(codes(await check(broken, { only: new Set(['spf']) })).includes('spf.include.nxdomain'));
  });

  test('bulk asks less and says the same of the records themselves', async () => {
    const [full, bulk] = await Promise.all([check(sound), check(sound, { depth: 'bulk' })]);
    for (const key of ['mx', 'spf', 'dmarc', 'mtasts', 'tlsrpt'] as const)
      assert.deepEqual(bulk.records[key], full.records[key], key);
  });

  test('an audit that is aborted rejects with the reason, at either depth', async () => {
    for (const depth of ['full', 'bulk'] as const) {
      const stop = new AbortController();
      const world = zoneWorld(sound);
      stop.abort(new Error('enough'));
      await assert.rejects(audit(world, dnsName('example.com'), { depth, signal: stop.signal }), /enough/);
    }
  });
});

suite('who owns a generic finding', () => {
  const cases: readonly (readonly [string, string, string, RecordKey, Partial<AuditOptions>?])[] = [
    ['DMARC text', '_dmarc.example.com. TXT "“v=DMARC1; p=none”"', 'dns.txt.smart_punctuation', 'dmarc'],
    ['SPF text', 'example.com. TXT "v=spf1 ip4:192.0.2.1\\010-all"', 'dns.txt.line_break', 'spf'],
    [
      'DKIM text',
      's1._domainkey.example.com. TXT "\\"v=DKIM1; p=AAAA\\""',
      'dns.txt.literal_quotes',
      'dkim',
      { selectors: ['s1'] },
    ],
    ['MTA-STS text', '_mta-sts.example.com. TXT "“v=STSv1; id=1”"', 'dns.txt.smart_punctuation', 'mtasts'],
    [
      'TLS-RPT text',
      '_smtp._tls.example.com. TXT "\\"v=TLSRPTv1; rua=mailto:t@example.com\\""',
      'dns.txt.literal_quotes',
      'tlsrpt',
    ],
    ['BIMI text', 'default._bimi.example.com. TXT "“v=BIMI1; l=”"', 'dns.txt.smart_punctuation', 'bimi'],
    ['a dangling alias of DMARC', '_dmarc.example.com. CNAME gone.test.', 'dns.cname.dangling', 'dmarc'],
  ];
  for (const [title, record, code, owner, options] of cases) {
    test(`${title}: ${code} belongs to ${owner}`, async () => {
      const finding = the(await check(`${base}${record}`, options), code);
      assert.equal(finding.record, owner);
      assert.equal(entryOf(code)?.catalogue.record, 'zone', 'the catalogue stays where it is');
    });
  }

  test('a look-up that failed makes its own record unknown, no other one, and nothing missing', async () => {
    const names: readonly (readonly [RecordKey, string, string])[] = [
      ['mx', 'example.com', 'MX'],
      ['dmarc', '_dmarc.example.com', 'TXT'],
      ['mtasts', '_mta-sts.example.com', 'TXT'],
      ['tlsrpt', '_smtp._tls.example.com', 'TXT'],
      ['bimi', 'default._bimi.example.com', 'TXT'],
    ];
    for (const [key, name, type] of names) {
      for (const reason of ['timeout', 'servfail', 'refused', 'malformed', 'unreachable'] as const) {
        const { records, findings } = await check(sound, {}, { failures: [[name, type, reason]] });
        assert.equal(records[key]?.state, 'unknown', `${key} ${reason}`);
        assert.match(records[key]?.summary ?? '', /could not be looked up/);
        const others = Object.entries(records).filter(([other, { state }]) => other !== key && state === 'unknown');
        assert.deepEqual(
          others.map(([other]) => other).filter((other) => other !== 'dkim'),
          [],
          `${key} ${reason}`,
        );
        const missing = findings.filter((one) => one.record === key && /\.missing/.test(one.code));
        assert.deepEqual(
          missing.map(({ code }) => code),
          [],
          `${key} ${reason}`,
        );
      }
    }
  });

  test('everything failing is unknown throughout', async () => {
    const failures = [['example.com', '*', 'timeout']] as const;
    const report = await check(
      sound,
      {},
      {
        failures: [
          ...failures,
          ...['_dmarc', '_mta-sts', 'mta-sts', '_smtp._tls', 'default._bimi', '_domainkey'].map(
            (label) => [`${label}.example.com`, '*', 'timeout'] as const,
          ),
        ],
      },
    );
    assert.ok(
      report.findings.every(({ severity, state }) => severity === 'info' || state === 'unknown'),
      codes(report).join(' '),
    );
    for (const key of ['mx', 'spf', 'dmarc', 'mtasts', 'tlsrpt', 'bimi', 'zone'] as const)
      assert.equal(report.records[key]?.state, 'unknown', key);
  });
});

suite('what follows from what', () => {
  test('a record in the wrong place: its absence follows from that', async () => {
    const report = await check(
      `${sound}_smtp._tls.example.com.example.com. TXT "v=TLSRPTv1; rua=mailto:t@example.com"`,
    );
    const wrong = the(report, 'dns.name.doubled_suffix');
    assert.equal(wrong.record, 'tlsrpt');
    assert.equal(the(report, 'tlsrpt.missing').follows, wrong.code);
  });

  test('one SPF record split over two: the general finding and the particular one are linked', async () => {
    const report = await check(`${base}example.com. TXT "v=spf1 -all"\nexample.com. TXT "v=spf1 ip4:192.0.2.1 -all"`);
    const multiple = the(report, 'spf.multiple');
    assert.equal(multiple.follows, undefined);
  });

  test('every `follows` names a code of the same record in the same report', async () => {
    const zones = [
      `${base}_dmarc.example.com. CNAME gone.test.`,
      `${base}_mta-sts.example.com. TXT "v=STSv1; id=1"`,
      `${base}example.com. TXT " v=spf1 -all"`,
      `${base}example.com. TXT "v=DMARC1; p=none"`,
      `${base}_dmarc.example.com. TXT "“v=DMARC1; p=none”"`,
    ];
    let links = 0;
    for (const zone of zones) {
      const report = await check(zone);
      for (const { follows, record, code } of report.findings) {
        if (follows === undefined) continue;
        links++;
        assert.notEqual(follows, code);
        assert.ok(
          report.findings.some((other) => other.code === follows && other.record === record),
          `${code} → ${follows}`,
        );
      }
    }
    assert.ok(links >= 3, `${links} links`);
  });

  test('no finding is told twice', async () => {
    const report = await check(`${base}example.com. TXT "v=spf1 mx mx include:gone.test include:gone.test -all"`);
    const told = report.findings.map(({ code, subject, message }) =>
      [code, subject.name, subject.type, message].join(),
    );
    assert.equal(new Set(told).size, told.length);
  });
});

suite('cards of mailbox providers', () => {
  const ip = parseAddress('20.61.97.25');
  assert.ok(ip);
  const spki = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ type: 'spki', format: 'der' });
  const key = spki.toString('base64');
  const signing = `${sound}s1._domainkey.example.com. TXT "v=DKIM1; p=${key.slice(0, 200)}" "${key.slice(200)}"
`;
  const all: Partial<AuditOptions> = { selectors: ['s1'], addresses: [ip], helo: 'mail.example.com' };

  test('four providers, each demand with its code, met where DNS shows it', async () => {
    const report = await check(signing, all);
    assert.deepEqual(
      report.mailboxProviders.map(({ id }) => id),
      ['gmail', 'yahoo', 'outlook', 'icloud'],
    );
    for (const { id, demands, source, seenOn } of report.mailboxProviders) {
      assert.ok(demands.length >= 8 && source !== '' && /^\d{4}-\d\d-\d\d$/.test(seenOn));
      for (const { code, state, detail, because } of demands) {
        assert.ok(code.startsWith(`req.${id}.`) && detail !== '');
        assert.ok(state === 'met' || state === 'not shown', `${code}: ${state}, ${detail}`);
        assert.deepEqual(because, []);
      }
    }
    for (const row of ['spf', 'dkim', 'dmarc', 'ptr', 'helo'])
      assert.equal(demand(report, `req.gmail.${row}`).state, 'met');
    for (const row of ['tls', 'one_click', 'complaints', 'alignment'])
      assert.equal(demand(report, `req.gmail.${row}`).state, 'not shown');
  });

  test('unmet, with the finding that decides it', async () => {
    const stranger = parseAddress('20.61.97.26');
    assert.ok(stranger);
    const nothing = await check(base, { ...all, addresses: [stranger] });
    for (const row of ['spf', 'dkim', 'dmarc', 'reachable', 'ptr'] as const) {
      const { state, because } = demand(nothing, `req.icloud.${row}`);
      assert.equal(state, 'unmet', row);
      for (const code of because) the(nothing, code);
    }
    assert.deepEqual(demand(nothing, 'req.icloud.spf').because, ['spf.missing']);
    assert.equal(demand(nothing, 'req.gmail.authentication').state, 'unmet');
    const weak = await check(
      `${base}example.com. TXT "v=spf1 include:gone.test -all"\n_dmarc.example.com. TXT "v=DMARC1; p=none"`,
    );
    assert.equal(demand(weak, 'req.yahoo.dmarc').state, 'met', 'p=none is enough');
  });

  test('one of two is enough where the provider says so', async () => {
    const onlyDkim = await check(signing.replace('v=spf1 ip4:20.61.97.25 -all', 'nothing'), all);
    assert.equal(demand(onlyDkim, 'req.gmail.authentication').state, 'met');
    assert.equal(demand(onlyDkim, 'req.gmail.spf').state, 'unmet');
  });

  test('unknown where it could not be told, not shown where nothing was given', async () => {
    const blind = await check(
      sound,
      {},
      {
        failures: [
          ['example.com', 'TXT', 'timeout'],
          ['_dmarc.example.com', 'TXT', 'servfail'],
          ['example.com', 'MX', 'timeout'],
        ],
      },
    );
    for (const row of ['spf', 'dkim', 'dmarc', 'reachable'] as const)
      assert.equal(demand(blind, `req.icloud.${row}`).state, 'unknown', row);
    assert.equal(demand(blind, 'req.gmail.authentication').state, 'unknown');
    const bare = await check(sound.replace('ip4:20.61.97.25', 'mx'));
    assert.equal(demand(bare, 'req.gmail.ptr').state, 'not shown');
    assert.equal(demand(bare, 'req.gmail.helo').state, 'not shown');
    const lost = await check(signing, all, { failures: [['25.97.61.20.in-addr.arpa', 'PTR', 'servfail']] });
    assert.equal(demand(lost, 'req.gmail.ptr').state, 'unknown');
  });
});

suite('a private key that was published by mistake', () => {
  const pair = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const pkcs8 = pair.privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64');
  const pkcs1 = pair.privateKey.export({ type: 'pkcs1', format: 'der' }).toString('base64');
  const pem = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const ed = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64');
  const texts: readonly (readonly [string, string])[] = [
    ['as p=', `v=DKIM1; k=rsa; p=${pkcs8}`],
    ['the older form', `v=DKIM1; p=${pkcs1}`],
    ['as PEM', `v=DKIM1; p=${pem}`],
    ['as PEM on one line', `v=DKIM1; p=${pem.replaceAll('\n', '')}`],
    ['PEM alone', pem],
    ['with quotation marks', `"v=DKIM1; p=${pkcs8}"`],
    ['with typographic marks', `“v=DKIM1; p=${pkcs8}”`],
    ['with blanks at the joints', `v=DKIM1; p=${pkcs8.replaceAll(/.{60}/g, '$& ')}`],
    ['with line breaks', `v=DKIM1; p=${pkcs8.replaceAll(/.{60}/g, '$&\n')}`],
    ['with escapes', `v=DKIM1\\; p=${pkcs8}`],
    ['with HTML', `v=DKIM1&#59; p=${pkcs8}`],
    ['Ed25519', `v=DKIM1; k=ed25519; p=${ed}`],
  ];
  for (const [title, text] of texts) {
    test(`${title}: no report holds it, whatever else is wrong with the text`, async () => {
      for (const name of [
        's1._domainkey.example.com',
        'example.com',
        's1.example.com',
        's1._domainkey.example.com.example.com',
      ]) {
        const zone = `${base}${name}. TXT ${zoneStrings(text)}`;
        for (const depth of ['full', 'bulk'] as const) {
          const report = await check(zone, { depth, selectors: ['s1'] });
          const json = JSON.stringify(report);
          const secret = text.includes(ed) ? ed : (pem.split('\n')[8] ?? '');
          for (const one of [secret, pkcs8, pkcs1, ed]) {
            for (let at = 40; at + 24 <= one.length; at += 24) {
              const piece = one.slice(at, at + 24);
              assert.ok(
                !json.includes(piece),
                `${name}, ${depth}: ${json.slice(json.indexOf(piece) - 200, json.indexOf(piece) + 40)}`,
              );
            }
          }
        }
      }
    });
  }
});

/** The text's UTF-8 octets as quoted strings of at most 250 octets. */
function zoneStrings(text: string): string {
  const octets = Buffer.from(text);
  const strings: string[] = [];
  for (let at = 0; at < octets.length; at += 250) {
    const piece = [...octets.subarray(at, at + 250)].map((octet) =>
      octet < 32 || octet > 126 || octet === 34 || octet === 92
        ? `\\${String(octet).padStart(3, '0')}`
        : String.fromCharCode(octet),
    );
    strings.push(`"${piece.join('')}"`);
  }
  return strings.join(' ');
}
