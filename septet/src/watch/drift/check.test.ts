import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { dnsName } from '../../dns/name.ts';
import type { Finding } from '../../finding/finding.ts';
import type { Observation, ObservedChange } from '../../store/store.ts';
import { checkDrift, driftTellsMs } from './check.ts';
import { driftCatalogues } from './findings.ts';

const domain = dnsName('example.com');
const now = Date.parse('2026-11-23T12:00:00Z');
const hour = 3_600_000;
const day = 24 * hour;
const codes: ReadonlySet<string> = new Set(driftCatalogues.flatMap(({ rows }) => Object.keys(rows)));

interface Wanted {
  readonly name: string;
  readonly type?: string;
  readonly data?: readonly string[];
  readonly state?: Observation['state'];
  readonly from?: string;
  readonly at?: number;
}

const seen = ({ name, type = 'TXT', data = [], state, from = 'authoritative ns1.example.net', at = now }: Wanted) =>
  ({
    domain,
    name: dnsName(name),
    type,
    seenFrom: from,
    state: state ?? (data.length > 0 ? 'present' : 'absent'),
    data,
    at,
  }) satisfies Observation;

const change = (
  name: string,
  before: readonly string[],
  after: readonly string[],
  more: { type?: string; by?: ObservedChange['by']; at?: number; from?: string } = {},
): ObservedChange => {
  const { type = 'TXT', by = 'others', at = now - hour, from } = more;
  const place = { name, type, ...(from === undefined ? {} : { from }) };
  return { before: seen({ ...place, data: before, at: at - day }), after: seen({ ...place, data: after, at }), by };
};

const finding = (code: string, name = 'example.com'): Finding => ({
  code,
  severity: 'error',
  state: 'fail',
  record: code.startsWith('dkim') ? 'dkim' : 'spf',
  subject: { name: dnsName(name), type: 'TXT' },
  message: 'm',
  consequence: 'c',
  evidence: [],
  fix: { text: 'f' },
  source: 'house',
});

/** Every code of time that appears; `last` is what the changes left, where nothing else is said. */
function drifted(
  changes: readonly ObservedChange[],
  { findings = [], last, at = now }: { findings?: readonly Finding[]; last?: readonly Observation[]; at?: number } = {},
) {
  const places = new Map<string, Observation>();
  for (const { after } of changes) places.set(`${after.name} ${after.type} ${after.seenFrom}`, after);
  const drift = checkDrift({ domain, findings, history: changes, last: last ?? [...places.values()], now: at });
  return { drift, codes: drift.findings.map(({ code }) => code).filter((code) => codes.has(code)) };
}

const none = 'v=DMARC1; p=none; rua=mailto:dmarc@example.com';
const reject = 'v=DMARC1; p=reject';

suite('the DMARC record', () => {
  test('a host created p=reject by itself', () => {
    const { drift, codes: found } = drifted([change('_dmarc.example.com', [], [reject])]);
    assert.deepEqual(found, ['dmarc.changed']);
    const [one] = drift.findings;
    assert.equal(one?.severity, 'error');
    assert.equal(
      one?.message,
      '_dmarc.example.com was without a policy and is p=reject since 2026-11-23. Septet has published no such step.',
    );
  });
  test('a policy that became weaker is a warning', () => {
    const { drift } = drifted([change('_dmarc.example.com', [reject], [none])]);
    assert.equal(drift.findings[0]?.severity, 'warning');
  });
  test('another text with the same policy is told as a change, and as no more', () => {
    const changes = [change('_dmarc.example.com', [none], ['v=DMARC1; p=none'])];
    const { drift, codes: found } = drifted(changes);
    assert.deepEqual(found, []);
    assert.equal(drift.untold(changes).length, 1);
  });
  test('what is told by its own finding is no second alert', () => {
    const changes = [change('_dmarc.example.com', [], [reject])];
    assert.deepEqual(drifted(changes).drift.untold(changes), []);
  });
  test('a step of ours is none, and one of ours after it ends it', () => {
    assert.deepEqual(drifted([change('_dmarc.example.com', [none], [reject], { by: 'us' })]).codes, []);
    const back = [
      change('_dmarc.example.com', [none], [reject]),
      change('_dmarc.example.com', [reject], [none], { by: 'us', at: now }),
    ];
    assert.deepEqual(drifted(back).codes, []);
  });
  test('a first sight is no change', () => {
    const { before: _before, ...first } = change('_dmarc.example.com', [], [reject]);
    assert.deepEqual(drifted([first]).codes, []);
  });
  test('after a month it is how things are', () => {
    assert.deepEqual(drifted([change('_dmarc.example.com', [], [reject], { at: now - driftTellsMs - 1 })]).codes, []);
  });
});

