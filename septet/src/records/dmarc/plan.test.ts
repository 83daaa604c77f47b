import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  absent,
  alias,
  carriedOut,
  changeOf,
  liveTxt,
  settled,
  summary,
  texts,
  textsAfter,
  unknown,
} from '../../../test/live-sets.ts';
import type { Live } from '../../change/change.ts';
import { dnsName } from '../../dns/name.ts';
import { txtText } from '../../dns/rrset.ts';
import {
  authorisationRecord,
  proposeAuthorisation,
  proposeStage,
  rank,
  stageReaders,
  stageRecord,
  type StageProposalWant,
} from './plan.ts';
import { loosened, reaches, type StageName } from './plan-stage.ts';
import { type DmarcRecord, format, isDmarc, parse } from './record.ts';

const name = dnsName('_dmarc.example.com');
const ours = 'mailto:d@example.com';
const want: StageProposalWant = {
  name,
  stage: 'none',
  reports: [ours],
  failureReports: [],
  readers: 'both',
  ttlSeconds: 3600,
};
const at = (stage: StageName, more: Partial<StageProposalWant> = {}): StageProposalWant => ({
  ...want,
  stage,
  ...more,
});
const value = (text: string): DmarcRecord => {
  const parsed = parse(text);
  assert.ok(parsed.kind === 'good', text);
  return parsed.value;
};

test('the stages as records, for both readers and for the new one alone', () => {
  const text = (stage: StageName, readers: 'both' | '9989' = 'both'): string =>
    format(stageRecord({ name: stage }, { ...want, readers }));
  assert.equal(text('none'), `v=DMARC1; p=none; rua=${ours}`);
  assert.equal(text('sampled'), `v=DMARC1; p=quarantine; t=y; pct=10; rua=${ours}`);
  assert.equal(text('sampled', '9989'), `v=DMARC1; p=quarantine; t=y; rua=${ours}`);
  assert.equal(text('quarantine'), `v=DMARC1; p=quarantine; rua=${ours}`);
  assert.equal(text('reject', '9989'), `v=DMARC1; p=reject; rua=${ours}`);
});

test('what the owner chose stays, defaults and removed tags go', () => {
  const live = value(
    `v=DMARC1; p=none; sp=quarantine; np=reject; adkim=s; aspf=r; fo=1; pct=100; rf=afrf; ri=3600; rua=mailto:a@b.example!10m; ruf=mailto:f@b.example; psd=n; x=1`,
  );
  assert.equal(
    format(stageRecord({ name: 'reject' }, { ...want, failureReports: ['mailto:F@B.example'] }, live)),
    `v=DMARC1; p=reject; sp=quarantine; np=reject; psd=n; adkim=s; fo=1; rua=mailto:a@b.example!10m,${ours}; ruf=mailto:f@b.example,mailto:F@B.example; x=1`,
  );
});

test('a wanted policy of sub-domains goes no further than p while nothing is enforced', () => {
  const text = (stage: StageName, sp: 'none' | 'quarantine' | 'reject', live?: string): string =>
    format(
      stageRecord(
        { name: stage },
        { ...want, reports: [], sp, np: 'reject' },
        live === undefined ? undefined : value(live),
      ),
    );
  assert.equal(text('none', 'reject'), 'v=DMARC1; p=none; np=reject');
  assert.equal(text('sampled', 'reject'), 'v=DMARC1; p=quarantine; np=reject; t=y; pct=10');
  assert.equal(text('quarantine', 'reject'), 'v=DMARC1; p=quarantine; sp=reject; np=reject');
  assert.equal(text('quarantine', 'none'), 'v=DMARC1; p=quarantine; sp=none; np=reject');
  assert.equal(text('none', 'reject', 'v=DMARC1; p=none; sp=quarantine'), 'v=DMARC1; p=none; sp=quarantine; np=reject');
});

test('each generation of readers sees its own stage', () => {
  for (const [text, rfc9989, rfc7489] of [
    ['v=DMARC1; p=none', 0, 0],
    ['v=DMARC1; p=quarantine; t=y; pct=10', 1, 1],
    ['v=DMARC1; p=quarantine; t=y', 1, 2],
    ['v=DMARC1; p=quarantine; pct=10', 2, 1],
    ['v=DMARC1; p=quarantine; pct=100', 2, 2],
    ['v=DMARC1; p=reject; t=y; pct=0', 2, 2],
    ['v=DMARC1; p=reject; t=y', 2, 3],
    ['v=DMARC1; p=reject; pct=50', 3, 2],
    ['v=DMARC1; p=reject', 3, 3],
    ['v=DMARC1; p=refuse', 0, 0],
    ['v=DMARC1; p=reject; np=odd', 0, 3],
  ] as const) {
    assert.deepEqual(rank(value(text)), { rfc9989, rfc7489 }, text);
  }
});

