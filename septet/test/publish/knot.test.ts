/** The whole way against real servers: Knot with a secondary, two unbounds, a web server. From an empty zone and back. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { dnsName } from '../../src/dns/name.ts';
import { makeKey, usualKeyType } from '../../src/records/dkim/make-key.ts';
import { saveKey } from '../../src/store/files/keys.ts';
import { missing } from '../servers/process.ts';
import { emptyZone, key, startLab, tokens, type Lab } from './lab.ts';

const skip = await missing('knotd', 'unbound', 'kdig');

const policy = `version: STSv1\r\nmode: testing\r\nmx: mail.example.com\r\nmax_age: 604800\r\n`;
const logo = `<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" version="1.2" baseProfile="tiny-ps" viewBox="0 0 100 100">
  <title>Laboratory</title>
  <rect x="0" y="0" width="100" height="100" fill="#ffffff"/>
  <circle cx="50" cy="50" r="30" fill="#2e8b57"/>
</svg>
`;

interface StatusJson {
  readonly steps: readonly {
    readonly id: string;
    readonly status: string;
    readonly seen?: string;
    readonly waitsFor: readonly string[];
  }[];
  readonly published: readonly { readonly step: string }[];
  readonly unfinished: readonly unknown[];
}

suite('publishing to Knot', { skip, concurrency: false }, () => {
  let lab: Lab;
  before(async () => {
    lab = await startLab({
      zones: ['example.com', 'brand.net'].map((origin) => ({ origin, text: emptyZone(origin) })),
      pages: {
        'mta-sts.example.com': { '/.well-known/mta-sts.txt': { body: policy } },
        'track.example.com': { '/': { body: 'hello\n' } },
        'app.com': { '/': { body: 'hello\n' } },
        'web.com': { '/logo.svg': { headers: { 'content-type': 'image/svg+xml' }, body: logo } },
      },
    });
    await saveKey(`${lab.folder}/state`, dnsName('example.com'), {
      selector: 's1',
      key: await makeKey(usualKeyType),
      createdAt: Date.now(),
    });
    await lab.configure(`example.com:
  ${lab.dns()}
  people: false
  ttl: 60
  mx: [ 10 mail.example.com ]
  senders:
    - postfix: { ip: [20.61.97.25], selector: s1, helo: mail.example.com }
    - ses: { region: eu-west-1, tokens: [${tokens.join(', ')}], mailFrom: bounce }
    - custom: { name: CRM, dkim: [{ selector: crm, value: "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=" }] }
  dmarc: { reports: dmarc@reports.net }
  tracking: { host: track, target: app.com }
  mtaSts: { mode: ramp, host: web.com }
  tlsReports: tls@example.com
brand.net:
  ${lab.dns()}
  people: false
  ttl: 60
  mx: none
  dmarc: { ramp: [{ stage: quarantine }] }
  bimi: { logo: "https://web.com/logo.svg" }`);
  });
  after(() => lab?.stop());

  const statusOf = async (domain: string): Promise<StatusJson> => {
    const { stdout } = await lab.run(['status', domain, '--format', 'json']);
    return JSON.parse(stdout) as StatusJson;
  };

  test('all steps that need no reports, in order; then nothing; then back to the empty zone', async () => {
    const empty = await lab.records('example.com');
    const dry = await lab.run(['publish', 'example.com', '--dry-run']);
    assert.equal(dry.code, 0);
    assert.match(dry.stdout, /Would be written now at .*host\.postfix/);
    assert.deepEqual([await lab.records('example.com'), (await lab.journal('example.com')).text], [empty, '']);

    const published = await lab.run(['publish', 'example.com', '--yes']);
    assert.deepEqual([published.code, published.stderr], [0, ''], published.stderr + published.stdout);
    for (const line of published.stdout.split('\n')) assert.ok(line.length <= 80, line);

    const { steps, unfinished } = await statusOf('example.com');
    const later = steps.filter((step) => step.status !== 'done');
    assert.deepEqual(
      later.map((step) => [step.id, step.status]),
      ['dmarc.sampled', 'dmarc.quarantine', 'dmarc.reject', 'mtasts.enforce'].map((id) => [id, 'waiting']),
    );
    for (const step of later)
      assert.ok(
        step.waitsFor.some((text) => /reports/.test(text)),
        JSON.stringify(step),
      );
    assert.deepEqual(unfinished, []);
    const ours = steps.filter((step) => step.status === 'done' && !/^host\.\d|authorise/.test(step.id));
    assert.deepEqual(
      ours.map((step) => step.id),
      [
        'host.postfix',
        'mx',
        'return-path.ses',
        'spf',
        'spf.mail',
        'spf.bounce',
        'dkim.postfix',
        'dkim.ses',
        'dkim.custom',
        'dmarc.none',
        'tracking',
        'tlsrpt',
        'mtasts.host',
        'mtasts.testing',
      ],
    );
    for (const step of ours) assert.equal(step.seen, 'seen on all 2 servers and at 2 resolvers', step.id);
    assert.equal(await lab.serial('example.com', lab.secondary), await lab.serial('example.com'));
    assert.equal((await lab.records('example.com')).length, empty.length + 16);
    await assertOrder();

    // No error is left to find, seen by the same resolver.
    const check = await lab.check('example.com', ['--tracking', 'track', '--ip', '20.61.97.25', '--selector', 's1']);
    const report = JSON.parse(check.stdout) as {
      readonly findings: readonly { readonly code: string; readonly severity: string; readonly state: string }[];
    };
    assert.ok(report.findings.length > 10);
    assert.deepEqual(
      report.findings.filter((finding) => finding.severity === 'error' && finding.state === 'fail'),
      [],
    );

    const [serial, journal] = [await lab.serial('example.com'), (await lab.journal('example.com')).text];
    const again = await lab.run(['publish', 'example.com', '--yes']);
    assert.equal(again.code, 0);
    assert.match(again.stdout, /^Nothing had to be written\.\n/);
    assert.deepEqual([await lab.serial('example.com'), (await lab.journal('example.com')).text], [serial, journal]);

    await undoAll('example.com', empty);
  });

  /** No record stands before those that its readers would miss. */
  async function assertOrder(): Promise<void> {
    const { entries } = await lab.journal('example.com');
    const index = (kind: string, step: string): number => {
      const at = entries.findIndex((entry) => entry.kind === kind && 'step' in entry && entry.step === step);
      assert.ok(at >= 0, `${kind} ${step}`);
      return at;
    };
    for (const [first, then] of [
      ['host.postfix', 'mx'],
      ['mx', 'spf'],
      ['spf', 'dmarc.none'],
      ['dkim.ses', 'dmarc.none'],
      ['dmarc.none', 'tlsrpt'],
      ['tlsrpt', 'mtasts.testing'],
      ['mtasts.host', 'mtasts.testing'],
    ] as const) {
      assert.ok(index('visible', first) < index('intent', then), `${first} is seen before ${then} is written`);
    }
    const at = (kind: string, step: string): number => Date.parse(entries[index(kind, step)]?.at ?? '');
    // The negative TTL of one second, and five for the host.
    assert.ok(at('intent', 'dmarc.none') - at('visible', 'dkim.ses') >= 6000);
  }

  async function undoAll(domain: string, empty: readonly string[]): Promise<void> {
    const { published } = await statusOf(domain);
    assert.ok(published.length > 0);
    const refused = await lab.run(['undo', domain, published[0]?.step ?? '', '--yes']);
    assert.equal(refused.code, published.length > 1 ? 1 : 0);
    const unasked = await lab.run(['undo', domain]);
    assert.equal(unasked.code, 2);
    assert.match(unasked.stderr, /Nothing was changed: nobody is here to ask\. Run it again with --yes\./);
    for (const { step } of published.toReversed()) {
      const undone = await lab.run(['undo', domain, '--yes']);
      assert.deepEqual([undone.code, undone.stderr], [0, '']);
      assert.match(undone.stdout, new RegExp(`\n${step.replaceAll('.', '\\.')} is as it was before\\.\n`));
    }
    assert.deepEqual(await lab.records(domain), empty);
    const nothing = await lab.run(['undo', domain, '--yes']);
    assert.equal(nothing.code, 2);
    assert.match(nothing.stderr, /There is nothing to take back\. The journal knows of nothing that was published\./);
  }

  test('a logo, for a domain whose policy enforces from the start', async () => {
    const empty = await lab.records('brand.net');
    const unasked = await lab.run(['publish', 'brand.net', '--yes']);
    assert.equal(unasked.code, 1);
    assert.match(
      unasked.stderr,
      /^dmarc\.quarantine begins with p=quarantine, .* agree with\s+--approve dmarc\.quarantine\.\n$/s,
    );
    const published = await lab.run(['publish', 'brand.net', '--yes', '--approve', 'dmarc.quarantine']);
    assert.deepEqual([published.code, published.stderr], [0, ''], published.stderr + published.stdout);
    const { steps } = await statusOf('brand.net');
    assert.deepEqual(
      steps.map((step) => [step.id, step.status]),
      ['mx', 'spf', 'dmarc.quarantine', 'bimi'].map((id) => [id, 'done']),
    );
    assert.ok((await lab.records('brand.net')).some((record) => record.includes('l=https://web.com/logo.svg')));
    await undoAll('brand.net', empty);
  });

  test('the secret is nowhere', async () => {
    const traces = await lab.traces();
    assert.ok(traces.length > 10_000);
    for (const text of [key.secret, Buffer.from(key.secret, 'base64').toString()]) assert.ok(!traces.includes(text));
    assert.ok(!traces.includes('PRIVATE KEY'));
  });
});
