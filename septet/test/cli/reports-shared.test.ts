/**
 * All of `../shared/data/reports` and `tlsrpt` through the real command: what it counts is what Python's own readers of XML,
 * JSON and mail count; broken ones are refused with a reason.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { sharedData } from '../shared-data.ts';
import { folder, jsonLines, septet } from './program.ts';

/** One line a report: kind, reporter, id, domain, records, messages. What is broken is not listed. */
const query = String.raw`
import base64, email, gzip, io, json, os, re, sys, zipfile
import xml.etree.ElementTree as ET

def local(tag): return tag.split('}')[-1].lower()
def child(node, name):
    for one in node:
        if local(one.tag) == name: return one
def text(node, *names):
    for name in names:
        node = child(node, name) if node is not None else None
    return (node.text or '').strip() if node is not None else ''

def aggregate(octets, place):
    octets = octets.strip()
    # What stands behind the report is none of it; what is no UTF-8 is replaced.
    end = octets.lower().rfind(b'</feedback>')
    if end >= 0: octets = octets[:end + 11]
    # A wrapper around it that is never closed is none of it either.
    begin = octets.find(b'<feedback')
    for tried in (octets, re.sub(r'^<\?xml[^>]*\?>', '', octets.decode('utf-8', 'replace')), octets[max(begin, 0):]):
        try: root = ET.fromstring(tried)
        except ET.ParseError: continue
        break
    else: return
    found = [node for node in root.iter() if local(node.tag) == 'feedback']
    if not found: return
    node = found[0]
    records = [one for one in node if local(one.tag) == 'record']
    counts = [int(text(one, 'row', 'count')) for one in records]
    out('aggregate', text(node, 'report_metadata', 'report_id'), text(node, 'policy_published', 'domain').lower(), len(records), sum(counts))

def tls(octets):
    report = json.loads(octets)
    domains = sorted({one['policy']['policy-domain'].lower() for one in report['policies']})
    for domain in domains:
        parts = [one['summary'] for one in report['policies'] if one['policy']['policy-domain'].lower() == domain]
        out('tls', report['report-id'], domain, len(parts), sum(one['total-successful-session-count'] + one['total-failure-session-count'] for one in parts))

def out(kind, id, domain, records, messages):
    print(json.dumps({'kind': kind, 'id': id, 'domain': domain, 'records': records, 'messages': messages}))

def unpack(octets, place):
    if octets[:2] == b'\x1f\x8b':
        # Line ends behind the data, as some mail programs put them, are none of them.
        return unpack(gzip.decompress(octets.rstrip(b'\r\n')) if octets.endswith(b'\n') else gzip.decompress(octets), place)
    if octets[:2] == b'PK':
        with zipfile.ZipFile(io.BytesIO(octets)) as archive:
            for name in archive.namelist(): unpack(archive.read(name), place)
    elif octets.lstrip()[:1] == b'{': tls(octets)
    elif b'<' in octets.lstrip()[:4]: aggregate(octets, place)

def mail(octets, place):
    message = email.message_from_bytes(octets)
    parts = list(message.walk())
    if any(part.get_content_type() == 'message/feedback-report' for part in parts): return
    for part in parts:
        body = part.get_payload(decode=True)
        if body and (body[:2] in (b'\x1f\x8b', b'PK') or body.lstrip()[:1] in (b'{', b'<') and part.get_content_maintype() == 'application'):
            unpack(body, place)

for top in sys.argv[1:]:
    for where, _, names in os.walk(top):
        for name in names:
            place = os.path.join(where, name)
            octets = open(place, 'rb').read()
            (mail if name.endswith('.eml') else unpack)(octets, place)
`;

interface Counted {
  readonly kind: string;
  readonly id: string;
  readonly domain: string;
  readonly records: number;
  readonly messages: number;
}

function python(t: TestContext, ...folders: readonly string[]): readonly Counted[] | undefined {
  const { error, status, stdout, stderr } = spawnSync('python3', ['-c', query, ...folders], { encoding: 'utf8' });
  if (error !== undefined) {
    if (process.env['CI'] === 'true') throw error;
    t.skip('python3 is not installed');
    return undefined;
  }
  assert.equal(status, 0, stderr);
  return jsonLines(stdout) as unknown as readonly Counted[];
}

const lineOf = ({ kind, id, domain, records, messages }: Counted): string =>
  `${kind} ${id} ${domain}: ${records} records, ${messages}`;