test('a stage against the record that stands', () => {
  for (const [there, stage, expected, after] of [
    [`v=DMARC1; p=none; rua=${ours}`, 'none', 'keep equal', undefined],
    [`v=DMARC1; p=NONE; pct=100; adkim=r; rua=mailto:d@EXAMPLE.com!1m`, 'none', 'keep equivalent', undefined],
    [`v=DMARC1; p=none; rua=mailto:a@b.example,${ours}`, 'none', 'keep superset', undefined],
    [`v=DMARC1; p=reject; rua=${ours}`, 'none', 'keep superset', undefined],
    [`v=DMARC1; p=reject; rua=${ours}`, 'sampled', 'keep superset', undefined],
    [`v=DMARC1; p=quarantine; pct=50; rua=${ours}`, 'sampled', 'keep superset', undefined],
    [`v=DMARC1; p=quarantine; t=y; pct=0; rua=${ours}`, 'sampled', 'keep superset', undefined],
    ['v=DMARC1; p=reject', 'none', 'change weaker', `v=DMARC1; p=reject; rua=${ours}`],
    ['v=DMARC1; p=quarantine; pct=20', 'sampled', 'change weaker', `v=DMARC1; p=quarantine; pct=20; rua=${ours}`],
    [
      'v=DMARC1; p=none; rua=mailto:a@b.example',
      'sampled',
      'change weaker',
      `v=DMARC1; p=quarantine; t=y; pct=10; rua=mailto:a@b.example,${ours}`,
    ],
    [
      `v=DMARC1; p=quarantine; pct=50; rua=${ours}`,
      'quarantine',
      'change weaker',
      `v=DMARC1; p=quarantine; rua=${ours}`,
    ],
    [
      `v=DMARC1; p=none; np=reject; rua=${ours}`,
      'sampled',
      'change weaker',
      `v=DMARC1; p=quarantine; np=reject; t=y; pct=10; rua=${ours}`,
    ],
    [
      `v=DMARC1; p=none; sp=reject; rua=${ours}`,
      'sampled',
      'change conflicting',
      `v=DMARC1; p=quarantine; sp=reject; t=y; pct=10; rua=${ours}`,
    ],
    [`v=DMARC1; sp=none; p=none; rua=${ours}`, 'none', 'change weaker', `v=DMARC1; p=none; sp=none; rua=${ours}`],
    [
      'v=DMARC1; p=none; rua=d2@example.com',
      'none',
      'change weaker',
      `v=DMARC1; p=none; rua=mailto:d2@example.com,${ours}`,
    ],
    ['v=DMARC1; p=reject; sp=odd', 'none', 'change conflicting', `v=DMARC1; p=none; rua=${ours}`],
    [`v=DMARC1; p=reject; np=odd; rua=${ours}`, 'sampled', 'change conflicting', `v=DMARC1; p=reject; rua=${ours}`],
    [`v=DMARC1; p=none; p=reject; rua=${ours}`, 'none', 'change conflicting', `v=DMARC1; p=none; rua=${ours}`],
    [
      'v=DMARC1; p=none rua=mailto:a@b.example',
      'none',
      'change conflicting',
      `v=DMARC1; p=none; rua=mailto:a@b.example,${ours}`,
    ],
    [
      'v=dmarc1; p=reject; rua=mailto:a@b.example',
      'none',
      'change conflicting',
      `v=DMARC1; p=none; rua=mailto:a@b.example,${ours}`,
    ],
  ] as const) {
    const proposal = proposeStage(at(stage), texts(name, there));
    assert.equal(summary(proposal), expected, `${stage}: ${there}`);
    if (after === undefined) continue;
    assert.deepEqual(textsAfter(proposal), [after], there);
    assert.deepEqual(changeOf(proposal).loses, expected === 'change conflicting' ? [there] : []);
  }
});

test('readers of RFC 9989 alone decide where the owner says so', () => {
  const there = texts(name, `v=DMARC1; p=quarantine; t=y; pct=10; rua=${ours}`);
  assert.equal(summary(proposeStage(at('sampled', { readers: '9989' }), there)), 'keep superset');
  assert.deepEqual(textsAfter(proposeStage(at('quarantine', { readers: '9989' }), there)), [
    `v=DMARC1; p=quarantine; rua=${ours}`,
  ]);
});

