/** `septet check` of one domain, as a child process: every source of answers, every format, every exit code. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import type { Report } from '../../src/audit/report.ts';
import { folder, septet, serve, serveZone, within } from './program.ts';
import { exampleZone, rootZone } from './zones.ts';

const at = ['--at', '2026-11-23T12:00:00Z'];
const zones = { 'example.zone': exampleZone, 'root.zone': rootZone };
const reportOf = (text: string): Report => JSON.parse(text) as Report;
const codesOf = (report: Report): readonly string[] => report.findings.map((finding) => finding.code);

test('zone files: several, one of them the root; JSON holds every record', async (t) => {
  const file = await folder(t, zones);
  const args = ['check', 'example.com', '--zone', file('example.zone'), file('root.zone'), ...at];
  const { code, stdout, stderr } = await septet([...args, '--format', 'json']);
  assert.equal(stderr, '');
  const report = reportOf(stdout);
  assert.equal(report.version, 1);
  assert.equal(report.domain, 'example.com');
  assert.equal(report.checkedAt, '2026-11-23T12:00:00.000Z');
  assert.deepEqual(Object.keys(report.records).sort(), [
    'bimi',
    'dkim',
    'dmarc',
    'host',
    'mtasts',
    'mx',
    'spf',
    'tlsrpt',
    'tracking',
    'zone',
  ]);
  assert.ok(codesOf(report).includes('mtasts.txt.id_format'));
  assert.equal(code, 1);
  for (const finding of report.findings) {
    assert.match(finding.code, /^[a-z0-9_.]+$/);
    assert.notEqual(finding.message, '');
    assert.notEqual(finding.source, '');
  }
});

test('resolvers: one, two that agree, two that differ', async (t) => {
  const whole = `${rootZone}\n${exampleZone.replace(/^@ (SOA|NS) .*$/gm, '')}`;
  const one = await serveZone(t, whole);
  const other = await serveZone(t, whole.replace('p=reject', 'p=none'));
  const check = (...servers: readonly string[]) =>
    septet([
      'check',
      'example.com',
      ...servers.flatMap((server) => ['--resolver', server]),
      '--no-https',
      '--format',
      'json',
      ...at,
    ]);
  const [alone, agreeing, differing] = await Promise.all([
    check(one.server),
    check(one.server, one.server),
    check(one.server, other.server),
  ]);
  assert.equal(alone.code, 1);
  assert.equal(reportOf(alone.stdout).records.mx?.summary, '10 mx1.example.com');
  assert.deepEqual(codesOf(reportOf(agreeing.stdout)), codesOf(reportOf(alone.stdout)));
  // Each of several is asked in turn, so either may be seen.
  const seen = reportOf(differing.stdout).records.dmarc?.summary ?? '';
  assert.match(seen, /^v=DMARC1; p=(reject|none); rua=mailto:dmarc@example\.com$/);
});

test('a recorded case replays to the same octets, from the network and from zone files', async (t) => {
  const file = await folder(t, zones);
  const server = await serveZone(t, `${rootZone}\n${exampleZone.replace(/^@ (SOA|NS) .*$/gm, '')}`);
  for (const source of [
    ['--resolver', server.server, '--no-https'],
    ['--zone', file('example.zone'), file('root.zone')],
  ]) {
    const json = ['check', 'example.com', '--format', 'json'];
    // oxlint-disable-next-line no-await-in-loop -- one after the other: they share the case file
    const first = await septet([...json, ...source, ...at, '--record', file('case.json')]);
    // oxlint-disable-next-line no-await-in-loop -- see above
    const again = await septet([...json, '--replay', file('case.json')]);
    assert.equal(again.stdout, first.stdout);
    assert.equal(again.code, first.code);
    // oxlint-disable-next-line no-await-in-loop -- see above
    JSON.parse(await readFile(file('case.json'), 'utf8'));
  }
});

test('--only and --fail-on decide the exit code', async (t) => {
  const file = await folder(t, {
    ...zones,
    'warn.zone': `${rootZone}\nwarn.example. MX 10 mx.warn.example.\nmx.warn.example. A 9.9.9.9\nwarn.example. TXT "v=spf1 ptr mx -all"`,
  });
  const warn = ['check', 'warn.example', '--zone', file('warn.zone')];
  assert.equal((await septet([...warn, '--only', 'spf'])).code, 0);
  assert.equal((await septet([...warn, '--only', 'spf', '--fail-on', 'warning'])).code, 1);
  const only = await within([
    'check',
    'example.com',
    '--zone',
    file('example.zone'),
    file('root.zone'),
    '--only',
    'MX, tls-rpt',
    '--format',
    'json',
  ]);
  assert.equal(only.code, 0);
  const report = reportOf(only.stdout);
  assert.deepEqual(Object.keys(report.records), ['mx', 'tlsrpt', 'zone']);
  assert.deepEqual(report.mailboxProviders, []);
});

test('every format of one domain can be read', async (t) => {
  const file = await folder(t, zones);
  const args = ['check', 'example.com', '--zone', file('example.zone'), file('root.zone'), ...at, '--format'];
  const [json, ndjson, text, markdown, sarif] = await Promise.all(
    ['json', 'ndjson', 'text', 'markdown', 'sarif'].map((format) => within([...args, format])),
  );
  assert.deepEqual(reportOf(ndjson?.stdout ?? ''), reportOf(json?.stdout ?? ''));
  assert.equal(ndjson?.stdout.split('\n').length, 2);
  assert.match(text?.stdout ?? '', /^example\.com {2,}checked 2026-11-23 12:00 UTC\n/);
  assert.match(text?.stdout ?? '', /MTA-STS\s+\d error/);
  assert.match(markdown?.stdout ?? '', /^# example\.com\n/);
  const fences = (markdown?.stdout ?? '').split('\n').filter((line) => /^```+$/.test(line));
  assert.equal(fences.length % 2, 0);
  for (const run of [json, ndjson, text, markdown, sarif]) assert.equal(run?.code, 1);
  expectSarif(sarif?.stdout ?? '', reportOf(json?.stdout ?? ''));
});

test('SARIF of a domain without findings is SARIF too', async (t) => {
  const file = await folder(t, { 'z.zone': `${rootZone}\nnone.example. MX 0 .` });
  const { stdout } = await within([
    'check',
    'none.example',
    '--zone',
    file('z.zone'),
    '--only',
    'tracking',
    '--format',
    'sarif',
  ]);
  const log = JSON.parse(stdout) as SarifLog;
  assert.equal(log.version, '2.1.0');
  assert.ok(Array.isArray(log.runs[0]?.results));
});

test('a silent resolver: unknown, never missing, exit code 3', async (t) => {
  const silent = await serve(t, () => ({ kind: 'silence' }));
  const run = await septet([
    'check',
    'example.com',
    '--resolver',
    silent.server,
    '--timeout',
    '0.3',
    '--no-https',
    '--format',
    'json',
  ]);
  const report = reportOf(run.stdout);
  assert.equal(run.code, 3);
  for (const [key, record] of Object.entries(report.records))
    assert.ok(record.state === 'unknown' || record.state === 'skip', `${key} is ${record.state}`);
  assert.ok(report.findings.length > 0);
  for (const finding of report.findings) {
    assert.notEqual(finding.state, 'fail', finding.code);
    assert.doesNotMatch(finding.code, /missing/);
  }
  const text = await within(['check', 'example.com', '--resolver', silent.server, '--timeout', '0.3', '--no-https']);
  assert.equal(text.code, 3);
  assert.match(text.stdout, /SPF {7}unknown {5}could not be looked up/);
  assert.doesNotMatch(text.stdout, /Nothing needs doing/);
});

test('a resolver that answers with garbage: unknown, and no crash', async (t) => {
  const header = (tail: string): Uint8Array => Buffer.from(`0000${tail}`, 'hex');
  const garbage: readonly Uint8Array[] = [
    new Uint8Array(0),
    header(''),
    header('8180'),
    header('8180000100010000000003777777'),
    // A compression pointer to itself.
    header('81800001000100000000c00c00100001c00c00100001000000010002c00c'),
    Buffer.alloc(500, 0xff),
  ];
  let turn = 0;
  const server = await serve(t, () => ({ kind: 'octets', octets: garbage[turn++ % garbage.length] as Uint8Array }));
  const run = await septet([
    'check',
    'example.com',
    '--resolver',
    server.server,
    '--timeout',
    '0.3',
    '--no-https',
    '--format',
    'json',
  ]);
  assert.equal(run.stderr, '');
  assert.equal(run.code, 3);
  for (const finding of reportOf(run.stdout).findings) assert.notEqual(finding.state, 'fail', finding.code);
});

interface SarifLog {
  readonly $schema: string;
  readonly version: string;
  readonly runs: readonly {
    readonly tool: {
      readonly driver: {
        readonly name: string;
        readonly version: string;
        readonly rules: readonly { readonly id: string; readonly shortDescription: { readonly text: string } }[];
      };
    };
    readonly results: readonly {
      readonly ruleId: string;
      readonly ruleIndex: number;
      readonly kind: string;
      readonly level: string;
      readonly message: { readonly text: string };
      readonly locations: readonly { readonly logicalLocations: readonly { readonly fullyQualifiedName: string }[] }[];
    }[];
  }[];
}

/** What SARIF 2.1.0 (OASIS) demands of the parts that are used here. */
function expectSarif(text: string, report: Report): void {
  const log = JSON.parse(text) as SarifLog;
  assert.equal(log.version, '2.1.0');
  assert.match(log.$schema, /^https:/);
  assert.equal(log.runs.length, 1);
  const run = log.runs[0];
  assert.ok(run);
  const { driver } = run.tool;
  assert.equal(driver.name, 'Septet');
  assert.match(driver.version, /^\d+\.\d+\.\d+/);
  const ids = driver.rules.map((rule) => rule.id);
  assert.equal(new Set(ids).size, ids.length, 'rule ids are unique (§3.19.23)');
  for (const rule of driver.rules) assert.notEqual(rule.shortDescription.text, '');
  assert.equal(run.results.length, report.findings.length);
  for (const result of run.results) {
    assert.equal(ids[result.ruleIndex], result.ruleId, 'the index leads to the rule (§3.27.6)');
    assert.ok(['fail', 'review', 'informational', 'pass', 'notApplicable', 'open'].includes(result.kind));
    assert.ok(['none', 'note', 'warning', 'error'].includes(result.level));
    if (result.kind !== 'fail') assert.equal(result.level, 'none', 'only failures have a level (§3.27.10)');
    assert.notEqual(result.message.text, '');
    assert.ok((result.locations[0]?.logicalLocations[0]?.fullyQualifiedName ?? '').startsWith('example.com/'));
  }
}
