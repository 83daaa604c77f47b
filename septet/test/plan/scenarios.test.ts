/** From settings and zone text to steps: the cases that administrators meet. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Change } from '../../src/change/change.ts';
import { dnsName } from '../../src/dns/name.ts';
import { rsaKey } from '../dkim-keys.ts';
import { gateOf, planOf, statuses, stepOf, textsAfter, zoneText, type Scene } from './plan-world.ts';

const tokens = ['a', 'b', 'c'].map((first) => `${first}bcdefghijklmnopqrstuvwxyz234567`);
const ses = `ses: { region: eu-west-1, tokens: [${tokens.join(', ')}], mailFrom: bounce }`;

test('Amazon SES with its own MAIL FROM: MX and SPF there, three aliases, the domain itself untouched by it', async () => {
  const plan = await planOf({ settings: `senders: [ ${ses} ]`, zone: '@ TXT "v=spf1 -all"' });
  assert.deepEqual(
    plan.steps.slice(0, 4).map((step) => [step.id, step.status.kind]),
    [
      ['return-path.ses', 'ready'],
      ['spf.bounce', 'ready'],
      ['spf', 'done'],
      ['dkim.ses', 'ready'],
    ],
  );
  assert.deepEqual(textsAfter(plan, 'return-path.ses'), ['10 feedback-smtp.eu-west-1.amazonses.com']);
  assert.deepEqual(textsAfter(plan, 'spf.bounce'), ['v=spf1 include:amazonses.com -all']);
  assert.deepEqual(
    stepOf(plan, 'dkim.ses').changes.map(({ name, after }) => `${name} ${after?.data.join()}`),
    tokens.map((token) => `${token}._domainkey.example.com ${token}.dkim.amazonses.com`),
  );
});

test('apps over a relay need nothing of their own, and say so once', async () => {
  const plan = await planOf({ settings: `senders: [ ${ses}, listmonk ]` });
  assert.ok(!plan.steps.some((step) => step.id.includes('listmonk')));
  const said = plan.steps.flatMap((step) => step.notes).filter((note) => note.includes('listmonk'));
  assert.deepEqual(said, ['listmonk sends over Amazon SES, whose records let its mail pass.']);
});

test('a short key of AcelleMail is warned of in the plan, and published to the letter', async () => {
  const value = `v=DKIM1; k=rsa; p=${rsaKey(1024)}`;
  const plan = await planOf({
    settings: `senders:\n  - ${ses}\n  - acellemail: { selector: acelle, value: "${value}" }`,
  });
  const step = plan.steps.find((other) => other.id === 'dkim.acellemail');
  assert.ok(step, statuses(plan).join('\n'));
  assert.match(step.notes.join(' '), /1024 bits/);
  assert.deepEqual(textsAfter(plan, 'dkim.acellemail'), [value]);
});

test('two senders of one name stand in one SPF record', async () => {
  const plan = await planOf({
    settings: 'senders: [ google-workspace, custom: { name: Shop, spf: [ "ip4:9.9.9.0/28" ] } ]',
  });
  const step = stepOf(plan, 'spf');
  assert.deepEqual(textsAfter(plan, 'spf'), ['v=spf1 include:_spf.google.com ip4:9.9.9.0/28 ~all']);
  assert.equal(step.title, 'Let Google Workspace and Shop send as example.com');
});

test('an SPF record that stands is kept and merged, with its price before and after', async () => {
  const zone = '@ TXT "v=spf1 include:old.example.net -all"\n@ TXT "google-site-verification=abc"';
  const plan = await planOf({ settings: 'senders: [ google-workspace ]', zone });
  const [spf, other] = [...textsAfter(plan, 'spf')].sort().reverse();
  assert.match(spf ?? '', /^v=spf1 .*include:_spf\.google\.com.* -all$/);
  assert.match(spf ?? '', /include:old\.example\.net/);
  assert.equal(other, 'google-site-verification=abc');
  const { price, loses, comparison } = stepOf(plan, 'spf');
  assert.deepEqual([price?.lookupsBefore, price?.lookupsAfter, loses, comparison], [1, 2, [], 'weaker']);
});

test('SPF that may be tightened keeps the includes that were looked at for the step before', async () => {
  const plan = await planOf({ settings: 'senders: [ google-workspace ]\nspf: { all: ramp }' });
  assert.deepEqual(textsAfter(plan, 'spf'), ['v=spf1 include:_spf.google.com ~all']);
  assert.deepEqual(textsAfter(plan, 'spf.tighten'), ['v=spf1 include:_spf.google.com -all']);
  assert.equal(gateOf(plan, 'spf.tighten', 'aligned').state, 'closed');
  assert.equal(stepOf(plan, 'spf.tighten').changes[0]?.before?.data.length, 1);
});

test('eleven look-ups after merging: refused with the way out, and nothing else of it is published', async () => {
  const includes = Array.from({ length: 10 }, (_, index) => `i${index}.example.net. TXT "v=spf1 -all"`);
  const plan = await planOf({
    settings: 'senders: [ google-workspace ]',
    zone: `@ TXT "v=spf1 " ${includes.map((_, index) => `"include:i${index}.example.net "`).join(' ')} "-all"`,
    others: [includes.join('\n')],
  });
  const { status, changes } = stepOf(plan, 'spf');
  assert.ok(status.kind === 'blocked' && status.unanswered === undefined);
  assert.match(status.why, /11 look-ups/);
  assert.match(status.cure, /septet spf flatten example\.com/);
  assert.deepEqual(changes, []);
});

test('a CNAME where a TXT must go is told with the way out', async () => {
  const plan = await planOf({ settings: 'dmarc: {}', zone: '_dmarc CNAME other.example.net.' });
  const { status } = stepOf(plan, 'dmarc.none');
  assert.ok(status.kind === 'blocked');
  assert.match(status.why, /_dmarc\.example\.com\. is an alias \(CNAME\) of other\.example\.net\./);
  assert.match(status.cure, /Remove the CNAME/);
});

test('an alias is not put beside other data, nor beside data that DNS did not tell', async () => {
  const settings = 'tracking: { host: track, target: app.example.net }';
  const beside = stepOf(await planOf({ settings, zone: 'track A 9.9.9.1' }), 'tracking').status;
  assert.ok(beside.kind === 'blocked' && /A 9\.9\.9\.1/.test(beside.why));
  const silent = stepOf(
    await planOf({ settings, zone: 'track TXT x', failures: [['track.example.com', 'TXT', 'servfail']] }),
    'tracking',
  ).status;
  assert.ok(silent.kind === 'blocked' && silent.unanswered, JSON.stringify(silent));
});

test('tracking at the mail domain itself is refused, and takes nothing else with it', async () => {
  const plan = await planOf({
    settings: 'tracking: { host: example.com, target: app.example.net }',
    zone: '@ MX 10 mail',
  });
  const { status } = stepOf(plan, 'tracking');
  assert.ok(status.kind === 'blocked' && /is the mail domain itself/.test(status.why), JSON.stringify(status));
  assert.equal(stepOf(plan, 'spf').status.kind, 'ready');
});

test('a key that stands in another spelling is done', async () => {
  const value = `v=DKIM1; k=rsa; p=${rsaKey(2048)}`;
  const [, p] = /p=(.*)$/.exec(value) ?? [];
  const settings = `senders: [ custom: { dkim: [ { selector: s1, value: "${value}" } ] } ]`;
  const zone = `s1._domainkey TXT "k=rsa ;v=DKIM1; p=${p?.slice(0, 60)}" " ${p?.slice(60, 200)}" "${p?.slice(200)}"`;
  const plan = await planOf({ settings, zone: zone.replace('k=rsa ;v=DKIM1', 'v=DKIM1; k=rsa') });
  const step = stepOf(plan, 'dkim.custom');
  assert.deepEqual([step.status.kind, step.comparison], ['done', 'equivalent']);
});

test('keys that Septet keeps are published by their public half', async () => {
  const value = `v=DKIM1; k=rsa; p=${rsaKey(2048)}`;
  const settings = 'senders: [ postfix: { ip: [9.9.9.26], selector: s1 } ]';
  const plan = await planOf({ settings, ownKeys: { s1: value } });
  assert.deepEqual(textsAfter(plan, 'dkim.postfix'), [value]);
});

test('a key of Mailgun stands at the sub-domain that signs', async () => {
  const plan = await planOf({ settings: 'senders: [ mailgun: { subdomain: mg, dkimZone: 9d876.dkim1.mailgun.com } ]' });
  assert.deepEqual(
    stepOf(plan, 'dkim.mailgun').changes.map((change) => change.name),
    ['pdk1._domainkey.mg.example.com', 'pdk2._domainkey.mg.example.com'],
  );
});

test('links of a service are aliases of their own, behind the records that mail needs', async () => {
  const plan = await planOf({ settings: 'senders: [ mailgun: { subdomain: mg, tracking: email } ]' });
  const step = stepOf(plan, 'tracking.mailgun');
  assert.deepEqual([step.record, step.changes[0]?.name], ['tracking', 'email.mg.example.com']);
  assert.equal(gateOf(plan, 'tracking.mailgun', 'visible', 'dmarc.none').state, 'closed');
});

test('an address that two senders use is asked for once', async () => {
  const plan = await planOf({
    settings:
      'senders: [ postfix: { ip: [9.9.9.26], selector: s1 }, custom: { spf: [ "ip4:9.9.9.26" ] }, postal: { host: postal.example.net, ip: [9.9.9.26], selector: postal-a } ]',
  });
  const ids = plan.steps.map((step) => step.id);
  assert.equal(ids.filter((id) => id === 'host.9.9.9.26').length, 1);
  assert.equal(new Set(ids).size, ids.length);
});

test('null MX: a domain that takes no mail', async () => {
  const plan = await planOf({ settings: 'mx: none\nmtaSts: {}' });
  assert.deepEqual(textsAfter(plan, 'mx'), ['0 ']);
  const policy = stepOf(plan, 'mtasts.testing').status;
  assert.ok(policy.kind === 'blocked' && /is to take no mail/.test(policy.why));
});

test('exchanges of a mailbox service stand in for those that nobody named, and leave others alone', async () => {
  const settings = 'senders: [ google-workspace ]';
  assert.deepEqual(textsAfter(await planOf({ settings }), 'mx'), ['1 smtp.google.com']);
  const old = await planOf({ settings, zone: '@ MX 1 aspmx.l.google.com.' });
  assert.equal(stepOf(old, 'mx').status.kind, 'done');
});

test('a sub-domain plans in the zone above it', async () => {
  const plan = await planOf({
    settings: 'people: false\nsenders: [ custom: { spf: [ mx ] } ]\nmx: [ 10 mail.example.com ]',
    domain: 'news.example.com',
  });
  assert.equal(plan.zone, 'example.com');
  assert.equal(stepOf(plan, 'spf').changes[0]?.name, 'news.example.com');
  assert.ok(plan.steps.some((step) => step.id === 'dmarc.none'));
});

test('an enforced policy is never loosened', async () => {
  for (const live of ['v=DMARC1; p=reject', 'v=DMARC1; p=reject; sp=quarantine; adkim=s']) {
    const plan = await planOf({
      settings: 'people: false\ndmarc: { reports: dmarc@example.com }',
      zone: `_dmarc TXT "${live}"`,
    });
    const [text] = textsAfter(plan, 'dmarc.none');
    assert.match(text ?? '', /p=reject.*rua=mailto:dmarc@example\.com/);
    // The later stages want what this step publishes, and wait for nothing else.
    for (const stage of ['sampled', 'quarantine', 'reject']) {
      const step = stepOf(plan, `dmarc.${stage}`);
      assert.deepEqual([step.status.kind, step.changes.length], ['waiting', 0]);
      assert.deepEqual(
        step.gates.slice(0, 1).map(({ gate }) => gate),
        [{ kind: 'visible', step: 'dmarc.none' }],
      );
    }
  }
  const plain = await planOf({ settings: 'people: false', zone: '_dmarc TXT "v=DMARC1; p=reject"' });
  assert.deepEqual(
    plain.steps.filter((step) => step.record === 'dmarc').map((step) => step.status.kind),
    ['done', 'done', 'done', 'done'],
  );
});

test('a stage of the ramp is readable for both generations of receivers, or for the new one alone', async () => {
  const sampled = (plan: Awaited<ReturnType<typeof planOf>>) => stepOf(plan, 'dmarc.sampled');
  const both = await planOf({ settings: 'dmarc: {}' });
  assert.deepEqual(textsAfter(both, 'dmarc.sampled'), ['v=DMARC1; p=quarantine; t=y; pct=10']);
  assert.match(sampled(both).readers?.rfc9989 ?? '', /^none/);
  assert.match(sampled(both).readers?.rfc7489 ?? '', /^quarantine for 10 of 100/);
  const pure = await planOf({ settings: 'dmarc: { readers: 9989 }' });
  const texts = pure.steps.flatMap((step) => (step.record === 'dmarc' ? textsAfter(pure, step.id) : []));
  assert.ok(texts.length >= 3 && texts.every((text) => !text.includes('pct=')), texts.join('\n'));
});

test('the ramp ends in reject without people, in quarantine with them, unless they confirm', async () => {
  const last = async (settings: string) => {
    const stages = (await planOf({ settings })).steps.filter((step) => step.record === 'dmarc');
    return stages.at(-1)?.id;
  };
  assert.equal(await last('people: false'), 'dmarc.reject');
  assert.equal(await last('people: true'), 'dmarc.quarantine');
  assert.equal(await last('people: true\ndmarc: { reject: confirmed }'), 'dmarc.reject');
  const only = stepOf(await planOf({ settings: 'dmarc: { ramp: [{ stage: reject }] }' }), 'dmarc.reject').status;
  assert.ok(only.kind === 'blocked' && /People send from this domain/.test(only.why));
});

test('a ramp that begins enforced asks first, and waits for every sender', async () => {
  const settings = 'people: false\nsenders: [ google-workspace ]\ndmarc: { ramp: [{ stage: quarantine }] }';
  const plan = await planOf({ settings });
  assert.equal(gateOf(plan, 'dmarc.quarantine', 'approved').state, 'closed');
  assert.equal(gateOf(plan, 'dmarc.quarantine', 'visible', 'dkim.google-workspace').state, 'closed');
});

test('reports to another organisation: work for others until its record stands; none within one', async () => {
  const settings = 'dmarc: { reports: "mailto:x@reports.example.net" }';
  const open = stepOf(await planOf({ settings }), 'dmarc.authorise.reports.example.net');
  assert.deepEqual(open.outside, [
    {
      kind: 'record',
      who: 'whoever runs the DNS of reports.example.net',
      name: 'example.com._report._dmarc.reports.example.net',
      type: 'TXT',
      data: ['v=DMARC1;'],
      done: false,
    },
  ]);
  assert.deepEqual(open.changes, []);
  const given = await planOf({
    settings,
    others: ['example.com._report._dmarc.reports.example.net. TXT "v=DMARC1"'],
  });
  assert.equal(stepOf(given, 'dmarc.authorise.reports.example.net').status.kind, 'done');
  const sibling = await planOf({
    settings: 'dmarc: { reports: x@reports.example.com }',
    domain: 'news.example.com',
  });
  assert.ok(!sibling.steps.some((step) => step.id.startsWith('dmarc.authorise')));
});

test('records outside the zone are work for others, and so is what a zone below holds', async () => {
  const cut: Scene = {
    settings: `senders: [ ${ses} ]`,
    zone: 'bounce NS ns1.other.example.net.',
    others: ['$ORIGIN bounce.example.com.\n$TTL 60\n@ SOA ns. h. 1 60 60 60 60\n@ NS ns1.other.example.net.\n'],
  };
  const plan = await planOf(cut);
  for (const id of ['return-path.ses', 'spf.bounce']) {
    const step = stepOf(plan, id);
    assert.equal(step.status.kind, 'outside', id);
    assert.deepEqual(step.changes, []);
    const [work] = step.outside ?? [];
    assert.ok(work?.kind === 'record' && work.who === 'whoever runs the DNS of bounce.example.com');
  }
  assert.equal(stepOf(plan, 'spf').status.kind, 'ready');
});

test('TTL floors of a host raise what is published', async () => {
  const plan = await planOf({ settings: 'ttl: 60', host: 'gandi' });
  assert.equal(stepOf(plan, 'spf').changes[0]?.after?.ttlSeconds, 300);
  assert.equal(
    stepOf(await planOf({ settings: 'ttl: 60', host: 'cloudflare' }), 'spf').changes[0]?.after?.ttlSeconds,
    60,
  );
});

test('what a host cannot store is refused before anything is written', async () => {
  const plan = await planOf({ settings: 'mx: none', host: 'digitalocean' });
  const { status } = stepOf(plan, 'mx');
  assert.ok(status.kind === 'blocked');
  assert.match(status.why, /^DigitalOcean cannot store it: .*null MX/);
  assert.equal(plan.findings.find((finding) => finding.code === 'plan.provider.limit')?.subject.name, 'example.com');
});

test('two steps that cannot stand together both stop', async () => {
  const plan = await planOf({
    settings: `senders: [ ${ses} ]\ntracking: { host: bounce, target: app.example.net }`,
  });
  for (const id of ['return-path.ses', 'spf.bounce', 'tracking']) {
    assert.equal(stepOf(plan, id).status.kind, 'blocked', id);
  }
  assert.equal(stepOf(plan, 'spf').status.kind, 'ready');
});

test('the same alias for two senders is one record, and the second step waits for the first', async () => {
  const settings = `senders:
  - custom: { name: One, dkim: [ { selector: s1, target: s1.dkim.example.net } ] }
  - custom: { name: Two, dkim: [ { selector: s1, target: s1.dkim.example.net } ] }`;
  const plan = await planOf({ settings });
  const second = stepOf(plan, 'dkim.custom-2');
  assert.deepEqual([second.status.kind, second.changes.length], ['waiting', 0]);
  assert.deepEqual(second.gates[0]?.gate, { kind: 'visible', step: 'dkim.custom' });
  const there = await planOf({ settings, zone: 's1._domainkey CNAME s1.dkim.example.net.' });
  assert.equal(stepOf(there, 'dkim.custom-2').status.kind, 'done');
});

test('the whole plan knows its zone by the name it was given', async () => {
  assert.equal((await planOf({ settings: 'people: true', zone: zoneText() })).zone, dnsName('example.com'));
});

test('a sub-domain is never given a milder policy than it has from above', async () => {
  const below = async (
    above: string,
    settings = 'people: false\ndmarc: { reports: dmarc@example.com }',
    more: Partial<Scene> = {},
  ) => planOf({ settings, domain: 'news.example.com', zone: `_dmarc TXT "${above}"\n`, ...more });
  const strict = await below('v=DMARC1; p=reject');
  const first = stepOf(strict, 'dmarc.none');
  assert.deepEqual(textsAfter(strict, 'dmarc.none'), ['v=DMARC1; p=reject; rua=mailto:dmarc@example.com']);
  assert.deepEqual([first.changes[0]?.before, first.comparison, first.loses], [undefined, 'absent', []]);
  assert.match(first.notes.join(' '), /example\.com gives it the policy reject already/);
  // The policy for sub-domains counts, and a sample stays a sample.
  assert.match(
    textsAfter(await below('v=DMARC1; p=reject; sp=quarantine; pct=50'), 'dmarc.none')[0] ?? '',
    /p=quarantine; pct=50/,
  );
  assert.match(textsAfter(await below('v=DMARC1; p=none; sp=none'), 'dmarc.none')[0] ?? '', /p=none/);
  assert.match(textsAfter(await below('v=DMARC1; p=reject; sp=none'), 'dmarc.none')[0] ?? '', /p=none/);
  // Other texts at the name are carried over.
  const beside = await below('v=DMARC1; p=reject', undefined, {
    zone: '_dmarc TXT "v=DMARC1; p=reject"\n_dmarc.news TXT "other"',
  });
  assert.deepEqual([...textsAfter(beside, 'dmarc.none')].sort(), [
    'other',
    'v=DMARC1; p=reject; rua=mailto:dmarc@example.com',
  ]);
  assert.equal(stepOf(beside, 'dmarc.none').changes[0]?.before?.data.length, 1);
  // What it has from above does already where nothing else is wished for.
  assert.equal(stepOf(await below('v=DMARC1; p=reject', 'people: false'), 'dmarc.none').status.kind, 'done');
  const silent = stepOf(
    await below('v=DMARC1; p=reject', undefined, { failures: [['_dmarc.example.com', 'TXT', 'timeout']] }),
    'dmarc.none',
  ).status;
  assert.ok(silent.kind === 'blocked' && silent.unanswered, JSON.stringify(silent));
});

test('a zone that is named too high: what is delegated out of it is work for others', async () => {
  const plan = await planOf({
    settings: 'people: false\ndns: { host: bind, zone: example.com }\nsenders: [ custom: { spf: [ mx ] } ]',
    domain: 'news.example.com',
    zone: 'news NS ns1.example.com.',
    others: ['$ORIGIN news.example.com.\n$TTL 60\n@ SOA ns1.example.com. h. 1 60 60 60 60\n@ NS ns1.example.com.\n'],
  });
  assert.deepEqual(
    plan.steps.filter((step) => step.changes.length > 0).map((step) => step.id),
    [],
  );
  assert.equal(stepOf(plan, 'spf').status.kind, 'outside');
});

test('two aliases at one name that lead to different hosts both stop', async () => {
  const plan = await planOf({
    settings: 'senders: [ mailgun: { tracking: email } ]\ntracking: { host: email, target: app.example.net }',
  });
  for (const id of ['tracking', 'tracking.mailgun']) {
    const { status } = stepOf(plan, id);
    assert.ok(status.kind === 'blocked' && /email\.example\.com is wanted as CNAME/.test(status.why), id);
  }
});

test('a rotation brings its key, and revokes the old one without asking again', async () => {
  const [old, fresh] = [1, 2].map((seed) => `v=DKIM1; k=rsa; p=${rsaKey(2048, seed)}`) as [string, string];
  const settings = 'senders: [ postfix: { ip: [9.9.9.9], selector: s1 } ]';
  const ownKeys = { s1: old, s2: fresh };
  const zone = `s1._domainkey TXT ${old
    .match(/.{1,250}/g)
    ?.map((part) => JSON.stringify(part))
    .join(' ')}`;
  const coming = await planOf({ settings, zone, ownKeys, rotations: { s1: old, s2: fresh } });
  assert.equal(stepOf(coming, 'dkim.postfix').status.kind, 'done');
  assert.deepEqual(textsAfter(coming, 'dkim.rotation'), [fresh]);
  const gone = await planOf({ settings, zone, ownKeys, rotations: { s1: 'v=DKIM1; p=', s2: fresh } });
  const step = stepOf(gone, 'dkim.postfix');
  assert.deepEqual([textsAfter(gone, 'dkim.postfix'), step.loses], [['v=DKIM1; k=rsa; p='], []]);
});

test('what Septet published itself gives way without a question, what somebody else made does not', async () => {
  const alias = {
    name: dnsName('track.example.com'),
    type: 'CNAME',
    ttlSeconds: 3600,
    data: [dnsName('old.example.net')],
  };
  const settings = 'tracking: { host: track, target: app.example.net }';
  const scene: Scene = { settings, zone: 'track CNAME old.example.net.' };
  assert.notDeepEqual(stepOf(await planOf(scene), 'tracking').loses, []);
  const published = new Map([
    ['tracking', { at: 0, changes: [{ name: alias.name, type: 'CNAME', after: alias } as Change] }],
  ]);
  assert.deepEqual(stepOf(await planOf({ ...scene, evidence: { published } }), 'tracking').loses, []);
});

test('a policy that is announced and could not be fetched may be enforced: nothing is planned for it', async () => {
  const zone = '@ MX 10 mail\n_mta-sts TXT "v=STSv1; id=20260101T000000;"\nmta-sts A 198.51.100.10';
  const plan = await planOf({ settings: 'mtaSts: { mode: ramp }', zone });
  const { status } = stepOf(plan, 'mtasts.testing');
  assert.equal(status.kind === 'blocked' && status.unanswered, true);
});

test('a ramp without an address for reports says that it never begins', async () => {
  const plan = await planOf({ settings: 'people: true' });
  assert.match(stepOf(plan, 'dmarc.none').notes.join(' '), /No address takes reports/);
});
