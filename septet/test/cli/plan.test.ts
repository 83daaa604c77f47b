/** `septet plan` at the command line: text, JSON, forms, exit codes, and what is said when something is wrong. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { test, type TestContext } from 'node:test';
import { dnsName } from '../../src/dns/name.ts';
import { makeKey, pemOf } from '../../src/records/dkim/make-key.ts';
import { textForms } from '../../src/providers/forms/forms.ts';
import { saveKey } from '../../src/store/files/keys.ts';
import { zoneText } from '../plan/plan-world.ts';
import { folder, jsonLines, septet, serve, within } from './program.ts';

const token = 'cf-token-0123456789abcdef';
const config = `domains:
  example.com:
    dns: { host: cloudflare, token: "\${CLOUDFLARE_TOKEN}" }
    people: false
    mx: [ 10 mail.example.com ]
    senders:
      - google-workspace
      - postfix: { ip: [9.9.9.26], selector: s1 }
    dmarc: { reports: dmarc@example.com }
    tracking: { host: track, target: app.example.net }
    tlsReports: tls@example.com
`;
const root = `$ORIGIN .
@ 60 SOA ns. h. 1 60 60 60 60
_spf.google.com. 300 TXT "v=spf1 ip4:35.190.247.0/24 ~all"
26.9.9.9.in-addr.arpa. 300 PTR mail.example.com.
`;
/** Everything of `quiet` stands. */
const quiet = `domains:
  example.com:
    dns: { host: bind }
    people: false
    mx: [ 10 mail.example.com ]
    dmarc: { ramp: [{ stage: none }] }
`;
const quietZone = zoneText('@ MX 10 mail\n@ TXT "v=spf1 ~all"\n_dmarc TXT "v=DMARC1; p=none"');

async function place(t: TestContext, files: Readonly<Record<string, string>> = {}) {
  const file = await folder(t, {
    'septet.yaml': config,
    'example.zone': zoneText('@ MX 10 mail'),
    'root.zone': root,
    ...files,
  });
  const plan = (...args: readonly string[]) => [
    'plan',
    '--config',
    file('septet.yaml'),
    '--zone',
    file('example.zone'),
    file('root.zone'),
    ...args.flatMap((arg) => (arg === '' ? [] : [arg])),
  ];
  return { file, plan };
}

// `--zone` takes all names that follow, so domains stand before it.
const withDomains = (args: readonly string[], ...domains: readonly string[]) => ['plan', ...domains, ...args.slice(1)];

test('steps in order, what they change, what they wait for, and how to go on', async (t) => {
  const { plan } = await place(t);
  const { code, stdout, stderr } = await within(plan());
  assert.equal(stderr, '');
  // A key is wanted that nobody knows: a person has to decide.
  assert.equal(code, 1);
  const ids = [...stdout.matchAll(/^ *\d+\. +\S+(?: \S+)? +([a-z0-9.-]+):/gm)].map((match) => match[1]);
  assert.deepEqual(ids.slice(0, 5), ['host.9.9.9.26', 'mx', 'spf', 'dkim.google-workspace', 'dkim.postfix']);
  assert.match(
    stdout,
    /\n {5}example\.com\. TXT TTL 3600\n {7}\+ v=spf1 include:_spf\.google\.com ip4:9\.9\.9\.26 ~all\n/,
  );
  assert.match(stdout, /price {2}look-ups 0 → 1 of 10, void 0 of 2, octets 0 → \d+/);
  assert.match(stdout, /Make one with: septet dkim generate example\.com --selector s1/);
  assert.match(
    stdout,
    /\nReady now: spf\.\nDigest [0-9a-f]{12}\n {2}septet publish example\.com --plan [0-9a-f]{12}\n$/,
  );
});

test('no line is wider than the terminal, with and without colours, done or not', async (t) => {
  const { plan } = await place(t);
  for (const columns of [60, 80]) {
    for (const args of [plan(), plan('--verbose')]) {
      // oxlint-disable-next-line no-await-in-loop -- one run after the other
      const plain = (await within(args, { columns })).stdout;
      for (const line of plain.split('\n')) assert.ok(line.length <= columns, `${columns}: ${line}`);
      // oxlint-disable-next-line no-await-in-loop -- as above
      const painted = (await within(args, { columns, colours: true })).stdout;
      assert.notEqual(painted, plain);
      assert.equal(stripVTControlCharacters(painted), plain);
    }
  }
});

test('NO_COLOR is heeded, and a pipe gets none', async (t) => {
  const { plan, file } = await place(t);
  const cwd = path.dirname(file('septet.yaml'));
  const escape = '\u001b';
  const forced = await septet(plan(), { cwd, env: { FORCE_COLOR: '1' } });
  assert.ok(forced.stdout.includes(escape), forced.stderr);
  const none = await septet(plan(), { cwd, env: { NO_COLOR: '1', FORCE_COLOR: '' } });
  assert.ok(!none.stdout.includes(escape));
  assert.ok(!(await septet(plan(), { cwd })).stdout.includes(escape));
});

