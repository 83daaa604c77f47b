/** `septet reports` and `septet sources` as a person meets them: what they say, and what they answer to bad input. */
import assert from 'node:assert/strict';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { test, type TestContext } from 'node:test';
import { failureMail, keyZone, mail, tlsJson, xml } from '../watch/intake-mail.ts';
import { folder, jsonLines, serveZone, within, type Finished } from './program.ts';

const config = 'domains:\n  example.com:\n    senders:\n      - google-workspace: {}\n';

interface Desk {
  readonly at: (name: string) => string;
  readonly run: (...args: readonly string[]) => Promise<Finished>;
}

/** A folder with files, and the program with its configuration and store there. */
async function desk(t: TestContext, files: Readonly<Record<string, string | Uint8Array>> = {}): Promise<Desk> {
  const at = await folder(t, { 'septet.yaml': config, ...files });
  const run = async (...args: readonly string[]): Promise<Finished> => {
    const env = { HOME: at('.'), SEPTET_CONFIG: at('septet.yaml'), SEPTET_DATA: at('data') };
    const finished = await within(args, { env });
    // Lines are wrapped where the paths allow.
    return { ...finished, stderr: finished.stderr.replaceAll(/\s+/g, ' ') };
  };
  return { at, run };
}

const nobody = ['--resolver', '127.0.0.1:9', '--timeout', '1'] as const;

test('import: what was read, what is kept apart, what is refused, and the exit code', async (t) => {
  const { at, run } = await desk(t, {
    'a.xml': xml({ id: 'a' }),
    'b.xml.gz': gzipSync(xml({ id: 'b', rows: 3 })),
    'c.json': tlsJson('t', ['example.com']),
    'other.xml': xml({ id: 'o', domain: 'other.example' }),
    'broken.xml': '<feedback><report_metadata>',
    'failure.eml': failureMail,
  });
  const files = ['a.xml', 'b.xml.gz', 'c.json', 'other.xml', 'broken.xml', 'failure.eml'].map(at);
  const first = await run('reports', 'import', ...files, ...nobody);
  assert.equal(first.code, 1);
  assert.match(first.stderr, /broken\.xml:[^]*ends in line 1 inside\s+<report_metadata>/);
  assert.match(first.stdout, /^6 files and messages read: 3 DMARC reports, 1 TLS report stored\.\n/);
  assert.match(first.stdout, /Kept apart\s+other\.example 1: not in/);
  assert.match(first.stdout, /Left out\s+1 failure report: they hold personal data/);
  assert.match(first.stdout, /Refused\s+1 report or file\./);
  assert.ok(
    first.stdout.split('\n').every((line) => line.length <= 80 || line.includes('septet.yaml')),
    first.stdout,
  );
  const again = await run('reports', 'import', at('a.xml'), at('b.xml.gz'), ...nobody);
  assert.equal(again.code, 0);
  assert.match(again.stdout, /2 files and messages read: nothing new stored\.\n\s+Known before\s+2 reports/);
});

test('import: reports that were kept apart count when their domain is configured', async (t) => {
  const { at, run } = await desk(t, {
    'o.xml': xml({ id: 'o', domain: 'other.example' }),
    'p.xml': xml({ id: 'p', domain: 'third.example' }),
    'a.xml': xml({ id: 'a' }),
  });
  await run('reports', 'import', at('o.xml'), at('p.xml'), ...nobody);
  const apart = await run('reports', 'show', 'other.example', '--since', '2020-01-01');
  assert.match(apart.stdout, /1 report on other\.example is kept apart, because the configuration/);
  assert.doesNotMatch(apart.stdout, /No DMARC report/);
  const later = await run('reports', 'import', at('a.xml'), '--domain', 'other.example', ...nobody);
  assert.equal(later.code, 0);
  assert.match(later.stderr, /count from now on, as their domain is configured: other\.example 1\./);
  assert.match((await run('reports', 'show', 'other.example', '--since', '2020-01-01')).stdout, / % pass DMARC/);
  const again = await run('reports', 'import', at('a.xml'), '--domain', 'other.example', ...nobody);
  assert.equal(again.stderr, '');
});

