/** Every kind of gate in every state, and every status of a step. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { zoneWorldNow } from '../zone-world.ts';
import { gateOf, madeOf, planOf, statuses, stepOf, type Scene } from './plan-world.ts';

const now = zoneWorldNow;
const minutes = 60_000;
const mx = 'people: false\nmx: [ 10 mail.example.com ]\ndmarc: { reports: dmarc@example.com }\n';
const live = '@ MX 10 mail\n@ TXT "v=spf1 mx -all"\n_dmarc TXT "v=DMARC1; p=none; rua=mailto:dmarc@example.com"';
const senders = 'senders: [ custom: { spf: [ mx ] } ]\n';

test('statuses: done, ready, waiting, blocked and outside', async () => {
  const plan = await planOf({
    settings: `people: false
mx: [ 10 mail.example.com ]
senders: [ postfix: { ip: [198.51.100.10], selector: s1 } ]
dmarc: { reports: [dmarc@example.com, x@reports.example.net] }`,
    zone: '@ MX 10 mail',
  });
  assert.deepEqual(statuses(plan), [
    'host.198.51.100.10 outside',
    'mx done',
    'spf ready',
    'dkim.postfix blocked',
    'dmarc.authorise.reports.example.net outside',
    'dmarc.none waiting',
    'dmarc.sampled waiting',
    'dmarc.quarantine waiting',
    'dmarc.reject waiting',
  ]);
  const key = stepOf(plan, 'dkim.postfix').status;
  assert.ok(key.kind === 'blocked' && key.unanswered === undefined && key.cure.includes('septet dkim generate'));
  // The first record of DMARC does not wait for what cannot be published, and says so; the ramp waits.
  assert.match(
    stepOf(plan, 'dmarc.none').notes.join(' '),
    /Does not wait for dkim\.postfix, dmarc\.authorise\.reports/,
  );
  assert.equal(gateOf(plan, 'dmarc.sampled', 'visible', 'dkim.postfix').state, 'closed');
});

test('visible: closed before the step, open when every server and resolver shows the record', async () => {
  const settings = mx + senders;
  const early = gateOf(await planOf({ settings }), 'spf', 'visible', 'mx');
  assert.deepEqual([early.state, early.early, early.detail], ['closed', true, 'mx comes first']);
  const scene: Scene = {
    settings,
    zone: '@ MX 10 mail',
    servers: ['@ MX 10 mail', '@ MX 10 mail'],
    resolvers: ['@ MX 10 mail'],
  };
  const open = gateOf(await planOf(scene), 'spf', 'visible', 'mx');
  assert.deepEqual([open.state, open.detail], ['open', 'seen on all 2 servers and at 2 resolvers']);
  assert.equal(stepOf(await planOf(scene), 'spf').status.kind, 'ready');
  assert.deepEqual(stepOf(await planOf(scene), 'mx').visibility, { state: 'open', detail: open.detail });
});

test('visible: a server without the record closes the gate and has no clock; a resolver has the clock of its cache', async () => {
  const settings = mx + senders;
  const behind = gateOf(
    await planOf({ settings, zone: '@ MX 10 mail', servers: ['@ MX 10 mail', '@ MX 10 old'] }),
    'spf',
    'visible',
  );
  assert.deepEqual(
    [behind.state, behind.detail, behind.until],
    ['closed', 'not yet at ns2.example.com (198.51.100.2)', undefined],
  );
  const cached: Scene = {
    settings,
    zone: '@ MX 10 mail',
    servers: ['@ MX 10 mail', '@ MX 10 mail'],
    resolvers: ['@ 1200 MX 10 old', ''],
  };
  const plan = await planOf(cached);
  const spf = gateOf(plan, 'spf', 'visible');
  // 1200 seconds of the old data at one, 600 of its absence at the other.
  assert.deepEqual(
    [spf.state, spf.detail, spf.until],
    ['closed', 'not yet at resolver 2, resolver 3', now + 20 * minutes],
  );
  assert.deepEqual(stepOf(plan, 'spf').status, { kind: 'waiting', until: now + 20 * minutes });
});

test('visible: a server that does not answer leaves the gate unknown', async () => {
  const settings = mx + senders;
  const plan = await planOf({
    settings,
    zone: '@ MX 10 mail',
    servers: ['@ MX 10 mail', '@ MX 10 mail'],
    failures: [['example.com', 'MX', 'timeout']],
  });
  // Nobody answers at all: the step itself cannot be told, and SPF does not wait for it.
  assert.deepEqual(stepOf(plan, 'mx').status.kind, 'blocked');
  const { seen } = await madeOf({ settings, zone: '@ MX 10 mail', resolvers: ['@ MX 10 mail'] });
  const { visibility } = await import('../../src/plan/gates.ts');
  const [key, places] = [...seen.places].find(([at]) => at.startsWith('MX'))!;
  const set = places[0]!.answer.kind === 'found' ? places[0]!.answer.set : undefined;
  assert.ok(set);
  const silent = { ...places[1]!, answer: { ...places[1]!.answer, kind: 'failed', reason: 'timeout' } as const };
  const told = visibility([set], { ...seen, places: new Map([[key, [places[0]!, silent]]]) });
  assert.deepEqual(told, { state: 'unknown', detail: 'no answer from resolver 2' });
});

const spfChange = async (zone: string, host?: Scene['host']) => {
  const settings = `${mx}${senders}ttl: 300\n`;
  const first = await planOf({ settings, zone, ...(host ? { host } : {}) });
  return { settings, changes: stepOf(first, 'spf').changes };
};

test('elapsed: the old TTL, or the negative TTL, and the time of the host', async () => {
  const none = 'people: false\nmx: [ 10 mail.example.com ]\ndmarc: { reports: dmarc@example.com }\n' + senders;
  // Nothing stands: absence is remembered for 600 seconds.
  const absent = gateOf(await planOf({ settings: none, zone: '@ MX 10 mail' }), 'dmarc.none', 'elapsed', 'spf');
  assert.deepEqual([absent.gate.kind === 'elapsed' && absent.gate.seconds, absent.early], [600, true]);
  const changed = gateOf(
    await planOf({ settings: none, zone: '@ MX 10 mail\n@ 7200 TXT "v=spf1 ip4:9.9.9.9 -all"' }),
    'dmarc.none',
    'elapsed',
    'spf',
  );
  assert.equal(changed.gate.kind === 'elapsed' && changed.gate.seconds, 7200);
  // Route 53 says a minute.
  const slow = gateOf(await planOf({ settings: none, zone: '@ MX 10 mail', host: 'route53' }), 'dmarc.none', 'elapsed');
  assert.equal(slow.gate.kind === 'elapsed' && slow.gate.seconds, 660);
});

test('elapsed: half an hour where nobody knows', async () => {
  const plan = await planOf({
    settings: mx + senders,
    zone: '@ MX 10 mail',
    failures: [['example.com', 'SOA', 'servfail']],
  });
  const gate = gateOf(plan, 'dmarc.none', 'elapsed', 'spf').gate;
  assert.equal(gate.kind === 'elapsed' && gate.seconds, 1800);
});

test('elapsed: counts from when everybody saw what Septet published, and not for what was there', async () => {
  const { settings, changes } = await spfChange('@ MX 10 mail');
  const zone = '@ MX 10 mail\n@ TXT "v=spf1 mx ~all"';
  const evidence = (visible?: number) => ({
    published: new Map([['spf', { at: now - 20 * minutes, changes }]]),
    visibleSince: new Map(visible === undefined ? [] : [['spf', visible]]),
  });
  const gate = async (scene: Partial<Scene>) =>
    gateOf(await planOf({ settings, zone, ...scene }), 'dmarc.none', 'elapsed');
  const waiting = await gate({ evidence: evidence(now - 5 * minutes) });
  assert.deepEqual([waiting.state, waiting.until], ['closed', now + 5 * minutes]);
  assert.equal((await gate({ evidence: evidence(now - 10 * minutes) })).state, 'open');
  const unseen = await gate({ evidence: evidence() });
  assert.deepEqual([unseen.state, unseen.until], ['closed', undefined]);
  // Seen, but before it was published anew.
  assert.equal((await gate({ evidence: evidence(now - 30 * minutes) })).state, 'closed');
  // Somebody else published it long ago: no gate at all.
  const foreign = stepOf(await planOf({ settings, zone }), 'dmarc.none');
  assert.deepEqual(
    foreign.gates.map(({ gate: each }) => each.kind),
    ['visible'],
  );
});

test('elapsed: stages of the ramp count their days from when they were seen', async () => {
  const settings = mx + senders;
  const day = 86_400_000;
  const gate = async (since: number | undefined) =>
    gateOf(
      await planOf({
        settings,
        zone: live,
        evidence: { visibleSince: new Map(since === undefined ? [] : [['dmarc.none', since]]) },
      }),
      'dmarc.sampled',
      'elapsed',
      'dmarc.none',
    );
  assert.match((await gate(undefined)).detail, /counts from the first time/);
  assert.equal((await gate(now - 20 * day)).until, now + day);
  assert.equal((await gate(now - 21 * day)).state, 'open');
});

test('aligned: closed, and says what it will need', async () => {
  const plan = await planOf({ settings: `${mx}${senders}mtaSts: {}\n`, zone: live });
  const dmarc = gateOf(plan, 'dmarc.sampled', 'aligned');
  assert.deepEqual(
    [dmarc.state, dmarc.detail],
    ['closed', 'needs 21 days of DMARC reports, 500 messages, 99.5 % aligned; none have been read yet'],
  );
  assert.match(gateOf(plan, 'mtasts.enforce', 'aligned').detail, /7 days of TLS reports/);
});

test('aligned: what reports show, for the step that asks', async () => {
  const asked: string[] = [];
  const open = await planOf({
    settings: mx + senders,
    zone: live,
    evidence: {
      visibleSince: new Map([['dmarc.none', now - 30 * 24 * 60 * minutes]]),
      aligned: (step, { reports, days }) => {
        asked.push(`${step} ${reports} ${days}`);
        return step === 'dmarc.sampled'
          ? { state: 'open', detail: '30 of 21 days' }
          : { state: 'closed', detail: 'no' };
      },
    },
  });
  assert.deepEqual(asked, ['dmarc.sampled dmarc 21', 'dmarc.quarantine dmarc 7', 'dmarc.reject dmarc 14']);
  const { gate: _gate, ...position } = gateOf(open, 'dmarc.sampled', 'aligned');
  assert.deepEqual(position, { state: 'open', detail: '30 of 21 days' });
  assert.equal(stepOf(open, 'dmarc.sampled').status.kind, 'ready');
  assert.equal(gateOf(open, 'dmarc.quarantine', 'aligned').detail, 'no');
});

test('approved: asked when something goes that Septet did not make', async () => {
  const settings = 'mx: [ 10 new.example.com ]\n';
  const zone = '@ MX 10 mail\nnew A 198.51.100.20';
  const asked = await planOf({ settings, zone });
  const gate = gateOf(asked, 'mx', 'approved');
  assert.deepEqual(
    [gate.state, gate.detail],
    ['closed', 'gives up 10 mail.example.com., which Septet did not make. Agree?'],
  );
  assert.equal(stepOf(asked, 'mx').status.kind, 'waiting');
  const agreed = await planOf({ settings, zone, evidence: { approved: new Set(['mx']) } });
  assert.equal(gateOf(agreed, 'mx', 'approved').state, 'open');
  assert.equal(stepOf(agreed, 'mx').status.kind, 'ready');
});

const tracking = 'tracking: { host: track, target: app.example.net }\n';
const trackUrl = 'https://track.example.com/';

test('serves tracking: the certificate of a host that is not in DNS yet', async () => {
  const gate = async (pages?: Scene['pages']) =>
    gateOf(await planOf({ settings: tracking, ...(pages ? { pages } : {}) }), 'tracking', 'serves');
  assert.equal((await gate()).state, 'unknown');
  assert.equal((await gate({ [trackUrl]: { status: 404 } })).state, 'open');
  const wrong = await gate({
    [trackUrl]: { failed: 'certificate-name', detail: 'it is for app.example.net' },
  });
  assert.deepEqual(
    [wrong.state, wrong.detail],
    ['closed', `${trackUrl} has no certificate that is valid for it: it is for app.example.net`],
  );
});

test('serves: a person may vouch for what could not be seen', async () => {
  const plan = await planOf({ settings: tracking, pages: {}, evidence: { vouched: new Set(['tracking']) } });
  const gate = gateOf(plan, 'tracking', 'serves');
  assert.equal(gate.state, 'open');
  assert.match(gate.detail, /you said to go on$/);
});

const bimi =
  'people: false\ndmarc: { ramp: [{ stage: quarantine }] }\nbimi: { logo: https://example.com/l.svg, certificate: https://example.com/v.pem }\n';
const enforced = '@ TXT "v=spf1 -all"\n_dmarc TXT "v=DMARC1; p=quarantine"';
const svg =
  '<svg xmlns="http://www.w3.org/2000/svg" version="1.2" baseProfile="tiny-ps" viewBox="0 0 96 96"><title>Example</title><rect width="96" height="96" fill="#fff"/></svg>';

test('serves logo and certificate: what the record would point at is judged first', async () => {
  const gates = async (pages: NonNullable<Scene['pages']>) => {
    const plan = await planOf({ settings: bimi, zone: enforced, pages });
    return stepOf(plan, 'bimi').gates.flatMap(({ gate, state, detail }) =>
      gate.kind === 'serves' ? [`${gate.what} ${state}: ${detail}`] : [],
    );
  };
  const gone = await gates({ 'https://example.com/l.svg': { status: 404 } });
  assert.deepEqual(gone, [
    'logo closed: https://example.com/l.svg answers 404',
    'certificate closed: https://example.com/v.pem: this test has no such page',
  ]);
  const bad = await gates({
    'https://example.com/l.svg': { body: '<svg/>' },
    'https://example.com/v.pem': { body: 'x' },
  });
  assert.match(bad[0] ?? '', /^logo closed: the logo at/);
  assert.match(bad[1] ?? '', /^certificate closed: the mark certificate at/);
  const good = await gates({ 'https://example.com/l.svg': { body: svg } });
  assert.equal(good[0], 'logo open: https://example.com/l.svg is fine');
});

test('what stands is done whatever its gates would say', async () => {
  const plan = await planOf({ settings: tracking, zone: 'track CNAME app.example.net.' });
  assert.equal(stepOf(plan, 'tracking').status.kind, 'done');
  assert.deepEqual(stepOf(plan, 'tracking').gates, []);
});

test('a host whose addresses are new is waited for before mail is sent there', async () => {
  const settings =
    'mx: [ 10 mx.example.com ]\nsenders: [ postfix: { ip: [198.51.100.30], selector: s1, helo: mx.example.com } ]\n';
  const plan = await planOf({ settings });
  assert.equal(stepOf(plan, 'host.postfix').status.kind, 'ready');
  const gate = gateOf(plan, 'mx', 'elapsed', 'host.postfix');
  assert.deepEqual([gate.state, gate.gate.kind === 'elapsed' && gate.gate.seconds], ['closed', 600]);
  // What asks somebody for a reverse name holds nothing up.
  assert.ok(!stepOf(plan, 'mx').gates.some((at) => at.gate.kind === 'visible' && at.gate.step.includes('198')));
});
