/**
 * Every report of `../shared/data`: counts are those of an independent query (xmllint, or the JSON itself); broken ones are
 * refused with a reason.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createReadStream, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import fc from 'fast-check';
import { gatheringSink } from '../../src/reports/gathering.ts';
import type { Gathered } from '../../src/reports/gathering.ts';
import { readReports } from '../../src/reports/read-reports.ts';
import { writeAggregate } from '../../src/reports/write-aggregate.ts';
import { sharedData } from '../shared-data.ts';
import { reportPieces } from '../../scripts/make-reports.ts';

async function read(file: string, step?: number): Promise<Gathered> {
  const sink = gatheringSink();
  await readReports(
    createReadStream(file, step === undefined ? {} : { highWaterMark: step }),
    path.basename(file),
    sink,
  );
  return sink.gathered;
}

/** Where xmllint is absent: skipped, or with CI=true a failure. */
function xmllint(t: TestContext): boolean {
  if (spawnSync('xmllint', ['--version']).error === undefined) return true;
  const reason = 'xmllint (libxml2-utils) is not installed';
  if (process.env['CI'] === 'true') throw new Error(reason);
  t.skip(reason);
  return false;
}

const any = (name: string): string => `*[local-name()='${name}']`;

/** What another reader of XML says, whatever the namespace. */
function query(octets: Buffer, expression: string): string {
  return execFileSync('xmllint', ['--recover', '--nonet', '--xpath', expression, '-'], {
    input: octets,
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'ignore'],
    maxBuffer: 1e8,
  }).trim();
}

function unpackedXml(file: string): Buffer {
  const octets = readFileSync(file);
  if (file.endsWith('.gz')) return execFileSync('gzip', ['-dc'], { input: octets });
  if (file.endsWith('.zip')) return execFileSync('unzip', ['-p', file]);
  return octets;
}

const aggregateFiles = (folder: string): readonly string[] =>
  ['parsedmarc/aggregate', 'parsedmarc/aggregate_invalid', 'parsedmarc/extract_report', 'ietf']
    .flatMap((place) => readdirSync(path.join(folder, place)).map((name) => path.join(folder, place, name)))
    .filter((file) => !file.endsWith('.xsd'));

test('aggregate reports: rows, messages, addresses and ids equal those of xmllint', async (t) => {
  const folder = sharedData(t, 'reports');
  if (folder === undefined || !xmllint(t)) return;
  let compared = 0;
  for (const file of aggregateFiles(folder)) {
    if (file.endsWith('.eml') || file.endsWith('invalid_xml.xml')) continue;
    const { aggregate, refused } = await read(file);
    assert.deepEqual(refused, [], file);
    assert.equal(aggregate.length, 1, file);
    const { head, rows } = aggregate[0] ?? assert.fail();
    const xml = unpackedXml(file);
    const records = `//${any('record')}`;
    assert.equal(query(xml, `count(${records})`), String(head.rows), file);
    assert.equal(rows.length, head.rows);
    assert.equal(query(xml, `sum(${records}/*/${any('count')})`), String(head.messages), file);
    assert.equal(query(xml, `string(//${any('report_id')})`), head.reportId, file);
    assert.equal(query(xml, `string(//${any('policy_published')}/${any('domain')})`), head.policy.domain, file);
    const passed = `count(${records}/*/${any('policy_evaluated')}/${any('dkim')}[translate(.,'PAS','pas')='pass'])`;
    assert.equal(query(xml, passed), String(rows.filter(({ dkim }) => dkim === 'pass').length), file);
    const addresses = query(xml, `${records}/*/${any('source_ip')}/text()`).split(/\s+/);
    assert.deepEqual(
      rows.map(({ sourceIp }) => sourceIp),
      addresses,
      file,
    );
    const signatures = `count(${records}/${any('auth_results')}/${any('dkim')})`;
    assert.equal(query(xml, signatures), String(rows.reduce((sum, { dkimAuth }) => sum + dkimAuth.length, 0)), file);
    compared++;
  }
  assert.equal(compared, 22);
});