test('import: a report that came by unsigned mail rises when it is given as a file', async (t) => {
  const text = xml({ id: 'm' });
  const { at, run } = await desk(t, { 'm.eml': mail({ attachment: gzipSync(text) }), 'm.xml': text });
  const first = await run('reports', 'import', at('m.eml'), ...nobody);
  assert.match(first.stdout, /Unproved\s+1 report/);
  const again = await run('reports', 'import', at('m.xml'), ...nobody);
  assert.match(again.stdout, /Counts now\s+1 report of these/);
  assert.match((await run('reports', 'show', '--since', '2020-01-01')).stdout, / % pass DMARC/);
});

test('import --json: a line for each report when it is stored, the sums at the end', async (t) => {
  const { at, run } = await desk(t, { 'a.xml': xml({ id: 'a' }), 'bad.bin': 'nothing like it' });
  const { code, stdout, stderr } = await run('reports', 'import', at('a.xml'), at('bad.bin'), '--json', ...nobody);
  assert.equal(code, 1);
  assert.equal(stderr, '');
  const [stored, refused, summary] = jsonLines(stdout);
  assert.deepEqual(
    { ...stored, messages: 0 },
    {
      kind: 'stored',
      report: 'aggregate',
      place: at('a.xml'),
      reporter: 'Receiver Example',
      reportId: 'a',
      domain: 'example.com',
      yours: true,
      rows: 10,
      messages: 0,
      trust: 'file',
      untrusted: null,
      repairs: [],
    },
  );
  assert.equal(refused?.['code'], 'not-report');
  assert.deepEqual(summary?.['reports'], { aggregate: 1, tls: 0, failure: 0 });
});

test('import: folders, Maildirs and links, each file once; what programs keep for themselves stays out', async (t) => {
  const { at, run } = await desk(t);
  for (const name of [
    'in/deep',
    'mail/cur',
    'mail/new',
    'mail/tmp',
    'mail/.Reports/cur',
    'mail/.Reports/new',
    'mail/.Reports/tmp',
  ])
    await mkdir(at(name), { recursive: true });
  await writeFile(at('in/1.xml'), xml({ id: '1' }));
  await writeFile(at('in/deep/2.xml'), xml({ id: '2' }));
  await writeFile(at('in/.hidden.xml'), xml({ id: 'hidden' }));
  await symlink(at('in'), at('in/deep/round'));
  await writeFile(at('mail/cur/3:2,S'), mail({ attachment: xml({ id: '3' }), type: 'text/xml' }));
  await writeFile(at('mail/.Reports/new/4'), mail({ attachment: xml({ id: '4' }), type: 'text/xml' }));
  await writeFile(at('mail/tmp/5'), 'half a mess');
  await writeFile(at('mail/dovecot-uidlist'), '3 V1 N2');
  const { code, stdout } = await run('reports', 'import', at('in'), at('mail'), '--json', ...nobody);
  assert.equal(code, 0, stdout);
  const ids = jsonLines(stdout).flatMap(({ kind, reportId }) => (kind === 'stored' ? [reportId] : []));
  assert.deepEqual(ids.sort(), ['1', '2', '3', '4']);
});

test('import: who signs is looked up; without an answer it is not yet stored, exit code 3', async (t) => {
  const dns = await serveZone(t, keyZone('receiver.example'));
  const { at, run } = await desk(t, {
    'good.eml': mail({ signer: 'receiver.example', attachment: xml({ id: 'good' }), type: 'text/xml' }),
    'bare.eml': mail({ attachment: xml({ id: 'bare' }), type: 'text/xml' }),
  });
  const away = await run('reports', 'import', at('good.eml'), ...nobody);
  assert.equal(away.code, 3);
  assert.match(away.stderr, /good\.eml: The DKIM key of\s+receiver\.example could not be\s+looked up/);
  assert.match(away.stdout, /Not yet\s+1 message to be imported again/);
  const { code, stdout, stderr } = await run(
    'reports',
    'import',
    at('good.eml'),
    at('bare.eml'),
    '--resolver',
    dns.server,
  );
  assert.equal(code, 0, stderr);
  assert.match(stdout, /2 DMARC reports stored/);
  assert.match(stdout, /Unproved\s+1 report came by mail that no signature vouches for/);
  assert.match(stderr, /bare\.eml[^]*nobody vouches for it: no signature of\s+receiver\.example holds/);
  const shown = await run('reports', 'show', 'example.com');
  assert.match(shown.stdout, /messages? more in reports by mail that no signature vouches for/);
  const zoned = await run('reports', 'import', at('good.eml'), '--json', '--zone', at('none.zone'));
  assert.equal(zoned.code, 2);
});