test('import: every report of the shared data, counted as Python counts it', async (t) => {
  const reports = sharedData(t, 'reports');
  const tlsrpt = sharedData(t, 'tlsrpt');
  if (reports === undefined || tlsrpt === undefined) return;
  const expected = python(t, reports, tlsrpt);
  if (expected === undefined) return;
  const at = await folder(t, {});
  const names = [...new Set(expected.map(({ domain }) => domain))];
  const args = ['reports', 'import', reports, tlsrpt, '--json', '--data', at('data'), '--allow-unauthenticated'];
  // Nobody answers there: the keys of such old mail are gone, and tests ask nobody outside.
  const offline = ['--resolver', '127.0.0.1:9', '--timeout', '1', ...names.flatMap((name) => ['--domain', name])];
  const { code, stdout, stderr } = await septet([...args, ...offline], { cwd: at('.') });
  assert.equal(stderr, '');
  assert.equal(code, 1, 'broken ones are refused');
  const events = jsonLines(stdout);
  const read = events
    .filter(({ kind, report }) => (kind === 'stored' || kind === 'duplicate') && report !== 'failure')
    .map((event) => `${String(event['report'])} ${String(event['reportId'])} ${String(event['domain'])}`);
  assert.deepEqual(
    read.sort(),
    expected.map(({ kind, id, domain }) => `${kind} ${id} ${domain}`).sort(),
    'the same reports',
  );
  const stored = events
    .filter(({ kind, report }) => kind === 'stored' && report !== 'failure')
    .map((event) =>
      lineOf({
        kind: String(event['report']),
        id: String(event['reportId']),
        domain: String(event['domain']),
        records: Number(event['rows']),
        messages: Number(event['messages']),
      }),
    );
  const lines = new Set(expected.map(lineOf));
  const different = stored.filter((line) => !lines.has(line));
  for (const line of different) t.diagnostic(`counted otherwise by Python: ${line}`);
  assert.deepEqual(different, []);
  const refused = events
    .filter(({ kind }) => kind === 'refused')
    .map(({ place, code: why }) => [path.basename(String(place)), why]);
  assert.deepEqual(refused.sort(), [
    ['dmarc-xml-0.2.xsd', 'not-report'],
    ['empty.xml', 'empty'],
    ['invalid_xml.xml', 'not-xml'],
  ]);
  const files = [reports, tlsrpt].flatMap((top) =>
    readdirSync(top, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()),
  );
  const summary = events.at(-1) ?? assert.fail();
  assert.equal(summary['files'], files.length);
  assert.equal(summary['leftOut'], 5);
  const known = events.filter(({ kind }) => kind === 'duplicate').length;
  assert.equal(stored.length + known, expected.length);

  await t.test('what is stored adds up to the same, day by day and source by source', async () => {
    const first = new Map<string, number>();
    for (const event of events) {
      if (event['kind'] !== 'stored' || event['report'] !== 'aggregate') continue;
      const domain = String(event['domain']);
      first.set(domain, (first.get(domain) ?? 0) + Number(event['messages']));
    }
    for (const [domain, messages] of first) {
      for (const by of ['source', 'day', 'receiver']) {
        // oxlint-disable-next-line no-await-in-loop -- one process after another
        const shown = await septet(
          ['reports', 'show', domain, '--since', '1970-01-01', '--by', by, '--json', '--data', at('data')],
          {
            cwd: at('.'),
          },
        );
        assert.equal(shown.code, 0, shown.stderr);
        const [table] = (JSON.parse(shown.stdout) as { domains: { messages: number; lines: { messages: number }[] }[] })
          .domains;
        assert.equal(table?.messages, messages, `${domain} by ${by}`);
        assert.equal(
          table?.lines.reduce((sum, line) => sum + line.messages, 0),
          messages,
          `${domain} by ${by}`,
        );
      }
    }
  });

  await t.test('done again, nothing counts twice', async () => {
    const again = jsonLines((await septet([...args, ...offline], { cwd: at('.') })).stdout).at(-1) ?? assert.fail();
    assert.deepEqual(again['reports'], { aggregate: 0, tls: 0, failure: 0 });
    assert.equal(again['rows'], 0);
  });
});

test('parse: one line a report, records and messages as Python counts them', async (t) => {
  const reports = sharedData(t, 'reports');
  const tlsrpt = sharedData(t, 'tlsrpt');
  if (reports === undefined || tlsrpt === undefined) return;
  const expected = python(t, reports, tlsrpt);
  if (expected === undefined) return;
  const { code, stdout, stderr } = await septet(['reports', 'parse', reports, tlsrpt]);
  assert.equal(code, 1);
  assert.match(stderr, /invalid_xml\.xml: line 5: the XML is not well formed/);
  assert.match(stderr, /empty\.xml: There is nothing in it/);
  const lines: string[] = [];
  let failures = 0;
  for (const report of jsonLines(stdout)) {
    const keys = Object.keys(report);
    if (report['kind'] === 'tls') {
      assert.deepEqual(keys, ['kind', 'reporter', 'reportId', 'range', 'policies']);
      const policies = report['policies'] as { policyDomain: string; successful: number; failed: number }[];
      for (const domain of new Set(policies.map(({ policyDomain }) => policyDomain))) {
        const own = policies.filter(({ policyDomain }) => policyDomain === domain);
        const messages = own.reduce((sum, { successful, failed }) => sum + successful + failed, 0);
        lines.push(lineOf({ kind: 'tls', id: String(report['reportId']), domain, records: own.length, messages }));
      }
      continue;
    }
    assert.deepEqual(keys, ['kind', 'reporter', 'reportId', 'range', 'policy', 'records']);
    if (report['kind'] === 'failure') failures++;
    else {
      const records = report['records'] as { count: number; sourceIp: string }[];
      const { domain } = report['policy'] as { domain: string };
      const messages = records.reduce((sum, { count }) => sum + count, 0);
      lines.push(
        lineOf({ kind: 'aggregate', id: String(report['reportId']), domain, records: records.length, messages }),
      );
      const { begin, end } = report['range'] as { begin: string; end: string };
      assert.ok(begin <= end && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/.test(begin), begin);
    }
  }
  assert.deepEqual(lines.sort(), expected.map(lineOf).sort());
  assert.equal(failures, 5);
});