test('the configuration of the folder is found, and what stands is one line', async (t) => {
  const { file } = await place(t, { 'septet.yaml': quiet, 'example.zone': quietZone });
  const { code, stdout } = await septet(['plan', '--zone', file('example.zone')], {
    cwd: path.dirname(file('septet.yaml')),
  });
  assert.equal(code, 0);
  assert.match(stdout, /\n3 steps: 3 done\.\n/);
  assert.match(stdout, / 1\. done {6}mx: Take mail for example\.com\n {2}2\. done/);
  assert.match(stdout, /\nNothing to publish: what is wished for stands\.\n$/);
});

test('a host that Septet does not write to gets its form', async (t) => {
  const { plan } = await place(t, { 'septet.yaml': quiet });
  const { stdout, code } = await within(plan());
  assert.equal(code, 0);
  assert.match(stdout, /\n {2}septet plan example\.com --as bind\n$/);
});

test('--as json is the whole plan, the same twice, and one line each for several domains', async (t) => {
  const two = `${config}  example.net:\n    people: false\n`;
  const { plan } = await place(t, { 'septet.yaml': two });
  const first = await within(withDomains(plan('--as', 'json'), 'example.com'));
  const again = await within(withDomains(plan('--as', 'json'), 'example.com'));
  assert.equal(first.stdout, again.stdout);
  const value = JSON.parse(first.stdout) as { domain: string; digest: string; steps: { id: string }[] };
  assert.equal(value.domain, 'example.com');
  assert.match(value.digest, /^[0-9a-f]{64}$/);
  assert.ok(value.steps.some((step) => step.id === 'dmarc.reject'));
  const both = jsonLines((await within(plan('--as', 'json'))).stdout);
  assert.deepEqual(
    both.map((each) => each['domain']),
    ['example.com', 'example.net'],
  );
});

test('every form prints what can be published today, whole with --all, one step with --step', async (t) => {
  const { plan } = await place(t);
  for (const { id } of textForms) {
    // oxlint-disable no-await-in-loop -- one form after the other
    const today = await within(plan('--as', id));
    assert.equal(today.stderr, '', id);
    assert.ok(today.stdout.includes('include:_spf.google.com'), id);
    assert.ok(today.stdout.endsWith('\n'), id);
    const all = await within(plan('--as', id, '--all'));
    assert.ok(all.stdout.includes('app.example.net'), id);
    const one = await within(plan('--as', id, '--step', 'tlsrpt'));
    assert.ok(one.stdout.includes('TLSRPTv1'), id);
    // oxlint-enable no-await-in-loop
  }
  const list = await within(plan('--as', 'list'));
  assert.deepEqual(
    list.stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' ')[0]),
    ['text', 'json', ...textForms.map((form) => form.id)],
  );
});

test('--all prints each RRset once: the later stages of the ramp wait for their turn', async (t) => {
  const { plan } = await place(t);
  const { stdout } = await within(plan('--as', 'bind', '--all'));
  assert.equal(stdout.split('\n').filter((line) => !line.startsWith(';') && line.includes('v=DMARC1')).length, 1);
  assert.match(stdout, /;.*dmarc\.sampled/);
});

test('--all leaves out what waits for days or reports, also where the first stage stands, and what waits for that', async (t) => {
  const more = `${config}    mtaSts: { mode: ramp }\n    bimi: { logo: "https://example.com/logo.svg" }\n`;
  const { plan } = await place(t, {
    'septet.yaml': more,
    'example.zone': zoneText('@ MX 10 mail\n_dmarc TXT "v=DMARC1; p=none; rua=mailto:dmarc@example.com"'),
  });
  const { stdout } = await within(plan('--as', 'bind', '--all'));
  const records = stdout.split('\n').filter((line) => !line.startsWith(';'));
  assert.deepEqual(
    records.filter((line) => /v=DMARC1|v=BIMI1/.test(line)),
    [],
  );
  assert.ok(records.some((line) => line.includes('v=STSv1')));
  assert.match(stdout, /;.*dmarc\.sampled: [^]*; - bimi: first dmarc\.quarantine/);
});

test('a file that has to be put up stands in the forms line by line', async (t) => {
  const { plan } = await place(t, { 'septet.yaml': `${config}    mtaSts: { mode: ramp }\n` });
  const file = ['version: STSv1', 'mode: testing', 'mx: mail.example.com', 'max_age: 604800'];
  for (const [form, before] of [
    ['bind', ';   | '],
    ['cloudflare', '     | '],
    ['markdown', ''],
    ['html', ''],
  ] as const) {
    // oxlint-disable-next-line no-await-in-loop -- one form after the other
    const { stdout } = await within(plan('--as', form, '--step', 'mtasts.testing'));
    const lines = file.map((line) => `${before}${line}`).join('\n');
    assert.ok(stdout.includes(form === 'html' ? `<pre>${lines}</pre>` : `\n${lines}\n`), `${form}: ${stdout}`);
  }
});

