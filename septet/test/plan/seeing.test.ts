/** What an answer does not say by itself: wildcards, and questions that nobody answered. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { madeOf, planOf, stepOf, textsAfter, zoneText, type Scene } from './plan-world.ts';

const everything = `people: false
mx: [ 10 mail.example.com ]
senders:
  - custom: { spf: [ "ip4:9.9.9.1" ], dkim: [ { selector: s1, target: s1.dkim.example.net } ] }
dmarc: { reports: [ dmarc@example.com, x@reports.example.net ] }
tracking: { host: track, target: app.example.net }
mtaSts: { host: app.example.net }
tlsReports: tls@example.com
bimi: { logo: https://example.com/l.svg }
`;

test('a wildcard TXT is no record of the name: what is published has no before', async () => {
  const plan = await planOf({
    settings: 'dmarc: {}\ntlsReports: tls@example.com',
    zone: '* TXT "v=spf1 -all"\n@ TXT x',
  });
  for (const id of ['dmarc.none', 'tlsrpt']) {
    const [change] = stepOf(plan, id).changes;
    assert.equal(change?.before, undefined, id);
    assert.equal(change?.after?.data.length, 1, id);
  }
  // The domain itself is never the wildcard's.
  assert.equal(stepOf(plan, 'spf').changes[0]?.before?.data.length, 1);
});

test('a wildcard CNAME stands in nobody’s way', async () => {
  const plan = await planOf({
    settings: everything,
    zone: '* CNAME parking.example.net.',
    others: ['parking.example.net. A 9.9.9.7'],
  });
  assert.deepEqual(textsAfter(plan, 'tlsrpt'), ['v=TLSRPTv1; rua=mailto:tls@example.com']);
  assert.deepEqual(textsAfter(plan, 'tracking'), ['app.example.net']);
  assert.deepEqual(textsAfter(plan, 'dkim.custom'), ['s1.dkim.example.net']);
  const ramp = /sampled|quarantine|reject|enforce/;
  for (const step of plan.steps.filter((each) => !ramp.test(each.id)))
    assert.ok(
      step.changes.every((change) => change.before === undefined),
      step.id,
    );
});

test('a wildcard that serves needs no record of its own', async () => {
  const plan = await planOf({
    settings: 'tracking: { host: track, target: app.example.net }',
    zone: '* CNAME app.example.net.',
  });
  assert.equal(stepOf(plan, 'tracking').status.kind, 'done');
});

test('a name that exists is not the wildcard’s, even with a wildcard above', async () => {
  const plan = await planOf({
    settings: 'dmarc: {}',
    zone: '* TXT other\n_dmarc TXT "v=DMARC1; p=none; rua=mailto:a@example.com"',
  });
  assert.equal(stepOf(plan, 'dmarc.none').status.kind, 'done');
});

test('a question that fails never makes anything absent, whichever it is', async () => {
  const live = `@ MX 10 mail
@ TXT "v=spf1 ip4:9.9.9.1 -all"
s1._domainkey CNAME s1.dkim.example.net.
_dmarc TXT "v=DMARC1; p=none; rua=mailto:dmarc@example.com,mailto:x@reports.example.net"
track CNAME app.example.net.
mta-sts CNAME app.example.net.
_smtp._tls TXT "v=TLSRPTv1; rua=mailto:tls@example.com"
_mta-sts TXT "v=STSv1; id=1"
default._bimi TXT "v=BIMI1; l=https://example.com/l.svg; a="`;
  const { seen, plan: whole } = await madeOf({ settings: everything, zone: live });
  const before = new Set(whole.steps.filter((step) => step.changes.length > 0).map((step) => step.id));
  let asked = 0;
  for (const key of seen.live.keys()) {
    const [type = '', name = ''] = key.split(' ');
    for (const reason of ['timeout', 'servfail', 'refused'] as const) {
      // oxlint-disable-next-line no-await-in-loop -- one world after the other
      const plan = await planOf({ settings: everything, zone: live, failures: [[name, type, reason]] });
      asked++;
      for (const step of plan.steps) {
        for (const change of step.changes) {
          if (change.name !== name || change.type !== type) continue;
          assert.fail(`${key} ${reason}: ${step.id} would write ${JSON.stringify(change)}`);
        }
      }
      const written = plan.steps.filter((step) => step.changes.length > 0 && !before.has(step.id));
      assert.deepEqual(
        written.map((step) => step.id),
        [],
        key,
      );
      assert.ok(
        plan.steps.some((step) => step.status.kind === 'blocked' && step.status.unanswered),
        `${key}: nobody says that it could not be told`,
      );
    }
  }
  assert.ok(asked >= 27, String(asked));
});

test('a reverse name that nobody told is not a missing one', async () => {
  const settings = 'senders: [ postfix: { ip: [9.9.9.26], selector: s1 } ]';
  const failures: Scene['failures'] = [['26.9.9.9.in-addr.arpa', 'PTR', 'timeout']];
  const plan = await planOf({ settings, failures });
  const { outside, status } = stepOf(plan, 'host.9.9.9.26');
  assert.equal(status.kind, 'outside');
  assert.ok(outside?.every((work) => !work.done && work.unanswered));
  assert.ok(!plan.findings.some((finding) => finding.code === 'plan.gmail_gap'));
  const told = await planOf({ settings });
  assert.ok(stepOf(told, 'host.9.9.9.26').outside?.every((work) => !work.unanswered));
});

test('an include that DNS does not tell leaves SPF as it is', async () => {
  const plan = await planOf({
    settings: 'senders: [ google-workspace ]',
    zone: zoneText('@ TXT "v=spf1 -all"'),
    failures: [['_spf.google.com', 'TXT', 'timeout']],
  });
  const { status, changes } = stepOf(plan, 'spf');
  assert.ok(status.kind === 'blocked' && status.unanswered);
  assert.deepEqual(changes, []);
});
