/** Ramps that go back: the only steps of a plan that make a record milder, and only where a ramp is on its way back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { liveOf } from '../../src/change/change.ts';
import { txtSet } from '../../src/change/txt.ts';
import { dnsName } from '../../src/dns/name.ts';
import { proposeDmarcBack, proposeMtaStsGone, proposeSpfBack } from '../../src/plan/draw-back.ts';
import { ramps } from '../../src/plan/intent.ts';
import { textsOf } from '../../src/plan/drawing.ts';
import { rank } from '../../src/records/dmarc/plan-stage.ts';
import { parse } from '../../src/records/dmarc/record.ts';
import { configOf, gateOf, planOf, statuses, stepOf, textsAfter } from './plan-world.ts';

const settings = `people: false
mx: [ 10 mail.example.com ]
spf: { all: ramp }
dmarc: { reports: dmarc@example.com, sp: quarantine }
bimi: { logo: "https://example.com/logo.svg" }
`;
const zone = `@ MX 10 mail
@ TXT "v=spf1 mx -all"
_dmarc TXT "v=DMARC1; p=reject; sp=quarantine; adkim=s; rua=mailto:dmarc@example.com"`;
const why = 'of the mail of Amazon SES 70 % passes; it was 100 % before this step';

test('DMARC: one stage back, with all else that the owner chose, and nothing of what lies ahead', async () => {
  const forward = await planOf({ settings, zone });
  assert.ok(!statuses(forward).some((line) => line.includes('back')));
  const standings = [{ ramp: 'dmarc', stage: 'reject', back: { to: 'quarantine', why } }];
  const plan = await planOf({ settings, zone, standings });
  assert.deepEqual(
    statuses(plan).filter((line) => /dmarc|bimi/.test(line)),
    ['dmarc.none done', 'dmarc.sampled done', 'dmarc.quarantine done', 'dmarc.back.quarantine ready'],
  );
  const step = stepOf(plan, 'dmarc.back.quarantine');
  assert.deepEqual([step.loses, step.gates], [[], []]);
  assert.match(step.why, /^Mail of yours fails since the last step: of the mail of Amazon SES/);
  const [text = ''] = textsAfter(plan, 'dmarc.back.quarantine');
  assert.equal(text, 'v=DMARC1; p=quarantine; sp=quarantine; adkim=s; rua=mailto:dmarc@example.com');
  const done = await planOf({ settings, zone: zone.replace(/_dmarc.*/, `_dmarc TXT "${text}"`), standings });
  assert.equal(stepOf(done, 'dmarc.back.quarantine').status.kind, 'done');
  // A stage that the ramp does not have is nowhere to go.
  const lost = await planOf({
    settings,
    zone,
    standings: [{ ramp: 'dmarc', stage: 'reject', back: { to: 'x', why } }],
  });
  assert.deepEqual(statuses(lost), statuses(forward));
});

test('DMARC: without a record that can be read there is no way back, and it says so', async () => {
  const standings = [{ ramp: 'dmarc', stage: 'reject', back: { to: 'quarantine', why } }];
  for (const [record, says] of [
    ['_dmarc TXT "v=DMARC1; p=reject"\n_dmarc TXT "v=DMARC1; p=none"', /cannot be read/],
    ['', /There is no DMARC record/],
  ] as const) {
    const noStages = 'people: false\nmx: [ 10 mail.example.com ]\ndmarc: { ramp: [{ stage: quarantine }] }';
    const made = await planOf({ settings: noStages, zone: `@ MX 10 mail\n${record}`, standings });
    const { status } = stepOf(made, 'dmarc.back.quarantine');
    // The step before it mends the record; then there is nothing to take back.
    if (status.kind === 'blocked') assert.match(status.why, says);
    else assert.equal(status.kind, 'waiting');
  }
});

test('SPF: ~all again, to the letter', async () => {
  const standings = [{ ramp: 'spf', stage: '-all', back: { to: '~all', why } }];
  const plan = await planOf({ settings, zone: zone.replace('v=spf1 mx', 'v=spf1  MX ip4:192.0.2.0/24'), standings });
  assert.deepEqual(textsAfter(plan, 'spf.back'), ['v=spf1  MX ip4:192.0.2.0/24 ~all']);
  assert.ok(!statuses(plan).some((line) => line.startsWith('spf.tighten')));
  const name = dnsName('example.com');
  const soft = proposeSpfBack(
    { name, ttlSeconds: 60 },
    { kind: 'present', name, type: 'TXT', set: txtSet(name, 60, 'v=spf1 ~all') },
  );
  assert.equal(soft.kind, 'keep');
});

const file = (mode: string, maxAge = 604_800) => ({
  'https://mta-sts.example.com/.well-known/mta-sts.txt': {
    body: `version: STSv1\nmode: ${mode}\n${mode === 'none' ? '' : 'mx: mail.example.com\n'}max_age: ${maxAge}\n`,
  },
});
const sts = 'mx: [ 10 mail.example.com ]\nmtaSts: {}\n';
const announced = '@ MX 10 mail\n_mta-sts TXT "v=STSv1; id=1;"';