test('several records are none; what only looks like one beside a record in force is left alone', () => {
  const two = ['v=DMARC1; p=reject; rua=mailto:a@b.example', 'v=DMARC1; p=none; adkim=s'];
  const proposal = changeOf(proposeStage(want, texts(name, two[0] ?? '', 'token', two[1] ?? '')));
  assert.deepEqual([proposal.comparison, proposal.loses], ['conflicting', two]);
  assert.deepEqual(textsAfter(proposal), [`v=DMARC1; p=none; rua=mailto:a@b.example,${ours}`, 'token']);
  const beside = proposeStage(want, texts(name, 'v=DMARC1; p=none', 'DMARC1 p=reject'));
  assert.deepEqual(textsAfter(beside), [`v=DMARC1; p=none; rua=${ours}`, 'DMARC1 p=reject']);
});

test('an alias, an answer that did not come, an address that is none', () => {
  const target = dnsName('example.dmarc.example.net');
  const behind = (text: string): Live<'TXT'> => alias(name, target, 'TXT', [{ strings: [text] }]);
  assert.equal(summary(proposeStage(want, behind(`v=DMARC1; p=reject; rua=${ours}`))), 'keep superset');
  assert.equal(summary(proposeStage(want, behind('v=DMARC1; p=reject'))), 'blocked');
  assert.equal(summary(proposeStage(want, unknown(name, 'TXT'))), 'blocked');
  const bad = proposeStage(at('none', { reports: ['d@example.com'] }), absent(name, 'TXT'));
  assert.ok(bad.kind === 'blocked' && bad.why.includes('d@example.com'));
});

test('what the record means to each generation of readers, in words', () => {
  const sampled = proposeStage(at('sampled'), absent(name, 'TXT'));
  assert.deepEqual(stageReaders(sampled), {
    rfc9989: 'none (p, one level less because of t=y)',
    rfc7489: 'quarantine for 10 of 100 messages, none for the rest (p)',
  });
  assert.equal(stageReaders({ kind: 'blocked', why: '', cure: '' }), undefined);
});

const policy = fc.constantFrom('none', 'quarantine', 'reject');
const tag = (name: string, of: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 2, arbitrary: fc.constant('') },
    of.map((value) => `; ${name}=${value}`),
  );
const anyPolicy = fc.oneof({ weight: 8, arbitrary: policy }, fc.constantFrom('odd', 'REJECT', ''));
const uris = fc
  .array(fc.constantFrom(ours, 'mailto:a@b.example', 'https://x.example/r', 'mailto:d@EXAMPLE.com!9k', 'nobody'), {
    minLength: 1,
    maxLength: 3,
  })
  .map((all) => all.join(','));
const record = fc
  .tuple(
    fc.oneof({ weight: 9, arbitrary: anyPolicy.map((p) => `; p=${p}`) }, fc.constant('')),
    tag('sp', anyPolicy),
    tag('np', anyPolicy),
    tag('t', fc.constantFrom('y', 'n')),
    tag('pct', fc.constantFrom('0', '10', '50', '100', '200')),
    tag('adkim', fc.constantFrom('r', 's')),
    tag('fo', fc.constantFrom('0', '1:d', 'x')),
    tag('rua', uris),
    tag('ruf', uris),
    fc.constantFrom(
      '',
      '',
      '; rf=afrf; ri=60',
      '; x=1; y=',
      '; p=none',
      '; junk',
      '; t=y p=reject',
      '; x=1 p=none',
      '; x=\u00e9; y=1',
    ),
  )
  .map((parts) => `v=DMARC1${parts.join('')}`);
const broken = fc.constantFrom('v=dmarc1; p=reject', 'DMARC1; p=none; rua=mailto:a@b.example', 'p=none; v=DMARC1');
const own = fc.oneof({ weight: 8, arbitrary: record }, broken);
const stage = fc.constantFrom<StageName>('none', 'sampled', 'quarantine', 'reject');
const wants = fc
  .record({
    stage,
    sp: fc.option(fc.constantFrom('none', 'quarantine', 'reject'), { nil: undefined }),
    np: fc.option(fc.constantFrom('none', 'quarantine', 'reject'), { nil: undefined }),
    reports: fc.constantFrom([], [ours], [ours, 'mailto:e@example.net']),
    failureReports: fc.constantFrom([], ['mailto:f@example.com']),
    readers: fc.constantFrom('both' as const, '9989' as const),
  })
  .map(
    ({ sp, np, ...rest }) => ({ ...want, ...rest, ...(sp ? { sp } : {}), ...(np ? { np } : {}) }) as StageProposalWant,
  );

/** The kind of member that the proposal judges at this set. */
function kindAt(live: Live<'TXT'>): (text: string) => boolean {
  const members = live.kind === 'present' ? live.set.data.map(txtText) : [];
  return members.some(isDmarc) ? isDmarc : (text) => parse(text).kind !== 'other';
}