suite('keys', () => {
  const name = 's1._domainkey.example.com';
  const p = 'v=DKIM1; p=abc';
  test('a key disappeared', () => {
    const { drift, codes: found } = drifted([change(name, [p], [])], { findings: [finding('dkim.key.missing', name)] });
    assert.deepEqual(found, ['dkim.key.changed']);
    const missing = drift.findings.find(({ code }) => code === 'dkim.key.missing');
    assert.equal(missing?.follows, 'dkim.key.changed');
  });
  test('another server still has it: it has not gone yet', () => {
    const gone = change(name, [p], []);
    const other = seen({ name, data: [p], from: 'authoritative ns2.example.net' });
    assert.deepEqual(drifted([gone], { last: [gone.after, other] }).codes, []);
  });
  test('not seen is not gone', () => {
    const gone = change(name, [p], []);
    const other = seen({ name, state: 'unknown', from: 'authoritative ns2.example.net' });
    assert.deepEqual(drifted([gone], { last: [gone.after, other] }).codes, []);
  });
  test('one that we took away is no drift', () => {
    const { drift, codes: found } = drifted([change(name, [p], [], { by: 'us' })], {
      findings: [finding('dkim.key.missing', name)],
    });
    assert.deepEqual(found, []);
    assert.equal(drift.findings[0]?.follows, undefined);
  });
});

suite('includes', () => {
  const include = '_spf.vendor.test';
  const grew = change(
    include,
    ['v=spf1 ip4:192.0.2.0/24 -all'],
    ['v=spf1 include:a.vendor.test include:b.vendor.test -all'],
  );
  const exceeded = [finding('spf.lookups.exceeded')];
  test('grew over the limit', () => {
    const { drift, codes: found } = drifted([grew], { findings: exceeded });
    assert.deepEqual(found, ['spf.include.drift']);
    const own = drift.findings.find(({ code }) => code === 'spf.include.drift');
    assert.equal(own?.severity, 'error');
    assert.match(
      own?.message ?? '',
      /^_spf\.vendor\.test changed on 2026-11-23, and the record of example\.com needs more/,
    );
    assert.equal(drift.findings.find(({ code }) => code === 'spf.lookups.exceeded')?.follows, 'spf.include.drift');
  });
  test('changed within the limit: a note, and no alert of its own', () => {
    const { drift } = drifted([grew]);
    assert.equal(drift.findings[0]?.severity, 'info');
    assert.deepEqual(drift.untold([grew]), []);
  });
  test('the own record came later: it is the cause', () => {
    const own = change('example.com', ['v=spf1 -all'], ['v=spf1 include:x.test -all'], { at: now });
    const { drift } = drifted([grew, own], { findings: exceeded });
    assert.equal(drift.findings.find(({ code }) => code === 'spf.include.drift')?.severity, 'info');
    assert.equal(drift.findings.find(({ code }) => code === 'spf.lookups.exceeded')?.follows, undefined);
  });
});

suite('the MTA-STS policy', () => {
  const url = 'https://mta-sts.example.com/.well-known/mta-sts.txt';
  const page = change(
    'mta-sts.example.com',
    ['mode: testing', 'mx: a.example.com'],
    ['mode: testing', 'mx: b.example.com'],
    {
      type: 'HTTPS',
      by: 'unknown',
      from: url,
    },
  );
  const id = seen({ name: '_mta-sts.example.com', data: ['v=STSv1; id=1'] });
  test('changed under the same id', () => {
    assert.deepEqual(drifted([page], { last: [page.after, id] }).codes, ['mtasts.id.not_bumped']);
  });
  test('with a new id, before or after it', () => {
    for (const at of [now - 2 * hour, now]) {
      const bumped = change('_mta-sts.example.com', ['v=STSv1; id=1'], ['v=STSv1; id=2'], { by: 'us', at });
      assert.deepEqual(drifted([page, bumped]).codes, []);
    }
  });
});

test('another certificate is history and no alert', () => {
  const changes = [change('mta-sts.example.com', ['issuer A'], ['issuer B'], { type: 'CERT' })];
  assert.deepEqual(drifted(changes).drift.untold(changes), []);
});