test('wrong use is told with the way out, in one piece', async (t) => {
  const { plan, file } = await place(t);
  const wrong = async (args: readonly string[], says: RegExp) => {
    const { code, stdout, stderr } = await within(args);
    assert.equal(code, 2, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, says);
  };
  await wrong(
    plan('--as', 'bind', '--step', 'nonsense'),
    /There is no step nonsense\. There are: host\.9\.9\.9\.26, mx, spf/,
  );
  await wrong(
    withDomains(plan(), 'other.example'),
    /other\.example is not in .*septet\.yaml\. Add it with: septet init other\.example/,
  );
  await wrong(plan('--as', 'fax'), /--as fax is no form\. There are: text, json, cloudflare/);
  await wrong(plan('--step', 'mx'), /--step and --all choose what a form prints\. Name one with --as\./);
  await wrong(plan('--as', 'json', '--all'), /JSON is always the whole plan\./);
  await wrong(['plan', '--config', file('none.yaml')], /none\.yaml/);
  await wrong(['plan', '--config', file('root.zone')], /root\.zone:1/);
});

test('without a configuration: what to do', async (t) => {
  const file = await folder(t, {});
  const { code, stderr } = await septet(['plan'], {
    cwd: path.dirname(file('x')),
    env: { HOME: path.dirname(file('x')), XDG_CONFIG_HOME: path.dirname(file('x')) },
  });
  assert.equal(code, 2);
  assert.match(stderr, /septet init/);
});

test('exit codes: 0 nothing in the way, 1 a decision or an error, 3 no answer of DNS', async (t) => {
  const spf = `domains:
  example.com:
    people: false
    senders: [ custom: { spf: [ "include:spf.silent.example" ] } ]
`;
  const { file } = await place(t, { 'fine.yaml': quiet, 'spf.yaml': spf, 'decide.yaml': config });
  const run = async (name: string, zones = [file('example.zone'), file('root.zone')]) =>
    (await within(['plan', '--config', file(name), '--zone', ...zones])).code;
  assert.equal(await run('fine.yaml'), 0);
  assert.equal(await run('decide.yaml'), 1);
  // The include is in no zone file that was given: nobody could tell.
  assert.equal(await run('spf.yaml', [file('example.zone')]), 3);
  // It is told that it does not exist.
  assert.equal(await run('spf.yaml'), 1);
  const silent = await serve(t, (question) => ({
    kind: 'failed',
    name: question.name,
    type: question.type,
    server: 'test',
    chain: [],
    dnssec: 'unknown',
    reason: 'servfail',
  }));
  const args = ['plan', '--config', file('fine.yaml'), '--resolver', silent.address];
  const { code, stdout } = await within(args);
  assert.equal(code, 3, stdout);
  assert.match(stdout, /no answer mx: Take mail for example\.com/);
  assert.match(stdout, /Nothing to publish until the steps above are cleared up\./);
});

test('several domains: the worst code of all, in the order of the configuration', async (t) => {
  const { plan } = await place(t, { 'septet.yaml': `${config}  example.net:\n    people: false\n` });
  const { code, stdout } = await within(plan());
  assert.equal(code, 1);
  assert.ok(stdout.indexOf('Plan for example.com') < stdout.indexOf('Plan for example.net'));
});

test('no plan, JSON or form holds a token or a private key', async (t) => {
  const { plan, file } = await place(t);
  const state = path.join(path.dirname(file('septet.yaml')), '.septet');
  const key = await makeKey('ed25519');
  await saveKey(state, dnsName('example.com'), { selector: 's1', key, createdAt: 0 });
  const pem = pemOf(key).split('\n')[1] ?? '';
  assert.ok(
    pem.length > 40 && (await readFile(path.join(state, 'keys', 'example.com', 's1.pem'), 'utf8')).includes(pem),
  );
  const env = { CLOUDFLARE_TOKEN: token };
  for (const form of ['text', 'json', ...textForms.map(({ id }) => id)]) {
    // oxlint-disable-next-line no-await-in-loop -- one form after the other
    const { stdout, stderr } = await within(plan('--as', form), { env });
    assert.ok(stdout.length > 100, form);
    for (const secret of [token, pem, 'PRIVATE'])
      assert.ok(!`${stdout}${stderr}`.includes(secret), `${form}: ${secret}`);
  }
  const { stdout } = await within(plan(), { env });
  assert.match(stdout, /s1\._domainkey\.example\.com\. TXT/);
});

test('what others must do, and nothing of a zone that steers the terminal', async (t) => {
  const hostile = `domains:
  example.com:
    people: false
    dmarc: { reports: x@reports.example.net }
`;
  const { plan } = await place(t, {
    'septet.yaml': hostile,
    'example.zone': zoneText('@ TXT "v=spf1 include:a\\027[31m.example -all"\n_dmarc CNAME a\\027b.example.net.'),
  });
  const { stdout } = await within(plan());
  assert.ok(!stdout.includes('\u001b'));
  assert.match(stdout, /ask {4}whoever runs the DNS of reports\.example\.net:/);
});