test('MTA-STS: back to testing the file comes first, then another id', async () => {
  const standings = [{ ramp: 'mta-sts', stage: 'enforce', back: { to: 'testing', why } }];
  const early = await planOf({ settings: sts, zone: announced, pages: file('enforce'), standings });
  assert.match(gateOf(early, 'mtasts.back.testing', 'serves').detail, /mode enforce, not testing/);
  const ready = await planOf({ settings: sts, zone: announced, pages: file('testing'), standings });
  assert.equal(stepOf(ready, 'mtasts.back.testing').status.kind, 'ready');
  assert.match(textsAfter(ready, 'mtasts.back.testing')[0] ?? '', /^v=STSv1; id=\d{8}T\d{6}P[0-9a-f]{8};$/);
  assert.ok(!statuses(ready).some((line) => line.startsWith('mtasts.enforce')));
});

test('MTA-STS withdrawn: the record goes only where it was counted, and after the longest max_age', async () => {
  const none = 'mx: [ 10 mail.example.com ]\nmtaSts: { mode: none }\n';
  const plan = await planOf({ settings: none, zone: announced, pages: file('none', 86_400) });
  assert.deepEqual(
    statuses(plan).filter((line) => line.startsWith('mtasts')),
    ['mtasts.none done'],
  );
  const standings = [{ ramp: 'mta-sts', stage: 'withdrawn' }];
  const scene = { settings: none, zone: announced, pages: file('none', 86_400), standings };
  const gate = gateOf(await planOf(scene), 'mtasts.gone', 'elapsed').gate;
  assert.ok(gate.kind === 'elapsed' && gate.seconds === 31_557_600);
  const told = gateOf(await planOf({ ...scene, longestMaxAge: 604_800 }), 'mtasts.gone', 'elapsed').gate;
  assert.ok(told.kind === 'elapsed' && told.seconds === 604_800);
  const name = dnsName('_mta-sts.example.com');
  const gone = (...texts: readonly string[]) => {
    const data = texts.map((text) => ({ strings: [text] }));
    const set = { name, type: 'TXT', ttlSeconds: 60, data } as const;
    return proposeMtaStsGone({ name, ttlSeconds: 60 }, { kind: 'present', name, type: 'TXT', set });
  };
  const alone = gone('v=STSv1; id=1;');
  assert.ok(alone?.kind === 'change' && alone.change.after === undefined);
  const beside = gone('v=STSv1; id=1;', 'hello');
  assert.ok(beside?.kind === 'change');
  assert.deepEqual(textsOf(beside.change.after), ['hello']);
  assert.equal(gone('hello'), undefined);
  const silent = liveOf('TXT', {
    kind: 'failed',
    name,
    type: 'TXT',
    server: 'test',
    chain: [],
    dnssec: 'unknown',
    reason: 'timeout',
  });
  assert.equal(proposeMtaStsGone({ name, ttlSeconds: 60 }, silent)?.kind, 'blocked');
});

test('for any record and stage, going back is never stricter for any reader, and is done when it is done', () => {
  const { dmarc } = configOf(settings).intent;
  const name = dnsName('_dmarc.example.com');
  const place = { name, ttlSeconds: 60 };
  const live = (text: string) => ({ kind: 'present', name, type: 'TXT', set: txtSet(name, 60, text) }) as const;
  const tags = fc.record({
    p: fc.constantFrom('none', 'quarantine', 'reject'),
    rest: fc.array(
      fc.constantFrom('t=y', 'pct=10', 'pct=100', 'sp=none', 'sp=reject', 'np=reject', 'adkim=s', 'fo=1', 'x=1'),
      { maxLength: 4 },
    ),
  });
  fc.assert(
    fc.property(tags, fc.constantFrom(...ramps.dedicated), ({ p, rest }, stage) => {
      const text = ['v=DMARC1', `p=${p}`, ...new Map(rest.map((tag) => [tag.split('=')[0], tag])).values()].join('; ');
      const proposal = proposeDmarcBack(place, stage.name, dmarc, live(text));
      if (proposal.kind === 'keep') return;
      assert.ok(proposal.kind === 'change');
      const [after = ''] = textsOf(proposal.change.after);
      const [was, is] = [parse(text), parse(after)];
      assert.ok(was.kind === 'good' && is.kind === 'good');
      const [before, now] = [rank(was.value), rank(is.value)];
      assert.ok(now.rfc9989 <= before.rfc9989 && now.rfc7489 <= before.rfc7489, `${text} → ${after}`);
      assert.equal(proposeDmarcBack(place, stage.name, dmarc, live(after)).kind, 'keep', `${text} → ${after}`);
      if (text.includes('adkim=s')) assert.match(after, /adkim=s/);
    }),
    { numRuns: 300 },
  );
});

test('BIMI is not begun beside a DMARC record that no receiver takes for enforced', async () => {
  const bimi = (sp: string) =>
    planOf({
      settings: `people: false
mx: none
dmarc: { ramp: [{ stage: quarantine }], ${sp} }
bimi: { logo: "https://example.com/logo.svg" }`,
      zone: '_dmarc TXT "v=DMARC1; p=quarantine; sp=none"',
    });
  const { status } = stepOf(await bimi('sp: none'), 'bimi');
  assert.ok(status.kind === 'blocked');
  assert.match(status.why, /says sp=none, and no receiver shows a logo then/);
  assert.equal(stepOf(await bimi('sp: quarantine'), 'bimi').status.kind, 'waiting');
});