test('broken reports are refused with a reason', async (t) => {
  const folder = sharedData(t, 'reports/parsedmarc');
  if (folder === undefined) return;
  const codes = async (name: string): Promise<readonly string[]> =>
    (await read(path.join(folder, name))).refused.map(({ refusal }) => `${refusal.code}: ${refusal.text}`);
  const [broken] = await codes('aggregate/invalid_xml.xml');
  assert.match(broken ?? '', /^not-xml: line 5: the XML is not well formed/);
  assert.deepEqual(await codes('empty.xml'), ['empty: There is nothing in it.']);
});

test('mails with reports: who, how many, and what carried them', async (t) => {
  const folder = sharedData(t, 'reports/parsedmarc/aggregate');
  if (folder === undefined) return;
  const found: string[] = [];
  for (const name of readdirSync(folder)
    .filter((name) => name.endsWith('.eml'))
    .sort()) {
    const { aggregate, refused } = await read(path.join(folder, name), 1000);
    assert.deepEqual(refused, []);
    for (const { head, source } of aggregate)
      found.push(
        `${head.reporter} ${head.policy.domain} ${head.reportId.slice(0, 18)} ${head.messages} ${source.carrier?.from}`,
      );
  }
  assert.deepEqual(found, [
    'google.com borschow.com 949348866075514174 1 <noreply-dmarc-support@google.com>',
    'Mimecast ab.id.au 157a5fe30ec76f4bc0 1 no-reply@au-1.mimecastreport.com',
    'google.com twlnet.com 162770333153166081 1 noreply-dmarc-support@google.com',
  ]);
});

test('failure reports: whom, from where, what failed', async (t) => {
  const folder = sharedData(t, 'reports/parsedmarc/failure');
  if (folder === undefined) return;
  const found: string[] = [];
  for (const name of readdirSync(folder).sort()) {
    const { failure, refused } = await read(path.join(folder, name));
    assert.deepEqual(refused, []);
    for (const { report } of failure)
      found.push(
        [
          report.reporter,
          report.reportedDomain,
          report.sourceIp,
          report.authFailure.join('+'),
          report.arrival,
          report.person.subject,
          report.person.originalRcptTo?.join(),
        ].join(' | '),
      );
  }
  const linkedIn =
    'linkedin.com | example.com | 10.10.10.10 | dmarc | 1556590140 | Subject line, could be UTF8 encoded | recipient@linkedin.com';
  assert.deepEqual(found, [
    'domain.de | domain.de | 10.10.10.10 | dmarc | 1538385627 | Subject | peter.pan@domain.de',
    '163.com | cardinal.com | 167.89.69.24 |  | 1538124522 | Rent Reminder | ',
    linkedIn,
    linkedIn,
    'node01.mailgate.example.net | example.com | 203.0.113.68 | dmarc | 1744060569 | Payment from your account. | ',
  ]);
});

interface TlsJson {
  readonly 'organization-name': string;
  readonly 'report-id': string;
  readonly 'date-range': { readonly 'start-datetime': string; readonly 'end-datetime': string };
  readonly policies: readonly {
    readonly policy: { readonly 'policy-domain': string; readonly 'policy-type': string };
    readonly summary: Readonly<Record<string, number>>;
    readonly 'failure-details': readonly { readonly 'result-type': string; readonly 'failed-session-count': number }[];
  }[];
}