test('any set and any stage: one readable record at the stage, nobody forgotten, nothing loosened in silence', () => {
  fc.assert(
    fc.property(liveTxt(name, own), wants, (live, want) => {
      const isOurs = kindAt(live);
      const after = settled((set) => proposeStage(want, set), live, isOurs);
      const texts = (after?.data ?? []).map(txtText).filter(isDmarc);
      assert.equal(texts.length, 1);
      const is = value(texts[0] ?? '');
      assert.ok(reaches(is, want.stage, want.readers), texts.join());
      for (const uri of want.reports) assert.ok(texts[0]?.toLowerCase().includes(uri), uri);
      const before = live.kind === 'present' ? live.set.data.map(txtText).filter(isDmarc) : [];
      for (const was of before.map(value)) {
        const keys = new Set((is.rua ?? []).map((uri) => uri.uri.toLowerCase()));
        for (const uri of was.rua ?? []) assert.ok(keys.has(uri.uri.toLowerCase()), uri.uri);
        for (const { name, value } of was.unknown ?? [])
          if (before.length === 1 && !/p=|\u00e9/.test(value))
            assert.ok(is.unknown?.some((tag) => tag.name === name && tag.value === value));
      }
      if (before.length !== 1) return;
      const was = value(before[0] ?? '');
      const looser = loosened(was, is);
      assert.ok(!looser.domain, `${before[0]} became ${texts[0]}`);
      const proposal = proposeStage(want, live);
      const testing = is.t === 'y' && was.t !== 'y';
      if (looser.existing || (looser.ghost && !testing)) assert.deepEqual(changeOf(proposal).loses, before);
      if (was.adkim === 's') assert.equal(is.adkim, 's');
    }),
    { numRuns: 1500 },
  );
});

test('the stages of a ramp follow each other and never go back', () => {
  fc.assert(
    fc.property(liveTxt(name, record), wants, (start, want) => {
      let live = start;
      let last: DmarcRecord | undefined;
      for (const stage of ['none', 'sampled', 'quarantine', 'reject'] as const) {
        const proposal = proposeStage({ ...want, stage }, live);
        if (proposal.kind === 'change') live = carriedOut(proposal.change, 'TXT');
        assert.ok(live.kind === 'present');
        const is = value(live.set.data.map(txtText).find(isDmarc) ?? '');
        if (last) assert.ok(!loosened(last, is).domain);
        last = is;
      }
      assert.ok(live.kind === 'present');
      for (const stage of ['none', 'sampled', 'quarantine', 'reject'] as const) {
        assert.equal(proposeStage({ ...want, stage }, live).kind, 'keep', stage);
      }
    }),
    { numRuns: 300 },
  );
});

test('sp that only repeats p goes along with the ramp, sp of its own stays', () => {
  const at = (stage: StageName, live: string): readonly string[] =>
    textsAfter(
      proposeStage(
        { ...want, reports: [], stage, name: dnsName('_dmarc.example.com'), ttlSeconds: 60 },
        texts(dnsName('_dmarc.example.com'), live),
      ),
    );
  assert.deepEqual(at('quarantine', 'v=DMARC1; p=none; sp=none'), ['v=DMARC1; p=quarantine']);
  assert.deepEqual(at('reject', 'v=DMARC1; p=quarantine; sp=none'), ['v=DMARC1; p=reject; sp=none']);
});

test('a host of another organisation agrees to take reports', () => {
  const policyDomain = dnsName('example.com');
  const wanted = authorisationRecord(policyDomain, dnsName('reports.example.net'));
  assert.ok(wanted);
  assert.equal(wanted.name, 'example.com._report._dmarc.reports.example.net');
  assert.ok(isDmarc(wanted.text));
  const propose = (live: Live<'TXT'>) => proposeAuthorisation({ name: wanted.name, ttlSeconds: 60 }, live);
  assert.deepEqual(textsAfter(propose(absent(wanted.name, 'TXT'))), [wanted.text]);
  assert.equal(summary(propose(texts(wanted.name, wanted.text))), 'keep equal');
  assert.equal(summary(propose(texts(wanted.name, 'v=DMARC1'))), 'keep equivalent');
  assert.equal(summary(propose(texts(wanted.name, 'v=DMARC1; rua=mailto:x@reports.example.net'))), 'keep superset');
  assert.equal(summary(propose(texts(wanted.name, 'token'))), 'change absent');
  assert.equal(summary(propose(unknown(wanted.name, 'TXT'))), 'blocked');
  const long = dnsName(`${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.example.com`);
  assert.equal(authorisationRecord(long, dnsName(`${'d'.repeat(60)}.example.net`)), undefined);
});