test('import: failure reports are stored when asked, without what is personal', async (t) => {
  const { at, run } = await desk(t, { 'failure.eml': failureMail });
  const args = ['reports', 'import', at('failure.eml'), '--keep-failures', '--allow-unauthenticated', ...nobody];
  const { code, stdout } = await run(...args);
  assert.equal(code, 0);
  assert.match(stdout, /1 failure report stored/);
  const database =
    (await readFile(at('data/septet.sqlite'))).toString('latin1') +
    (await readFile(at('data/septet.sqlite-wal')).catch(() => '')).toString();
  assert.ok(!database.includes('private subject') && !database.includes('person@example.net'));
});

test('import: wrong use is told in a sentence, exit code 2', async (t) => {
  const { at, run } = await desk(t, {
    'a.xml': xml({ id: 'a' }),
    'text.sqlite': 'this is no database, dear reader\n'.repeat(90),
  });
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /Name files or folders with reports, a mailbox with --imap, or a folder with --follow/],
    [[at('gone.xml')], /gone\.xml cannot be read: there is no such file or folder/],
    [[at('a.xml'), '--unredacted'], /--keep-failures only/],
    [[at('a.xml'), '--idle'], /Name one with --imap/],
    [[at('a.xml'), '--patience', 'long'], /--patience is a number of seconds/],
    [
      [at('a.xml'), '--imap-done', 'burn', '--imap', 'imaps://u:p@127.0.0.1/'],
      /--imap-done is leave, seen or move:FOLDER/,
    ],
    [['--imap', 'ftp://x/'], /begins with imaps:\/\//],
    [['--imap', 'imaps://user@127.0.0.1:9/INBOX'], /SEPTET_IMAP_PASSWORD, which is not set/],
    [[at('a.xml'), '--domain', 'no domain'], /is not a domain/],
    [[at('a.xml'), '--store', 'mysql://x'], /--store is a URL such as postgres/],
    [['--follow', at('nowhere')], /There is no folder .*nowhere/],
  ];
  for (const [args, sentence] of cases) {
    // oxlint-disable-next-line no-await-in-loop -- one run after another
    const { code, stderr } = await run('reports', 'import', ...args, ...nobody);
    assert.match(stderr, sentence);
    assert.equal(code, 2, args.join(' '));
  }
  const none = await within(['reports', 'import', at('a.xml')], { env: { HOME: at('data'), SEPTET_DATA: at('data') } });
  assert.equal(none.code, 2);
  assert.match(none.stderr, /no configuration yet[^]*--domain; all others are kept apart/);
});

test('import: the password of a mailbox is never shown', async (t) => {
  const { at } = await desk(t);
  const secret = 'verysecretword';
  for (const url of [
    'imaps://user@127.0.0.1:9/INBOX',
    `imaps://user:${secret}@127.0.0.1:9/`,
    'imaps://user:${OTHER}@127.0.0.1:9/',
  ]) {
    // oxlint-disable-next-line no-await-in-loop -- one run after another
    const { code, stdout, stderr } = await within(
      ['reports', 'import', '--imap', url, '--domain', 'example.com', '--patience', '0', ...nobody],
      {
        env: { HOME: at('.'), SEPTET_DATA: at('data'), SEPTET_IMAP_PASSWORD: secret, OTHER: secret },
      },
    );
    assert.equal(code, 3, stderr);
    assert.match(stderr, /127\.0\.0\.1, port 9: no server listens there/);
    assert.ok(!`${stdout}${stderr}`.includes(secret));
  }
});

test('parse: standard input, order of the keys, redacted failures, what is mended', async (t) => {
  const { at, run } = await desk(t, { 'f.eml': failureMail });
  const { stdout, code } = await within(['reports', 'parse', '-'], { input: xml({ id: 'in', rows: 2 }), env: {} });
  assert.equal(code, 0);
  const [report] = jsonLines(stdout);
  assert.deepEqual(Object.keys(report ?? {}), ['kind', 'reporter', 'reportId', 'range', 'policy', 'records']);
  const { records, range, policy } = report as {
    records: Record<string, unknown>[];
    range: unknown;
    policy: Record<string, unknown>;
  };
  assert.equal(records.length, 2);
  assert.deepEqual(Object.keys(records[0] ?? {}).slice(0, 5), ['sourceIp', 'count', 'disposition', 'dkim', 'spf']);
  assert.deepEqual(range, { begin: '2026-11-20T00:00:00.000Z', end: '2026-11-20T23:59:59.000Z' });
  assert.equal(policy['discoveryMethod'], 'treewalk');
  const failure = await run('reports', 'parse', at('f.eml'));
  assert.ok(!failure.stdout.includes('private'));
  assert.equal(jsonLines(failure.stdout)[0]?.['kind'], 'failure');
  assert.ok((await run('reports', 'parse', at('f.eml'), '--unredacted')).stdout.includes('a private subject'));
  const gone = await run('reports', 'parse', at('gone.xml'));
  assert.deepEqual([gone.code, gone.stdout], [2, '']);
});