test('TLS reports: fields equal those of the JSON', async (t) => {
  const folder = sharedData(t, 'tlsrpt/parsedmarc');
  if (folder === undefined) return;
  for (const name of ['mail.ru.json', 'rfc8460.json', 'smtp_tls.json']) {
    const { tls, refused } = await read(path.join(folder, name), 11);
    assert.deepEqual(refused, []);
    const json = JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as TlsJson;
    const { report } = tls[0] ?? assert.fail(name);
    assert.equal(report.reporter, json['organization-name']);
    assert.equal(report.reportId, json['report-id']);
    assert.equal(report.range.begin * 1000, Date.parse(json['date-range']['start-datetime']));
    assert.equal(report.range.end * 1000, Date.parse(json['date-range']['end-datetime']));
    assert.deepEqual(
      report.policies.map((p) => [
        p.policyDomain,
        p.policyType,
        p.successful,
        p.failed,
        p.failures.map((f) => [f.resultType, f.failedSessions]),
      ]),
      json.policies.map((p) => [
        p.policy['policy-domain'],
        p.policy['policy-type'],
        p.summary['total-successful-session-count'],
        p.summary['total-failure-session-count'],
        p['failure-details'].map((f) => [f['result-type'], f['failed-session-count']]),
      ]),
    );
  }
  const { tls } = await read(path.join(folder, 'google.com_smtp_tls_report.eml'));
  const { report } = tls[0] ?? assert.fail();
  assert.deepEqual(
    [report.reporter, report.policies[0]?.policyDomain, report.policies[0]?.successful],
    ['Google Inc.', 'cardinalhealth.ca', 48],
  );
});

test('what is found does not depend on how files are cut', async (t) => {
  const folder = sharedData(t, 'reports');
  if (folder === undefined) return;
  for (const file of aggregateFiles(folder).filter((file) => !file.includes('large-example'))) {
    const whole = await read(file);
    for (const step of [17, 997]) assert.deepEqual(await read(file, step), whole, `${file} in pieces of ${step}`);
  }
});

test('real files with octets exchanged never throw, and rows are as many as the head says', async (t) => {
  const folder = sharedData(t, 'reports');
  if (folder === undefined) return;
  const failures = readdirSync(path.join(folder, 'parsedmarc/failure')).map((name) =>
    path.join(folder, 'parsedmarc/failure', name),
  );
  const files = [...aggregateFiles(folder).filter((file) => !file.includes('large-example')), ...failures].map((file) =>
    readFileSync(file),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.nat(files.length - 1),
      fc.array(fc.tuple(fc.nat(), fc.nat(40), fc.uint8Array({ maxLength: 6 })), { minLength: 1, maxLength: 5 }),
      async (which, changes) => {
        let octets = files[which] ?? assert.fail();
        for (const [place, length, put] of changes) {
          const at = place % octets.length;
          octets = Buffer.concat([octets.subarray(0, at), put, octets.subarray(at + length)]);
        }
        const sink = gatheringSink();
        await readReports(
          (async function* () {
            yield await Promise.resolve(octets);
          })(),
          'f',
          sink,
        );
        for (const { head, rows } of sink.gathered.aggregate) assert.equal(head.rows, rows.length);
      },
    ),
    { numRuns: 1000 },
  );
});

test('what is written validates against the XSD of RFC 9990', async (t) => {
  const schema = sharedData(t, 'reports/ietf/dmarc-xml-0.2.xsd');
  if (schema === undefined || !xmllint(t)) return;
  const folder = mkdtempSync(path.join(tmpdir(), 'septet-xsd-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const real = aggregateFiles(path.dirname(path.dirname(schema))).filter((file) => !file.endsWith('invalid_xml.xml'));
  let written = 0;
  for (const file of real) {
    for (const { head, rows } of (await read(file)).aggregate)
      writeFileSync(path.join(folder, `${written++}.xml`), writeAggregate(head, rows));
  }
  writeFileSync(path.join(folder, `${written++}.xml`), [...reportPieces({ rows: 50, form: '9990' })].join(''));
  const { status, stderr } = spawnSync(
    'xmllint',
    ['--noout', '--nonet', '--schema', schema, ...readdirSync(folder).map((name) => path.join(folder, name))],
    { encoding: 'utf8' },
  );
  assert.equal(status, 0, stderr);
  assert.equal(written, 26);
});