test('parse: a report that is refused at its end leaves no half a line', async (t) => {
  const { at, run } = await desk(t, { 'cut.xml': xml({ id: 'cut', rows: 5000 }).slice(0, -500) });
  const { code, stdout, stderr } = await run('reports', 'parse', at('cut.xml'));
  assert.equal(code, 1);
  assert.equal(stdout, '');
  assert.match(stderr, /cut\.xml: The report ends in line \d+ inside/);
});

test('show: tables, JSON and CSV; nothing yet is no fault', async (t) => {
  const { at, run } = await desk(t, {
    'a.xml': xml({ id: 'a', rows: 200, reporter: '=cmd()|x' }),
    't.json': tlsJson('t', ['example.com']),
  });
  const empty = await run('reports', 'show');
  assert.equal(empty.code, 0);
  assert.match(empty.stdout, /No DMARC report on example\.com is stored for this time\./);
  assert.match(empty.stdout, /septet\s+reports\s+import/);
  assert.equal((await run('reports', 'import', at('a.xml'), at('t.json'), ...nobody)).code, 0);
  for (const by of ['source', 'day', 'receiver', 'result']) {
    // oxlint-disable-next-line no-await-in-loop -- one run after another
    const { code, stdout } = await run('reports', 'show', '--by', by);
    assert.equal(code, 0);
    assert.ok(
      stdout.split('\n').every((line) => line.length <= 80),
      stdout,
    );
    assert.match(stdout, /messages {2}·+█·+\n/, by);
    assert.match(stdout, /TLS: 42 sessions of 1 sender to your mail servers, 2 failed/);
    assert.match(stdout, /certificate-expired +mx\.example\.com +2 +receiver\.examp/);
  }
  const { stdout: csv } = await run('reports', 'show', '--by', 'receiver', '--csv');
  assert.match(csv, /^domain,receiver,messages,aligned,[^\r\n]+\r\nexample\.com,'=cmd\(\)\|x,\d+,/);
  const json = JSON.parse((await run('reports', 'show', '--json', '--by', 'result')).stdout) as {
    domains: { messages: number; lines: { messages: number }[]; tls: { failures: unknown[] } }[];
  };
  const [domain] = json.domains;
  assert.equal(
    domain?.lines.reduce((sum, { messages }) => sum + messages, 0),
    domain?.messages,
  );
  assert.equal(domain?.tls.failures.length, 1);
  for (const [args, sentence] of [
    [['--by', 'colour'], /--by is source, day, receiver or result/],
    [['--since', 'yesterday'], /--since is a number of days such as 30d, or a date/],
    [['--since', '2026-02-30'], /--since is/],
    [['--since', '2026-11-23', '--until', '2026-11-01'], /no day lies between/],
    [['--json', '--csv'], /exclude each other/],
    [['http://example.com/'], /Did you mean example\.com/],
  ] as const) {
    // oxlint-disable-next-line no-await-in-loop -- one run after another
    const { code, stderr } = await run('reports', 'show', ...args);
    assert.equal(code, 2);
    assert.match(stderr, sentence);
  }
});

const row = (ip: string, count: number, dkim: string, spf: string): string => `<record><row><source_ip>${ip}</source_ip>
<count>${count}</count><policy_evaluated><disposition>none</disposition><dkim>${dkim === 'example.com' ? 'pass' : 'fail'}</dkim>
<spf>${spf === 'example.com' ? 'pass' : 'fail'}</spf></policy_evaluated></row><identifiers><header_from>example.com</header_from></identifiers>
<auth_results>${dkim === '' ? '' : `<dkim><domain>${dkim}</domain><selector>s</selector><result>pass</result></dkim>`}
<spf><domain>${spf || 'nobody.example'}</domain><result>${spf === '' ? 'fail' : 'pass'}</result></spf></auth_results></record>`;
const report = (...rows: readonly string[]): string => `<feedback><report_metadata><org_name>receiver.example</org_name>
<email>a@receiver.example</email><report_id>s</report_id><date_range><begin>1795132800</begin><end>1795219199</end></date_range>
</report_metadata><policy_published><domain>example.com</domain><p>none</p></policy_published>${rows.join('')}</feedback>`;

test('sources: named by proofs and reverse names, marked and unmarked', async (t) => {
  const dns = await serveZone(
    t,
    '7.112.0.9.in-addr.arpa. PTR out.sender.test.\nout.sender.test. A 9.0.112.7\n8.113.0.9.in-addr.arpa. PTR mail.example.com.\nmail.example.com. A 9.9.9.9',
  );
  const { at, run } = await desk(t, {
    's.xml': report(
      row('9.0.100.1', 100, 'example.com', 'example.com'),
      row('9.0.101.1', 50, 'example.com', 'amazonses.com'),
      row('9.0.112.7', 20, '', ''),
      row('9.0.113.8', 10, '', ''),
    ),
  });
  assert.equal((await run('reports', 'import', at('s.xml'), ...nobody)).code, 0);
  const { code, stdout, stderr } = await run('sources', '--resolver', dns.server);
  assert.equal(code, 0, stderr);
  assert.ok(
    stdout.split('\n').every((line) => line.length <= 80),
    stdout,
  );
  assert.match(stdout, /own hosts of example\.com +mine +100 +100 %/);
  assert.match(stdout, /Amazon SES +unknown +50/);
  assert.match(stdout, /out\.sender\.test +unknown +20 +0\.0 %\n +ip=9\.0\.112\.0\/24/);
  // A name that does not lead back is nobody's.
  assert.match(stdout, /9\.0\.113\.0\/24 +unknown +10/);
  const offline = await run('sources', '--offline');
  assert.match(offline.stdout, /out\.sender\.test/, 'the store remembers the name');
  const title = await run('sources', 'mark', 'out.sender.test', 'mine', '--note', 'the old printer');
  assert.deepEqual([title.code, title.stdout], [0, 'ip=9.0.112.0/24 is mine for example.com.\n'], title.stderr);
  assert.equal(
    (await run('sources', 'mark', '9.0.113.99', 'not', 'mine')).stdout,
    'ip=9.0.113.0/24 is not mine for example.com.\n',
  );
  assert.equal(
    (await run('sources', 'mark', 'spf=amazonses.com dkim=example.com', 'forwarder')).code,
    2,
    'the parts of a key have an order',
  );
  assert.equal((await run('sources', 'mark', 'dkim=example.com spf=amazonses.com', 'forwarder')).code, 0);
  const json = JSON.parse((await run('sources', 'example.com', '--offline', '--json')).stdout) as {
    domains: { sources: { key: string; standing: string; marked: boolean; alignedShare: number }[] }[];
  };
  assert.deepEqual(
    json.domains[0]?.sources.map(({ key, standing, marked }) => [key, standing, marked]),
    [
      ['dkim=example.com spf=example.com', 'mine', false],
      ['dkim=example.com spf=amazonses.com', 'forwarder', true],
      ['ip=9.0.112.0/24', 'mine', true],
      ['ip=9.0.113.0/24', 'not mine', true],
    ],
  );
  assert.equal((await run('sources', 'unmark', 'ip=9.0.113.0/24')).code, 0);
  assert.deepEqual((await run('sources', 'unmark', 'ip=9.0.113.0/24')).code, 1);
  for (const [args, sentence] of [
    [['mark', 'nobody', 'mine'], /There is no source nobody of example\.com[^]*own hosts/],
    [['mark', 'ip=9.0.113.0/24', 'yours'], /A source is mine, forwarder or "not mine"/],
    [['mark', 'ip=9.0.113.0/24'], /missing required argument/],
  ] as const) {
    // oxlint-disable-next-line no-await-in-loop -- one run after another
    const wrong = await run('sources', ...args);
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, sentence);
  }
});

test('parse keeps what the reporter says was wrong with the record', async (t) => {
  const wrong = xml({ id: 'w' }).replace('</report_metadata>', '<error>no such record</error></report_metadata>');
  const { at, run } = await desk(t, { 'w.xml': wrong, 'a.xml': xml({ id: 'a' }) });
  const [first, second] = jsonLines((await run('reports', 'parse', at('w.xml'), at('a.xml'))).stdout);
  assert.deepEqual([first?.['errors'], second && 'errors' in second], [['no such record'], false]);
});
